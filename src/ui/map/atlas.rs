//! The marks of cases as one small picture, so that thousands of them are one mesh: four forms with their letter, each
//! in time, soon due and overdue (hatched), rings, a disc, and digits. Made once for a theme and a scale.

use std::sync::Arc;

use eframe::egui::epaint::Vertex;
use eframe::egui::{
    Color32, ColorImage, Context, Mesh, Pos2, Rect, TextureHandle, TextureOptions, Vec2, pos2, vec2,
};

use crate::case::ClockState;
use crate::town::{Centre, Class};
use crate::ui::Palette;
use crate::ui::theme;

use super::symbols::{self, Look, SEVERITIES, Sprite};

/// Side of the square that a mark is drawn in, in points.
const CELL: f32 = 34.0;
/// Half the size of a mark of middle severity, in points.
pub const MARK_RADIUS: f32 = 10.0;
/// Height of the digits of a count, in points.
const DIGITS: f32 = 13.0;
/// The sign of a group at its natural size: half the width of its ring and of the disc inside, in points.
pub(super) const SIGN: (f32, f32) = (30.5, 26.5);
/// How far the sign's dark edge reaches from its middle, in points.
pub(super) const SIGN_EDGE: f32 = 33.0;
/// How far a mark reaches from its middle, in points.
const MARK: Vec2 = Vec2::splat(14.5);
/// How far a digit reaches from its middle, in points.
const DIGIT: Vec2 = Vec2::new(5.0, 7.0);
/// All of a cell.
const WHOLE: Vec2 = Vec2::splat(CELL / 2.0);
const COLUMNS: usize = 8;
const ROWS: usize = 6;
const RING: usize = 12;
const HOVER: usize = 13;
const WHITE: usize = 14;
/// The badges of the centres, each in a cell of its own.
const BADGE_0: usize = 26;
/// The sign of a group takes four cells: this one, and those beside and below.
const SIGN_CELL: usize = 32;
const DIGIT_0: usize = 16;

/// How far a mark's clock has run, as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// In time, or without a deadline.
    Calm,
    /// Soon due.
    Soon,
    /// Overdue.
    Overdue,
}

impl Urgency {
    /// All, the calmest first.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Soon, Self::Overdue];

    /// The mark's fill.
    pub fn fill(self, colors: &Palette) -> Color32 {
        match self {
            Self::Calm => colors.clock(ClockState::Running),
            Self::Soon => colors.clock(ClockState::Soon),
            Self::Overdue => colors.clock(ClockState::Overdue),
        }
    }
}

/// The picture and where what is in it.
pub struct Atlas {
    texture: TextureHandle,
    letters: Arc<Letters>,
}

/// Letters and digits as coverage, for one theme and scale.
pub struct Letters {
    /// Whether they are for the dark theme.
    pub dark: bool,
    /// For how many pixels per point.
    pub pixels_per_point: f32,
    /// The classes' letters, by severity and class.
    pub classes: [[Glyph; 4]; SEVERITIES],
    /// The digits of counts.
    pub digits: [Glyph; 10],
}

impl Letters {
    fn new(ctx: &Context, dark: bool, ppp: f32) -> Self {
        let size = |severity: usize| MARK_RADIUS * 1.3 * severity_scale(severity as u8 + 1);
        ctx.fonts_mut(|fonts| {
            let mut glyph = |text: &str, size| {
                let galley = fonts.layout_no_wrap(text.to_owned(), theme::strong_font(size), Color32::WHITE);
                let at = galley.rows.first().and_then(|row| row.glyphs.first());
                (
                    at.map(|glyph| [glyph.uv_rect.min, glyph.uv_rect.max]),
                    galley.size().x,
                )
            };
            let classes: [[_; 4]; SEVERITIES] =
                std::array::from_fn(|severity| Class::ALL.map(|class| glyph(class.letter(), size(severity))));
            let digits: [_; 10] = std::array::from_fn(|digit| glyph(&digit.to_string(), DIGITS));
            // The fonts' picture is copied as a whole: once, after all of them were drawn into it.
            let image = fonts.image();
            Self {
                dark,
                pixels_per_point: ppp,
                classes: classes.map(|row| row.map(|(uv, advance)| Glyph::cut(&image, uv, advance))),
                digits: digits.map(|(uv, advance)| Glyph::cut(&image, uv, advance)),
            }
        })
    }

