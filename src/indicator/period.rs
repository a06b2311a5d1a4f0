//! Periods: a day, a week, a month, a quarter, a year, the last N days, or any days, by the clocks of the town.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// The first and the last year that a period can lie in.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;

/// At most so many days of a rolling period: ten years.
pub const ROLLING_MAX: u32 = 3660;

/// What kind of period it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// One day.
    Day,
    /// A week of ISO 8601, from Monday on.
    Week,
    /// A month of the calendar.
    Month,
    /// Three months, from January, April, July or October on.
    Quarter,
    /// A year of the calendar.
    Year,
    /// So many days up to one day.
    Rolling,
    /// Any days.
    Range,
}

/// Whole days by the clocks of the town, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// What kind it is.
    pub kind: PeriodKind,
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day, not before the first.
    pub last: NaiveDate,
}

/// With which other period a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The period just before, of the same kind and length.
    LastPeriod,
    /// The same period one year before.
    LastYear,
}

impl Against {
    /// Both, in the order of menus.
    pub const ALL: [Self; 2] = [Self::LastPeriod, Self::LastYear];

    /// The word that stands for it in data and on the shell.
    pub fn code(self) -> &'static str {
        match self {
            Self::LastPeriod => "last-period",
            Self::LastYear => "last-year",
        }
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|against| against.code() == text)
    }
}

/// Why a text names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It is written in none of the ways.
    #[error(
        "'{0}' is no period: expected a day 2026-11-25, a week 2026-W47, a month 2026-11, a quarter 2026-Q4, a year 2026, \
         last-30-days, or days 2026-01-01..2026-03-31"
    )]
    Form(String),
    /// The calendar has no such day, week, month or quarter, or the year is out of range.
    #[error("'{0}': there is no such day, week, month or quarter between the years 1900 and 2999")]
    NoSuchDay(String),
    /// The last day comes before the first.
    #[error("'{0}': the last day comes before the first")]
    Backwards(String),
}

