//! A clock that explains itself: a strip of the time since it runs, and in words what counted, what did not, and why.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use eframe::egui::{
    self, Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, RichText, Sense, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo,
};
use fluent_bundle::FluentValue;

use crate::case::{Case, Explanation, Span, SpanKind};
use crate::ui::{Scene, theme};

/// Height of the strip, in points.
const STRIP: f32 = 20.0;
/// Height of the names of its marks, in points.
const NAMES: f32 = 18.0;
/// Up to so many stretches, days or weekends are named one by one.
const NAMED: usize = 5;
/// Distance of the lines of a hatch, in points.
const HATCH: f32 = 5.0;

/// Draws the explanations of a case's clocks: that of its step, where it has one, and that of the whole case.
pub fn of_case(ui: &mut Ui, scene: Scene<'_>, case: &Case) {
    let (calendar, tz) = (&scene.town.calendar, scene.town.timezone);
    if let Some(told) = case.explain_step(calendar, tz, scene.now) {
        let stage = [("stage", scene.words.stage(case.stage).into())];
        title(ui, &scene.words.f("clock-step", &stage));
        show(ui, scene, &told);
        ui.add_space(2.0 * theme::GRID);
    }
    if let Some(told) = case.explain_whole(calendar, tz, scene.now) {
        title(ui, scene.words.t("clock-whole"));
        show(ui, scene, &told);
    }
}

/// Whether the case has a clock that could be explained.
pub fn has_clock(scene: Scene<'_>, case: &Case) -> bool {
    case.due_at.is_some()
        || crate::case::clock::step_term(case, &scene.town.calendar, scene.town.timezone).is_some()
}

fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::strong_font(theme::BODY)));
}

/// Draws one explanation.
pub fn show(ui: &mut Ui, scene: Scene<'_>, told: &Explanation) {
    strip(ui, scene, told);
    for line in lines(scene, told) {
        let color = match line.tone {
            Tone::Plain => scene.colors.text,
            Tone::Weak => scene.colors.weak,
            Tone::Warning => scene.colors.amber_text,
        };
        ui.add(egui::Label::new(RichText::new(line.text).color(color)).wrap());
    }
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It says what is.
    Plain,
    /// It says what is less important.
    Weak,
    /// Something is not as it should be.
    Warning,
}

/// A line of the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its words.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// The explanation in words.
pub fn lines(scene: Scene<'_>, told: &Explanation) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |tone, text: String| lines.push(Line { text, tone });
    say(Tone::Plain, limit_line(scene, told));
    let args = [
        ("soon", moment(scene, told.deadline.soon).into()),
        ("due", moment(scene, told.deadline.due).into()),
    ];
    say(Tone::Plain, scene.words.f("clock-moments", &args));
    say(Tone::Plain, counted_line(scene, told));
    let past: Vec<&Span> = told.past().collect();
    let args = |list: String| [("list", FluentValue::from(list))];
    let list = swapped_days(scene, &past);
    if !list.is_empty() {
        say(Tone::Plain, scene.words.f("clock-with-swapped", &args(list)));
    }
    let list = not_counted(scene, &past);
    if !list.is_empty() {
        say(Tone::Weak, scene.words.f("clock-not-counted", &args(list)));
    }
    let due = told.deadline.due;
    let coming: Vec<&Span> = told
        .spans
        .iter()
        .filter(|span| span.from >= told.until && span.to <= due)
        .collect();
    let list = days_off(scene, &coming).join(scene.words.t("clock-comma"));
    if !list.is_empty() {
        say(Tone::Weak, scene.words.f("clock-to-come", &args(list)));
    }
    for text in pauses(scene, told).into_iter().chain(extensions(scene, told)) {
        say(Tone::Plain, text);
    }
    if let Some(rest) = &told.rest {
        let args = [
            ("days", FluentValue::from(rest.days)),
            ("counted", hours_minutes(scene, rest.counted).into()),
        ];
        say(Tone::Weak, scene.words.f("clock-rest", &args));
    }
    if !told.known {
        let text = if told.unknown_years.is_empty() {
            scene.words.t("clock-no-hours").to_owned()
        } else {
            let years: Vec<String> = told.unknown_years.iter().map(i32::to_string).collect();
            let args = [("years", years.join(scene.words.t("clock-comma")).into())];
            scene.words.f("clock-unknown-years", &args)
        };
        say(Tone::Warning, text);
    }
    lines
}

