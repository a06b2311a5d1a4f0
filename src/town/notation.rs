//! Coordinates as people write them, read into a point.
//!
//! `22.7211,114.05244`, `114.05244 22.7211`, `22°43′16″N 114°3′9″E`, `北纬22度43分16秒 东经114度3分9秒`, `高德 114.0576,22.7184`,
//! `POINT(114.05 22.72)`, with full-width digits and marks or plain ones. Where nothing says which number is the
//! latitude, their ranges tell, and the answer says that they were asked.

use super::{Datum, Wgs84};

/// How it was known which number is the latitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The text says so (N, 北纬, …).
    Said,
    /// The other way round the point would not be on the globe, or not near China.
    ByRange,
    /// Both ways are possible; the latitude was taken to be first, as usual.
    Assumed,
}

/// Coordinates that were read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadCoordinates {
    /// The point.
    pub at: Wgs84,
    /// Degrees east as written, in `datum`.
    pub lon: f64,
    /// Degrees north as written, in `datum`.
    pub lat: f64,
    /// The datum that was named; WGS-84 where none was.
    pub datum: Datum,
    /// How it was known which number is the latitude.
    pub order: Order,
}

/// Why a text gives no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCoordinates {
    /// It is something else: a name, a number, nothing.
    #[error("these are no coordinates")]
    Other,
    /// It looks like coordinates, but does not have one latitude and one longitude.
    #[error("expected one latitude and one longitude")]
    NotTwo,
    /// Minutes or seconds of 60 and more.
    #[error("minutes and seconds are less than 60")]
    Sixty,
    /// A latitude beyond 90 degrees or a longitude beyond 180.
    #[error("a latitude lies within 90 degrees, a longitude within 180")]
    OffGlobe,
}

/// Reads coordinates in any usual notation. A datum may be named before or after them (`GCJ`, `BD-09`, `高德`, `百度`, …);
/// the point is WGS-84 in any case.
///
/// # Errors
/// [`NoCoordinates::Other`] where the text is something else, which a box for finding things must expect; the others
/// where it looks like coordinates and is wrong.
pub fn parse_coordinates(text: &str) -> Result<ReadCoordinates, NoCoordinates> {
    // The longest notation is far shorter; what is longer need not be looked at.
    if text.len() > 300 {
        return Err(NoCoordinates::Other);
    }
    let plain = plain(text);
    let (datum, rest) = datum_of(&plain);
    let (rest, lon_is_first) = match rest.strip_prefix("POINT") {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix("GEO:").unwrap_or(rest), false),
    };
    let marks = marks(rest)?;
    let angles = angles(&marks)?;
    let [first, second] = <[Angle; 2]>::try_from(angles).map_err(|_| NoCoordinates::NotTwo)?;
    let (lon, lat, order) = ordered(&first, &second, lon_is_first)?;
    let stated = Wgs84 { lon, lat };
    if !stated.is_valid() {
        return Err(NoCoordinates::OffGlobe);
    }
    Ok(ReadCoordinates {
        at: datum.to_wgs84(lon, lat),
        lon,
        lat,
        datum,
        order,
    })
}

/// The text in capitals, with plain digits and marks for full-width ones.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\t' => ' ',
        '、' => ',',
        '。' => '.',
        '−' | '–' | '—' => '-',
        _ => c,
    };
    let narrowed: String = text.chars().map(narrow).collect();
    narrowed.replace(';', ",").trim().to_uppercase()
}

/// Names of datums; a longer one goes before one that it begins with.
const DATUM_WORDS: [(&str, Datum); 27] = [
    ("GCJ-02", Datum::Gcj02),
    ("GCJ02", Datum::Gcj02),
    ("GCJ 02", Datum::Gcj02),
    ("GCJ", Datum::Gcj02),
    ("高德地图", Datum::Gcj02),
    ("高德", Datum::Gcj02),
    ("腾讯地图", Datum::Gcj02),
    ("腾讯", Datum::Gcj02),
    ("国测局", Datum::Gcj02),
    ("火星", Datum::Gcj02),
    ("AMAP", Datum::Gcj02),
    ("BD-09", Datum::Bd09),
    ("BD09", Datum::Bd09),
    ("BD 09", Datum::Bd09),
    ("BD", Datum::Bd09),
    ("百度地图", Datum::Bd09),
    ("百度", Datum::Bd09),
    ("BAIDU", Datum::Bd09),
    ("WGS-84", Datum::Wgs84),
    ("WGS84", Datum::Wgs84),
    ("WGS 84", Datum::Wgs84),
    ("WGS", Datum::Wgs84),
    ("GPS", Datum::Wgs84),
    ("CGCS2000", Datum::Cgcs2000),
    ("CGCS", Datum::Cgcs2000),
    ("天地图", Datum::Cgcs2000),
    ("国家2000", Datum::Cgcs2000),
];

