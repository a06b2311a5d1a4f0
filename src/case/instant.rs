//! Points in time as data writes them: RFC 3339 in UTC, as `chrono` itself does, but many times faster, because an import
//! writes millions of them.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes `at`, with as many decimals of the second as it needs: none, three, six or nine.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut buffer = *b"0000-00-00T00:00:00.000000000Z";
    let length = write(at, &mut buffer);
    match length.map(|length| std::str::from_utf8(&buffer[..length])) {
        Some(Ok(text)) => serializer.serialize_str(text),
        _ => at.serialize(serializer),
    }
}

/// Reads what [`serialize`] writes.
///
/// # Errors
/// Where it is no point in time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    deserializer.deserialize_str(Instant)
}

struct Instant;

impl Visitor<'_> for Instant {
    type Value = DateTime<Utc>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a point in time as RFC 3339 writes it")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match read(text.as_bytes()) {
            Some(at) => Ok(at),
            None => text.parse().map_err(E::custom),
        }
    }
}

/// The same for a point in time that may be missing.
pub mod option {
    use super::{DateTime, Deserialize, Deserializer, Serializer, Utc};

    /// See [`super::serialize`].
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// See [`super::deserialize`].
    ///
    /// # Errors
    /// Where it is no point in time.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        let read = Option::<Read>::deserialize(deserializer)?;
        Ok(read.map(|Read(at)| at))
    }

    #[derive(Deserialize)]
    pub(super) struct Read(#[serde(with = "super")] pub(super) DateTime<Utc>);
}

/// Reads `YYYY-MM-DDThh:mm:ss`, with three, six or nine decimals or none, in UTC. `None` for every other form, which is read the long
/// way, and for what is no point in time.
fn read(text: &[u8]) -> Option<DateTime<Utc>> {
    let (b'Z', text) = text.split_last()? else {
        return None;
    };
    let (whole, decimals) = text.split_at_checked(19)?;
    let nano = match decimals {
        [] => 0,
        [b'.', digits @ ..] if [3, 6, 9].contains(&digits.len()) => {
            number(digits)? * 10_u32.pow(9 - digits.len() as u32)
        }
        _ => return None,
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(i, mark)| whole[*i] != *mark) {
        return None;
    }
    let part = |from: usize, to: usize| number(&whole[from..to]);
    let date = NaiveDate::from_ymd_opt(i32::try_from(part(0, 4)?).ok()?, part(5, 7)?, part(8, 10)?)?;
    let at = date.and_hms_nano_opt(part(11, 13)?, part(14, 16)?, part(17, 19)?, nano)?;
    Some(at.and_utc())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// Fills in the digits and answers how many bytes count. `None` for years of more or fewer than four digits and for leap
/// seconds, which are written the long way.
fn write(at: &DateTime<Utc>, buffer: &mut [u8; 30]) -> Option<usize> {
    let (date, time) = (at.date_naive(), at.time());
    let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9999)?;
    let nanos = Some(time.nanosecond()).filter(|nanos| *nanos < 1_000_000_000)?;
    digits(&mut buffer[0..4], year);
    digits(&mut buffer[5..7], date.month());
    digits(&mut buffer[8..10], date.day());
    digits(&mut buffer[11..13], time.hour());
    digits(&mut buffer[14..16], time.minute());
    digits(&mut buffer[17..19], time.second());
    digits(&mut buffer[20..29], nanos);
    let end = match nanos {
        0 => 19,
        n if n % 1_000_000 == 0 => 23,
        n if n % 1_000 == 0 => 26,
        _ => 29,
    };
    buffer[end] = b'Z';
    Some(end + 1)
}

fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Ours {
        #[serde(with = "super")]
        at: DateTime<Utc>,
        #[serde(with = "super::option")]
        end: Option<DateTime<Utc>>,
    }

    #[derive(serde::Serialize)]
    struct Theirs {
        at: DateTime<Utc>,
        end: Option<DateTime<Utc>>,
    }

    proptest! {
        #[test]
        fn is_written_as_chrono_writes_it(
            seconds in -100_000_000_000_i64..300_000_000_000,
            nanos in prop_oneof![Just(0), Just(123_000_000), Just(1_000), 0_u32..2_000_000_000],
        ) {
            let at = DateTime::from_timestamp(seconds, nanos).or_else(|| DateTime::from_timestamp(seconds, 0)).unwrap();
            for end in [None, Some(at)] {
                let text = serde_json::to_string(&Ours { at, end }).unwrap();
                prop_assert_eq!(&text, &serde_json::to_string(&Theirs { at, end }).unwrap());
                prop_assert_eq!(serde_json::from_str::<Ours>(&text).unwrap(), Ours { at, end });
            }
        }

        /// What is nearly a point in time is read as chrono reads it, or not at all.
        #[test]
        fn is_read_as_chrono_reads_it(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,4})?(Z|z|\\+08:00)",
        ) {
            let json = serde_json::to_string(&text).unwrap();
            let ours = serde_json::from_str::<super::option::Read>(&json).ok().map(|read| read.0);
            prop_assert_eq!(ours, serde_json::from_str::<DateTime<Utc>>(&json).ok());
        }
    }
}
