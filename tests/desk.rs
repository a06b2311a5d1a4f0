//! The desk's rules: every stage × step × role × level, and random histories of legal and illegal commands.

mod journal;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::board::Board;
use yipanqi::case::stage::To;
use yipanqi::case::{
    Action, Case, CaseId, Duty, DutyAction, Entry, Folding, Life, Request, Rise, Stage, Step, Whereabouts,
    clock,
};
use yipanqi::desk::{self, Args, Cases, Command, DutyFault, Order, Part, Refusal, Situation};
use yipanqi::indicator::{Definitions, Engine, Figures, Period, Value};
use yipanqi::store::Draft;
use yipanqi::town::{Class, Handler, Item, Level, Post, Role, TeamKind};

use journal::{Journal, TOWN, entitled, new_report, start};

fn post_of(role: Role) -> &'static Post {
    TOWN.posts.iter().find(|p| p.role == role).unwrap()
}

fn item_of(class: Class) -> &'static Item {
    TOWN.catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| item.class == class)
        .unwrap()
}

fn team(n: usize) -> Handler {
    Handler::Team(TOWN.teams[n].code.as_str().into())
}

fn send(item: &str, n: usize) -> Args {
    Args {
        to: Some(entitled(item)[n].clone()),
        ..Args::note("去处理")
    }
}

/// Everything that any step may need, so that only the rule in question refuses.
fn all_args(other: CaseId, now: DateTime<Utc>, to: Handler) -> Args {
    Args {
        note: "写明原因".into(),
        to: Some(to),
        photos: Vec::new(),
        item: Some(item_of(Class::D).code.as_str().into()),
        other: Some(other),
        until: Some(now + TimeDelta::days(2)),
        hours: Some(4.0),
        helpers: vec![team(5)],
        level: Some(Level::Joint),
        mark: Some(4),
        owner: "区水务局".into(),
        parts: vec![Part {
            item: item_of(Class::A).code.as_str().into(),
            text: String::new(),
        }],
    }
}

/// A case in `stage`, with what led there, of a class, and with or without something asked for.
fn case_in(stage: Stage, class: Class, request: Option<Request>) -> Case {
    let item = item_of(class);
    let mut journal = Journal::default();
    let id = journal.report(start(), &item.code);
    let mut case = journal.at(id).clone();
    case.version = 5;
    case.stage = stage;
    let had = !matches!(stage, Stage::Reported | Stage::Accepted | Stage::Refused);
    case.handler = had.then(|| team(1));
    case.life = Arc::new(Life {
        request,
        back_to: matches!(stage, Stage::Suspended | Stage::Merged).then_some(Stage::InHand),
        merged_into: (stage == Stage::Merged).then_some(CaseId(2)),
        ..Life::clone(&case.life)
    });
    case
}

struct Two(Case, Case);

impl Cases for Two {
    fn case(&self, id: CaseId) -> Option<&Case> {
        [&self.0, &self.1].into_iter().find(|case| case.id == id)
    }
}

