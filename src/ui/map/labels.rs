//! Names on the map: the town's places and the base map's, placed without overlap, the more important first. They are
//! placed anew only when other names are in view or the zoom has changed.

use std::sync::Arc;

use eframe::egui::epaint::TextShape;
use eframe::egui::{Color32, FontId, Galley, Painter, Pos2, Rect, Shape, Vec2, vec2};

use crate::town::{Lang, Place, PlaceId, PlaceKind, Places};
use crate::ui::Palette;
use crate::ui::theme;

use super::base::BaseMap;
use super::camera::{Mercator, View, mercator};
use super::outlines::Kinds;

/// Names are placed anew after this change of zoom.
const ZOOM_STEP: f64 = 0.25;
/// The same name along a line is not said again within this distance, in points.
const REPEAT: f32 = 420.0;
/// Free space around a name, in points.
const PADDING: f32 = 3.0;

/// A name that stands beside the mark of another layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The name.
    pub text: String,
    /// Where its mark is.
    pub at: Mercator,
    /// Half the size of the mark, in points.
    pub mark: f32,
    /// Size of the letters, in points.
    pub size: f32,
    /// Its colour.
    pub color: Color32,
    /// Which names go before it: 0 before all, 9 after all.
    pub rank: u8,
}

/// What the placement depends on.
#[derive(Clone, PartialEq)]
struct Key {
    zoom_step: i64,
    tiles: u64,
    kinds: Option<Kinds>,
    base: bool,
    lang: Lang,
    dark: bool,
    pixels_per_point: u32,
    signs: (i64, u32),
    more: (usize, u64),
    /// The middle in steps of half a window: names at the edge come in as the map moves.
    window: (i64, i64, u32, u32),
}

struct Label {
    place: Option<PlaceId>,
    at: Mercator,
    /// How far the name stands beside that, in points.
    aside: Vec2,
    angle: f32,
    /// What is written. It is laid out anew in each frame, which the interface library remembers: what was laid out earlier points
    /// to letters of a picture that may have been drawn anew since.
    text: String,
    font: FontId,
    /// Of the text as one, in points.
    size: Vec2,
    /// The characters one by one, each upright, with its place along the line; empty where the name is written as one.
    upright: Vec<(Vec2, char)>,
    color: Color32,
}

impl Label {
    fn layout(&self, painter: &Painter, text: String) -> Arc<Galley> {
        painter.layout_no_wrap(text, self.font.clone(), Color32::PLACEHOLDER)
    }
}

/// The names of the map.
#[derive(Default)]
pub struct Labels {
    key: Option<Key>,
    placed: Vec<Label>,
}

/// A name before it is placed.
struct Candidate {
    place: Option<PlaceId>,
    /// Half the size of the mark that it stands beside, in points.
    beside: Option<f32>,
    rank: (u8, usize),
    text: String,
    font: FontId,
    color: Color32,
    at: Mercator,
    angle: f32,
    /// The longest it may be, in points.
    room: Option<f32>,
}

/// Which names are wanted.
pub struct Wanted<'a> {
    /// The town's places.
    pub places: &'a Places,
    /// Which kinds of place are shown; `None` for none.
    pub kinds: Option<Kinds>,
    /// The base map with its names.
    pub base: &'a BaseMap,
    /// Whether the base map is shown.
    pub show_base: bool,
    /// Language of the names.
    pub lang: Lang,
    /// The marks of cases and groups, which names step aside for.
    pub signs: &'a [Rect],
    /// A number that changes with the signs.
    pub signs_version: (i64, u32),
    /// Names beside the marks of other layers.
    pub more: &'a [Beside],
    /// A number that changes with those.
    pub more_version: u64,
}

impl Labels {
    /// Places the names of this view, where they are not placed yet.
    pub fn place(&mut self, painter: &Painter, view: &View, wanted: &Wanted<'_>, colors: &Palette) {
        let key = key(painter, view, wanted, colors);
        if self.key.as_ref() != Some(&key) {
            self.placed = place(painter, view, wanted, colors);
            self.key = Some(key);
        }
    }

