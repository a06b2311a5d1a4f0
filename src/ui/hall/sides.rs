//! Near a boundary: both sides with whoever answers there, and the question which of them a matter belongs to.

use std::sync::Arc;

use eframe::egui::{self, Align, Button, Layout, RichText, Ui};
use fluent_bundle::FluentValue;

use crate::board::Live;
use crate::case::Whereabouts;
use crate::town::ground::ASK_WITHIN_M;
use crate::town::{NearBoundary, PlaceId, PlaceKind, Post, Town, Wgs84};
use crate::ui::{Intent, Scene, choose, theme};

/// Asks which side a point belongs to. `chosen` is the code of a base grid.
pub fn ask(
    ui: &mut Ui,
    scene: Scene<'_>,
    at: Wgs84,
    sides: &[PlaceId],
    chosen: &mut Option<Arc<str>>,
    (id, focus): (egui::Id, bool),
) -> choose::OneOf {
    let (town, lang) = (scene.town, scene.words.lang);
    let near = town.places.near_boundary(at, ASK_WITHIN_M);
    let metres = near
        .iter()
        .filter(|near| near.kind == PlaceKind::BaseGrid)
        .map(|near| near.distance_m)
        .fold(f64::INFINITY, f64::min);
    let distance = FluentValue::from(metres_words(scene, metres));
    let question = RichText::new(scene.words.f("sides-ask", &[("distance", distance)]));
    ui.add(egui::Label::new(question.color(scene.colors.text)).wrap());
    let labels: Vec<&str> = sides
        .iter()
        .map(|side| town.places.get(*side).name.get(lang))
        .collect();
    let is_chosen = |side: &PlaceId| chosen.as_deref() == Some(town.places.get(*side).code.as_str());
    // None is chosen before somebody does.
    let index = sides.iter().position(is_chosen).unwrap_or(labels.len());
    let name = scene.words.t("sides-name");
    let mut done = choose::one_of(ui, scene.colors, id, name, &labels, index, focus);
    if done.entered && chosen.is_none() && done.chosen.is_none() {
        // Enter alone means the side that the point lies on.
        done.chosen = Some(0);
    }
    if let Some(side) = done.chosen.and_then(|index| sides.get(index)) {
        *chosen = Some(town.places.get(*side).code.as_str().into());
    }
    let here = town.places.at(at, PlaceKind::BaseGrid);
    for side in sides {
        let place = town.places.get(*side);
        let chosen = chosen.as_deref() == Some(place.code.as_str());
        let color = if chosen {
            scene.colors.text
        } else {
            scene.colors.weak
        };
        let mut parts = vec![place.name.get(lang).to_owned()];
        parts.extend(around(town, *side, lang));
        parts.push(holder(scene, *side));
        if here == Some(*side) {
            parts.push(scene.words.t("sides-here").to_owned());
        }
        let line = RichText::new(parts.join(" · ")).color(color);
        ui.add(egui::Label::new(line).wrap());
    }
    done
}

/// The places around a base grid, the narrowest first.
fn around(town: &Town, grid: PlaceId, lang: crate::town::Lang) -> impl Iterator<Item = String> {
    let at = town.places.get(grid).label_at;
    let party_grid = town.places.at(at, PlaceKind::PartyGrid);
    let community = town.places.get(grid).parent;
    let names = party_grid.into_iter().chain(community);
    names.map(move |id| town.places.get(id).name.get(lang).to_owned())
}

/// Whoever answers for a place.
fn post_of(town: &Town, place: PlaceId) -> Option<&Post> {
    let found = town.answerable_in(place);
    let post = match town.places.get(place).kind {
        PlaceKind::SubDistrict => None,
        PlaceKind::Community => found.community_officer,
        PlaceKind::BaseGrid => found.grid_officer,
        PlaceKind::PartyGrid => found.party_grid_chief,
        PlaceKind::Block => found.street_chief,
    };
    post.map(|id| &town.posts[usize::from(id.0)])
}

fn holder(scene: Scene<'_>, place: PlaceId) -> String {
    post_of(scene.town, place).map_or_else(
        || scene.words.t("sides-nobody").to_owned(),
        |post| post.holder.get(scene.words.lang).to_owned(),
    )
}

/// Metres to the metre: [`crate::ui::Words::distance`] is too coarse for a boundary.
fn metres_words(scene: Scene<'_>, metres: f64) -> String {
    scene.words.n("distance-m", metres.round() as usize)
}

fn kind_words(scene: Scene<'_>, kind: PlaceKind) -> &str {
    scene.words.t(match kind {
        PlaceKind::SubDistrict | PlaceKind::Community => "answerable-community",
        PlaceKind::BaseGrid => "answerable-base-grid",
        PlaceKind::PartyGrid => "answerable-party-grid",
        PlaceKind::Block => "answerable-block",
    })
}

/// In the case sheet: what lies on the other side of boundaries that the case is near to.
pub fn other_sides(ui: &mut Ui, scene: Scene<'_>, live: &Live, intents: &mut Vec<Intent>) {
    let Whereabouts::Point { at, grid, .. } = &live.case.place else {
        return;
    };
    if !at.is_valid() {
        return;
    }
    if let Some(grid) = grid.as_ref().and_then(|code| scene.town.places.by_code(code)) {
        let name = scene.town.places.get(grid).name.get(scene.words.lang);
        let text = scene
            .words
            .f("sides-chosen", &[("place", FluentValue::from(name))]);
        ui.label(RichText::new(text).color(scene.colors.weak));
    }
    for mut near in scene.town.places.near_boundary(*at, ASK_WITHIN_M) {
        // Where somebody chose the other side, the one that the point lies in is the other.
        if near.other.is_some() && near.other == answering(live, near.kind) {
            std::mem::swap(&mut near.here, &mut near.other);
        }
        other_side(ui, scene, &near, intents);
    }
}

/// The place of that kind that answers for the case.
fn answering(live: &Live, kind: PlaceKind) -> Option<PlaceId> {
    match kind {
        PlaceKind::SubDistrict => None,
        PlaceKind::Community => live.answerable.community,
        PlaceKind::BaseGrid => live.answerable.base_grid,
        PlaceKind::PartyGrid => live.answerable.party_grid,
        PlaceKind::Block => live.answerable.block,
    }
}

fn other_side(ui: &mut Ui, scene: Scene<'_>, near: &NearBoundary, intents: &mut Vec<Intent>) {
    let kind = [
        ("kind", FluentValue::from(kind_words(scene, near.kind))),
        ("distance", metres_words(scene, near.distance_m).into()),
    ];
    let text = RichText::new(scene.words.f("sides-near", &kind)).color(scene.colors.weak);
    ui.add(egui::Label::new(text).wrap());
    let Some(other) = near.other else {
        ui.label(scene.words.f("sides-outside", &kind));
        return;
    };
    let name = scene.town.places.get(other).name.get(scene.words.lang);
    let chosen = scene.selection.place == Some(other);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = theme::HIT;
        let label = scene
            .words
            .f("sides-other", &[("place", FluentValue::from(name))]);
        let button = ui.add(Button::selectable(chosen, label));
        if button.on_hover_text(scene.words.t("answerable-show")).clicked() {
            intents.push(Intent::SelectPlace(if chosen { None } else { Some(other) }));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = RichText::new(holder(scene, other)).color(scene.colors.weak);
            let label = ui.add(egui::Label::new(text).truncate());
            if let Some(post) = post_of(scene.town, other) {
                label.on_hover_text(post.title.get(scene.words.lang));
            }
        });
    });
}