/// The datum that is named at the beginning or the end, and the text without its name.
fn datum_of(text: &str) -> (Datum, &str) {
    let trim = |c: char| c == ' ' || matches!(c, ':' | ',' | '(' | ')' | '[' | ']' | '"');
    let text = text.trim_matches(trim);
    let begins = DATUM_WORDS
        .iter()
        .find_map(|(word, datum)| Some((*datum, text.strip_prefix(word)?)));
    let found = begins.or_else(|| {
        DATUM_WORDS
            .iter()
            .find_map(|(word, datum)| Some((*datum, text.strip_suffix(word)?)))
    });
    let (datum, rest) = found.unwrap_or((Datum::Wgs84, text));
    let rest = rest.trim_matches(trim);
    let rest = rest
        .strip_prefix("坐标系")
        .or_else(|| rest.strip_prefix("坐标"))
        .unwrap_or(rest);
    (datum, rest.trim_matches(trim))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Lat,
    Lon,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    /// A number, and whether it was written with a point.
    Number(f64, bool),
    Degrees,
    Minutes,
    Seconds,
    /// Which axis, and the sign that the word gives.
    Side(Axis, f64),
    Comma,
}

/// Words that say which axis is meant, longer ones first.
const SIDES: [(&str, Axis, f64); 16] = [
    ("LATITUDE", Axis::Lat, 1.0),
    ("LONGITUDE", Axis::Lon, 1.0),
    ("LAT", Axis::Lat, 1.0),
    ("LNG", Axis::Lon, 1.0),
    ("LON", Axis::Lon, 1.0),
    ("北纬", Axis::Lat, 1.0),
    ("南纬", Axis::Lat, -1.0),
    ("东经", Axis::Lon, 1.0),
    ("西经", Axis::Lon, -1.0),
    ("纬度", Axis::Lat, 1.0),
    ("经度", Axis::Lon, 1.0),
    ("N", Axis::Lat, 1.0),
    ("S", Axis::Lat, -1.0),
    ("E", Axis::Lon, 1.0),
    ("W", Axis::Lon, -1.0),
    ("纬", Axis::Lat, 1.0),
];

/// Signs for parts of a degree, two-character ones first.
const UNITS: [(&str, Mark); 14] = [
    ("''", Mark::Seconds),
    ("′′", Mark::Seconds),
    ("’’", Mark::Seconds),
    ("°", Mark::Degrees),
    ("º", Mark::Degrees),
    ("˚", Mark::Degrees),
    ("度", Mark::Degrees),
    ("′", Mark::Minutes),
    ("'", Mark::Minutes),
    ("’", Mark::Minutes),
    ("分", Mark::Minutes),
    ("″", Mark::Seconds),
    ("\"", Mark::Seconds),
    ("秒", Mark::Seconds),
];

fn marks(mut text: &str) -> Result<Vec<Mark>, NoCoordinates> {
    let mut marks = Vec::new();
    while let Some(c) = text.chars().next() {
        if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') {
            let (mark, rest) = number(text)?;
            marks.push(mark);
            text = rest;
            continue;
        }
        if matches!(c, ' ' | '(' | ')' | '[' | ']' | ':' | '=') {
            text = &text[c.len_utf8()..];
            continue;
        }
        if matches!(c, ',' | '/') {
            marks.push(Mark::Comma);
            text = &text[c.len_utf8()..];
            continue;
        }
        let unit = UNITS
            .iter()
            .find_map(|(sign, mark)| Some((*mark, text.strip_prefix(sign)?)));
        let side = || {
            SIDES
                .iter()
                .find_map(|(word, axis, sign)| Some((Mark::Side(*axis, *sign), text.strip_prefix(word)?)))
        };
        let (mark, rest) = unit.or_else(side).ok_or(NoCoordinates::Other)?;
        marks.push(mark);
        text = rest;
    }
    Ok(marks)
}