    /// Width of a number, in points.
    pub fn number_width(&self, n: usize) -> f32 {
        digits(n).map(|d| self.digits[d].advance).sum()
    }

    /// Without anything to be seen of them.
    #[cfg(test)]
    pub fn blank(ppp: f32, dark: bool) -> Self {
        let glyph = || Glyph {
            size: [0; 2],
            coverage: Vec::new(),
            advance: 7.0,
        };
        Self {
            dark,
            pixels_per_point: ppp,
            classes: std::array::from_fn(|_| std::array::from_fn(|_| glyph())),
            digits: std::array::from_fn(|_| glyph()),
        }
    }
}

/// The digits of a number, the first one first.
pub fn digits(n: usize) -> impl Iterator<Item = usize> {
    let most = (n.max(1)).ilog10();
    (0..=most).rev().map(move |place| n / 10usize.pow(place) % 10)
}

impl Atlas {
    /// The atlas of this theme and scale: the one at hand if it fits.
    pub fn renew(atlas: &mut Option<Self>, ctx: &Context, colors: &Palette) {
        let ppp = ctx.pixels_per_point();
        if !atlas
            .as_ref()
            .is_some_and(|a| a.letters.dark == colors.dark && a.letters.pixels_per_point == ppp)
        {
            *atlas = Some(Self::new(ctx, colors, ppp));
        }
    }

    fn new(ctx: &Context, colors: &Palette, ppp: f32) -> Self {
        let letters = Letters::new(ctx, colors.dark, ppp);
        let cell = (CELL * ppp).ceil() as usize;
        let mut canvas = Canvas {
            image: ColorImage::filled([cell * COLUMNS, cell * ROWS], Color32::TRANSPARENT),
            cell,
        };
        let letter_color = if colors.dark { colors.ground } else { colors.panel };
        for (c, class) in Class::ALL.into_iter().enumerate() {
            let letter = &letters.classes[2][c];
            for (u, urgency) in Urgency::ALL.into_iter().enumerate() {
                let index = c * 3 + u;
                canvas.mark(index, class, urgency, colors, ppp);
                let sink = if class == Class::C {
                    MARK_RADIUS * 0.22
                } else {
                    0.0
                };
                canvas.glyph(index, letter, vec2(0.0, sink * ppp), letter_color);
            }
        }
        for (c, centre) in Centre::ALL.into_iter().enumerate() {
            canvas.sprite(BADGE_0 + c, &symbols::badge_sprite(centre, colors, ppp));
        }
        let ring =
            |radius: f32, width: f32| move |p: Vec2| (p.length() - radius * ppp).abs() - width * ppp / 2.0;
        canvas.shape(RING, Color32::WHITE, ring(MARK_RADIUS + 4.5, 2.5));
        canvas.shape(HOVER, Color32::WHITE, ring(MARK_RADIUS + 4.0, 1.5));
        canvas.shape(WHITE, Color32::WHITE, |p| p.length() - MARK_RADIUS * ppp);
        for (radius, color) in [
            (SIGN_EDGE, colors.case_edge),
            (SIGN.0, Urgency::Calm.fill(colors)),
            (SIGN.1, colors.panel),
        ] {
            canvas.big_shape(SIGN_CELL, color, |p| p.length() - radius * ppp);
        }
        for (digit, glyph) in letters.digits.iter().enumerate() {
            canvas.glyph(DIGIT_0 + digit, glyph, Vec2::ZERO, Color32::WHITE);
        }
        let texture = ctx.load_texture("map marks", canvas.image, TextureOptions::LINEAR);
        Self {
            texture,
            letters: Arc::new(letters),
        }
    }

    /// The letters that it is made with.
    pub fn letters(&self) -> &Arc<Letters> {
        &self.letters
    }