impl Period {
    /// Reads a name: `2019`, `2026-Q4`, `2026-11`, `2026-W47`, `2026-11-25`, `last-30-days`, `2026-01-01..2026-03-31`.
    /// `today` is the day at which the last N days end.
    ///
    /// # Errors
    /// [`PeriodError`] with what would be right.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, PeriodError> {
        let text = text.trim();
        let form = || PeriodError::Form(text.to_owned());
        let missing = || PeriodError::NoSuchDay(text.to_owned());
        if let Some((from, to)) = text.split_once("..") {
            let first = day(from.trim()).ok_or_else(form)?.ok_or_else(missing)?;
            let last = day(to.trim()).ok_or_else(form)?.ok_or_else(missing)?;
            return Self::range(first, last).ok_or_else(|| PeriodError::Backwards(text.to_owned()));
        }
        if let Some(days) = text
            .strip_prefix("last-")
            .and_then(|rest| rest.strip_suffix("-days"))
        {
            let days = number(days, 4).ok_or_else(form)?;
            return Self::rolling(days, today).ok_or_else(form);
        }
        if let Some(day) = day(text) {
            return day.map(Self::day).ok_or_else(missing);
        }
        let (year, rest) = match text.split_once('-') {
            Some((year, rest)) => (year, Some(rest)),
            None => (text, None),
        };
        let year = (year.len() == 4)
            .then(|| number(year, 4))
            .flatten()
            .ok_or_else(form)? as i32;
        let found = match rest {
            None => Self::year(year),
            Some(rest) => match (rest.strip_prefix('W'), rest.strip_prefix('Q')) {
                (Some(week), _) => Self::week(year, number(week, 2).ok_or_else(form)?),
                (_, Some(quarter)) => Self::quarter(year, number(quarter, 1).ok_or_else(form)?),
                _ if rest.len() == 2 => Self::month(year, number(rest, 2).ok_or_else(form)?),
                _ => return Err(form()),
            },
        };
        found.ok_or_else(missing)
    }

    fn of(kind: PeriodKind, first: NaiveDate, last: NaiveDate) -> Option<Self> {
        let known = first <= last && YEARS.contains(&first.year()) && YEARS.contains(&last.year());
        known.then_some(Self { kind, first, last })
    }

    /// One day.
    pub fn day(day: NaiveDate) -> Self {
        Self {
            kind: PeriodKind::Day,
            first: day,
            last: day,
        }
    }

    /// A week of ISO 8601. `None` where there is no such week.
    pub fn week(year: i32, week: u32) -> Option<Self> {
        let first = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
        Self::of(PeriodKind::Week, first, first.checked_add_days(Days::new(6))?)
    }

    /// The week that the day lies in.
    pub fn week_of(day: NaiveDate) -> Option<Self> {
        Self::week(day.iso_week().year(), day.iso_week().week())
    }

    /// A month, from 1 to 12. `None` where there is no such month.
    pub fn month(year: i32, month: u32) -> Option<Self> {
        Self::months(PeriodKind::Month, year, month, 1)
    }

    /// A quarter, from 1 to 4. `None` where there is no such quarter.
    pub fn quarter(year: i32, quarter: u32) -> Option<Self> {
        let month = quarter.checked_sub(1)?.checked_mul(3)?.checked_add(1)?;
        Self::months(PeriodKind::Quarter, year, month, 3)
    }

    /// A year. `None` out of range.
    pub fn year(year: i32) -> Option<Self> {
        Self::months(PeriodKind::Year, year, 1, 12)
    }

    fn months(kind: PeriodKind, year: i32, month: u32, months: u32) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let last = first.checked_add_months(Months::new(months))?.pred_opt()?;
        Self::of(kind, first, last)
    }

    /// So many days, the last of which is `end`. `None` for no days, or too many.
    pub fn rolling(days: u32, end: NaiveDate) -> Option<Self> {
        if days == 0 || days > ROLLING_MAX {
            return None;
        }
        let first = end.checked_sub_days(Days::new(u64::from(days) - 1))?;
        Self::of(PeriodKind::Rolling, first, end)
    }

    /// Any days, both ends included. `None` where the last comes first.
    pub fn range(first: NaiveDate, last: NaiveDate) -> Option<Self> {
        Self::of(PeriodKind::Range, first, last)
    }

    /// How many days it has.
    pub fn days(&self) -> u32 {
        (self.last - self.first).num_days() as u32 + 1
    }

    /// The period just before, of the same kind and length. `None` at the beginning of time.
    pub fn previous(&self) -> Option<Self> {
        let before = self.first.pred_opt()?;
        match self.kind {
            PeriodKind::Day => Self::of(self.kind, before, before),
            PeriodKind::Week => Self::week_of(before),
            PeriodKind::Month => Self::month(before.year(), before.month()),
            PeriodKind::Quarter => Self::quarter(before.year(), before.month0() / 3 + 1),
            PeriodKind::Year => Self::year(before.year()),
            PeriodKind::Rolling | PeriodKind::Range => {
                let first = before.checked_sub_days(Days::new(u64::from(self.days()) - 1))?;
                Self::of(self.kind, first, before)
            }
        }
    }

    /// The same period one year before: the same dates, or the week with the same number (the last one of the year where
    /// that year has no such week). A 29 February becomes the 28th.
    pub fn last_year(&self) -> Option<Self> {
        let back = |day: NaiveDate| day.checked_sub_months(Months::new(12));
        match self.kind {
            PeriodKind::Week => {
                let (year, week) = (self.first.iso_week().year(), self.first.iso_week().week());
                Self::week(year - 1, week).or_else(|| Self::week(year - 1, week - 1))
            }
            PeriodKind::Month => Self::month(self.first.year() - 1, self.first.month()),
            PeriodKind::Quarter => Self::quarter(self.first.year() - 1, self.first.month0() / 3 + 1),
            PeriodKind::Year => Self::year(self.first.year() - 1),
            PeriodKind::Rolling => Self::rolling(self.days(), back(self.last)?),
            PeriodKind::Day | PeriodKind::Range => Self::of(self.kind, back(self.first)?, back(self.last)?),
        }
    }

    /// The other period that this one is compared with.
    pub fn against(&self, against: Against) -> Option<Self> {
        match against {
            Against::LastPeriod => self.previous(),
            Against::LastYear => self.last_year(),
        }
    }

    /// Its parts of another kind, in order, without gaps: the first and the last one may reach beyond it. At most `most`,
    /// the last ones.
    pub fn parts(&self, kind: PeriodKind, most: usize) -> Vec<Self> {
        let mut next = match kind {
            PeriodKind::Week => Self::week_of(self.last),
            PeriodKind::Month => Self::month(self.last.year(), self.last.month()),
            PeriodKind::Quarter => Self::quarter(self.last.year(), self.last.month0() / 3 + 1),
            PeriodKind::Year => Self::year(self.last.year()),
            PeriodKind::Day | PeriodKind::Rolling | PeriodKind::Range => Some(Self::day(self.last)),
        };
        let mut parts = Vec::new();
        while let Some(part) = next.filter(|part| part.last >= self.first && parts.len() < most) {
            parts.push(part);
            next = part.previous();
        }
        parts.reverse();
        parts
    }

    /// Its first moment, and the first moment after it, by the clocks of `tz`.
    pub fn bounds(&self, tz: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let after = self.last.succ_opt().unwrap_or(self.last);
        (midnight(self.first, tz), midnight(after, tz))
    }

    /// Its name, which [`Self::parse`] reads again; that of the last N days as their first and last day.
    pub fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first;
        match self.kind {
            PeriodKind::Day => write!(f, "{first}"),
            PeriodKind::Week => write!(f, "{}-W{:02}", first.iso_week().year(), first.iso_week().week()),
            PeriodKind::Month => write!(f, "{}", first.format("%Y-%m")),
            PeriodKind::Quarter => write!(f, "{}-Q{}", first.year(), first.month0() / 3 + 1),
            PeriodKind::Year => write!(f, "{}", first.year()),
            PeriodKind::Rolling | PeriodKind::Range => write!(f, "{first}..{}", self.last),
        }
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The first moment of a day by the clocks of `tz`: midnight, or the first moment after it where clocks are put forward then.
pub fn midnight(day: NaiveDate, tz: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let found = tz.from_local_datetime(&midnight).earliest().or_else(|| {
        // A quarter of an hour is the smallest step that clocks have been put forward by.
        (1..=96).find_map(|quarter| {
            let later = midnight.checked_add_signed(TimeDelta::minutes(15 * quarter))?;
            tz.from_local_datetime(&later).earliest()
        })
    });
    found.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

/// `None` where it is not written as a day; the inner one where there is no such day.
fn day(text: &str) -> Option<Option<NaiveDate>> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let day = NaiveDate::from_ymd_opt(year as i32, month, day);
    Some(day.filter(|day| YEARS.contains(&day.year())))
}

