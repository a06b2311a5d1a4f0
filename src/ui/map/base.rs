//! The ground: which base map is chosen, whether it can be shown, and if not, why.

use std::path::{Path, PathBuf};

use eframe::egui::{Context, Id};
use eframe::egui_wgpu::RenderState;
use serde::{Deserialize, Serialize};
use walkers::Tiles;

use crate::tiles::{Fault, Server, TemplateFault};
use crate::town::{Datum, Lang, Town};
use crate::ui::{Palette, Words};

use super::server::{Condition, ServerTiles, Supply};
use super::server_words::{fault_words, template_words};
use super::style::style;
use super::tile_file::BaseError;
use super::tiles::{FileTiles, TileText};

/// Which ground is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseChoice {
    /// The file that the town's data names.
    #[default]
    Town,
    /// Another PMTiles file.
    File,
    /// A server of tiles.
    Server,
    /// None.
    None,
}

/// Why there is no ground.
#[derive(Clone, Debug, PartialEq)]
pub enum NoBase {
    /// It was switched off.
    Off,
    /// The town's data names no base map, or it is not where the data says.
    NoTownFile(Option<PathBuf>),
    /// A file is wanted, none is chosen.
    NoFile,
    /// The file can't be shown.
    File(BaseError),
    /// The window is drawn by something that can't draw vector tiles.
    NoRenderer,
    /// The server's address is wrong.
    Template(TemplateFault),
    /// No server can be asked: the system has no certificates to trust.
    Client(String),
    /// No tile has come from the server: why, where that is known.
    Server(Option<Fault>),
}

impl NoBase {
    /// What it says on the map; nothing where that was chosen so.
    pub fn words(&self, words: &Words) -> Option<String> {
        let file = |path: &Path| ("file", path.display().to_string().into());
        Some(match self {
            Self::Off => return None,
            Self::NoTownFile(None) => words.t("map-base-town-none").to_owned(),
            Self::NoTownFile(Some(path)) => words.f("map-base-missing", &[file(path)]),
            Self::NoFile => words.t("map-base-no-file").to_owned(),
            Self::File(BaseError::Unreadable { path, why }) => {
                words.f("map-base-unreadable", &[file(path), ("why", why.as_str().into())])
            }
            Self::File(BaseError::NotPmTiles { path }) => words.f("map-base-foreign", &[file(path)]),
            Self::File(BaseError::Damaged { path, why }) => {
                words.f("map-base-damaged", &[file(path), ("why", why.as_str().into())])
            }
            Self::File(BaseError::Kind { path, kind }) => {
                words.f("map-base-kind", &[file(path), ("kind", kind.as_str().into())])
            }
            Self::NoRenderer => words.t("map-base-no-renderer").to_owned(),
            Self::Template(fault) => words.f(
                "map-base-server-template",
                &[("why", template_words(*fault, words).to_owned().into())],
            ),
            Self::Client(why) => words.f("map-base-server-client", &[("why", why.as_str().into())]),
            Self::Server(None) => words.t("map-base-server-silent").to_owned(),
            Self::Server(Some(fault)) => words.f(
                "map-base-server-fault",
                &[("why", fault_words(fault, words).into())],
            ),
        })
    }
}

/// Whether vector tiles can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renderer {
    /// Not yet, but soon.
    Coming,
    /// They can.
    Ready,
}

/// Gets the window ready to draw vector tiles. Called once at start; without a render state there is no base map,
/// all else works.
pub fn install(ctx: &Context, render_state: Option<&RenderState>) {
    if render_state.is_some() {
        walkers::install_renderer(render_state);
        ctx.data_mut(|d| d.insert_temp(renderer_flag(), Renderer::Ready));
    } else {
        ctx.data_mut(|d| d.remove::<Renderer>(renderer_flag()));
    }
}

/// Promises an [`install`] after the first frame, which shows the cases sooner without it.
pub fn install_later(ctx: &Context) {
    ctx.data_mut(|d| d.insert_temp(renderer_flag(), Renderer::Coming));
}

