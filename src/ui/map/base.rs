//! The ground: which base map is chosen, whether it can be shown, and if not, why.

use std::path::{Path, PathBuf};

use eframe::egui::{Context, Id};
use eframe::egui_wgpu::RenderState;
use serde::{Deserialize, Serialize};
use walkers::sources::{Attribution, TileSource};
use walkers::{TileId, Tiles};

use crate::town::{Lang, Town};
use crate::ui::Words;

use super::server::ServerTiles;
use super::style::style;
use super::tiles::{BaseError, FileTiles, TileText};

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

/// A server of tiles in WGS-84 web-mercator (XYZ).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// The address of a tile with `{z}`, `{x}`, `{y}`, perhaps `{key}`.
    pub template: String,
    /// What stands for `{key}`.
    pub key: String,
    /// Whom the server's owner wants named on the map.
    pub attribution: String,
}

/// What is wrong with a server's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFault {
    /// Nothing is entered.
    Empty,
    /// It does not begin with `https://` or `http://` and a host.
    Scheme,
    /// `{x}`, `{y}` or `{z}` is missing.
    Placeholder,
    /// A name in braces that nothing is known for.
    Unknown,
    /// `{key}` is there, but no key is entered.
    Key,
}

impl TemplateFault {
    /// The words that say what would be right.
    pub fn words(self, words: &Words) -> &str {
        match self {
            Self::Empty => words.t("map-server-empty"),
            Self::Scheme => words.t("map-server-scheme"),
            Self::Placeholder => words.t("map-server-placeholder"),
            Self::Unknown => words.t("map-server-unknown"),
            Self::Key => words.t("map-server-key-missing"),
        }
    }
}

impl Server {
    /// Checks the address.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), TemplateFault> {
        let template = self.template.trim();
        if template.is_empty() {
            return Err(TemplateFault::Empty);
        }
        let rest = template
            .strip_prefix("https://")
            .or_else(|| template.strip_prefix("http://"));
        let host = rest.and_then(|r| r.split('/').next()).unwrap_or_default();
        let printable = template.chars().all(|c| c.is_ascii_graphic());
        if host.is_empty() || !printable || host.contains(['{', '}']) {
            return Err(TemplateFault::Scheme);
        }
        if ["{x}", "{y}", "{z}"].iter().any(|p| !template.contains(p)) {
            return Err(TemplateFault::Placeholder);
        }
        let bare = ["{x}", "{y}", "{z}", "{key}"]
            .iter()
            .fold(template.to_owned(), |t, p| t.replace(p, ""));
        if bare.contains(['{', '}']) {
            return Err(TemplateFault::Unknown);
        }
        if template.contains("{key}") && self.key.trim().is_empty() {
            return Err(TemplateFault::Key);
        }
        Ok(())
    }

    fn url(&self, id: TileId) -> String {
        self.template
            .trim()
            .replace("{z}", &id.zoom.to_string())
            .replace("{x}", &id.x.to_string())
            .replace("{y}", &id.y.to_string())
            .replace("{key}", self.key.trim())
    }
}

impl TileSource for Server {
    fn tile_url(&self, id: TileId) -> String {
        self.url(id)
    }

    fn attribution(&self) -> Attribution {
        Attribution {
            text: "",
            url: "",
            logo_light: None,
            logo_dark: None,
        }
    }
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
    /// No tile has come from the server.
    Server,
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
                &[("why", fault.words(words).to_owned().into())],
            ),
            Self::Client(why) => words.f("map-base-server-client", &[("why", why.as_str().into())]),
            Self::Server => words.t("map-base-server-silent").to_owned(),
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
    server: Option<Server>,
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
    /// Colours of the dark theme.
    pub dark: bool,
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
        let same = self.key.as_ref().is_some_and(|k| {
            (k.choice, k.dark, k.lang) == (wish.choice, wish.dark, wish.lang)
                && k.file == file
                && k.server.as_ref() == server
        });
        if !same {
            let key = Key {
                choice: wish.choice,
                file,
                server: server.cloned(),
                dark: wish.dark,
                lang: wish.lang,
            };
            (self.source, self.fault) = match open(ctx, &key) {
                Ok(source) => (Some(source), None),
                Err(fault) => (None, Some(fault)),
            };
            self.key = Some(key);
        }
        if let Some(Source::File(tiles)) = &mut self.source {
            tiles.begin();
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
        if let Some(Source::File(tiles)) = &mut self.source {
            tiles.end();
        }
    }

    /// Whether tiles of a file are still on their way. Those of a server come when they come.
    pub fn busy(&self) -> bool {
        matches!(&self.source, Some(Source::File(file)) if file.busy())
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
            Source::Server(tiles) => tiles.silent().then_some(NoBase::Server),
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
                key.server.as_ref().map_or("", |s| s.attribution.as_str())
            }
            _ => "",
        };
        Some(text.trim()).filter(|t| !t.is_empty())
    }
}

fn open(ctx: &Context, key: &Key) -> Result<Source, NoBase> {
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
            let server = key.server.clone().unwrap_or_default();
            server.check().map_err(NoBase::Template)?;
            let cache =
                directories::ProjectDirs::from("", "", "yipanqi").map(|d| d.cache_dir().join("tiles"));
            let tiles = ServerTiles::open(server, cache, ctx.clone()).map_err(NoBase::Client)?;
            Ok(Source::Server(Box::new(tiles)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, key: &str) -> Result<(), TemplateFault> {
        Server {
            template: template.into(),
            key: key.into(),
            attribution: String::new(),
        }
        .check()
    }

    #[test]
    fn an_address_of_tiles_is_checked() {
        assert_eq!(check("https://tiles.example/{z}/{x}/{y}.png", ""), Ok(()));
        assert_eq!(
            check(" https://t.example/?x={x}&y={y}&z={z}&tk={key} ", "abc"),
            Ok(())
        );
        assert_eq!(check("", ""), Err(TemplateFault::Empty));
        assert_eq!(
            check("ftp://tiles.example/{z}/{x}/{y}", ""),
            Err(TemplateFault::Scheme)
        );
        assert_eq!(check("https:///{z}/{x}/{y}", ""), Err(TemplateFault::Scheme));
        assert_eq!(
            check("https://{s}.example/{z}/{x}/{y}", ""),
            Err(TemplateFault::Scheme)
        );
        assert_eq!(
            check("https://tiles.example/{z}/{x}.png", ""),
            Err(TemplateFault::Placeholder)
        );
        assert_eq!(
            check("https://tiles.example/{z}/{x}/{y}{r}.png", ""),
            Err(TemplateFault::Unknown)
        );
        assert_eq!(
            check("https://tiles.example/{z}/{x}/{y}?k={key}", " "),
            Err(TemplateFault::Key)
        );
    }

    #[test]
    fn an_address_is_filled_in() {
        let server = Server {
            template: "http://t/{z}/{x}/{y}?k={key}".into(),
            key: "k1".into(),
            ..Server::default()
        };
        assert_eq!(server.url(TileId { x: 3, y: 4, zoom: 5 }), "http://t/5/3/4?k=k1");
    }
}
