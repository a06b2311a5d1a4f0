//! The table of verbs: one row each, with its words and what it takes.

use crate::case::Step;
use crate::town::Lang;

use super::spelling::{EXACT, Rank, Spelling, Typed, normal, spellings};

/// What a verb does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Take a step with a case.
    Step(Step),
    /// Open a case.
    Report,
    /// Show a case.
    Look,
    /// Keep an eye on a case, or no longer.
    Watch(bool),
    /// A team or post can't take anything, or can again.
    Away(bool),
    /// A team or post is on shift, or is not, other than the roster says.
    Shift(bool),
    /// What only a window can do: the index of [`Grammar::window`].
    Window(usize),
}

/// What a verb takes, in this order. All that is optional may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The case; the selected one where none is named.
    Case,
    /// A team or post, or the number of a proposal for the case.
    Unit,
    /// Several of them, joined by commas; `-` for none.
    Units,
    /// An item of the catalogue.
    Item,
    /// `@` and a place.
    Place,
    /// Another case.
    Other,
    /// A point in time.
    Until,
    /// A point in time, or nothing.
    MaybeUntil,
    /// A number of hours.
    Hours,
    /// A number of hours, or nothing.
    MaybeHours,
    /// A mark from 1 to 5.
    Mark,
    /// A level, or nothing.
    MaybeLevel,
    /// `@` and whose matter it is, or nothing.
    MaybeOwner,
    /// Items with words, joined by `+`, to a `;` or the end.
    Parts,
    /// Free words to the end of the line.
    Note,
}

/// A row of the table.
struct Row {
    act: Act,
    code: &'static str,
    chinese: &'static [&'static str],
    english: &'static [&'static str],
    slots: &'static [Slot],
}

const fn row(
    act: Act,
    code: &'static str,
    chinese: &'static [&'static str],
    english: &'static [&'static str],
    slots: &'static [Slot],
) -> Row {
    Row {
        act,
        code,
        chinese,
        english,
        slots,
    }
}

const fn step(
    step: Step,
    code: &'static str,
    chinese: &'static [&'static str],
    english: &'static [&'static str],
    slots: &'static [Slot],
) -> Row {
    row(Act::Step(step), code, chinese, english, slots)
}

