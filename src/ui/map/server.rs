//! Tiles of a server, and what is known when none comes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::Context;
use walkers::sources::Attribution;
use walkers::{HttpOptions, HttpTiles, TileId, TilePiece, Tiles};

use super::base::Server;

/// A first answer may take so long before the server counts as silent, even one that is still being waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing is under way in the first moment, before the thread has taken the first request.
const FIRST_MOMENT: Duration = Duration::from_secs(1);
/// A silent server is asked anew this often: tiles that have failed once are not asked for again by themselves.
const ASK_ANEW: Duration = Duration::from_secs(30);

/// Tiles of a server, kept on disk where a folder is given.
pub struct ServerTiles {
    tiles: HttpTiles,
    server: Server,
    cache: Option<PathBuf>,
    ctx: Context,
    /// Whether a tile has come.
    came: bool,
    /// Since when tiles are asked for in vain.
    since: Option<Instant>,
}

impl ServerTiles {
    /// Begins to ask `server`; its tiles are kept in the folder `cache`.
    ///
    /// # Errors
    /// Where no client can be made, because the system has no root certificates to trust.
    pub fn open(server: Server, cache: Option<PathBuf>, ctx: Context) -> Result<Self, String> {
        // The client has no TLS provider of its own. It is already there where another part has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The library ends in a panic where it can't make such a client.
        if let Err(error) = reqwest::Client::builder().build() {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            return Err(why.unwrap_or_else(|| error.to_string()));
        }
        Ok(Self {
            tiles: http_tiles(&server, &cache, &ctx),
            server,
            cache,
            ctx,
            came: false,
            since: None,
        })
    }

    /// Whether the server has been asked and no tile has come.
    pub fn silent(&self) -> bool {
        self.silent_after(self.waited())
    }

    fn silent_after(&self, waited: Duration) -> bool {
        let idle = self.tiles.stats().in_progress == 0;
        !self.came && waited > if idle { FIRST_MOMENT } else { PATIENCE }
    }

    /// How long tiles have been asked for in vain.
    fn waited(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

fn http_tiles(server: &Server, cache: &Option<PathBuf>, ctx: &Context) -> HttpTiles {
    let options = HttpOptions {
        cache: cache.clone(),
        ..HttpOptions::default()
    };
    HttpTiles::with_options(server.clone(), options, ctx.clone())
}

impl Tiles for ServerTiles {
    fn at(&mut self, id: TileId) -> Option<TilePiece> {
        if !self.came && self.waited() > ASK_ANEW {
            self.tiles = http_tiles(&self.server, &self.cache, &self.ctx);
            // The message stays until a tile comes.
            self.since = Instant::now().checked_sub(PATIENCE);
        }
        self.since.get_or_insert_with(Instant::now);
        let piece = self.tiles.at(id);
        self.came |= piece.is_some();
        piece
    }

    fn attribution(&self) -> Attribution {
        self.tiles.attribution()
    }

    fn tile_size(&self) -> u32 {
        self.tiles.tile_size()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;

    use super::*;

    const ID: TileId = TileId { x: 3, y: 4, zoom: 5 };

    /// What the server of a test does with a request.
    #[derive(Clone, Copy)]
    enum Answer {
        Http(&'static str, &'static str, fn() -> Vec<u8>),
        HangUp,
        Hang,
    }

    fn png() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(256, 256, image::Rgba([9, 120, 40, 255]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    fn page() -> Vec<u8> {
        b"<!DOCTYPE html><title>Log in</title><p>Welcome to the hotel's network".to_vec()
    }

    /// Answers every request in the same way, on a thread that ends with the test's process. Tells what was asked for.
    fn serve(answer: Answer) -> (Server, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, requests) = mpsc::channel();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                lines.by_ref().find(|line| line.as_ref().unwrap().is_empty());
                asked.send(first).ok();
                match answer {
                    Answer::Http(status, kind, body) => {
                        let body = body();
                        let length = body.len();
                        write!(
                            stream,
                            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                        )
                        .unwrap();
                        stream.write_all(&body).unwrap();
                    }
                    Answer::HangUp => {}
                    Answer::Hang => kept.push(stream),
                }
            }
        });
        let server = Server {
            template: format!("http://{address}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"),
            key: "k1".into(),
            ..Server::default()
        };
        (server, requests)
    }

    /// Asks for one tile, as frames do, until it comes or the server counts as silent (which is told by the answer).
    fn outcome(tiles: &mut ServerTiles) -> Option<TilePiece> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            let piece = tiles.at(ID);
            if piece.is_some() || tiles.silent() {
                return piece;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("neither a tile nor a message");
    }

    fn open(server: Server) -> ServerTiles {
        ServerTiles::open(server, None, Context::default()).unwrap()
    }

    #[test]
    fn a_picture_of_a_server_becomes_a_tile() {
        let (server, requests) = serve(Answer::Http("200 OK", "image/png", png));
        let mut tiles = open(server);
        assert!(outcome(&mut tiles).is_some());
        assert!(!tiles.silent());
        assert_eq!(requests.recv().unwrap(), "GET /5/3/4.png?tk=k1 HTTP/1.1");
    }

    #[test]
    fn tiles_are_kept_in_the_cache() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("tiles");
        let fresh = "image/png\r\ncache-control: max-age=3600";
        let (server, requests) = serve(Answer::Http("200 OK", fresh, png));
        for _ in 0..2 {
            let opened = ServerTiles::open(server.clone(), Some(cache.clone()), Context::default());
            assert!(outcome(&mut opened.unwrap()).is_some());
        }
        assert_eq!(requests.try_iter().count(), 1, "the second start asks the disk");
    }

    #[test]
    fn whatever_is_no_picture_is_told() {
        let answers = [
            Answer::Http("404 Not Found", "text/plain", || b"no such tile".to_vec()),
            Answer::Http("403 Forbidden", "application/json", || {
                b"{\"code\":301012}".to_vec()
            }),
            Answer::Http("200 OK", "text/html", page),
            Answer::Http("200 OK", "image/png", Vec::new),
            Answer::Http("200 OK", "image/png", || png()[..90].to_vec()),
            Answer::HangUp,
        ];
        for (i, answer) in answers.into_iter().enumerate() {
            let (server, requests) = serve(answer);
            let mut tiles = open(server);
            assert!(outcome(&mut tiles).is_none(), "answer {i}");
            assert!(requests.try_iter().count() > 0, "answer {i}: it was asked");
        }
    }

    #[test]
    fn a_server_that_nobody_runs_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let template = format!("http://{}/{{z}}/{{x}}/{{y}}", listener.local_addr().unwrap());
        drop(listener);
        let mut tiles = open(Server {
            template,
            ..Server::default()
        });
        assert!(outcome(&mut tiles).is_none());
    }

    #[test]
    fn a_server_that_never_answers_is_told_after_a_while() {
        let (server, requests) = serve(Answer::Hang);
        let mut tiles = open(server);
        assert!(tiles.at(ID).is_none());
        requests.recv_timeout(Duration::from_secs(20)).unwrap();
        while tiles.tiles.stats().in_progress == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(!tiles.silent_after(PATIENCE / 2));
        assert!(tiles.silent_after(PATIENCE * 2));
    }

    #[test]
    fn a_silent_server_is_asked_anew() {
        let (server, requests) = serve(Answer::HangUp);
        let mut tiles = open(server);
        assert!(outcome(&mut tiles).is_none());
        requests.try_iter().for_each(drop);
        tiles.since = Instant::now().checked_sub(ASK_ANEW * 2);
        assert!(tiles.at(ID).is_none());
        assert!(tiles.silent(), "the message stays");
        requests.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