fn limit_line(scene: Scene<'_>, told: &Explanation) -> String {
    let limit = hours_minutes(scene, told.limit);
    let key = match (told.promised, told.working) {
        (true, true) => "clock-promised-working",
        (true, false) => "clock-promised-wall",
        (false, true) => "clock-limit-working",
        (false, false) => "clock-limit-wall",
    };
    let mut text = scene.words.f(key, &[("limit", limit.into())]);
    if told.extended > TimeDelta::zero() && !told.promised {
        let extended = hours_minutes(scene, told.extended);
        text.push_str(&scene.words.f("clock-extended-by", &[("span", extended.into())]));
    }
    text
}

fn counted_line(scene: Scene<'_>, told: &Explanation) -> String {
    let share = if told.counted > told.limit {
        let over = hours_minutes(scene, told.counted - told.limit);
        scene.words.f("time-over", &[("span", over.into())])
    } else {
        format!("{:.0} %", told.used * 100.0)
    };
    let mut args = vec![
        ("span", FluentValue::from(hours_minutes(scene, told.counted))),
        ("share", share.into()),
    ];
    let counting: Vec<&Span> = told.past().filter(|span| span.kind.counts()).collect();
    let (Some(first), Some(last)) = (counting.first(), counting.last()) else {
        return scene.words.t("clock-counted-none").to_owned();
    };
    if counting.len() <= NAMED {
        let list: Vec<String> = counting.iter().map(|span| stretch(scene, span)).collect();
        args.push(("list", list.join(scene.words.t("clock-comma")).into()));
        return scene.words.f("clock-counted", &args);
    }
    let mut days: Vec<NaiveDate> = counting.iter().map(|span| span.day).collect();
    days.dedup();
    args.push(("days", days.len().into()));
    args.push(("from", moment(scene, first.from).into()));
    args.push(("to", moment(scene, last.to).into()));
    scene.words.f("clock-counted-days", &args)
}

/// Swapped working days that counted, where there are too many stretches to name each.
fn swapped_days(scene: Scene<'_>, past: &[&Span]) -> String {
    if past.iter().filter(|span| span.kind.counts()).count() <= NAMED {
        return String::new();
    }
    let year = scene.now.with_timezone(&scene.town.timezone).year();
    let mut list: Vec<String> = past
        .iter()
        .filter_map(|span| match &span.kind {
            SpanKind::SwappedWorkday(name) => Some(format!("{} {name}", day(span.day, year))),
            _ => None,
        })
        .collect();
    list.dedup();
    list.join(scene.words.t("clock-comma"))
}

/// What did not count, in words: days off by name, the rest as a sum.
fn not_counted(scene: Scene<'_>, spans: &[&Span]) -> String {
    let mut parts = days_off(scene, spans);
    let outside: TimeDelta = spans
        .iter()
        .filter(|span| span.kind == SpanKind::OutsideHours)
        .map(|span| span.to - span.from)
        .sum();
    if outside > TimeDelta::zero() {
        let args = [("span", hours_minutes(scene, outside).into())];
        parts.push(scene.words.f("clock-outside", &args));
    }
    parts.join(scene.words.t("clock-comma"))
}

