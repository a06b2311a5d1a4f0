//! Where the map looks: the middle in normalised web-mercator, the zoom, and a flight from one view to another.

use eframe::egui::{Pos2, Rect, Vec2, vec2};

use crate::town::Wgs84;

/// Width of the whole world at zoom 0, in points.
const WORLD_POINTS: f64 = 256.0;
/// The widest view: the whole world, for cases that came from anywhere.
pub const MIN_ZOOM: f64 = 1.0;
/// The closest view: one house.
pub const MAX_ZOOM: f64 = 19.0;
/// A box is shown no closer than this, however small it is.
const FIT_ZOOM: f64 = 16.0;
/// How long a flight takes, in seconds.
const FLIGHT_SECS: f64 = 0.22;

/// A position in normalised web-mercator: 0 to 1 eastward, 0 to 1 southward.
pub type Mercator = [f64; 2];

/// Where a WGS-84 position lies in normalised web-mercator.
pub fn mercator(at: Wgs84) -> Mercator {
    let x = at.lon / 360.0 + 0.5;
    let lat = at.lat.clamp(-85.0511, 85.0511).to_radians();
    let y = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0;
    [x, y]
}

/// The WGS-84 position of a point in normalised web-mercator.
pub fn wgs84(m: Mercator) -> Wgs84 {
    let lat = (std::f64::consts::PI * (1.0 - 2.0 * m[1])).sinh().atan();
    Wgs84 {
        lon: (m[0] - 0.5) * 360.0,
        lat: lat.to_degrees(),
    }
}

/// A map view in a rectangle of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// What lies in the middle.
    pub center: Mercator,
    /// Web-map zoom level.
    pub zoom: f64,
    /// The rectangle of the screen, in points.
    pub rect: Rect,
}

impl View {
    /// Points per unit of normalised web-mercator.
    pub fn scale(&self) -> f64 {
        WORLD_POINTS * self.zoom.exp2()
    }

    /// Where a position is on the screen.
    pub fn screen(&self, m: Mercator) -> Pos2 {
        let scale = self.scale();
        let offset = [(m[0] - self.center[0]) * scale, (m[1] - self.center[1]) * scale];
        self.rect.center() + vec2(offset[0] as f32, offset[1] as f32)
    }

    /// Which position is at that point of the screen.
    pub fn unscreen(&self, at: Pos2) -> Mercator {
        let offset = at - self.rect.center();
        let scale = self.scale();
        [
            self.center[0] + f64::from(offset.x) / scale,
            self.center[1] + f64::from(offset.y) / scale,
        ]
    }

    /// The corners of what is seen, `margin` points beyond the edge included: north-west and south-east.
    pub fn bounds(&self, margin: f32) -> Bounds {
        let rect = self.rect.expand(margin);
        Bounds {
            min: self.unscreen(rect.min),
            max: self.unscreen(rect.max),
        }
    }

    /// Metres per point in the middle of the view.
    pub fn metres_per_point(&self) -> f64 {
        const EQUATOR_M: f64 = 40_075_016.686;
        EQUATOR_M * wgs84(self.center).lat.to_radians().cos() / self.scale()
    }
}

/// A box in normalised web-mercator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// North-west corner.
    pub min: Mercator,
    /// South-east corner.
    pub max: Mercator,
}

impl Bounds {
    /// A box that holds nothing.
    pub const NOTHING: Self = Self {
        min: [f64::INFINITY; 2],
        max: [f64::NEG_INFINITY; 2],
    };

    /// The smallest box around the points.
    pub fn around(points: impl IntoIterator<Item = Mercator>) -> Self {
        let mut all = Self::NOTHING;
        for p in points {
            all.add(p);
        }
        all
    }

    /// Grows to hold the point.
    pub fn add(&mut self, p: Mercator) {
        for (axis, value) in p.into_iter().enumerate() {
            self.min[axis] = self.min[axis].min(value);
            self.max[axis] = self.max[axis].max(value);
        }
    }

    /// Whether the point lies inside.
    pub fn contains(&self, p: Mercator) -> bool {
        (0..2).all(|axis| self.min[axis] <= p[axis] && p[axis] <= self.max[axis])
    }

    /// Whether the two have a point in common.
    pub fn touches(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.min[axis] <= other.max[axis] && other.min[axis] <= self.max[axis])
    }

    /// Whether `other` lies inside wholly.
    pub fn holds(&self, other: &Self) -> bool {
        self.contains(other.min) && self.contains(other.max)
    }
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    from: (Mercator, f64),
    to: (Mercator, f64),
    /// Seconds on the window's clock; `None` until the first frame of the flight.
    start: Option<f64>,
}

