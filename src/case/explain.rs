//! Why a clock stands where it stands: which time counted, which did not, and why.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::town::Calendar;
use crate::town::calendar::{DayKind, Piece, day_of, span_of_hours};

use super::Case;
use super::clock::{Deadline, Extension, Pause, Term, soon_of, step_term, whole_term};

/// So many days are told one by one; those after them are summed up.
pub const DETAIL_DAYS: u64 = 45;
/// Up to so many days, the breaks within a day are told, too.
pub const HOURLY_DAYS: i64 = 7;
/// At most so many unknown years are named.
const MAX_YEARS: usize = 8;

/// What a stretch of time is to a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// It counts.
    Counted,
    /// It counts: a day on a weekend that is worked in exchange (调休), with its name.
    SwappedWorkday(String),
    /// It counts, as its weekday says: the calendar does not know that year.
    UnknownYear,
    /// Before, between or after the working hours of a working day.
    OutsideHours,
    /// Saturday or Sunday.
    Weekend,
    /// A day off, with its name.
    Holiday(String),
    /// Suspended (挂账).
    Paused {
        /// The post that approved it.
        by: Arc<str>,
        /// Why.
        reason: String,
    },
}

impl SpanKind {
    /// Whether it counts.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Counted | Self::SwappedWorkday(_) | Self::UnknownYear)
    }
}

/// A stretch of time of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub to: DateTime<Utc>,
    /// The day on which it begins, by the clocks of the town.
    pub day: NaiveDate,
    /// How much of it counts. Less than its length where breaks within a day are left out.
    pub counted: TimeDelta,
    /// What it is.
    pub kind: SpanKind,
}

/// What comes after the days that are told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// The first moment after it.
    pub to: DateTime<Utc>,
    /// How many days, begun ones included.
    pub days: usize,
    /// How much of it has counted so far.
    pub counted: TimeDelta,
}

/// Why a clock stands where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// When it is soon due, and when it is due.
    pub deadline: Deadline,
    /// Until when the time was counted: now, or the end of the case.
    pub until: DateTime<Utc>,
    /// Whether the case has ended.
    pub ended: bool,
    /// Whether only working time counts.
    pub working: bool,
    /// The limit without extensions.
    pub base: TimeDelta,
    /// By how much it was extended.
    pub extended: TimeDelta,
    /// The limit that holds. Other than `base` and `extended` together where the deadline was promised in another way.
    pub limit: TimeDelta,
    /// Whether the deadline was promised in another way than by the limit and today's calendar.
    pub promised: bool,
    /// The extensions.
    pub extensions: Vec<Extension>,
    /// How much has counted so far.
    pub counted: TimeDelta,
    /// Share of the limit that is used, 0 to 1 and beyond.
    pub used: f64,
    /// Whether every day until the deadline and until now is in the calendar.
    pub known: bool,
    /// The first years that are not in the calendar.
    pub unknown_years: Vec<i32>,
    /// All time since the start, in order and without gaps. Cut at [`Self::until`].
    pub spans: Vec<Span>,
    /// What comes after the spans.
    pub rest: Option<Rest>,
}

impl Explanation {
    /// The last moment that it tells of.
    pub fn end(&self) -> DateTime<Utc> {
        self.deadline.due.max(self.until)
    }

    /// The spans that are over.
    pub fn past(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| span.to <= self.until)
    }
}

