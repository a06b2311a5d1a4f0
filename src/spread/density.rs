//! The density of points: how many lie on a square kilometre, smoothed by a kernel whose radius is in metres.
//!
//! The kernel is three boxes, one after the other along each axis: a smooth bell that ends at the radius and whose
//! standard deviation is a third of it. A box costs the same however wide it is, so that a wide radius costs no more than
//! a narrow one. Boxes end within cells, so that the radius need not be a whole number of them (after Gwosdek, Grewenig,
//! Bruhn and Weickert 2011).

use std::collections::HashMap;

/// Metres around the equator of the sphere that web maps are drawn on.
pub const EQUATOR_M: f64 = 40_075_016.686;

/// A lattice of square cells in the web-Mercator square (0 to 1 from west to east and from north to south).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Its north-western corner.
    pub min: [f64; 2],
    /// Side of a cell.
    pub cell: f64,
    /// Cells from west to east.
    pub width: usize,
    /// Cells from north to south.
    pub height: usize,
}

impl Grid {
    /// Its south-eastern corner.
    pub fn max(&self) -> [f64; 2] {
        [
            self.min[0] + self.cell * self.width as f64,
            self.min[1] + self.cell * self.height as f64,
        ]
    }

    /// Metres along the side of a cell in the grid's middle. Over a hundred kilometres from north to south it changes by
    /// less than one percent.
    pub fn cell_m(&self) -> f64 {
        let middle = self.min[1] + self.cell * self.height as f64 / 2.0;
        self.cell * metres_per_unit(middle)
    }
}

/// Metres on the ground of one unit of the web-Mercator square, so far from its northern edge.
pub fn metres_per_unit(y: f64) -> f64 {
    let lat = (std::f64::consts::PI * (1.0 - 2.0 * y)).sinh().atan();
    EQUATOR_M * lat.cos()
}

/// What points are smoothed by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kernel {
    /// Metres from a point to where it no longer counts.
    pub radius_m: f64,
    /// Metres of the squares that points are only known by; 0 where they are exact. A point counts evenly in its square.
    pub grain_m: f64,
}

/// Cases on a square kilometre, for each cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    /// The cells.
    pub grid: Grid,
    /// From west to east, row by row from the north.
    pub per_km2: Vec<f32>,
}

impl Density {
    /// The density at a point of the web-Mercator square; `None` beyond the grid.
    pub fn at(&self, at: [f64; 2]) -> Option<f32> {
        let along = |axis: usize, cells: usize| {
            let i = (at[axis] - self.grid.min[axis]) / self.grid.cell;
            (i >= 0.0 && i < cells as f64).then_some(i as usize)
        };
        let (x, y) = (along(0, self.grid.width)?, along(1, self.grid.height)?);
        self.per_km2.get(y * self.grid.width + x).copied()
    }
}

/// The density of `points` (in the web-Mercator square) on the cells of `grid`; points beyond it count as far as their
/// kernels reach into it.
pub fn density(points: impl Iterator<Item = [f64; 2]>, grid: Grid, kernel: Kernel) -> Density {
    let cell_m = grid.cell_m();
    let reach = ((kernel.radius_m + kernel.grain_m / 2.0) / cell_m).ceil() as usize + 1;
    let (width, height) = (grid.width + 2 * reach, grid.height + 2 * reach);
    let mut cells = vec![0.0_f32; width * height];
    let shift = reach as f64;
    for [x, y] in points {
        let x = (x - grid.min[0]) / grid.cell + shift;
        let y = (y - grid.min[1]) / grid.cell + shift;
        // Comparisons with what is no number are false, so that such points count nowhere.
        if x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64 {
            cells[y as usize * width + x as usize] += 1.0;
        }
    }
    let side = 2.0 * kernel.radius_m / 3.0 / cell_m;
    let mut scratch = cells.clone();
    for side in [side, side, side, kernel.grain_m / cell_m] {
        blur_rows(&mut cells, &mut scratch, width, side);
        blur_columns(&mut cells, &mut scratch, width, side);
    }
    let per_km2 = (1.0e6 / (cell_m * cell_m)) as f32;
    let row = |y: usize| {
        let start = (y + reach) * width + reach;
        &cells[start..start + grid.width]
    };
    Density {
        grid,
        per_km2: (0..grid.height).flat_map(row).map(|n| n * per_km2).collect(),
    }
}

/// How a box that is `side` cells wide lies on cells: whole cells to both sides of the middle one, and the share of the two
/// beyond. `None` where it is no wider than one cell and changes nothing.
fn box_of(side: f64) -> Option<(usize, f32, f32)> {
    if side <= 1.0 || !side.is_finite() {
        return None;
    }
    let whole = ((side - 1.0) / 2.0).floor();
    let share = (side - (2.0 * whole + 1.0)) / 2.0;
    Some((whole as usize, share as f32, (1.0 / side) as f32))
}