    /// Draws the names where they were placed.
    pub fn draw(&self, painter: &Painter, view: &View, colors: &Palette) {
        let ground = colors.ground;
        for label in &self.placed {
            let at = view.screen(label.at) + label.aside;
            let size = label.size;
            if !view.rect.expand(size.x).contains(at) {
                continue;
            }
            if label.upright.is_empty() {
                let top_left = at - turned(size / 2.0, label.angle);
                let galley = label.layout(painter, label.text.clone());
                write(painter, top_left, &galley, label.angle, (label.color, ground));
            }
            for (along, letter) in &label.upright {
                let galley = label.layout(painter, letter.to_string());
                let top_left = at + *along - galley.size() / 2.0;
                write(painter, top_left, &galley, 0.0, (label.color, ground));
            }
        }
    }

    /// Forgets all names: none are shown.
    pub fn clear(&mut self) {
        self.key = None;
        self.placed.clear();
    }

    /// Where the name of a place stands beside its point, in points; `None` where it is not named.
    pub fn aside(&self, place: PlaceId) -> Option<Vec2> {
        self.placed
            .iter()
            .find(|l| l.place == Some(place))
            .map(|l| l.aside)
    }

    /// The ground of the names of places, on the screen.
    pub fn names<'a>(&'a self, view: &'a View) -> impl Iterator<Item = Rect> + 'a {
        let named = self.placed.iter().filter(|l| l.place.is_some());
        named.map(|l| Rect::from_center_size(view.screen(l.at) + l.aside, l.size))
    }

    /// The place whose name is at that point of the screen.
    pub fn place_at(&self, at: Pos2, view: &View) -> Option<PlaceId> {
        let named = self.placed.iter().filter(|l| l.place.is_some());
        let rect = |l: &Label| {
            let at = view.screen(l.at) + l.aside;
            Rect::from_center_size(at, l.size + Vec2::splat(6.0))
        };
        named
            .into_iter()
            .find(|l| rect(l).contains(at))
            .and_then(|l| l.place)
    }
}

/// Writes a text with a rim of the ground's colour around it.
fn write(
    painter: &Painter,
    top_left: Pos2,
    galley: &Arc<Galley>,
    angle: f32,
    (color, ground): (Color32, Color32),
) {
    let text = |offset: Vec2, color: Color32| {
        Shape::Text(
            TextShape::new(top_left + offset, galley.clone(), color)
                .with_override_text_color(color)
                .with_angle(angle),
        )
    };
    for (x, y) in [(-1.0, -0.6), (1.0, -0.6), (-1.0, 0.8), (1.0, 0.8)] {
        painter.add(text(vec2(x, y), ground));
    }
    painter.add(text(Vec2::ZERO, color));
}

/// Along a line that is steeper than this, Chinese stays upright, character below character, as on printed maps.
const STEEP: f32 = 0.9;

/// The characters of a name along a steep line, each upright, evenly spaced from top to bottom: offsets from the middle of
/// the name. Empty where the name is better written as one: along flat lines, and in letters that are read as words.
fn upright(text: &str, angle: f32, size: f32) -> Vec<(Vec2, char)> {
    let is_han = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    if angle.abs() < STEEP || !text.chars().all(is_han) {
        return Vec::new();
    }
    let (sin, cos) = angle.sin_cos();
    let down = if sin < 0.0 {
        vec2(-cos, -sin)
    } else {
        vec2(cos, sin)
    };
    let step = 1.25 * size;
    let first = (text.chars().count() as f32 - 1.0) / -2.0;
    text.chars()
        .enumerate()
        .map(|(i, c)| (down * (first + i as f32) * step, c))
        .collect()
}

fn turned(v: Vec2, angle: f32) -> Vec2 {
    let (sin, cos) = angle.sin_cos();
    vec2(v.x * cos - v.y * sin, v.x * sin + v.y * cos)
}

fn key(painter: &Painter, view: &View, wanted: &Wanted<'_>, colors: &Palette) -> Key {
    let scale = view.scale();
    let (w, h) = (
        f64::from(view.rect.width()).max(1.0),
        f64::from(view.rect.height()).max(1.0),
    );
    let half_windows = |m: f64, size: f64| (m * scale / size * 2.0).floor() as i64;
    Key {
        zoom_step: (view.zoom / ZOOM_STEP).round() as i64,
        tiles: if wanted.show_base {
            wanted.base.generation()
        } else {
            0
        },
        kinds: wanted.kinds,
        base: wanted.show_base,
        lang: wanted.lang,
        dark: colors.dark,
        signs: wanted.signs_version,
        more: (wanted.more.len(), wanted.more_version),
        pixels_per_point: painter.pixels_per_point().to_bits(),
        window: (
            half_windows(view.center[0], w),
            half_windows(view.center[1], h),
            w as u32,
            h as u32,
        ),
    }
}

