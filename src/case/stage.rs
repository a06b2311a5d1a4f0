//! The stages of a case and the steps between them, as one table that drives the code, the shell's `rules` and the tests.

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 待受理
    Reported,
    /// 待派遣
    Accepted,
    /// 已派遣, the handler is on the way
    Dispatched,
    /// 处置中, the handler is on the spot
    InHand,
    /// 待核查
    Rectified,
    /// 待结案
    Verified,
    /// 已结案
    Closed,
    /// 不予受理
    Refused,
    /// 已挂账, its clock stands until a stated end
    Suspended,
    /// 已并案, another case stands for it
    Merged,
    /// 已撤销, reported by mistake and taken back
    Withdrawn,
}

/// The seven steps of digital city management, in which each stage has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// 信息收集
    Collect,
    /// 案件建立
    Open,
    /// 任务派遣
    Dispatch,
    /// 任务处理
    Handle,
    /// 处理反馈
    ReportBack,
    /// 核查结案
    VerifyAndClose,
    /// 综合评价
    Appraise,
}

impl Phase {
    /// The word that stands for it in data and in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "collect",
            "open",
            "dispatch",
            "handle",
            "report_back",
            "verify_and_close",
            "appraise",
        ][self as usize]
    }
}

/// A step that moves a case on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 受理
    Accept,
    /// 不予受理
    Refuse,
    /// 派遣
    Dispatch,
    /// 转派, to somebody else
    SendOn,
    /// 退单: the unit says that the matter is not its own
    HandBack,
    /// 到场
    Arrive,
    /// 整改
    Rectify,
    /// 核查通过
    Verify,
    /// 核查退回
    SendBack,
    /// 结案
    Close,
    /// 改类
    Reclassify,
    /// 拆分
    Split,
    /// 并案: another case stands for this one
    Merge,
    /// 撤并
    Unmerge,
    /// 申请挂账
    AskSuspend,
    /// 批准挂账
    Suspend,
    /// 申请延时
    AskExtend,
    /// 批准延时
    Extend,
    /// 不批准
    Deny,
    /// 恢复
    Resume,
    /// 协办
    CoHandle,
    /// 上提一级
    Escalate,
    /// 重开
    Reopen,
    /// 评价
    Appraise,
    /// 答复 to whoever reported it
    Answer,
    /// 撤销 of one's own last command
    Undo,
}

impl Step {
    /// All steps: the straight way first, then the other ways.
    pub const ALL: [Self; 26] = [
        Self::Accept,
        Self::Refuse,
        Self::Dispatch,
        Self::SendOn,
        Self::HandBack,
        Self::Arrive,
        Self::Rectify,
        Self::Verify,
        Self::SendBack,
        Self::Close,
        Self::Reclassify,
        Self::Split,
        Self::Merge,
        Self::Unmerge,
        Self::AskSuspend,
        Self::Suspend,
        Self::AskExtend,
        Self::Extend,
        Self::Deny,
        Self::Resume,
        Self::CoHandle,
        Self::Escalate,
        Self::Reopen,
        Self::Appraise,
        Self::Answer,
        Self::Undo,
    ];

    /// The word that stands for it in data, on the shell and in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "accept",
            "refuse",
            "dispatch",
            "send_on",
            "hand_back",
            "arrive",
            "rectify",
            "verify",
            "send_back",
            "close",
            "reclassify",
            "split",
            "merge",
            "unmerge",
            "ask_suspend",
            "suspend",
            "ask_extend",
            "extend",
            "deny",
            "resume",
            "co_handle",
            "escalate",
            "reopen",
            "appraise",
            "answer",
            "undo",
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == text)
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum To {
    /// To this stage.
    Stage(Stage),
    /// The stage stays, something else of the case changes.
    Same,
    /// To the stage that the case had before it was suspended, merged, or moved by the step that is undone.
    Back,
}

/// What must hold of a case, beyond its stage, for a step to be legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Nothing more.
    Free,
    /// Nobody has asked for a suspension or an extension that is still undecided.
    NothingAsked,
    /// A suspension was asked for.
    SuspensionAsked,
    /// An extension was asked for.
    ExtensionAsked,
    /// Either was asked for.
    SomethingAsked,
}