    /// An empty mesh of marks.
    pub fn mesh(&self) -> Mesh {
        Mesh::with_texture(self.texture.id())
    }

    /// Adds the mark of a case; `scale` 1 for a middle severity.
    pub fn mark(&self, mesh: &mut Mesh, at: Pos2, class: Class, urgency: Urgency, scale: f32) {
        self.quad(
            mesh,
            at,
            class as usize * 3 + urgency as usize,
            MARK,
            scale,
            Color32::WHITE,
        );
    }

    /// Adds the mark of a case with the badge of its centre.
    pub fn case(&self, mesh: &mut Mesh, at: Pos2, look: Look, scale: f32) {
        self.mark(mesh, at, look.class(), look.urgency(), scale);
        let badge = BADGE_0 + look.centre() as usize;
        self.quad(mesh, at, badge, WHOLE, scale, Color32::WHITE);
    }

    /// Adds the ring of a selected case.
    pub fn ring(&self, mesh: &mut Mesh, at: Pos2, scale: f32, color: Color32) {
        self.quad(mesh, at, RING, WHOLE, scale, color);
    }

    /// Adds the ring of a case under the pointer.
    pub fn hover_ring(&self, mesh: &mut Mesh, at: Pos2, scale: f32, color: Color32) {
        self.quad(mesh, at, HOVER, WHOLE, scale, color);
    }

    /// Adds the sign of a group, its ring of that radius in points. Answers the radius of the disc inside.
    pub fn sign(&self, mesh: &mut Mesh, at: Pos2, radius: f32) -> f32 {
        let scale = radius / SIGN.0;
        self.part(
            mesh,
            at,
            SIGN_CELL,
            2.0,
            Vec2::splat(SIGN_EDGE + 1.0),
            scale,
            Color32::WHITE,
        );
        SIGN.1 * scale
    }

    /// Adds a rectangle.
    pub fn bar(&self, mesh: &mut Mesh, rect: Rect, color: Color32) {
        mesh.add_rect_with_uv(rect, self.white(), color);
    }

    /// Adds an arc of a ring, soft outside; angles in turns, clockwise from above.
    pub fn arc(&self, mesh: &mut Mesh, at: Pos2, radii: (f32, f32), turns: (f32, f32), color: Color32) {
        let uv = self.white().center();
        let soft = 0.5 / self.letters.pixels_per_point;
        let rows = [
            (radii.0, color),
            (radii.1 - soft, color),
            (radii.1 + soft, Color32::TRANSPARENT),
        ];
        let steps = ((turns.1 - turns.0) * 28.0).ceil().max(1.0) as u32;
        let first = mesh.vertices.len() as u32;
        for i in 0..=steps {
            let angle = (turns.0 + (turns.1 - turns.0) * i as f32 / steps as f32) * std::f32::consts::TAU;
            let direction = vec2(angle.sin(), -angle.cos());
            mesh.vertices.extend(rows.map(|(radius, color)| Vertex {
                pos: at + direction * radius,
                uv,
                color,
            }));
        }
        for v in (0..steps).map(|i| first + i * 3) {
            for row in v..v + 2 {
                mesh.add_triangle(row, row + 1, row + 3);
                mesh.add_triangle(row + 1, row + 4, row + 3);
            }
        }
    }

    /// Adds a number, its middle at `at`.
    pub fn number(&self, mesh: &mut Mesh, at: Pos2, n: usize, color: Color32) {
        let advance = |d: usize| self.letters.digits[d].advance;
        let mut x = at.x - self.number_width(n) / 2.0;
        for d in digits(n) {
            let middle = pos2(x + advance(d) / 2.0, at.y);
            self.quad(mesh, middle, DIGIT_0 + d, DIGIT, 1.0, color);
            x += advance(d);
        }
    }

    /// Width of a number, in points.
    pub fn number_width(&self, n: usize) -> f32 {
        self.letters.number_width(n)
    }

