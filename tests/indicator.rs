//! Indicators: their definitions, worked examples, and that what a book keeps for them is what its journal makes.

mod journal;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use yipanqi::case::CaseId;
use yipanqi::indicator::{AskError, Definitions, Engine, Flag, Period, PeriodKind, Question};
use yipanqi::store::{FactList, SeatEvent};
use yipanqi::town::Town;

use journal::TOWN;

fn definitions() -> Definitions {
    Definitions::load().unwrap_or_else(|error| panic!("{error}"))
}

fn round(value: f64, decimals: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(decimals));
    (value * scale).round() / scale
}

/// Moments of examples are in UTC.
fn town_in_utc() -> Town {
    let mut town = TOWN.clone();
    town.timezone = chrono_tz::UTC;
    town
}

#[test]
fn worked_examples_come_out() {
    let (definitions, town) = (definitions(), town_in_utc());
    let now: DateTime<Utc> = "2026-11-25T00:00:00Z".parse().unwrap();
    for definition in &definitions {
        let example = &definition.example;
        let (facts, codes) = example.facts().unwrap();
        let seats = example.alarms.iter().map(|(seat, at_ms)| SeatEvent {
            at_ms: *at_ms,
            seat: seat.as_str().into(),
            alarm: Some(CaseId(1)),
        });
        let facts = FactList {
            facts,
            codes,
            seats: seats.collect(),
        };
        let engine = Engine {
            definitions: &definitions,
            town: &town,
            facts: &facts,
            now,
            only: None,
        };
        let mut question = Question::new(
            &definition.id,
            Period::parse(&example.period, now.date_naive()).unwrap(),
        );
        question.against = example.against;
        question.list = true;
        let answer = engine.ask(&question).unwrap();
        let id = &definition.id;
        let value = answer.value.value.map(|value| round(value, definition.decimals));
        assert_eq!(value, Some(example.value), "{id}: {answer:?}");
        let change = answer.change().map(|change| round(change.value, 1));
        assert_eq!(change, example.change, "{id}: {answer:?}");
        let lists = answer.cases.unwrap();
        assert_eq!(lists.counted.len() as u64, answer.value.n, "{id}");
        if let Some(of) = lists.of {
            assert_eq!(Some(of.len() as u64), answer.value.of, "{id}");
        }
    }
}

#[test]
fn nothing_is_ever_no_number() {
    let (definitions, town) = (definitions(), town_in_utc());
    let facts = FactList::default();
    let now: DateTime<Utc> = "2026-11-25T00:00:00Z".parse().unwrap();
    let engine = Engine {
        definitions: &definitions,
        town: &town,
        facts: &facts,
        now,
        only: None,
    };
    for definition in &definitions {
        for period in ["2019", "1900", "2999", "2026-11-25", "last-30-days"] {
            for against in yipanqi::indicator::Against::ALL {
                let period = Period::parse(period, now.date_naive()).unwrap();
                let question = Question {
                    against: Some(against),
                    ..Question::new(&definition.id, period)
                };
                let answer = engine.ask(&question).unwrap();
                assert!(answer.value.value.is_none_or(|value| value == 0.0), "{answer:?}");
                assert!(answer.value.flags.contains(&Flag::BeforeFirstCase), "{answer:?}");
                let compared = answer.compared.unwrap();
                assert_eq!(compared.change, None);
                assert!(compared.value.flags.contains(&Flag::NoComparison));
            }
        }
    }
}

/// A definition that is right, to break it.
const GOOD: &str = r#"[[indicator]]
id = "one"
name = { zh = "一", en = "One" }
words = { zh = "一", en = "one" }
rule = { zh = "规则", en = "rule" }
source = "here"
unit = "percent"
direction = "more"
band = { at-least = 90.0 }
formula = { share = ["closed"], of = "reported", not = ["withdrawn"] }

[indicator.example]
zh = "例"
en = "example"
period = "2019"
value = 100.0
cases = [{ reported = "2019-01-01 08:00", closed = "2019-01-02 08:00" }]
"#;