/// One row of the state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    /// From here.
    pub from: Stage,
    /// By this step.
    pub step: Step,
    /// Where it leads.
    pub to: To,
    /// What else must hold.
    pub guard: Guard,
}

const fn row(from: Stage, step: Step, to: To, guard: Guard) -> Transition {
    Transition {
        from,
        step,
        to,
        guard,
    }
}

const fn go(from: Stage, step: Step, to: Stage) -> Transition {
    row(from, step, To::Stage(to), Guard::Free)
}

const fn same(from: Stage, step: Step) -> Transition {
    row(from, step, To::Same, Guard::Free)
}

/// Every legal step. What is not in the table is refused.
pub const TRANSITIONS: &[Transition] = {
    use Guard::{ExtensionAsked, NothingAsked, SomethingAsked, SuspensionAsked};
    use Stage::{
        Accepted, Closed, Dispatched, InHand, Merged, Rectified, Refused, Reported, Suspended, Verified,
        Withdrawn,
    };
    use Step::{
        Accept, Answer, Appraise, Arrive, AskExtend, AskSuspend, Close, CoHandle, Deny, Dispatch, Escalate,
        Extend, HandBack, Merge, Reclassify, Rectify, Refuse, Reopen, Resume, SendBack, SendOn, Split,
        Suspend, Undo, Unmerge, Verify,
    };
    &[
        go(Reported, Accept, Accepted),
        go(Reported, Refuse, Refused),
        go(Accepted, Refuse, Refused),
        go(Accepted, Dispatch, Dispatched),
        go(Dispatched, SendOn, Dispatched),
        go(InHand, SendOn, Dispatched),
        go(Dispatched, HandBack, Accepted),
        go(InHand, HandBack, Accepted),
        go(Dispatched, Arrive, InHand),
        go(InHand, Rectify, Rectified),
        go(Rectified, Verify, Verified),
        go(Rectified, SendBack, InHand),
        go(Verified, Close, Closed),
        // What changes a case without moving it.
        same(Reported, Reclassify),
        same(Accepted, Reclassify),
        same(Dispatched, Reclassify),
        same(InHand, Reclassify),
        same(Reported, Split),
        same(Accepted, Split),
        same(Dispatched, Split),
        same(InHand, Split),
        same(Dispatched, CoHandle),
        same(InHand, CoHandle),
        same(Reported, Escalate),
        same(Accepted, Escalate),
        same(Dispatched, Escalate),
        same(InHand, Escalate),
        // Twins.
        go(Reported, Merge, Merged),
        go(Accepted, Merge, Merged),
        go(Dispatched, Merge, Merged),
        go(InHand, Merge, Merged),
        row(Merged, Unmerge, To::Back, Guard::Free),
        // 挂账 and 延时: one asks, another approves.
        row(Accepted, AskSuspend, To::Same, NothingAsked),
        row(Dispatched, AskSuspend, To::Same, NothingAsked),
        row(InHand, AskSuspend, To::Same, NothingAsked),
        row(Accepted, Suspend, To::Stage(Suspended), SuspensionAsked),
        row(Dispatched, Suspend, To::Stage(Suspended), SuspensionAsked),
        row(InHand, Suspend, To::Stage(Suspended), SuspensionAsked),
        row(Suspended, Resume, To::Back, Guard::Free),
        row(Accepted, AskExtend, To::Same, NothingAsked),
        row(Dispatched, AskExtend, To::Same, NothingAsked),
        row(InHand, AskExtend, To::Same, NothingAsked),
        row(Accepted, Extend, To::Same, ExtensionAsked),
        row(Dispatched, Extend, To::Same, ExtensionAsked),
        row(InHand, Extend, To::Same, ExtensionAsked),
        row(Accepted, Deny, To::Same, SomethingAsked),
        row(Dispatched, Deny, To::Same, SomethingAsked),
        row(InHand, Deny, To::Same, SomethingAsked),
        // After the end.
        go(Closed, Reopen, Accepted),
        go(Refused, Reopen, Accepted),
        same(Closed, Appraise),
        same(Closed, Answer),
        same(Refused, Answer),
        same(Merged, Answer),
        // One's own last command, within a minute: the desk looks at who and when.
        row(Reported, Undo, To::Back, Guard::Free),
        row(Accepted, Undo, To::Back, Guard::Free),
        row(Dispatched, Undo, To::Back, Guard::Free),
        row(InHand, Undo, To::Back, Guard::Free),
        row(Rectified, Undo, To::Back, Guard::Free),
        row(Verified, Undo, To::Back, Guard::Free),
        row(Closed, Undo, To::Back, Guard::Free),
        row(Refused, Undo, To::Back, Guard::Free),
        row(Suspended, Undo, To::Back, Guard::Free),
        row(Withdrawn, Undo, To::Back, Guard::Free),
    ]
};

