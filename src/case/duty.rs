//! What happens in the hall beside cases: who sits where, who is on shift, alarms, handovers, the catalogue's changes.
//! Entries of [`CaseId::HALL`](super::CaseId::HALL), and their fold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::town::boundary::{Change, Redrawn, redrawn};
use crate::town::{Catalogue, Handler, Item, Places};

use super::{Action, CaseId, Entry, FoldError};

/// Something that happens in the hall beside cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "duty", rename_all = "snake_case")]
pub enum DutyAction {
    /// 上岗: the acting post takes the seat.
    SignIn {
        /// The post that it relieves there, at a takeover.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relieves: Option<Arc<str>>,
    },
    /// 离岗: the acting post leaves the seat.
    SignOut,
    /// A passphrase was set or changed; the passphrase itself is not in the journal.
    Passphrase {
        /// Whose.
        post: Arc<str>,
    },
    /// A post or team is on shift, or not, other than the roster says.
    Shift {
        /// Who.
        who: Handler,
        /// Whether on shift.
        on: bool,
        /// Until then; afterwards the roster holds again.
        #[serde(with = "super::instant")]
        until: DateTime<Utc>,
    },
    /// A post or team can't take anything, or can again.
    Availability {
        /// Who.
        who: Handler,
        /// Until when it can't; `None` where it can again.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        away_until: Option<DateTime<Utc>>,
        /// Why, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// 确认: an alarm was seen. Holds for all seats.
    Acknowledge {
        /// The alarm's key.
        alarm: Arc<str>,
    },
    /// 搁置: an alarm is put aside until a stated end.
    Shelve {
        /// The alarm's key.
        alarm: Arc<str>,
        /// Until then.
        #[serde(with = "super::instant")]
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// 关注: the hall keeps an eye on a case, or no longer.
    Watch {
        /// The case.
        case: CaseId,
        /// Whether it is watched from now on.
        on: bool,
    },
    /// 交班: what the acting post hands over, signed by it.
    Handover {
        /// Its number, from 1.
        number: u32,
        /// The shift that ends.
        shift: String,
        /// The whole text as it was signed.
        text: String,
    },
    /// 接班: the acting post has read the handover and takes over.
    TakeOver {
        /// The handover's number.
        number: u32,
        /// What it adds, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Boundaries were drawn anew, or a change of boundaries that was still to come was withdrawn.
    Redraw {
        /// Its number among all of the hall, from 1.
        number: u32,
        /// What becomes different.
        change: Box<Change>,
        /// From when on it holds; from the entry on where `None`.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        from: Option<DateTime<Utc>>,
        /// Why.
        reason: String,
        /// Why gaps are left, where some are; else empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        gaps: String,
        /// The change that is withdrawn, where nothing else becomes different.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withdraws: Option<u32>,
    },
    /// An item of the catalogue was added, changed or retired.
    EditItem {
        /// The item from now on, with its new version.
        item: Box<Item>,
        /// Why.
        reason: String,
    },
}

impl DutyAction {
    /// The word that stands for it in data, in the matrix of permissions and in the words of the interface.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::SignOut => "sign_out",
            Self::Passphrase { .. } => "passphrase",
            Self::Shift { .. } => "shift",
            Self::Availability { .. } => "availability",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Shelve { .. } => "shelve",
            Self::Watch { .. } => "watch",
            Self::Handover { .. } => "handover",
            Self::TakeOver { .. } => "take_over",
            Self::EditItem { .. } => "edit_item",
            Self::Redraw { .. } => "redraw",
        }
    }

    /// All codes, in the order of the matrix of permissions.
    pub const CODES: [&'static str; 12] = [
        "sign_in",
        "sign_out",
        "passphrase",
        "shift",
        "availability",
        "acknowledge",
        "shelve",
        "watch",
        "handover",
        "take_over",
        "edit_item",
        "redraw",
    ];
}

/// Who sits at a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// The post.
    pub post: Arc<str>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// That a post or team is on shift or away, other than the roster says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Until {
    /// Whether it is on shift, or can take something.
    pub on: bool,
    /// Until then.
    pub until: DateTime<Utc>,
    /// Why, may be empty.
    pub reason: String,
}

/// Who acknowledged or shelved an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The post.
    pub by: Arc<str>,
    /// From which seat.
    pub seat: Arc<str>,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when it is shelved; `None` for an acknowledgement.
    pub shelved_until: Option<DateTime<Utc>>,
    /// Why it was shelved.
    pub reason: String,
}

