//! Draws picture tiles of another datum where they belong.
//!
//! A server in GCJ-02 numbers its tiles by shifted degrees. The shift changes from place to place, so that moving the whole
//! picture by the shift of its middle would be several points off at its edges. Here each corner of each tile is put where
//! its point lies; between the corners of one tile the shift is even to a fraction of a point, at every zoom level.

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape};
use walkers::{Tile, TileId, TilePiece, Tiles};

use crate::town::{Datum, Wgs84};

use super::camera::{Mercator, View, mercator, wgs84};

/// More tiles than this are on no screen.
const MOST_TILES: u32 = 4096;

/// Draws the tiles in view.
pub fn draw(painter: &Painter, view: &View, datum: Datum, tiles: &mut dyn Tiles) {
    let zoom = view.zoom.round().clamp(0.0, 22.0) as u8;
    let (columns, rows) = in_view(view, datum, zoom);
    let count = (columns.end() - columns.start() + 1).saturating_mul(rows.end() - rows.start() + 1);
    if count > MOST_TILES {
        return;
    }
    for y in rows {
        for x in columns.clone() {
            if let Some(TilePiece {
                tile: Tile::Raster(texture),
                uv,
            }) = tiles.at(TileId { x, y, zoom })
            {
                painter.add(Shape::mesh(piece(
                    corners(view, datum, zoom, x, y),
                    uv,
                    texture.id(),
                )));
            }
        }
    }
}

type Range = std::ops::RangeInclusive<u32>;

/// Columns and rows of the tiles that the view shows.
fn in_view(view: &View, datum: Datum, zoom: u8) -> (Range, Range) {
    let bounds = view.bounds(0.0);
    let ([west, north], [east, south]) = (bounds.min, bounds.max);
    let seen = [[west, north], [east, north], [west, south], [east, south]];
    let seen = seen.map(|corner| in_datum(datum, corner));
    let side = f64::from(1u32 << zoom);
    let range = |axis: usize| {
        let along = seen.iter().map(|corner| corner[axis] * side);
        let (least, most) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| {
            (least.min(at), most.max(at))
        });
        let number = |at: f64| at.clamp(0.0, side - 1.0) as u32;
        number(least)..=number(most)
    };
    (range(0), range(1))
}

/// Where a point of the map lies among the tiles of a datum, in normalised web-mercator.
fn in_datum(datum: Datum, at: Mercator) -> Mercator {
    let [lon, lat] = datum.of_wgs84(wgs84(at));
    mercator(Wgs84 { lon, lat })
}

/// Where a point among the tiles of a datum lies on the map.
fn on_map(datum: Datum, at: Mercator) -> Mercator {
    let Wgs84 { lon, lat } = wgs84(at);
    mercator(datum.to_wgs84(lon, lat))
}

/// The corners of a tile on the screen: north-west, north-east, south-west, south-east.
fn corners(view: &View, datum: Datum, zoom: u8, x: u32, y: u32) -> [Pos2; 4] {
    let side = f64::from(1u32 << zoom).recip();
    [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| {
        let at = [f64::from(x + right) * side, f64::from(y + down) * side];
        view.screen(on_map(datum, at))
    })
}

fn piece(corners: [Pos2; 4], uv: Rect, texture: eframe::egui::TextureId) -> Mesh {
    let mut mesh = Mesh::with_texture(texture);
    let uvs = [uv.left_top(), uv.right_top(), uv.left_bottom(), uv.right_bottom()];
    for (pos, uv) in corners.into_iter().zip(uvs) {
        mesh.vertices.push(eframe::egui::epaint::Vertex {
            pos,
            uv,
            color: Color32::WHITE,
        });
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(1, 2, 3);
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::vec2;

    const GUANLAN: Wgs84 = Wgs84 {
        lon: 114.06,
        lat: 22.736,
    };

    fn view(zoom: f64, center: Wgs84) -> View {
        View {
            center: mercator(center),
            zoom,
            rect: Rect::from_min_size(Pos2::ZERO, vec2(1920.0, 1080.0)),
        }
    }

    /// How far from its true place a point inside a tile is drawn at most, in points.
    fn worst_off(view: &View, datum: Datum) -> f32 {
        let zoom = view.zoom as u8;
        let side = f64::from(1u32 << zoom).recip();
        let (columns, rows) = in_view(view, datum, zoom);
        let mut worst: f32 = 0.0;
        for (x, y) in columns.flat_map(|x| rows.clone().map(move |y| (x, y))) {
            let [nw, ne, sw, se] = corners(view, datum, zoom, x, y);
            for i in 0..=8u8 {
                for j in 0..=8u8 {
                    let (u, v) = (f32::from(i) / 8.0, f32::from(j) / 8.0);
                    // As the two triangles are filled.
                    let drawn = if u + v <= 1.0 {
                        nw + (ne - nw) * u + (sw - nw) * v
                    } else {
                        se + (sw - se) * (1.0 - u) + (ne - se) * (1.0 - v)
                    };
                    let at = [
                        (f64::from(x) + f64::from(u)) * side,
                        (f64::from(y) + f64::from(v)) * side,
                    ];
                    worst = worst.max(drawn.distance(view.screen(on_map(datum, at))));
                }
            }
        }
        worst
    }

    #[test]
    fn every_point_of_every_tile_is_where_it_belongs_at_every_zoom_level() {
        let beijing = Wgs84 {
            lon: 116.39,
            lat: 39.9,
        };
        for center in [GUANLAN, beijing] {
            for zoom in 3..=19 {
                for datum in [Datum::Gcj02, Datum::Cgcs2000] {
                    let off = worst_off(&view(f64::from(zoom), center), datum);
                    assert!(off < 0.5, "zoom {zoom}, {datum}: {off} points");
                }
            }
        }
    }

    /// Why the tiles are not simply moved all together.
    #[test]
    fn moved_by_the_shift_of_the_middle_the_edges_would_be_points_off() {
        let view = view(14.0, GUANLAN);
        let moved = |at: Mercator| {
            let shift = in_datum(Datum::Gcj02, view.center);
            [
                at[0] - (shift[0] - view.center[0]),
                at[1] - (shift[1] - view.center[1]),
            ]
        };
        let edge = |x: f32, y: f32| {
            let at = view.unscreen(eframe::egui::pos2(x, y));
            let tile = in_datum(Datum::Gcj02, at);
            view.screen(moved(tile)).distance(view.screen(at))
        };
        let worst = [0.0, 480.0, 960.0, 1440.0, 1920.0]
            .into_iter()
            .flat_map(|x| [0.0, 540.0, 1080.0].map(|y| edge(x, y)))
            .fold(0.0, f32::max);
        assert!(worst > 1.0, "{worst} points");
    }

    #[test]
    fn the_tiles_in_view_cover_it_wholly() {
        let view = view(15.0, GUANLAN);
        let (columns, rows) = in_view(&view, Datum::Gcj02, 15);
        let [nw, ..] = corners(&view, Datum::Gcj02, 15, *columns.start(), *rows.start());
        let [.., se] = corners(&view, Datum::Gcj02, 15, *columns.end(), *rows.end());
        assert!(
            nw.x <= 0.5 && nw.y <= 0.5 && se.x >= 1919.5 && se.y >= 1079.5,
            "{nw} {se}"
        );
        assert!(columns.count() <= 10 && rows.count() <= 7);
    }
}
