//! Pictures of the same cases, drawn in each of the ways. They need Vulkan: without a driver they fail and name the package.

use chrono::TimeDelta;
use eframe::egui::{CentralPanel, Context, Frame};
use image::RgbaImage;

use crate::board::Board;
use crate::case::{Case, CaseId, Duty};
use crate::town::{Lang, Wgs84};
use crate::ui::many::Many;
use crate::ui::picture::{PictureSize, render};
use crate::ui::{Palette, Scene, Selection, Words, theme};

use super::testing::{case_at, reported_at, town};
use super::{BaseChoice, MapSettings, MapView, Way, prefer_way};

const SIZE: PictureSize = PictureSize {
    width: 900,
    height: 600,
};

/// The map of these cases around their middle, drawn in that way.
fn picture(cases: &[Case], way: Way, zoom: f64, dark: bool) -> RgbaImage {
    let ctx = Context::default();
    theme::install(&ctx);
    egui_extras::install_image_loaders(&ctx);
    ctx.set_theme(if dark {
        eframe::egui::Theme::Dark
    } else {
        eframe::egui::Theme::Light
    });
    prefer_way(&ctx, way);
    let town = town();
    let board = Board::new(cases.to_vec(), &town);
    let settings = MapSettings {
        base: BaseChoice::None,
        center: Some(Wgs84 {
            lon: 114.05,
            lat: 22.73,
        }),
        zoom: Some(zoom),
        ..MapSettings::default()
    };
    let mut map = MapView::new(&ctx, &town, settings);
    let (words, duty) = (Words::new(Lang::Zh), Duty::default());
    let selection = Selection {
        case: Some(CaseId(7)),
        many: Many::of([CaseId(3), CaseId(7), CaseId(12)]),
        ..Selection::default()
    };
    let scene = Scene {
        town: &town,
        board: &board,
        duty: &duty,
        words: &words,
        colors: Palette::of(dark),
        // Some are in time, some soon due, some overdue.
        now: reported_at() + TimeDelta::minutes(280),
        selection: &selection,
        past: false,
    };
    render(&ctx, SIZE, &mut |ui| {
        assert_eq!(super::paint::way(ui.ctx()), way);
        let shown = CentralPanel::default().frame(Frame::NONE);
        shown.show(ui, |ui| map.show(ui, scene, &mut Vec::new()));
        map.is_settled()
    })
    .unwrap()
}

/// Cases in a lattice, far enough from each other to be gathered nowhere.
fn alone() -> Vec<Case> {
    let at = |i: i64| {
        let (x, y) = ((i % 8) as f64 - 3.5, (i / 8) as f64 - 2.5);
        let mut case = case_at(i + 1, 114.05 + x * 3.1e-3, 22.73 + y * 2.7e-3);
        case.due_at = Some(reported_at() + TimeDelta::minutes(250 + 25 * (i % 6)));
        case
    };
    (0..48).map(at).collect()
}

/// Cases in crowds.
fn crowds() -> Vec<Case> {
    let at = |i: i64| {
        let crowd = (i % 5) as f64 - 2.0;
        let (x, y) = ((i / 5 % 7) as f64, (i / 35) as f64);
        let (lon, lat) = (114.05 + crowd * 4e-3 + x * 1e-4, 22.73 + crowd * 1e-3 + y * 1e-4);
        let mut case = case_at(i + 1, lon, lat);
        case.due_at = Some(reported_at() + TimeDelta::minutes(250 + 25 * (i % 4)));
        case
    };
    (0..200).map(at).collect()
}

/// The share of pixels that differ by more than `least` of 255 in one colour.
fn differing(a: &RgbaImage, b: &RgbaImage, least: u8) -> f64 {
    let differs = |(a, b): (&image::Rgba<u8>, &image::Rgba<u8>)| {
        a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > least)
    };
    let n = a.pixels().zip(b.pixels()).filter(|pair| differs(*pair)).count();
    n as f64 / f64::from(SIZE.width * SIZE.height)
}

#[test]
fn a_graphics_card_draws_the_same_marks_as_the_program_itself() {
    for dark in [true, false] {
        let cases = alone();
        let [pixels, instances] = [Way::Pixels, Way::Instances].map(|way| picture(&cases, way, 15.0, dark));
        let nothing = picture(&[], Way::Pixels, 15.0, dark);
        assert!(differing(&pixels, &nothing, 20) > 0.02, "marks are there");
        assert!(differing(&pixels, &instances, 2) < 0.0005);
    }
}

#[test]
fn the_interfaces_mesh_looks_nearly_like_it() {
    for (cases, zoom) in [(alone(), 15.0), (crowds(), 14.0)] {
        let [pixels, instances, mesh] =
            [Way::Pixels, Way::Instances, Way::Mesh].map(|way| picture(&cases, way, zoom, true));
        // Soft edges lie a part of a pixel beside each other.
        assert!(
            differing(&pixels, &mesh, 96) < 0.012,
            "{}",
            differing(&pixels, &mesh, 96)
        );
        assert!(differing(&instances, &mesh, 96) < 0.012);
    }
}
