//! What a hand can do in the hall: each action once, with its words and its keys. Buttons, keys and the help page derive from it.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::case::Step;
use crate::line::verbs::WindowVerb;
use crate::line::{Act, Grammar};
use crate::town::{Centre, Class, Lang};

use super::Words;

/// Something that a hand can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Take a step with the selected case.
    Step(Step),
    /// Take the next step of the straight way.
    NextStep,
    /// Confirm the open form.
    Confirm,
    /// Close what is on top, else drop the selection.
    Back,
    /// Select the case below in the queue.
    Down,
    /// Select the case above in the queue.
    Up,
    /// Show the queue of a class.
    Queue(Class),
    /// Show only a centre's cases.
    Centre(Option<Centre>),
    /// Enter a case by hand.
    NewReport,
    /// Import a file.
    Import,
    /// Go to the sample day, or back to the real book.
    SampleDay,
    /// Begin a drill, or end the one that is under way.
    Drill,
    /// Let the drill's clock stand, or run again.
    DrillPause,
    /// Let the drill's clock run faster.
    DrillFaster,
    /// Let the drill's clock run slower.
    DrillSlower,
    /// Show how well the drill goes.
    DrillReview,
    /// Zoom the map in.
    ZoomIn,
    /// Zoom the map out.
    ZoomOut,
    /// Show the whole town.
    Home,
    /// Show the panel of the map's layers, or no longer.
    Layers,
    /// Show the density of cases on the map, or no longer.
    Heat,
    /// Colour the map's areas by an indicator, or no longer.
    Choropleth,
    /// Measure on the map, or no longer.
    Measure,
    /// Bring the selected case into the middle of the map.
    LookAtCase,
    /// Move the map.
    PanLeft,
    /// Move the map.
    PanRight,
    /// Move the map.
    PanUp,
    /// Move the map.
    PanDown,
    /// Let a drag on the map select cases, or move the map again.
    SelectArea,
    /// Select all cases that are in view on the map.
    SelectInView,
    /// Show who sits here: sign in, sign out, passphrases.
    Seat,
    /// Lock the seat.
    Lock,
    /// Show who is on shift.
    Shifts,
    /// Show the handover.
    Handover,
    /// Show the alarms.
    Alarms,
    /// Acknowledge the first alarm.
    Acknowledge,
    /// Watch the selected case, or no longer.
    Watch,
    /// Switch between dark and light.
    Theme,
    /// Switch between Chinese and English.
    Language,
    /// Show the catalogue of items.
    Catalogue,
    /// Let the clock of the selected case explain itself, or no longer.
    ExplainClock,
    /// Show the working calendar.
    Calendar,
    /// Show the figures that the desk is measured by.
    Figures,
    /// Make a briefing.
    Briefing,
    /// Look for places and cases.
    Find,
    /// Open the editor of boundaries, or put it away.
    Boundaries,
    /// In the editor of boundaries: the next corner.
    CornerAfter,
    /// In the editor of boundaries: the corner before.
    CornerBefore,
    /// In the editor of boundaries: move the corner a metre west.
    CornerWest,
    /// In the editor of boundaries: move the corner a metre east.
    CornerEast,
    /// In the editor of boundaries: put a corner after this one, or into the line.
    CornerInsert,
    /// In the editor of boundaries: take the corner out.
    CornerDelete,
    /// In the editor of boundaries: take the step again that was taken back.
    Redo,
    /// Show the page of indicators, or the hall again.
    Indicators,
    /// On the page of indicators: the period before.
    PeriodBefore,
    /// On the page of indicators: the period after.
    PeriodAfter,
    /// On the page of indicators: all cases again.
    ClearFilters,
    /// Keep map tiles for days without a network.
    OfflineMap,
    /// Open the settings.
    Settings,
    /// Show the keys.
    Help,
    /// Open the command line.
    Line,
    /// List all commands.
    Palette,
    /// Something of the time machine.
    Past(PastDeed),
}

