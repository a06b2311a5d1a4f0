//! A server of tiles: its address, whose datum it is in, and what its owner allows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::town::Datum;

use super::TileKey;

/// A server of tiles in web-mercator (XYZ).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// The address of a tile with `{z}`, `{x}`, `{y}`, perhaps `{key}`.
    pub template: String,
    /// The address of a tile of names that lie above it; empty where there are none.
    pub overlay: String,
    /// What stands for `{key}`.
    pub key: String,
    /// Whom the server's owner wants named on the map.
    pub attribution: String,
    /// What its tiles are drawn in. CGCS2000 is right as it is, GCJ-02 and BD-09 are moved into place.
    pub datum: Datum,
    /// The closest zoom level that it has; 18 where it is 0.
    pub max_zoom: u8,
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

/// Who owns a server, as far as that decides what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The OpenStreetMap Foundation.
    Osm,
    /// 国家地理信息公共服务平台.
    Tianditu,
    /// A commercial map service (高德, 腾讯, 百度, Google, Bing, …).
    Commercial,
    /// Somebody else: an office's own server, or one that was contracted.
    Own,
}

impl Owner {
    /// Whether an area may be fetched beforehand. Bulk fetching is forbidden at OpenStreetMap's servers; those of others
    /// are asked only for what is looked at, since their terms don't allow more in general.
    pub fn allows_prefetch(self) -> bool {
        self == Self::Own
    }

    /// Requests that may be under way at once.
    pub fn parallel(self) -> usize {
        match self {
            Self::Osm => 2,
            _ => 4,
        }
    }
}

/// Hosts of services that are shared by many, and whose they are.
const HOSTS: [(&str, Owner); 12] = [
    ("openstreetmap.org", Owner::Osm),
    ("osm.org", Owner::Osm),
    ("tianditu.gov.cn", Owner::Tianditu),
    ("tianditu.com", Owner::Tianditu),
    ("autonavi.com", Owner::Commercial),
    ("amap.com", Owner::Commercial),
    ("map.gtimg.com", Owner::Commercial),
    ("qq.com", Owner::Commercial),
    ("baidu.com", Owner::Commercial),
    ("bdimg.com", Owner::Commercial),
    ("google.com", Owner::Commercial),
    ("virtualearth.net", Owner::Commercial),
];

/// A server whose address need not be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The standard map of OpenStreetMap.
    Osm,
    /// 天地图: streets, with names.
    TiandituVector,
    /// 天地图: pictures from above, with names.
    TiandituImagery,
    /// A server whose tiles are in GCJ-02; the address is typed.
    Gcj02,
    /// Any other; the address is typed.
    Other,
}

impl Preset {
    /// All, in the order of lists.
    pub const ALL: [Self; 5] = [
        Self::TiandituVector,
        Self::TiandituImagery,
        Self::Osm,
        Self::Gcj02,
        Self::Other,
    ];

    /// The server that it stands for. `key` is kept from the one before.
    pub fn server(self, key: &str) -> Server {
        let key = key.to_owned();
        match self {
            Self::Osm => Server {
                template: "https://tile.openstreetmap.org/{z}/{x}/{y}.png".into(),
                attribution: "© OpenStreetMap contributors".into(),
                max_zoom: 19,
                key,
                ..Server::default()
            },
            Self::TiandituVector => tianditu("vec", "cva", key),
            Self::TiandituImagery => tianditu("img", "cia", key),
            Self::Gcj02 => Server {
                datum: Datum::Gcj02,
                key,
                ..Server::default()
            },
            Self::Other => Server {
                key,
                ..Server::default()
            },
        }
    }

    /// Which of them a server is.
    pub fn of(server: &Server) -> Self {
        let same = |preset: &Self| {
            let known = preset.server("");
            !known.template.is_empty() && known.template == server.template.trim()
        };
        match Self::ALL.into_iter().find(same) {
            Some(preset) => preset,
            None if server.datum == Datum::Gcj02 => Self::Gcj02,
            None => Self::Other,
        }
    }
}

fn tianditu(layer: &str, names: &str, key: String) -> Server {
    let address = |layer: &str| {
        format!(
            "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}\
             &STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
        )
    };
    Server {
        template: address(layer),
        overlay: address(names),
        attribution: "© 天地图 国家地理信息公共服务平台".into(),
        datum: Datum::Cgcs2000,
        max_zoom: 18,
        key,
    }
}