impl Stage {
    /// All stages: those of the straight way first.
    pub const ALL: [Self; 11] = [
        Self::Reported,
        Self::Accepted,
        Self::Dispatched,
        Self::InHand,
        Self::Rectified,
        Self::Verified,
        Self::Closed,
        Self::Refused,
        Self::Suspended,
        Self::Merged,
        Self::Withdrawn,
    ];

    /// The word that stands for it in data, on the shell and in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "reported",
            "accepted",
            "dispatched",
            "in_hand",
            "rectified",
            "verified",
            "closed",
            "refused",
            "suspended",
            "merged",
            "withdrawn",
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == text)
    }

    /// Whether the case still needs somebody.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Closed | Self::Refused | Self::Merged | Self::Withdrawn
        )
    }

    /// Its place in the seven steps of digital city management: the step that is under way, or was the last.
    pub fn phase(self) -> Phase {
        match self {
            Self::Reported | Self::Withdrawn => Phase::Collect,
            Self::Accepted | Self::Refused | Self::Merged => Phase::Open,
            Self::Dispatched => Phase::Dispatch,
            Self::InHand | Self::Suspended => Phase::Handle,
            Self::Rectified => Phase::ReportBack,
            Self::Verified => Phase::VerifyAndClose,
            Self::Closed => Phase::Appraise,
        }
    }

    /// The row of the table for `step` from here; `None` where it is not legal.
    pub fn transition(self, step: Step) -> Option<&'static Transition> {
        TRANSITIONS.iter().find(|t| t.from == self && t.step == step)
    }

    /// The steps that the table allows from here, guards aside, in the order of [`Step::ALL`].
    pub fn steps(self) -> impl Iterator<Item = Step> {
        Step::ALL
            .into_iter()
            .filter(move |step| self.transition(*step).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.code()), Some(stage));
        }
        for step in Step::ALL {
            assert_eq!(Step::parse(step.code()), Some(step));
        }
    }

    #[test]
    fn every_open_stage_leads_on_and_no_row_stands_twice() {
        for stage in Stage::ALL.into_iter().filter(|s| s.is_open()) {
            let leads_on = |t: &&Transition| t.from == stage && t.step != Step::Undo && t.to != To::Same;
            assert!(TRANSITIONS.iter().any(|t| leads_on(&t)), "{stage:?}");
        }
        for (i, a) in TRANSITIONS.iter().enumerate() {
            let again = |b: &Transition| a.from == b.from && a.step == b.step;
            assert!(!TRANSITIONS[i + 1..].iter().any(again), "{a:?}");
        }
    }

    #[test]
    fn every_step_is_in_the_table() {
        for step in Step::ALL {
            assert!(TRANSITIONS.iter().any(|t| t.step == step), "{step:?}");
        }
    }

    #[test]
    fn the_straight_way_ends_in_closure() {
        let steps = [
            Step::Accept,
            Step::Dispatch,
            Step::Arrive,
            Step::Rectify,
            Step::Verify,
            Step::Close,
        ];
        let end =
            steps
                .into_iter()
                .try_fold(Stage::Reported, |stage, step| match stage.transition(step)?.to {
                    To::Stage(to) => Some(to),
                    _ => None,
                });
        assert_eq!(end, Some(Stage::Closed));
    }
}
