//! Clocks against a counter that goes through three years minute by minute and knows nothing of the calendar's ways.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use yipanqi::case::clock::{Term, deadline};
use yipanqi::case::{Extension, Pause};
use yipanqi::town::Calendar;
use yipanqi::town::calendar::DayKind;

/// The zones that are tried: one that keeps still, and three that move their clocks, one of them by half an hour.
const ZONES: [Tz; 4] = [
    chrono_tz::Asia::Shanghai,
    chrono_tz::Europe::London,
    chrono_tz::America::New_York,
    chrono_tz::Australia::Lord_Howe,
];

const MINUTES: usize = (366 + 365 + 365) * 1440;

fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2024-01-01T00:00:00Z")
        .unwrap()
        .to_utc()
}

fn at(minute: usize) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minute as i64)
}

fn minute_of(at: DateTime<Utc>) -> usize {
    assert_eq!((at.second(), at.nanosecond()), (0, 0), "{at}");
    usize::try_from((at - start()).num_minutes()).unwrap()
}

/// The local day, counted from 1 January 2024 or so, and the minute of the day, for each minute of three years.
static LOCAL: LazyLock<Vec<Vec<(i16, u16)>>> = LazyLock::new(|| {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let local = |zone: &Tz, minute| {
        let local = at(minute).with_timezone(zone);
        let day = (local.date_naive() - first).num_days();
        (day as i16, (local.hour() * 60 + local.minute()) as u16)
    };
    // Clocks are moved at full quarters of an hour, and days begin there.
    let quarter = |zone, minute: usize| {
        let (day, time) = local(zone, minute);
        (0..15).map(move |more| (day, time + more))
    };
    ZONES
        .iter()
        .map(|zone| {
            (0..MINUTES)
                .step_by(15)
                .flat_map(|minute| quarter(zone, minute))
                .collect()
        })
        .collect()
});

/// What is tried.
#[derive(Clone, Debug)]
struct Case {
    zone: usize,
    /// Opening and closing, in minutes of the day.
    hours: Vec<(u16, u16)>,
    /// Days since 1 January 2024 that are off, or worked.
    days: BTreeMap<i16, bool>,
    working: bool,
    from: usize,
    to: usize,
    /// The limit, in minutes.
    limit: usize,
    /// Since which minute, for how many, and after how many it was ended.
    pauses: Vec<(usize, usize, Option<usize>)>,
    /// Minutes that were added.
    extensions: Vec<usize>,
}

fn cases() -> impl Strategy<Value = Case> {
    let hours = prop::collection::btree_set(0_u16..1440, 0..7).prop_map(|times| {
        let times: Vec<u16> = times.into_iter().collect();
        times.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    });
    let days = prop::collection::btree_map(-2_i16..1100, any::<bool>(), 0..200);
    // Most clocks are short, some run for years.
    let span = prop_oneof![0_usize..4 * 1440, 0_usize..60 * 1440, 0_usize..MINUTES];
    let pause = (
        0_usize..MINUTES,
        0_usize..40 * 1440,
        prop::option::of(0_usize..50 * 1440),
    );
    let near = prop_oneof![Just(0_usize), Just(1440), Just(20 * 1440)];
    (
        (0..ZONES.len(), hours, days, prop::bool::weighted(0.8)),
        (0..MINUTES, span.clone(), 0_usize..600 * 60),
        prop::collection::vec((pause, near), 0..6),
        prop::collection::vec(1_usize..100 * 60, 0..3),
    )
        .prop_map(
            |((zone, hours, days, working), (from, span, limit), pauses, extensions)| Case {
                zone,
                hours,
                days,
                working,
                from,
                to: (from + span).min(MINUTES),
                limit,
                // Half of the pauses lie where the clock runs.
                pauses: pauses
                    .into_iter()
                    .map(|((at, length, ended), near)| {
                        let since = if near > 0 {
                            from.saturating_sub(720) + at % near
                        } else {
                            at
                        };
                        (since, length, ended)
                    })
                    .collect(),
                extensions,
            },
        )
}

impl Case {
    fn tz(&self) -> Tz {
        ZONES[self.zone]
    }

