//! Alarms: their keys stay, what was acknowledged comes back for a new cause only, what was shelved at its end; and the
//! running list agrees with a look at every case.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::board::Board;
use yipanqi::case::{
    Action, Case, CaseId, Duty, DutyAction, Entry, Limits, Origin, Pause, Source, Stage, Whereabouts,
};
use yipanqi::desk::alarm::{self, Alarm, AlarmKind, Alarms, Clock, FLOOD, SPANS, State};
use yipanqi::desk::handover;
use yipanqi::town::{Centre, Class, Handler, Level, Town};

fn town() -> Town {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap()
}

/// So many minutes after the beginning.
fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn case(id: i64, class: Class, stage: Stage, due: i64) -> Case {
    Case {
        id: CaseId(id),
        version: 2,
        stage,
        item: "GL-A01".into(),
        class,
        centre: Centre::Grid,
        severity: 3,
        place: Whereabouts::Stated {
            stated: "桥下".into(),
        },
        source: Source::Patrol,
        text: "".into(),
        reported_at: at(0),
        due_at: Some(at(due)),
        updated_at: at(0),
        ended_at: None,
        handler: None,
        origin: None,
        life: Default::default(),
    }
}

fn duty(actions: &[(i64, DutyAction)]) -> Duty {
    let entries: Vec<Entry> = (2..)
        .zip(actions)
        .map(|(version, (minute, action))| Entry {
            seq: i64::from(version),
            case: CaseId::HALL,
            version,
            at: at(*minute),
            actor: "D-GOV".into(),
            seat: "1".into(),
            action: Action::Duty(Box::new(action.clone())),
        })
        .collect();
    Duty::fold(&entries).unwrap()
}

fn acknowledge(minute: i64, key: &str) -> (i64, DutyAction) {
    (minute, DutyAction::Acknowledge { alarm: key.into() })
}

fn of(case: Case, minute: i64, town: &Town) -> Vec<Alarm> {
    let id = case.id;
    let board = Board::new(vec![case], town);
    alarm::of_case(board.get(id).unwrap(), at(minute))
}

fn keys(alarms: &[Alarm]) -> Vec<&str> {
    alarms.iter().map(|alarm| &*alarm.key).collect()
}

#[test]
fn keys_name_the_cause_and_stay() {
    let town = town();
    let mut step = case(17, Class::B, Stage::InHand, 10_000);
    step.life_mut().stage_since = Some(at(0));
    step.life_mut().limits = Some(Limits {
        accept: None,
        dispatch: None,
        arrive: None,
        rectify: Some(1.0),
        verify: None,
        total: None,
        working: false,
    });
    assert!(of(step.clone(), 59, &town).is_empty());
    for minute in [60, 61, 5_000] {
        let alarms = of(step.clone(), minute, &town);
        assert_eq!(keys(&alarms), ["overdue:17:rectify"]);
        assert_eq!(alarms[0].kind, AlarmKind::Overdue(Clock::Step(Stage::InHand)));
        assert_eq!(alarms[0].since, at(60));
    }
    assert_eq!(
        keys(&of(step, 10_000, &town)),
        ["overdue:17:whole"],
        "the whole case stands for its step"
    );
    let joint = case(4, Class::D, Stage::Reported, 30);
    assert_eq!(keys(&of(joint.clone(), 1, &town)), ["joint:4"]);
    assert_eq!(keys(&of(joint, 30, &town)), ["joint:4", "overdue:4:whole"]);

    let mut risen = case(5, Class::A, Stage::Accepted, 30);
    risen.life_mut().level = Some(Level::Community);
    risen.life_mut().risen_at = Some(at(9));
    risen.updated_at = at(9);
    assert_eq!(keys(&of(risen.clone(), 10, &town)), ["risen:5:community"]);
    risen.updated_at = at(11);
    assert!(
        of(risen, 12, &town).is_empty(),
        "somebody has done something with it"
    );

    let pause = |ended| Pause {
        from: at(0),
        until: at(20),
        ended: Some(at(ended)),
        by: "L-DUTY".into(),
        reason: "等材料".into(),
    };
    let mut resumed = case(6, Class::A, Stage::InHand, 300);
    resumed.life_mut().pauses = vec![pause(20)];
    resumed.updated_at = at(20);
    assert_eq!(keys(&of(resumed.clone(), 21, &town)), ["resumed:6"]);
    resumed.life_mut().pauses = vec![pause(15)];
    resumed.updated_at = at(15);
    assert!(of(resumed, 21, &town).is_empty(), "a hand ended it");

    let mut imported = case(7, Class::D, Stage::Reported, 1);
    imported.version = 1;
    imported.origin = Some(Origin {
        profile: "p".into(),
        key: "1".into(),
    });
    assert!(of(imported.clone(), 9, &town).is_empty());
    imported.version = 2;
    assert_eq!(of(imported, 9, &town).len(), 2, "taken up here");
}

