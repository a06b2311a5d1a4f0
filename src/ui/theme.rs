//! Colours, sizes, durations and text styles: each is named once, here.
//!
//! The ground is quiet; colour means abnormal. Text has at least 7:1 contrast on its ground, other marks 3:1.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Stroke, TextStyle, Theme,
    Vec2,
};

use crate::case::ClockState;

/// Colours of one theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Behind everything, and behind the map.
    pub ground: Color32,
    /// Panels.
    pub panel: Color32,
    /// Fields, rows under the pointer.
    pub raised: Color32,
    /// Fields to type in.
    pub sunken: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of less weight; still 7:1.
    pub weak: Color32,
    /// Selected.
    pub accent: Color32,
    /// Ground of what is selected.
    pub accent_ground: Color32,
    /// Text on [`Self::accent`].
    pub on_accent: Color32,
    /// Overdue or danger, as a mark.
    pub red: Color32,
    /// Overdue or danger, as text.
    pub red_text: Color32,
    /// Soon due, as a mark.
    pub amber: Color32,
    /// Soon due, as text.
    pub amber_text: Color32,
    /// Confirmed, shown for a moment.
    pub green: Color32,
    /// A case that is in time.
    pub case_fill: Color32,
    /// The outline of a case's mark.
    pub case_edge: Color32,
    /// Boundaries of communities.
    pub community: Color32,
    /// Boundaries of base grids.
    pub base_grid: Color32,
    /// Boundaries of party grids.
    pub party_grid: Color32,
    /// Boundaries of blocks.
    pub block: Color32,
    /// Party red, in the brand mark only.
    pub brand: Color32,
    /// Data of less weight: another period, what can't be told apart.
    pub faint: Color32,
    /// The tone of the least; one hue up to [`Self::tone_high`], so that lightness alone tells.
    pub tone_low: Color32,
    /// The tone of the most.
    pub tone_high: Color32,
}

impl Palette {
    /// The dark theme: the default at the desk.
    pub const DARK: Self = Self {
        dark: true,
        ground: Color32::from_rgb(0x16, 0x18, 0x1b),
        panel: Color32::from_rgb(0x1f, 0x22, 0x26),
        raised: Color32::from_rgb(0x2c, 0x30, 0x36),
        sunken: Color32::from_rgb(0x16, 0x18, 0x1b),
        line: Color32::from_rgb(0x3c, 0x42, 0x49),
        text: Color32::from_rgb(0xe6, 0xe9, 0xec),
        weak: Color32::from_rgb(0xb2, 0xb9, 0xc1),
        accent: Color32::from_rgb(0x5c, 0xaa, 0xff),
        accent_ground: Color32::from_rgb(0x1d, 0x36, 0x52),
        on_accent: Color32::from_rgb(0x06, 0x14, 0x24),
        red: Color32::from_rgb(0xff, 0x55, 0x4f),
        red_text: Color32::from_rgb(0xff, 0x92, 0x8c),
        amber: Color32::from_rgb(0xff, 0xb0, 0x2e),
        amber_text: Color32::from_rgb(0xff, 0xc2, 0x5e),
        green: Color32::from_rgb(0x58, 0xc9, 0x85),
        case_fill: Color32::from_rgb(0xc3, 0xca, 0xd1),
        case_edge: Color32::from_rgb(0x10, 0x12, 0x14),
        community: Color32::from_rgb(0x9a, 0xa6, 0xb2),
        base_grid: Color32::from_rgb(0x6b, 0x75, 0x80),
        party_grid: Color32::from_rgb(0xc8, 0xa2, 0x6a),
        block: Color32::from_rgb(0x6f, 0xc0, 0xb2),
        brand: Color32::from_rgb(0xd8, 0x3a, 0x34),
        faint: Color32::from_rgb(0x6c, 0x75, 0x7e),
        tone_low: Color32::from_rgb(0x29, 0x2e, 0x34),
        tone_high: Color32::from_rgb(0x9c, 0xc8, 0xf2),
    };

