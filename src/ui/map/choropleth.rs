//! Areas coloured by an indicator: values from the engine of indicators, classes by a rule that the legend states, areas
//! without a value hatched.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use eframe::egui::epaint::{Mesh, Vertex};
use eframe::egui::{Color32, ColorImage, Context, Painter, Pos2, Shape, TextureHandle, TextureOptions};
use lyon_tessellation::math::point;
use lyon_tessellation::path::Path;
use lyon_tessellation::{BuffersBuilder, FillOptions, FillTessellator, FillVertex, VertexBuffers};
use serde::{Deserialize, Serialize};

use crate::indicator::{
    Cohort, Definition, Definitions, Dimension, Engine, Filter, Key, Period, Question, Unit, Value,
};
use crate::spread::{Classes, Rule};
use crate::store::Store;
use crate::town::{Centre, PlaceId, PlaceKind, Places, Town, Wgs84};
use crate::ui::{Palette, theme};

use super::camera::{Mercator, View, mercator};

/// A count is made again no sooner than so, where the book has grown.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
/// And after so long in any case, because time alone makes cases overdue.
const OLD_AFTER: TimeDelta = TimeDelta::seconds(60);
/// Side of the hatch's tile, in points.
const HATCH: usize = 8;

/// What is chosen for the areas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AreaSettings {
    /// Which places.
    pub by: Dimension,
    /// The indicator's id.
    pub indicator: String,
    /// Whether counts are divided by the area.
    pub per_km2: bool,
    /// Of the last days, today counted in.
    pub days: u32,
    /// How values are divided into classes.
    pub rule: Rule,
    /// Into how many at most.
    pub classes: usize,
}

impl Default for AreaSettings {
    fn default() -> Self {
        Self {
            by: Dimension::BaseGrid,
            indicator: "cases-open".to_owned(),
            per_km2: false,
            days: 30,
            rule: Rule::Quantiles,
            classes: 5,
        }
    }
}

impl AreaSettings {
    /// How many classes, whatever a file says.
    pub fn most_classes(&self) -> usize {
        self.classes.clamp(2, 7)
    }

    /// The kind of place, whatever a file says.
    pub fn kind(&self) -> PlaceKind {
        self.by.place_kind().unwrap_or(PlaceKind::BaseGrid)
    }

    fn dimension(&self) -> Dimension {
        Dimension::of_place(self.kind()).unwrap_or(Dimension::BaseGrid)
    }

    /// The period that ends on this day.
    pub fn period(&self, today: NaiveDate) -> Period {
        Period::rolling(self.days.max(1), today).unwrap_or_else(|| Period::day(today))
    }
}

/// Whether values of an indicator hold for a period, and not for this moment only.
pub fn has_period(definition: &Definition) -> bool {
    definition
        .formula
        .set()
        .is_none_or(|set| set.cohort != Cohort::Open)
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaAsk {
    by: Dimension,
    indicator: String,
    period: Period,
    centre: Option<Centre>,
}

/// What was counted.
#[derive(Debug)]
pub struct AreaReply {
    ask: AreaAsk,
    at: DateTime<Utc>,
    definitions: Option<Arc<Definitions>>,
    values: Result<Vec<(String, Value)>, String>,
}

/// Counts for areas. Runs on the store's thread.
///
/// # Errors
/// Never: what goes wrong is in the reply.
pub fn count(
    store: &dyn Store,
    known: Option<Arc<Definitions>>,
    town: &Town,
    at: DateTime<Utc>,
    ask: AreaAsk,
) -> Box<dyn Any + Send> {
    let definitions = match known {
        Some(definitions) => Ok(definitions),
        None => Definitions::load()
            .map(Arc::new)
            .map_err(|error| error.to_string()),
    };
    let values = definitions.clone().and_then(|definitions| {
        let mut filter = Filter::default();
        if let Some(centre) = ask.centre {
            filter = filter.and(Key::new(Dimension::Centre, centre.code()));
        }
        let mut question = Question::new(ask.indicator.as_str(), ask.period);
        question.filter = filter;
        let groups = Engine::on(store, &definitions, town, at, |engine| {
            engine.by(&question, ask.by)
        });
        let groups = groups.map_err(|error| error.to_string())?;
        Ok(groups
            .into_iter()
            .map(|group| (group.key.code, group.value))
            .collect())
    });
    Box::new(AreaReply {
        ask,
        at,
        definitions: definitions.ok(),
        values,
    })
}

/// An area's figure.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaValue {
    /// What is shown: the figure, perhaps for each square kilometre; `None` where there is none.
    pub shown: Option<f64>,
    /// The figure as it was counted.
    pub value: Value,
}

