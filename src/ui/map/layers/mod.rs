//! What the map is made of: its layers, in which order they lie, how strongly and at which scales each is drawn.

pub mod ask;
pub mod cards;
pub mod draw;
pub mod options;
pub mod panel;
pub mod symbol;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::camera::{MAX_ZOOM, MIN_ZOOM};

/// One layer of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Cases.
    Cases,
    /// Units at their last known places.
    Units,
    /// The places that units came to today, in order.
    Traces,
    /// Names.
    Labels,
    /// Facilities: party-mass service centres, V-stations, service windows.
    Facilities,
    /// Blocks.
    Blocks,
    /// Party grids.
    PartyGrids,
    /// Communities and the sub-district's edge.
    Communities,
    /// Base grids.
    BaseGrids,
    /// Dwellings.
    Dwellings,
    /// The density of cases.
    Heat,
    /// Areas coloured by an indicator.
    Choropleth,
    /// The ground.
    BaseMap,
}

impl Layer {
    /// All of them as they lie at first, the topmost first.
    pub const ALL: [Self; 13] = [
        Self::Cases,
        Self::Units,
        Self::Traces,
        Self::Labels,
        Self::Facilities,
        Self::Blocks,
        Self::PartyGrids,
        Self::Communities,
        Self::BaseGrids,
        Self::Dwellings,
        Self::Heat,
        Self::Choropleth,
        Self::BaseMap,
    ];

    /// The key of its words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cases => "map-layer-cases",
            Self::Units => "map-layer-units",
            Self::Traces => "map-layer-traces",
            Self::Labels => "map-layer-labels",
            Self::Facilities => "map-layer-facilities",
            Self::Blocks => "map-layer-blocks",
            Self::PartyGrids => "map-layer-party-grids",
            Self::Communities => "map-layer-communities",
            Self::BaseGrids => "map-layer-base-grids",
            Self::Dwellings => "map-layer-dwellings",
            Self::Heat => "map-layer-heat",
            Self::Choropleth => "map-layer-choropleth",
            Self::BaseMap => "map-layer-base-map",
        }
    }
}

/// Which layers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layers {
    /// The ground.
    pub base_map: bool,
    /// Communities and the sub-district's edge.
    pub communities: bool,
    /// Base grids.
    pub base_grids: bool,
    /// Party grids.
    pub party_grids: bool,
    /// Blocks.
    pub blocks: bool,
    /// Names.
    pub labels: bool,
    /// Cases.
    pub cases: bool,
    /// Units at their last known places.
    pub units: bool,
    /// Where units came to today.
    pub traces: bool,
    /// Facilities.
    pub facilities: bool,
    /// Dwellings.
    pub dwellings: bool,
    /// The density of cases.
    pub heat: bool,
    /// Areas coloured by an indicator.
    pub choropleth: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            base_map: true,
            communities: true,
            base_grids: true,
            party_grids: false,
            blocks: true,
            labels: true,
            cases: true,
            units: false,
            traces: false,
            facilities: false,
            dwellings: false,
            heat: false,
            choropleth: false,
        }
    }
}

impl Layers {
    /// Whether a layer is shown.
    pub fn is_on(&self, layer: Layer) -> bool {
        let mut all = *self;
        *all.switch(layer)
    }

    /// The switch of a layer.
    pub fn switch(&mut self, layer: Layer) -> &mut bool {
        match layer {
            Layer::Cases => &mut self.cases,
            Layer::Units => &mut self.units,
            Layer::Traces => &mut self.traces,
            Layer::Labels => &mut self.labels,
            Layer::Facilities => &mut self.facilities,
            Layer::Blocks => &mut self.blocks,
            Layer::PartyGrids => &mut self.party_grids,
            Layer::Communities => &mut self.communities,
            Layer::BaseGrids => &mut self.base_grids,
            Layer::Dwellings => &mut self.dwellings,
            Layer::Heat => &mut self.heat,
            Layer::Choropleth => &mut self.choropleth,
            Layer::BaseMap => &mut self.base_map,
        }
    }
}

/// How a layer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manner {
    /// How strongly: 0 for not at all, 1 for fully.
    pub opacity: f32,
    /// From this zoom level on.
    pub from: f64,
    /// Up to this zoom level.
    pub to: f64,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            opacity: 1.0,
            from: MIN_ZOOM,
            to: MAX_ZOOM,
        }
    }
}

impl Manner {
    /// How a layer is drawn at first.
    pub fn of(layer: Layer) -> Self {
        let (opacity, from) = match layer {
            Layer::Dwellings => (1.0, 15.0),
            Layer::Facilities => (1.0, 12.0),
            Layer::Heat => (0.8, MIN_ZOOM),
            Layer::Choropleth => (0.7, MIN_ZOOM),
            _ => (1.0, MIN_ZOOM),
        };
        Self {
            opacity,
            from,
            ..Self::default()
        }
    }

    /// Whether it is drawn at that zoom level.
    pub fn is_in_range(&self, zoom: f64) -> bool {
        // The ends count, whatever a flight's rounding leaves of them.
        zoom >= self.from - 1e-6 && zoom <= self.to + 1e-6
    }
}

/// How the layers lie and are drawn, as far as that was changed by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    /// The order, the topmost first. Layers that are missing lie where they lie at first.
    order: Vec<Layer>,
    /// How single layers are drawn.
    manners: BTreeMap<Layer, Manner>,
}

