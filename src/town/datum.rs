//! The datums that coordinates come in, and WGS-84, in which everything is kept.
//!
//! Chinese map services must shift what they show: GCJ-02 (高德, 腾讯) lies 300 to 700 m from WGS-84, BD-09 (百度) about
//! 700 m further. The shift was never published by its authors; the formula here is the one that everybody uses, and
//! services agree with it to about a metre. Its inverse is found by iteration, so that a way there and back ends
//! within a millimetre of where it began.

use std::f64::consts::PI;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Wgs84;

/// What degrees of longitude and latitude are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// GPS and OpenStreetMap.
    #[default]
    Wgs84,
    /// 国家测绘局坐标, of 高德, 腾讯 and all Chinese map services but 百度 and 天地图.
    Gcj02,
    /// 百度坐标, GCJ-02 with one more shift.
    Bd09,
    /// 国家大地坐标系, of 天地图 and surveyors. Taken as WGS-84: the two differ by a few centimetres here.
    Cgcs2000,
}

impl Datum {
    /// All, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Gcj02, Self::Bd09, Self::Cgcs2000];

    /// Its name in files and on the command line, e.g. `gcj02`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
            Self::Cgcs2000 => "cgcs2000",
        }
    }

    /// The datum of that name; capitals, hyphens and spaces don't matter.
    pub fn parse(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Self::ALL.into_iter().find(|datum| datum.code() == plain)
    }

    /// The point whose degrees in this datum are `lon` and `lat`. What is no number stays none.
    pub fn to_wgs84(self, lon: f64, lat: f64) -> Wgs84 {
        let [lon, lat] = match self {
            Self::Wgs84 | Self::Cgcs2000 => [lon, lat],
            Self::Gcj02 => wgs84_of_gcj02([lon, lat]),
            Self::Bd09 => wgs84_of_gcj02(gcj02_of_bd09([lon, lat])),
        };
        Wgs84 { lon, lat }
    }

    /// The degrees of a point in this datum: longitude, latitude.
    pub fn of_wgs84(self, at: Wgs84) -> [f64; 2] {
        let at = [at.lon, at.lat];
        match self {
            Self::Wgs84 | Self::Cgcs2000 => at,
            Self::Gcj02 => gcj02_of_wgs84(at),
            Self::Bd09 => bd09_of_gcj02(gcj02_of_wgs84(at)),
        }
    }

    /// Whether degrees in this datum are those of WGS-84.
    pub fn is_wgs84(self) -> bool {
        matches!(self, Self::Wgs84 | Self::Cgcs2000)
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wgs84 => "WGS-84",
            Self::Gcj02 => "GCJ-02",
            Self::Bd09 => "BD-09",
            Self::Cgcs2000 => "CGCS2000",
        })
    }
}

/// Half the axis of Krasovsky's ellipsoid in metres, which the shift is worked out on.
const AXIS_M: f64 = 6_378_245.0;
/// Square of its eccentricity.
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
/// The box in which GCJ-02 is shifted: west, south, east, north. It is wider than China. At its edge, which no land of
/// China touches, the shift breaks off.
const SHIFTED: [f64; 4] = [72.004, 0.8293, 137.8347, 55.8271];
/// Enough for both inverses: each step leaves less than a fiftieth of the error.
const STEPS: usize = 12;

fn is_shifted([lon, lat]: [f64; 2]) -> bool {
    let [west, south, east, north] = SHIFTED;
    lon >= west && lon <= east && lat >= south && lat <= north
}

fn gcj02_of_wgs84(at: [f64; 2]) -> [f64; 2] {
    if is_shifted(at) { shifted(at) } else { at }
}

/// The point whose degrees in GCJ-02 are `at`. Beside the edge of the box there may be two such points, one on either
/// side of it, or none: of two it is the one inside; instead of none it is the one that the shift alone leads back to.
fn wgs84_of_gcj02(at: [f64; 2]) -> [f64; 2] {
    let inside = inverse(at, shifted);
    if is_shifted(inside) || is_shifted(at) {
        inside
    } else {
        at
    }
}

/// Degrees with the shift of GCJ-02, wherever they are.
fn shifted([lon, lat]: [f64; 2]) -> [f64; 2] {
    let (x, y) = (lon - 105.0, lat - 35.0);
    // Waves of a height in metres and a length in degrees of the half wave.
    let waves = |of: f64, waves: &[(f64, f64)]| -> f64 {
        let sum: f64 = waves
            .iter()
            .map(|(height, length)| height * (of / length * PI).sin())
            .sum();
        sum * 2.0 / 3.0
    };
    let fine = waves(x, &[(20.0, 1.0 / 6.0), (20.0, 0.5)]);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + fine
        + waves(y, &[(20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)]);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + fine
        + waves(x, &[(20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)]);
    let (sin, cos) = lat.to_radians().sin_cos();
    let bulge = 1.0 - ECCENTRICITY_2 * sin * sin;
    let radius_north = AXIS_M * (1.0 - ECCENTRICITY_2) / (bulge * bulge.sqrt());
    let radius_east = AXIS_M / bulge.sqrt() * cos;
    [
        lon + (east / radius_east).to_degrees(),
        lat + (north / radius_north).to_degrees(),
    ]
}