/// Figures of all areas, in classes.
#[derive(Debug)]
pub struct Figures {
    /// What they are of.
    pub settings: AreaSettings,
    /// As of when they were counted.
    pub at: DateTime<Utc>,
    /// By place; `None` for places of other kinds.
    pub areas: Vec<Option<AreaValue>>,
    /// The classes.
    pub classes: Classes,
    /// For each class: the least and the most value in it, and how many areas.
    pub bounds: Vec<(f64, f64, usize)>,
    /// How many areas have no value.
    pub without: usize,
    /// A number that grows with each count.
    version: u64,
}

/// The layer.
#[derive(Default)]
pub struct Choropleth {
    /// What indicators there are, once they were read.
    pub definitions: Option<Arc<Definitions>>,
    counted: Option<(AreaAsk, DateTime<Utc>, u64, Vec<(String, Value)>)>,
    asked: Option<(AreaAsk, u64)>,
    /// What is shown.
    pub figures: Option<Figures>,
    /// Why nothing is.
    pub trouble: Option<(AreaAsk, String)>,
    versions: u64,
    fills: Option<Vec<Fill>>,
    /// Square kilometres of each place, once they are needed: they take a while.
    km2: Option<Vec<f64>>,
    cache: Option<Cache>,
    hatch: Option<(bool, TextureHandle)>,
}

impl Choropleth {
    /// What is to be counted, if anything. `generation` is the board's.
    pub fn ask(
        &mut self,
        settings: &AreaSettings,
        centre: Option<Centre>,
        town: &Town,
        now: DateTime<Utc>,
        generation: u64,
    ) -> Option<AreaAsk> {
        if self.asked.is_some() {
            return None;
        }
        let ask = AreaAsk {
            by: settings.dimension(),
            indicator: settings.indicator.clone(),
            period: settings.period(now.with_timezone(&town.timezone).date_naive()),
            centre,
        };
        if self.trouble.as_ref().is_some_and(|(failed, _)| *failed == ask) {
            return None;
        }
        let fits = self.counted.as_ref().is_some_and(|(known, at, then, _)| {
            let age = now - *at;
            let old = age > OLD_AFTER || generation != *then && age > AGAIN_AFTER;
            *known == ask && !old
        });
        if fits {
            return None;
        }
        self.asked = Some((ask.clone(), generation));
        Some(ask)
    }

    /// The store has answered.
    pub fn arrived(&mut self, reply: AreaReply) {
        let Some((ask, generation)) = self.asked.take().filter(|(ask, _)| *ask == reply.ask) else {
            return;
        };
        if reply.definitions.is_some() {
            self.definitions = reply.definitions;
        }
        match reply.values {
            Ok(values) => {
                self.trouble = None;
                self.counted = Some((ask, reply.at, generation, values));
                self.figures = None;
            }
            Err(why) => {
                self.figures = None;
                self.trouble = Some((ask, why));
            }
        }
    }

    /// The store's job failed as a whole.
    pub fn failed(&mut self, why: &str) {
        if let Some((ask, _)) = self.asked.take() {
            self.trouble = Some((ask, why.to_owned()));
        }
    }

    /// Another book: nothing of what was counted holds.
    pub fn other_book(&mut self) {
        (self.counted, self.asked, self.figures, self.trouble) = (None, None, None, None);
    }

    /// Whether something is being counted.
    pub fn is_busy(&self) -> bool {
        self.asked.is_some()
    }

    /// The indicator that is chosen, once it is known.
    pub fn definition(&self, settings: &AreaSettings) -> Option<&Definition> {
        self.definitions.as_ref()?.get(&settings.indicator)
    }

