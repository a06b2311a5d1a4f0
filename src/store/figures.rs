//! The figures that the desk is measured by, live: first-dispatch accuracy, the two shares of settlement (the report's row
//! M11), and the days that direct disposal saves (M14).

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::case::{Kept, Stage};
use crate::town::{Class, Level};

/// Days that an ordinary violation took when it had to be reported upward first: "seven or eight days" in the report, of
/// which the smaller is taken.
pub const OLD_WAY_DAYS: f64 = 7.0;

/// Counts of a period. Cases that were imported with their ending already known are not among them: they were not
/// settled here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Cases whose first dispatch lies in the period.
    pub dispatched: u64,
    /// Of those, the ones that were neither sent on nor handed back since.
    pub dispatched_right: u64,
    /// Cases that were closed in the period and still are.
    pub settled: u64,
    /// Of those, the ones settled by the grid or the community.
    pub settled_in_community: u64,
    /// Of those, the ones settled below the joint meeting.
    pub settled_in_sub_district: u64,
    /// Cases of class B that the community settled itself.
    pub direct: u64,
    /// How many days those took from report to closure, together.
    pub direct_days: f64,
}

impl Figures {
    /// Takes in a case with what its life has made of it. `reported_at` is when it was reported.
    pub fn add(
        &mut self,
        kept: &Kept,
        reported_at: DateTime<Utc>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) {
        let within = |at: DateTime<Utc>| at >= from && at < until;
        if let Some(first) = kept.life.first_dispatch.as_ref().filter(|first| within(first.at)) {
            self.dispatched += 1;
            self.dispatched_right += u64::from(first.right);
        }
        let ended = kept.ended_at.filter(|at| within(*at));
        let (Stage::Closed, Some(ended)) = (kept.stage, ended) else {
            return;
        };
        let of_class = Level::of(kept.class);
        let level = kept.life.level.map_or(of_class, |risen| risen.max(of_class));
        self.settled += 1;
        self.settled_in_community += u64::from(level <= Level::Community);
        self.settled_in_sub_district += u64::from(level <= Level::Street);
        if kept.class == Class::B && level <= Level::Community {
            self.direct += 1;
            self.direct_days += days(ended - reported_at);
        }
    }

    /// Share of first dispatches that were right; `None` where there were none.
    pub fn first_dispatch_accuracy(&self) -> Option<f64> {
        share(self.dispatched_right, self.dispatched)
    }

    /// Share of settled cases that did not leave the community; `None` where none was settled.
    pub fn in_community(&self) -> Option<f64> {
        share(self.settled_in_community, self.settled)
    }

    /// Share of settled cases that did not leave the sub-district's departments; `None` where none was settled.
    pub fn in_sub_district(&self) -> Option<f64> {
        share(self.settled_in_sub_district, self.settled)
    }

    /// Mean days from report to closure of what the community settled itself; `None` where there was nothing.
    pub fn direct_mean_days(&self) -> Option<f64> {
        (self.direct > 0).then(|| self.direct_days / self.direct as f64)
    }

    /// Days saved against the old way, a case in the mean. Negative where it took longer.
    pub fn days_saved(&self) -> Option<f64> {
        self.direct_mean_days().map(|mean| OLD_WAY_DAYS - mean)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn days(span: TimeDelta) -> f64 {
    span.num_seconds() as f64 / 86_400.0
}
