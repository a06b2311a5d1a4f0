//! The roster (排班表): which shifts there are, and which posts and teams are on which of them on which weekdays.
//!
//! A shift belongs to the weekday on which it begins: the night shift of Friday ends on Saturday morning.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::{Handler, Name, Town};

/// One shift of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Stable code, unique in the roster.
    pub code: String,
    /// What it is called.
    pub name: Name,
    /// When it begins, in the town's time.
    pub from: NaiveTime,
    /// When it ends; on the next day where this is not after [`Self::from`].
    pub to: NaiveTime,
}

/// Weekdays, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0x7f);

    /// Whether the day is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }

    /// Whether the two have a day in common.
    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<T: IntoIterator<Item = Weekday>>(days: T) -> Self {
        Self(
            days.into_iter()
                .fold(0, |set, day| set | 1 << day.num_days_from_monday()),
        )
    }
}

/// That somebody is on a shift on some weekdays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Index of the shift in [`Roster::shifts`].
    pub shift: usize,
    /// On which days.
    pub days: Weekdays,
    /// Who.
    pub who: Vec<Handler>,
}

/// A shift on a certain day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// The shift.
    pub shift: &'a Shift,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends; this moment belongs to the next shift.
    pub until: DateTime<Utc>,
}

/// The shifts that run at one moment.
#[derive(Clone, Debug)]
pub struct Running<'a> {
    turns: &'a HashMap<Handler, Vec<(usize, Weekdays)>>,
    /// By shift: the weekdays on which those that run now began.
    began: Vec<Weekdays>,
}

impl Running<'_> {
    /// Whether `who` is on one of them; `None` where the roster does not name them.
    pub fn has(&self, who: &Handler) -> Option<bool> {
        let turns = self.turns.get(who)?;
        Some(turns.iter().any(|(shift, days)| days.meets(self.began[*shift])))
    }
}

/// Who is on which shift. An empty roster has everybody always on shift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    shifts: Vec<Shift>,
    turns: HashMap<Handler, Vec<(usize, Weekdays)>>,
}

impl Roster {
    /// A roster of these shifts and turns. A turn whose shift is not there counts for nothing.
    pub fn new(shifts: Vec<Shift>, turns: Vec<Turn>) -> Self {
        let mut by_handler: HashMap<Handler, Vec<(usize, Weekdays)>> = HashMap::new();
        for turn in turns.into_iter().filter(|turn| turn.shift < shifts.len()) {
            for who in turn.who {
                by_handler.entry(who).or_default().push((turn.shift, turn.days));
            }
        }
        Self {
            shifts,
            turns: by_handler,
        }
    }

    /// All shifts, in the order of the file.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    /// Whether the roster names `who`. Whoever it does not name is always on shift.
    pub fn names(&self, who: &Handler) -> bool {
        self.turns.contains_key(who)
    }

    /// Whether `who` is on shift at `now`, a moment of the town whose time zone is `tz`.
    pub fn on_shift(&self, who: &Handler, now: DateTime<Utc>, tz: Tz) -> bool {
        self.running(now, tz).has(who).unwrap_or(true)
    }