    /// Adds a cell of the picture, only as far from its middle as `half` points.
    fn quad(&self, mesh: &mut Mesh, at: Pos2, index: usize, half: Vec2, scale: f32, color: Color32) {
        self.part(mesh, at, index, 1.0, half, scale, color);
    }

    /// Adds a square of `cells` by `cells`, only as far from its middle as `half` points: where the graphics card is a
    /// program, pixels and triangles are what costs.
    #[expect(
        clippy::too_many_arguments,
        reason = "each side of a mark is named at the call"
    )]
    fn part(
        &self,
        mesh: &mut Mesh,
        at: Pos2,
        index: usize,
        cells: f32,
        half: Vec2,
        scale: f32,
        color: Color32,
    ) {
        let ppp = self.letters.pixels_per_point;
        let cell = (CELL * ppp).ceil();
        let square = cell * cells;
        // Whole pixels on either side of the middle.
        let odd = square.rem_euclid(2.0);
        let size = (2.0 * (half * ppp).ceil() + Vec2::splat(odd)).min(Vec2::splat(square));
        let mut rect = Rect::from_center_size(at, size / ppp * scale);
        if scale == 1.0 {
            let snapped = (rect.min.to_vec2() * ppp).round() / ppp;
            rect = Rect::from_min_size(snapped.to_pos2(), rect.size());
        }
        let (column, row) = ((index % COLUMNS) as f32, (index / COLUMNS) as f32);
        let corner = (vec2(column, row) * cell + (Vec2::splat(square) - size) / 2.0).to_pos2();
        let whole = cell * vec2(COLUMNS as f32, ROWS as f32);
        let share = |p: Pos2| pos2(p.x / whole.x, p.y / whole.y);
        let uv = Rect::from_min_max(share(corner), share(corner + size));
        mesh.add_rect_with_uv(rect, uv, color);
    }

    /// The middle of a cell that is white there.
    fn white(&self) -> Rect {
        let (column, row) = (WHITE % COLUMNS, WHITE / COLUMNS);
        let center = pos2(
            (column as f32 + 0.5) / COLUMNS as f32,
            (row as f32 + 0.5) / ROWS as f32,
        );
        Rect::from_center_size(center, vec2(0.1 / COLUMNS as f32, 0.1 / ROWS as f32))
    }
}

/// How large a mark is drawn, by severity 1 to 5.
pub fn severity_scale(severity: u8) -> f32 {
    [0.82, 0.91, 1.0, 1.09, 1.18][usize::from(severity.clamp(1, 5) - 1)]
}

/// The letter or digit of a font, as coverage from 0 to 255.
pub struct Glyph {
    /// Pixels across and down.
    pub size: [usize; 2],
    /// Row by row.
    pub coverage: Vec<u8>,
    /// How far the next one stands, in points.
    pub advance: f32,
}

impl Glyph {
    fn cut(image: &ColorImage, at: Option<[[u16; 2]; 2]>, advance: f32) -> Self {
        let empty = Self {
            size: [0, 0],
            coverage: Vec::new(),
            advance,
        };
        let Some(corners) = at else { return empty };
        let [[x0, y0], [x1, y1]] = corners.map(|corner| corner.map(usize::from));
        if x1 > image.size[0] || y1 > image.size[1] {
            return empty;
        }
        let coverage = (y0..y1)
            .flat_map(|y| (x0..x1).map(move |x| (x, y)))
            .map(|(x, y)| image.pixels[y * image.size[0] + x].a())
            .collect();
        Self {
            size: [x1 - x0, y1 - y0],
            coverage,
            advance,
        }
    }
}

struct Canvas {
    image: ColorImage,
    /// Side of a cell, in pixels.
    cell: usize,
}

impl Canvas {
    /// Paints a form, given as the distance of a pixel from its edge (negative inside), around the cell's middle.
    fn shape(&mut self, index: usize, color: Color32, distance: impl Fn(Vec2) -> f32) {
        self.paint(index, self.cell, color, distance);
    }

    /// The same over two by two cells.
    fn big_shape(&mut self, index: usize, color: Color32, distance: impl Fn(Vec2) -> f32) {
        self.paint(index, 2 * self.cell, color, distance);
    }