/// The map's view and how it moves.
#[derive(Clone, Debug)]
pub struct Camera {
    view: View,
    flight: Option<Flight>,
    /// What is to be seen whole as soon as the size of the map is known.
    pending_fit: Option<Bounds>,
    /// Whether flights are shown; else the view jumps.
    pub motion: bool,
}

impl Camera {
    /// Looks at `center`.
    pub fn new(center: Wgs84, zoom: f64) -> Self {
        let zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let view = View {
            center: mercator(center),
            zoom,
            rect: Rect::NOTHING,
        };
        Self {
            view,
            flight: None,
            pending_fit: None,
            motion: true,
        }
    }

    /// Whether a flight is under way.
    pub fn is_moving(&self) -> bool {
        self.flight.is_some() || self.pending_fit.is_some()
    }

    /// The view of this frame.
    pub fn view(&self) -> View {
        self.view
    }

    /// Where the view will be when its flight has ended: middle and zoom.
    pub fn goal(&self) -> (Mercator, f64) {
        self.flight.map_or((self.view.center, self.view.zoom), |f| f.to)
    }

    /// Begins a frame in `rect` at `now` seconds. Answers whether another frame is needed soon.
    pub fn begin(&mut self, rect: Rect, now: f64) -> bool {
        self.view.rect = rect;
        if let Some(bounds) = self.pending_fit.take() {
            let (center, zoom) = self.around(bounds);
            self.jump(center, zoom.min(FIT_ZOOM));
        }
        let Some(flight) = &mut self.flight else {
            return false;
        };
        let start = *flight.start.get_or_insert(now);
        // The last frame may come a rounding error early; the flight then ends in it all the same.
        let t = ((now - start + 1e-6) / FLIGHT_SECS).clamp(0.0, 1.0);
        let eased = 1.0 - (1.0 - t).powi(3);
        let mix = |a: f64, b: f64| a + (b - a) * eased;
        self.view.zoom = mix(flight.from.1, flight.to.1);
        self.view.center = [
            mix(flight.from.0[0], flight.to.0[0]),
            mix(flight.from.0[1], flight.to.0[1]),
        ];
        if t >= 1.0 {
            (self.view.center, self.view.zoom) = flight.to;
            self.flight = None;
        }
        self.flight.is_some()
    }

    /// Moves to a view, in a short flight where motion is wanted.
    pub fn fly(&mut self, center: Mercator, zoom: f64) {
        let to = (clamped(center), zoom.clamp(MIN_ZOOM, MAX_ZOOM));
        if !self.motion || !self.view.rect.is_positive() {
            return self.jump(to.0, to.1);
        }
        self.flight = Some(Flight {
            from: (self.view.center, self.view.zoom),
            to,
            start: None,
        });
    }

    /// Is at a view at once.
    pub fn jump(&mut self, center: Mercator, zoom: f64) {
        self.flight = None;
        self.view.center = clamped(center);
        self.view.zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
    }

    /// Shows the whole box with a margin.
    pub fn fit(&mut self, bounds: Bounds) {
        if !self.view.rect.is_positive() {
            self.pending_fit = Some(bounds);
            return;
        }
        let (center, zoom) = self.around(bounds);
        self.fly(center, zoom.min(FIT_ZOOM));
    }

    fn around(&self, bounds: Bounds) -> (Mercator, f64) {
        let center = [
            (bounds.min[0] + bounds.max[0]) / 2.0,
            (bounds.min[1] + bounds.max[1]) / 2.0,
        ];
        let room = (self.view.rect.size() - Vec2::splat(96.0)).max(Vec2::splat(64.0));
        let zoom_for = |span: f64, points: f32| (f64::from(points) / (span.max(1e-7) * WORLD_POINTS)).log2();
        let zoom = zoom_for(bounds.max[0] - bounds.min[0], room.x)
            .min(zoom_for(bounds.max[1] - bounds.min[1], room.y));
        (center, zoom)
    }

    /// Follows a hand that moved the map by that many points.
    pub fn drag(&mut self, delta: Vec2) {
        self.flight = None;
        let scale = self.view.scale();
        let [x, y] = self.view.center;
        self.view.center = clamped([x - f64::from(delta.x) / scale, y - f64::from(delta.y) / scale]);
    }

    /// Zooms by `levels`, the point `anchor` of the screen stays where it is.
    pub fn zoom_at(&mut self, anchor: Pos2, levels: f64) {
        let held = self.view.unscreen(anchor);
        self.flight = None;
        self.view.zoom = (self.view.zoom + levels).clamp(MIN_ZOOM, MAX_ZOOM);
        self.view.center = clamped(self.center_holding(held, anchor, self.view.zoom));
    }

