//! Working days and working hours of the town, with swapped working days (调休).
//!
//! A moment counts where its time of day, by the clocks of the town, lies within the working hours of a working day.
//! That holds also where clocks are put forward or back: an hour that comes twice counts twice, one that is left out
//! counts not at all.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc, Weekday,
};
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// Days that differ from their weekday, with their name.
    pub days: BTreeMap<NaiveDate, (DayKind, String)>,
    /// Years for which the data is complete; outside, only weekends are known.
    pub years: Option<RangeInclusive<i32>>,
    /// Working hours of a working day, in order, not overlapping. Where there are none, all time is working time.
    pub hours: Vec<(NaiveTime, NaiveTime)>,
    /// Where the days come from, as the file says; empty where it does not.
    pub source: String,
    /// The file that it was read from, if from any.
    pub file: Option<PathBuf>,
}

/// A stretch of one day that counts as a whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The day, by the clocks of the town.
    pub day: NaiveDate,
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub to: DateTime<Utc>,
    /// Whether it is working time.
    pub working: bool,
}

/// The longest limit that is understood; a thousand years.
const LONGEST: TimeDelta = TimeDelta::days(365_250);

/// So many hours as a span, to the second. What is no number, or less than nothing, is nothing.
pub fn span_of_hours(hours: f64) -> TimeDelta {
    if hours.is_nan() || hours <= 0.0 {
        return TimeDelta::zero();
    }
    let most = LONGEST.num_seconds() as f64;
    TimeDelta::seconds((hours * 3600.0).round().min(most) as i64)
}

impl Calendar {
    /// Whether the day's holidays are known, not guessed from its weekday.
    pub fn knows(&self, day: NaiveDate) -> bool {
        self.years
            .as_ref()
            .is_some_and(|years| years.contains(&day.year()))
    }

    /// Whether the holidays of all days between two moments are known, and the working hours, too.
    pub fn knows_span(&self, from: DateTime<Utc>, to: DateTime<Utc>, tz: Tz) -> bool {
        let last = if to > from {
            to - TimeDelta::nanoseconds(1)
        } else {
            from
        };
        !self.hours.is_empty() && self.knows(day_of(from, tz)) && self.knows(day_of(last, tz))
    }