/// The verbs that need no window. The first word of each language is the one that is shown. Where two verbs can be
/// typed alike, the earlier one is meant.
const TABLE: &[Row] = {
    use Slot::{
        Case, Hours, Item, Mark, MaybeHours, MaybeLevel, MaybeOwner, MaybeUntil, Note, Other, Parts, Place,
        Unit, Units, Until,
    };
    &[
        step(Step::Accept, "accept", &["受理"], &["accept"], &[Case, Note]),
        step(
            Step::Refuse,
            "refuse",
            &["不予受理", "不受理"],
            &["refuse", "reject"],
            &[Case, MaybeOwner, Note],
        ),
        step(
            Step::Dispatch,
            "dispatch",
            &["派遣", "派单", "派"],
            &["dispatch", "send", "assign"],
            &[Case, Unit, Note],
        ),
        step(
            Step::SendOn,
            "send_on",
            &["转派", "改派"],
            &["send on", "transfer"],
            &[Case, Unit, Note],
        ),
        step(
            Step::HandBack,
            "hand_back",
            &["退单"],
            &["hand back"],
            &[Case, Note],
        ),
        step(
            Step::Arrive,
            "arrive",
            &["到场", "到达"],
            &["arrived", "arrive"],
            &[Case, Note],
        ),
        step(
            Step::Rectify,
            "rectify",
            &["整改", "处置"],
            &["rectified", "rectify", "fixed"],
            &[Case, Note],
        ),
        step(
            Step::Verify,
            "verify",
            &["核查通过", "通过", "核查"],
            &["verified", "verify", "pass"],
            &[Case, Note],
        ),
        step(
            Step::SendBack,
            "send_back",
            &["核查退回", "退回"],
            &["send back"],
            &[Case, Note],
        ),
        step(Step::Close, "close", &["结案"], &["close"], &[Case, Note]),
        step(
            Step::Reclassify,
            "reclassify",
            &["改类"],
            &["reclassify"],
            &[Case, Item, Note],
        ),
        step(Step::Split, "split", &["拆分"], &["split"], &[Case, Parts, Note]),
        step(
            Step::Merge,
            "merge",
            &["并案", "并入"],
            &["merge"],
            &[Case, Other, Note],
        ),
        step(Step::Unmerge, "unmerge", &["撤并"], &["unmerge"], &[Case, Note]),
        step(
            Step::AskSuspend,
            "ask_suspend",
            &["申请挂账", "挂账"],
            &["ask to suspend", "ask suspend"],
            &[Case, Until, Note],
        ),
        step(
            Step::Suspend,
            "suspend",
            &["批准挂账"],
            &["suspend"],
            &[Case, MaybeUntil, Note],
        ),
        step(
            Step::AskExtend,
            "ask_extend",
            &["申请延时", "延时"],
            &["ask to extend", "ask extend"],
            &[Case, Hours, Note],
        ),
        step(
            Step::Extend,
            "extend",
            &["批准延时"],
            &["extend"],
            &[Case, MaybeHours, Note],
        ),
        step(Step::Deny, "deny", &["不批准", "不批"], &["deny"], &[Case, Note]),
        step(
            Step::Resume,
            "resume",
            &["恢复办理", "恢复"],
            &["resume"],
            &[Case, Note],
        ),
        step(
            Step::CoHandle,
            "co_handle",
            &["协办"],
            &["co-handle", "help"],
            &[Case, Units, Note],
        ),
        step(
            Step::Escalate,
            "escalate",
            &["上提一级", "上提"],
            &["escalate"],
            &[Case, MaybeLevel, Note],
        ),
        // 重 is mostly read zhòng, but not here.
        step(
            Step::Reopen,
            "reopen",
            &["重开"],
            &["reopen", "chongkai", "ck"],
            &[Case, Note],
        ),
        step(
            Step::Appraise,
            "appraise",
            &["评价"],
            &["appraise"],
            &[Case, Mark, Note],
        ),
        step(Step::Answer, "answer", &["答复"], &["answer"], &[Case, Note]),
        step(Step::Undo, "undo", &["撤销上一步", "撤销"], &["undo"], &[Case]),
        row(
            Act::Report,
            "report",
            &["上报", "录入"],
            &["report"],
            &[Item, Place, Note],
        ),
        row(
            Act::Look,
            "look",
            &["看", "打开"],
            &["look at", "look", "open", "show"],
            &[Case],
        ),
        row(Act::Watch(true), "watch", &["关注"], &["watch"], &[Case]),
        row(Act::Watch(false), "unwatch", &["取消关注"], &["unwatch"], &[Case]),
        row(
            Act::Away(true),
            "away",
            &["停派"],
            &["away"],
            &[Unit, Until, Note],
        ),
        row(Act::Away(false), "back", &["复派"], &["back again"], &[Unit]),
        row(
            Act::Shift(true),
            "on_shift",
            &["上班"],
            &["on shift"],
            &[Unit, Until],
        ),
        row(
            Act::Shift(false),
            "off_shift",
            &["下班"],
            &["off shift"],
            &[Unit, Until],
        ),
    ]
};

/// Something that a window can do, with its words and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowVerb {
    /// The word that stands for it.
    pub code: String,
    /// Chinese words; the first is shown.
    pub chinese: Vec<String>,
    /// English words; the first is shown.
    pub english: Vec<String>,
    /// Its key as it is printed on keyboards, may be empty.
    pub key: String,
}

/// A verb, prepared so that it is found quickly.
#[derive(Clone, Debug)]
pub struct Verb {
    /// What it does.
    pub act: Act,
    /// The word that stands for it in data.
    pub code: String,
    /// What it is called in Chinese.
    pub chinese: String,
    /// What it is called in English.
    pub english: String,
    /// The shortest way to type it: the initials of its Chinese name.
    pub short: String,
    /// Its key in the window, may be empty.
    pub key: String,
    /// What it takes.
    pub slots: &'static [Slot],
    /// Everything that it can be typed as, [`normal`].
    typed: Vec<String>,
    spellings: Vec<Spelling>,
}

impl Verb {
    fn new(
        act: Act,
        code: &str,
        chinese: &[impl AsRef<str>],
        english: &[impl AsRef<str>],
        slots: &'static [Slot],
    ) -> Self {
        let mut typed = vec![normal(code)];
        typed.extend(english.iter().map(|word| normal(word.as_ref())));
        for word in chinese {
            typed.extend(spellings(word.as_ref()));
        }
        let chinese_name = chinese.first().map(AsRef::as_ref).unwrap_or_default().to_owned();
        let spelling = |word: &str, english: &str| Spelling::new(word, english, code);
        let mut all: Vec<Spelling> = chinese.iter().map(|word| spelling(word.as_ref(), "")).collect();
        all.extend(english.iter().map(|word| spelling("", word.as_ref())));
        Self {
            act,
            code: code.to_owned(),
            short: spellings(&chinese_name)[2].clone(),
            english: english.first().map(AsRef::as_ref).unwrap_or_default().to_owned(),
            chinese: chinese_name,
            key: String::new(),
            slots,
            typed,
            spellings: all,
        }
    }