/// A handover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Its number, from 1.
    pub number: u32,
    /// The shift that ended.
    pub shift: String,
    /// The whole text.
    pub text: String,
    /// Who handed over.
    pub by: Arc<str>,
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// Who took over, when, and what was added.
    pub taken: Option<(Arc<str>, DateTime<Utc>, String)>,
}

/// A version of an item that was made in the hall.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemEdit {
    /// The item from then on.
    pub item: Item,
    /// Who made it.
    pub by: Arc<str>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// A change of boundaries that was made in the hall.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryEdit {
    /// Its number, from 1.
    pub number: u32,
    /// What becomes different.
    pub change: Arc<Change>,
    /// From when on it holds.
    pub from: DateTime<Utc>,
    /// Who made it.
    pub by: Arc<str>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// Why gaps are left, may be empty.
    pub gaps: String,
    /// Who withdrew it before it came into force, and when.
    pub withdrawn: Option<(Arc<str>, DateTime<Utc>)>,
}

/// The hall beside its cases, as its entries make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// The version that the next entry is based on. It begins with 1, as if a report had opened the hall.
    pub version: u32,
    /// Who sits where, by seat.
    pub seats: BTreeMap<Arc<str>, Seated>,
    /// Who is on shift or not, other than the roster says.
    pub shifts: HashMap<Handler, Until>,
    /// Who can't take anything.
    pub away: HashMap<Handler, Until>,
    /// Alarms that were acknowledged or shelved, by key.
    pub alarms: HashMap<Arc<str>, Seen>,
    /// Cases that are watched, with who said so.
    pub watched: BTreeMap<CaseId, Arc<str>>,
    /// All handovers, in order.
    pub handovers: Vec<Handover>,
    /// All versions of items that were made in the hall, in order.
    pub items: Vec<ItemEdit>,
    /// All changes of boundaries, in order.
    pub boundaries: Vec<BoundaryEdit>,
    /// The number of the last entry that was about boundaries.
    pub last_redraw: u32,
}

impl Default for Duty {
    fn default() -> Self {
        Self {
            version: 1,
            seats: BTreeMap::new(),
            shifts: HashMap::new(),
            away: HashMap::new(),
            alarms: HashMap::new(),
            watched: BTreeMap::new(),
            handovers: Vec::new(),
            items: Vec::new(),
            boundaries: Vec::new(),
            last_redraw: 0,
        }
    }
}