    /// Whether people work on that day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some((DayKind::Holiday, _)) => false,
            Some((DayKind::Workday, _)) => true,
            None => !is_weekend(day),
        }
    }

    /// The time that counts between two moments: all of it by the wall clock, or working time in `tz` only. Nothing
    /// where `to` comes first.
    pub fn counted(&self, from: DateTime<Utc>, to: DateTime<Utc>, working: bool, tz: Tz) -> TimeDelta {
        if to <= from {
            return TimeDelta::zero();
        }
        if !working || self.counts_all() {
            return to - from;
        }
        Stretches::new(from, to, tz)
            .map(|stretch| self.counted_by_local_clock(stretch.from, stretch.to))
            .sum()
    }

    /// The moment at which `hours` have passed since `from`: by the wall clock, or counting working time in `tz` only.
    /// Where the calendar does not know all the days in between ([`Self::knows_span`]), the unknown ones followed
    /// their weekday.
    pub fn after(&self, from: DateTime<Utc>, hours: f64, working_time: bool, tz: Tz) -> DateTime<Utc> {
        self.reached(from, span_of_hours(hours), working_time, tz)
    }

    /// The first moment by which `limit` has counted since `from`. At the very end of time, that end.
    pub fn reached(&self, from: DateTime<Utc>, limit: TimeDelta, working: bool, tz: Tz) -> DateTime<Utc> {
        if limit <= TimeDelta::zero() || from >= LAST {
            return from;
        }
        let later =
            |at: DateTime<Utc>, by: TimeDelta| at.checked_add_signed(by).map_or(LAST, |at| at.min(LAST));
        if !working || self.counts_all() {
            return later(from, limit);
        }
        // Most limits end within days.
        let mut stride = TimeDelta::days(16);
        let mut at = later(from, stride);
        let mut left = match self.walk(from, at, limit, tz) {
            Ok(reached) => return reached,
            Err(left) => left,
        };
        // Longer and longer strides until the limit lies within one, then shorter and shorter ones.
        loop {
            let next = later(at, stride);
            let counted = self.counted(at, next, true, tz);
            if counted >= left {
                break;
            }
            if next == LAST {
                return LAST;
            }
            (at, left, stride) = (next, left - counted, stride * 2);
        }
        while stride > TimeDelta::days(1) {
            stride = stride / 2;
            let half = later(at, stride);
            let counted = self.counted(at, half, true, tz);
            if counted < left {
                (at, left) = (half, left - counted);
            }
        }
        let end = later(at, stride);
        self.walk(at, end, left, tz).unwrap_or(end)
    }

    /// Goes from day to day until `left` has counted, at most until `to`; there, what is left of it comes back.
    fn walk(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        mut left: TimeDelta,
        tz: Tz,
    ) -> Result<DateTime<Utc>, TimeDelta> {
        for stretch in Stretches::new(from, to, tz) {
            let mut day = stretch.from.date();
            while midnight(day) < stretch.to {
                if self.is_working_day(day) {
                    for (opens, closes) in &self.hours {
                        let start = day.and_time(*opens).max(stretch.from);
                        let length = day.and_time(*closes).min(stretch.to) - start;
                        if length >= left {
                            return Ok(stretch.utc(start + left));
                        }
                        left -= length.max(TimeDelta::zero());
                    }
                }
                let Some(next) = day.succ_opt() else { break };
                day = next;
            }
        }
        Err(left)
    }

    /// The time between two moments cut up by days and working hours, without gaps. One step for each, so not for ages.
    pub fn pieces(&self, from: DateTime<Utc>, to: DateTime<Utc>, tz: Tz) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if to <= from {
            return pieces;
        }
        for stretch in Stretches::new(from, to, tz) {
            let mut at = stretch.from;
            while at < stretch.to {
                let day = at.date();
                let next_day = midnight(day).checked_add_days(Days::new(1));
                let end = next_day.map_or(stretch.to, |next| next.min(stretch.to));
                self.pieces_of_day(day, at, end, |from, to, working| {
                    let (from, to) = (stretch.utc(from), stretch.utc(to));
                    pieces.push(Piece {
                        day,
                        from,
                        to,
                        working,
                    });
                });
                at = end;
            }
        }
        pieces
    }

    fn pieces_of_day(
        &self,
        day: NaiveDate,
        from: NaiveDateTime,
        to: NaiveDateTime,
        mut piece: impl FnMut(NaiveDateTime, NaiveDateTime, bool),
    ) {
        if self.counts_all() {
            return piece(from, to, true);
        }
        let mut at = from;
        if self.is_working_day(day) {
            for (opens, closes) in &self.hours {
                let (opens, closes) = (day.and_time(*opens).max(at), day.and_time(*closes).min(to));
                if opens >= closes {
                    continue;
                }
                if at < opens {
                    piece(at, opens, false);
                }
                piece(opens, closes, true);
                at = closes;
            }
        }
        if at < to {
            piece(at, to, false);
        }
    }

    /// Whether there are no working hours that could be told from other time.
    fn counts_all(&self) -> bool {
        self.hours.iter().all(|(opens, closes)| opens >= closes)
    }

    /// Working time between two moments of clocks that nobody puts forward or back.
    fn counted_by_local_clock(&self, from: NaiveDateTime, to: NaiveDateTime) -> TimeDelta {
        let (first, last) = (from.date(), to.date());
        let day_end = TimeDelta::days(1);
        let time = |at: NaiveDateTime| at.time() - NaiveTime::MIN;
        if first == last {
            return self.counted_of_day(first, time(from), time(to));
        }
        let whole_days = first
            .succ_opt()
            .map_or(0, |second| self.working_days(second, last));
        let whole_day = self.hours_between(TimeDelta::zero(), day_end);
        self.counted_of_day(first, time(from), day_end)
            + whole_day * i32::try_from(whole_days).unwrap_or(i32::MAX)
            + self.counted_of_day(last, TimeDelta::zero(), time(to))
    }

    /// Working time of a day between two times since midnight.
    fn counted_of_day(&self, day: NaiveDate, from: TimeDelta, to: TimeDelta) -> TimeDelta {
        if self.is_working_day(day) {
            self.hours_between(from, to)
        } else {
            TimeDelta::zero()
        }
    }

    /// Working hours of a working day between two times since midnight.
    fn hours_between(&self, from: TimeDelta, to: TimeDelta) -> TimeDelta {
        let since_midnight = |time: &NaiveTime| *time - NaiveTime::MIN;
        self.hours
            .iter()
            .map(|(opens, closes)| since_midnight(closes).min(to) - since_midnight(opens).max(from))
            .filter(|open| *open > TimeDelta::zero())
            .sum()
    }

    /// Working days from `first` on, without `end`: weekdays by arithmetic, put right by the entries in between.
    fn working_days(&self, first: NaiveDate, end: NaiveDate) -> i64 {
        if end <= first {
            return 0;
        }
        let entries: i64 = self
            .days
            .range(first..end)
            .map(|(day, (kind, _))| match (kind, is_weekend(*day)) {
                (DayKind::Holiday, false) => -1,
                (DayKind::Workday, true) => 1,
                _ => 0,
            })
            .sum();
        weekdays_before(end) - weekdays_before(first) + entries
    }
}