    /// Divides what was counted into classes, where that was not done yet.
    pub fn update(&mut self, settings: &AreaSettings, places: &Places) {
        if self.figures.as_ref().is_some_and(|f| f.settings == *settings) {
            return;
        }
        let Some((ask, at, _, values)) = &self.counted else {
            return;
        };
        if ask.by != settings.dimension() || ask.indicator != settings.indicator {
            return;
        }
        let unit = self
            .definitions
            .as_ref()
            .and_then(|all| all.get(&ask.indicator))
            .map(|d| d.unit);
        self.versions += 1;
        let km2 = || places.iter().map(|(_, place)| place.area_m2() / 1.0e6).collect();
        let km2 =
            (settings.per_km2 && unit == Some(Unit::Cases)).then(|| &**self.km2.get_or_insert_with(km2));
        self.figures = Some(figures(settings, *at, places, values, unit, km2, self.versions));
    }

    /// The area at that point, with its figure.
    pub fn at(&self, at: Wgs84, places: &Places) -> Option<(PlaceId, &AreaValue)> {
        let figures = self.figures.as_ref()?;
        let place = places.at(at, figures.settings.kind())?;
        let value = figures.areas.get(usize::from(place.0))?.as_ref()?;
        Some((place, value))
    }

    /// Draws all areas.
    pub fn draw(&mut self, painter: &Painter, view: &View, places: &Places, colors: &Palette) {
        let Some(figures) = &self.figures else { return };
        let fills = self
            .fills
            .get_or_insert_with(|| places.iter().map(|(_, place)| Fill::of(&place.outline)).collect());
        let key = (view.zoom, figures.version, colors.dark);
        let fits = self.cache.as_ref().is_some_and(|cache| cache.key == key);
        if !fits {
            let hatch = hatch(&mut self.hatch, painter.ctx(), colors);
            self.cache = Some(Cache::new(key, view, fills, figures, colors, hatch));
        }
        if let Some(cache) = &mut self.cache {
            cache.draw(painter, view);
        }
    }

    /// The places have other boundaries now.
    pub fn boundaries_changed(&mut self) {
        (self.fills, self.cache, self.figures, self.km2) = (None, None, None, None);
    }
}

fn figures(
    settings: &AreaSettings,
    at: DateTime<Utc>,
    places: &Places,
    values: &[(String, Value)],
    unit: Option<Unit>,
    km2: Option<&[f64]>,
    version: u64,
) -> Figures {
    let kind = settings.kind();
    let by_code: HashMap<&str, &Value> = values
        .iter()
        .map(|(code, value)| (code.as_str(), value))
        .collect();
    let of_place = |(id, place): (PlaceId, &crate::town::Place)| {
        if place.kind != kind {
            return None;
        }
        // Where no case was counted there are none; a share of nothing has no value.
        let none = || Value {
            value: (unit == Some(Unit::Cases)).then_some(0.0),
            ..Value::default()
        };
        let value = by_code
            .get(place.code.as_str())
            .map_or_else(none, |value| (*value).clone());
        let km2 = km2.and_then(|all| all.get(usize::from(id.0)).copied());
        let km2 = km2.filter(|km2| *km2 > 0.0).unwrap_or(1.0);
        let shown = value.value.map(|v| v / km2);
        Some(AreaValue { shown, value })
    };
    let areas: Vec<Option<AreaValue>> = places.iter().map(of_place).collect();
    let shown: Vec<f64> = areas.iter().flatten().filter_map(|a| a.shown).collect();
    let classes = Classes::of(&shown, settings.rule, settings.most_classes());
    let mut bounds = vec![(f64::INFINITY, f64::NEG_INFINITY, 0); classes.len()];
    for value in &shown {
        let bound = &mut bounds[classes.class(*value)];
        *bound = (bound.0.min(*value), bound.1.max(*value), bound.2 + 1);
    }
    Figures {
        settings: settings.clone(),
        at,
        without: areas.iter().flatten().filter(|a| a.shown.is_none()).count(),
        areas,
        classes,
        bounds,
        version,
    }
}

/// Triangles that fill an area, in metres of the equator from its first corner, so that small numbers are exact enough.
struct Fill {
    origin: Mercator,
    corners: Vec<[f32; 2]>,
    triangles: Vec<u32>,
}

/// Units of the web-Mercator square that are one unit of a fill.
const FILL_UNIT: f64 = 1.0 / crate::spread::density::EQUATOR_M;

