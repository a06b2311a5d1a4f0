//! The stages of a case and the steps between them, as one table that drives the code.

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
    /// 到场
    Arrive,
    /// 整改
    Rectify,
    /// 核查通过
    Verify,
    /// 退回
    SendBack,
    /// 结案
    Close,
}

impl Step {
    /// All steps, in the order of the straight way.
    pub const ALL: [Self; 8] = [
        Self::Accept,
        Self::Refuse,
        Self::Dispatch,
        Self::Arrive,
        Self::Rectify,
        Self::Verify,
        Self::SendBack,
        Self::Close,
    ];

    /// The word that stands for it in data, on the shell and in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "accept",
            "refuse",
            "dispatch",
            "arrive",
            "rectify",
            "verify",
            "send_back",
            "close",
        ][self as usize]
    }
}

/// Every legal step: from, step, to. Dispatching again from `Dispatched` or `InHand` sends the case to somebody else.
pub const TRANSITIONS: [(Stage, Step, Stage); 11] = [
    (Stage::Reported, Step::Accept, Stage::Accepted),
    (Stage::Reported, Step::Refuse, Stage::Refused),
    (Stage::Accepted, Step::Refuse, Stage::Refused),
    (Stage::Accepted, Step::Dispatch, Stage::Dispatched),
    (Stage::Dispatched, Step::Dispatch, Stage::Dispatched),
    (Stage::InHand, Step::Dispatch, Stage::Dispatched),
    (Stage::Dispatched, Step::Arrive, Stage::InHand),
    (Stage::InHand, Step::Rectify, Stage::Rectified),
    (Stage::Rectified, Step::Verify, Stage::Verified),
    (Stage::Rectified, Step::SendBack, Stage::InHand),
    (Stage::Verified, Step::Close, Stage::Closed),
];

impl Stage {
    /// All stages, in the order of the straight way.
    pub const ALL: [Self; 8] = [
        Self::Reported,
        Self::Accepted,
        Self::Dispatched,
        Self::InHand,
        Self::Rectified,
        Self::Verified,
        Self::Closed,
        Self::Refused,
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
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == text)
    }

    /// Whether the case still needs somebody.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Refused)
    }

    /// Where `step` leads from here; `None` where it is not legal.
    pub fn after(self, step: Step) -> Option<Self> {
        TRANSITIONS
            .iter()
            .find(|(from, s, _)| *from == self && *s == step)
            .map(|(_, _, to)| *to)
    }

    /// The legal steps from here, in the order of [`Step::ALL`].
    pub fn steps(self) -> impl Iterator<Item = Step> {
        Step::ALL
            .into_iter()
            .filter(move |step| self.after(*step).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_open_stage_leads_on_and_ends_do_not() {
        for stage in Stage::ALL {
            assert_eq!(stage.steps().next().is_some(), stage.is_open(), "{stage:?}");
            assert_eq!(Stage::parse(stage.code()), Some(stage));
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
        let end = steps.into_iter().try_fold(Stage::Reported, super::Stage::after);
        assert_eq!(end, Some(Stage::Closed));
    }
}