/// Whether an [`install`] was promised and is still to come.
pub fn install_is_due(ctx: &Context) -> bool {
    renderer(ctx) == Some(Renderer::Coming)
}

fn renderer(ctx: &Context) -> Option<Renderer> {
    ctx.data(|d| d.get_temp(renderer_flag()))
}

fn renderer_flag() -> Id {
    Id::unique("map_renderer")
}

/// What the ground is made from; another one is opened when it changes.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    choice: BaseChoice,
    file: Option<PathBuf>,
    supply: Option<Supply>,
    dark: bool,
    lang: Lang,
}

enum Source {
    File(Box<FileTiles>),
    Server(Box<ServerTiles>),
}

/// The ground of the map.
#[derive(Default)]
pub struct BaseMap {
    key: Option<Key>,
    source: Option<Source>,
    fault: Option<NoBase>,
}

/// What is chosen for the ground.
pub struct Wish<'a> {
    /// Which kind.
    pub choice: BaseChoice,
    /// Another PMTiles file.
    pub file: Option<&'a Path>,
    /// A server.
    pub server: &'a Server,
    /// The database that its tiles are kept in.
    pub disk: Option<&'a Path>,
    /// How large that may become, in bytes.
    pub limit: u64,
    /// Colours.
    pub colors: &'a Palette,
    /// Language of the names.
    pub lang: Lang,
}

impl BaseMap {
    /// Begins a frame: opens what is wished, takes in what was read.
    pub fn begin(&mut self, ctx: &Context, town: &Town, wish: &Wish<'_>) {
        let file = match wish.choice {
            BaseChoice::Town => town.base_map.clone(),
            BaseChoice::File => wish.file.map(Path::to_path_buf),
            BaseChoice::Server | BaseChoice::None => None,
        };
        let server = (wish.choice == BaseChoice::Server).then_some(wish.server);
        let dark = wish.colors.dark;
        let same = self.key.as_ref().is_some_and(|k| {
            (k.choice, k.dark, k.lang) == (wish.choice, dark, wish.lang)
                && k.file == file
                && k.supply.as_ref().map(|supply| &supply.server) == server
                && k.supply
                    .as_ref()
                    .is_none_or(|supply| supply.limit == wish.limit && supply.disk.as_deref() == wish.disk)
        });
        if !same {
            let key = Key {
                choice: wish.choice,
                file,
                supply: server.map(|server| Supply {
                    server: server.clone(),
                    disk: wish.disk.map(Path::to_path_buf),
                    limit: wish.limit,
                }),
                dark,
                lang: wish.lang,
            };
            (self.source, self.fault) = match open(ctx, &key, wish.colors) {
                Ok(source) => (Some(source), None),
                Err(fault) => (None, Some(fault)),
            };
            self.key = Some(key);
        }
        match &mut self.source {
            Some(Source::File(tiles)) => tiles.begin(),
            Some(Source::Server(tiles)) => tiles.begin(),
            None => {}
        }
    }

    /// The tiles to draw; `None` where there are none.
    pub fn tiles(&mut self, ctx: &Context) -> Option<&mut dyn Tiles> {
        if self.needs_renderer() && renderer(ctx) != Some(Renderer::Ready) {
            return None;
        }
        match self.source.as_mut()? {
            Source::File(tiles) => Some(&mut **tiles),
            Source::Server(tiles) => Some(&mut **tiles),
        }
    }

    /// Ends a frame: asks for the tiles that were missing.
    pub fn end(&mut self) {
        match &mut self.source {
            Some(Source::File(tiles)) => tiles.end(),
            Some(Source::Server(tiles)) => tiles.end(),
            None => {}
        }
    }

    /// Whether tiles are still on their way.
    pub fn busy(&self) -> bool {
        match &self.source {
            Some(Source::File(tiles)) => tiles.busy(),
            Some(Source::Server(tiles)) => tiles.busy(),
            None => false,
        }
    }