#[test]
fn an_acknowledged_alarm_comes_back_for_a_new_cause_only() {
    let town = town();
    let overdue = case(17, Class::B, Stage::InHand, 10);
    let first = of(overdue, 20, &town).remove(0);
    let seen = duty(&[acknowledge(21, "overdue:17:whole")]);
    for minute in [21, 100, 50_000] {
        assert!(matches!(
            alarm::state(&first, &seen, at(minute)),
            State::Acknowledged(_)
        ));
    }
    // It was given more time, and that ran out as well.
    let later = of(case(17, Class::B, Stage::InHand, 60), 61, &town).remove(0);
    assert_eq!(later.key, first.key);
    assert_eq!(alarm::state(&later, &seen, at(61)), State::New);
    let again = duty(&[
        acknowledge(21, "overdue:17:whole"),
        acknowledge(62, "overdue:17:whole"),
    ]);
    assert!(matches!(
        alarm::state(&later, &again, at(63)),
        State::Acknowledged(_)
    ));
}

#[test]
fn a_shelved_alarm_comes_back_at_its_end() {
    let town = town();
    let board = Board::new(vec![case(17, Class::B, Stage::InHand, 10)], &town);
    let shelve = DutyAction::Shelve {
        alarm: "overdue:17:whole".into(),
        until: at(50),
        reason: "等天亮".into(),
    };
    let duty = duty(&[(20, shelve)]);
    let mut alarms = Alarms::of(&board, &duty, at(21));
    let count = |alarms: &Alarms| {
        let lists = alarms.lists();
        [lists.new.len(), lists.acknowledged.len(), lists.shelved.len()]
    };
    assert_eq!(count(&alarms), [0, 0, 1]);
    alarms.pass(&board, &duty, at(50) - TimeDelta::milliseconds(1));
    assert_eq!(count(&alarms), [0, 0, 1]);
    alarms.pass(&board, &duty, at(50));
    assert_eq!(count(&alarms), [1, 0, 0]);
}

#[test]
fn ten_in_ten_minutes_are_a_flood_and_the_history_counts_them() {
    let town = town();
    let cases = (1..=FLOOD as i64).map(|n| case(n, Class::B, Stage::InHand, 100 + n.min(9)));
    let board = Board::new(cases.collect(), &town);
    let mut alarms = Alarms::of(&board, &Duty::default(), at(90));
    assert_eq!(alarms.lists().new.len(), 0);
    alarms.pass(&board, &Duty::default(), at(108));
    assert_eq!(alarms.flood(at(108)), None, "one is missing yet");
    alarms.pass(&board, &Duty::default(), at(109));
    assert_eq!(alarms.lists().new.len(), FLOOD);
    assert_eq!(alarms.flood(at(109)), Some(FLOOD));
    assert_eq!(
        alarms.flood(at(112)),
        None,
        "those of the first minutes are ten minutes old"
    );
    let bars = alarms.history(at(120));
    assert_eq!(bars.iter().sum::<usize>(), FLOOD);
    assert_eq!(bars[SPANS - 1], 0);
    assert_eq!(bars[SPANS - 2], FLOOD);
    alarms.pass(&board, &Duty::default(), at(120 + 10 * SPANS as i64));
    assert_eq!(alarms.history(at(120 + 10 * SPANS as i64)), [0; SPANS]);
}