    /// The shifts that run at `now`, worked out once for whoever is asked about.
    pub fn running(&self, now: DateTime<Utc>, tz: Tz) -> Running<'_> {
        let today = now.with_timezone(&tz).date_naive();
        let runs = |shift: &Shift, day| span(shift, day, tz).is_some_and(|span| covers(&span, now));
        let on_days = |shift: &Shift| {
            days(today, 1)
                .filter(|day| runs(shift, *day))
                .map(|day| day.weekday())
                .collect()
        };
        Running {
            turns: &self.turns,
            began: self.shifts.iter().map(on_days).collect(),
        }
    }

    /// When `who` is on shift next, after `now`; `None` where the roster does not name them, or for no shift within a week.
    pub fn next_shift(&self, who: &Handler, now: DateTime<Utc>, tz: Tz) -> Option<Span<'_>> {
        let turns = self.turns.get(who)?;
        self.spans(turns, now, tz)
            .filter(|span| span.from > now)
            .min_by_key(|span| span.from)
    }

    /// The shift of the hall at `now`: of those that run, the one that began last.
    pub fn current(&self, now: DateTime<Utc>, tz: Tz) -> Option<Span<'_>> {
        self.every_span(now, tz)
            .filter(|span| covers(span, now))
            .max_by_key(|span| span.from)
    }

    /// The shift that begins next after `now`.
    pub fn next(&self, now: DateTime<Utc>, tz: Tz) -> Option<Span<'_>> {
        self.every_span(now, tz)
            .filter(|span| span.from > now)
            .min_by_key(|span| span.from)
    }

    fn every_span(&self, now: DateTime<Utc>, tz: Tz) -> impl Iterator<Item = Span<'_>> {
        let today = now.with_timezone(&tz).date_naive();
        self.shifts
            .iter()
            .flat_map(move |shift| days(today, 2).filter_map(move |day| span(shift, day, tz)))
    }

    /// The shifts of these turns from yesterday until a week from now.
    fn spans<'a>(
        &'a self,
        turns: &'a [(usize, Weekdays)],
        now: DateTime<Utc>,
        tz: Tz,
    ) -> impl Iterator<Item = Span<'a>> {
        let today = now.with_timezone(&tz).date_naive();
        turns.iter().flat_map(move |(shift, weekdays)| {
            days(today, 8)
                .filter(|day| weekdays.contains(day.weekday()))
                .filter_map(move |day| span(&self.shifts[*shift], day, tz))
        })
    }
}

/// Yesterday, whose night shift may still run, and the days from then on.
fn days(today: NaiveDate, ahead: u64) -> impl Iterator<Item = NaiveDate> {
    let yesterday = today.pred_opt().unwrap_or(today);
    (0..=ahead).filter_map(move |n| yesterday.checked_add_days(Days::new(n)))
}

fn span(shift: &Shift, day: NaiveDate, tz: Tz) -> Option<Span<'_>> {
    let ends_on = if shift.to > shift.from {
        day
    } else {
        day.succ_opt()?
    };
    Some(Span {
        shift,
        from: moment(day.and_time(shift.from), tz)?,
        until: moment(ends_on.and_time(shift.to), tz)?,
    })
}

/// A moment by the town's clocks; where they are put forward over it, an hour later.
pub(crate) fn moment(local: NaiveDateTime, tz: Tz) -> Option<DateTime<Utc>> {
    let found = tz.from_local_datetime(&local).earliest();
    let found = found.or_else(|| {
        tz.from_local_datetime(&(local + chrono::TimeDelta::hours(1)))
            .earliest()
    })?;
    Some(found.to_utc())
}

impl Town {
    /// Whether `who` is on shift at `now`: by the roster where it names them, else by the team's own hours. `None` for a
    /// post that the roster does not name.
    pub fn on_shift(&self, who: &Handler, now: DateTime<Utc>) -> Option<bool> {
        let by_roster = self.roster.running(now, self.timezone).has(who);
        by_roster.or_else(|| match who {
            Handler::Team(code) => {
                let time = now.with_timezone(&self.timezone).time();
                self.team(code).map(|team| team.works_at(time))
            }
            Handler::Post(_) => None,
        })
    }
}