impl Fill {
    fn of(outline: &geo::MultiPolygon<f64>) -> Self {
        let at = |c: &geo::Coord<f64>| mercator(Wgs84 { lon: c.x, lat: c.y });
        let first = outline.0.first().and_then(|polygon| polygon.exterior().0.first());
        let origin = first.map_or([0.0; 2], at);
        let mut path = Path::builder();
        for ring in outline
            .iter()
            .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        {
            let mut corners = ring.coords().map(|c| {
                let [x, y] = at(c);
                point(
                    ((x - origin[0]) / FILL_UNIT) as f32,
                    ((y - origin[1]) / FILL_UNIT) as f32,
                )
            });
            let Some(first) = corners.next() else { continue };
            path.begin(first);
            for corner in corners {
                path.line_to(corner);
            }
            path.end(true);
        }
        let mut buffers: VertexBuffers<[f32; 2], u32> = VertexBuffers::new();
        let mut builder = BuffersBuilder::new(&mut buffers, |v: FillVertex<'_>| v.position().to_array());
        let options = FillOptions::even_odd().with_tolerance(0.1);
        // An outline that can't be filled stays empty; its boundary is still drawn.
        if FillTessellator::new()
            .tessellate_path(&path.build(), &options, &mut builder)
            .is_err()
        {
            buffers = VertexBuffers::new();
        }
        Self {
            origin,
            corners: buffers.vertices,
            triangles: buffers.indices,
        }
    }
}

/// Areas drawn for a zoom level; while the map is only moved, they are moved with it.
struct Cache {
    key: (f64, u64, bool),
    origin: Mercator,
    at: Pos2,
    meshes: [Arc<Mesh>; 2],
}

impl Cache {
    fn new(
        key: (f64, u64, bool),
        view: &View,
        fills: &[Fill],
        figures: &Figures,
        colors: &Palette,
        hatch: TextureHandle,
    ) -> Self {
        let tones = theme::tones(colors, figures.classes.len());
        let scale = view.scale();
        let origin = view.center;
        let mut plain = Mesh::default();
        let mut hatched = Mesh::with_texture(hatch.id());
        for (fill, area) in fills.iter().zip(&figures.areas) {
            let Some(area) = area else { continue };
            let (mesh, color) = match area.shown {
                Some(value) => (&mut plain, tones.get(figures.classes.class(value)).copied()),
                None => (&mut hatched, Some(Color32::WHITE)),
            };
            let first = mesh.vertices.len() as u32;
            let offset = [fill.origin[0] - origin[0], fill.origin[1] - origin[1]];
            let corner = |c: &[f32; 2]| {
                let along = |axis: usize| ((offset[axis] + f64::from(c[axis]) * FILL_UNIT) * scale) as f32;
                let pos = Pos2::new(along(0), along(1));
                Vertex {
                    pos,
                    uv: match area.shown {
                        Some(_) => eframe::egui::epaint::WHITE_UV,
                        None => pos / HATCH as f32,
                    },
                    color: color.unwrap_or(Color32::TRANSPARENT),
                }
            };
            mesh.vertices.extend(fill.corners.iter().map(corner));
            mesh.indices.extend(fill.triangles.iter().map(|i| first + i));
        }
        Self {
            key,
            origin,
            at: Pos2::ZERO,
            meshes: [Arc::new(plain), Arc::new(hatched)],
        }
    }

    fn draw(&mut self, painter: &Painter, view: &View) {
        let at = view.screen(self.origin);
        for mesh in self.meshes.iter_mut().filter(|mesh| !mesh.is_empty()) {
            if at != self.at {
                Arc::make_mut(mesh).translate(at - self.at);
            }
            painter.add(Shape::Mesh(mesh.clone()));
        }
        self.at = at;
    }
}

/// The hatch of areas without a value: thin lines that rise to the right, on nothing.
pub fn hatch(kept: &mut Option<(bool, TextureHandle)>, ctx: &Context, colors: &Palette) -> TextureHandle {
    if let Some((_, texture)) = kept.as_ref().filter(|(dark, _)| *dark == colors.dark) {
        return texture.clone();
    }
    // Two pixels to the point, for sharp screens.
    let side = 2 * HATCH;
    let line = |i: usize| {
        let away = (i % side + i / side) % side;
        match away {
            0 | 1 => colors.faint,
            2 => colors.faint.gamma_multiply(0.4),
            _ => Color32::TRANSPARENT,
        }
    };
    let image = ColorImage::new([side, side], (0..side * side).map(line).collect());
    let texture = ctx.load_texture("hatch", image, TextureOptions::LINEAR_REPEAT);
    *kept = Some((colors.dark, texture.clone()));
    texture
}