fn number(text: &str) -> Result<(Mark, &str), NoCoordinates> {
    let signed = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = signed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(signed.len());
    let end = text.len() - signed.len() + length;
    let value: f64 = text[..end].parse().map_err(|_| NoCoordinates::Other)?;
    Ok((Mark::Number(value, signed[..length].contains('.')), &text[end..]))
}

/// One latitude or longitude.
#[derive(Clone, Debug, Default)]
struct Angle {
    /// Degrees, minutes, seconds, as far as they are given.
    parts: Vec<f64>,
    /// Which axis, and the sign that the word gives.
    side: Option<(Axis, f64)>,
    /// Whether a sign of degrees, or a decimal point, shows that it is an angle.
    plainly: bool,
}

impl Angle {
    fn degrees(&self) -> Result<f64, NoCoordinates> {
        let [degrees, rest @ ..] = self.parts.as_slice() else {
            return Err(NoCoordinates::NotTwo);
        };
        if rest.iter().any(|part| !(0.0..60.0).contains(part)) {
            return Err(NoCoordinates::Sixty);
        }
        let parts = rest
            .iter()
            .zip([60.0, 3600.0])
            .map(|(part, of)| part / of)
            .sum::<f64>();
        let size = degrees.abs() + parts;
        let sign = self.side.map_or(1.0, |(_, sign)| sign);
        Ok(size * sign * 1.0_f64.copysign(*degrees))
    }
}

fn angles(marks: &[Mark]) -> Result<Vec<Angle>, NoCoordinates> {
    // N22 E114, or 22N 114E: what stands first tells.
    let sides_lead = matches!(marks.first(), Some(Mark::Side(..)));
    let mut all: Vec<Angle> = Vec::new();
    let mut now = Angle::default();
    let mut finish = |now: &mut Angle| {
        let done = std::mem::take(now);
        if !done.parts.is_empty() {
            all.push(done);
        }
    };
    for (i, mark) in marks.iter().enumerate() {
        match *mark {
            Mark::Number(value, pointed) => {
                if marks.get(i + 1) == Some(&Mark::Degrees) {
                    let side = now.side.filter(|_| now.parts.is_empty());
                    finish(&mut now);
                    now.side = side;
                }
                now.parts.push(value);
                now.plainly |= pointed;
            }
            Mark::Degrees | Mark::Minutes | Mark::Seconds => {
                let place = match mark {
                    Mark::Degrees => 1,
                    Mark::Minutes => 2,
                    _ => 3,
                };
                // Seconds may follow degrees at once; then there are no minutes.
                if place == 3
                    && now.parts.len() == 2
                    && !matches!(marks.get(i.wrapping_sub(2)), Some(Mark::Minutes))
                {
                    now.parts.insert(1, 0.0);
                }
                if now.parts.len() != place || !matches!(marks.get(i.wrapping_sub(1)), Some(Mark::Number(..)))
                {
                    return Err(NoCoordinates::Other);
                }
                now.plainly = true;
            }
            Mark::Side(axis, sign) if sides_lead => {
                finish(&mut now);
                now.side = Some((axis, sign));
            }
            Mark::Side(axis, sign) => {
                now.side = Some((axis, sign));
                finish(&mut now);
            }
            Mark::Comma => finish(&mut now),
        }
    }
    finish(&mut now);
    split(all)
}

/// Takes apart what no mark separates: two numbers, or twice degrees and minutes, or also seconds. Refuses plain whole
/// numbers, which are rather something else.
fn split(mut angles: Vec<Angle>) -> Result<Vec<Angle>, NoCoordinates> {
    if angles.is_empty() {
        return Err(NoCoordinates::Other);
    }
    let said = angles.iter().any(|angle| angle.plainly || angle.side.is_some());
    if let [only] = angles.as_slice()
        && only.side.is_none()
        && matches!(only.parts.len(), 2 | 4 | 6)
    {
        let (first, second) = only.parts.split_at(only.parts.len() / 2);
        let half = |parts: &[f64]| Angle {
            parts: parts.to_vec(),
            side: None,
            plainly: only.plainly,
        };
        angles = vec![half(first), half(second)];
    }
    let in_parts = angles.iter().all(|angle| angle.parts.len() > 1);
    if !said && !in_parts {
        return Err(NoCoordinates::Other);
    }
    if angles.len() == 1 && angles[0].side.is_none() {
        // A number with a point is no coordinate by itself.
        return Err(NoCoordinates::Other);
    }
    if angles.iter().any(|angle| angle.parts.len() > 3) {
        return Err(NoCoordinates::NotTwo);
    }
    Ok(angles)
}