    /// The same as [`Self::zoom_at`], as a flight.
    pub fn fly_zoom_at(&mut self, anchor: Option<Pos2>, levels: f64) {
        let anchor = anchor.unwrap_or(self.view.rect.center());
        let (_, zoom) = self.goal();
        let zoom = ((zoom + levels) * 2.0).round() / 2.0;
        let zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let held = self.view.unscreen(anchor);
        self.fly(self.center_holding(held, anchor, zoom), zoom);
    }

    /// Moves by that many points, as a flight.
    pub fn pan(&mut self, by: Vec2) {
        let (center, zoom) = self.goal();
        let scale = WORLD_POINTS * zoom.exp2();
        self.fly(
            [
                center[0] + f64::from(by.x) / scale,
                center[1] + f64::from(by.y) / scale,
            ],
            zoom,
        );
    }

    /// Shows the whole box, the zoom level within limits.
    pub fn fit_within(&mut self, bounds: Bounds, (least, most): (f64, f64)) {
        let (center, zoom) = self.around(bounds);
        self.fly(center, zoom.clamp(least, most.max(least)));
    }

    fn center_holding(&self, held: Mercator, anchor: Pos2, zoom: f64) -> Mercator {
        let scale = WORLD_POINTS * zoom.exp2();
        let offset = anchor - self.view.rect.center();
        [
            held[0] - f64::from(offset.x) / scale,
            held[1] - f64::from(offset.y) / scale,
        ]
    }
}

fn clamped(center: Mercator) -> Mercator {
    let sane = |v: f64| if v.is_finite() { v.clamp(0.0, 1.0) } else { 0.5 };
    [sane(center[0]), sane(center[1])]
}

/// The part of the screen that a round length in metres takes, for a scale bar of at most `room` points.
pub fn scale_bar(view: &View, room: f32) -> (f64, f32) {
    let most = view.metres_per_point() * f64::from(room);
    let power = 10f64.powf(most.log10().floor());
    let metres = [5.0, 2.0, 1.0]
        .into_iter()
        .map(|n| n * power)
        .find(|m| *m <= most)
        .unwrap_or(power);
    (metres, (metres / view.metres_per_point()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    const HERE: Wgs84 = Wgs84 {
        lon: 114.06,
        lat: 22.736,
    };

    fn camera() -> Camera {
        let mut camera = Camera::new(HERE, 14.0);
        camera.motion = false;
        camera.begin(Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 600.0)), 0.0);
        camera
    }

    #[test]
    fn a_position_goes_to_the_screen_and_back() {
        let view = camera().view();
        let at = wgs84(view.unscreen(view.screen(mercator(HERE))));
        assert!(at.distance_m(HERE) < 0.01, "{at:?}");
        assert_eq!(view.screen(mercator(HERE)), view.rect.center());
    }

    #[test]
    fn zooming_holds_the_point_under_the_pointer() {
        let mut camera = camera();
        let anchor = pos2(300.0, 500.0);
        let before = wgs84(camera.view().unscreen(anchor));
        camera.zoom_at(anchor, 1.3);
        assert!(before.distance_m(wgs84(camera.view().unscreen(anchor))) < 0.05);
        camera.fly_zoom_at(Some(anchor), -1.0);
        assert!(before.distance_m(wgs84(camera.view().unscreen(anchor))) < 0.05);
    }

    #[test]
    fn a_fit_shows_the_whole_box() {
        let mut camera = camera();
        let bounds = Bounds::around([
            mercator(Wgs84 {
                lon: 114.0,
                lat: 22.69,
            }),
            mercator(Wgs84 {
                lon: 114.1,
                lat: 22.78,
            }),
        ]);
        camera.fit(bounds);
        assert!(camera.view().bounds(0.0).holds(&bounds));
    }

    #[test]
    fn a_scale_bar_is_round_and_fits() {
        let view = camera().view();
        let (metres, points) = scale_bar(&view, 120.0);
        assert!(points <= 120.0 && points > 40.0, "{metres} m in {points} points");
        let expected = Wgs84 {
            lon: 114.06,
            lat: 22.736,
        };
        let east = wgs84(view.unscreen(view.rect.center() + vec2(points, 0.0)));
        assert!((expected.distance_m(east) / metres - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_flight_ends_where_it_should() {
        let mut camera = camera();
        camera.motion = true;
        let goal = mercator(Wgs84 {
            lon: 114.1,
            lat: 22.7,
        });
        camera.fly(goal, 15.0);
        let rect = camera.view().rect;
        assert!(camera.begin(rect, 1.0));
        assert!(!camera.begin(rect, 1.0 + FLIGHT_SECS));
        assert_eq!((camera.view().center, camera.view().zoom), (goal, 15.0));
    }
}