/// What a hand can do in the time machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PastDeed {
    /// Open the time machine, or close it and go back to now.
    Open,
    /// Go back to now.
    Now,
    /// Show two moments side by side, or one again.
    Beside,
    /// Play from the moment that is shown, or stop there.
    Play,
    /// Play slower.
    Slower,
    /// Play faster.
    Faster,
    /// Move on by so many minutes; backwards where it is negative.
    Minutes(i16),
    /// Move on by so many days.
    Days(i8),
    /// Go to the beginning of the day.
    DayStart,
}

/// One row of the table of keys.
pub struct Bound {
    /// What it does.
    pub deed: Deed,
    /// Its words.
    pub words: &'static str,
    /// Its keys; the first is the one that is shown.
    pub keys: &'static [KeyboardShortcut],
    /// Whether it also works while a field is being typed in.
    pub while_typing: bool,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

macro_rules! bound {
    ($deed:expr, $words:literal, $typing:literal, $($key:expr),+) => {
        Bound { deed: $deed, words: $words, keys: &[$($key),+], while_typing: $typing }
    };
}

/// All actions with their keys, in the order of the help page.
pub const TABLE: &[Bound] = &[
    bound!(
        Deed::Down,
        "deed-down",
        false,
        plain(Key::ArrowDown),
        plain(Key::J)
    ),
    bound!(Deed::Up, "deed-up", false, plain(Key::ArrowUp), plain(Key::K)),
    bound!(
        Deed::NextStep,
        "deed-next-step",
        false,
        plain(Key::Enter),
        plain(Key::Space)
    ),
    bound!(Deed::Step(Step::Accept), "step-accept", false, plain(Key::A)),
    bound!(Deed::Step(Step::Refuse), "step-refuse", false, plain(Key::X)),
    bound!(Deed::Step(Step::Dispatch), "step-dispatch", false, plain(Key::D)),
    bound!(Deed::Step(Step::Arrive), "step-arrive", false, plain(Key::R)),
    bound!(Deed::Step(Step::Rectify), "step-rectify", false, plain(Key::F)),
    bound!(Deed::Step(Step::Verify), "step-verify", false, plain(Key::V)),
    bound!(Deed::Step(Step::SendBack), "step-send-back", false, plain(Key::B)),
    bound!(Deed::Step(Step::Close), "step-close", false, plain(Key::C)),
    bound!(Deed::Step(Step::SendOn), "step-send-on", false, plain(Key::S)),
    bound!(Deed::Step(Step::HandBack), "step-hand-back", false, plain(Key::H)),
    bound!(
        Deed::Step(Step::Reclassify),
        "step-reclassify",
        false,
        plain(Key::I)
    ),
    bound!(Deed::Step(Step::Split), "step-split", false, plain(Key::P)),
    bound!(Deed::Step(Step::Merge), "step-merge", false, plain(Key::M)),
    bound!(Deed::Step(Step::Unmerge), "step-unmerge", false, shift(Key::M)),
    bound!(
        Deed::Step(Step::AskSuspend),
        "step-ask-suspend",
        false,
        plain(Key::Z)
    ),
    bound!(Deed::Step(Step::Suspend), "step-suspend", false, shift(Key::Z)),
    bound!(Deed::Step(Step::Resume), "step-resume", false, shift(Key::R)),
    bound!(
        Deed::Step(Step::AskExtend),
        "step-ask-extend",
        false,
        plain(Key::Y)
    ),
    bound!(Deed::Step(Step::Extend), "step-extend", false, shift(Key::Y)),
    bound!(Deed::Step(Step::Deny), "step-deny", false, shift(Key::X)),
    bound!(Deed::Step(Step::CoHandle), "step-co-handle", false, plain(Key::Q)),
    bound!(Deed::Step(Step::Escalate), "step-escalate", false, plain(Key::U)),
    bound!(Deed::Step(Step::Reopen), "step-reopen", false, shift(Key::O)),
    bound!(Deed::Step(Step::Appraise), "step-appraise", false, plain(Key::O)),
    bound!(Deed::Step(Step::Answer), "step-answer", false, shift(Key::A)),
    bound!(Deed::Step(Step::Undo), "step-undo", false, ctrl(Key::Z)),
    bound!(Deed::Confirm, "deed-confirm", true, ctrl(Key::Enter)),
    bound!(Deed::Back, "deed-back", true, plain(Key::Escape)),
    bound!(Deed::NewReport, "deed-report", true, ctrl(Key::N)),
    bound!(Deed::Find, "deed-find", true, ctrl(Key::F)),
    bound!(Deed::Import, "deed-import", true, ctrl(Key::O)),
    bound!(Deed::SampleDay, "deed-sample", true, ctrl(Key::D)),
    bound!(Deed::Drill, "deed-drill", true, ctrl_shift(Key::D)),
    bound!(Deed::DrillReview, "deed-drill-review", true, plain(Key::F6)),
    bound!(Deed::DrillSlower, "deed-drill-slower", true, plain(Key::F7)),
    bound!(Deed::DrillPause, "deed-drill-pause", true, plain(Key::F8)),
    bound!(Deed::DrillFaster, "deed-drill-faster", true, plain(Key::F9)),
    bound!(Deed::Queue(Class::A), "deed-queue-a", false, plain(Key::Num1)),
    bound!(Deed::Queue(Class::B), "deed-queue-b", false, plain(Key::Num2)),
    bound!(Deed::Queue(Class::C), "deed-queue-c", false, plain(Key::Num3)),
    bound!(Deed::Queue(Class::D), "deed-queue-d", false, plain(Key::Num4)),
    bound!(Deed::Centre(None), "deed-centre-all", true, ctrl(Key::Num0)),
    bound!(
        Deed::Centre(Some(Centre::Governance)),
        "deed-centre-governance",
        true,
        ctrl(Key::Num1)
    ),
    bound!(
        Deed::Centre(Some(Centre::Emergency)),
        "deed-centre-emergency",
        true,
        ctrl(Key::Num2)
    ),
    bound!(
        Deed::Centre(Some(Centre::Grid)),
        "deed-centre-grid",
        true,
        ctrl(Key::Num3)
    ),
    bound!(
        Deed::ZoomIn,
        "deed-zoom-in",
        false,
        plain(Key::Plus),
        plain(Key::Equals)
    ),
    bound!(Deed::ZoomOut, "deed-zoom-out", false, plain(Key::Minus)),
    bound!(Deed::Home, "deed-home", false, plain(Key::Num0), plain(Key::Home)),
    bound!(Deed::Measure, "deed-measure", true, ctrl(Key::M)),
    bound!(Deed::LookAtCase, "deed-look-at", false, plain(Key::G)),
    bound!(Deed::ExplainClock, "deed-explain-clock", false, plain(Key::E)),
    bound!(Deed::Layers, "deed-layers", true, ctrl_shift(Key::L)),
    bound!(Deed::Heat, "deed-heat", false, shift(Key::H)),
    bound!(Deed::Choropleth, "deed-choropleth", false, shift(Key::C)),
    bound!(Deed::PanLeft, "deed-pan-left", false, shift(Key::ArrowLeft)),
    bound!(Deed::PanRight, "deed-pan-right", false, shift(Key::ArrowRight)),
    bound!(Deed::PanUp, "deed-pan-up", false, shift(Key::ArrowUp)),
    bound!(Deed::PanDown, "deed-pan-down", false, shift(Key::ArrowDown)),
    bound!(Deed::SelectArea, "deed-select-area", false, shift(Key::S)),
    bound!(Deed::SelectInView, "deed-select-in-view", false, ctrl(Key::A)),
    bound!(Deed::Alarms, "deed-alarms", true, ctrl(Key::L)),
    bound!(Deed::Acknowledge, "deed-acknowledge", false, shift(Key::L)),
    bound!(Deed::Watch, "deed-watch", false, plain(Key::W)),
    bound!(Deed::Seat, "deed-seat", true, plain(Key::F2)),
    bound!(Deed::Shifts, "deed-shifts", true, plain(Key::F3)),
    bound!(Deed::Handover, "deed-handover", true, plain(Key::F4)),
    bound!(Deed::Lock, "deed-lock", true, plain(Key::F10)),
    bound!(Deed::Theme, "deed-theme", false, plain(Key::T)),
    bound!(Deed::Language, "deed-language", false, plain(Key::L)),
    bound!(Deed::Catalogue, "deed-catalogue", true, ctrl(Key::I)),
    bound!(Deed::Calendar, "deed-calendar", true, ctrl_shift(Key::K)),
    bound!(Deed::Figures, "deed-figures", true, ctrl(Key::J)),
    bound!(Deed::Briefing, "deed-briefing", true, ctrl_shift(Key::B)),
    bound!(Deed::Boundaries, "deed-boundaries", true, ctrl_shift(Key::E)),
    bound!(Deed::CornerAfter, "deed-corner-after", false, plain(Key::N)),
    bound!(Deed::CornerBefore, "deed-corner-before", false, shift(Key::N)),
    bound!(Deed::CornerWest, "deed-corner-west", false, plain(Key::ArrowLeft)),
    bound!(
        Deed::CornerEast,
        "deed-corner-east",
        false,
        plain(Key::ArrowRight)
    ),
    bound!(
        Deed::CornerInsert,
        "deed-corner-insert",
        false,
        plain(Key::Insert)
    ),
    bound!(
        Deed::CornerDelete,
        "deed-corner-delete",
        false,
        plain(Key::Delete)
    ),
    bound!(Deed::Redo, "deed-redo", false, ctrl(Key::Y)),
    bound!(Deed::Indicators, "deed-indicators", true, plain(Key::F5)),
    bound!(
        Deed::PeriodBefore,
        "deed-period-before",
        false,
        plain(Key::OpenBracket)
    ),
    bound!(
        Deed::PeriodAfter,
        "deed-period-after",
        false,
        plain(Key::CloseBracket)
    ),
    bound!(
        Deed::ClearFilters,
        "deed-clear-filters",
        false,
        plain(Key::Backspace)
    ),
    bound!(Deed::OfflineMap, "deed-offline-map", true, ctrl_shift(Key::O)),
    bound!(Deed::Settings, "deed-settings", true, ctrl(Key::Comma)),
    bound!(
        Deed::Help,
        "deed-help",
        false,
        plain(Key::Questionmark),
        plain(Key::F1)
    ),
    bound!(Deed::Line, "deed-line", false, plain(Key::Slash)),
    bound!(Deed::Line, "deed-line-typing", true, ctrl(Key::Slash)),
    bound!(
        Deed::Palette,
        "deed-palette",
        true,
        ctrl(Key::K),
        ctrl_shift(Key::P)
    ),
    bound!(Deed::Past(PastDeed::Open), "deed-past", true, ctrl(Key::T)),
    bound!(Deed::Past(PastDeed::Now), "deed-past-now", false, plain(Key::End)),
    bound!(
        Deed::Past(PastDeed::Beside),
        "deed-past-beside",
        true,
        ctrl_shift(Key::T)
    ),
];

/// Keys that are the time machine's own while it is open: they go before those of [`TABLE`].
pub const PAST: &[Bound] = &[
    bound!(
        Deed::Past(PastDeed::Play),
        "deed-past-play",
        false,
        plain(Key::Space)
    ),
    bound!(
        Deed::Past(PastDeed::Slower),
        "deed-past-slower",
        false,
        plain(Key::Comma)
    ),
    bound!(
        Deed::Past(PastDeed::Faster),
        "deed-past-faster",
        false,
        plain(Key::Period)
    ),
    bound!(
        Deed::Past(PastDeed::Minutes(-60)),
        "deed-past-hour-back",
        false,
        shift(Key::ArrowLeft)
    ),
    bound!(
        Deed::Past(PastDeed::Minutes(60)),
        "deed-past-hour-on",
        false,
        shift(Key::ArrowRight)
    ),
    bound!(
        Deed::Past(PastDeed::Minutes(-1)),
        "deed-past-minute-back",
        false,
        plain(Key::ArrowLeft)
    ),
    bound!(
        Deed::Past(PastDeed::Minutes(1)),
        "deed-past-minute-on",
        false,
        plain(Key::ArrowRight)
    ),
    bound!(
        Deed::Past(PastDeed::Days(-1)),
        "deed-past-day-back",
        false,
        plain(Key::PageUp)
    ),
    bound!(
        Deed::Past(PastDeed::Days(1)),
        "deed-past-day-on",
        false,
        plain(Key::PageDown)
    ),
    bound!(
        Deed::Past(PastDeed::DayStart),
        "deed-past-day-start",
        false,
        plain(Key::Home)
    ),
];

/// The row of a deed.
pub fn bound(deed: Deed) -> Option<&'static Bound> {
    TABLE.iter().chain(PAST).find(|b| b.deed == deed)
}

