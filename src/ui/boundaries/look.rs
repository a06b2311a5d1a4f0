//! What a thread finds out about boundaries that are being drawn: faults, areas, and whose grid becomes another one.

use std::sync::Arc;

use crate::board::Board;
use crate::town::boundary::{Fault, Plan, Weight, check, judge, redrawn};
use crate::town::{PlaceId, PlaceKind, Town, Wgs84};

/// Points of open cases, each with the base grid that it lies in.
pub type Points = Arc<[(Wgs84, Option<PlaceId>)]>;

/// What is to be looked at.
#[derive(Debug)]
pub struct Ask {
    /// Which state of the plan this is.
    pub generation: u64,
    /// What is drawn.
    pub plan: Plan,
    /// The town as it is.
    pub town: Arc<Town>,
    /// Where open cases are.
    pub points: Points,
}

/// A place that becomes different.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its code.
    pub code: String,
    /// What it is.
    pub kind: PlaceKind,
    /// Its area before in square metres; `None` where it is new.
    pub before_m2: Option<f64>,
    /// Its area afterwards in square metres; `None` where it is gone.
    pub after_m2: Option<f64>,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Of which state of the plan.
    pub generation: u64,
    /// Everything that is wrong with all boundaries, the heaviest first.
    pub faults: Vec<Fault>,
    /// What the change brings that was not wrong before.
    pub brought: Vec<Fault>,
    /// Places that become different.
    pub rows: Vec<Row>,
    /// Open cases whose point would lie in another base grid than theirs.
    pub moved: usize,
}

impl Looked {
    /// The heaviest of what the change brings.
    pub fn weight(&self) -> Option<Weight> {
        self.brought.iter().map(|fault| fault.kind.weight()).max()
    }
}

/// The points of open cases, each with the grid that it lies in.
pub fn points(board: &Board) -> Points {
    let live = board.iter();
    live.filter_map(|live| Some((live.case.place.point()?, live.answerable.base_grid)))
        .collect()
}

/// Looks at what is drawn. Takes some tenths of a second for a large town.
pub fn look(ask: &Ask) -> Looked {
    let change = ask.plan.change();
    let mut rows: Vec<Row> = Vec::new();
    for drawn in &change.drawn {
        let before = ask.plan.before(&drawn.code);
        let after = ask.plan.shape(&drawn.code);
        rows.push(Row {
            code: drawn.code.clone(),
            kind: drawn.kind,
            before_m2: before.map(|shape| shape.area_m2()),
            after_m2: after.map(|shape| shape.area_m2()),
        });
    }
    for shape in change.gone.iter().filter_map(|gone| ask.plan.before(&gone.code)) {
        rows.push(Row {
            code: shape.code.clone(),
            kind: shape.kind,
            before_m2: Some(shape.area_m2()),
            after_m2: None,
        });
    }
    let (brought, moved) = if change.is_empty() {
        (Vec::new(), 0)
    } else {
        let places = redrawn(&ask.town.places, [(chrono::DateTime::UNIX_EPOCH, &change)]).places;
        let code = |id: Option<PlaceId>| id.map(|id| ask.town.places.get(id).code.as_str());
        let moves = |(at, grid): &&(Wgs84, Option<PlaceId>)| {
            let after = places
                .at(*at, PlaceKind::BaseGrid)
                .map(|id| places.get(id).code.as_str());
            after != code(*grid)
        };
        (
            judge(&ask.town.places, &change),
            ask.points.iter().filter(moves).count(),
        )
    };
    Looked {
        generation: ask.generation,
        faults: check(ask.plan.shapes()),
        brought,
        rows,
        moved,
    }
}