fn covers(span: &Span<'_>, now: DateTime<Utc>) -> bool {
    span.from <= now && now < span.until
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn shift(code: &str, from: &str, to: &str) -> Shift {
        Shift {
            code: code.into(),
            name: Name::default(),
            from: time(from),
            to: time(to),
        }
    }

    /// A moment in Shanghai.
    fn at(text: &str) -> DateTime<Utc> {
        let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        Shanghai.from_local_datetime(&local).unwrap().to_utc()
    }

    fn post(code: &str) -> Handler {
        Handler::Post(code.into())
    }

    fn roster() -> Roster {
        let shifts = vec![
            shift("early", "08:00", "16:00"),
            shift("late", "16:00", "00:00"),
            shift("night", "22:00", "06:00"),
        ];
        let turn = |shift, days: &[Weekday], who: &str| Turn {
            shift,
            days: days.iter().copied().collect(),
            who: vec![post(who)],
        };
        let turns = vec![
            turn(0, &[Weekday::Mon, Weekday::Tue], "A"),
            turn(1, &[Weekday::Wed], "A"),
            turn(2, &[Weekday::Fri, Weekday::Sun], "N"),
        ];
        Roster::new(shifts, turns)
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_on_which_it_begins() {
        let roster = roster();
        let on = |text| roster.on_shift(&post("N"), at(text), Shanghai);
        // 2026-11-27 is a Friday.
        assert!(!on("2026-11-27 05:59"), "Thursday's night is somebody else's");
        assert!(!on("2026-11-27 21:59"));
        assert!(on("2026-11-27 22:00"));
        assert!(on("2026-11-28 05:59"));
        assert!(!on("2026-11-28 06:00"));
        assert!(!on("2026-11-28 23:00"), "Saturday");
        assert!(on("2026-11-30 00:30"), "Sunday's night, on Monday");
    }

    #[test]
    fn weekdays_hold_and_midnight_ends_a_shift() {
        let roster = roster();
        let on = |text| roster.on_shift(&post("A"), at(text), Shanghai);
        assert!(on("2026-11-23 08:00"));
        assert!(!on("2026-11-23 16:00"), "the end belongs to the next shift");
        assert!(on("2026-11-25 23:59"));
        assert!(!on("2026-11-26 00:00"));
        let next = roster
            .next_shift(&post("A"), at("2026-11-25 20:00"), Shanghai)
            .unwrap();
        assert_eq!(
            (next.shift.code.as_str(), next.from),
            ("early", at("2026-11-30 08:00"))
        );
    }

    #[test]
    fn whoever_is_not_named_is_always_on_shift() {
        let now = at("2026-11-25 03:00");
        assert!(roster().on_shift(&post("X"), now, Shanghai));
        assert!(Roster::default().on_shift(&post("A"), now, Shanghai));
        assert_eq!(Roster::default().current(now, Shanghai), None);
    }

    #[test]
    fn of_shifts_that_overlap_the_last_to_begin_names_the_hall() {
        let roster = roster();
        let name = |text| {
            roster
                .current(at(text), Shanghai)
                .map(|span| span.shift.code.clone())
        };
        assert_eq!(name("2026-11-25 12:00").as_deref(), Some("early"));
        assert_eq!(name("2026-11-25 22:30").as_deref(), Some("night"));
        assert_eq!(name("2026-11-25 07:00"), None);
        let next = roster.next(at("2026-11-25 07:00"), Shanghai).unwrap();
        assert_eq!(next.from, at("2026-11-25 08:00"));
    }

    proptest! {
        /// Against the plain way: minutes of the week that a turn covers, marked one by one.
        #[test]
        fn agrees_with_marking_every_minute(
            from in 0u32..1440, long in 1u32..=1440, days in 0u8..128, at_minute in 0i64..20160
        ) {
            let time = |m: u32| NaiveTime::from_num_seconds_from_midnight_opt(m % 1440 * 60, 0).unwrap();
            let shift = Shift { code: "s".into(), name: Name::default(), from: time(from), to: time(from + long) };
            let turn = Turn { shift: 0, days: Weekdays(days), who: vec![post("A")] };
            let roster = Roster::new(vec![shift], vec![turn]);
            let monday = at("2026-11-23 00:00");
            let covered = (0..7u32).filter(|day| days & 1 << day != 0).any(|day| {
                (-1i64..3).any(|week| {
                    let start = week * 10080 + i64::from(day * 1440 + from);
                    (start..start + i64::from(long)).contains(&at_minute)
                })
            });
            let now = monday + chrono::TimeDelta::minutes(at_minute);
            prop_assert_eq!(roster.on_shift(&post("A"), now, Shanghai), covered);
        }
    }
}