/// Degrees of 百度 turn and stretch those of GCJ-02 a little, in waves of this length (in radians a degree).
const BD09_WAVE: f64 = PI * 3000.0 / 180.0;

fn bd09_of_gcj02([x, y]: [f64; 2]) -> [f64; 2] {
    let length = x.hypot(y) + 0.000_02 * (y * BD09_WAVE).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * BD09_WAVE).cos();
    [length * angle.cos() + 0.0065, length * angle.sin() + 0.006]
}

fn gcj02_of_bd09(at: [f64; 2]) -> [f64; 2] {
    inverse(at, bd09_of_gcj02)
}

/// Where `forward` leads to `goal` from. Both shifts change slowly, so taking off what is too much soon ends.
fn inverse(goal: [f64; 2], forward: fn([f64; 2]) -> [f64; 2]) -> [f64; 2] {
    let mut at = goal;
    for _ in 0..STEPS {
        let there = forward(at);
        let off = [there[0] - goal[0], there[1] - goal[1]];
        at = [at[0] - off[0], at[1] - off[1]];
        if off[0].abs().max(off[1].abs()) < 1e-13 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A place in three datums, each longitude first, and who says so.
    struct Known {
        wgs84: [f64; 2],
        gcj02: [f64; 2],
        bd09: [f64; 2],
    }

    /// Published values and such that three programs agree on to 1e-9 degree (npm gcoord 1.0.7, PyPI prcoords 1.0.2,
    /// crate geocoordinates 0.14.2).
    const KNOWN: [Known; 10] = [
        // Shanghai, from the tests of googollee/eviltransform.
        Known {
            wgs84: [121.5272106, 31.1774276],
            gcj02: [121.531541859215, 31.17530398364597],
            bd09: [121.53801568643858, 31.18132860687446],
        },
        // Nanshan in Shenzhen, likewise.
        Known {
            wgs84: [113.912316, 22.543847],
            gcj02: [113.9171764808363, 22.540796131694766],
            bd09: [113.92368472926734, 22.546667437751108],
        },
        // Beijing, likewise.
        Known {
            wgs84: [116.377817, 39.911954],
            gcj02: [116.38404722455657, 39.91334545536069],
            bd09: [116.39045471310828, 39.91957555096588],
        },
        // Tian'anmen, from the tests of madlogos/asesgeo.
        Known {
            wgs84: [116.39089, 39.90734],
            gcj02: [116.39713094, 39.90874107],
            bd09: [116.40350420438362, 39.91508346161586],
        },
        // Shanghai, after the tests of BruceZhaoR/pjutils.
        Known {
            wgs84: [121.42958967, 31.16014354],
            gcj02: [121.43421491213417, 31.15825727380601],
            bd09: [121.4406098678395, 31.16460093049742],
        },
        // Guanlan (GeoNames 1809827).
        Known {
            wgs84: [114.05244, 22.7211],
            gcj02: [114.05755861491633, 22.71840443381173],
            bd09: [114.06414395950202, 22.72406858754839],
        },
        // Niuhu.
        Known {
            wgs84: [114.085, 22.7275],
            gcj02: [114.09014104429095, 22.724848599705883],
            bd09: [114.09665452001337, 22.7308539117926],
        },
        // The north-eastern corner of Guanlan.
        Known {
            wgs84: [114.086, 22.746],
            gcj02: [114.09114214652344, 22.743354630895574],
            bd09: [114.09763464112655, 22.749374404306483],
        },
        // London: GCJ-02 is not shifted there, BD-09 still adds its own.
        Known {
            wgs84: [-0.1278, 51.5074],
            gcj02: [-0.1278, 51.5074],
            bd09: [-0.12144186268255894, 51.513419462833326],
        },
        // Honolulu, likewise.
        Known {
            wgs84: [-157.8583, 21.3069],
            gcj02: [-157.8583, 21.3069],
            bd09: [-157.85172932568912, 21.313370754302625],
        },
    ];

    /// What map services themselves answered, to the half metre that the formula is good for.
    const ANSWERED: [(Datum, [f64; 2], [f64; 2]); 3] = [
        // 高德, Tian'anmen (madlogos/asesgeo).
        (Datum::Gcj02, [116.39089, 39.90734], [116.39713623, 39.90874539]),
        // 高德 and 百度, Shanghai (BruceZhaoR/pjutils, given to 1e-5 degree).
        (Datum::Gcj02, [121.42958967, 31.16014354], [121.434204, 31.158247]),
        (
            Datum::Bd09,
            [121.42958967, 31.16014354],
            [121.4406138425, 31.1646093426],
        ),
    ];

    fn wgs84([lon, lat]: [f64; 2]) -> Wgs84 {
        Wgs84 { lon, lat }
    }

    fn assert_same(found: [f64; 2], expected: [f64; 2]) {
        let off = (found[0] - expected[0]).abs().max((found[1] - expected[1]).abs());
        assert!(off < 1e-6, "{found:?} is {off} degrees off {expected:?}");
        let metres = wgs84(found).distance_m(wgs84(expected));
        assert!(metres < 0.5, "{found:?} is {metres} m off {expected:?}");
    }

    #[test]
    fn known_places_are_met_both_ways() {
        for known in KNOWN {
            for (datum, there) in [
                (Datum::Gcj02, known.gcj02),
                (Datum::Bd09, known.bd09),
                (Datum::Wgs84, known.wgs84),
                (Datum::Cgcs2000, known.wgs84),
            ] {
                assert_same(datum.of_wgs84(wgs84(known.wgs84)), there);
                assert_same(datum.to_wgs84(there[0], there[1]).into(), known.wgs84);
            }
        }
    }

    #[test]
    fn map_services_agree_to_about_a_metre() {
        for (datum, at, answered) in ANSWERED {
            let metres = wgs84(datum.of_wgs84(wgs84(at))).distance_m(wgs84(answered));
            assert!(metres < 1.6, "{datum}: {metres} m");
        }
    }

    /// Within a few metres of the edge of the box the shift breaks off, so nothing is promised there.
    fn is_near_edge([lon, lat]: [f64; 2]) -> bool {
        let [west, south, east, north] = SHIFTED;
        let margin = 0.02;
        (lon - west).abs().min((lon - east).abs()) < margin
            || (lat - south).abs().min((lat - north).abs()) < margin
    }

    fn assert_returns(at: [f64; 2]) {
        for datum in Datum::ALL {
            let [lon, lat] = datum.of_wgs84(wgs84(at));
            let back = datum.to_wgs84(lon, lat);
            let metres = back.distance_m(wgs84(at));
            assert!(metres < 0.001, "{datum} {at:?}: {metres} m");
            let again = datum.of_wgs84(back);
            assert!(
                wgs84(again).distance_m(Wgs84 { lon, lat }) < 0.001,
                "{datum} {at:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_within_a_millimetre(lon in 73.0..136.0, lat in 3.0..54.0) {
            assert_returns([lon, lat]);
        }

        #[test]
        fn so_it_is_anywhere_but_at_the_edge_of_the_box(lon in -180.0..180.0, lat in -85.0..85.0) {
            prop_assume!(!is_near_edge([lon, lat]));
            assert_returns([lon, lat]);
        }

        /// Of the two points for one place of the map, the inverse takes the one inside the box.
        #[test]
        fn at_the_edge_a_point_inside_the_box_returns(along in 0.0..1.0, side in 0usize..4, depth in 0.0..0.02) {
            let [west, south, east, north] = SHIFTED;
            let (lon, lat) = (west + along * (east - west), south + along * (north - south));
            let at = match side {
                0 => [west + depth, lat],
                1 => [lon, south + depth],
                2 => [east - depth, lat],
                _ => [lon, north - depth],
            };
            prop_assume!(is_shifted(at));
            let [lon, lat] = Datum::Gcj02.of_wgs84(wgs84(at));
            prop_assert!(Datum::Gcj02.to_wgs84(lon, lat).distance_m(wgs84(at)) < 0.001);
        }
    }

    #[test]
    fn where_the_formula_has_corners_the_way_back_is_found_too() {
        for at in [
            [105.0, 35.0],
            [105.0 + 1e-12, 35.0],
            [104.999_999_999, 22.0],
            [118.0, 24.5],
        ] {
            assert_returns(at);
        }
    }

    #[test]
    fn the_shift_in_guanlan_is_what_makes_streets_miss_their_houses() {
        let at = wgs84([114.06, 22.736]);
        let shift = |datum: Datum| wgs84(datum.of_wgs84(at)).distance_m(at);
        assert!(
            (300.0..700.0).contains(&shift(Datum::Gcj02)),
            "{}",
            shift(Datum::Gcj02)
        );
        assert!(
            (900.0..1400.0).contains(&shift(Datum::Bd09)),
            "{}",
            shift(Datum::Bd09)
        );
        assert_eq!(shift(Datum::Cgcs2000), 0.0);
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for datum in Datum::ALL {
            assert!(!datum.to_wgs84(f64::NAN, 22.0).is_valid());
            assert!(!datum.to_wgs84(114.0, f64::INFINITY).is_valid());
            // No panic and no endless loop at the poles.
            let _ = datum.to_wgs84(0.0, 90.0);
            let _ = datum.of_wgs84(wgs84([1e300, -1e300]));
        }
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for datum in Datum::ALL {
            assert_eq!(Datum::parse(datum.code()), Some(datum));
            assert_eq!(Datum::parse(&datum.to_string()), Some(datum));
        }
        assert_eq!(Datum::parse("GCJ 02"), Some(Datum::Gcj02));
        assert_eq!(Datum::parse("mars"), None);
    }
}
