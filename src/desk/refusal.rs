//! Why a command was refused: a value that says what is wrong and what would be right.

use chrono::{DateTime, Utc};

use crate::case::{CaseId, Stage, Step};
use crate::town::Level;

/// What a step needs and was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// An item of the catalogue.
    Item,
    /// Another case.
    OtherCase,
    /// A point in time in the future.
    Until,
    /// A number of hours.
    Hours,
    /// A mark from 1 to 5.
    Mark,
    /// At least two parts.
    Parts,
    /// At least one helper, or one fewer than before.
    Helpers,
}

impl Need {
    /// The word that stands for it in the words of the interface.
    pub fn code(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::OtherCase => "other-case",
            Self::Until => "until",
            Self::Hours => "hours",
            Self::Mark => "mark",
            Self::Parts => "parts",
            Self::Helpers => "helpers",
        }
    }
}

/// Why a command was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The actor is not a post of this town.
    #[error("there is no post '{actor}' in this town")]
    UnknownPost {
        /// The code that was given.
        actor: String,
    },
    /// The post may not do this, or not on this level.
    #[error("the post '{actor}' may not do this ({command}) with a case of level '{}'", level.code())]
    NotAllowed {
        /// The post.
        actor: String,
        /// The command's code.
        command: &'static str,
        /// The case's level.
        level: Level,
    },
    /// The case lies outside the area that the post answers for.
    #[error("case {case} lies outside the area of the post '{actor}'")]
    NotYourArea {
        /// The post.
        actor: String,
        /// The case.
        case: CaseId,
    },
    /// There is no such case within reach.
    #[error("case {case} is not open")]
    NotOpen {
        /// The number that was given.
        case: CaseId,
    },
    /// Somebody else moved the case on in between.
    #[error("case {case} has moved on to '{}' in between: look at it again", stage.code())]
    MovedOn {
        /// The case.
        case: CaseId,
        /// Where it stands now.
        stage: Stage,
    },
    /// The step is not legal from here.
    #[error("'{}' is not possible in stage '{}'", step.code(), stage.code())]
    NotNow {
        /// The step.
        step: Step,
        /// Where the case stands.
        stage: Stage,
        /// What is possible.
        possible: Vec<Step>,
    },
    /// The step waits for a decision on what was asked for, or nothing was asked for.
    #[error("'{}' does not fit what is asked for with this case: possible now: {}", step.code(), codes(possible))]
    NotAsked {
        /// The step.
        step: Step,
        /// What is possible.
        possible: Vec<Step>,
    },
    /// Whoever asked can't decide.
    #[error("whoever asked for it can't approve it: another post has to")]
    AskedYourself,
    /// A reason or note is missing.
    #[error("'{}' needs a reason or note in words", step.code())]
    WordsMissing {
        /// The step.
        step: Step,
    },
    /// The words are too long.
    #[error("the words have {chars} characters, at most {max} are kept")]
    WordsTooLong {
        /// How many there are.
        chars: usize,
        /// How many are kept.
        max: usize,
    },
    /// Something that the step needs is missing or out of range.
    #[error("'{}' needs {}", step.code(), need.code())]
    Missing {
        /// The step.
        step: Step,
        /// What it needs.
        need: Need,
    },
    /// A dispatch names nobody.
    #[error("a dispatch needs a post or team to send")]
    NobodyToSend,
    /// The post or team is not known in this town.
    #[error("there is no '{handler}' in this town")]
    UnknownHandler {
        /// What was given.
        handler: String,
    },
    /// The case is already with that post or team.
    #[error("the case is already with '{handler}'")]
    AlreadyThere {
        /// The post or team.
        handler: String,
    },
    /// The list of powers and duties does not let the post or team settle the item.
    #[error("the list of powers and duties does not name '{handler}' for the item '{item}'")]
    NotEntitled {
        /// The post or team.
        handler: String,
        /// The item's code.
        item: String,
    },
    /// The item is not in the catalogue.
    #[error("there is no item '{item}' in the catalogue")]
    UnknownItem {
        /// What was given.
        item: String,
    },
    /// The item was retired.
    #[error("the item '{item}' was retired: choose another")]
    RetiredItem {
        /// What was given.
        item: String,
    },
    /// The case is of that item already.
    #[error("the case is of the item '{item}' already")]
    SameItem {
        /// The item.
        item: String,
    },
    /// A case can't be merged with itself, with one that has ended, or into one that is merged.
    #[error("case {other} can't stand for this one: it is this one, or not open")]
    CantMergeInto {
        /// The other case.
        other: CaseId,
    },
    /// The case stands for others: they are to be merged the other way round.
    #[error("this case stands for {twins} others: merge the other case into this one instead")]
    StandsForOthers {
        /// How many.
        twins: usize,
    },
    /// The level is not above the case's.
    #[error("the case is on the level '{}' already", level.code())]
    NotHigher {
        /// The case's level.
        level: Level,
    },
    /// The last command with the case was somebody else's.
    #[error("the last command with this case was given by '{by}': only that post can undo it")]
    NotYours {
        /// Who gave it.
        by: String,
    },
    /// The last command is too old to be undone.
    #[error("the last command was given at {at}: after a minute it can't be undone")]
    TooLate {
        /// When it was given.
        at: DateTime<Utc>,
    },
    /// The last command is of a kind that has a way back of its own.
    #[error("this can't be undone: {why}")]
    CantUndo {
        /// The word that stands for the way back: `unmerge`, `import`, `split`, `answered`.
        why: &'static str,
    },
    /// The history of the case is not at hand.
    #[error("the history of case {case} is being read: try again")]
    HistoryMissing {
        /// The case.
        case: CaseId,
    },
    /// A report without a place.
    #[error("say where: a point on the map, a community, or the place in words")]
    PlaceMissing,
    /// The point is not on the globe, or the place is not in the town.
    #[error("the place {place} is not in this town")]
    PlaceWrong {
        /// What was given.
        place: String,
    },
    /// The time of the report lies in the future.
    #[error("the report is dated in the future")]
    InTheFuture,
    /// A seat, an alarm, a handover or the like is not as the command expects it.
    #[error("{}", duty.code())]
    Duty {
        /// What is wrong.
        duty: DutyFault,
    },
}

