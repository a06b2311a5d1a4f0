//! Fetches one tile from a server, trusting nothing that it sends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{
    CACHE_CONTROL, ETAG, EXPIRES, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};

/// No tile is larger than this; what is larger is something else.
pub const MAX_TILE_BYTES: usize = 2 << 20;
/// No picture of a tile has a longer side, in pixels.
const MAX_SIDE: u32 = 2048;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole tile may take.
const WHOLE: Duration = Duration::from_secs(20);
/// How long a tile stays fresh where its server does not say.
pub const FRESH_UNSAID: Duration = Duration::from_secs(7 * 86_400);
/// A server can't make a tile fresh for longer than this.
const FRESH_MOST: Duration = Duration::from_secs(365 * 86_400);
/// A server can't send us away for longer than this.
pub const AWAY_MOST: Duration = Duration::from_secs(3600);
/// How the program names itself to servers.
const USER_AGENT: &str = concat!("yipanqi/", env!("CARGO_PKG_VERSION"), " (dispatch hall, desktop)");

/// Why there is no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection, or it broke.
    #[error("can't be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// It asks to be left alone (429, or 503 with a time).
    #[error("too many requests, come back in {after_secs} s")]
    TooMany {
        /// For how long.
        after_secs: u64,
    },
    /// It wants a key, or another one (401, 403).
    #[error("refused ({0}): check the key")]
    Refused(u16),
    /// Another answer than a tile.
    #[error("answers {0}")]
    Status(u16),
    /// The answer is no picture: what it begins with, e.g. `HTML`.
    #[error("sends {0}, not a picture")]
    NotPicture(String),
    /// The picture is damaged, or has more pixels than a tile.
    #[error("damaged picture: {0}")]
    Damaged(String),
    /// More bytes than a tile has.
    #[error("more than {} KiB", MAX_TILE_BYTES >> 10)]
    TooLarge,
}

impl Fault {
    /// Whether the whole server is meant, not this one tile.
    pub fn is_of_server(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout | Self::TooMany { .. } | Self::Refused(_) => true,
            Self::Status(status) => *status >= 500,
            Self::NotPicture(_) | Self::Damaged(_) | Self::TooLarge => false,
        }
    }
}

/// By what a server knows which state of a tile we have. Empty where it gave nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its `ETag`.
    pub etag: String,
    /// Its `Last-Modified`.
    pub modified: String,
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The tile.
    New {
        /// The picture as it was sent, checked.
        body: Vec<u8>,
        /// How long it stays fresh.
        fresh: Duration,
        /// By what to ask for it again.
        validators: Validators,
    },
    /// What we have is still right.
    Same {
        /// How long it stays fresh.
        fresh: Duration,
    },
    /// There is no such tile.
    None,
}

/// Asks servers for tiles.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// A client that trusts the system's root certificates; `roots` replaces them.
    ///
    /// # Errors
    /// Where the system has no root certificates.
    pub fn new(roots: Option<rustls::ClientConfig>) -> Result<Self, String> {
        // The library has no TLS provider of its own. It is already there where another part has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        if let Some(roots) = roots {
            builder = builder.tls_backend_preconfigured(roots);
        }
        let http = builder.build().map_err(|error| root_cause(&error))?;
        Ok(Self { http })
    }

    /// Asks for one tile.
    ///
    /// # Errors
    /// Whatever is no tile.
    pub async fn get(&self, url: &str, known: &Validators, now: DateTime<Utc>) -> Result<Fetched, Fault> {
        let mut request = self.http.get(url);
        if !known.etag.is_empty() {
            request = request.header(IF_NONE_MATCH, &known.etag);
        } else if !known.modified.is_empty() {
            request = request.header(IF_MODIFIED_SINCE, &known.modified);
        }
        let mut response = request.send().await.map_err(|error| fault(&error))?;
        let headers = response.headers();
        let fresh = fresh(headers, now);
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Fetched::Same { fresh }),
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Fetched::None),
            status => return Err(status_fault(status, headers, now)),
        }
        let validators = Validators {
            etag: text(headers, &ETAG),
            modified: text(headers, &LAST_MODIFIED),
        };
        let most = MAX_TILE_BYTES as u64;
        if response.content_length().is_some_and(|length| length > most) {
            return Err(Fault::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + chunk.len() > MAX_TILE_BYTES {
                return Err(Fault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        check_picture(&body)?;
        Ok(Fetched::New {
            body,
            fresh,
            validators,
        })
    }
}

/// Whether bytes are a picture that a tile can be, by their head.
///
/// # Errors
/// What they are instead.
pub fn check_picture(body: &[u8]) -> Result<(), Fault> {
    let format = match image::guess_format(body) {
        Ok(format @ (image::ImageFormat::Png | image::ImageFormat::Jpeg)) => format,
        Ok(other) => return Err(Fault::NotPicture(format!("{other:?}"))),
        Err(_) => return Err(Fault::NotPicture(kind_of(body))),
    };
    let reader = image::ImageReader::with_format(std::io::Cursor::new(body), format);
    match reader.into_dimensions() {
        Ok((width, height)) if (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height) => Ok(()),
        Ok((width, height)) => Err(Fault::Damaged(format!("{width} × {height}"))),
        Err(error) => Err(Fault::Damaged(error.to_string())),
    }
}

/// What bytes that are no picture seem to be, in a word.
fn kind_of(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)])
        .trim_start()
        .to_ascii_lowercase();
    let begins = [
        ("<!doctype html", "HTML"),
        ("<html", "HTML"),
        ("<?xml", "XML"),
        ("{", "JSON"),
        ("[", "JSON"),
    ];
    let known = begins.iter().find(|(begin, _)| head.starts_with(begin));
    match known {
        Some((_, kind)) => (*kind).to_owned(),
        None if body.is_empty() => "0 B".to_owned(),
        None => format!("{} B", body.len()),
    }
}