/// The day of a moment by the clocks of `tz`.
pub fn day_of(at: DateTime<Utc>, tz: Tz) -> NaiveDate {
    let at = inside(at);
    local(at, offset(at, tz)).date()
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Weekdays since Monday, 1 January of the year 1.
fn weekdays_before(day: NaiveDate) -> i64 {
    let days = i64::from(day.num_days_from_ce()) - 1;
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
}

fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

/// The first moment, three days after the beginning of time, so that it has a local time in every zone.
const FIRST: DateTime<Utc> = moment(-8_334_600_969_600);
/// The last one, three days before its end.
const LAST: DateTime<Utc> = moment(8_210_266_617_599);

const fn moment(seconds: i64) -> DateTime<Utc> {
    match DateTime::from_timestamp(seconds, 0) {
        Some(at) => at,
        None => DateTime::UNIX_EPOCH,
    }
}

fn inside(at: DateTime<Utc>) -> DateTime<Utc> {
    at.clamp(FIRST, LAST)
}

/// How far the clocks of `tz` are ahead of UTC.
fn offset(at: DateTime<Utc>, tz: Tz) -> TimeDelta {
    let offset = tz.offset_from_utc_datetime(&at.naive_utc()).fix();
    TimeDelta::seconds(i64::from(offset.local_minus_utc()))
}

fn local(at: DateTime<Utc>, offset: TimeDelta) -> NaiveDateTime {
    at.naive_utc() + offset
}

/// A stretch of time in which nobody puts the clocks forward or back.
struct Stretch {
    from: NaiveDateTime,
    to: NaiveDateTime,
    offset: TimeDelta,
}

impl Stretch {
    fn utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        (local - self.offset).and_utc()
    }
}

/// Cuts a span where the clocks of a zone are put forward or back.
struct Stretches {
    at: DateTime<Utc>,
    end: DateTime<Utc>,
    tz: Tz,
}

/// Clocks are looked at once in so long. The soonest that any zone put them back again was a week (Recife, in October
/// 2000).
const LOOK: TimeDelta = TimeDelta::days(6);

/// The time of which time zones know anything: nobody changed clocks before, and nobody has decided on what comes after.
const ZONE_YEARS: (i64, i64) = (-5_364_662_400, 4_133_980_800); // 1800-01-01 to 2101-01-01

impl Stretches {
    fn new(from: DateTime<Utc>, to: DateTime<Utc>, tz: Tz) -> Self {
        Self {
            at: inside(from),
            end: inside(to),
            tz,
        }
    }

    /// The next moment at which to look whether clocks have changed.
    fn next_look(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = at.timestamp();
        let next = match ZONE_YEARS {
            (first, _) if seconds < first => DateTime::from_timestamp(first, 0),
            (_, last) if seconds >= last => None,
            _ => at.checked_add_signed(LOOK),
        };
        next.map_or(self.end, |next| next.min(self.end))
    }

    /// The second at which the clocks change between two moments.
    fn change_between(&self, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
        let was = offset(before, self.tz);
        let (mut low, mut high) = (before.timestamp(), after.timestamp());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match DateTime::from_timestamp(middle, 0) {
                Some(at) if offset(at, self.tz) == was => low = middle,
                _ => high = middle,
            }
        }
        DateTime::from_timestamp(high, 0).unwrap_or(after)
    }
}

