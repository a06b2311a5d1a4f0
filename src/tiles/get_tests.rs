use std::sync::{Arc, mpsc};

use super::super::serving::{Answer, Asked, png, serve, serve_with, server};
use super::*;

const TILE: TileKey = TileKey { z: 5, x: 3, y: 4 };

/// A place that tiles are got from.
struct Place {
    server: Server,
    asked: mpsc::Receiver<Asked>,
    client: Client,
    gate: Gate,
    disk: Option<Mutex<Disk>>,
    _dir: tempfile::TempDir,
}

impl Place {
    fn new(answer: impl FnMut(&Asked, usize) -> Answer + Send + 'static) -> Self {
        let (address, asked) = serve(answer);
        Self::at(server(address), asked, Client::new(None).unwrap())
    }

    fn at(server: Server, asked: mpsc::Receiver<Asked>, client: Client) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::open(&dir.path().join("tiles.db"), 64 << 20).unwrap();
        Self {
            server,
            asked,
            client,
            gate: Gate::default(),
            disk: Some(Mutex::new(disk)),
            _dir: dir,
        }
    }

    fn get(&self, secs: i64) -> Got {
        let source = Source {
            server: &self.server,
            client: &self.client,
            gate: &self.gate,
            disk: self.disk.as_ref(),
        };
        let now = DateTime::from_timestamp(1_795_600_000 + secs, 0).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(source.get(&self.server.template, TILE, now))
    }

    fn requests(&self) -> Vec<Asked> {
        self.asked.try_iter().collect()
    }
}

#[test]
fn a_tile_is_fetched_once_and_asked_for_again_when_it_is_stale() {
    let place = Place::new(|asked, _| {
        if asked.says("if-none-match: \"v1\"") {
            Answer::status("304 Not Modified", "cache-control: max-age=100\r\n")
        } else {
            Answer::picture("cache-control: max-age=60\r\netag: \"v1\"\r\n")
        }
    });
    let first = place.get(0);
    assert_eq!((first.body, first.fault), (Some(png()), None));
    assert_eq!(first.loaded, png().len() as u64);
    let requests = place.requests();
    assert_eq!(requests[0].0[0], "GET /5/3/4.png?tk=k1 HTTP/1.1");
    assert!(requests[0].says("user-agent: yipanqi/"), "{requests:?}");
    let second = place.get(59);
    assert!(second.body.is_some() && second.loaded == 0);
    assert!(place.requests().is_empty(), "it is fresh");
    let third = place.get(61);
    assert_eq!(
        (third.body.is_some(), third.loaded, third.fetched_ms),
        (true, 0, 1_795_600_061_000)
    );
    assert_eq!(place.requests().len(), 1);
    assert!(
        place.get(160).body.is_some() && place.requests().is_empty(),
        "it is fresh again"
    );
}

#[test]
fn without_a_network_the_old_tile_stays_and_is_known_to_be_old() {
    let place = Place::new(|_, number| match number {
        0 => Answer::picture("cache-control: max-age=60\r\n"),
        _ => Answer::HangUp,
    });
    let first = place.get(0);
    let old = place.get(86_400);
    assert_eq!(old.body, first.body);
    assert!(matches!(old.fault, Some(Fault::Unreachable(_))), "{old:?}");
    assert!(old.fresh_until_ms < old.fetched_ms + 86_400_000);
    // For a moment it is not asked again.
    let asked = place.requests().len();
    assert!(place.get(86_401).body.is_some());
    assert_eq!((asked, place.requests().len()), (2, 0));
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let place = Place::new(|_, number| match number {
        0 => Answer::status("429 Too Many Requests", "retry-after: 120\r\n"),
        _ => Answer::picture(""),
    });
    assert_eq!(place.get(0).fault, Some(Fault::TooMany { after_secs: 120 }));
    assert_eq!(place.get(119).fault, Some(Fault::TooMany { after_secs: 120 }));
    assert_eq!(place.requests().len(), 1);
    assert!(place.get(121).body.is_some());
}

#[test]
fn whatever_is_no_tile_is_named() {
    let html = b"<!DOCTYPE html><title>Log in</title><p>Welcome to the hotel's network".to_vec();
    let ok = |body: Vec<u8>| Answer::Http("200 OK", "content-type: image/png\r\n".into(), body);
    let mut large = png();
    large.resize(10 << 20, 0);
    let cases: [(Answer, Fault); 7] = [
        (ok(html), Fault::NotPicture("HTML".into())),
        (ok(Vec::new()), Fault::NotPicture("0 B".into())),
        (ok(large), Fault::TooLarge),
        (Answer::Endless, Fault::TooLarge),
        (Answer::status("403 Forbidden", ""), Fault::Refused(403)),
        (Answer::status("418 I'm a teapot", ""), Fault::Refused(418)),
        (
            Answer::status("500 Internal Server Error", ""),
            Fault::Status(500),
        ),
    ];
    for (answer, fault) in cases {
        let place = Place::new(move |_, _| answer.clone());
        let got = place.get(0);
        assert_eq!((got.body, got.fault), (None, Some(fault)));
        assert_eq!(place.disk.as_ref().unwrap().lock().unwrap().held().tiles, 0);
    }
    for answer in [Answer::HangUp, Answer::CutShort] {
        let place = Place::new(move |_, _| answer.clone());
        assert!(matches!(place.get(0).fault, Some(Fault::Unreachable(_))));
    }
    let damaged = Place::new(move |_, _| ok(png()[..20].to_vec()));
    assert!(matches!(damaged.get(0).fault, Some(Fault::Damaged(_))));
}

#[test]
fn a_tile_that_the_server_does_not_have_is_no_fault() {
    for status in ["404 Not Found", "204 No Content"] {
        let place = Place::new(move |_, _| Answer::status(status, ""));
        assert_eq!(place.get(0), Got::default());
    }
}

#[test]
fn a_server_that_nobody_runs_is_told_without_its_key() {
    let (address, asked) = serve(|_, _| Answer::HangUp);
    let mut server = server(address);
    server.template = "http://127.0.0.1:9/{z}/{x}/{y}?{key}".into();
    server.key = "secret".into();
    let place = Place::at(server, asked, Client::new(None).unwrap());
    let fault = place.get(0).fault.unwrap();
    assert!(
        matches!(fault, Fault::Unreachable(_)) && !fault.to_string().contains("secret"),
        "{fault}"
    );
}

/// A certificate of our own for `localhost`, and a server's settings with it.
fn tls() -> (
    rustls::pki_types::CertificateDer<'static>,
    Arc<rustls::ServerConfig>,
) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (certificate, Arc::new(config))
}

#[test]
fn https_works_with_a_certificate_that_is_trusted_and_with_no_other() {
    let (certificate, config) = tls();
    let (address, asked) = serve_with(
        |_, _| Answer::picture(""),
        move |stream| {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            Box::new(rustls::StreamOwned::new(connection, stream))
        },
    );
    let server = Server {
        template: format!("https://localhost:{}/{{z}}/{{x}}/{{y}}.png", address.port()),
        ..Server::default()
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let place = Place::at(server.clone(), asked, Client::new(Some(trusting)).unwrap());
    assert_eq!(place.get(0).body, Some(png()));
    // The system does not know this certificate.
    let (_, nothing) = mpsc::channel();
    let place = Place::at(server, nothing, Client::new(None).unwrap());
    let fault = place.get(0).fault.unwrap();
    assert!(
        matches!(&fault, Fault::Unreachable(why) if why.contains("certificate") || why.contains("UnknownIssuer")),
        "{fault:?}"
    );
}