fn blur_rows(cells: &mut Vec<f32>, scratch: &mut Vec<f32>, width: usize, side: f64) {
    let Some((whole, share, weight)) = box_of(side) else {
        return;
    };
    for (from, to) in cells.chunks_exact(width).zip(scratch.chunks_exact_mut(width)) {
        let at = |x: usize| from.get(x).copied().unwrap_or(0.0);
        // Sums of many cells keep their exactness in a wider number.
        let mut sum: f64 = from.iter().take(whole).map(|n| f64::from(*n)).sum();
        for (x, to) in to.iter_mut().enumerate() {
            sum += f64::from(at(x + whole));
            let before = if x > whole { at(x - whole - 1) } else { 0.0 };
            let beyond = at(x + whole + 1) + before;
            *to = ((sum as f32 + share * beyond) * weight).max(0.0);
            if x >= whole {
                sum -= f64::from(at(x - whole));
            }
        }
    }
    std::mem::swap(cells, scratch);
}

/// As [`blur_rows`], from north to south: whole rows are added at once, because memory is read along rows.
fn blur_columns(cells: &mut Vec<f32>, scratch: &mut Vec<f32>, width: usize, side: f64) {
    let Some((whole, share, weight)) = box_of(side) else {
        return;
    };
    let height = cells.len() / width.max(1);
    let row = |y: usize| (y < height).then(|| &cells[y * width..(y + 1) * width]);
    let mut sums = vec![0.0_f64; width];
    let add = |sums: &mut [f64], y: usize, sign: f64| {
        if let Some(row) = row(y) {
            for (sum, n) in sums.iter_mut().zip(row) {
                *sum += sign * f64::from(*n);
            }
        }
    };
    for y in 0..whole.min(height) {
        add(&mut sums, y, 1.0);
    }
    for (y, to) in scratch.chunks_exact_mut(width).enumerate() {
        add(&mut sums, y + whole, 1.0);
        for (to, sum) in to.iter_mut().zip(&sums) {
            *to = *sum as f32;
        }
        let before = (y > whole).then(|| y - whole - 1);
        for beyond in [Some(y + whole + 1), before]
            .into_iter()
            .flatten()
            .filter_map(row)
        {
            for (to, n) in to.iter_mut().zip(beyond) {
                *to += share * n;
            }
        }
        for to in to.iter_mut() {
            *to = (*to * weight).max(0.0);
        }
        if y >= whole {
            add(&mut sums, y - whole, -1.0);
        }
    }
    std::mem::swap(cells, scratch);
}