/// What is wrong with a command of the hall itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DutyFault {
    /// The post does not sit at this seat.
    NotSeated,
    /// An end in the past, or too far ahead.
    Until,
    /// A reason or text is missing.
    WordsMissing,
    /// The handover waits for nobody, or for somebody else than the one who gave it.
    Handover,
    /// The item's version does not follow from the one that is there.
    ItemVersion,
    /// The item has something that it can't have.
    Item,
    /// Somebody has changed boundaries meanwhile.
    BoundaryVersion,
    /// A change of boundaries is still to come: it has to hold, or be withdrawn, before the next one.
    BoundaryWaits,
    /// Nothing would become different, or nothing that can be withdrawn.
    BoundaryNothing,
    /// Boundaries would begin to hold in the past, or too far ahead.
    BoundaryDate,
    /// Boundaries would cross themselves, lie over each other or outside of what contains them.
    BoundaryUnsound,
    /// Boundaries would leave a gap, and nobody says why.
    BoundaryGaps,
}

impl DutyFault {
    /// The word that stands for it in the words of the interface.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSeated => "duty-not-seated",
            Self::Until => "duty-until",
            Self::WordsMissing => "duty-words-missing",
            Self::Handover => "duty-handover",
            Self::ItemVersion => "duty-item-version",
            Self::Item => "duty-item",
            Self::BoundaryVersion => "duty-boundary-version",
            Self::BoundaryWaits => "duty-boundary-waits",
            Self::BoundaryNothing => "duty-boundary-nothing",
            Self::BoundaryDate => "duty-boundary-date",
            Self::BoundaryUnsound => "duty-boundary-unsound",
            Self::BoundaryGaps => "duty-boundary-gaps",
        }
    }
}

impl Refusal {
    /// A short word for it, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownPost { .. } => "unknown-post",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NotYourArea { .. } => "not-your-area",
            Self::NotOpen { .. } => "not-open",
            Self::MovedOn { .. } => "moved-on",
            Self::NotNow { .. } => "not-now",
            Self::NotAsked { .. } => "not-asked",
            Self::AskedYourself => "asked-yourself",
            Self::WordsMissing { .. } => "words-missing",
            Self::WordsTooLong { .. } => "words-too-long",
            Self::Missing { .. } => "missing",
            Self::NobodyToSend => "nobody",
            Self::UnknownHandler { .. } => "unknown-handler",
            Self::AlreadyThere { .. } => "already-there",
            Self::NotEntitled { .. } => "not-entitled",
            Self::UnknownItem { .. } => "unknown-item",
            Self::RetiredItem { .. } => "retired-item",
            Self::SameItem { .. } => "same-item",
            Self::CantMergeInto { .. } => "cant-merge-into",
            Self::StandsForOthers { .. } => "stands-for-others",
            Self::NotHigher { .. } => "not-higher",
            Self::NotYours { .. } => "not-yours",
            Self::TooLate { .. } => "too-late",
            Self::CantUndo { .. } => "cant-undo",
            Self::HistoryMissing { .. } => "history-missing",
            Self::PlaceMissing => "place-missing",
            Self::PlaceWrong { .. } => "place-wrong",
            Self::InTheFuture => "future",
            Self::Duty { duty } => duty.code(),
        }
    }
}

fn codes(steps: &[Step]) -> String {
    steps.iter().map(|s| s.code()).collect::<Vec<_>>().join(", ")
}