    fn calendar(&self) -> Calendar {
        let time =
            |minute: u16| NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0).unwrap();
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let kind = |off: bool| if off { DayKind::Holiday } else { DayKind::Workday };
        Calendar {
            days: self
                .days
                .iter()
                .map(|(day, off)| {
                    (
                        first + TimeDelta::days(i64::from(*day)),
                        (kind(*off), "x".to_owned()),
                    )
                })
                .collect(),
            years: Some(2023..=2027),
            hours: self.hours.iter().map(|(a, b)| (time(*a), time(*b))).collect(),
            ..Calendar::default()
        }
    }

    fn pauses(&self) -> Vec<Pause> {
        self.pauses
            .iter()
            .map(|(since, length, ended)| Pause {
                from: at(*since),
                until: at(since + length),
                ended: ended.map(|ended| at(since + ended)),
                by: "P".into(),
                reason: String::new(),
            })
            .collect()
    }

    fn extensions(&self) -> Vec<Extension> {
        self.extensions
            .iter()
            .map(|minutes| Extension {
                hours: *minutes as f64 / 60.0,
                at: at(self.from),
                by: "P".into(),
                reason: String::new(),
            })
            .collect()
    }

    /// For each of the minutes, whether people work.
    fn works(&self) -> Vec<bool> {
        if !self.working || self.hours.is_empty() {
            return vec![true; MINUTES];
        }
        // 1 January 2024 was a Monday.
        let off = |day: i16| self.days.get(&day).copied().unwrap_or(day.rem_euclid(7) >= 5);
        let days: Vec<bool> = (-1..1100).map(|day| !off(day)).collect();
        let open = |time: &u16| {
            self.hours
                .iter()
                .any(|(opens, closes)| (*opens..*closes).contains(time))
        };
        let times: Vec<bool> = (0..1440).map(|time| open(&time)).collect();
        let mut works = Vec::with_capacity(MINUTES);
        for (day, time) in &LOCAL[self.zone] {
            works.push(days[(*day + 1) as usize] && times[*time as usize]);
        }
        works
    }

    /// For each of the minutes, whether it counts.
    fn counts(&self, works: &[bool]) -> Vec<bool> {
        let mut counts = works.to_vec();
        for (since, length, ended) in &self.pauses {
            let length = ended.map_or(*length, |ended| ended.min(*length));
            // A pause may lie beyond the years that are counted.
            let (since, end) = ((*since).min(MINUTES), (since + length).min(MINUTES));
            counts[since..end].fill(false);
        }
        counts
    }
}

/// How many count, by looking at each.
fn count(counts: &[bool], from: usize, to: usize) -> usize {
    let mut sum = 0;
    for counts in &counts[from..to] {
        if *counts {
            sum += 1;
        }
    }
    sum
}

/// The minute by which so many have counted; `None` beyond the three years.
fn reach(counts: &[bool], from: usize, limit: usize) -> Option<usize> {
    let mut left = limit;
    for (minute, counts) in (from..).zip(&counts[from..]) {
        if left == 0 {
            return Some(minute);
        }
        if *counts {
            left -= 1;
        }
    }
    None
}

fn minutes(span: TimeDelta) -> usize {
    assert_eq!(span, TimeDelta::minutes(span.num_minutes()));
    usize::try_from(span.num_minutes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn clocks_agree_with_a_counter_of_minutes(case in cases()) {
        let (calendar, tz) = (case.calendar(), case.tz());
        let (from, to) = (at(case.from), at(case.to));
        let works = case.works();
        let counts = case.counts(&works);
        // The plain calendar.
        let counted = calendar.counted(from, to, case.working, tz);
        prop_assert_eq!(minutes(counted), count(&works, case.from, case.to));
        if let Some(reached) = reach(&works, case.from, case.limit) {
            let after = calendar.after(from, case.limit as f64 / 60.0, case.working, tz);
            prop_assert_eq!(minute_of(after), reached);
        }
        // With pauses and extensions.
        let (pauses, extensions) = (case.pauses(), case.extensions());
        let term = Term {
            from,
            hours: case.limit as f64 / 60.0,
            working: case.working,
            pauses: &pauses,
            extensions: &extensions,
            calendar: &calendar,
            tz,
        };
        let limit = case.limit + case.extensions.iter().sum::<usize>();
        if let Some(due) = reach(&counts, case.from, limit) {
            let found = deadline(from, term.hours, case.working, &pauses, &extensions, &calendar, tz);
            prop_assert_eq!(minute_of(found.due), due);
            let counted = minutes(TimeDelta::minutes(term.counted(found.due).num_minutes()));
            prop_assert_eq!(counted, limit);
            // Four fifths of the minutes need not be whole minutes.
            let soon = reach(&counts, case.from, limit * 4 / 5).unwrap();
            let sooner = reach(&counts, case.from, (limit * 4).div_ceil(5)).unwrap();
            prop_assert!(at(soon) <= found.soon && found.soon <= at(sooner));
        }
        // The explanation: without gaps, and what counts adds up.
        let told = term.explain(None, to, None);
        prop_assert_eq!(minutes(told.counted), count(&counts, case.from, case.to));
        let mut end = from;
        for span in &told.spans {
            prop_assert_eq!(span.from, end);
            prop_assert!(span.from < span.to);
            prop_assert!(span.to <= told.until || told.until <= span.from);
            prop_assert!(span.kind.counts() || span.counted.is_zero());
            end = span.to;
        }
        if let Some(rest) = told.rest {
            prop_assert_eq!(rest.from, end);
            end = rest.to;
        }
        prop_assert_eq!(end, told.end());
        let sum: TimeDelta = told.past().map(|span| span.counted).sum();
        prop_assert_eq!(sum + told.rest.map_or(TimeDelta::zero(), |rest| rest.counted), told.counted);
        for span in told.past().filter(|span| minute_of(span.to) <= MINUTES) {
            let counted = count(&counts, minute_of(span.from), minute_of(span.to));
            prop_assert_eq!(minutes(span.counted), counted, "{:?}", span);
        }
    }
}

#[test]
fn the_counter_knows_its_weekdays() {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    assert_eq!(first.weekday(), Weekday::Mon);
    assert_eq!(
        minute_of(
            DateTime::parse_from_rfc3339("2027-01-01T00:00:00Z")
                .unwrap()
                .to_utc()
        ),
        MINUTES
    );
}