#[test]
fn every_stage_step_role_and_level() {
    let now = start() + TimeDelta::minutes(5);
    let mut other = case_in(Stage::InHand, Class::A, None);
    other.id = CaseId(2);
    let duty = Duty::default();
    let asked: [Option<Request>; 3] = [
        None,
        Some(Request::Suspend {
            until: now + TimeDelta::days(1),
            reason: "等材料".into(),
            by: "somebody".into(),
        }),
        Some(Request::Extend {
            hours: 4.0,
            reason: "路远".into(),
            by: "somebody".into(),
        }),
    ];
    let mut counted = 0;
    for stage in Stage::ALL {
        for class in Class::ALL {
            for request in &asked {
                let case = case_in(stage, class, request.clone());
                let level = Level::of(class);
                let to = entitled(&case.item)
                    .into_iter()
                    .find(|who| *who != team(1))
                    .unwrap();
                let cases = Two(case.clone(), other.clone());
                let situation = Situation {
                    town: &TOWN,
                    cases: &cases,
                    duty: &duty,
                    now,
                };
                // An undo looks at the history; it has tests of its own.
                for step in Step::ALL.into_iter().filter(|s| *s != Step::Undo) {
                    for role in Role::ALL {
                        let args = all_args(CaseId(2), now, to.clone());
                        let command = Command {
                            actor: post_of(role).code.as_str().into(),
                            seat: "1".into(),
                            order: Order::Move {
                                case: case.id,
                                based_on: case.version,
                                step,
                                args,
                            },
                        };
                        let decided = desk::decide(&situation, command);
                        counted += 1;
                        let told =
                            || format!("{stage:?} {class:?} {step:?} {role:?} {request:?}: {decided:?}");
                        if !TOWN.permissions.may(role, step.code(), level) {
                            assert!(matches!(decided, Err(Refusal::NotAllowed { .. })), "{}", told());
                        } else if stage.transition(step).is_none() {
                            assert!(matches!(decided, Err(Refusal::NotNow { .. })), "{}", told());
                        } else if !case.allows(step) {
                            assert!(matches!(decided, Err(Refusal::NotAsked { .. })), "{}", told());
                        } else if step == Step::Reclassify && class == Class::D {
                            assert!(matches!(decided, Err(Refusal::SameItem { .. })), "{}", told());
                        } else if step == Step::Escalate && class == Class::D {
                            assert!(matches!(decided, Err(Refusal::NotHigher { .. })), "{}", told());
                        } else {
                            let drafts = decided.as_ref().unwrap_or_else(|_| panic!("{}", told()));
                            assert_eq!(drafts[0].action.step(), Some(step), "{}", told());
                            lands(&case, &drafts[0], stage.transition(step).unwrap().to);
                        }
                    }
                }
            }
        }
    }
    assert_eq!(counted, 11 * 4 * 3 * 25 * 13);
}

/// The draft leads where the table says.
fn lands(case: &Case, draft: &Draft, to: To) {
    let mut moved = case.clone();
    moved
        .apply(&Entry {
            seq: 9,
            case: case.id,
            version: case.version + 1,
            at: draft.at,
            actor: draft.actor.clone(),
            seat: draft.seat.clone(),
            action: draft.action.clone(),
        })
        .unwrap();
    let expected = match to {
        To::Stage(stage) => stage,
        To::Same => case.stage,
        To::Back => case.life.back_to.unwrap(),
    };
    assert_eq!(moved.stage, expected);
}

#[test]
fn every_cell_of_the_matrix_for_reports_and_duties() {
    let mut journal = Journal::default();
    let now = start();
    for role in Role::ALL {
        let post = &post_of(role).code;
        for class in Class::ALL {
            let decided = journal.decide(now, post, Order::Report(new_report(&item_of(class).code)));
            let may = TOWN.permissions.may(role, "report", Level::of(class));
            assert_eq!(decided.is_ok(), may, "{role:?} {class:?} {decided:?}");
        }
        let item = Item {
            version: 1,
            ..item_of(Class::A).clone()
        };
        journal.duty = Duty::default();
        let duties = [
            DutyAction::SignIn { relieves: None },
            DutyAction::SignOut,
            DutyAction::Passphrase {
                post: post.as_str().into(),
            },
            DutyAction::Shift {
                who: team(0),
                on: true,
                until: now + TimeDelta::hours(8),
            },
            DutyAction::Availability {
                who: team(0),
                away_until: None,
                reason: String::new(),
            },
            DutyAction::Acknowledge { alarm: "x".into() },
            DutyAction::Shelve {
                alarm: "x".into(),
                until: now + TimeDelta::hours(1),
                reason: "等人".into(),
            },
            DutyAction::Watch {
                case: CaseId(1),
                on: true,
            },
            DutyAction::Handover {
                number: 1,
                shift: "早班".into(),
                text: "无事".into(),
            },
            DutyAction::TakeOver {
                number: 1,
                note: String::new(),
            },
            DutyAction::EditItem {
                item: Box::new(item),
                reason: "时限过长".into(),
            },
            DutyAction::Redraw {
                number: 1,
                change: Box::default(),
                from: None,
                reason: "网格调整".into(),
                gaps: String::new(),
                withdraws: None,
            },
        ];
        assert_eq!(duties.each_ref().map(DutyAction::code), DutyAction::CODES);
        for duty in duties {
            let code = duty.code();
            let decided = journal.decide(now, post, Order::Duty(duty));
            let may = TOWN.permissions.may_at_all(role, code);
            let refused = matches!(decided, Err(Refusal::NotAllowed { .. }));
            assert_eq!(refused, !may, "{role:?} {code} {decided:?}");
        }
    }
}

