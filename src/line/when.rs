//! Points in time and spans as they are typed: `+3d`, `明天18:00`, `2026-11-30 18:00`, `4h`.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::spelling::narrow;

/// A day that is named without a time of day ends at this time.
const END_OF_DAY: (u32, u32) = (18, 0);

/// The units of spans: how they are written, and how many minutes they have.
const UNITS: [(&str, f64); 17] = [
    ("小时", 60.0),
    ("分钟", 1.0),
    ("minutes", 1.0),
    ("hours", 60.0),
    ("hour", 60.0),
    ("days", 1440.0),
    ("day", 1440.0),
    ("min", 1.0),
    ("天", 1440.0),
    ("日", 1440.0),
    ("周", 10_080.0),
    ("时", 60.0),
    ("分", 1.0),
    ("m", 1.0),
    ("h", 60.0),
    ("d", 1440.0),
    ("w", 10_080.0),
];

const DAYS: [(&str, u64); 6] = [
    ("大后天", 3),
    ("后天", 2),
    ("明天", 1),
    ("tomorrow", 1),
    ("今天", 0),
    ("today", 0),
];

/// A number and a unit: `+3d`, `4小时`, `1.5h`. Answers the number and the unit's minutes; no unit gives `None` for it.
pub fn span(text: &str) -> Option<(f64, Option<f64>)> {
    let text = plain(text);
    let text = text.strip_prefix('+').unwrap_or(&text);
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    if unit.is_empty() {
        return Some((number, None));
    }
    let (_, minutes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((number, Some(*minutes)))
}

/// Hours as they are typed: `4`, `+4h`, `90分`, `1d`, of which a day has `day_hours`.
pub fn hours(text: &str, day_hours: f64) -> Option<f64> {
    let (number, unit) = span(text)?;
    let hours = match unit {
        None => number,
        Some(minutes) if minutes < 1440.0 => number * minutes / 60.0,
        Some(minutes) => number * minutes / 1440.0 * day_hours,
    };
    hours.is_finite().then_some(hours)
}

/// A point in time, typed as `first` and perhaps `second`; and how many of the two words it took.
pub fn moment(
    first: &str,
    second: Option<&str>,
    now: DateTime<Utc>,
    tz: Tz,
) -> Option<(DateTime<Utc>, usize)> {
    let (text, second) = (plain(first), second.map(plain));
    if text.starts_with('+') || span(&text).is_some_and(|(_, unit)| unit.is_some()) {
        let (number, unit) = span(&text)?;
        // Beyond a century it is no deadline, and the calendar may end.
        let minutes = Some(number * unit?).filter(|m| (0.0..52_600_000.0).contains(m))?;
        let at = now.checked_add_signed(TimeDelta::seconds((minutes * 60.0).round() as i64))?;
        return Some((at, 1));
    }
    let today = now.with_timezone(&tz).date_naive();
    if let Some(time) = time_of_day(&text) {
        return Some((utc(today.and_time(time), tz)?, 1));
    }
    let (day, rest) = day(&text, today)?;
    let own = time_of_day(rest.trim_start_matches(['t', ' ']));
    if !rest.is_empty() && own.is_none() {
        return None;
    }
    let (time, words) = match (own, second.as_deref().and_then(time_of_day)) {
        (Some(time), _) => (time, 1),
        (None, Some(time)) => (time, 2),
        (None, None) => (NaiveTime::from_hms_opt(END_OF_DAY.0, END_OF_DAY.1, 0)?, 1),
    };
    Some((utc(day.and_time(time), tz)?, words))
}

fn plain(text: &str) -> String {
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// A day, and what follows it in the word.
fn day(text: &str, today: NaiveDate) -> Option<(NaiveDate, &str)> {
    for (name, ahead) in DAYS {
        if let Some(rest) = text.strip_prefix(name) {
            return Some((today.checked_add_days(Days::new(ahead))?, rest));
        }
    }
    let date_chars = |c: char| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | '年' | '月' | '日');
    let end = text.find(|c| !date_chars(c)).unwrap_or(text.len());
    let (date, rest) = text.split_at(end);
    // `11月30日18:00` has digits of the time behind the date.
    let (date, rest) = match date.rfind('日') {
        Some(at) if rest.starts_with(':') => text.split_at(at + '日'.len_utf8()),
        _ => (date, rest),
    };
    let parts: Option<Vec<i32>> = date
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect();
    let date = match parts?.as_slice() {
        [year, month, day] => of(*year, *month, *day)?,
        [month, day] => {
            let this_year = of(today.year(), *month, *day)?;
            if this_year < today {
                of(today.year() + 1, *month, *day)?
            } else {
                this_year
            }
        }
        _ => return None,
    };
    Some((date, rest))
}

fn of(year: i32, month: i32, day: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// `18:00`, `18：00`, `18点`, `18点30`.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = match text.split_once([':', '点']) {
        Some((hour, "")) if text.ends_with('点') => (hour, "0"),
        Some((hour, minute)) => (hour, minute.trim_end_matches('分')),
        None => return None,
    };
    let is_short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !is_short(hour) || !is_short(minute) {
        return None;
    }
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}

