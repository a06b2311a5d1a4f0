//! A journal in memory: the desk decides, the entries are kept as a store would keep them.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test uses other parts of it"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use yipanqi::case::{Case, CaseId, Duty, Entry, Recount, Source, Step, Whereabouts};
use yipanqi::desk::{self, Args, Cases, Command, NewReport, Order, Refusal, Situation};
use yipanqi::store::{Draft, FactList};
use yipanqi::town::{Handler, Standing, Town, Who};

/// The town that comes with the program.
pub static TOWN: LazyLock<Town> = LazyLock::new(|| {
    Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
});

/// When stories begin.
pub fn start() -> DateTime<Utc> {
    // A Wednesday, nine in the morning in Shenzhen.
    "2026-11-25T09:00:00+08:00".parse::<DateTime<Utc>>().unwrap()
}

/// A journal in memory: what a store would do with drafts.
#[derive(Default)]
pub struct Journal {
    pub entries: BTreeMap<CaseId, Vec<Entry>>,
    pub cases: HashMap<CaseId, Case>,
    pub duty: Duty,
    pub seq: i64,
}

impl Cases for Journal {
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id)
    }

    fn history(&self, id: CaseId) -> Option<&[Entry]> {
        self.entries.get(&id).map(Vec::as_slice)
    }
}

impl Journal {
    pub fn decide(&self, now: DateTime<Utc>, actor: &str, order: Order) -> Result<Vec<Draft>, Refusal> {
        let situation = Situation {
            town: &TOWN,
            cases: self,
            duty: &self.duty,
            now,
        };
        let command = Command {
            actor: actor.into(),
            seat: "1".into(),
            order,
        };
        desk::decide(&situation, command)
    }

    /// Appends all drafts, as a store does in one transaction, and gives the number of the first case.
    pub fn append(&mut self, drafts: Vec<Draft>) -> CaseId {
        let mut first = None;
        for draft in drafts {
            let id = draft.case.unwrap_or_else(|| CaseId(self.cases.len() as i64 + 1));
            let there = match id {
                CaseId::HALL => self.duty.version,
                id => self.cases.get(&id).map_or(0, |case| case.version),
            };
            if draft.based_on != Draft::ANY_VERSION {
                assert_eq!(draft.based_on, there);
            }
            self.seq += 1;
            let entry = Entry {
                seq: self.seq,
                case: id,
                version: there + 1,
                at: draft.at,
                actor: draft.actor,
                seat: draft.seat,
                action: draft.action,
            };
            if id == CaseId::HALL {
                self.duty.apply(&entry).unwrap();
            } else {
                match self.cases.get_mut(&id) {
                    Some(case) => case.apply(&entry).unwrap(),
                    None => drop(self.cases.insert(id, Case::open(&entry).unwrap())),
                }
                self.entries.entry(id).or_default().push(entry);
            }
            first.get_or_insert(id);
        }
        first.unwrap()
    }

    pub fn give(&mut self, now: DateTime<Utc>, actor: &str, order: Order) -> Result<CaseId, Refusal> {
        let drafts = self.decide(now, actor, order)?;
        Ok(self.append(drafts))
    }

    pub fn report(&mut self, now: DateTime<Utc>, item: &str) -> CaseId {
        self.give(now, "D-GRID", Order::Report(new_report(item))).unwrap()
    }

    pub fn take(
        &mut self,
        now: DateTime<Utc>,
        actor: &str,
        case: CaseId,
        step: Step,
        args: Args,
    ) -> Result<CaseId, Refusal> {
        let order = self.step(case, step, args);
        self.give(now, actor, order)
    }

    pub fn step(&self, case: CaseId, step: Step, args: Args) -> Order {
        Order::Move {
            case,
            based_on: self.cases.get(&case).map_or(0, |c| c.version),
            step,
            args,
        }
    }

    /// What figures need of its cases.
    pub fn facts(&self) -> FactList {
        let standing = Standing::of(&TOWN);
        let mut list = FactList::default();
        for entries in self.entries.values() {
            let mut case = Recount::open(&entries[0], Some(&standing), &mut list.codes).unwrap();
            for entry in &entries[1..] {
                case.apply(entry, Some(&standing)).unwrap();
            }
            list.facts.push(case.fact(&mut list.codes).unwrap());
        }
        list
    }

    pub fn at(&self, id: CaseId) -> &Case {
        &self.cases[&id]
    }
}

/// A report of an item, whose place is known in words.
pub fn new_report(item: &str) -> NewReport {
    NewReport {
        item: item.into(),
        text: "测试".into(),
        place: Whereabouts::Stated {
            stated: "观澜大道".into(),
        },
        source: Source::Patrol,
        reported_at: None,
        photos: Vec::new(),
    }
}

/// Those whom the list of powers and duties lets settle the item.
pub fn entitled(item: &str) -> Vec<Handler> {
    let item = TOWN.catalogue.by_code(item).unwrap();
    let teams = TOWN.teams.iter().map(Who::Team);
    teams
        .chain(TOWN.posts.iter().map(Who::Post))
        .filter(|who| TOWN.powers.may_settle(item, *who))
        .map(|who| match who {
            Who::Team(team) => Handler::Team(team.code.as_str().into()),
            Who::Post(post) => Handler::Post(post.code.as_str().into()),
        })
        .collect()
}