impl Arrangement {
    /// All layers, the topmost first; the ground lies below all others.
    pub fn order(&self) -> Vec<Layer> {
        let mut order: Vec<Layer> = Vec::with_capacity(Layer::ALL.len());
        for layer in &self.order {
            if *layer != Layer::BaseMap && !order.contains(layer) {
                order.push(*layer);
            }
        }
        for (i, layer) in Layer::ALL.into_iter().enumerate() {
            if !order.contains(&layer) {
                // Below the one that is above it at first, wherever that is now.
                let above = i.checked_sub(1).and_then(|i| Layer::ALL.get(i));
                let place = above.and_then(|a| order.iter().position(|o| o == a));
                order.insert(place.map_or(0, |p| p + 1).min(order.len()), layer);
            }
        }
        order.retain(|layer| *layer != Layer::BaseMap);
        order.push(Layer::BaseMap);
        order
    }

    /// Moves a layer to that place of the order. The ground stays below all.
    pub fn place(&mut self, layer: Layer, place: usize) {
        if layer == Layer::BaseMap {
            return;
        }
        let mut order = self.order();
        order.retain(|other| *other != layer);
        order.insert(place.min(order.len() - 1), layer);
        self.order = order;
    }

    /// Moves a layer up or down by so many places.
    pub fn move_by(&mut self, layer: Layer, by: isize) {
        let order = self.order();
        if let Some(place) = order.iter().position(|other| *other == layer) {
            self.place(layer, place.saturating_add_signed(by));
        }
    }

    /// How a layer is drawn; what a file says wrongly is put right.
    pub fn manner(&self, layer: Layer) -> Manner {
        let manner = self.manners.get(&layer).copied();
        let manner = manner.unwrap_or_else(|| Manner::of(layer));
        let sane = |value: f64, other: f64| if value.is_finite() { value } else { other };
        let from = sane(manner.from, MIN_ZOOM).clamp(MIN_ZOOM, MAX_ZOOM);
        Manner {
            opacity: if manner.opacity.is_finite() {
                manner.opacity.clamp(0.0, 1.0)
            } else {
                1.0
            },
            from,
            to: sane(manner.to, MAX_ZOOM).clamp(from, MAX_ZOOM),
        }
    }

    /// Says how a layer is drawn from now on.
    pub fn set_manner(&mut self, layer: Layer, manner: Manner) {
        if manner == Manner::of(layer) {
            self.manners.remove(&layer);
        } else {
            self.manners.insert(layer, manner);
        }
    }

    /// The layers that are drawn at that zoom level: those that are on and in their range of scales.
    pub fn drawn(&self, mut layers: Layers, zoom: f64) -> Layers {
        for layer in Layer::ALL {
            let manner = self.manner(layer);
            if !manner.is_in_range(zoom) || manner.opacity <= 0.0 {
                *layers.switch(layer) = false;
            }
        }
        layers
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_layer_is_moved_and_the_ground_stays_below() {
        let mut all = Arrangement::default();
        assert_eq!(all.order(), Layer::ALL);
        all.move_by(Layer::Heat, -10);
        assert_eq!(all.order()[0], Layer::Heat);
        all.move_by(Layer::Heat, 1);
        assert_eq!(all.order()[..2], [Layer::Cases, Layer::Heat]);
        all.move_by(Layer::Heat, 100);
        assert_eq!(all.order()[11..], [Layer::Heat, Layer::BaseMap]);
        all.move_by(Layer::BaseMap, -3);
        assert_eq!(all.order()[12], Layer::BaseMap);
    }

    #[test]
    fn a_layer_that_an_older_file_does_not_know_finds_its_place() {
        let old: Arrangement = toml::from_str(r#"order = ["blocks", "cases", "labels"]"#).unwrap();
        let order = old.order();
        assert_eq!(order.len(), Layer::ALL.len());
        let place = |layer| order.iter().position(|l| *l == layer).unwrap();
        assert!(place(Layer::Blocks) < place(Layer::Cases));
        assert_eq!(place(Layer::Units), place(Layer::Cases) + 1);
    }

    #[test]
    fn only_what_is_in_its_range_of_scales_is_drawn() {
        let mut all = Arrangement::default();
        let on = Layers {
            dwellings: true,
            ..Layers::default()
        };
        assert!(!all.drawn(on, 14.9).dwellings && all.drawn(on, 15.0).dwellings);
        let manner = Manner {
            opacity: 0.0,
            ..Manner::default()
        };
        all.set_manner(Layer::Cases, manner);
        assert!(!all.drawn(on, 15.0).cases);
        all.set_manner(Layer::Cases, Manner::of(Layer::Cases));
        assert_eq!(all, Arrangement::default());
    }

    proptest! {
        #[test]
        fn every_layer_is_in_the_order_once(moves in prop::collection::vec((0_usize..13, 0_usize..20), 0..30)) {
            let mut all = Arrangement::default();
            for (layer, place) in moves {
                all.place(Layer::ALL[layer], place);
                let mut order = all.order();
                prop_assert_eq!(order[12], Layer::BaseMap);
                order.sort();
                let mut expected = Layer::ALL;
                expected.sort();
                prop_assert_eq!(order, expected);
            }
        }
    }
}
