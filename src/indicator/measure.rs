//! Counts, shares, times, and how sure they are.

use crate::case::{CaseId, Fact};

use super::answer::{Flag, Interval, SMALL_NUMBER, Value};
use super::definition::{Condition, Formula, Set, Statistic, Unit};

/// The normal distribution's 97.5th percentile: 95 % lie between it and its opposite.
const Z: f64 = 1.959_963_984_540_054;

const MS_PER_HOUR: f64 = 3_600_000.0;

/// What is gathered of the cases of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Cases of the set.
    pub whole: u64,
    /// Of those, the ones that a share counts.
    pub part: u64,
    /// Times from report to end, in milliseconds.
    spans: Vec<i64>,
    backwards: u64,
    unknown: u64,
    /// Times of the cases that were reported in the period, up to their end or the cut-off: see [`life`].
    lives: Vec<u64>,
    /// The cases that are counted, where a list is wanted.
    pub counted: Vec<CaseId>,
    /// The whole of a share, where a list is wanted.
    pub of: Vec<CaseId>,
}

/// How facts are gathered.
pub(super) struct Gather<'a> {
    pub formula: &'a Formula,
    pub cutoff_ms: i64,
    pub list: bool,
}

impl Gather<'_> {
    /// Takes in a case of the formula's cohort that the filter lets through.
    pub fn add(&self, tally: &mut Tally, fact: &Fact, repeat: bool) {
        let Some(set) = self.formula.set() else { return };
        if !set.holds(fact, self.cutoff_ms, repeat) {
            return;
        }
        match self.formula {
            Formula::Share { part, .. } => {
                tally.whole += 1;
                if self.list {
                    tally.of.push(fact.case);
                }
                if !part
                    .iter()
                    .all(|condition| condition.holds(fact, self.cutoff_ms, repeat))
                {
                    return;
                }
                tally.part += 1;
            }
            Formula::Time { .. } | Formula::Saved { .. } => match fact.span_ms() {
                None => return,
                Some(span) if span < 0 => {
                    tally.backwards += 1;
                    return;
                }
                Some(span) => tally.spans.push(span),
            },
            _ => tally.whole += 1,
        }
        if self.list {
            tally.counted.push(fact.case);
        }
    }

    /// Takes in a case that was reported in the period, for what is said of those that still run, and of those that ended
    /// nobody knows when.
    pub fn add_life(&self, tally: &mut Tally, fact: &Fact) {
        let Some(set) = self.formula.set() else { return };
        if !set_of_lives(set, fact, self.cutoff_ms) {
            return;
        }
        let closed = Condition::Closed.holds(fact, self.cutoff_ms, false);
        if closed && fact.ended_ms.is_none() {
            tally.unknown += 1;
        }
        if !matches!(self.formula, Formula::Time { .. } | Formula::Saved { .. }) {
            return;
        }
        if fact.is_open_at(self.cutoff_ms) {
            let so_far = (self.cutoff_ms - fact.reported_ms).max(0);
            tally.lives.push(life(so_far, false));
        } else if let Some(span) = fact.span_ms().filter(|span| closed && *span >= 0) {
            tally.lives.push(life(span, true));
        }
    }
}

/// Whether a case would be in the set, were it closed by now.
fn set_of_lives(set: &Set, fact: &Fact, cutoff_ms: i64) -> bool {
    let holds = |condition: &&Condition| condition.holds(fact, cutoff_ms, false);
    let mut is = set.is.iter().filter(|condition| **condition != Condition::Closed);
    is.all(|condition| holds(&condition)) && !set.not.iter().any(|condition| holds(&condition))
}

impl Tally {
    /// Whether any case is in it.
    pub fn has_cases(&self) -> bool {
        self.whole + self.backwards + self.unknown > 0 || !self.spans.is_empty() || !self.lives.is_empty()
    }

    /// The figure that the formula makes of it, in `unit`.
    pub fn value(mut self, formula: &Formula, unit: Unit) -> Value {
        let per = match unit {
            Unit::Days => MS_PER_HOUR * 24.0,
            _ => MS_PER_HOUR,
        };
        let unknown = self.unknown > 0;
        let mut value = match formula {
            Formula::Count(_) => Value {
                value: Some(self.whole as f64),
                n: self.whole,
                ..Value::default()
            },
            Formula::Share { .. } => self.share(),
            Formula::Time { statistic, .. } => {
                let mut value = self.time(*statistic, per);
                self.flag_times(&mut value, per);
                value
            }
            Formula::Saved { before_days, .. } => {
                let mut value = self.time(Statistic::Mean, per);
                value.value = value.value.map(|mean| before_days - mean);
                value.interval = value.interval.map(|mean| Interval {
                    low: before_days - mean.high,
                    high: before_days - mean.low,
                });
                self.flag_times(&mut value, per);
                value
            }
            _ => Value::default(),
        };
        if unknown {
            value.flag(Flag::EndUnknown);
        }
        value
    }