/// A whole number of at most so many digits, and nothing else.
fn number(text: &str, digits: usize) -> Option<u32> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 25).unwrap()
    }

    fn parse(text: &str) -> Period {
        Period::parse(text, today()).unwrap()
    }

    fn ends(text: &str) -> (String, String) {
        let period = parse(text);
        (period.first.to_string(), period.last.to_string())
    }

    #[test]
    fn names_are_read() {
        let days = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(ends("2019"), days("2019-01-01", "2019-12-31"));
        assert_eq!(ends("2026-Q4"), days("2026-10-01", "2026-12-31"));
        assert_eq!(ends("2024-02"), days("2024-02-01", "2024-02-29"));
        assert_eq!(ends("2026-W48"), days("2026-11-23", "2026-11-29"));
        assert_eq!(ends("2020-W53"), days("2020-12-28", "2021-01-03"));
        assert_eq!(ends("2026-11-25"), days("2026-11-25", "2026-11-25"));
        assert_eq!(ends("last-30-days"), days("2026-10-27", "2026-11-25"));
        assert_eq!(ends(" 2026-01-01..2026-03-31 "), days("2026-01-01", "2026-03-31"));
    }

    #[test]
    fn what_is_no_period_says_so() {
        let error = |text: &str| Period::parse(text, today()).unwrap_err();
        for text in [
            "",
            "x",
            "19",
            "02019",
            "2019-",
            "2019-1",
            "2019-Q",
            "2019-W",
            "+2019",
            "2019-1-1",
            "last-0-days",
            "last--days",
            "last-99999-days",
            "2019..2020",
            "２０１９",
            "2019-01-01..",
            "2019-01-01-01",
        ] {
            assert_eq!(error(text), PeriodError::Form(text.to_owned()), "{text}");
        }
        for text in [
            "2019-13",
            "2019-00",
            "2019-Q5",
            "2019-Q0",
            "2019-W54",
            "2021-W53",
            "2019-02-29",
            "0001",
            "1899",
        ] {
            assert_eq!(error(text), PeriodError::NoSuchDay(text.to_owned()), "{text}");
        }
        assert!(matches!(
            error("2026-03-31..2026-01-01"),
            PeriodError::Backwards(_)
        ));
    }

    #[test]
    fn last_year_of_odd_days() {
        assert_eq!(parse("2024-02-29").last_year(), Some(parse("2023-02-28")));
        assert_eq!(parse("2020-W53").last_year(), Some(parse("2019-W52")));
        assert_eq!(parse("2024-02").last_year(), Some(parse("2023-02")));
        assert_eq!(parse("1900").last_year(), None);
        assert_eq!(parse("1900").previous(), None);
        let rolling = parse("last-30-days").last_year().unwrap();
        assert_eq!(
            (rolling.days(), rolling.last.to_string()),
            (30, "2025-11-25".to_owned())
        );
    }

    #[test]
    fn days_begin_when_the_town_s_do() {
        let shenzhen: Tz = "Asia/Shanghai".parse().unwrap();
        let (from, until) = parse("2026-11-25").bounds(shenzhen);
        assert_eq!(from.to_rfc3339(), "2026-11-24T16:00:00+00:00");
        assert_eq!(until - from, TimeDelta::hours(24));
        // In 1991 clocks went forward on 14 April, at two in the morning; in Cairo they go forward at midnight.
        let (from, until) = parse("1991-04-14").bounds(shenzhen);
        assert_eq!(until - from, TimeDelta::hours(23));
        let cairo: Tz = "Africa/Cairo".parse().unwrap();
        let (from, until) = parse("2026-04-24").bounds(cairo);
        assert_eq!(
            (from.to_rfc3339().as_str(), until - from),
            ("2026-04-23T22:00:00+00:00", TimeDelta::hours(23))
        );
    }

    fn any_period() -> impl Strategy<Value = Period> {
        let day = (1950..2100_i32, 1..=366_u32).prop_map(|(year, day)| {
            NaiveDate::from_yo_opt(year, day).unwrap_or_else(|| NaiveDate::from_yo_opt(year, 1).unwrap())
        });
        (day, 0..7_usize, 1..400_u32).prop_map(|(day, kind, days)| {
            match kind {
                0 => Some(Period::day(day)),
                1 => Period::week_of(day),
                2 => Period::month(day.year(), day.month()),
                3 => Period::quarter(day.year(), day.month0() / 3 + 1),
                4 => Period::year(day.year()),
                5 => Period::rolling(days, day),
                _ => Period::range(day, day + Days::new(u64::from(days))),
            }
            .unwrap()
        })
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_gap_or_overlap(
            period in any_period(),
            zone in prop::sample::select(vec!["Asia/Shanghai", "UTC", "Africa/Cairo", "America/Sao_Paulo"]),
        ) {
            let tz: Tz = zone.parse().unwrap();
            let before = period.previous().unwrap();
            prop_assert_eq!(before.bounds(tz).1, period.bounds(tz).0);
            let (from, until) = period.bounds(tz);
            prop_assert!(from < until);
            prop_assert_eq!(from.with_timezone(&tz).date_naive() >= period.first, true);
            // The moment before the end still lies in its last day.
            let last = (until - TimeDelta::milliseconds(1)).with_timezone(&tz).date_naive();
            prop_assert!(last <= period.last);
            if !matches!(period.kind, PeriodKind::Rolling) {
                prop_assert_eq!(Period::parse(&period.name(), today()).unwrap(), period);
            }
        }

        #[test]
        fn parts_cover_a_period(period in any_period(), kind in 0..5_usize) {
            let kind = [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year][kind];
            let parts = period.parts(kind, usize::MAX);
            prop_assert!(parts[0].first <= period.first && parts[parts.len() - 1].last >= period.last);
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].last.succ_opt(), Some(pair[1].first));
            }
        }

        #[test]
        fn no_text_is_fatal(text in ".{0,24}") {
            let _ = Period::parse(&text, today());
        }
    }
}