/// The first key of a deed as it is printed on keyboards: `Ctrl+O`.
pub fn key_name(deed: Deed) -> String {
    bound(deed).map(|b| shortcut_name(&b.keys[0])).unwrap_or_default()
}

/// A key as it is printed on keyboards: `Ctrl+O`.
pub fn shortcut_name(shortcut: &KeyboardShortcut) -> String {
    let m = shortcut.modifiers;
    let mut name = String::new();
    for (on, word) in [
        (m.command || m.ctrl, "Ctrl+"),
        (m.alt, "Alt+"),
        (m.shift, "Shift+"),
    ] {
        if on {
            name.push_str(word);
        }
    }
    name.push_str(match shortcut.logical_key {
        Key::Questionmark => "?",
        Key::Escape => "Esc",
        Key::ArrowDown => "↓",
        Key::ArrowUp => "↑",
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        Key::Comma => ",",
        Key::Period => ".",
        Key::Slash => "/",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        other => other.name(),
    });
    name
}

/// A deed's words with its key in brackets, for tooltips.
pub fn hint(words: &Words, deed: Deed) -> String {
    match bound(deed) {
        Some(b) => format!("{} [{}]", words.t(b.words), key_name(deed)),
        None => String::new(),
    }
}

/// Words for deeds beside their names, for the command line: the deed's words as in [`TABLE`], Chinese, English.
const ALSO: &[(&str, &[&str], &[&str])] = &[
    ("deed-report", &["录入表单"], &["report form", "new case"]),
    ("deed-sample", &["样例日"], &["sample day"]),
    ("deed-drill", &["演练"], &["drill"]),
    ("deed-queue-a", &["队列A"], &["queue a"]),
    ("deed-queue-b", &["队列B"], &["queue b"]),
    ("deed-queue-c", &["队列C"], &["queue c"]),
    ("deed-queue-d", &["队列D"], &["queue d"]),
    ("deed-centre-all", &["全部"], &["all"]),
    ("deed-centre-governance", &["综治"], &["governance"]),
    ("deed-centre-emergency", &["应急"], &["emergency"]),
    ("deed-centre-grid", &["网格"], &["grid"]),
    ("deed-zoom-in", &["放大"], &[]),
    ("deed-zoom-out", &["缩小"], &[]),
    ("deed-home", &["全图"], &["home"]),
    ("deed-layers", &["图层"], &["layers"]),
    ("deed-heat", &["热力", "热力图"], &["heat", "heat map"]),
    ("deed-choropleth", &["分级", "分级图"], &["areas", "choropleth"]),
    (
        "deed-measure",
        &["测距", "测面积", "步行圈"],
        &["distance", "area"],
    ),
    ("deed-theme", &["主题", "配色"], &["theme"]),
    ("deed-language", &["语言", "英文"], &["language", "chinese"]),
    (
        "deed-briefing",
        &["日报", "周报", "月报"],
        &["report", "briefing"],
    ),
    ("deed-find", &["查找", "搜索"], &["find", "search"]),
    ("deed-help", &["帮助", "按键"], &["help"]),
];