fn status_fault(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Fault {
    let after = retry_after(headers, now);
    match status.as_u16() {
        429 => Fault::TooMany {
            after_secs: after.unwrap_or(30),
        },
        503 => match after {
            Some(after_secs) => Fault::TooMany { after_secs },
            None => Fault::Status(503),
        },
        status @ (401 | 403) => Fault::Refused(status),
        // Tianditu answers 418 to a key that is not for programs.
        418 => Fault::Refused(418),
        status => Fault::Status(status),
    }
}

/// Seconds to stay away, at least one; given as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<u64> {
    let text = text(headers, &RETRY_AFTER);
    let secs = match text.parse::<u64>() {
        Ok(secs) => secs,
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(&text).ok()?;
            (until.with_timezone(&Utc) - now).num_seconds().max(0) as u64
        }
    };
    Some(secs.clamp(1, AWAY_MOST.as_secs()))
}

/// How long an answer stays fresh: `max-age`, else `Expires`, else a week.
fn fresh(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    let control = text(headers, &CACHE_CONTROL).to_ascii_lowercase();
    let mut parts = control.split(',').map(str::trim);
    if parts.clone().any(|part| part == "no-store" || part == "no-cache") {
        return Duration::ZERO;
    }
    let age = parts.find_map(|part| part.strip_prefix("max-age=")?.parse::<u64>().ok());
    if let Some(secs) = age {
        return Duration::from_secs(secs).min(FRESH_MOST);
    }
    let expires = text(headers, &EXPIRES);
    if expires.is_empty() {
        return FRESH_UNSAID;
    }
    // A date that can't be read means that it is past.
    DateTime::parse_from_rfc2822(&expires)
        .ok()
        .and_then(|until| (until.with_timezone(&Utc) - now).to_std().ok())
        .map_or(Duration::ZERO, |fresh| fresh.min(FRESH_MOST))
}

fn text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> String {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn fault(error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        Fault::Timeout
    } else {
        Fault::Unreachable(root_cause(error))
    }
}

/// The innermost reason, which says most; without the address, which may hold a key.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = reqwest::header::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-25T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_server_says_how_long_a_tile_is_fresh() {
        let fresh = |pairs: &[(&'static str, &str)]| fresh(&headers(pairs), now()).as_secs();
        assert_eq!(fresh(&[]), 7 * 86_400);
        assert_eq!(fresh(&[("cache-control", "public, max-age=3600")]), 3600);
        assert_eq!(fresh(&[("cache-control", "no-store, max-age=3600")]), 0);
        assert_eq!(fresh(&[("cache-control", "max-age=99999999999")]), 365 * 86_400);
        assert_eq!(fresh(&[("expires", "Wed, 25 Nov 2026 09:00:00 GMT")]), 3600);
        assert_eq!(fresh(&[("expires", "Wed, 25 Nov 2026 07:00:00 GMT")]), 0);
        assert_eq!(fresh(&[("expires", "0")]), 0);
    }

    #[test]
    fn a_server_says_when_to_come_back() {
        let fault = |status: u16, pairs: &[(&'static str, &str)]| {
            status_fault(StatusCode::from_u16(status).unwrap(), &headers(pairs), now())
        };
        assert_eq!(
            fault(429, &[("retry-after", "120")]),
            Fault::TooMany { after_secs: 120 }
        );
        assert_eq!(fault(429, &[]), Fault::TooMany { after_secs: 30 });
        let date = [("retry-after", "Wed, 25 Nov 2026 08:01:00 GMT")];
        assert_eq!(fault(503, &date), Fault::TooMany { after_secs: 60 });
        assert_eq!(
            fault(429, &[("retry-after", "999999999")]),
            Fault::TooMany { after_secs: 3600 }
        );
        assert_eq!(fault(503, &[]), Fault::Status(503));
        assert_eq!(fault(403, &[]), Fault::Refused(403));
        assert_eq!(fault(302, &[]), Fault::Status(302));
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let named = |body: &[u8]| check_picture(body).unwrap_err();
        assert_eq!(
            named(b" <!DOCTYPE html><p>Log in"),
            Fault::NotPicture("HTML".into())
        );
        assert_eq!(named(b"{\"code\":301012}"), Fault::NotPicture("JSON".into()));
        assert_eq!(named(b""), Fault::NotPicture("0 B".into()));
        assert_eq!(named(b"GIF89a..........."), Fault::NotPicture("Gif".into()));
        assert_eq!(named(&[0x1f, 0x8b, 8, 0]), Fault::NotPicture("4 B".into()));
    }

    #[test]
    fn a_picture_with_the_pixels_of_a_poster_is_no_tile() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::new(4096, 16)
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        assert_eq!(
            check_picture(&bytes.into_inner()),
            Err(Fault::Damaged("4096 × 16".into()))
        );
    }
}