impl Server {
    /// Checks the addresses.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), TemplateFault> {
        self.check_one(&self.template)?;
        if self.overlay.trim().is_empty() {
            return Ok(());
        }
        self.check_one(&self.overlay)
    }

    fn check_one(&self, template: &str) -> Result<(), TemplateFault> {
        let template = template.trim();
        if template.is_empty() {
            return Err(TemplateFault::Empty);
        }
        let printable = template.chars().all(|c| c.is_ascii_graphic());
        match host(template) {
            Some(host) if printable && !host.is_empty() && !host.contains(['{', '}']) => {}
            _ => return Err(TemplateFault::Scheme),
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

    /// Whose it is, by its host.
    pub fn owner(&self) -> Owner {
        let host = host(self.template.trim()).unwrap_or_default();
        // A port does not make it another's.
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let is = |known: &str| host == known || host.ends_with(&format!(".{known}"));
        let owner = HOSTS.iter().find(|(known, _)| is(known));
        owner.map_or(Owner::Own, |(_, owner)| *owner)
    }

    /// The addresses that make up a tile, the lowest first.
    pub fn templates(&self) -> Vec<&str> {
        let all = [self.template.trim(), self.overlay.trim()];
        all.into_iter().filter(|t| !t.is_empty()).collect()
    }

    /// The closest zoom level that it has.
    pub fn closest(&self) -> u8 {
        match self.max_zoom {
            0 => 18,
            zoom => zoom.min(22),
        }
    }

    /// The address of a tile by one of its templates.
    pub fn url(&self, template: &str, tile: TileKey) -> String {
        template
            .replace("{z}", &tile.z.to_string())
            .replace("{x}", &tile.x.to_string())
            .replace("{y}", &tile.y.to_string())
            .replace("{key}", self.key.trim())
    }
}

/// Under what name tiles of a template are kept: the same for every key.
pub fn shelf(template: &str) -> String {
    let hash = Sha256::digest(template.as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn host(template: &str) -> Option<&str> {
    let rest = template
        .strip_prefix("https://")
        .or_else(|| template.strip_prefix("http://"))?;
    rest.split(['/', '?']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, key: &str) -> Result<(), TemplateFault> {
        Server {
            template: template.into(),
            key: key.into(),
            ..Server::default()
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
        for scheme in [
            "ftp://tiles.example/{z}/{x}/{y}",
            "https:///{z}/{x}/{y}",
            "https://{s}.example/{z}/{x}/{y}",
        ] {
            assert_eq!(check(scheme, ""), Err(TemplateFault::Scheme));
        }
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
    fn an_overlay_is_checked_like_the_ground() {
        let mut server = Server {
            template: "https://tiles.example/{z}/{x}/{y}.png".into(),
            overlay: "https://tiles.example/names/{z}/{x}.png".into(),
            ..Server::default()
        };
        assert_eq!(server.check(), Err(TemplateFault::Placeholder));
        server.overlay.clear();
        assert_eq!(server.check(), Ok(()));
    }

    #[test]
    fn an_address_is_filled_in() {
        let server = Server {
            key: " k1 ".into(),
            ..Server::default()
        };
        let url = server.url("http://t/{z}/{x}/{y}?k={key}", TileKey { z: 5, x: 3, y: 4 });
        assert_eq!(url, "http://t/5/3/4?k=k1");
    }

    #[test]
    fn presets_are_whole_and_known_again() {
        for preset in Preset::ALL {
            let server = preset.server("abc");
            assert_eq!(Preset::of(&server), preset);
            if !server.template.is_empty() {
                assert_eq!(server.check(), Ok(()), "{preset:?}");
                assert!(!server.attribution.is_empty());
            }
        }
        let tianditu = Preset::TiandituVector.server("abc");
        assert_eq!(tianditu.datum, Datum::Cgcs2000);
        let url = tianditu.url(&tianditu.overlay, TileKey { z: 5, x: 3, y: 4 });
        assert!(
            url.contains("/cva_w/wmts?") && url.contains("TILEMATRIX=5&TILEROW=4&TILECOL=3&tk=abc"),
            "{url}"
        );
        assert_eq!(Preset::TiandituVector.server("").check(), Err(TemplateFault::Key));
    }

    #[test]
    fn services_that_many_share_are_known_by_their_host() {
        let owner = |template: &str| {
            Server {
                template: template.into(),
                ..Server::default()
            }
            .owner()
        };
        assert_eq!(
            owner("https://tile.openstreetmap.org/{z}/{x}/{y}.png"),
            Owner::Osm
        );
        assert_eq!(
            owner("http://A.Tile.OpenStreetMap.org:80/{z}/{x}/{y}.png"),
            Owner::Osm
        );
        assert_eq!(
            owner("https://t0.tianditu.gov.cn/vec_w?{z}{x}{y}"),
            Owner::Tianditu
        );
        assert_eq!(
            owner("https://webrd01.is.autonavi.com/{z}/{x}/{y}"),
            Owner::Commercial
        );
        assert_eq!(owner("https://myopenstreetmap.org/{z}/{x}/{y}"), Owner::Own);
        assert_eq!(owner("https://tiles.example/{z}/{x}/{y}"), Owner::Own);
    }

    #[test]
    fn tiles_of_one_address_share_a_shelf_whatever_the_key() {
        let [a, b] = ["https://a/{z}/{x}/{y}?k={key}", "https://b/{z}/{x}/{y}"].map(shelf);
        assert_ne!(a, b);
        assert_eq!(a.len(), 16);
    }
}
