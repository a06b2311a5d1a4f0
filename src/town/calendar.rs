//! Working days and working hours of the town, with swapped working days (调休).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// What the calendar says of a day that differs from its weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// A day off.
    Holiday,
    /// A working day on a weekend.
    Workday,
}

/// Working days and hours. Days without an entry follow their weekday.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Days that differ from their weekday, with their name.
    pub days: BTreeMap<NaiveDate, (DayKind, String)>,
    /// Years for which the data is complete; outside, only weekends are known.
    pub years: Option<RangeInclusive<i32>>,
    /// Working hours of a working day, in order, not overlapping.
    pub hours: Vec<(NaiveTime, NaiveTime)>,
}

impl Calendar {
    /// Whether the day's holidays are known, not guessed from its weekday.
    pub fn knows(&self, day: NaiveDate) -> bool {
        self.years
            .as_ref()
            .is_some_and(|years| years.contains(&day.year()))
    }

    /// Whether people work on that day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some((DayKind::Holiday, _)) => false,
            Some((DayKind::Workday, _)) => true,
            None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// The moment at which `hours` have passed since `from`: by the wall clock, or counting working time in `tz` only.
    pub fn after(&self, from: DateTime<Utc>, hours: f64, working_time: bool, tz: Tz) -> DateTime<Utc> {
        let mut left = TimeDelta::seconds((hours * 3600.0).round() as i64);
        if !working_time || self.hours.is_empty() {
            return from + left;
        }
        let mut day = from.with_timezone(&tz).date_naive();
        // A limit of 240 working hours spans about 10 weeks; a year and a half without an end means broken data.
        for _ in 0..550 {
            if self.is_working_day(day) {
                for (opens, closes) in &self.hours {
                    let (Some(opens), Some(closes)) = (moment(day, *opens, tz), moment(day, *closes, tz))
                    else {
                        continue;
                    };
                    let start = opens.max(from);
                    if start >= closes {
                        continue;
                    }
                    if closes - start >= left {
                        return start + left;
                    }
                    left -= closes - start;
                }
            }
            let Some(next) = day.checked_add_days(Days::new(1)) else {
                break;
            };
            day = next;
        }
        from + TimeDelta::seconds((hours * 3600.0).round() as i64)
    }
}

fn moment(day: NaiveDate, time: NaiveTime, tz: Tz) -> Option<DateTime<Utc>> {
    tz.from_local_datetime(&day.and_time(time))
        .earliest()
        .map(|t| t.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let time = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        Calendar {
            days: BTreeMap::from([
                (day(10, 1), (DayKind::Holiday, "国庆节".into())),
                (day(10, 2), (DayKind::Holiday, "国庆节".into())),
                (day(10, 10), (DayKind::Workday, "国庆节调休".into())),
            ]),
            years: Some(2026..=2026),
            hours: vec![(time(9), time(12)), (time(14), time(18))],
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    #[test]
    fn working_hours_skip_lunch_night_and_weekend() {
        let c = calendar();
        let tz = chrono_tz::Asia::Shanghai;
        // Friday 11:00, four working hours: 11–12, then 14–17.
        assert_eq!(
            c.after(at("2026-11-20T11:00:00+08:00"), 4.0, true, tz),
            at("2026-11-20T17:00:00+08:00")
        );
        // Friday 17:00: one hour today, three on Monday.
        assert_eq!(
            c.after(at("2026-11-20T17:00:00+08:00"), 4.0, true, tz),
            at("2026-11-23T12:00:00+08:00")
        );
    }

    #[test]
    fn holidays_do_not_count_and_swapped_days_do() {
        let c = calendar();
        let tz = chrono_tz::Asia::Shanghai;
        // 30 September 17:30 plus one hour: 1 and 2 October are holidays, 3 and 4 a weekend.
        assert_eq!(
            c.after(at("2026-09-30T17:30:00+08:00"), 1.0, true, tz),
            at("2026-10-05T09:30:00+08:00")
        );
        // Friday 9 October 18:00: Saturday the 10th is a working day.
        assert_eq!(
            c.after(at("2026-10-09T18:00:00+08:00"), 1.0, true, tz),
            at("2026-10-10T10:00:00+08:00")
        );
    }

    #[test]
    fn wall_clock_limits_ignore_the_calendar() {
        let c = calendar();
        let tz = chrono_tz::Asia::Shanghai;
        assert_eq!(
            c.after(at("2026-10-01T00:00:00+08:00"), 0.5, false, tz),
            at("2026-10-01T00:30:00+08:00")
        );
    }
}
