//! Pictures of photos: asked of the journal once, decoded on a worker, kept as textures within a bound.

use std::collections::{HashMap, VecDeque};

use crossbeam_channel::{Receiver, Sender};
use eframe::egui::{self, ColorImage, Context, TextureHandle, TextureOptions};

use crate::case::{Photo, PhotoHash};
use crate::store::{PhotoFile, photo};
use crate::ui::hall::timeline::Pictures;

/// Longest side of a picture in the sheet, in pixels.
const MAX_SIDE: u32 = 1024;
/// How many pictures are kept.
const KEPT: usize = 48;

enum Picture {
    Asked,
    Ready(TextureHandle),
    Failed(String),
}

type Decoded = (PhotoHash, Result<ColorImage, String>);

/// All pictures that were asked for lately.
pub(super) struct Photos {
    known: HashMap<PhotoHash, Picture>,
    order: VecDeque<PhotoHash>,
    /// Photos to ask the journal for.
    pub(super) wanted: Vec<PhotoHash>,
    decoded: (Sender<Decoded>, Receiver<Decoded>),
}

impl Default for Photos {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
            wanted: Vec::new(),
            decoded: crossbeam_channel::unbounded(),
        }
    }
}

impl Photos {
    /// The journal gave a photo, or has none under that hash.
    pub(super) fn arrived(&mut self, ctx: &Context, hash: PhotoHash, file: Option<PhotoFile>, missing: &str) {
        let Some(file) = file else {
            self.known.insert(hash, Picture::Failed(missing.to_owned()));
            return;
        };
        let (send, ctx) = (self.decoded.0.clone(), ctx.clone());
        let work = move || {
            let image = photo::thumbnail(&file, MAX_SIDE)
                .map(|rgba| {
                    let size = [rgba.width() as usize, rgba.height() as usize];
                    ColorImage::from_rgba_unmultiplied(size, rgba.as_raw())
                })
                .map_err(|error| error.to_string());
            // The window may be gone by now; then nobody needs the picture.
            send.send((hash, image)).ok();
            ctx.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("photo".into()).spawn(work) {
            tracing::error!("no thread for a photo: {error}");
        }
    }

    /// Takes what the worker has decoded.
    pub(super) fn collect(&mut self, ctx: &Context) {
        while let Ok((hash, image)) = self.decoded.1.try_recv() {
            let picture = match image {
                Ok(image) => Picture::Ready(ctx.load_texture(&*hash, image, TextureOptions::LINEAR)),
                Err(why) => Picture::Failed(why),
            };
            self.known.insert(hash, picture);
        }
    }
}

impl Pictures for Photos {
    fn picture(&mut self, _ctx: &egui::Context, photo: &Photo) -> Result<Option<TextureHandle>, String> {
        match self.known.get(&photo.hash) {
            Some(Picture::Ready(texture)) => return Ok(Some(texture.clone())),
            Some(Picture::Failed(why)) => return Err(why.clone()),
            Some(Picture::Asked) => return Ok(None),
            None => {}
        }
        self.known.insert(photo.hash.clone(), Picture::Asked);
        self.order.push_back(photo.hash.clone());
        self.wanted.push(photo.hash.clone());
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        Ok(None)
    }
}