impl Iterator for Stretches {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        let from = self.at;
        if from >= self.end {
            return None;
        }
        let ahead = offset(from, self.tz);
        let mut to = from;
        while to < self.end {
            let next = self.next_look(to);
            if offset(next, self.tz) == ahead {
                to = next;
            } else {
                to = self.change_between(to, next);
                break;
            }
        }
        self.at = to;
        Some(Stretch {
            from: local(from, ahead),
            to: local(to, ahead),
            offset: ahead,
        })
    }
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
            ..Calendar::default()
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

    #[test]
    fn whole_years_are_counted_by_arithmetic() {
        let (c, tz) = (calendar(), chrono_tz::Asia::Shanghai);
        // 261 weekdays in 2026, two of them off, one Saturday worked.
        let counted = c.counted(
            at("2026-01-01T00:00:00+08:00"),
            at("2027-01-01T00:00:00+08:00"),
            true,
            tz,
        );
        assert_eq!(counted, TimeDelta::hours(260 * 7));
        // A limit of more than a year; the old way gave up there.
        assert_eq!(
            c.after(at("2026-01-01T00:00:00+08:00"), 260.0 * 7.0 + 1.0, true, tz),
            at("2027-01-01T10:00:00+08:00")
        );
    }

    #[test]
    fn an_hour_that_comes_twice_counts_twice_and_one_left_out_does_not() {
        let night = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let every_day = NaiveDate::from_ymd_opt(2026, 1, 1)
            .unwrap()
            .iter_days()
            .take(365)
            .map(|day| (day, (DayKind::Workday, "x".to_owned())));
        let c = Calendar {
            days: every_day.collect(),
            hours: vec![(night(0), night(4))],
            ..Calendar::default()
        };
        let tz = chrono_tz::Europe::London;
        let day = |from, to| c.counted(at(from), at(to), true, tz).num_hours();
        assert_eq!(day("2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z"), 4);
        assert_eq!(day("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"), 3);
        assert_eq!(day("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"), 5);
        let pieces = c.pieces(at("2026-10-24T23:00:00Z"), at("2026-10-26T00:00:00Z"), tz);
        let working: i64 = pieces
            .iter()
            .filter(|piece| piece.working)
            .map(|piece| (piece.to - piece.from).num_hours())
            .sum();
        assert_eq!(working, 5);
    }

    #[test]
    fn the_ends_of_time_and_broken_limits_do_no_harm() {
        let (c, tz) = (calendar(), chrono_tz::Australia::Lord_Howe);
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        assert!(c.counted(first, last, true, tz) > TimeDelta::zero());
        assert_eq!(c.counted(last, first, true, tz), TimeDelta::zero());
        assert!(!c.knows_span(first, last, tz));
        for from in [first, last, at("2026-10-01T00:00:00Z")] {
            for hours in [0.0, -1.0, 1.0, 1e300, f64::NAN, f64::INFINITY] {
                for working in [true, false] {
                    assert!(c.after(from, hours, working, tz) >= from, "{from} {hours}");
                }
            }
        }
        let margin = TimeDelta::days(3);
        assert_eq!(
            (FIRST - first, last - LAST),
            (margin, margin + TimeDelta::nanoseconds(999_999_999))
        );
        let edge = TimeDelta::days(2);
        assert!(!c.pieces(last - edge - edge, last, tz).is_empty());
        assert!(!c.pieces(first, first + edge + edge, tz).is_empty());
    }

    #[test]
    fn without_working_hours_all_time_counts() {
        let c = Calendar::default();
        let tz = chrono_tz::Asia::Shanghai;
        let (from, to) = (at("2026-10-03T20:00:00+08:00"), at("2026-10-04T02:00:00+08:00"));
        assert_eq!(c.counted(from, to, true, tz), TimeDelta::hours(6));
        assert_eq!(c.after(from, 6.0, true, tz), to);
        assert_eq!(c.pieces(from, to, tz).len(), 2, "one for each day");
        assert!(!c.knows_span(from, to, tz));
    }

    #[test]
    fn a_span_is_known_if_its_first_and_last_day_are() {
        let (c, tz) = (calendar(), chrono_tz::Asia::Shanghai);
        let knows = |from, to| c.knows_span(at(from), at(to), tz);
        let new_year = "2027-01-01T00:00:00+08:00";
        assert!(
            knows("2026-01-01T00:00:00+08:00", new_year),
            "midnight belongs to no day"
        );
        assert!(!knows("2026-12-31T00:00:00+08:00", "2027-01-01T00:00:01+08:00"));
        assert!(!knows(new_year, new_year));
    }
}