/// About the highest density that there is, wherever it is: the fullest square whose side is the radius. It does not depend
/// on what is looked at, so that classes made of it hold while a map is moved.
pub fn peak_per_km2(points: impl Iterator<Item = [f64; 2]>, radius_m: f64) -> f64 {
    let mut squares: HashMap<(i64, i64), u32> = HashMap::new();
    let mut row: Option<(i64, f64)> = None;
    // Rows of equal height; in each, squares of its own width.
    let side = radius_m / EQUATOR_M;
    for [x, y] in points.filter(|[x, y]| x.is_finite() && y.is_finite()) {
        let j = (y / (side * 1.08)).floor() as i64;
        let wide = match row {
            Some((known, wide)) if known == j => wide,
            _ => {
                let wide = radius_m / metres_per_unit(y.clamp(0.0, 1.0)).max(1.0);
                row = Some((j, wide));
                wide
            }
        };
        *squares.entry(((x / wide).floor() as i64, j)).or_default() += 1;
    }
    let most = squares.values().max().copied().unwrap_or(0);
    f64::from(most) * 1.0e6 / (radius_m * radius_m)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIDDLE: [f64; 2] = [0.816_833, 0.435_2];

    /// A grid of cells of so many metres around the middle.
    fn grid(cell_m: f64, width: usize, height: usize) -> Grid {
        let cell = cell_m / metres_per_unit(MIDDLE[1]);
        Grid {
            min: [
                MIDDLE[0] - cell * width as f64 / 2.0,
                MIDDLE[1] - cell * height as f64 / 2.0,
            ],
            cell,
            width,
            height,
        }
    }

    fn cases(density: &Density) -> f64 {
        let km2 = density.grid.cell_m().powi(2) / 1.0e6;
        density.per_km2.iter().map(|d| f64::from(*d) * km2).sum()
    }

    #[test]
    fn a_point_counts_one_whatever_the_radius() {
        for radius_m in [5.0, 50.0, 133.0, 400.0] {
            let kernel = Kernel {
                radius_m,
                grain_m: 0.0,
            };
            let found = density([MIDDLE].into_iter(), grid(10.0, 101, 101), kernel);
            assert!(
                (cases(&found) - 1.0).abs() < 1e-4,
                "{radius_m}: {}",
                cases(&found)
            );
        }
    }

    #[test]
    fn the_kernel_ends_at_its_radius_and_is_a_third_of_it_wide() {
        let kernel = Kernel {
            radius_m: 300.0,
            grain_m: 0.0,
        };
        let grid = grid(10.0, 101, 101);
        let found = density([MIDDLE].into_iter(), grid, kernel);
        let (mut total, mut variance) = (0.0, 0.0);
        for (i, d) in found.per_km2.iter().enumerate() {
            let metres = |cells: usize| (cells as f64 - 50.0) * 10.0;
            let (x, y) = (metres(i % 101), metres(i / 101));
            let d = f64::from(*d);
            total += d;
            variance += d * x * x;
            // Each axis ends there; a cell more is left to the cells themselves.
            assert!(d == 0.0 || (x.abs() <= 315.0 && y.abs() <= 315.0), "{x} {y}");
        }
        let deviation = (variance / total).sqrt();
        assert!((deviation - 100.0).abs() < 3.0, "{deviation}");
    }

    #[test]
    fn a_wider_kernel_is_flatter_and_points_known_by_squares_are_flatter_still() {
        let top = |radius_m, grain_m| {
            let found = density(
                [MIDDLE].into_iter(),
                grid(10.0, 101, 101),
                Kernel { radius_m, grain_m },
            );
            found.per_km2.iter().copied().fold(0.0, f32::max)
        };
        assert!(top(100.0, 0.0) > top(200.0, 0.0));
        assert!(top(100.0, 0.0) > top(100.0, 50.0));
    }

    #[test]
    fn points_beyond_the_grid_reach_into_it_and_those_that_are_none_count_nowhere() {
        let kernel = Kernel {
            radius_m: 200.0,
            grain_m: 0.0,
        };
        let grid = grid(10.0, 50, 50);
        let outside = [grid.min[0] - 5.0 * grid.cell, MIDDLE[1]];
        let found = density([outside].into_iter(), grid, kernel);
        assert!(cases(&found) > 0.1 && cases(&found) < 0.5);
        let strange = [[f64::NAN, 0.3], [f64::INFINITY, 0.3], [-1e300, 2.0]];
        let found = density(strange.into_iter(), grid, kernel);
        assert!(found.per_km2.iter().all(|d| *d == 0.0));
    }

    #[test]
    fn the_peak_is_near_the_densest_place() {
        let unit = metres_per_unit(MIDDLE[1]);
        let crowd = (0..100).map(|i| {
            [
                MIDDLE[0] + f64::from(i % 10) * 3.0 / unit,
                MIDDLE[1] + f64::from(i / 10) * 3.0 / unit,
            ]
        });
        let peak = peak_per_km2(crowd, 200.0);
        // A hundred on a square of 200 m, cut by at most three lines of the lattice.
        assert!((600.0..=2600.0).contains(&peak), "{peak}");
        assert_eq!(peak_per_km2(std::iter::empty(), 200.0), 0.0);
    }

    proptest! {
        /// Beside a sum over all points with a kernel that is worked out by itself.
        #[test]
        fn it_equals_a_sum_of_kernels(
            points in prop::collection::vec((0_usize..60, 0_usize..60), 1..20),
            radius_cells in 2_usize..12,
        ) {
            // Whole boxes of an odd number of cells, where both ways give the same to the last bit but rounding.
            let side = 2 * radius_cells + 1;
            let grid = grid(10.0, 60, 60);
            let kernel = Kernel { radius_m: side as f64 * 1.5 * grid.cell_m(), grain_m: 0.0 };
            let middles = points.iter().map(|(x, y)| [
                grid.min[0] + (*x as f64 + 0.5) * grid.cell,
                grid.min[1] + (*y as f64 + 0.5) * grid.cell,
            ]);
            let found = density(middles, grid, kernel);
            let mut line = vec![1.0_f64];
            for _ in 0..3 {
                let mut next = vec![0.0; line.len() + side - 1];
                for (i, n) in line.iter().enumerate() {
                    for k in 0..side {
                        next[i + k] += n / side as f64;
                    }
                }
                line = next;
            }
            let half = line.len() as i64 / 2;
            let weight = |d: i64| usize::try_from(d + half).ok().and_then(|i| line.get(i)).copied().unwrap_or(0.0);
            for y in (0..60).step_by(7) {
                for x in (0..60).step_by(7) {
                    let expected: f64 = points
                        .iter()
                        .map(|(px, py)| weight(*px as i64 - x as i64) * weight(*py as i64 - y as i64))
                        .sum();
                    let there = f64::from(found.per_km2[y * 60 + x]) * grid.cell_m().powi(2) / 1.0e6;
                    prop_assert!((there - expected).abs() < 1e-5, "{there} and {expected} at {x}, {y}");
                }
            }
        }
    }
}