/// Weekends and holidays among the spans, in words.
fn days_off(scene: Scene<'_>, spans: &[&Span]) -> Vec<String> {
    let weekends: Vec<String> = spans
        .iter()
        .filter(|span| span.kind == SpanKind::Weekend)
        .map(|span| days(scene, span))
        .collect();
    let mut parts = Vec::new();
    if weekends.len() > NAMED {
        parts.push(scene.words.n("clock-weekends", weekends.len()));
    } else if !weekends.is_empty() {
        let list = weekends.join(scene.words.t("clock-comma"));
        parts.push(scene.words.f("clock-weekend", &[("days", list.into())]));
    }
    for span in spans {
        if let SpanKind::Holiday(name) = &span.kind {
            let args = [
                ("name", FluentValue::from(name.as_str())),
                ("days", days(scene, span).into()),
            ];
            parts.push(scene.words.f("clock-holiday", &args));
        }
    }
    parts
}

/// One line for each suspension, though weekends and `until` may cut it up.
fn pauses(scene: Scene<'_>, told: &Explanation) -> Vec<String> {
    let mut joined: Vec<Span> = Vec::new();
    for span in &told.spans {
        if !matches!(span.kind, SpanKind::Paused { .. }) {
            continue;
        }
        match joined.last_mut() {
            Some(last) if last.kind == span.kind && last.to == span.from => last.to = span.to,
            _ => joined.push(span.clone()),
        }
    }
    let line = |span: &Span| {
        let SpanKind::Paused { by, reason } = &span.kind else {
            return None;
        };
        let args = [
            ("from", FluentValue::from(moment(scene, span.from))),
            ("to", moment(scene, span.to).into()),
            ("by", post(scene, by).into()),
            ("reason", or_none(scene, reason).into()),
        ];
        Some(scene.words.f("clock-paused", &args))
    };
    joined.iter().filter_map(line).collect()
}

fn extensions(scene: Scene<'_>, told: &Explanation) -> Vec<String> {
    told.extensions
        .iter()
        .map(|extension| {
            let hours = crate::town::calendar::span_of_hours(extension.hours);
            let args = [
                ("span", FluentValue::from(hours_minutes(scene, hours))),
                ("at", moment(scene, extension.at).into()),
                ("by", post(scene, &extension.by).into()),
                ("reason", or_none(scene, &extension.reason).into()),
            ];
            scene.words.f("clock-extended", &args)
        })
        .collect()
}

fn post<'a>(scene: Scene<'a>, code: &'a str) -> &'a str {
    scene
        .town
        .post(code)
        .map_or(code, |post| post.title.get(scene.words.lang))
}

fn or_none<'a>(scene: Scene<'a>, reason: &'a str) -> &'a str {
    if reason.trim().is_empty() {
        scene.words.t("clock-no-reason")
    } else {
        reason
    }
}

fn moment(scene: Scene<'_>, at: DateTime<Utc>) -> String {
    let tz = scene.town.timezone;
    let (local, now) = (at.with_timezone(&tz), scene.now.with_timezone(&tz));
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    format!("{} {clock}", day(local.date_naive(), now.year()))
}

/// A day: without the year where it is this one.
fn day(day: NaiveDate, this_year: i32) -> String {
    if day.year() == this_year {
        format!("{:02}-{:02}", day.month(), day.day())
    } else {
        day.format("%Y-%m-%d").to_string()
    }
}

/// The days of a span: `11-21–11-22`.
fn days(scene: Scene<'_>, span: &Span) -> String {
    let tz = scene.town.timezone;
    let year = scene.now.with_timezone(&tz).year();
    let last = (span.to - TimeDelta::nanoseconds(1))
        .with_timezone(&tz)
        .date_naive();
    let (from, to) = (day(span.day, year), day(last, year));
    if from == to {
        from
    } else {
        format!("{from}–{to}")
    }
}