fn faults(text: &str) -> Vec<String> {
    match Definitions::parse(&[(PathBuf::from("x.toml"), text.to_owned())]) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn mistakes_are_told_with_file_line_and_field() {
    assert_eq!(faults(GOOD), [""; 0]);
    let second = GOOD.replace("\"one\"", "\"two\"");
    let third = GOOD.replace("\"one\"", "\"three\"");
    let formula = "formula = { share = [\"closed\"], of = \"reported\", not = [\"withdrawn\"] }";
    let broken = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        faults(&GOOD.replace(from, to))
    };
    let with_formula = |text: &str| broken(formula, text);
    for (found, expected) in [
        (
            broken("unit = \"percent\"", "unit = \"hours\""),
            "x.toml: line 7: one.unit: found 'hours', but the formula gives percent",
        ),
        (
            broken("unit = \"percent\"", "unit = \"miles\""),
            "line 7: one.unit: found 'miles', expected one of cases",
        ),
        (
            broken("id = \"one\"", "id = \"One!\""),
            "line 2: One!.id: expected small letters",
        ),
        (
            broken("zh = \"一\", en = \"One\"", "zh = \"\", en = \"One\""),
            "line 3: one.name.zh: expected 1 to",
        ),
        (
            broken("source = \"here\"", "sauce = \"here\""),
            "line 6: sauce: unknown field",
        ),
        (
            broken("source = \"here\"", "source = 7"),
            "line 6: source: invalid type",
        ),
        (broken("source = \"here\"", "source = \"here"), "line 6: source: "),
        (
            broken("at-least = 90.0", "at-most = 10.0"),
            "line 9: one.band: the more the better",
        ),
        (
            broken("at-least = 90.0", "at-least = 90.0, at-most = 10.0"),
            "line 9: one.band: at-least is more than at-most",
        ),
        (
            broken("at-least = 90.0", "at-least = nan"),
            "line 9: one.band: expected numbers",
        ),
        (
            broken("period = \"2019\"", "period = \"2019-13\""),
            "one.example.period: '2019-13'",
        ),
        (
            broken("closed = \"2019-01-02 08:00\"", "closed = \"tomorrow\""),
            "one.example.cases.closed: found 'tomorrow'",
        ),
        (
            with_formula("formula = {}"),
            "line 10: one.formula: expected one of count, share",
        ),
        (
            with_formula("formula = { count = \"reported\", share = [\"closed\"] }"),
            "found count and share",
        ),
        (
            with_formula("formula = { share = [], of = \"reported\" }"),
            "one.formula.share: is empty",
        ),
        (
            with_formula("formula = { share = [\"closed\"] }"),
            "one.formula.of: is missing",
        ),
        (
            with_formula("formula = { share = [\"shut\"], of = \"reported\" }"),
            "line 10: one.formula.share: found 'shut', expected one of closed",
        ),
        (
            with_formula("formula = { share = [\"closed\"], of = \"yesterday\" }"),
            "one.formula: found 'yesterday', expected one of reported",
        ),
        (
            with_formula("formula = { share = [\"closed\"], of = \"open\" }"),
            "can never hold: no case of the cohort 'open' is 'closed'",
        ),
        (
            with_formula("formula = { share = [\"here\"], of = \"ended\", is = [\"closed\", \"refused\"] }"),
            "no case is 'closed' and 'refused' at once: nothing can be in it",
        ),
        (
            with_formula(
                "formula = { share = [\"here\"], of = \"ended\", is = [\"closed\"], not = [\"closed\"] }",
            ),
            "'closed' both holds and does not",
        ),
        (
            with_formula("formula = { share = [\"closed\"], of = \"ended\", is = [\"closed\"] }"),
            "always 100 %",
        ),
        (
            with_formula("formula = { share = [\"repeat\"], of = \"ended\" }"),
            "expected the cohort 'reported'",
        ),
        (
            with_formula("formula = { share = [\"closed\"], of = \"reported\", to = \"one\" }"),
            "one.formula.to: does not belong to share",
        ),
        (
            with_formula("formula = { saved = 0.0, of = \"ended\", is = [\"closed\"] }"),
            "one.formula.saved: expected how many days",
        ),
        (
            with_formula("formula = { mean = \"reported\" }"),
            "expected is = [\"closed\"]",
        ),
        (
            with_formula("formula = { change = \"nobody\", against = \"last-year\" }"),
            "one.formula: there is no indicator 'nobody'",
        ),
        (
            with_formula("formula = { change = \"one\", against = \"once\" }"),
            "one.formula.against: found 'once'",
        ),
        (
            with_formula("formula = { change = \"one\" }"),
            "one.formula.against: is missing",
        ),
        (
            with_formula("formula = { ratio = \"one\", to = \"one\" }"),
            "one.formula.to: is divided by itself",
        ),
        (
            faults(&format!("{GOOD}{GOOD}")),
            "x.toml: line 18: one.id: stands already in x.toml, line 1",
        ),
        (
            faults(&format!(
                "{GOOD}{}",
                second.replace(formula, "formula = { change = \"one\", against = \"last-year\" }")
            )),
            "two.formula: a share changes by percentage points",
        ),
        (
            faults(&format!(
                "{}{}{third}",
                GOOD.replace(formula, "formula = { count = \"reported\" }")
                    .replace("unit = \"percent\"", "unit = \"cases\""),
                second
                    .replace(formula, "formula = { ratio = \"one\", to = \"three\" }")
                    .replace("unit = \"percent\"", "unit = \"number\"")
            )),
            "two.formula: the two are counted in cases and percent",
        ),
        (
            faults(&format!(
                "{}{}{third}",
                GOOD.replace(formula, "formula = { change = \"two\", against = \"last-year\" }"),
                second.replace(formula, "formula = { difference = \"one\", minus = \"three\" }")
            )),
            "one.formula: goes round in a circle: one → two → one",
        ),
        (faults(""), "x.toml: line 1: has no [[indicator]]"),
    ] {
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "expected {expected:?}, found {found:#?}"
        );
    }
}