    /// What it is called.
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.chinese,
            Lang::En => &self.english,
        }
    }

    /// Whether `typed`, which is [`normal`], is one of its words as a whole.
    pub fn is(&self, typed: &str) -> bool {
        self.typed.iter().any(|word| word == typed)
    }

    /// How well `typed` fits; everything fits nothing typed.
    pub fn rank(&self, typed: &str) -> Option<Rank> {
        let typed = normal(typed);
        if typed.is_empty() || self.is(&typed) {
            return Some(EXACT);
        }
        let typed = Typed::new(&typed);
        self.spellings
            .iter()
            .filter_map(|spelling| spelling.rank(&typed))
            .min()
    }

    /// Whether it is about a case.
    pub fn takes_case(&self) -> bool {
        self.slots.contains(&Slot::Case)
    }
}

/// All verbs.
#[derive(Clone, Debug)]
pub struct Grammar {
    verbs: Vec<Verb>,
    /// What only a window can do.
    pub window: Vec<WindowVerb>,
}

impl Grammar {
    /// The table, and what the window adds to it. `keys` gives the key of a step, or of [`Act::Report`].
    pub fn new(window: Vec<WindowVerb>, keys: impl Fn(Act) -> String) -> Self {
        let mut verbs: Vec<Verb> = TABLE
            .iter()
            .map(|row| Verb {
                key: keys(row.act),
                ..Verb::new(row.act, row.code, row.chinese, row.english, row.slots)
            })
            .collect();
        verbs.extend(window.iter().enumerate().map(|(index, verb)| Verb {
            key: verb.key.clone(),
            ..Verb::new(Act::Window(index), &verb.code, &verb.chinese, &verb.english, &[])
        }));
        Self { verbs, window }
    }

    /// All verbs, in the order in which they are preferred.
    pub fn verbs(&self) -> &[Verb] {
        &self.verbs
    }

    /// The verb that does `act`.
    pub fn of(&self, act: Act) -> Option<&Verb> {
        self.verbs.iter().find(|verb| verb.act == act)
    }

    /// The first verb that has `typed`, which is [`normal`], among its words.
    pub fn find(&self, typed: &str) -> Option<&Verb> {
        self.verbs.iter().find(|verb| verb.is(typed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn grammar() -> Grammar {
        Grammar::new(Vec::new(), |_| String::new())
    }

    #[test]
    fn every_step_has_a_verb_of_its_code() {
        let grammar = grammar();
        for step in Step::ALL {
            let verb = grammar.of(Act::Step(step)).unwrap();
            assert_eq!(verb.code, step.code());
            assert_eq!(grammar.find(&normal(step.code())).unwrap().act, verb.act);
        }
    }

    #[test]
    fn verbs_are_typed_in_chinese_pinyin_initials_and_english() {
        let grammar = grammar();
        for (typed, code) in [
            ("受理", "accept"),
            ("shouli", "accept"),
            ("sl", "accept"),
            ("PD", "dispatch"),
            ("pq", "dispatch"),
            ("paiqian", "dispatch"),
            ("派", "dispatch"),
            ("send-on", "send_on"),
            ("zp", "send_on"),
            ("th", "send_back"),
            ("td", "hand_back"),
            ("ck", "reopen"),
            ("zk", "reopen"),
            ("sqgz", "ask_suspend"),
            ("gz", "ask_suspend"),
            ("上报", "report"),
            ("k", "look"),
        ] {
            assert_eq!(grammar.find(&normal(typed)).unwrap().code, code, "{typed}");
        }
        assert!(grammar.find("xyz").is_none());
    }

    /// Which verbs can be typed alike. A new verb that takes another's short form has to be placed on purpose.
    #[test]
    fn verbs_that_can_be_typed_alike_are_known() {
        let mut by_word: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for verb in grammar().verbs() {
            let mut words = verb.typed.clone();
            words.sort();
            words.dedup();
            for word in words {
                by_word.entry(word).or_default().push(verb.code.clone());
            }
        }
        by_word.retain(|_, verbs| verbs.len() > 1);
        let shared: Vec<String> = by_word
            .iter()
            .map(|(word, verbs)| format!("{word}: {}", verbs.join(" ")))
            .collect();
        let known = [
            "gz: ask_suspend watch",
            "sb: report on_shift",
            "xb: co_handle off_shift",
        ];
        assert_eq!(shared, known);
    }
}