/// What only the window can do, in the order of [`TABLE`], each deed once, with its words for the command line.
pub fn window_verbs() -> (Vec<Deed>, Vec<WindowVerb>) {
    let languages = [Lang::Zh, Lang::En].map(Words::new);
    let mut deeds: Vec<Deed> = Vec::new();
    let mut verbs = Vec::new();
    for bound in TABLE {
        if matches!(bound.deed, Deed::Step(_)) || deeds.contains(&bound.deed) {
            continue;
        }
        deeds.push(bound.deed);
        let also = ALSO.iter().find(|(words, ..)| *words == bound.words);
        let with = |words: &Words, also: &[&str]| {
            let name = words.t(bound.words);
            let others = also.iter().map(|word| (*word).to_owned());
            std::iter::once(name.to_owned()).chain(others).collect()
        };
        verbs.push(WindowVerb {
            code: bound.words.trim_start_matches("deed-").to_owned(),
            chinese: with(&languages[0], also.map_or(&[], |also| also.1)),
            english: with(&languages[1], also.map_or(&[], |also| also.2)),
            key: key_name(bound.deed),
        });
    }
    (deeds, verbs)
}

/// The verbs of the command line, and the deeds that its window verbs stand for.
pub fn grammar() -> (Vec<Deed>, Grammar) {
    let (deeds, verbs) = window_verbs();
    let key = |act| match act {
        Act::Step(step) => key_name(Deed::Step(step)),
        Act::Report => key_name(Deed::NewReport),
        _ => String::new(),
    };
    (deeds, Grammar::new(verbs, key))
}