/// Which is which: longitude, latitude, and how that was known.
fn ordered(first: &Angle, second: &Angle, lon_is_first: bool) -> Result<(f64, f64, Order), NoCoordinates> {
    let (a, b) = (first.degrees()?, second.degrees()?);
    let axis = |angle: &Angle| angle.side.map(|(axis, _)| axis);
    let lat_first = match (axis(first), axis(second)) {
        (Some(one), Some(other)) if one == other => return Err(NoCoordinates::NotTwo),
        (Some(axis), _) => Some(axis == Axis::Lat),
        (None, Some(axis)) => Some(axis == Axis::Lon),
        (None, None) if lon_is_first => Some(false),
        (None, None) => None,
    };
    if let Some(lat_first) = lat_first {
        let (lat, lon) = if lat_first { (a, b) } else { (b, a) };
        return Ok((lon, lat, Order::Said));
    }
    let on_globe = |lat: f64, lon: f64| lat.abs() <= 90.0 && lon.abs() <= 180.0;
    let near_china = |lat: f64, lon: f64| (3.0..54.0).contains(&lat) && (73.0..136.0).contains(&lon);
    let [fits, fits_turned] = [on_globe(a, b), on_globe(b, a)];
    let [near, near_turned] = [near_china(a, b), near_china(b, a)];
    match (fits, fits_turned) {
        (false, false) => Err(NoCoordinates::OffGlobe),
        (true, false) => Ok((b, a, Order::ByRange)),
        (false, true) => Ok((a, b, Order::ByRange)),
        (true, true) if near != near_turned && near => Ok((b, a, Order::ByRange)),
        (true, true) if near != near_turned => Ok((a, b, Order::ByRange)),
        (true, true) => Ok((b, a, Order::Assumed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> ReadCoordinates {
        parse_coordinates(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    fn assert_reads(text: &str, lat: f64, lon: f64, order: Order) {
        let found = read(text);
        let off = (found.lat - lat).abs().max((found.lon - lon).abs());
        assert!(off < 1e-9, "{text}: {found:?}");
        assert_eq!(found.order, order, "{text}");
    }

    #[test]
    fn decimal_degrees_in_either_order() {
        for text in [
            "22.7,114.06",
            "114.06 22.7",
            "22.7, 114.06",
            "114.06，22.7",
            "１１４．０６，２２．７",
            "[114.06, 22.7]",
            "(22.7 114.06)",
            "22.7/114.06",
            "22.7、114.06",
            "+22.7 +114.06",
            "22.7;114.06",
            "geo:22.7,114.06",
            "22.70 114.0600°",
        ] {
            assert_reads(text, 22.7, 114.06, Order::ByRange);
        }
        // Kashgar: both could be latitudes, but only one way round it is near China.
        assert_reads("39.5 76.0", 39.5, 76.0, Order::ByRange);
        assert_reads("76.0 39.5", 39.5, 76.0, Order::ByRange);
        assert_reads("51.5, -0.1", 51.5, -0.1, Order::Assumed);
    }

    #[test]
    fn words_and_letters_say_which_is_which() {
        for text in [
            "22.7N 114.06E",
            "N22.7 E114.06",
            "114.06°E, 22.7°N",
            "北纬22.7度，东经114.06度",
            "东经114.06 北纬22.7",
            "经度:114.06 纬度:22.7",
            "lat=22.7, lng=114.06",
            "lon 114.06 lat 22.7",
            "POINT(114.06 22.7)",
            "e114.06 n22.7",
        ] {
            assert_reads(text, 22.7, 114.06, Order::Said);
        }
        assert_reads("33.9S 151.2E", -33.9, 151.2, Order::Said);
        assert_reads("南纬33.9 西经70.5", -33.9, -70.5, Order::Said);
    }

    #[test]
    fn degrees_minutes_and_seconds() {
        let (lat, lon) = (
            22.0 + 43.0 / 60.0 + 15.96 / 3600.0,
            114.0 + 3.0 / 60.0 + 8.5 / 3600.0,
        );
        for text in [
            "22°43′15.96″N 114°3′8.5″E",
            "22° 43' 15.96\" N, 114° 03' 08.5\" E",
            "N22°43′15.96″,E114°03′08.5″",
            "北纬22度43分15.96秒，东经114度3分8.5秒",
            "东经１１４度３分８．５秒　北纬２２度４３分１５．９６秒",
        ] {
            assert_reads(text, lat, lon, Order::Said);
        }
        assert_reads("22°43′15.96″ 114°3′8.5″", lat, lon, Order::ByRange);
        assert_reads("22 43 15.96 114 3 8.5", lat, lon, Order::ByRange);
        assert_reads("22 43 15.96, 114 3 8.5", lat, lon, Order::ByRange);
        assert_reads(
            "114°3.5′, 22°43.25′",
            22.0 + 43.25 / 60.0,
            114.0 + 3.5 / 60.0,
            Order::ByRange,
        );
        assert_reads("114度30秒E 22度N", 22.0, 114.0 + 30.0 / 3600.0, Order::Said);
        assert_reads("-33°30′ 151°", -33.5, 151.0, Order::ByRange);
    }

    #[test]
    fn a_named_datum_is_taken_off() {
        let guanlan = Wgs84 {
            lon: 114.05244,
            lat: 22.7211,
        };
        for (text, datum) in [
            ("高德 114.05755861,22.71840443", Datum::Gcj02),
            ("高德坐标：114.05755861，22.71840443", Datum::Gcj02),
            ("GCJ-02 22.71840443 114.05755861", Datum::Gcj02),
            ("gcj02:114.05755861,22.71840443", Datum::Gcj02),
            ("114.05755861,22.71840443 (GCJ-02)", Datum::Gcj02),
            ("GCJ 22.71840443N 114.05755861E", Datum::Gcj02),
            ("百度地图 114.06414396, 22.72406859", Datum::Bd09),
            ("BD09 114.06414396, 22.72406859", Datum::Bd09),
            ("bd 22.72406859 114.06414396", Datum::Bd09),
            ("WGS84 22.7211,114.05244", Datum::Wgs84),
            ("天地图 22.7211,114.05244", Datum::Cgcs2000),
            ("CGCS2000 22.7211,114.05244", Datum::Cgcs2000),
        ] {
            let found = read(text);
            assert_eq!(found.datum, datum, "{text}");
            assert!(found.at.distance_m(guanlan) < 0.01, "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_something_else_is_left_to_others() {
        for text in [
            "",
            " ",
            "观澜",
            "114",
            "22.7",
            "GL-A01",
            "2026-11-25",
            "20261125 12",
            "3 12",
            "牛湖 3",
            "13800138000",
            "1 2 3",
            "高德",
            "GCJ",
            "BD",
            "N",
            "E 5路",
            "1.2.3 4.5",
            "-",
            "..",
            "12:30",
            "22.7 abc 114.06",
            "第3栋",
        ] {
            assert_eq!(parse_coordinates(text), Err(NoCoordinates::Other), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(parse_coordinates("22°61′N 114°E"), Err(NoCoordinates::Sixty));
        assert_eq!(parse_coordinates("95.0N 114E"), Err(NoCoordinates::OffGlobe));
        assert_eq!(parse_coordinates("191.5, 114.0"), Err(NoCoordinates::OffGlobe));
        assert_eq!(parse_coordinates("22.7N 23.7N"), Err(NoCoordinates::NotTwo));
        assert_eq!(parse_coordinates("22.7, 114.06, 12"), Err(NoCoordinates::NotTwo));
        assert_eq!(parse_coordinates("N22.7"), Err(NoCoordinates::NotTwo));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,60}") {
            let _ = parse_coordinates(&text);
        }

        #[test]
        fn no_row_of_marks_breaks_it(text in "[-+0-9.,°′″'\"度分秒NSEW北纬东经 ]{0,40}") {
            if let Ok(found) = parse_coordinates(&text) {
                prop_assert!(found.at.is_valid());
            }
        }

        #[test]
        fn what_is_written_in_parts_is_read_in_parts(lat in -89.0..89.0f64, lon in -179.0..179.0f64) {
            let parts = |degrees: f64| {
                let size = degrees.abs();
                let minutes = size.fract() * 60.0;
                (size.trunc(), minutes.trunc(), minutes.fract() * 60.0)
            };
            let ((d, m, s), (e, n, t)) = (parts(lat), parts(lon));
            let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
            // Seconds with nine decimals may round up to sixty, which is no mistake of the reader.
            prop_assume!(s < 59.999 && t < 59.999);
            let found = read(&format!("{d}°{m}′{s:.6}″{ns} {e}°{n}′{t:.6}″{ew}"));
            prop_assert!((found.lat - lat).abs() < 1e-9 && (found.lon - lon).abs() < 1e-9);
        }
    }
}
