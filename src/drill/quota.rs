//! Figures that a journal meets exactly, whatever the seed: so many reports of a year in an area, so many of them closed
//! within the year, in so many hours in the mean. Closures of a year are always of reports of that year, so that both ways
//! of counting give the same figures.

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::{Dice, Topic};
use super::hours::Hours;
use super::scenario::{Quota, Rate, Scenario};
use crate::case::Step;
use crate::town::{PlaceId, Town};

/// No matter is settled faster, in milliseconds, unless the mean asks for it.
const FASTEST_MS: f64 = 600_000.0;
/// How much the times of single matters differ: the deviation of their logarithm.
const SPREAD: f64 = 0.55;

/// What becomes of a matter: its steps, each with its time, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// When which step is taken.
    pub steps: Vec<(DateTime<Utc>, Step)>,
}

/// A matter that a quota asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its number among those of quotas.
    pub n: u64,
    /// When it is reported.
    pub at: DateTime<Utc>,
    /// Where.
    pub area: PlaceId,
    /// What becomes of it.
    pub plan: Plan,
}

/// The matters that all quotas of a scenario ask for, in order.
pub fn plan(scenario: &Scenario, town: &Town, seed: u64) -> Vec<Planned> {
    let mut all: Vec<Planned> = Vec::new();
    for (index, quota) in scenario.quotas.iter().enumerate() {
        let mut dice = Dice::of(seed, Topic::Quota, index as u64);
        let mean_ms = quota.mean_hours * 3_600_000.0;
        // Whatever is settled has as long as the mean and a little more, so that the mean can always be met.
        let settled_until = quota.until - TimeDelta::milliseconds((mean_ms * 1.05) as i64 + 1);
        let settled = times(scenario, quota, settled_until, quota.settled, town, &mut dice);
        let others = quota.reported.saturating_sub(quota.settled);
        let open = times(scenario, quota, quota.until, others, town, &mut dice);
        for (at, long) in settled.iter().zip(durations(&settled, quota, &mut dice)) {
            let plan = settled_plan(*at, long, &mut dice);
            all.push(planned(*at, quota, plan));
        }
        for at in open {
            let plan = open_plan(at, &mut dice);
            all.push(planned(at, quota, plan));
        }
    }
    // Stable, so that matters of one moment keep the order in which they were drawn.
    all.sort_by_key(|planned| planned.at);
    for (n, planned) in (0..).zip(&mut all) {
        planned.n = n;
    }
    all
}

fn planned(at: DateTime<Utc>, quota: &Quota, plan: Plan) -> Planned {
    Planned {
        n: 0,
        at,
        area: quota.area,
        plan,
    }
}

/// So many moments before `until`, spread as the scenario's rates spread reports, in order.
fn times(
    scenario: &Scenario,
    quota: &Quota,
    until: DateTime<Utc>,
    n: u64,
    town: &Town,
    dice: &mut Dice,
) -> Vec<DateTime<Utc>> {
    let spread = Scenario {
        from: quota.from,
        until,
        rate: Rate {
            per_day: 1.0,
            ..scenario.rate.clone()
        },
        weather: Vec::new(),
        events: Vec::new(),
        quotas: Vec::new(),
        ..scenario.clone()
    };
    let hours = Hours::new(&spread, town, 0);
    let mut times: Vec<DateTime<Utc>> = (0..n).map(|_| hours.at(dice.unit())).collect();
    times.sort_unstable();
    times
}

/// How long each of the matters takes, in milliseconds: their mean is the quota's, and each ends before the quota does.
fn durations(reported: &[DateTime<Utc>], quota: &Quota, dice: &mut Dice) -> Vec<i64> {
    let mean = quota.mean_hours * 3_600_000.0;
    let least = FASTEST_MS.min(mean / 4.0) as i64;
    let most = |at: &DateTime<Utc>| (quota.until - *at).num_milliseconds() - 1;
    let most: Vec<i64> = reported.iter().map(most).collect();
    let weights: Vec<f64> = most.iter().map(|_| dice.around(mean, SPREAD)).collect();
    let total = (reported.len() as f64 * mean).round() as i64;
    let sum_at = |factor: f64| -> f64 {
        let each = weights.iter().zip(&most);
        each.map(|(weight, most)| (weight * factor).min(*most as f64))
            .sum()
    };
    // Halves the span in which the factor lies that gives the sum.
    let (mut low, mut high) = (0.0, 1.0);
    while sum_at(high) < total as f64 && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if sum_at(middle) < total as f64 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let each = weights.iter().zip(&most);
    let mut times: Vec<i64> = each
        .map(|(weight, most)| ((weight * high) as i64).clamp(least, (*most).max(least)))
        .collect();
    let mut rest = total - times.iter().sum::<i64>();
    for (time, most) in times.iter_mut().zip(&most) {
        let change = if rest > 0 {
            rest.min(most - *time).max(0)
        } else {
            rest.max(least - *time).min(0)
        };
        *time += change;
        rest -= change;
    }
    times
}

