//! How much time the slider shows.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::indicator::period::midnight;

/// How much time the slider shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// A day.
    #[default]
    Day,
    /// A week from Monday on.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Scale {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The key of its words.
    pub fn words(self) -> &'static str {
        ["past-day", "past-week", "past-month", "past-year"][self as usize]
    }

    /// From when to when the span around a moment goes, in the town's time.
    pub fn bounds(self, at: DateTime<Utc>, tz: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let day = at.with_timezone(&tz).date_naive();
        let first = self.first(day).unwrap_or(day);
        let next = self.next(first).unwrap_or(first);
        (midnight(first, tz), midnight(next, tz))
    }

    fn first(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Year => first.checked_add_months(Months::new(12)),
        }
    }

    /// The marks under the slider: each with its moment and its words.
    pub fn marks(self, from: DateTime<Utc>, until: DateTime<Utc>, tz: Tz) -> Vec<(DateTime<Utc>, String)> {
        let local = |at: DateTime<Utc>| at.with_timezone(&tz);
        let mut marks = Vec::new();
        if self == Self::Day {
            let hours = (until - from).num_hours();
            marks.extend((0..hours).step_by(3).map(|hour| {
                let at = from + chrono::TimeDelta::hours(hour);
                (at, local(at).format("%H:%M").to_string())
            }));
            return marks;
        }
        let mut day = local(from).date_naive();
        let last = local(until).date_naive();
        while day < last {
            let (shown, form) = match self {
                Self::Month => (day.day() % 5 == 1 && day.day() < 30, "%m-%d"),
                Self::Year => (day.day() == 1, "%m"),
                Self::Day | Self::Week => (true, "%m-%d"),
            };
            if shown {
                marks.push((midnight(day, tz), day.format(form).to_string()));
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use chrono_tz::Asia::Shanghai;

    #[test]
    fn spans_begin_and_end_at_midnights_of_the_town() {
        // In Shanghai, Thursday the 1st of October, half past seven.
        let at = Utc.with_ymd_and_hms(2026, 9, 30, 23, 30, 0).unwrap();
        let told = |scale: Scale| {
            let (from, until) = scale.bounds(at, Shanghai);
            let day = |at: DateTime<Utc>| at.with_timezone(&Shanghai).format("%m-%d %H:%M").to_string();
            (day(from), day(until), scale.marks(from, until, Shanghai).len())
        };
        let expected =
            |from: &str, until: &str, marks| (format!("{from} 00:00"), format!("{until} 00:00"), marks);
        assert_eq!(told(Scale::Day), expected("10-01", "10-02", 8));
        assert_eq!(told(Scale::Week), expected("09-28", "10-05", 7));
        assert_eq!(told(Scale::Month), expected("10-01", "11-01", 6));
        assert_eq!(told(Scale::Year), expected("01-01", "01-01", 12));
    }
}
