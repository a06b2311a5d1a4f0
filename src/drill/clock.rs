//! The clock of a drill that somebody watches: it runs as fast as is wanted, and can stand.

use chrono::{DateTime, TimeDelta, Utc};

/// How fast a drill can run, in minutes of the drill for each minute of the machine.
pub const SPEEDS: [f64; 5] = [1.0, 10.0, 60.0, 180.0, 600.0];

/// Between two looks no more than so much of the machine's time counts: a drill stands while nobody sees it. An idle window
/// looks once a second, and a little late.
const GAP_MAX: TimeDelta = TimeDelta::seconds(2);

/// A clock that is moved on by looking at it. It reads no clock itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrillClock {
    now: DateTime<Utc>,
    /// The machine's time at the last look.
    real: DateTime<Utc>,
    speed: f64,
    paused: bool,
}

impl DrillClock {
    /// A clock that shows `now` while the machine's shows `real`.
    pub fn new(now: DateTime<Utc>, real: DateTime<Utc>, speed: f64) -> Self {
        Self {
            now,
            real,
            speed,
            paused: false,
        }
    }

    /// Moves on to the machine's time `real`, and tells the drill's time: at most `until`.
    pub fn look(&mut self, real: DateTime<Utc>, until: DateTime<Utc>) -> DateTime<Utc> {
        let passed = (real - self.real).clamp(TimeDelta::zero(), GAP_MAX);
        self.real = real;
        if !self.paused {
            // To the nanosecond: what was cut off at each look would be missing with every frame.
            let ns = passed.num_nanoseconds().unwrap_or_default() as f64 * self.speed;
            self.now = (self.now + TimeDelta::nanoseconds(ns as i64)).min(until);
        }
        self.now
    }

    /// The drill's time at the last look.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// How fast it runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Lets it run so fast from the last look on, and run at all.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
        self.paused = false;
    }

    /// The next faster speed of [`SPEEDS`], or the next slower one; the same at the end of the list.
    pub fn other_speed(&self, faster: bool) -> f64 {
        let next = if faster {
            SPEEDS.iter().find(|speed| **speed > self.speed)
        } else {
            SPEEDS.iter().rev().find(|speed| **speed < self.speed)
        };
        next.copied().unwrap_or(self.speed)
    }

    /// Whether it stands.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Lets it stand, or run again.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_as_fast_as_it_is_told_and_stands_when_it_is_told() {
        let begin = DateTime::UNIX_EPOCH;
        let real = begin + TimeDelta::days(1000);
        let until = begin + TimeDelta::hours(2);
        let mut clock = DrillClock::new(begin, real, 60.0);
        let at = |ms| real + TimeDelta::milliseconds(ms);
        assert_eq!(clock.look(at(500), until), begin + TimeDelta::seconds(30));
        clock.pause(true);
        assert_eq!(clock.look(at(900), until), begin + TimeDelta::seconds(30));
        clock.pause(false);
        assert_eq!(clock.look(at(1000), until), begin + TimeDelta::seconds(36));
        // A window that nobody saw for an hour, of which two seconds count, and a machine's clock that is put back.
        assert_eq!(clock.look(at(3_600_000), until), begin + TimeDelta::seconds(156));
        assert_eq!(clock.look(at(0), until), begin + TimeDelta::seconds(156));
        clock.set_speed(600.0);
        for n in 1..100 {
            clock.look(at(n * 1000), until);
        }
        assert_eq!(clock.now(), until);
    }

    #[test]
    fn many_looks_lose_nothing() {
        let begin = DateTime::UNIX_EPOCH;
        let until = begin + TimeDelta::hours(2);
        for looks in [1, 30, 60, 144, 1000] {
            let mut clock = DrillClock::new(begin, begin, 60.0);
            for n in 1..=looks {
                clock.look(begin + TimeDelta::nanoseconds(1_000_000_000 * n / looks), until);
            }
            let missing = TimeDelta::seconds(60) - (clock.now() - begin);
            assert!(missing.abs() <= TimeDelta::milliseconds(1), "{looks}: {missing}");
        }
    }

    #[test]
    fn speeds_follow_each_other() {
        let mut clock = DrillClock::new(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH, 33.0);
        assert_eq!((clock.other_speed(true), clock.other_speed(false)), (60.0, 10.0));
        clock.set_speed(600.0);
        assert_eq!(
            (clock.other_speed(true), clock.other_speed(false)),
            (600.0, 180.0)
        );
    }
}