fn place(painter: &Painter, view: &View, wanted: &Wanted<'_>, colors: &Palette) -> Vec<Label> {
    let mut candidates = place_names(view, wanted, colors);
    if wanted.show_base {
        candidates.extend(base_names(view, wanted.base, colors));
    }
    candidates.extend(names_beside(view, wanted.more));
    candidates.sort_by_key(|c| c.rank);
    let mut taken: Vec<Rect> = Vec::new();
    let mut said: Vec<(String, Pos2)> = Vec::new();
    let mut placed = Vec::new();
    for c in candidates {
        let at = view.screen(c.at);
        let along = c.room.is_some();
        if along
            && said
                .iter()
                .any(|(text, there)| *text == c.text && there.distance(at) < REPEAT)
        {
            continue;
        }
        let upright = upright(&c.text, c.angle, c.font.size);
        let whole = painter
            .layout_no_wrap(c.text.clone(), c.font.clone(), Color32::PLACEHOLDER)
            .size();
        let mut size = whole;
        if let (Some((first, _)), Some((last, _))) = (upright.first(), upright.last()) {
            size.x = (*last - *first).length() + size.y;
        }
        if c.room.is_some_and(|room| size.x > room) {
            continue;
        }
        let free = |aside: Vec2, also: &[Rect]| {
            let around = spots(at + aside, size, c.angle);
            let blocked = around
                .iter()
                .any(|s| taken.iter().chain(also).any(|t| t.intersects(*s)));
            (!blocked).then_some((aside, around))
        };
        let found = if c.place.is_some() {
            // Where signs leave no room, a name may lie under one a little; what can't be read is left out.
            let beside = || sides(whole);
            beside().find_map(|aside| free(aside, wanted.signs)).or_else(|| {
                let all = beside().filter_map(|aside| free(aside, &[]));
                let covered = all.map(|(aside, around)| (covered(&around, wanted.signs), aside, around));
                let least = covered.min_by(|a, b| a.0.total_cmp(&b.0));
                let readable = least.filter(|(share, ..)| *share <= COVERED);
                readable.map(|(_, aside, around)| (aside, around))
            })
        } else if let Some(mark) = c.beside {
            around_mark(whole, mark).find_map(|aside| free(aside, wanted.signs))
        } else {
            free(Vec2::ZERO, wanted.signs)
        };
        let Some((aside, around)) = found else { continue };
        taken.extend(around);
        if along {
            said.push((c.text.clone(), at));
        }
        placed.push(Label {
            place: c.place,
            at: c.at,
            aside,
            angle: c.angle,
            text: c.text,
            font: c.font,
            size: whole,
            upright,
            color: c.color,
        });
    }
    placed
}

/// How much of a name signs may cover.
const COVERED: f32 = 0.2;

/// The share of these rectangles that lies under signs.
fn covered(around: &[Rect], signs: &[Rect]) -> f32 {
    let under = |rect: &Rect| -> f32 {
        let parts = signs.iter().map(|sign| rect.intersect(*sign));
        parts.filter(Rect::is_positive).map(|part| part.area()).sum()
    };
    let whole: f32 = around.iter().map(Rect::area).sum();
    around.iter().map(under).sum::<f32>() / whole.max(1.0)
}

/// Where a name may stand beside its point, the nearest first.
fn sides(size: Vec2) -> impl Iterator<Item = Vec2> {
    let (up, side) = (size.y + 10.0, size.x / 2.0 + 26.0);
    [
        (0.0, 0.0),
        (0.0, -up),
        (0.0, up),
        (side, 0.0),
        (-side, 0.0),
        (0.0, -1.7 * up),
        (0.0, 1.7 * up),
        (side, -up),
        (-side, -up),
        (side, up),
        (-side, up),
        (1.6 * side, 0.0),
        (-1.6 * side, 0.0),
    ]
    .into_iter()
    .map(|(x, y)| vec2(x, y))
}

/// Where a name may stand beside a mark: right, left, below, above.
fn around_mark(size: Vec2, mark: f32) -> impl Iterator<Item = Vec2> {
    let (side, up) = (size.x / 2.0 + mark + PADDING + 1.0, size.y / 2.0 + mark + PADDING);
    [(side, 0.0), (-side, 0.0), (0.0, up), (0.0, -up)]
        .into_iter()
        .map(|(x, y)| vec2(x, y))
}