#[test]
fn shapes_have_the_cases_of_their_figure() {
    let definitions = definitions();
    let example = &definitions.get("days-saved").unwrap().example;
    let (facts, codes) = example.facts().unwrap();
    let facts = FactList {
        facts,
        codes,
        seats: Vec::new(),
    };
    let engine = Engine {
        definitions: &definitions,
        town: &TOWN,
        facts: &facts,
        now: "2026-11-25T00:00:00Z".parse().unwrap(),
        only: None,
    };
    let period = Period::parse("2019-03", engine.now.date_naive()).unwrap();
    let question = Question::new("settled-in-community", period);
    // Closed on a Sunday at eight in the morning UTC: four in the afternoon in Shenzhen.
    let matrix = engine.matrix(&question).unwrap();
    assert_eq!(matrix[6][16], 4);
    assert_eq!(matrix.iter().flatten().sum::<u64>(), 4);
    let days = engine.days(&question).unwrap();
    assert_eq!(
        days.into_iter().collect::<Vec<_>>(),
        [("2019-03-03".parse().unwrap(), 4)]
    );
    assert_eq!(engine.times(&question).unwrap(), [48.0; 4]);
    let flow = engine.flow(&question).unwrap();
    let risen: u64 = flow
        .iter()
        .filter(|flow| flow.to > flow.from)
        .map(|flow| flow.cases)
        .sum();
    assert_eq!((risen, flow.iter().map(|flow| flow.cases).sum::<u64>()), (1, 4));
    // A change has the cases of what changes.
    let change = Question::new("hazards-rectified-change", period);
    assert_eq!(engine.times(&change).unwrap().len(), 4);
    // The parts of a period are its figure again, where cases are counted.
    let settled = Question::new("hazards-rectified", period);
    let series = engine.series(&settled, PeriodKind::Week, 100).unwrap();
    let sum: f64 = series.iter().filter_map(|(_, value)| value.value).sum();
    assert_eq!((series.len(), sum), (5, 4.0));
    assert_eq!(series[0].0.name(), "2019-W09");
    assert_eq!(engine.basis().unwrap().0, 4);
    assert!(matches!(
        engine.matrix(&Question::new("alarms-per-seat", period)),
        Err(AskError::NotOfCases(_))
    ));
    assert!(matches!(
        engine.ask(&Question::new("nothing", period)),
        Err(AskError::Unknown(_))
    ));
}