    /// The light theme: for bright meeting rooms.
    pub const LIGHT: Self = Self {
        dark: false,
        ground: Color32::from_rgb(0xe9, 0xeb, 0xed),
        panel: Color32::from_rgb(0xfb, 0xfc, 0xfc),
        raised: Color32::from_rgb(0xe6, 0xea, 0xee),
        sunken: Color32::from_rgb(0xf1, 0xf3, 0xf5),
        line: Color32::from_rgb(0xc6, 0xcc, 0xd2),
        text: Color32::from_rgb(0x1a, 0x1e, 0x22),
        weak: Color32::from_rgb(0x48, 0x50, 0x58),
        accent: Color32::from_rgb(0x0b, 0x5c, 0xb8),
        accent_ground: Color32::from_rgb(0xd3, 0xe5, 0xf8),
        on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
        red: Color32::from_rgb(0xc8, 0x1e, 0x1e),
        red_text: Color32::from_rgb(0x9d, 0x0f, 0x14),
        amber: Color32::from_rgb(0xc6, 0x72, 0x00),
        amber_text: Color32::from_rgb(0x77, 0x44, 0x00),
        green: Color32::from_rgb(0x1b, 0x7a, 0x3d),
        case_fill: Color32::from_rgb(0x55, 0x5f, 0x69),
        case_edge: Color32::from_rgb(0xff, 0xff, 0xff),
        community: Color32::from_rgb(0x5a, 0x66, 0x72),
        base_grid: Color32::from_rgb(0x8b, 0x95, 0x9f),
        party_grid: Color32::from_rgb(0x9a, 0x68, 0x1c),
        block: Color32::from_rgb(0x14, 0x7a, 0x6b),
        brand: Color32::from_rgb(0xc0, 0x22, 0x1e),
        faint: Color32::from_rgb(0x98, 0xa2, 0xac),
        tone_low: Color32::from_rgb(0xe9, 0xed, 0xf1),
        tone_high: Color32::from_rgb(0x1d, 0x4e, 0x7e),
    };

    /// The palette of that theme.
    pub fn of(dark: bool) -> &'static Self {
        if dark { &Self::DARK } else { &Self::LIGHT }
    }

    /// The mark's colour of a clock state.
    pub fn clock(&self, state: ClockState) -> Color32 {
        match state {
            ClockState::Overdue => self.red,
            ClockState::Soon => self.amber,
            ClockState::Running | ClockState::Still => self.case_fill,
        }
    }

    /// The text's colour of a clock state.
    pub fn clock_text(&self, state: ClockState) -> Color32 {
        match state {
            ClockState::Overdue => self.red_text,
            ClockState::Soon => self.amber_text,
            ClockState::Running | ClockState::Still => self.text,
        }
    }
}

/// The colours of five classes of a density, from the least to the most. One hue, so that lightness alone tells and nobody
/// has to tell colours apart; no other mark of the hall is violet. From the scheme "Purples" of ColorBrewer 2.0 (Brewer and
/// Harrower 2013), turned round on a dark ground.
pub fn density(dark: bool) -> [Color32; 5] {
    if dark {
        [
            Color32::from_rgb(0x54, 0x27, 0x8f),
            Color32::from_rgb(0x6a, 0x51, 0xa3),
            Color32::from_rgb(0x9e, 0x9a, 0xc8),
            Color32::from_rgb(0xbc, 0xbd, 0xdc),
            Color32::from_rgb(0xef, 0xed, 0xf5),
        ]
    } else {
        [
            Color32::from_rgb(0xda, 0xda, 0xeb),
            Color32::from_rgb(0xbc, 0xbd, 0xdc),
            Color32::from_rgb(0x9e, 0x9a, 0xc8),
            Color32::from_rgb(0x6a, 0x51, 0xa3),
            Color32::from_rgb(0x3f, 0x00, 0x7d),
        ]
    }
}

/// The colours of so many classes of areas, from the least to the most: one hue from [`Palette::tone_low`] to
/// [`Palette::tone_high`], so that lightness alone tells.
pub fn tones(colors: &Palette, classes: usize) -> Vec<Color32> {
    // The lowest stands out from the ground, too.
    const FIRST: f32 = 0.12;
    let step = |i: usize| match classes {
        0 | 1 => 0.6,
        _ => FIRST + (1.0 - FIRST) * i as f32 / (classes - 1) as f32,
    };
    (0..classes)
        .map(|i| colors.tone_low.lerp_to_gamma(colors.tone_high, step(i)))
        .collect()
}

/// Body text, in points.
pub const BODY: f32 = 14.0;
/// Titles of sheets and panels, in points.
pub const TITLE: f32 = 17.0;
/// The largest text of a screen, in points.
pub const LARGE: f32 = 22.0;
/// Least height of what can be clicked, in points.
pub const HIT: f32 = 28.0;
/// The grid that all distances follow, in points.
pub const GRID: f32 = 4.0;
/// Height of the top strip, in points.
pub const STRIP_HEIGHT: f32 = 48.0;
/// Height of one queue row, in points.
pub const ROW_HEIGHT: f32 = 52.0;
/// Width of the queue, in points: at first, at least, at most.
pub const QUEUE_WIDTH: (f32, f32, f32) = (340.0, 280.0, 520.0);
/// Width of the case sheet, in points: at first, at least, at most.
pub const SHEET_WIDTH: (f32, f32, f32) = (400.0, 320.0, 620.0);
/// How long a confirmation stays, in seconds.
pub const CONFIRM_SECS: f64 = 4.0;
/// How long a movement that explains a change takes, in seconds.
pub const MOTION_SECS: f32 = 0.15;