fn names_beside<'a>(view: &View, more: &'a [Beside]) -> impl Iterator<Item = Candidate> + 'a {
    let seen = view.bounds(view.rect.width().max(view.rect.height()) / 2.0);
    let meant = more
        .iter()
        .enumerate()
        .filter(move |(_, one)| seen.contains(one.at));
    meant.map(|(i, one)| Candidate {
        place: None,
        beside: Some(one.mark),
        rank: (one.rank, i),
        text: one.text.clone(),
        font: FontId::proportional(one.size),
        color: one.color,
        at: one.at,
        angle: 0.0,
        room: None,
    })
}

/// The ground that a name takes: a turned one is covered by small squares along it.
fn spots(at: Pos2, size: Vec2, angle: f32) -> Vec<Rect> {
    if angle.abs() < 0.05 {
        return vec![Rect::from_center_size(at, size + Vec2::splat(2.0 * PADDING))];
    }
    let count = (size.x / size.y.max(1.0)).ceil().max(1.0) as usize;
    let step = size.x / count as f32;
    (0..count)
        .map(|i| {
            let along = (i as f32 + 0.5) * step - size.x / 2.0;
            let center = at + turned(vec2(along, 0.0), angle);
            Rect::from_center_size(center, Vec2::splat(size.y + 2.0 * PADDING))
        })
        .collect()
}

/// Which kinds of place are named at that zoom, and how: rank, size of the letters, colour.
fn manner(kind: PlaceKind, zoom: f64, kinds: Kinds, colors: &Palette) -> Option<(u8, FontId, Color32)> {
    match kind {
        PlaceKind::Community if kinds.communities && zoom >= 11.5 => Some((
            0,
            theme::strong_font(if zoom < 13.0 { 13.0 } else { 15.0 }),
            colors.text,
        )),
        PlaceKind::Block if kinds.blocks && zoom >= 13.5 => Some((1, theme::strong_font(13.0), colors.block)),
        PlaceKind::PartyGrid if kinds.party_grids && zoom >= 13.5 => {
            Some((2, FontId::proportional(13.0), colors.party_grid))
        }
        PlaceKind::BaseGrid if kinds.base_grids && zoom >= 14.5 => {
            Some((4, FontId::proportional(12.0), colors.weak))
        }
        _ => None,
    }
}

fn place_names(view: &View, wanted: &Wanted<'_>, colors: &Palette) -> Vec<Candidate> {
    let Some(kinds) = wanted.kinds else {
        return Vec::new();
    };
    let margin = view.rect.width().max(view.rect.height()) / 2.0;
    let seen = view.bounds(margin);
    let name = |(i, (id, place)): (usize, (PlaceId, &Place))| {
        let (rank, font, color) = manner(place.kind, view.zoom, kinds, colors)?;
        let at = mercator(place.label_at);
        seen.contains(at).then(|| Candidate {
            place: Some(id),
            beside: None,
            rank: (rank, i),
            text: place.name.get(wanted.lang).to_owned(),
            font,
            color,
            at,
            angle: 0.0,
            room: None,
        })
    };
    wanted.places.iter().enumerate().filter_map(name).collect()
}

fn base_names<'a>(view: &View, base: &'a BaseMap, colors: &Palette) -> impl Iterator<Item = Candidate> + 'a {
    let (scale, zoom) = (view.scale(), view.zoom);
    let color = quiet(colors);
    base.texts()
        .filter(move |t| zoom >= t.min_zoom)
        .enumerate()
        .map(move |(i, t)| Candidate {
            place: None,
            beside: None,
            // The towns around are named before the grids, all other ground after them.
            rank: (
                if t.room.is_none() && t.min_zoom <= 1.0 {
                    3
                } else {
                    5
                },
                (1000 - t.layer.min(1000)) * 100_000 + i,
            ),
            text: t.text.clone(),
            font: FontId::proportional(t.size),
            color,
            at: t.at,
            angle: t.angle,
            room: t.room.map(|room| (room * scale) as f32),
        })
}