impl Duty {
    /// Folds entries of the hall.
    ///
    /// # Errors
    /// Where an entry does not follow.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, FoldError> {
        let mut duty = Self::default();
        for entry in entries {
            duty.apply(entry)?;
        }
        Ok(duty)
    }

    /// The hall after one more entry of its own.
    ///
    /// # Errors
    /// Where the entry does not follow; the hall is left as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let Action::Duty(action) = &entry.action else {
            return Err(FoldError::NotReported {
                seq: entry.seq,
                case: entry.case,
            });
        };
        if entry.version != self.version + 1 {
            return Err(FoldError::Version {
                seq: entry.seq,
                case: entry.case,
                expected: self.version + 1,
                found: entry.version,
            });
        }
        self.version = entry.version;
        self.change(entry, action);
        Ok(())
    }

    fn change(&mut self, entry: &Entry, action: &DutyAction) {
        let (by, at) = (entry.actor.clone(), entry.at);
        match action {
            DutyAction::SignIn { .. } => {
                // A post sits at one seat.
                self.seats.retain(|_, seated| seated.post != by);
                self.seats
                    .insert(entry.seat.clone(), Seated { post: by, since: at });
            }
            DutyAction::SignOut => {
                self.seats.retain(|_, seated| seated.post != by);
            }
            DutyAction::Passphrase { .. } => {}
            DutyAction::Shift { who, on, until } => {
                let shift = Until {
                    on: *on,
                    until: *until,
                    reason: String::new(),
                };
                self.shifts.insert(who.clone(), shift);
            }
            DutyAction::Availability {
                who,
                away_until,
                reason,
            } => match away_until {
                Some(until) => {
                    let away = Until {
                        on: false,
                        until: *until,
                        reason: reason.clone(),
                    };
                    self.away.insert(who.clone(), away);
                }
                None => {
                    self.away.remove(who);
                }
            },
            DutyAction::Acknowledge { alarm } => {
                self.seen(entry, alarm, None, String::new());
            }
            DutyAction::Shelve { alarm, until, reason } => {
                self.seen(entry, alarm, Some(*until), reason.clone());
            }
            DutyAction::Watch { case, on: true } => {
                self.watched.insert(*case, by);
            }
            DutyAction::Watch { case, on: false } => {
                self.watched.remove(case);
            }
            DutyAction::Handover { number, shift, text } => self.handovers.push(Handover {
                number: *number,
                shift: shift.clone(),
                text: text.clone(),
                by,
                at,
                taken: None,
            }),
            DutyAction::TakeOver { number, note } => {
                if let Some(handover) = self.handovers.iter_mut().find(|h| h.number == *number) {
                    handover.taken = Some((by, at, note.clone()));
                }
            }
            DutyAction::Redraw {
                number,
                change,
                from,
                reason,
                gaps,
                withdraws,
            } => {
                self.last_redraw = *number;
                match withdraws {
                    Some(withdrawn) => {
                        let found = self.boundaries.iter_mut().find(|edit| edit.number == *withdrawn);
                        if let Some(edit) = found {
                            edit.withdrawn = Some((by, at));
                        }
                    }
                    None => self.boundaries.push(BoundaryEdit {
                        number: *number,
                        change: Arc::new(change.as_ref().clone()),
                        from: from.unwrap_or(at),
                        by,
                        at,
                        reason: reason.clone(),
                        gaps: gaps.clone(),
                        withdrawn: None,
                    }),
                }
            }
            DutyAction::EditItem { item, reason } => self.items.push(ItemEdit {
                item: item.as_ref().clone(),
                by,
                at,
                reason: reason.clone(),
            }),
        }
    }

    fn seen(
        &mut self,
        entry: &Entry,
        alarm: &Arc<str>,
        shelved_until: Option<DateTime<Utc>>,
        reason: String,
    ) {
        let seen = Seen {
            by: entry.actor.clone(),
            seat: entry.seat.clone(),
            at: entry.at,
            shelved_until,
            reason,
        };
        self.alarms.insert(alarm.clone(), seen);
    }

    /// Whether `who` is on shift at `now`, where somebody said so; `None` where the roster holds.
    pub fn on_shift(&self, who: &Handler, now: DateTime<Utc>) -> Option<bool> {
        let shift = self.shifts.get(who)?;
        (now < shift.until).then_some(shift.on)
    }

    /// Until when `who` can't take anything, and why; `None` where it can.
    pub fn away(&self, who: &Handler, now: DateTime<Utc>) -> Option<&Until> {
        self.away.get(who).filter(|away| now < away.until)
    }

    /// Puts what the hall has changed into a catalogue, in the order in which it was changed.
    pub fn amend(&self, catalogue: &mut Catalogue) {
        for edit in &self.items {
            catalogue.edit(edit.item.clone());
        }
    }

    /// The changes of boundaries that hold at `now`, in the order in which they came into force.
    pub fn boundaries_in_force(&self, now: DateTime<Utc>) -> Vec<&BoundaryEdit> {
        let holds = |edit: &&BoundaryEdit| edit.withdrawn.is_none() && edit.from <= now;
        let mut found: Vec<_> = self.boundaries.iter().filter(holds).collect();
        found.sort_by_key(|edit| edit.from);
        found
    }

    /// The change of boundaries that is still to come; there is at most one.
    pub fn boundaries_to_come(&self, now: DateTime<Utc>) -> Option<&BoundaryEdit> {
        let waits = |edit: &&BoundaryEdit| edit.withdrawn.is_none() && edit.from > now;
        self.boundaries.iter().rev().find(waits)
    }

    /// The ground of a town of which `file` is that of its file, at `now`; `None` where the hall has changed nothing of it.
    pub fn ground(&self, file: &Places, now: DateTime<Utc>) -> Option<Redrawn> {
        let edits = self.boundaries_in_force(now);
        let changes = edits.iter().map(|edit| (edit.from, edit.change.as_ref()));
        (!edits.is_empty()).then(|| redrawn(file, changes))
    }

    /// The last handover that nobody has taken over yet.
    pub fn open_handover(&self) -> Option<&Handover> {
        self.handovers.last().filter(|h| h.taken.is_none())
    }
}