/// A stretch that counts, `11-23 14:00–18:00`, with the name of a swapped working day.
fn stretch(scene: Scene<'_>, span: &Span) -> String {
    let to = moment(scene, span.to);
    let from = moment(scene, span.from);
    let same_day = from.rsplit_once(' ').zip(to.rsplit_once(' '));
    let mut text = match same_day {
        Some(((day, _), (end_day, time))) if day == end_day => format!("{from}–{time}"),
        _ => format!("{from}–{to}"),
    };
    if span.counted < span.to - span.from {
        // The breaks of the day are left out.
        text = format!("{text} {}", hours_minutes(scene, span.counted));
    }
    match &span.kind {
        SpanKind::SwappedWorkday(name) => scene.words.f(
            "clock-swapped",
            &[("stretch", text.into()), ("name", name.as_str().into())],
        ),
        _ => text,
    }
}

/// A span in hours and minutes: working time has no days.
fn hours_minutes(scene: Scene<'_>, span: TimeDelta) -> String {
    let minutes = usize::try_from(span.num_minutes()).unwrap_or(0);
    let part = |key: &str, n: usize| scene.words.n(key, n);
    match (minutes / 60, minutes % 60) {
        (0, m) => part("span-minutes", m),
        (h, 0) => part("span-hours", h),
        (h, m) => format!("{} {}", part("span-hours", h), part("span-minutes", m)),
    }
}

/// What a span is, in words.
fn kind_words(scene: Scene<'_>, kind: &SpanKind) -> String {
    let words = scene.words;
    match kind {
        SpanKind::Counted => words.t("clock-kind-counted").to_owned(),
        SpanKind::SwappedWorkday(name) => words.f("clock-kind-swapped", &[("name", name.as_str().into())]),
        SpanKind::UnknownYear => words.t("clock-kind-unknown").to_owned(),
        SpanKind::OutsideHours => words.t("clock-kind-outside").to_owned(),
        SpanKind::Weekend => words.t("clock-kind-weekend").to_owned(),
        SpanKind::Holiday(name) => words.f("clock-kind-holiday", &[("name", name.as_str().into())]),
        SpanKind::Paused { by, .. } => words.f("clock-kind-paused", &[("by", post(scene, by).into())]),
    }
}

/// Time on the strip.
struct Axis {
    rect: Rect,
    from: DateTime<Utc>,
    whole: f32,
}

impl Axis {
    fn x(&self, at: DateTime<Utc>) -> f32 {
        let share = (at - self.from).num_seconds() as f32 / self.whole;
        self.rect.left() + self.rect.width() * share.clamp(0.0, 1.0)
    }