#[test]
fn posts_outside_of_the_hall_act_in_their_own_area() {
    let mut journal = Journal::default();
    let chief = post_of(Role::StreetChief);
    let inside = TOWN.places.get(chief.place);
    let elsewhere = TOWN
        .posts
        .iter()
        .find(|p| p.role == Role::StreetChief && p.place != chief.place)
        .unwrap();
    let mut report = new_report("GL-A01");
    report.place = Whereabouts::Point {
        at: inside.label_at,
        stated: "".into(),
        grid: None,
    };
    let id = journal.give(start(), "D-GRID", Order::Report(report)).unwrap();
    journal
        .take(start(), "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    journal
        .take(start(), "D-GRID", id, Step::Dispatch, send("GL-A01", 0))
        .unwrap();
    let arrive = |post: &Post| {
        let order = journal.step(id, Step::Arrive, Args::default());
        journal.decide(start(), &post.code, order)
    };
    assert!(arrive(chief).is_ok());
    assert!(matches!(arrive(elsewhere), Err(Refusal::NotYourArea { .. })));
}

#[test]
fn whoever_the_list_does_not_name_is_not_sent_unless_the_case_rose_to_its_level() {
    let mut journal = Journal::default();
    let now = start();
    let id = journal.report(now, "GL-B01");
    journal
        .take(now, "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    let able = entitled("GL-B01");
    let all: Vec<usize> = (0..TOWN.teams.len())
        .filter(|n| !able.contains(&team(*n)))
        .collect();
    let to = |n: usize| Args {
        to: Some(team(n)),
        ..Args::default()
    };
    assert!(!all.is_empty());
    for n in &all {
        let refused = journal.take(now, "D-GRID", id, Step::Dispatch, to(*n));
        assert!(matches!(refused, Err(Refusal::NotEntitled { .. })), "{refused:?}");
    }
    let department = |n: &&usize| TOWN.teams[**n].kind == TeamKind::Department;
    let department = *all.iter().find(department).unwrap();
    journal
        .take(now, "D-GRID", id, Step::Escalate, Args::default())
        .unwrap();
    assert_eq!(journal.at(id).level(), Level::Street);
    journal
        .take(now, "L-DUTY", id, Step::Dispatch, to(department))
        .unwrap();
}

#[test]
fn whoever_asks_does_not_approve() {
    let mut journal = Journal::default();
    let now = start();
    let id = journal.report(now, "GL-C01");
    let ask = Args {
        hours: Some(8.0),
        ..Args::note("路远")
    };
    journal
        .take(now, "L-DUTY", id, Step::Accept, Args::default())
        .unwrap();
    journal.take(now, "L-DUTY", id, Step::AskExtend, ask).unwrap();
    let own = journal.take(now, "L-DUTY", id, Step::Extend, Args::default());
    assert_eq!(own, Err(Refusal::AskedYourself));
    let due = journal.at(id).due_at;
    journal
        .take(now, "L-DUTY-2", id, Step::Extend, Args::default())
        .unwrap();
    assert!(journal.at(id).due_at > due);
    assert_eq!(journal.at(id).life.extensions.len(), 1);
    assert_eq!(&*journal.at(id).life.extensions[0].by, "L-DUTY-2");
    assert_eq!(journal.at(id).life.extensions[0].reason, "路远");
}

#[test]
fn a_suspension_stops_the_clock_and_ends_by_itself() {
    let mut journal = Journal::default();
    let now = start();
    // An item with a limit by the clock, so that the arithmetic is plain.
    let item = TOWN
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| !item.working_time && item.class != Class::A)
        .unwrap();
    let id = journal.report(now, &item.code);
    journal
        .take(now, "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    let due = journal.at(id).due_at.unwrap();
    let ask = Args {
        until: Some(now + TimeDelta::days(3)),
        ..Args::note("等供电公司")
    };
    journal.take(now, "D-GRID", id, Step::AskSuspend, ask).unwrap();
    journal
        .take(now, "L-DUTY", id, Step::Suspend, Args::default())
        .unwrap();
    assert_eq!(journal.at(id).stage, Stage::Suspended);
    assert_eq!(journal.at(id).due_at, Some(due + TimeDelta::days(3)));

    let board = Board::new(vec![journal.at(id).clone()], &TOWN);
    let before = now + TimeDelta::days(3) - TimeDelta::seconds(1);
    assert_eq!(desk::automatic::commands(&board, before, 10), Vec::new());
    let end = now + TimeDelta::days(3);
    let commands = desk::automatic::commands(&board, end, 10);
    assert_eq!(commands.len(), 1);
    let drafts = journal.decide(end, desk::permission::DESK, commands[0].order.clone());
    journal.append(drafts.unwrap());
    assert_eq!(journal.at(id).stage, Stage::Accepted);
    assert_eq!(journal.at(id).due_at, Some(due + TimeDelta::days(3)));

    // Suspended again and resumed after a day: only that day is given.
    let ask = Args {
        until: Some(end + TimeDelta::days(5)),
        ..Args::note("还要等")
    };
    journal.take(end, "D-GRID", id, Step::AskSuspend, ask).unwrap();
    journal
        .take(end, "L-DUTY", id, Step::Suspend, Args::default())
        .unwrap();
    journal
        .take(
            end + TimeDelta::days(1),
            "D-GRID",
            id,
            Step::Resume,
            Args::default(),
        )
        .unwrap();
    assert_eq!(journal.at(id).due_at, Some(due + TimeDelta::days(4)));
}

#[test]
fn a_deadline_of_a_file_moves_by_the_hours_of_a_suspension() {
    let mut journal = Journal::default();
    let now = start();
    let id = journal.report(now, "GL-C01");
    journal
        .take(now, "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    // As a case that was imported with a deadline of its own.
    let due = now + TimeDelta::days(10);
    let case = journal.cases.get_mut(&id).unwrap();
    case.life_mut().limits = None;
    case.due_at = Some(due);
    let ask = Args {
        until: Some(now + TimeDelta::days(3)),
        ..Args::note("等材料")
    };
    journal.take(now, "D-GRID", id, Step::AskSuspend, ask).unwrap();
    journal
        .take(now, "L-DUTY", id, Step::Suspend, Args::default())
        .unwrap();
    assert_eq!(journal.at(id).due_at, Some(due + TimeDelta::days(3)));
    let later = now + TimeDelta::days(1);
    journal
        .take(later, "D-GRID", id, Step::Resume, Args::default())
        .unwrap();
    assert_eq!(journal.at(id).due_at, Some(due + TimeDelta::days(1)));
}

#[test]
fn what_is_overdue_rises_to_the_department_and_no_further() {
    let mut journal = Journal::default();
    let id = journal.report(start(), "GL-A01");
    assert_eq!(journal.at(id).level(), Level::Grid);
    let mut now = start();
    let mut levels = Vec::new();
    for _ in 0..200 {
        now += TimeDelta::hours(1);
        let board = Board::new(vec![journal.at(id).clone()], &TOWN);
        for command in desk::automatic::commands(&board, now, 10) {
            let drafts = journal.decide(now, &command.actor, command.order).unwrap();
            journal.append(drafts);
            levels.push(journal.at(id).level());
        }
    }
    assert_eq!(levels, [Level::Community, Level::Street]);
}

#[test]
fn what_comes_again_and_again_rises_at_once() {
    let mut journal = Journal::default();
    let now = start();
    let master = journal.report(now, "GL-A01");
    for n in 0..3 {
        let board = Board::new(vec![journal.at(master).clone()], &TOWN);
        assert!(desk::automatic::commands(&board, now, 10).is_empty(), "{n} twins");
        let twin = journal.report(now, "GL-A01");
        let into = Args {
            other: Some(master),
            ..Args::default()
        };
        journal.take(now, "D-GRID", twin, Step::Merge, into).unwrap();
    }
    let board = Board::new(vec![journal.at(master).clone()], &TOWN);
    for command in desk::automatic::commands(&board, now, 10) {
        let drafts = journal.decide(now, &command.actor, command.order).unwrap();
        assert!(matches!(
            drafts[0].action,
            Action::Escalate {
                to: Level::Community,
                why: Rise::Repeated,
                ..
            }
        ));
        journal.append(drafts);
    }
    assert_eq!(journal.at(master).level(), Level::Community);
    // Once: afterwards only time raises it.
    let board = Board::new(vec![journal.at(master).clone()], &TOWN);
    assert!(desk::automatic::commands(&board, now, 10).is_empty());
}

#[test]
fn twins_are_counted_answered_and_can_be_taken_apart() {
    let mut journal = Journal::default();
    let now = start();
    let master = journal.report(now, "GL-A01");
    let twins = [journal.report(now, "GL-A01"), journal.report(now, "GL-A01")];
    for twin in twins {
        let into = Args {
            other: Some(master),
            ..Args::default()
        };
        journal.take(now, "D-GRID", twin, Step::Merge, into).unwrap();
    }
    let open: Vec<Case> = journal.cases.values().cloned().collect();
    let counts = Board::new(open, &TOWN).counts(None);
    assert_eq!((counts.total, counts.raw), (1, 3));

    let other_way = Args {
        other: Some(twins[0]),
        ..Args::default()
    };
    let refused = journal.take(now, "D-GRID", master, Step::Merge, other_way);
    assert!(
        matches!(refused, Err(Refusal::CantMergeInto { .. })),
        "{refused:?}"
    );

    journal
        .take(now, "D-GRID", twins[1], Step::Unmerge, Args::note("不是一回事"))
        .unwrap();
    assert_eq!(journal.at(twins[1]).stage, Stage::Reported);
    assert_eq!(journal.at(master).life.twins, [twins[0]]);

    for (step, args) in [
        (Step::Accept, Args::default()),
        (Step::Dispatch, send("GL-A01", 0)),
        (Step::Arrive, Args::default()),
        (Step::Rectify, Args::note("已清运")),
        (Step::Verify, Args::default()),
        (Step::Close, Args::note("已清理")),
    ] {
        journal.take(now, "D-GRID", master, step, args).unwrap();
    }
    assert!(journal.at(twins[0]).life.answered_at.is_some());
    assert!(journal.at(twins[1]).life.answered_at.is_none());
    assert_eq!(journal.at(twins[0]).stage, Stage::Merged);
}

#[test]
fn a_split_opens_cases_of_their_own() {
    let mut journal = Journal::default();
    let id = journal.report(start(), "GL-B01");
    let parts = ["GL-A01", "GL-C01"].map(|item| Part {
        item: item.into(),
        text: "其中一处".into(),
    });
    let args = Args {
        parts: parts.to_vec(),
        ..Args::note("两回事")
    };
    journal.take(start(), "D-GRID", id, Step::Split, args).unwrap();
    assert_eq!(journal.at(id).life.parts, 2);
    let children: Vec<&Case> = journal
        .cases
        .values()
        .filter(|c| c.life.split_from == Some(id))
        .collect();
    assert_eq!(children.len(), 2);
    assert!(
        children
            .iter()
            .all(|c| c.reported_at == journal.at(id).reported_at)
    );
}

#[test]
fn ones_own_last_command_is_undone_within_a_minute() {
    let mut journal = Journal::default();
    let now = start();
    let id = journal.report(now, "GL-A01");
    journal
        .take(now, "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    let accepted = journal.at(id).kept();
    journal
        .take(now, "D-GRID", id, Step::Dispatch, send("GL-A01", 0))
        .unwrap();
    let undo = |journal: &Journal, secs, actor: &str| {
        let order = journal.step(id, Step::Undo, Args::default());
        journal.decide(now + TimeDelta::seconds(secs), actor, order)
    };
    assert!(matches!(
        undo(&journal, 61, "D-GRID"),
        Err(Refusal::TooLate { .. })
    ));
    assert!(matches!(
        undo(&journal, 10, "D-GOV"),
        Err(Refusal::NotYours { .. })
    ));
    let drafts = undo(&journal, 60, "D-GRID").unwrap();
    journal.append(drafts);
    assert_eq!(journal.at(id).kept(), accepted);
    // The history says what happened, and folds to the same case.
    let entries = &journal.entries[&id];
    assert_eq!(entries.len(), 4);
    assert_eq!(Case::fold(entries).unwrap().as_ref(), Some(journal.at(id)));

    // A case entered by mistake is withdrawn.
    let id = journal.report(now, "GL-A01");
    journal
        .take(now, "D-GRID", id, Step::Undo, Args::default())
        .unwrap();
    assert_eq!(journal.at(id).stage, Stage::Withdrawn);
    assert!(Case::fold(&journal.entries[&id]).is_ok());
}

#[test]
fn an_undo_that_brings_back_something_else_is_no_fold() {
    let mut journal = Journal::default();
    let id = journal.report(start(), "GL-A01");
    journal
        .take(start(), "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    journal
        .take(start(), "D-GRID", id, Step::Undo, Args::default())
        .unwrap();
    let mut entries = journal.entries[&id].clone();
    let Action::Undo { was, .. } = &mut entries[2].action else {
        panic!("{entries:?}")
    };
    was.class = Class::D;
    assert!(Case::fold(&entries).is_err());
}

#[test]
fn a_retired_item_opens_no_case_and_old_cases_keep_theirs() {
    let mut journal = Journal::default();
    let mut town = TOWN.clone();
    let id = journal.report(start(), "GL-A01");
    let old = town.catalogue.by_code("GL-A01").unwrap().clone();
    let edited = Item {
        version: 1,
        retired: true,
        limit_hours: 8.0,
        ..old.clone()
    };
    let edit = Order::Duty(DutyAction::EditItem {
        item: Box::new(edited.clone()),
        reason: "停用".into(),
    });
    journal.give(start(), "ADMIN", edit.clone()).unwrap();
    town.catalogue.edit(edited);
    let situation = Situation {
        town: &town,
        cases: &journal,
        duty: &journal.duty,
        now: start(),
    };
    let command = |order| Command {
        actor: "ADMIN".into(),
        seat: "1".into(),
        order,
    };
    // The same edit again does not follow from the version that is there now.
    let again = desk::decide(&situation, command(edit));
    assert_eq!(
        again,
        Err(Refusal::Duty {
            duty: DutyFault::ItemVersion
        })
    );
    let report = Command {
        actor: "D-GRID".into(),
        ..command(Order::Report(new_report("GL-A01")))
    };
    assert!(matches!(
        desk::decide(&situation, report),
        Err(Refusal::RetiredItem { .. })
    ));
    let case = journal.at(id);
    let opened_under = town
        .catalogue
        .version(&case.item, case.life.item_version)
        .unwrap();
    assert_eq!(opened_under, &old);
    assert_eq!(case.life.limits, Some(old.limits()));
}

/// One random wish: who, on which of a few cases, what.
#[derive(Clone, Debug)]
struct Wish {
    post: usize,
    case: i64,
    other: i64,
    step: usize,
    unit: usize,
    minutes: i64,
    days: i64,
}

const POSTS: [&str; 6] = ["D-GRID", "D-GOV", "L-DUTY", "L-DUTY-2", "I-1", "DEP01-O"];

fn wish() -> impl Strategy<Value = Wish> {
    (
        0..6_usize,
        1..6_i64,
        1..6_i64,
        0..40_usize,
        0..8_usize,
        0..200_i64,
        1..4_i64,
    )
        .prop_map(|(post, case, other, step, unit, minutes, days)| Wish {
            post,
            case,
            other,
            step,
            unit,
            minutes,
            days,
        })
}

fn order(journal: &Journal, wish: &Wish, now: DateTime<Utc>) -> Order {
    let Some(step) = Step::ALL.get(wish.step).copied() else {
        // Straight ahead where there is a way, so that histories get far; else a new case.
        let straight = journal.cases.get(&CaseId(wish.case)).and_then(|case| {
            [
                Step::Accept,
                Step::Dispatch,
                Step::Arrive,
                Step::Rectify,
                Step::Verify,
                Step::Close,
            ]
            .into_iter()
            .find(|step| case.allows(*step))
        });
        return match straight {
            Some(step) => journal.step(CaseId(wish.case), step, args(journal, wish, now)),
            None => Order::Report(new_report(["GL-A01", "GL-B01", "GL-C01"][wish.unit % 3])),
        };
    };
    journal.step(CaseId(wish.case), step, args(journal, wish, now))
}

fn args(journal: &Journal, wish: &Wish, now: DateTime<Utc>) -> Args {
    // Now and then somebody who may not settle it.
    let able = journal
        .cases
        .get(&CaseId(wish.case))
        .map(|case| entitled(&case.item));
    let able = able.filter(|able| !able.is_empty() && wish.unit < 7);
    let to = able.map_or_else(|| team(wish.unit), |able| able[wish.unit % able.len()].clone());
    Args {
        item: Some(["GL-A02", "GL-B02", "GL-C02"][wish.unit % 3].into()),
        other: Some(CaseId(wish.other)),
        until: Some(now + TimeDelta::days(wish.days)),
        helpers: vec![team((wish.unit + 1) % 8)],
        level: None,
        ..all_args(CaseId(wish.other), now, to)
    }
}

/// What must hold of a case after every command.
fn holds(journal: &Journal, case: &Case) {
    let busy = |stage| {
        matches!(
            stage,
            Stage::Dispatched | Stage::InHand | Stage::Rectified | Stage::Verified
        )
    };
    let stands_in = if case.stage == Stage::Suspended {
        case.life.back_to.unwrap()
    } else {
        case.stage
    };
    if case.stage.is_open() {
        // Exactly one unit answers: the one it was sent to, or the desk where nobody has it.
        assert_eq!(case.handler.is_some(), busy(stands_in), "{case:?}");
        assert!(case.ended_at.is_none());
    } else {
        assert!(case.ended_at.is_some(), "{case:?}");
    }
    assert!(!case.life.helpers.iter().any(|h| case.handler.as_ref() == Some(h)));
    // No moment is paused twice.
    for pair in case.life.pauses.windows(2) {
        let end = pair[0].ended.unwrap_or(pair[0].until);
        assert!(end <= pair[1].from, "{pair:?}");
    }
    // The promised deadline is what the clock makes of limits, pauses and extensions.
    if let (Some(limits), true) = (case.life.limits, case.stage != Stage::Suspended) {
        let computed = clock::deadline(
            case.clock_from(),
            limits.total.unwrap(),
            limits.working,
            &case.life.pauses,
            &case.life.extensions,
            &TOWN.calendar,
            TOWN.timezone,
        );
        assert_eq!(case.due_at, Some(computed.due), "{case:?}");
    }
    match case.life.merged_into {
        Some(master) => {
            assert_eq!(case.stage, Stage::Merged);
            assert!(journal.at(master).life.twins.contains(&case.id));
        }
        None => assert_ne!(case.stage, Stage::Merged),
    }
    for twin in &case.life.twins {
        assert_eq!(journal.at(*twin).life.merged_into, Some(case.id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_history_of_commands_keeps_the_rules(wishes in prop::collection::vec(wish(), 1..120)) {
        let mut journal = Journal::default();
        let mut board = Board::new(Vec::new(), &TOWN);
        let mut now = start();
        journal.report(now, "GL-A01");
        board.insert(journal.at(CaseId(1)).clone(), &TOWN);
        for wish in wishes {
            now += TimeDelta::minutes(wish.minutes);
            let order = order(&journal, &wish, now);
            let before = journal.seq;
            match journal.decide(now, POSTS[wish.post], order) {
                Ok(drafts) => {
                    let touched: Vec<Option<CaseId>> = drafts.iter().map(|d| d.case).collect();
                    journal.append(drafts);
                    for id in touched.into_iter().flatten() {
                        let entries = &journal.entries[&id];
                        let last = entries.last().unwrap();
                        if board.apply(last, &TOWN).unwrap() == yipanqi::board::Applied::NotHere {
                            board.insert(journal.at(id).clone(), &TOWN);
                        }
                    }
                    for case in journal.cases.values().filter(|c| c.version == 1 && c.stage.is_open()) {
                        if board.get(case.id).is_none() {
                            board.insert(case.clone(), &TOWN);
                        }
                    }
                }
                Err(_) => prop_assert_eq!(journal.seq, before),
            }
            for case in journal.cases.values() {
                holds(&journal, case);
            }
        }
        for (id, entries) in &journal.entries {
            // The fold of the journal is the case, and the board's case.
            let folded = Case::fold(entries).unwrap().unwrap();
            prop_assert_eq!(&folded, journal.at(*id));
            let live = board.get(*id).map(|live| &live.case);
            prop_assert_eq!(live, folded.stage.is_open().then_some(&folded));
        }
    }
}

#[test]
fn folding_keeps_what_an_undo_would_bring_back() {
    let mut journal = Journal::default();
    let id = journal.report(start(), "GL-A01");
    journal
        .take(start(), "D-GRID", id, Step::Accept, Args::default())
        .unwrap();
    let entries = &journal.entries[&id];
    let mut folding = Folding::open(&entries[0]).unwrap();
    let opened = folding.case.kept();
    folding.apply(&entries[1]).unwrap();
    assert_eq!(folding.undone(start()), opened);
    let _: Arc<str> = folding.case.item;
}

#[test]
fn figures_count_what_was_right_near_and_quick() {
    let mut journal = Journal::default();
    let now = start();
    let straight = |journal: &mut Journal, id: CaseId, at: DateTime<Utc>| {
        for (step, args) in [
            (Step::Arrive, Args::default()),
            (Step::Rectify, Args::note("已处理")),
            (Step::Verify, Args::default()),
            (Step::Close, Args::default()),
        ] {
            journal.take(at, "D-GRID", id, step, args).unwrap();
        }
    };
    let open = |journal: &mut Journal, item: &str| {
        let id = journal.report(now, item);
        journal
            .take(now, "D-GRID", id, Step::Accept, Args::default())
            .unwrap();
        journal
            .take(now, "D-GRID", id, Step::Dispatch, send(item, 0))
            .unwrap();
        id
    };
    // Settled by the community in two days.
    let direct = open(&mut journal, "GL-B01");
    straight(&mut journal, direct, now + TimeDelta::days(2));
    // Taken for another matter first; sent on, then settled by a department.
    let sent_on = open(&mut journal, "GL-B01");
    let to_c = Args {
        item: Some("GL-C01".into()),
        ..Args::note("看错了")
    };
    for (step, args) in [(Step::Reclassify, to_c), (Step::SendOn, send("GL-C01", 0))] {
        journal.take(now, "D-GRID", sent_on, step, args).unwrap();
    }
    straight(&mut journal, sent_on, now + TimeDelta::days(3));
    // Raised to the joint meeting.
    let raised = open(&mut journal, "GL-C01");
    let joint = Args {
        level: Some(Level::Joint),
        ..Args::default()
    };
    journal
        .take(now, "D-GRID", raised, Step::Escalate, joint)
        .unwrap();
    straight(&mut journal, raised, now + TimeDelta::days(4));
    // Not settled.
    open(&mut journal, "GL-A01");

    let definitions = Definitions::load().unwrap();
    let facts = journal.facts();
    let count = |period: &str, now: DateTime<Utc>| {
        let engine = Engine {
            definitions: &definitions,
            town: &TOWN,
            facts: &facts,
            now,
            only: None,
        };
        Figures::of(&engine, Period::parse(period, now.date_naive()).unwrap()).unwrap()
    };
    let later = now + TimeDelta::days(29);
    let all = count("last-30-days", later);
    let share = |value: &Value| (value.n, value.of.unwrap());
    assert_eq!(share(&all.accuracy), (3, 4));
    assert_eq!(share(&all.in_community), (1, 3));
    assert_eq!(share(&all.in_sub_district), (2, 3));
    assert_eq!(all.direct_mean_days(), Some(2.0));
    assert_eq!(all.saved.value, Some(5.0));
    let nothing = count("last-30-days", later + TimeDelta::days(30));
    assert_eq!(share(&nothing.accuracy), (0, 0));
    assert_eq!((nothing.accuracy.value, nothing.saved.value), (None, None));
}
