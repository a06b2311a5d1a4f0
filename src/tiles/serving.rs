//! A small server of tiles for tests, which answers as it is told, well or badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};

use super::Server;

/// A request: its first line, then its headers in small letters.
#[derive(Clone, Debug)]
pub struct Asked(pub Vec<String>);

impl Asked {
    /// Whether a header begins so.
    pub fn says(&self, header: &str) -> bool {
        self.0.iter().any(|line| line.starts_with(header))
    }
}

/// What is done with a request.
#[derive(Clone)]
pub enum Answer {
    /// Status line, headers with line ends, body.
    Http(&'static str, String, Vec<u8>),
    /// A body that goes on for ever.
    Endless,
    /// A body that is cut short of its length.
    CutShort,
    /// The connection is closed.
    HangUp,
    /// Nothing comes.
    Hang,
}

impl Answer {
    /// A picture with such headers.
    pub fn picture(headers: &str) -> Self {
        Self::Http("200 OK", format!("content-type: image/png\r\n{headers}"), png())
    }

    /// A status with such headers.
    pub fn status(status: &'static str, headers: &str) -> Self {
        Self::Http(status, headers.to_owned(), Vec::new())
    }
}

/// A picture of 256 pixels a side.
pub fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(256, 256, image::Rgba([9, 120, 40, 255]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// Serves on a port of its own, on threads that end with the test's process. `answer` is asked with each request and its
/// number from 0. What was asked comes through the channel.
pub fn serve(
    answer: impl FnMut(&Asked, usize) -> Answer + Send + 'static,
) -> (SocketAddr, mpsc::Receiver<Asked>) {
    serve_with(answer, |stream| Box::new(stream))
}

/// As [`serve`], and through what `wrap` makes of a connection.
pub fn serve_with(
    answer: impl FnMut(&Asked, usize) -> Answer + Send + 'static,
    wrap: impl Fn(std::net::TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
) -> (SocketAddr, mpsc::Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = mpsc::channel();
    let answer = Arc::new(Mutex::new((answer, 0)));
    let wrap = Arc::new(wrap);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, sender, wrap) = (answer.clone(), sender.clone(), wrap.clone());
            std::thread::spawn(move || {
                let mut stream = wrap(stream.unwrap());
                let Some(request) = request(&mut stream) else {
                    return;
                };
                let answer = {
                    let mut answer = answer.lock().unwrap();
                    let number = answer.1;
                    answer.1 += 1;
                    (answer.0)(&request, number)
                };
                let _ = sender.send(request);
                // Whoever asked may have gone.
                let _ = give(&mut stream, answer);
            });
        }
    });
    (address, asked)
}

/// A connection.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

fn request(stream: &mut dyn Stream) -> Option<Asked> {
    let mut lines = Vec::new();
    let mut reader = BufReader::with_capacity(1, stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some(Asked(lines)),
            line if lines.is_empty() => lines.push(line.to_owned()),
            line => lines.push(line.to_ascii_lowercase()),
        }
    }
}

fn give(stream: &mut dyn Stream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Http(status, headers, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
            )?;
            stream.write_all(&body)?;
        }
        Answer::Endless => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n"
            )?;
            stream.write_all(&png())?;
            loop {
                stream.write_all(&[0; 65_536])?;
            }
        }
        Answer::CutShort => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n")?;
            stream.write_all(&png())?;
        }
        Answer::HangUp => {}
        Answer::Hang => std::thread::sleep(std::time::Duration::from_secs(600)),
    }
    stream.flush()
}

/// The server at that address, with a key.
pub fn server(address: SocketAddr) -> Server {
    Server {
        template: format!("http://{address}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"),
        key: "k1".into(),
        ..Server::default()
    }
}