    fn share(&self) -> Value {
        let mut value = Value {
            value: (self.whole > 0).then(|| 100.0 * self.part as f64 / self.whole as f64),
            n: self.part,
            of: Some(self.whole),
            interval: wilson(self.part, self.whole),
            ..Value::default()
        };
        flag_size(&mut value, self.whole);
        value
    }

    fn time(&mut self, statistic: Statistic, per: f64) -> Value {
        let n = self.spans.len() as u64;
        let (value, interval) = match statistic {
            Statistic::Mean => mean(&self.spans),
            Statistic::Median => (median(&mut self.spans), by_ranks(&mut self.spans, 0.5)),
            Statistic::P90 => (p90(&mut self.spans), by_ranks(&mut self.spans, 0.9)),
        };
        let mut value = Value {
            value: value.map(|ms| ms / per),
            n,
            interval: interval.filter(|_| n >= SMALL_NUMBER).map(|ms| Interval {
                low: ms.low / per,
                high: ms.high / per,
            }),
            ..Value::default()
        };
        flag_size(&mut value, n);
        value
    }

    fn flag_times(mut self, value: &mut Value, per: f64) {
        let running = self.lives.iter().map(|life| life & 1).sum();
        value.running = Some(running);
        value.reported = Some(self.lives.len() as u64);
        value.median_with_running = median_of_lives(&mut self.lives).map(|ms| ms / per);
        if running > 0 {
            value.flag(Flag::StillRunning);
        }
        if self.backwards > 0 {
            value.flag(Flag::ClockBackwards);
        }
    }
}

/// Says where a figure rests on nothing, or on few cases.
fn flag_size(value: &mut Value, n: u64) {
    if n == 0 {
        value.flag(Flag::Nothing);
    } else if n < SMALL_NUMBER {
        value.flag(Flag::SmallNumber);
    }
}

/// Wilson's interval of a share (Wilson 1927), in percent; `None` where there is nothing.
pub fn wilson(part: u64, whole: u64) -> Option<Interval> {
    if whole == 0 {
        return None;
    }
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let square = Z * Z;
    let centre = p + square / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + square / n);
    Some(Interval {
        low: ((centre - half) * scale).max(0.0),
        high: ((centre + half) * scale).min(100.0),
    })
}

/// The arithmetic mean, and where it lies with 95 % confidence by its standard error.
fn mean(spans: &[i64]) -> (Option<f64>, Option<Interval>) {
    if spans.is_empty() {
        return (None, None);
    }
    let n = spans.len() as f64;
    // Whole numbers, so that the order of the cases can't change the last digit: squares of distances from a whole number
    // near the mean, put right afterwards.
    let sum: i128 = spans.iter().map(|span| i128::from(*span)).sum();
    let mean = sum as f64 / n;
    let near = mean.round() as i64;
    let around_near: u128 = spans
        .iter()
        .map(|span| u128::from(span.abs_diff(near)).pow(2))
        .sum();
    let squares = (around_near as f64 - n * (mean - near as f64).powi(2)).max(0.0);
    let interval = (spans.len() > 1).then(|| {
        let half = Z * (squares / (n - 1.0) / n).sqrt();
        Interval {
            low: mean - half,
            high: mean + half,
        }
    });
    (Some(mean), interval)
}

/// The time that would stand at a place, from 0, were the times sorted. Many times faster than sorting them.
fn nth(spans: &mut [i64], place: usize) -> Option<i64> {
    (place < spans.len()).then(|| *spans.select_nth_unstable(place).1)
}

/// The middle of times; between two, halfway.
fn median(spans: &mut [i64]) -> Option<f64> {
    let upper = nth(spans, spans.len() / 2)?;
    let lower = nth(spans, (spans.len() - 1) / 2)?;
    Some((lower as f64 + upper as f64) / 2.0)
}

/// The smallest of times that nine in ten do not exceed.
fn p90(spans: &mut [i64]) -> Option<f64> {
    let rank = (spans.len() * 9).div_ceil(10);
    Some(nth(spans, rank.checked_sub(1)?)? as f64)
}

