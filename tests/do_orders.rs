//! `yipanqi do`, by the built program: lines become entries of the journal, or are refused and say why.

mod program;

use std::io::Write;
use std::process::Stdio;

use program::{Answer, Home};

impl Home {
    fn go(&self, post: &str, lines: &[&str], more: &[&str]) -> Answer {
        let args: Vec<&str> = ["do", "--as", post]
            .iter()
            .chain(lines)
            .chain(more)
            .copied()
            .collect();
        self.run(&args)
    }

    fn stage(&self, case: i64) -> String {
        let shown = self.run(&["show", &case.to_string(), "--json"]).json();
        shown["case"]["stage"].as_str().unwrap().to_owned()
    }
}

const NEW: &str = "上报 GL-A01 @牛湖 巷口一堆";

#[test]
fn a_case_goes_its_whole_way_in_one_call() {
    let home = Home::new();
    let lines = [
        NEW,
        "sl .",
        "pd . 1 请尽快",
        "到场 1",
        "zg 1 已清理",
        "verify 1",
        "结案 1",
    ];
    let answer = home.go("L-DUTY", &lines, &["--seat", "7"]);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert_eq!(answer.out.lines().count(), lines.len());
    assert!(
        answer
            .out
            .starts_with("新开案件：暴露垃圾，地点：牛湖社区 “巷口一堆”：已记入台账，编号 1\n"),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("受理 1 号（暴露垃圾）：已记入台账"));
    let shown = home.run(&["show", "1", "--json"]).json();
    let timeline = shown["timeline"].as_array().unwrap();
    assert_eq!(shown["case"]["stage"], "closed");
    assert!(
        timeline
            .iter()
            .all(|entry| entry["seat"] == "7" && entry["actor"] == "L-DUTY")
    );
    assert_eq!(timeline[2]["note"], "请尽快");
    assert!(home.run(&["verify", "--json"]).json()["ok"].as_bool().unwrap());
}

#[test]
fn a_refused_line_is_1_and_the_others_are_done() {
    let home = Home::new();
    let answer = home.go(
        "L-DUTY",
        &[NEW, "结案 1 好了", "飞 1", "sl 1", "pd 1 牛湖第", "主题"],
        &["--json", "--lang", "en"],
    );
    assert_eq!(answer.status, 1, "{}", answer.err);
    let object = answer.json();
    assert_eq!(
        (object["done"].as_i64(), object["refused"].as_i64()),
        (Some(2), Some(4))
    );
    let lines = object["lines"].as_array().unwrap();
    let codes: Vec<Option<&str>> = lines
        .iter()
        .map(|line| line["refusal"]["code"].as_str())
        .collect();
    assert_eq!(
        codes,
        [
            None,
            Some("not-now"),
            Some("verb"),
            None,
            Some("longer"),
            Some("window-only")
        ]
    );
    let number = |line: usize, key: &str| lines[line][key].as_i64();
    assert_eq!((number(0, "case"), number(0, "version")), (Some(1), Some(1)));
    assert_eq!((number(3, "case"), number(3, "version")), (Some(1), Some(2)));
    assert_eq!((number(1, "case"), number(1, "version")), (Some(1), None));
    assert_eq!(lines[1]["line"], "结案 1 好了");
    let text = |line: usize| lines[line]["refusal"]["text"].as_str().unwrap().to_owned();
    assert!(
        text(2).starts_with("Column 1, “飞”: expected a command"),
        "{}",
        text(2)
    );
    assert!(text(4).starts_with("Column 6, “牛湖第”"), "{}", text(4));
    assert!(text(5).contains("hall's window"), "{}", text(5));
    assert_eq!(home.stage(1), "accepted");
    // Without --json a refusal goes to the one who looks, what is done to standard output.
    let answer = home.go("L-DUTY", &["受理 1", "改类 1 GL-B05 看过了"], &[]);
    assert_eq!(answer.status, 1);
    assert!(
        answer.err.starts_with("受理 1: “待派遣”时不能“受理”"),
        "{}",
        answer.err
    );
    assert_eq!(answer.out.lines().count(), 1);
}

#[test]
fn lines_come_from_standard_input() {
    let home = Home::new();
    let mut child = home
        .command(&["do", "--as", "L-DUTY", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("# the morning\n\n{NEW}\n  {NEW} 第二堆\r\nsl 2\n撤销 2\n");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let answer = Answer::from(child.wait_with_output().unwrap());
    assert_eq!(answer.status, 0, "{}{}", answer.out, answer.err);
    assert_eq!(answer.json()["done"], 4);
    assert_eq!(
        (home.stage(1), home.stage(2)),
        ("reported".into(), "reported".into())
    );
}

#[test]
fn what_has_ended_and_matters_of_the_hall_are_in_reach() {
    let home = Home::new();
    let lines = [
        NEW,
        "不予受理 1 @龙华区 不属于本街道",
        "答复 1 已告知",
        "重开 1 属于本街道",
        "停派 T-GL03-CM +2h 车坏了",
        "关注 1",
    ];
    let answer = home.go("L-DUTY", &lines, &["--json"]);
    assert_eq!(answer.status, 0, "{}", answer.out);
    assert_eq!(home.stage(1), "accepted");
    let again = home.go("L-DUTY", &["重开 99 没有"], &["--json"]).json();
    assert_eq!(again["lines"][0]["refusal"]["code"], "not-open");
}

#[test]
fn who_may_not_is_refused_and_who_is_unknown_is_wrong_usage() {
    let home = Home::new();
    home.go("L-DUTY", &[NEW], &[]);
    let answer = home.go("I-1", &["sl 1"], &["--json"]);
    assert_eq!(answer.status, 1);
    assert_eq!(answer.json()["lines"][0]["refusal"]["code"], "not-allowed");
    let answer = home.go("NOBODY", &["sl 1"], &["--lang", "en"]);
    assert_eq!((answer.status, answer.out.as_str()), (2, ""));
    assert!(
        answer.err.contains("NOBODY") && answer.err.contains("D-GOV"),
        "{}",
        answer.err
    );
    assert_eq!(home.run(&["do", "--as", "L-DUTY"]).status, 2);
    assert_eq!(home.run(&["do", "sl 1"]).status, 2);
}
