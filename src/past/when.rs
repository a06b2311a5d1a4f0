//! Reads a moment as people write one.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads a moment in the town's time: `2026-10-01T08:15`, with a blank for the `T`, with seconds or with an offset; a day alone is
/// its beginning; without a year it is one of the year of `beside`, and a time alone is one of its day. `None` where it is none.
pub fn parse_moment(text: &str, beside: DateTime<Utc>, tz: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let shown = beside.with_timezone(&tz);
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (parse_day(day, shown.year())?, parse_time(time.trim())?),
        None => match parse_time(text) {
            Some(time) => (shown.date_naive(), time),
            None => (parse_day(text, shown.year())?, NaiveTime::MIN),
        },
    };
    in_town(day.and_time(time), tz)
}

/// The moment that the clocks of a town show so; where they are put forward over it, the next one that they show.
fn in_town(local: NaiveDateTime, tz: Tz) -> Option<DateTime<Utc>> {
    let shown = |local: NaiveDateTime| tz.from_local_datetime(&local).earliest();
    let quarters = (0..=96).filter_map(|quarter| local.checked_add_signed(TimeDelta::minutes(15 * quarter)));
    quarters
        .into_iter()
        .find_map(shown)
        .map(|at| at.with_timezone(&Utc))
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
}

fn parse_day(text: &str, year: i32) -> Option<NaiveDate> {
    let whole = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // Years of journals have four digits; `10-01` is a day of this one.
    let whole = whole.filter(|day| (1000..=9999).contains(&day.year()));
    whole.or_else(|| NaiveDate::parse_from_str(&format!("{year}-{text}"), "%Y-%m-%d").ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Asia::Shanghai};

    #[test]
    fn moments_are_read_as_people_write_them() {
        let beside = Utc.with_ymd_and_hms(2026, 11, 24, 20, 0, 0).unwrap();
        let read = |text| parse_moment(text, beside, Shanghai).map(|at| at.to_rfc3339());
        let eight = Some("2026-10-01T00:00:00+00:00".to_owned());
        assert_eq!(read("2026-10-01T08:00"), eight);
        assert_eq!(read(" 2026-10-01 08:00:00 "), eight);
        assert_eq!(read("10-01 8:00"), eight);
        assert_eq!(read("2026-10-01T08:00:00+08:00"), eight);
        assert_eq!(read("2026-10-01"), Some("2026-09-30T16:00:00+00:00".to_owned()));
        // In Shanghai it is the 25th already.
        assert_eq!(read("9:30"), Some("2026-11-25T01:30:00+00:00".to_owned()));
        for wrong in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-10-01T25:00",
            "10-32",
            "99999-01-01",
            "24:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        // A time that clocks were put forward over.
        let at = parse_moment("2026-03-08T02:30", beside, New_York).unwrap();
        assert_eq!(at.to_rfc3339(), "2026-03-08T07:00:00+00:00");
    }
}