impl Term<'_> {
    /// Explains the clock at `now`, or as it stood when the case ended. `promised` is the deadline that the journal
    /// has, where it has one: it holds, whatever the limit and the calendar say today.
    pub fn explain(
        &self,
        promised: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        ended: Option<DateTime<Utc>>,
    ) -> Explanation {
        let until = ended.unwrap_or(now).max(self.from);
        let mut deadline = self.deadline();
        let mut limit = self.limit();
        let other = promised.filter(|due| *due != deadline.due);
        if let Some(due) = other {
            limit = self.counted(due);
            let soon = self.reached(self.from, soon_of(limit)).min(due);
            deadline = Deadline {
                soon,
                due,
                ..deadline
            };
        }
        let counted = self.counted(until);
        let end = deadline.due.max(until);
        let detail_end = self.detail_end().min(end);
        let used = if limit > TimeDelta::zero() {
            counted.num_milliseconds() as f64 / limit.num_milliseconds() as f64
        } else {
            1.0
        };
        Explanation {
            deadline,
            until,
            ended: ended.is_some(),
            working: self.working,
            base: span_of_hours(self.hours),
            extended: self.extended(),
            limit,
            promised: other.is_some(),
            extensions: self.extensions.to_vec(),
            counted,
            used,
            known: self.knows(end),
            unknown_years: self.unknown_years(end),
            spans: self.spans(detail_end, until),
            rest: (detail_end < end).then(|| Rest {
                from: detail_end,
                to: end,
                days: self.days_between(detail_end, end),
                counted: counted - self.counted(detail_end.min(until)),
            }),
        }
    }

    /// Midnight after the days that are told one by one.
    fn detail_end(&self) -> DateTime<Utc> {
        let day = day_of(self.from, self.tz).checked_add_days(Days::new(DETAIL_DAYS));
        let midnight = day.and_then(|day| {
            self.tz
                .from_local_datetime(&day.and_time(NaiveTime::MIN))
                .earliest()
        });
        // Clocks that are put forward at midnight have none.
        let days = TimeDelta::days(DETAIL_DAYS as i64);
        midnight.map_or_else(
            || self.from.checked_add_signed(days).unwrap_or(self.from),
            |midnight| midnight.to_utc(),
        )
    }

    fn days_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> usize {
        let last = to - TimeDelta::nanoseconds(1);
        let days = day_of(last, self.tz) - day_of(from, self.tz);
        usize::try_from(days.num_days() + 1).unwrap_or(0)
    }

    fn unknown_years(&self, end: DateTime<Utc>) -> Vec<i32> {
        if !self.working {
            return Vec::new();
        }
        let known = |year: &i32| {
            let years = self.calendar.years.as_ref();
            years.is_some_and(|years| years.contains(year))
        };
        let year = |at| day_of(at, self.tz).year();
        (year(self.from)..=year(end))
            .filter(|year| !known(year))
            .take(MAX_YEARS)
            .collect()
    }

    /// All time until `to`, cut where `until` is, where pauses begin and end, and at the working hours.
    fn spans(&self, to: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Span> {
        let mut cuts: Vec<DateTime<Utc>> = vec![until];
        for pause in self.pauses {
            cuts.extend([pause.from, pause.end()]);
        }
        cuts.sort_unstable();
        let coarse = self.working && (to - self.from).num_days() > HOURLY_DAYS;
        let mut told = Told {
            spans: Vec::new(),
            coarse,
            until,
        };
        for piece in self.pieces(to) {
            let mut at = piece.from;
            for cut in cuts.iter().filter(|cut| piece.from < **cut && **cut < piece.to) {
                self.tell(&mut told, &piece, at, *cut);
                at = *cut;
            }
            self.tell(&mut told, &piece, at, piece.to);
        }
        told.spans
    }

    fn pieces(&self, to: DateTime<Utc>) -> Vec<Piece> {
        if self.working {
            return self.calendar.pieces(self.from, to, self.tz);
        }
        let whole = Piece {
            day: day_of(self.from, self.tz),
            from: self.from,
            to,
            working: true,
        };
        Vec::from_iter((self.from < to).then_some(whole))
    }

    fn tell(&self, told: &mut Told, piece: &Piece, from: DateTime<Utc>, to: DateTime<Utc>) {
        if from >= to {
            return;
        }
        let kind = self.kind(piece, from);
        let counted = if kind.counts() {
            to - from
        } else {
            TimeDelta::zero()
        };
        told.push(Span {
            from,
            to,
            day: piece.day,
            counted,
            kind,
        });
    }

    /// What the part of `piece` that begins at `from` is.
    fn kind(&self, piece: &Piece, from: DateTime<Utc>) -> SpanKind {
        let covers = |pause: &&Pause| (pause.from..pause.end()).contains(&from);
        if let Some(pause) = self.pauses.iter().find(covers) {
            return SpanKind::Paused {
                by: pause.by.clone(),
                reason: pause.reason.clone(),
            };
        }
        if !self.working {
            return SpanKind::Counted;
        }
        let entry = self.calendar.days.get(&piece.day);
        match (piece.working, entry) {
            (true, Some((DayKind::Workday, name))) => SpanKind::SwappedWorkday(name.clone()),
            (true, _) if !self.calendar.knows(piece.day) => SpanKind::UnknownYear,
            (true, _) => SpanKind::Counted,
            (false, Some((DayKind::Holiday, name))) => SpanKind::Holiday(name.clone()),
            (false, _) if !self.calendar.is_working_day(piece.day) => SpanKind::Weekend,
            (false, _) => SpanKind::OutsideHours,
        }
    }
}

/// Spans, joined while they are told.
struct Told {
    spans: Vec<Span>,
    coarse: bool,
    until: DateTime<Utc>,
}

impl Told {
    fn push(&mut self, span: Span) {
        let over_a_break = self.joins_over_a_break(&span);
        if over_a_break {
            self.spans.pop();
        }
        let until = self.until;
        match self.spans.last_mut() {
            Some(last)
                if over_a_break || last.kind == span.kind && last.to == span.from && last.to != until =>
            {
                last.to = span.to;
                last.counted += span.counted;
            }
            _ => self.spans.push(span),
        }
    }

    /// Whether `span` goes on with the one before the last, on the same day, and the last is but the break in between.
    fn joins_over_a_break(&self, span: &Span) -> bool {
        let [.., before, pause] = self.spans.as_slice() else {
            return false;
        };
        let cut_between = (before.to..=span.from).contains(&self.until);
        self.coarse
            && !cut_between
            && pause.kind == SpanKind::OutsideHours
            && span.kind.counts()
            && before.kind == span.kind
            && before.day == span.day
    }
}

impl Case {
    /// Explains the clock of its step; `None` where that has no limit.
    pub fn explain_step(&self, calendar: &Calendar, tz: Tz, now: DateTime<Utc>) -> Option<Explanation> {
        let term = step_term(self, calendar, tz)?;
        Some(term.explain(None, now, None))
    }

    /// Explains the clock of the whole case; `None` where it has no deadline.
    pub fn explain_whole(&self, calendar: &Calendar, tz: Tz, now: DateTime<Utc>) -> Option<Explanation> {
        let due = self.due_at?;
        let term = whole_term(self, calendar, tz)?;
        let ended = (!self.stage.is_open()).then(|| self.ended_at.unwrap_or(self.updated_at));
        Some(term.explain(Some(due), now, ended))
    }
}