fn utc(local: NaiveDateTime, tz: Tz) -> Option<DateTime<Utc>> {
    tz.from_local_datetime(&local)
        .earliest()
        .map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TZ: Tz = chrono_tz::Asia::Shanghai;

    /// A Wednesday, 10:15 in the town.
    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 25, 2, 15, 0).unwrap()
    }

    fn read(first: &str, second: Option<&str>) -> Option<(String, usize)> {
        let (at, words) = moment(first, second, now(), TZ)?;
        Some((at.with_timezone(&TZ).format("%m-%d %H:%M").to_string(), words))
    }

    #[test]
    fn moments_are_read_in_every_way_they_are_written() {
        for (first, second, expected, words) in [
            ("+3d", None, "11-28 10:15", 1),
            ("+4h", Some("x"), "11-25 14:15", 1),
            ("+30m", None, "11-25 10:45", 1),
            ("3天", None, "11-28 10:15", 1),
            ("2小时", None, "11-25 12:15", 1),
            ("明天18:00", None, "11-26 18:00", 1),
            ("明天", Some("09:30"), "11-26 09:30", 2),
            ("明天", Some("等配件"), "11-26 18:00", 1),
            ("后天９：05", None, "11-27 09:05", 1),
            ("大后天", None, "11-28 18:00", 1),
            ("tomorrow", Some("8:00"), "11-26 08:00", 2),
            ("今天18点", None, "11-25 18:00", 1),
            ("18:30", None, "11-25 18:30", 1),
            ("2026-11-30", Some("18:00"), "11-30 18:00", 2),
            ("2026-11-30T08:00", None, "11-30 08:00", 1),
            ("2026/12/1", None, "12-01 18:00", 1),
            ("11-30", Some("12:00"), "11-30 12:00", 2),
            ("11月30日", None, "11-30 18:00", 1),
            ("11月30日17:20", None, "11-30 17:20", 1),
            ("1-2", None, "01-02 18:00", 1),
        ] {
            assert_eq!(read(first, second), Some((expected.to_owned(), words)), "{first}");
        }
        assert_eq!(moment("1-2", None, now(), TZ).unwrap().0.year(), 2027);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "+",
            "+3",
            "+3x",
            "17",
            "25:00",
            "2026-13-01",
            "02-30",
            "明天x",
            "明天25:00",
            "+1e9d",
            "+999999999999d",
            "2026-11-30-1",
        ] {
            assert_eq!(read(text, None), None, "{text}");
        }
    }

    #[test]
    fn hours_count_days_as_the_case_does() {
        assert_eq!(hours("+4h", 8.0), Some(4.0));
        assert_eq!(hours("4", 8.0), Some(4.0));
        assert_eq!(hours("90分", 8.0), Some(1.5));
        assert_eq!(hours("2d", 8.0), Some(16.0));
        assert_eq!(hours("2天", 24.0), Some(48.0));
        assert_eq!(hours("x", 8.0), None);
    }
}