#[test]
fn days_that_have_not_come_have_no_value() {
    let (definitions, town) = (definitions(), town_in_utc());
    let example = &definitions.get("cases-open").unwrap().example;
    let (mut facts, codes) = example.facts().unwrap();
    let now: DateTime<Utc> = "2019-03-03T12:00:00Z".parse().unwrap();
    facts.truncate(1);
    facts[0].reported_ms = (now - chrono::TimeDelta::hours(30)).timestamp_millis();
    facts[0].ended_ms = None;
    facts[0].end = yipanqi::case::End::Open;
    let facts = FactList {
        facts,
        codes,
        seats: Vec::new(),
    };
    let engine = Engine {
        definitions: &definitions,
        town: &town,
        facts: &facts,
        now,
        only: None,
    };
    let period = Period::parse("2019-03-01..2019-03-06", now.date_naive()).unwrap();
    for (id, expected) in [("cases-in", [0.0, 1.0, 0.0]), ("cases-open", [0.0, 1.0, 1.0])] {
        let series = engine
            .series(&Question::new(id, period), PeriodKind::Day, 100)
            .unwrap();
        let values: Vec<Option<f64>> = series.iter().map(|(_, value)| value.value).collect();
        assert_eq!(values[..3], expected.map(Some), "{id}");
        assert_eq!(values[3..], [None; 3], "{id}");
        for (_, value) in &series[3..] {
            assert_eq!(
                (value.n, value.flags.as_slice()),
                (0, &[Flag::NotOver][..]),
                "{id}"
            );
        }
    }
}

/// Two indicators on each level, both made of the two of the level below: a way for each path is more than can be walked.
#[test]
fn indicators_that_are_made_of_others_are_so_only_a_few_deep() {
    let formula = "formula = { share = [\"closed\"], of = \"reported\", not = [\"withdrawn\"] }";
    let count = GOOD
        .replace(formula, "formula = { count = \"reported\" }")
        .replace("unit = \"percent\"", "unit = \"cases\"");
    let ladder = |levels: usize| {
        let mut text = String::new();
        for level in 0..=levels {
            for side in ["a", "b"] {
                let id = format!("\"{side}{level}\"");
                let own = match level {
                    0 => count.clone(),
                    _ => GOOD.replace("unit = \"percent\"", "unit = \"number\"").replace(
                        formula,
                        &format!("formula = {{ ratio = \"a{0}\", to = \"b{0}\" }}", level - 1),
                    ),
                };
                text += &own.replace("\"one\"", &id);
            }
        }
        text
    };
    assert_eq!(faults(&ladder(4)), [""; 0]);
    let found = faults(&ladder(30));
    assert!(
        found[0].contains("a5.formula: is made of others more than 4 deep"),
        "{found:#?}"
    );
    assert_eq!(found.len(), 2 * 26);
}

#[test]
fn only_limits_what_is_counted_and_not_what_is_known() {
    let (definitions, town) = (definitions(), town_in_utc());
    let example = &definitions.get("repeats").unwrap().example;
    let (facts, codes) = example.facts().unwrap();
    // The one that came back was reported in March; the report that makes it a repeat is of February.
    let march: DateTime<Utc> = "2019-03-01T00:00:00Z".parse().unwrap();
    let only = |fact: &yipanqi::case::Fact| fact.spot == 7 && fact.reported_ms >= march.timestamp_millis();
    let facts = FactList {
        facts,
        codes,
        seats: Vec::new(),
    };
    let engine = Engine {
        definitions: &definitions,
        town: &town,
        facts: &facts,
        now: "2026-11-25T00:00:00Z".parse().unwrap(),
        only: Some(&only),
    };
    let period = Period::parse("2019-03", engine.now.date_naive()).unwrap();
    let ask = |id: &str| engine.ask(&Question::new(id, period));
    assert_eq!(ask("cases-in").unwrap().value.value, Some(1.0));
    assert_eq!(ask("repeats").unwrap().value.value, Some(1.0));
    let rate = ask("repeat-rate").unwrap().value;
    assert_eq!((rate.value, rate.n, rate.of), (Some(100.0), 1, Some(1)));
    assert!(matches!(ask("alarms-per-seat"), Err(AskError::NotOfCases(_))));
}
