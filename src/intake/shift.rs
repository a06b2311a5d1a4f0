//! Whether the points of a file are in the datum that its profile declares.
//!
//! A file whose points were picked on a Chinese web map lies some hundred metres off, which no single row shows. But
//! rows that also name their community or grid do: read in the right datum, more of them lie where they say.

use crate::town::{Datum, Wgs84};

/// Only so many rows are measured: they tell as well as all of them, and cost an import nothing.
const MEASURED_ROWS: u32 = 20_000;
/// Fewer rows that speak for another datum are chance.
const GAINED_LEAST: u32 = 10;

/// A reason to ask whether a file's points are in another datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatumDoubt {
    /// How they were read.
    pub declared: Datum,
    /// How they seem to be meant.
    pub likely: Datum,
    /// Rows with a point and an area that the town knows, as far as they were measured.
    pub rows: u32,
    /// Of these, inside their area as they were read.
    pub inside: u32,
    /// Of these, inside their area if they are read as `likely`.
    pub inside_likely: u32,
    /// How far reading them as `likely` moves those that only then lie inside: the median, in metres.
    pub moved_m: u32,
}

impl DatumDoubt {
    /// Hundredths of the rows that lie in their area: as they were read, and as likely meant.
    pub fn shares(&self) -> [u32; 2] {
        let share = |part: u32| (u64::from(part) * 100 / u64::from(self.rows.max(1))) as u32;
        [share(self.inside), share(self.inside_likely)]
    }
}

/// How the rows fare in one other datum.
#[derive(Debug)]
struct Other {
    datum: Datum,
    /// Inside only if read so.
    gained: u32,
    /// Inside only as declared.
    lost: u32,
    /// Metres by which the gained ones are moved.
    moves: Vec<f32>,
}

/// Counts, row by row, which datum puts the points where they say they are.
#[derive(Debug)]
pub struct DatumTally {
    declared: Datum,
    rows: u32,
    inside: u32,
    others: Vec<Other>,
}

impl DatumTally {
    /// Nothing is counted yet.
    pub fn new(declared: Datum) -> Self {
        let others = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09].into_iter();
        let others = others.filter(|other| *other != declared && !(other.is_wgs84() && declared.is_wgs84()));
        Self {
            declared,
            rows: 0,
            inside: 0,
            others: others
                .map(|datum| Other {
                    datum,
                    gained: 0,
                    lost: 0,
                    moves: Vec::new(),
                })
                .collect(),
        }
    }

    /// Whether more rows are of use.
    pub fn is_open(&self) -> bool {
        self.rows < MEASURED_ROWS
    }

    /// Counts a row with degrees as they stand in the file; `is_inside` says of a point whether it lies in the area that
    /// the row names.
    pub fn take(&mut self, [lon, lat]: [f64; 2], is_inside: &dyn Fn(Wgs84) -> bool) {
        let as_read = self.declared.to_wgs84(lon, lat);
        let inside = is_inside(as_read);
        self.rows += 1;
        self.inside += u32::from(inside);
        for other in &mut self.others {
            let at = other.datum.to_wgs84(lon, lat);
            match (inside, is_inside(at)) {
                (true, false) => other.lost += 1,
                (false, true) => {
                    other.gained += 1;
                    other.moves.push(at.distance_m(as_read) as f32);
                }
                _ => {}
            }
        }
    }

    /// The datum to ask for, where there is reason to: reading the file so brings a tenth of the rows or more into their
    /// areas, loses few, and leaves most of them inside.
    pub fn doubt(mut self) -> Option<DatumDoubt> {
        let (rows, inside) = (self.rows, self.inside);
        let speaks = |other: &&mut Other| {
            other.gained >= GAINED_LEAST
                && other.gained >= rows.div_ceil(10)
                && other.gained >= 4 * other.lost
                && 2 * (inside + other.gained - other.lost) >= rows
        };
        let best = self
            .others
            .iter_mut()
            .filter(speaks)
            .max_by_key(|other| other.gained.saturating_sub(other.lost))?;
        best.moves.sort_unstable_by(f32::total_cmp);
        Some(DatumDoubt {
            declared: self.declared,
            likely: best.datum,
            rows,
            inside,
            inside_likely: inside + best.gained - best.lost,
            moved_m: best.moves[best.moves.len() / 2].round() as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lattice of square areas of 400 m, about the size of a base grid: an area is its row and column.
    fn area_of(at: Wgs84) -> [i64; 2] {
        [(at.lon / 0.0039).floor() as i64, (at.lat / 0.0036).floor() as i64]
    }

    /// What a file holds: points of a town in `datum`, each with the area that it truly lies in.
    fn tally(declared: Datum, datum: Datum, rows: u32, wrong_areas: u32) -> DatumTally {
        let mut tally = DatumTally::new(declared);
        for i in 0..rows {
            let turn = f64::from(i) * 0.618_033_988_75;
            let at = Wgs84 {
                lon: 114.02 + turn.fract() * 0.08,
                lat: 22.70 + (turn * 7.0).fract() * 0.07,
            };
            let mut area = area_of(at);
            if i < wrong_areas {
                area[0] += 3 + i64::from(i % 5);
            }
            tally.take(datum.of_wgs84(at), &|found| area_of(found) == area);
        }
        tally
    }

    #[test]
    fn points_of_a_web_map_are_asked_about() {
        let doubt = tally(Datum::Wgs84, Datum::Gcj02, 200, 0).doubt().unwrap();
        assert_eq!(
            (doubt.declared, doubt.likely, doubt.rows),
            (Datum::Wgs84, Datum::Gcj02, 200)
        );
        assert!(doubt.inside < 40 && doubt.inside_likely == 200, "{doubt:?}");
        assert!((300..700).contains(&doubt.moved_m), "{doubt:?}");
        let doubt = tally(Datum::Wgs84, Datum::Bd09, 200, 0).doubt().unwrap();
        assert_eq!(doubt.likely, Datum::Bd09);
        let doubt = tally(Datum::Cgcs2000, Datum::Gcj02, 200, 0).doubt().unwrap();
        assert_eq!(doubt.likely, Datum::Gcj02);
    }

    #[test]
    fn a_datum_declared_by_mistake_is_asked_about_too() {
        let doubt = tally(Datum::Gcj02, Datum::Wgs84, 200, 0).doubt().unwrap();
        assert_eq!((doubt.declared, doubt.likely), (Datum::Gcj02, Datum::Wgs84));
    }

    #[test]
    fn points_where_they_belong_raise_no_question() {
        for datum in Datum::ALL {
            assert_eq!(tally(datum, datum, 500, 0).doubt(), None, "{datum}");
            // Careless naming of areas is no shift.
            assert_eq!(tally(datum, datum, 500, 200).doubt(), None, "{datum}");
        }
    }

    #[test]
    fn a_shift_shows_through_careless_naming_and_not_through_a_handful_of_rows() {
        let doubt = tally(Datum::Wgs84, Datum::Gcj02, 500, 150).doubt().unwrap();
        assert_eq!(doubt.likely, Datum::Gcj02);
        assert_eq!(tally(Datum::Wgs84, Datum::Gcj02, 9, 0).doubt(), None);
        assert_eq!(DatumTally::new(Datum::Wgs84).doubt(), None);
    }

    #[test]
    fn measuring_ends() {
        let mut tally = DatumTally::new(Datum::Wgs84);
        for _ in 0..MEASURED_ROWS {
            assert!(tally.is_open());
            tally.take([114.0, 22.0], &|_| true);
        }
        assert!(!tally.is_open());
    }
}
