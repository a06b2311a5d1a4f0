//! The command line's grammar on the real town: what is read, what is refused and where, and what is offered next.

use std::path::PathBuf;

use chrono::{DateTime, TimeZone, Utc};
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty, DutyAction, Entry, Source, Step, Whereabouts};
use yipanqi::desk::{self, Args, Command, NewReport, Order, Situation};
use yipanqi::line::proposals::proposals;
use yipanqi::line::{Context, Expected, Fault, Grammar, Names, Parsed, complete, parse, to_order};
use yipanqi::town::{Handler, Lang, Level, Town, Wgs84};

/// A Wednesday, 10:15 in the town.
fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 2, 15, 0).unwrap()
}

fn town() -> Town {
    Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
}

/// A board with `n` accepted cases of one item in the block Aohu Art Village, numbered from 1.
fn board(town: &Town, n: i64) -> Board {
    let at = town.places.get(town.places.by_code("GL-S1").unwrap()).label_at;
    let cases = (1..=n).map(|id| case(town, id, at)).collect();
    Board::new(cases, town)
}

fn case(town: &Town, id: i64, at: Wgs84) -> Case {
    let give = |case: Option<&Case>, order: Order| {
        let board = Board::new(case.into_iter().cloned().collect(), town);
        let situation = Situation {
            town,
            cases: &board,
            duty: &Duty::default(),
            now: now(),
        };
        let command = Command {
            actor: "L-DUTY".into(),
            seat: "1".into(),
            order,
        };
        let draft = desk::decide(&situation, command).unwrap().remove(0);
        Entry {
            seq: 1,
            case: CaseId(id),
            version: case.map_or(0, |case| case.version) + 1,
            at: draft.at,
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        }
    };
    let report = NewReport {
        item: "GL-A01".into(),
        text: "巷口一堆".into(),
        place: Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
        source: Source::Patrol,
        reported_at: None,
        photos: Vec::new(),
    };
    let mut case = Case::open(&give(None, Order::Report(report))).unwrap();
    let order = Order::Move {
        case: case.id,
        based_on: 1,
        step: Step::Accept,
        args: Args::default(),
    };
    let entry = give(Some(&case), order);
    case.apply(&entry).unwrap();
    case
}

struct World {
    town: Town,
    board: Board,
    grammar: Grammar,
    names: Names,
}

impl World {
    fn new(cases: i64) -> Self {
        let town = town();
        Self {
            board: board(&town, cases),
            grammar: Grammar::new(Vec::new(), |_| String::new()),
            names: Names::of(&town),
            town,
        }
    }

    fn proposals(&self, id: CaseId) -> Vec<Handler> {
        let live = self.board.get(id);
        let duty = Duty::default();
        let all = live.map(|live| proposals(&self.town, &self.board, &duty, live, now()));
        all.into_iter()
            .flatten()
            .map(|proposal| proposal.handler)
            .collect()
    }

    fn with<T>(
        &self,
        selected: Option<i64>,
        lang: Lang,
        strict: bool,
        run: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let proposals = |id: CaseId| self.proposals(id);
        let why = |_: CaseId, handler: &Handler| format!("手上 {} 件", self.board.load(handler));
        run(&Context {
            grammar: &self.grammar,
            names: &self.names,
            town: &self.town,
            board: &self.board,
            cases: &self.board,
            selected: selected.map(CaseId),
            now: now(),
            lang,
            proposals: &proposals,
            why: &why,
            strict,
        })
    }

    fn read(&self, line: &str) -> Result<Parsed, Fault> {
        self.with(None, Lang::Zh, false, |ctx| parse(line, ctx))
    }