    fn paint(&mut self, index: usize, side: usize, color: Color32, distance: impl Fn(Vec2) -> f32) {
        let middle = side as f32 / 2.0;
        for y in 0..side {
            for x in 0..side {
                let p = vec2(x as f32 + 0.5 - middle, y as f32 + 0.5 - middle);
                let cover = (0.5 - distance(p)).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.over(index, x, y, color.gamma_multiply(cover));
                }
            }
        }
    }

    fn over(&mut self, index: usize, x: usize, y: usize, color: Color32) {
        let column = (index % COLUMNS) * self.cell;
        let row = (index / COLUMNS) * self.cell;
        let at = (row + y) * self.image.size[0] + column + x;
        let pixel = &mut self.image.pixels[at];
        *pixel = pixel.gamma_multiply(1.0 - f32::from(color.a()) / 255.0) + color;
    }

    fn sprite(&mut self, index: usize, sprite: &Sprite) {
        for (i, pixel) in sprite.pixels.iter().enumerate().filter(|(_, pixel)| **pixel != 0) {
            let (x, y) = (i as i32 % sprite.size[0], i as i32 / sprite.size[0]);
            let half = self.cell as i32 / 2;
            let (x, y) = (half + sprite.corner[0] + x, half + sprite.corner[1] + y);
            if (0..self.cell as i32).contains(&x) && (0..self.cell as i32).contains(&y) {
                let [r, g, b, a] = pixel.to_le_bytes();
                let color = Color32::from_rgba_premultiplied(r, g, b, a);
                self.over(index, x as usize, y as usize, color);
            }
        }
    }

    fn mark(&mut self, index: usize, class: Class, urgency: Urgency, colors: &Palette, ppp: f32) {
        let form = |p: Vec2| form(class, p / ppp) * ppp;
        self.shape(index, colors.case_edge, |p| form(p) - 1.5 * ppp);
        self.shape(index, urgency.fill(colors), form);
        if urgency == Urgency::Overdue {
            // Stripes in a band along the edge, so that the letter stays clear.
            let period = 4.5 * ppp;
            let stripe = |p: Vec2| ((p.x + p.y).rem_euclid(period) - period / 2.0).abs() - 0.8 * ppp;
            let band = |p: Vec2| form(p).max(-3.0 * ppp - form(p));
            self.shape(index, colors.case_edge, |p| stripe(p).max(band(p)));
        }
    }

    fn glyph(&mut self, index: usize, glyph: &Glyph, offset: Vec2, color: Color32) {
        let [w, h] = glyph.size;
        let left = (self.cell as f32 / 2.0 + offset.x - w as f32 / 2.0)
            .round()
            .max(0.0) as usize;
        let top = (self.cell as f32 / 2.0 + offset.y - h as f32 / 2.0)
            .round()
            .max(0.0) as usize;
        for y in 0..h.min(self.cell - top.min(self.cell)) {
            for x in 0..w.min(self.cell - left.min(self.cell)) {
                let cover = f32::from(glyph.coverage[y * w + x]) / 255.0;
                if cover > 0.0 {
                    self.over(index, left + x, top + y, color.gamma_multiply(cover));
                }
            }
        }
    }
}

/// Distance of a point from the edge of a class's form, in points, negative inside: A circle, B square, C triangle,
/// D diamond.
pub fn form(class: Class, p: Vec2) -> f32 {
    let r = MARK_RADIUS;
    match class {
        Class::A => p.length() - r,
        Class::B => p.x.abs().max(p.y.abs()) - r * 0.9,
        Class::C => {
            // Apex above, base below; the sides lean 60 degrees or so.
            let side = vec2(1.9, -1.0).normalized();
            let right = vec2(p.x, p.y + r * 1.15);
            let left = vec2(-p.x, p.y + r * 1.15);
            right.dot(side).max(left.dot(side)).max(p.y - r * 0.9)
        }
        Class::D => (p.x.abs() + p.y.abs() - r * 1.25) / std::f32::consts::SQRT_2,
    }
}