/// Between which of times the true quantile `p` lies with 95 % confidence, by the ranks that it can have.
fn by_ranks(spans: &mut [i64], p: f64) -> Option<Interval> {
    let n = spans.len() as f64;
    let half = Z * (n * p * (1.0 - p)).sqrt();
    let most = spans.len();
    let place = |rank: f64| (rank.max(1.0) as usize).min(most).checked_sub(1);
    let (low, high) = (
        place((n * p - half).floor())?,
        place((n * p + half).ceil() + 1.0)?,
    );
    Some(Interval {
        low: nth(spans, low)? as f64,
        high: nth(spans, high)? as f64,
    })
}

/// A time, and whether its case has ended, as one number: of equal times, ends come before cases that still run.
fn life(span: i64, ended: bool) -> u64 {
    span.unsigned_abs() << 1 | u64::from(!ended)
}

/// The time by which half of the cases have ended, those that still run counted as far as they have come (Kaplan and Meier
/// 1958). `None` where fewer than half have.
fn median_of_lives(lives: &mut [u64]) -> Option<f64> {
    lives.sort_unstable();
    let mut left = lives.len() as f64;
    let mut surviving = 1.0;
    for of_time in lives.chunk_by(|a, b| a >> 1 == b >> 1) {
        let ended = of_time.iter().filter(|life| **life & 1 == 0).count() as f64;
        surviving *= 1.0 - ended / left;
        left -= of_time.len() as f64;
        // A half that is computed can lie a hair above.
        if ended > 0.0 && surviving <= 0.5 + 1e-12 {
            return Some((of_time[0] >> 1) as f64);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wilson_as_published() {
        // Newcombe (1998), table I: 81 of 263 and 0 of 20.
        let of = |part, whole| wilson(part, whole).unwrap();
        assert!((of(81, 263).low - 25.53).abs() < 0.01 && (of(81, 263).high - 36.62).abs() < 0.01);
        assert!(of(0, 20).low.abs() < 1e-9 && (of(0, 20).high - 16.11).abs() < 0.01);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn middles_and_ninetieths() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3]), Some(3.0));
        assert_eq!(median(&mut [4, 1]), Some(2.5));
        assert_eq!(p90(&mut []), None);
        assert_eq!(p90(&mut [7]), Some(7.0));
        assert_eq!(p90(&mut (1..=10).rev().collect::<Vec<i64>>()), Some(9.0));
        assert_eq!(p90(&mut (1..=11).rev().collect::<Vec<i64>>()), Some(10.0));
        assert_eq!(by_ranks(&mut [], 0.5), None);
    }

    #[test]
    fn running_cases_move_the_median() {
        // The leukaemia patients of Freireich et al. (1963) who got 6-MP, in weeks: the median is 23.
        let weeks = [
            (6, true),
            (6, true),
            (6, true),
            (6, false),
            (7, true),
            (9, false),
            (10, true),
            (10, false),
            (11, false),
            (13, true),
            (16, true),
            (17, false),
            (19, false),
            (20, false),
            (22, true),
            (23, true),
            (25, false),
            (32, false),
            (32, false),
            (34, false),
            (35, false),
        ];
        let median = |lives: &[(i64, bool)]| {
            let mut lives: Vec<u64> = lives.iter().map(|(span, ended)| life(*span, *ended)).collect();
            median_of_lives(&mut lives)
        };
        assert_eq!(median(&weeks), Some(23.0));
        assert_eq!(median(&[(5, false), (9, false)]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(1, true), (2, true), (3, true), (4, true)]), Some(2.0));
    }

    proptest! {
        #[test]
        fn figures_lie_in_their_intervals(mut spans in prop::collection::vec(0..1_000_000_i64, 20..200)) {
            let (value, interval) = mean(&spans);
            let (value, interval) = (value.unwrap(), interval.unwrap());
            prop_assert!(interval.low <= value && value <= interval.high);
            for (p, value) in [(0.5, median(&mut spans).unwrap()), (0.9, p90(&mut spans).unwrap())] {
                let interval = by_ranks(&mut spans, p).unwrap();
                prop_assert!(interval.low <= value && value <= interval.high, "{} {:?}", value, interval);
            }
        }

        #[test]
        fn shares_are_never_beyond_a_hundred(part in 0..1000_u64, more in 0..1000_u64) {
            if let Some(interval) = wilson(part, part + more) {
                let share = 100.0 * part as f64 / (part + more) as f64;
                prop_assert!(0.0 <= interval.low && interval.low <= share + 1e-9);
                prop_assert!(share <= interval.high + 1e-9 && interval.high <= 100.0);
            }
        }
    }
}