/// The heavier face, for numbers and titles.
pub fn strong() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// A font of the heavier face.
pub fn strong_font(size: f32) -> FontId {
    FontId::new(size, strong())
}

/// The fonts that come with the program, so that every machine draws the same.
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let regular = FontData::from_static(crate::report::font::REGULAR);
    let semibold = FontData::from_static(crate::report::font::SEMIBOLD);
    fonts.font_data.insert("regular".into(), Arc::new(regular));
    fonts.font_data.insert("semibold".into(), Arc::new(semibold));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["regular".into()]);
    }
    // Characters that the heavier face lacks are drawn in the regular one.
    fonts
        .families
        .insert(strong(), vec!["semibold".into(), "regular".into()]);
    fonts
}

/// Sets fonts, text styles and both themes. Called once at start.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for palette in [&Palette::DARK, &Palette::LIGHT] {
        let theme = if palette.dark { Theme::Dark } else { Theme::Light };
        ctx.style_mut_of(theme, |style| apply(style, palette));
    }
}

/// Switches movements on or off.
pub fn set_motion(ctx: &egui::Context, on: bool) {
    ctx.all_styles_mut(|style| {
        style.animation_time = if on { MOTION_SECS } else { 0.0 };
        style.scroll_animation = if on {
            egui::style::ScrollAnimation::default()
        } else {
            egui::style::ScrollAnimation::none()
        };
    });
}

fn apply(style: &mut egui::Style, palette: &Palette) {
    let body = FontId::proportional(BODY);
    style.text_styles = [
        (TextStyle::Small, body.clone()),
        (TextStyle::Body, body.clone()),
        (TextStyle::Button, body.clone()),
        (TextStyle::Monospace, body),
        (TextStyle::Heading, strong_font(TITLE)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(2.0 * GRID, 1.5 * GRID);
    spacing.button_padding = Vec2::new(2.5 * GRID, GRID);
    spacing.interact_size = Vec2::new(HIT, HIT);
    spacing.icon_width = 18.0;
    spacing.combo_height = 360.0;
    style.interaction.tooltip_delay = 0.35;
    style.animation_time = MOTION_SECS;

    let mut visuals = if palette.dark {
        egui::Visuals::dark()
    } else {
        egui::Visuals::light()
    };
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = palette.sunken;
    visuals.text_edit_bg_color = Some(palette.sunken);
    visuals.faint_bg_color = palette.raised;
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.weak);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.amber_text;
    visuals.error_fg_color = palette.red_text;
    visuals.selection.bg_fill = palette.accent_ground;
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.striped = false;
    let corner = CornerRadius::same(4);
    let widgets = &mut visuals.widgets;
    for (widget, fill, edge) in [
        (&mut widgets.noninteractive, palette.panel, palette.line),
        (&mut widgets.inactive, palette.raised, palette.line),
        (&mut widgets.hovered, palette.raised, palette.weak),
        (&mut widgets.active, palette.accent_ground, palette.accent),
        (&mut widgets.open, palette.raised, palette.weak),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, edge);
        widget.fg_stroke = Stroke::new(1.0, palette.text);
        widget.corner_radius = corner;
        widget.expansion = 0.0;
    }
    style.visuals = visuals;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f32 {
        let linear = |c: u8| {
            let c = f32::from(c) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    /// WCAG 2.1 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_has_seven_to_one_and_marks_three_to_one() {
        for p in [&Palette::DARK, &Palette::LIGHT] {
            for text in [p.text, p.weak, p.red_text, p.amber_text] {
                assert!(
                    contrast(text, p.panel) >= 7.0,
                    "{text:?} on the panel: {}",
                    contrast(text, p.panel)
                );
            }
            for mark in [p.red, p.amber, p.green, p.accent, p.case_fill] {
                assert!(
                    contrast(mark, p.panel) >= 3.0,
                    "{mark:?} on the panel: {}",
                    contrast(mark, p.panel)
                );
                assert!(
                    contrast(mark, p.ground) >= 3.0,
                    "{mark:?} on the map: {}",
                    contrast(mark, p.ground)
                );
            }
            assert!(contrast(p.text, p.accent_ground) >= 7.0);
        }
    }

    #[test]
    fn classes_are_told_apart_by_lightness_alone() {
        for p in [&Palette::DARK, &Palette::LIGHT] {
            for ramp in [density(p.dark).to_vec(), tones(p, 5), tones(p, 7)] {
                // The more, the farther from the ground.
                let far: Vec<f32> = ramp.iter().map(|c| contrast(*c, p.ground)).collect();
                assert!(far.windows(2).all(|w| w[1] > w[0] * 1.08), "{far:?}");
            }
        }
    }
}