/// The deeds that the keys of this frame ask for. `typing` holds back single letters while a field has the focus,
/// `focused` holds back Enter, Space and the arrows to both sides while anything has it.
pub fn pressed(ctx: &Context, typing: bool, focused: bool) -> Vec<Deed> {
    pressed_of(TABLE, ctx, typing, focused)
}

/// The same for the keys that are the time machine's own.
pub fn pressed_past(ctx: &Context, typing: bool, focused: bool) -> Vec<Deed> {
    pressed_of(PAST, ctx, typing, focused)
}

fn pressed_of(table: &'static [Bound], ctx: &Context, typing: bool, focused: bool) -> Vec<Deed> {
    ctx.input_mut(|input| {
        let mut deeds = Vec::new();
        // Keys with Shift first: those without it would take them.
        let (with_shift, others): (Vec<&Bound>, Vec<&Bound>) =
            table.iter().partition(|bound| bound.keys[0].modifiers.shift);
        for bound in with_shift.into_iter().chain(others) {
            let of_focus = matches!(
                bound.deed,
                Deed::NextStep | Deed::CornerWest | Deed::CornerEast | Deed::Past(PastDeed::Play)
            );
            if typing && !bound.while_typing || focused && of_focus {
                continue;
            }
            // Keys that produce a character may need Shift on some keyboards ('+', '?', '/').
            let hit = bound.keys.iter().any(|k| {
                let loose = matches!(k.logical_key, Key::Plus | Key::Questionmark | Key::Slash)
                    && k.modifiers.is_none();
                input.consume_shortcut(k) || (loose && input.consume_key(Modifiers::SHIFT, k.logical_key))
            });
            if hit {
                deeds.push(bound.deed);
            }
        }
        deeds
    })
}