    fn part(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Rect {
        let x = self.x(from)..=self.x(to);
        Rect::from_x_y_ranges(x, self.rect.y_range())
    }
}

/// The strip: what counts is filled, what does not is hollow, suspensions are hatched.
fn strip(ui: &mut Ui, scene: Scene<'_>, told: &Explanation) {
    let width = ui.available_width();
    let (all, response) = ui.allocate_exact_size(Vec2::new(width, NAMES + STRIP), Sense::hover());
    let rect = Rect::from_min_max(Pos2::new(all.left(), all.bottom() - STRIP), all.max);
    let axis = Axis {
        rect,
        from: told.deadline.from,
        whole: ((told.end() - told.deadline.from).num_seconds() as f32).max(1.0),
    };
    response.widget_info(|| {
        let text = counted_line(scene, told);
        WidgetInfo::labeled(egui::accesskit::Role::Image, true, text)
    });
    if ui.is_rect_visible(all) {
        let painter = ui.painter().with_clip_rect(all.expand(1.0));
        painter.rect_filled(rect, CornerRadius::same(2), scene.colors.sunken);
        for span in &told.spans {
            draw_span(&painter, scene, told, &axis, span);
        }
        if let Some(rest) = &told.rest {
            hatch(&painter, axis.part(rest.from, rest.to), scene.colors.line, false);
        }
        let edge = Stroke::new(1.0, scene.colors.line);
        painter.rect_stroke(rect, CornerRadius::same(2), edge, StrokeKind::Inside);
        draw_marks(&painter, scene, told, &axis);
    }
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let under = told.spans.iter().find(|span| {
        let part = axis.part(span.from, span.to);
        part.x_range().contains(pointer.x)
    });
    if let Some(span) = under {
        let text = format!(
            "{}\n{}",
            stretch_of_any(scene, span),
            kind_words(scene, &span.kind)
        );
        response.on_hover_text_at_pointer(text);
    }
}

fn stretch_of_any(scene: Scene<'_>, span: &Span) -> String {
    format!("{} – {}", moment(scene, span.from), moment(scene, span.to))
}

fn draw_span(painter: &Painter, scene: Scene<'_>, told: &Explanation, axis: &Axis, span: &Span) {
    let colors = scene.colors;
    let part = axis.part(span.from, span.to);
    if let SpanKind::Paused { .. } = span.kind {
        hatch(painter, part, colors.weak, true);
        return;
    }
    if !span.kind.counts() {
        return;
    }
    let due = axis.x(told.deadline.due);
    let past = span.to <= told.until;
    let fill = if past { colors.case_fill } else { colors.line };
    let mut before = part;
    before.max.x = before.max.x.min(due);
    if before.is_positive() {
        painter.rect_filled(before, CornerRadius::ZERO, fill);
    }
    let mut after = part;
    after.min.x = after.min.x.max(due);
    if past && after.is_positive() {
        painter.rect_filled(after, CornerRadius::ZERO, colors.red);
        hatch(painter, after, colors.panel, true);
    }
    if span.kind == SpanKind::UnknownYear {
        hatch(painter, part, colors.amber, false);
    }
}

/// Lines over a part of the strip: slanting, or upright.
fn hatch(painter: &Painter, part: Rect, color: Color32, slanting: bool) {
    let painter = painter.with_clip_rect(part.intersect(painter.clip_rect()));
    let slant = if slanting { part.height() } else { 0.0 };
    let mut x = part.left() - slant;
    while x < part.right() {
        let line = [Pos2::new(x, part.bottom()), Pos2::new(x + slant, part.top())];
        painter.line_segment(line, Stroke::new(1.0, color));
        x += HATCH;
    }
}

/// The marks of 80 % and 100 %, and of now. Names that would lie over each other are left out: the lines say them.
fn draw_marks(painter: &Painter, scene: Scene<'_>, told: &Explanation, axis: &Axis) {
    let colors = scene.colors;
    let words = scene.words;
    let end = if told.ended {
        "clock-mark-ended"
    } else {
        "clock-mark-now"
    };
    let marks = [
        (told.deadline.due, "clock-mark-due", colors.red_text, 2.0),
        (told.until, end, colors.text, 2.0),
        (told.deadline.soon, "clock-mark-soon", colors.amber_text, 1.5),
    ];
    let mut taken: Vec<Rect> = Vec::new();
    for (at, key, color, width) in marks {
        let x = axis.x(at).clamp(axis.rect.left() + 1.0, axis.rect.right() - 1.0);
        let top = axis.rect.top() - 3.0;
        let line = [Pos2::new(x, top), Pos2::new(x, axis.rect.bottom())];
        // A thin dark edge keeps the mark apart from what it stands on.
        painter.line_segment(line, Stroke::new(width + 2.0, colors.panel));
        painter.line_segment(line, Stroke::new(width, color));
        let galley =
            painter.layout_no_wrap(words.t(key).to_owned(), FontId::proportional(theme::BODY), color);
        let half = galley.size().x / 2.0;
        let center = x.clamp(
            axis.rect.left() + half,
            (axis.rect.right() - half).max(axis.rect.left() + half),
        );
        let name = Align2::CENTER_BOTTOM.anchor_size(Pos2::new(center, top), galley.size());
        if taken.iter().all(|other| !other.expand(3.0).intersects(name)) {
            painter.galley(name.min, galley, color);
            taken.push(name);
        }
    }
}