#[test]
fn a_handover_counts_what_is_there_and_what_was_done() {
    let town = town();
    let mut extended = case(3, Class::B, Stage::InHand, 200);
    extended.life_mut().extensions = vec![yipanqi::case::Extension {
        hours: 4.0,
        at: at(1),
        by: "L-DUTY".into(),
        reason: "".into(),
    }];
    let mut suspended = case(4, Class::C, Stage::Suspended, 900);
    suspended.life_mut().pauses = vec![Pause {
        from: at(0),
        until: at(90),
        ended: None,
        by: "L-DUTY".into(),
        reason: "".into(),
    }];
    let far = case(5, Class::A, Stage::Reported, 90_000);
    let board = Board::new(
        vec![
            case(1, Class::B, Stage::InHand, 10),
            case(2, Class::D, Stage::Reported, 60),
            extended,
            suspended,
            far,
        ],
        &town,
    );
    let who = Handler::Team(town.teams[0].code.as_str().into());
    let duty = duty(&[
        (
            1,
            DutyAction::Watch {
                case: CaseId(5),
                on: true,
            },
        ),
        (
            2,
            DutyAction::Availability {
                who: who.clone(),
                away_until: Some(at(500)),
                reason: "车坏了".into(),
            },
        ),
    ]);
    let alarms = Alarms::of(&board, &duty, at(30));
    let entries = [
        (1, Action::Accept { note: String::new() }),
        (2, Action::Accept { note: String::new() }),
        (3, Action::Arrive { note: String::new() }),
    ]
    .map(|(seq, action)| Entry {
        seq,
        case: CaseId(1),
        version: 2,
        at: at(5),
        actor: "D-GOV".into(),
        seat: "1".into(),
        action,
    });
    let drawn = handover::draft(
        &town,
        &board,
        &duty,
        &alarms.lists().new,
        &entries,
        (at(0), at(30)),
    );
    assert_eq!(drawn.open.iter().flatten().sum::<usize>(), 5);
    assert_eq!(drawn.overdue, [CaseId(1)]);
    let promised: Vec<_> = drawn.promised.iter().map(|(when, id, _)| (*when, id.0)).collect();
    assert_eq!(promised, [(at(90), 4), (at(200), 3)]);
    assert_eq!(drawn.watched, [CaseId(5)]);
    assert_eq!(drawn.away, [(who, "车坏了".to_owned(), at(500))]);
    assert_eq!(keys(&drawn.alarms), ["joint:2", "overdue:1:whole"]);
    let steps: Vec<_> = drawn
        .done
        .steps
        .iter()
        .map(|(step, n)| (step.code(), *n))
        .collect();
    assert_eq!(steps, [("accept", 2), ("arrive", 1)]);
}

/// What happens to the hall in a random history.
#[derive(Clone, Debug)]
enum Event {
    Put {
        id: i64,
        class: usize,
        stage: usize,
        due: i64,
        step_hours: f64,
        version: u32,
    },
    Drop(i64),
    Pass(i64),
    See(usize, bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1i64..12, 0usize..4, 0usize..Stage::ALL.len(), 0i64..400, 0.05f64..5.0, 1u32..3).prop_map(
            |(id, class, stage, due, step_hours, version)| Event::Put { id, class, stage, due, step_hours, version }
        ),
        1 => (1i64..12).prop_map(Event::Drop),
        4 => (0i64..90).prop_map(Event::Pass),
        2 => (0usize..8, any::<bool>()).prop_map(|(n, shelve)| Event::See(n, shelve)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The list that follows changes one by one is what a look at every case gives.
    #[test]
    fn following_agrees_with_looking_at_everything(events in prop::collection::vec(event(), 1..60)) {
        thread_local! { static TOWN: Arc<Town> = Arc::new(town()); }
        let town = TOWN.with(Arc::clone);
        let mut board = Board::new(Vec::new(), &town);
        let mut seen: Vec<(i64, DutyAction)> = Vec::new();
        let mut now = 0;
        let mut alarms = Alarms::of(&board, &Duty::default(), at(now));
        for event in events {
            match event {
                Event::Put { id, class, stage, due, step_hours, version } => {
                    let mut new = case(id, Class::ALL[class], Stage::ALL[stage], due);
                    new.version = version;
                    new.updated_at = at(now);
                    new.life_mut().stage_since = Some(at(now));
                    new.life_mut().limits = Some(Limits {
                        accept: Some(step_hours), dispatch: Some(step_hours), arrive: None,
                        rectify: Some(step_hours), verify: None, total: None, working: false,
                    });
                    board.insert(new, &town);
                    alarms.changed(&board, CaseId(id), at(now));
                }
                Event::Drop(id) => {
                    board.remove(CaseId(id));
                    alarms.changed(&board, CaseId(id), at(now));
                }
                Event::Pass(minutes) => now += minutes,
                Event::See(n, shelve) => {
                    let duty = duty(&seen);
                    alarms.pass(&board, &duty, at(now));
                    if let Some(alarm) = alarms.lists().new.get(n) {
                        let alarm = alarm.key.clone();
                        let action = if shelve {
                            DutyAction::Shelve { alarm, until: at(now + 30), reason: "等".into() }
                        } else {
                            DutyAction::Acknowledge { alarm }
                        };
                        seen.push((now, action));
                    }
                }
            }
            let duty = duty(&seen);
            alarms.pass(&board, &duty, at(now));
            let whole = Alarms::of(&board, &duty, at(now));
            prop_assert_eq!(alarms.lists(), whole.lists());
        }
    }
}