    /// The datum that the tiles are drawn in. Those of files are in WGS-84.
    pub fn datum(&self) -> Datum {
        match (
            &self.source,
            self.key.as_ref().and_then(|key| key.supply.as_ref()),
        ) {
            (Some(Source::Server(_)), Some(supply)) => supply.server.datum,
            _ => Datum::Wgs84,
        }
    }

    /// How the tiles of a server in view are, where some have come.
    pub fn condition(&self) -> Option<&Condition> {
        match &self.source {
            Some(Source::Server(tiles)) if tiles.silent().is_none() => Some(tiles.condition()),
            _ => None,
        }
    }

    /// Why there is no ground.
    pub fn fault(&self, ctx: &Context) -> Option<NoBase> {
        if self.fault.is_some() {
            return self.fault.clone();
        }
        match self.source.as_ref()? {
            Source::File(tiles) => match tiles.info() {
                Some(Err(error)) => Some(NoBase::File(error.clone())),
                _ if self.needs_renderer() && renderer(ctx).is_none() => Some(NoBase::NoRenderer),
                _ => tiles
                    .fault()
                    .filter(|_| !tiles.busy() && tiles.texts().next().is_none())
                    .map(|why| {
                        NoBase::File(BaseError::Damaged {
                            path: tiles.path().to_owned(),
                            why: why.to_owned(),
                        })
                    }),
            },
            Source::Server(tiles) => match tiles.no_client() {
                Some(why) => Some(NoBase::Client(why.to_owned())),
                None => tiles.silent().map(NoBase::Server),
            },
        }
    }

    fn needs_renderer(&self) -> bool {
        match &self.source {
            Some(Source::File(tiles)) => !matches!(tiles.info(), Some(Ok(info)) if !info.vector),
            _ => false,
        }
    }

    /// A number that grows whenever other names are in view.
    pub fn generation(&self) -> u64 {
        match &self.source {
            Some(Source::File(tiles)) => tiles.generation(),
            _ => 0,
        }
    }

    /// The names in view.
    pub fn texts(&self) -> impl Iterator<Item = &TileText> {
        let file = match &self.source {
            Some(Source::File(tiles)) => Some(tiles),
            _ => None,
        };
        file.into_iter().flat_map(|tiles| tiles.texts())
    }

    /// Whom to name on the map.
    pub fn attribution(&self) -> Option<&str> {
        let text = match (&self.source, &self.key) {
            (Some(Source::File(tiles)), _) => match tiles.info() {
                Some(Ok(info)) => info.attribution.as_str(),
                _ => "",
            },
            (Some(Source::Server(_)), Some(key)) => {
                let supply = key.supply.as_ref();
                supply.map_or("", |supply| supply.server.attribution.as_str())
            }
            _ => "",
        };
        Some(text.trim()).filter(|t| !t.is_empty())
    }
}

fn open(ctx: &Context, key: &Key, colors: &Palette) -> Result<Source, NoBase> {
    let from_file = |path: &Path| {
        let tiles = FileTiles::open(path.to_owned(), style(key.dark, key.lang), ctx.clone());
        Source::File(Box::new(tiles))
    };
    match key.choice {
        BaseChoice::None => Err(NoBase::Off),
        BaseChoice::Town => match &key.file {
            Some(path) if path.exists() => Ok(from_file(path)),
            missing => Err(NoBase::NoTownFile(missing.clone())),
        },
        BaseChoice::File => key.file.as_deref().map(from_file).ok_or(NoBase::NoFile),
        BaseChoice::Server => {
            let supply = key.supply.clone().ok_or(NoBase::Template(TemplateFault::Empty))?;
            supply.server.check().map_err(NoBase::Template)?;
            let tiles = ServerTiles::open(supply, colors.line, ctx);
            Ok(Source::Server(Box::new(tiles)))
        }
    }
}
