//! Reads dates and times of tables. Nearly all of them have a fixed number of digits in fixed places, which is read many times
//! faster than by the general way.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A moment.
    Utc(DateTime<Utc>),
    /// What clocks showed there.
    Local(NaiveDateTime),
}

/// A format of dates and times, in the language of `strftime`.
#[derive(Clone, Debug)]
pub struct TimeFormat {
    items: Vec<Item<'static>>,
    /// Where the digits stand; `None` where that is not the same in every text.
    fixed: Option<Fixed>,
}

/// A text in which every sign has its place.
#[derive(Clone, Debug)]
struct Fixed {
    /// The text with `0` for every digit.
    pattern: Vec<u8>,
    /// Where year, month, day, hour, minute and second begin; a time of day can be missing, from its end on.
    starts: [Option<usize>; 6],
}

impl TimeFormat {
    /// Reads a format; `None` where it is none.
    pub fn new(format: &str) -> Option<Self> {
        Some(Self {
            items: StrftimeItems::new(format).parse_to_owned().ok()?,
            fixed: Fixed::new(format),
        })
    }

    /// Reads a text; `None` where it is not in this format, or says no moment.
    pub fn read(&self, text: &str) -> Option<Moment> {
        match self.fixed.as_ref().and_then(|fixed| fixed.read(text.as_bytes())) {
            Some(local) => Some(Moment::Local(local)),
            None => self.read_any(text),
        }
    }

    fn read_any(&self, text: &str) -> Option<Moment> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        if parsed.offset().is_some() {
            let at = parsed.to_datetime().ok()?;
            return Some(Moment::Utc(at.with_timezone(&Utc)));
        }
        match parsed.to_naive_datetime_with_offset(0) {
            Ok(local) => Some(Moment::Local(local)),
            Err(_) if parsed.hour_mod_12().is_none() => {
                let date = parsed.to_naive_date().ok()?;
                Some(Moment::Local(date.and_time(NaiveTime::MIN)))
            }
            Err(_) => None,
        }
    }
}

impl Fixed {
    fn new(format: &str) -> Option<Self> {
        let mut fixed = Self {
            pattern: Vec::new(),
            starts: [None; 6],
        };
        let mut rest = format.as_bytes();
        while let [sign, behind @ ..] = rest {
            if let [b'%', part, behind @ ..] = rest {
                let part = b"YmdHMS".iter().position(|known| known == part)?;
                if fixed.starts[part].replace(fixed.pattern.len()).is_some() {
                    return None;
                }
                fixed.pattern.resize(fixed.pattern.len() + digits(part), b'0');
                rest = behind;
            } else {
                // Of other signs, letters and digits would be taken for each other.
                let is_between = sign.is_ascii_punctuation() && *sign != b'%' || matches!(sign, b' ' | b'T');
                is_between.then(|| fixed.pattern.push(*sign))?;
                rest = behind;
            }
        }
        let [year, month, day, hour, minute, second] = fixed.starts.map(|start| start.is_some());
        let is_whole = year && month && day && (hour == minute) && (minute || !second);
        is_whole.then_some(fixed)
    }

    fn read(&self, text: &[u8]) -> Option<NaiveDateTime> {
        if text.len() != self.pattern.len() {
            return None;
        }
        let fits = text
            .iter()
            .zip(&self.pattern)
            .all(|(sign, pattern)| match pattern {
                b'0' => sign.is_ascii_digit(),
                pattern => sign == pattern,
            });
        if !fits {
            return None;
        }
        let mut parts = [0; 6];
        for (i, start) in self.starts.iter().enumerate() {
            let Some(start) = start else { continue };
            let number = &text[*start..start + digits(i)];
            parts[i] = number.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
        }
        let [year, month, day, hour, minute, second] = parts;
        NaiveDate::from_ymd_opt(year.cast_signed(), month, day)?.and_hms_opt(hour, minute, second)
    }
}

/// How many digits a part of a time has.
fn digits(part: usize) -> usize {
    if part == 0 { 4 } else { 2 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [&str; 8] = [
        "%Y-%m-%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%d.%m.%Y",
        "%Y%m%d%H%M%S",
        "%Y-%m-%d %H:%M:%S%z",
        "%m/%d/%Y %I:%M:%S %p",
        "%Y年%m月%d日",
    ];

    #[test]
    fn usual_formats_have_fixed_places() {
        let fixed = FORMATS.map(|format| TimeFormat::new(format).unwrap().fixed.is_some());
        assert_eq!(fixed, [true, true, true, true, true, false, false, false]);
        assert!(TimeFormat::new("%Q").is_none());
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_general_one_reads(
            format in prop::sample::select(&FORMATS[..]),
            (year, month, day) in (0..10_000_i32, 0..15_u32, 0..34_u32),
            (hour, minute, second) in (0..26_u32, 0..62_u32, 0..62_u32),
            (at, sign) in (0..30_usize, "[0-9 :/+T-]"),
        ) {
            let parts = [
                ("%Y", format!("{year:04}")),
                ("%m", format!("{month:02}")),
                ("%d", format!("{day:02}")),
                ("%H", format!("{hour:02}")),
                ("%M", format!("{minute:02}")),
                ("%S", format!("{second:02}")),
            ];
            let text = parts.iter().fold(format.to_owned(), |text, (part, value)| text.replace(part, value));
            let format = TimeFormat::new(format).unwrap();
            prop_assert_eq!(format.read(&text), format.read_any(&text));
            // The same with one sign changed.
            if at < text.len() && text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                let text = format!("{}{sign}{}", &text[..at], &text[at + 1..]);
                prop_assert_eq!(format.read(&text), format.read_any(&text));
            }
        }
    }
}