/// The colour of names on the ground.
fn quiet(colors: &Palette) -> Color32 {
    if colors.dark {
        Color32::from_rgb(0x86, 0x8d, 0x95)
    } else {
        Color32::from_rgb(0x6a, 0x72, 0x7a)
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Context, Theme};

    use super::*;

    #[test]
    fn chinese_along_steep_lines_is_upright_and_evenly_spaced_from_the_top() {
        for angle in [1.4_f32, -1.4, 1.0, -1.0] {
            let found = upright("梅观高速", angle, 12.0);
            let text: String = found.iter().map(|(_, c)| *c).collect();
            assert_eq!(text, "梅观高速");
            let down: Vec<f32> = found
                .windows(2)
                .map(|two| (two[1].0 - two[0].0).length())
                .collect();
            assert!(down.iter().all(|step| (step - 15.0).abs() < 1e-3), "{down:?}");
            assert!(found.windows(2).all(|two| two[1].0.y > two[0].0.y));
            // They lie on the line.
            assert!(
                found
                    .iter()
                    .all(|(at, _)| (at.y * angle.cos() - at.x * angle.sin()).abs() < 1e-3)
            );
        }
        assert!(upright("梅观高速", 0.3, 12.0).is_empty());
        assert!(upright("Meiguan Expressway", 1.4, 12.0).is_empty());
    }

    /// Letters that a frame draws, each with its place in the picture of letters, and the places at which they are in that frame.
    type Letters = Vec<[[u16; 2]; 2]>;

    #[test]
    fn names_have_their_letters_also_when_those_were_drawn_anew() {
        let ctx = Context::default();
        theme::install(&ctx);
        ctx.set_theme(Theme::Dark);
        let view = View {
            center: [0.5, 0.5],
            zoom: 10.0,
            rect: Rect::from_min_size(Pos2::ZERO, vec2(800.0, 600.0)),
        };
        let font = FontId::proportional(14.0);
        let label = |text: &str, angle: f32| Label {
            place: None,
            at: view.center,
            aside: Vec2::ZERO,
            angle,
            text: text.to_owned(),
            font: font.clone(),
            size: vec2(60.0, 14.0),
            upright: upright(text, angle, 14.0),
            color: Color32::WHITE,
        };
        let labels = Labels {
            key: None,
            placed: vec![label("库坑社区", 0.0), label("梅观高速", 1.4)],
        };
        let places = |galley: &Galley| -> Letters {
            let glyphs = galley.rows.iter().flat_map(|row| row.glyphs.iter());
            glyphs
                .map(|glyph| [glyph.uv_rect.min, glyph.uv_rect.max])
                .collect()
        };
        let frame = |first: &str| -> [Letters; 2] {
            let mut now = Letters::new();
            let mut output = ctx.run_ui(Default::default(), |ui| {
                let layout = |text: &str| {
                    ui.painter()
                        .layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE)
                };
                layout(first);
                now = ["库坑社区", "梅观高速"]
                    .into_iter()
                    .flat_map(|text| places(&layout(text)))
                    .collect();
                labels.draw(ui.painter(), &view, &Palette::DARK);
            });
            output.textures_delta.clear();
            let drawn = output.shapes.iter().filter_map(|shape| match &shape.shape {
                // Rims are the same text in another colour.
                Shape::Text(text) if text.override_text_color == Some(Color32::WHITE) => {
                    Some(places(&text.galley))
                }
                _ => None,
            });
            [drawn.flatten().collect(), now]
        };
        let [drawn, now] = frame("");
        assert_eq!((drawn.len(), &drawn), (8, &now));
        // Letters of the other theme are drawn otherwise, and all of them anew.
        ctx.set_theme(Theme::Light);
        let [again, now_again] = frame("一二三四五六七八九十");
        assert_ne!(now_again, now, "the letters are elsewhere");
        assert_eq!(again, now_again);
    }

    #[test]
    fn the_share_of_a_name_under_signs_is_told() {
        let name = [Rect::from_min_size(Pos2::ZERO, vec2(100.0, 20.0))];
        let half = Rect::from_min_size(Pos2::new(50.0, -20.0), vec2(200.0, 60.0));
        let away = Rect::from_min_size(Pos2::new(0.0, 40.0), vec2(100.0, 60.0));
        assert_eq!(covered(&name, &[]), 0.0);
        assert_eq!(covered(&name, &[away]), 0.0);
        assert_eq!(covered(&name, &[half, away]), 0.5);
    }

    #[test]
    fn names_beside_marks_leave_the_marks_free() {
        let size = vec2(60.0, 14.0);
        for aside in around_mark(size, 8.0) {
            let name = Rect::from_center_size(Pos2::ZERO + aside, size);
            let mark = Rect::from_center_size(Pos2::ZERO, Vec2::splat(16.0));
            assert!(!name.intersects(mark), "{aside:?}");
        }
    }
}