    #[track_caller]
    fn step(&self, line: &str) -> (Step, i64, Args) {
        match self.with(Some(5), Lang::Zh, false, |ctx| parse(line, ctx)) {
            Ok(Parsed::Step { step, case, args }) => (step, case.0, *args),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[track_caller]
    fn fault(&self, line: &str) -> (usize, String, Expected) {
        let fault = self.read(line).expect_err(line);
        (fault.column, fault.word, fault.expected)
    }

    fn offers(&self, line: &str, selected: Option<i64>, lang: Lang) -> Vec<(String, String)> {
        self.with(selected, lang, false, |ctx| {
            complete(line, ctx)
                .into_iter()
                .map(|c| {
                    let mut whole = line.to_owned();
                    whole.replace_range(c.replaces, &c.insert);
                    (c.label, whole)
                })
                .collect()
        })
    }
}

fn team(code: &str) -> Handler {
    Handler::Team(code.into())
}

#[test]
fn the_issues_own_example_dispatches_case_17_to_its_first_proposal() {
    let world = World::new(20);
    for line in [
        "pd 17 1",
        "派 17 1",
        "派单 17号 1",
        "paidan #17 1",
        "pq17 1",
        "/pd 17 1",
        "dispatch 17 1",
        "ＰＤ　１７　１",
    ] {
        let (step, case, args) = world.step(line);
        assert_eq!((step, case), (Step::Dispatch, 17), "{line}");
        assert_eq!(args.to, Some(world.proposals(CaseId(17))[0].clone()), "{line}");
    }
    let order = to_order(world.read("pd 17 1 请尽快").unwrap(), 2).unwrap();
    let Order::Move { based_on, args, .. } = order else {
        panic!("{order:?}")
    };
    assert_eq!((based_on, args.note.as_str()), (2, "请尽快"));
}

#[test]
fn units_are_named_by_code_by_name_and_by_initials() {
    let world = World::new(20);
    for line in [
        "pd 17 T-GL01-P1",
        "pd 17 team T-GL01-P1",
        "pd 17 team:T-GL01-P1",
        "pd 17 新澜第一党建网格服务队",
        "pd 17 xldydjwgfwd",
        "pd 17 xldy",
        "pd 17 xinlandiyi",
        "pd 17 \"Xinlan Party Grid 1\"",
    ] {
        assert_eq!(world.step(line).2.to, Some(team("T-GL01-P1")), "{line}");
    }
    let helpers = world.step("xb 17 xldy,T-GL01-CM，nhsqaqd 带上梯子");
    assert_eq!(
        helpers.2.helpers,
        ["T-GL01-P1", "T-GL01-CM", "T-GL03-SA"].map(team)
    );
    assert_eq!(helpers.2.note, "带上梯子");
    assert!(world.step("xb 17 -").2.helpers.is_empty());
}

#[test]
fn a_short_name_for_several_takes_the_proposed_one_and_is_refused_where_nobody_looks() {
    let world = World::new(20);
    // Teams and posts of Niuhu's party grids begin so; whoever of them is proposed first for the case is meant.
    let begins = |handler: &&Handler| world.town.handler_name(handler, Lang::Zh).starts_with("牛湖第");
    let proposals = world.proposals(CaseId(17));
    let first = proposals.iter().find(begins);
    assert!(first.is_some());
    assert_eq!(world.step("pd 17 牛湖第").2.to.as_ref(), first);
    let fault = world
        .with(None, Lang::Zh, true, |ctx| parse("pd 17 牛湖第", ctx))
        .unwrap_err();
    let Expected::Longer { fits } = fault.expected else {
        panic!("{fault:?}")
    };
    assert!(fits.len() > 3, "teams and posts: {fits:?}");
    assert!(fits.contains(&"team:T-GL03-P2".to_owned()), "{fits:?}");
    assert_eq!((fault.column, fault.word.as_str()), (7, "牛湖第"));
}

#[test]
fn the_selected_case_needs_no_number() {
    let world = World::new(20);
    assert_eq!(world.step("sl").1, 5);
    assert_eq!(world.step("sl .").1, 5);
    let (_, case, args) = world.step("pd xldy 带水车");
    assert_eq!(
        (case, args.to, args.note.as_str()),
        (5, Some(team("T-GL01-P1")), "带水车")
    );
    assert_eq!(world.step("pd . 1").1, 5);
    // The first number is the case's, always.
    assert_eq!(world.fault("pd 1"), (5, String::new(), Expected::Unit));
    assert_eq!(world.fault("sl"), (3, String::new(), Expected::Case));
    assert_eq!(world.fault("sl ."), (4, ".".into(), Expected::Case));
}

#[test]
fn every_step_takes_what_it_needs() {
    let world = World::new(20);
    let note = |line: &str| {
        let (step, case, args) = world.step(line);
        (step, case, args.note)
    };
    assert_eq!(
        note("整改 17 已清理 3 车"),
        (Step::Rectify, 17, "已清理 3 车".into())
    );
    assert_eq!(note("zg 17 \"已清理 \""), (Step::Rectify, 17, "已清理 ".into()));
    assert_eq!(
        note("hand back 17 not ours"),
        (Step::HandBack, 17, "not ours".into())
    );
    let (step, _, args) = world.step("bysl 17 @水务局 不属于本街道");
    assert_eq!(
        (step, args.owner.as_str(), args.note.as_str()),
        (Step::Refuse, "水务局", "不属于本街道")
    );
    let (step, _, args) = world.step("改类 17 GL-B05 实为占道");
    assert_eq!(
        (step, args.item.as_deref(), args.note.as_str()),
        (Step::Reclassify, Some("GL-B05"), "实为占道")
    );
    assert_eq!(world.step("gl 17 baolulaji x").2.item.as_deref(), Some("GL-A01"));
    let (step, case, args) = world.step("ba 17 12 同一处");
    assert_eq!(
        (step, case, args.other, args.note.as_str()),
        (Step::Merge, 17, Some(CaseId(12)), "同一处")
    );
    let local = |args: &Args| {
        args.until
            .unwrap()
            .with_timezone(&world.town.timezone)
            .format("%m-%d %H:%M")
            .to_string()
    };
    let (step, _, args) = world.step("sqgz 17 +3d 等配件");
    assert_eq!(
        (step, local(&args).as_str(), args.note.as_str()),
        (Step::AskSuspend, "11-28 10:15", "等配件")
    );
    let (_, _, args) = world.step("挂账 17 2026-11-30 18:00 等配件");
    assert_eq!(
        (local(&args).as_str(), args.note.as_str()),
        ("11-30 18:00", "等配件")
    );
    assert_eq!(local(&world.step("挂账 17 明天18:00 x").2), "11-26 18:00");
    let (step, _, args) = world.step("批准挂账 17 同意");
    assert_eq!(
        (step, args.until, args.note.as_str()),
        (Step::Suspend, None, "同意")
    );
    // The case's limit counts working hours, of which a day of this town has seven.
    let (step, _, args) = world.step("延时 17 +1d 下雨");
    assert_eq!(
        (step, args.hours, args.note.as_str()),
        (Step::AskExtend, Some(7.0), "下雨")
    );
    assert_eq!(world.step("pzys 17 4h").2.hours, Some(4.0));
    assert_eq!(world.step("pzys 17 同意").2.hours, None);
    assert_eq!(world.step("pj 17 4 还行").2.mark, Some(4));
    assert_eq!(world.step("上提 17 社区 x").2.level, Some(Level::Community));
    assert_eq!(world.step("上提 17 已两次").2.level, None);
    let (step, _, args) = world.step("拆分 17 GL-A01 北侧 + GL-B05 “南侧 路口”；两件事");
    assert_eq!(step, Step::Split);
    let parts: Vec<(&str, &str)> = args.parts.iter().map(|p| (&*p.item, p.text.as_str())).collect();
    assert_eq!(parts, [("GL-A01", "北侧"), ("GL-B05", "南侧 路口")]);
    assert_eq!(args.note, "两件事");
    assert_eq!(world.step("撤销 17").0, Step::Undo);
}

#[test]
fn a_new_case_is_reported_in_one_line() {
    let world = World::new(1);
    let report = |line: &str| match world.read(line) {
        Ok(Parsed::Report(report)) => *report,
        other => panic!("{line}: {other:?}"),
    };
    let new = report("上报 暴露垃圾 @牛湖 巷口一堆");
    assert_eq!((&*new.item, new.text.as_str()), ("GL-A01", "巷口一堆"));
    assert!(
        matches!(new.place, Whereabouts::Area { ref code, .. } if &**code == "GL03"),
        "{:?}",
        new.place
    );
    let by_point = |text: &str| report(&format!("sb GL-A01 {text}")).place.point().unwrap();
    assert_eq!(by_point("@22.73,114.09"), by_point("@114.09,22.73"));
    let stated = report("sb bllj @“汇食街 12 号” 满了").place;
    assert_eq!(stated.stated(), "汇食街 12 号");
    assert_eq!(report("sb bllj @桥洞下面 满了").place.stated(), "桥洞下面");
    assert_eq!(world.fault("sb bllj"), (8, String::new(), Expected::Place));
    assert_eq!(world.fault("sb bllj 牛湖"), (9, "牛湖".into(), Expected::Place));
    assert_eq!(
        world.fault("sb 没有这种 @nh"),
        (4, "没有这种".into(), Expected::Item)
    );
}

#[test]
fn matters_of_the_hall_are_typed_too() {
    let world = World::new(3);
    assert_eq!(
        world.read("关注 3"),
        Ok(Parsed::Duty(DutyAction::Watch {
            case: CaseId(3),
            on: true
        }))
    );
    let away = world.read("停派 xldy +4h 车坏了").unwrap();
    let Parsed::Duty(DutyAction::Availability {
        who,
        away_until,
        reason,
    }) = away
    else {
        panic!("{away:?}")
    };
    assert_eq!((who, reason.as_str()), (team("T-GL01-P1"), "车坏了"));
    assert_eq!(away_until, Some(now() + chrono::TimeDelta::hours(4)));
    assert_eq!(world.read("看 3"), Ok(Parsed::Look(CaseId(3))));
}

#[test]
fn a_fault_names_the_word_its_column_and_what_was_expected() {
    let world = World::new(20);
    assert_eq!(world.fault(""), (1, String::new(), Expected::Verb));
    assert_eq!(world.fault("飞 17"), (1, "飞".into(), Expected::Verb));
    assert_eq!(
        world.fault("派遣 17 没有的队"),
        (7, "没有的队".into(), Expected::Unit)
    );
    let (column, word, expected) = world.fault("pd 17 999");
    assert_eq!((column, word.as_str()), (7, "999"));
    assert!(matches!(expected, Expected::Proposal { of } if of > 1));
    assert_eq!(world.fault("挂账 17 昨天 x"), (7, "昨天".into(), Expected::Until));
    assert_eq!(
        world.fault("挂账 17 2020-01-01 x"),
        (7, "2020-01-01".into(), Expected::Until)
    );
    assert_eq!(world.fault("延时 17 很久"), (7, "很久".into(), Expected::Hours));
    assert_eq!(world.fault("pj 17 6"), (7, "6".into(), Expected::Mark));
    assert_eq!(world.fault("撤销 17 x"), (7, "x".into(), Expected::End));
    assert_eq!(world.fault("并案 17 甲"), (7, "甲".into(), Expected::Case));
    assert_eq!(
        world.fault("拆分 17 GL-A01 北 + 乱写；x"),
        (18, "乱写".into(), Expected::Item)
    );
    // A number of a case that is not open is for the desk to refuse.
    assert!(world.read("pd 99 1").is_ok());
}

#[test]
fn what_comes_next_is_offered_and_typing_it_is_understood() {
    let world = World::new(20);
    // Nothing typed: the steps that the selected case can take stand first.
    let first = &world.offers("", Some(5), Lang::Zh)[0];
    assert_eq!(first.0, "不予受理");
    assert_eq!(
        world.offers("派", None, Lang::Zh)[0],
        ("派遣".into(), "派遣 ".into())
    );
    assert_eq!(world.offers("p", Some(5), Lang::Zh)[0].0, "派遣");
    assert_eq!(world.offers("paiq", None, Lang::Zh)[0].0, "派遣");
    assert_eq!(
        world.offers("disp", None, Lang::En)[0],
        ("dispatch".into(), "dispatch ".into())
    );
    assert!(
        world
            .offers("send", None, Lang::En)
            .iter()
            .any(|o| o.0 == "send on")
    );
    assert_eq!(
        world.offers("send o", None, Lang::En)[0],
        ("send on".into(), "send on ".into())
    );
    // Cases, then proposals, then nothing more but words.
    assert_eq!(world.offers("pd 1", None, Lang::Zh)[0].1, "pd 1 ");
    assert_eq!(world.offers("pd 1", None, Lang::Zh).len(), 11);
    let proposals = world.offers("pd 17 ", None, Lang::Zh);
    assert_eq!(proposals.len(), world.proposals(CaseId(17)).len().min(9));
    let first = world.proposals(CaseId(17))[0].clone();
    let label = format!("1  {}", world.town.handler_name(&first, Lang::Zh));
    assert_eq!(proposals[0], (label, "pd 17 1 ".into()));
    let named = world.offers("pd 17 xldy", None, Lang::Zh);
    assert_eq!(
        named[0],
        (
            "新澜第一党建网格服务队".into(),
            "pd 17 新澜第一党建网格服务队 ".into()
        )
    );
    let named = world.offers("pd 17 xldy", None, Lang::En);
    assert_eq!(named[0].1, "pd 17 T-GL01-P1 ");
    assert_eq!(world.offers("pd 17 1 x", None, Lang::Zh), []);
    // Cases with which the step is not possible are not offered.
    assert_eq!(world.offers("sl ", None, Lang::Zh), []);
    let helpers = world.offers("xb 17 xldy,nhsqaq", None, Lang::Zh);
    assert_eq!(helpers[0].1, "xb 17 xldy,牛湖社区安全队 ");
    assert_eq!(world.offers("sb bllj @nh", None, Lang::Zh)[0].1, "sb bllj @GL03 ");
    assert_eq!(world.offers("gz 17 ", None, Lang::Zh)[0].1, "gz 17 +1d ");
    // Every verb that is offered is a whole verb once it is taken.
    for lang in [Lang::Zh, Lang::En] {
        for (label, line) in world.offers("", None, lang) {
            let expected = world.read(&line).err().map(|fault| fault.expected);
            assert_ne!(expected, Some(Expected::Verb), "{label}: {line}");
        }
    }
}

#[test]
fn no_text_makes_it_panic() {
    let world = World::new(3);
    let pieces = [
        "pd",
        " ",
        "17",
        "“",
        "\"",
        "@",
        "；",
        "+",
        "拆分 ",
        "xb ",
        ",",
        "挂账 ",
        "99999999999999999999",
        "．",
        "看",
        "。",
        "-",
        "'",
    ];
    let mut state = 7_u64;
    for _ in 0..200 {
        let mut line = String::new();
        for _ in 0..8 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            line.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            world.with(Some(2), Lang::Zh, false, |ctx| {
                parse(&line, ctx).ok();
                for completion in complete(&line, ctx) {
                    let mut whole = line.clone();
                    whole.replace_range(completion.replaces, &completion.insert);
                }
            });
        }
    }
}