/// The straight way, which ends after exactly so many milliseconds.
fn settled_plan(at: DateTime<Utc>, long_ms: i64, dice: &mut Dice) -> Plan {
    let parts = [
        (Step::Accept, dice.between(0.02, 0.06)),
        (Step::Dispatch, dice.between(0.08, 0.14)),
        (Step::Arrive, dice.between(0.25, 0.45)),
        (Step::Rectify, dice.between(0.75, 0.90)),
        (Step::Verify, dice.between(0.93, 0.97)),
        (Step::Close, 1.0),
    ];
    let after = |part: f64| at + TimeDelta::milliseconds((long_ms as f64 * part).floor() as i64);
    Plan {
        steps: parts.map(|(step, part)| (after(part), step)).to_vec(),
    }
}

/// Somewhere on the straight way it stays, or is suspended.
fn open_plan(at: DateTime<Utc>, dice: &mut Dice) -> Plan {
    let fate = dice.unit();
    let way = [Step::Accept, Step::Dispatch, Step::Arrive];
    let taken = [0.15, 0.3, 0.6, 1.0].iter().filter(|part| fate >= **part).count();
    let mut steps = Vec::new();
    let mut at = at;
    let mut then = |hours: f64, step: Step| {
        at += TimeDelta::seconds((hours * 3600.0) as i64);
        steps.push((at, step));
    };
    for step in way.into_iter().take(taken) {
        then(dice.around(20.0, 0.6), step);
    }
    if fate >= 0.85 {
        then(dice.around(30.0, 0.5), Step::AskSuspend);
        then(dice.around(5.0, 0.5), Step::Suspend);
    }
    Plan { steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(settled: u64, mean_hours: f64) -> (Quota, Vec<DateTime<Utc>>) {
        let from = DateTime::UNIX_EPOCH;
        let until = from + TimeDelta::days(365);
        let quota = Quota {
            year: 1970,
            from,
            until,
            area: PlaceId(0),
            reported: settled,
            settled,
            mean_hours,
        };
        let last = 365.0 * 24.0 - mean_hours * 1.05;
        let mut dice = Dice::of(1, Topic::Quota, 9);
        let at = |_| from + TimeDelta::milliseconds((dice.unit() * last * 3_600_000.0) as i64);
        let mut reported: Vec<_> = (0..settled).map(at).collect();
        // One comes as late as it may.
        reported.push(until - TimeDelta::milliseconds((mean_hours * 1.05 * 3_600_000.0) as i64 + 1));
        (quota, reported)
    }

    #[test]
    fn the_mean_is_met_to_the_millisecond_and_nothing_ends_later() {
        for seed in 0..20 {
            for (settled, mean) in [(1, 180.0), (88, 180.0), (602, 24.3), (40, 4000.0), (3, 0.05)] {
                let (quota, reported) = quota(settled, mean);
                let times = durations(&reported, &quota, &mut Dice::of(seed, Topic::Quota, 0));
                let expected = (reported.len() as f64 * mean * 3_600_000.0).round() as i64;
                assert_eq!(times.iter().sum::<i64>(), expected, "{settled} {mean}");
                for (at, long) in reported.iter().zip(times) {
                    assert!(long > 0 && *at + TimeDelta::milliseconds(long) < quota.until);
                }
            }
        }
    }

    #[test]
    fn a_plan_takes_its_steps_in_order_and_ends_when_it_should() {
        let at = DateTime::UNIX_EPOCH;
        let plan = settled_plan(at, 1_234_567, &mut Dice::of(1, Topic::Quota, 1));
        assert!(plan.steps.is_sorted_by_key(|(at, _)| *at));
        assert_eq!(
            plan.steps.last(),
            Some(&(at + TimeDelta::milliseconds(1_234_567), Step::Close))
        );
        for n in 0..200 {
            let plan = open_plan(at, &mut Dice::of(n, Topic::Quota, 1));
            assert!(plan.steps.iter().all(|(_, step)| *step != Step::Close));
        }
    }
}
