//! What goes wrong with a server of tiles, in words.

use crate::tiles::{Fault, TemplateFault};
use crate::ui::Words;

/// What would be right for a server's address.
pub fn template_words(fault: TemplateFault, words: &Words) -> &str {
    words.t(match fault {
        TemplateFault::Empty => "map-server-empty",
        TemplateFault::Scheme => "map-server-scheme",
        TemplateFault::Placeholder => "map-server-placeholder",
        TemplateFault::Unknown => "map-server-unknown",
        TemplateFault::Key => "map-server-key-missing",
    })
}

/// Why there is no tile, and what to do.
pub fn fault_words(fault: &Fault, words: &Words) -> String {
    match fault {
        Fault::Unreachable(_) => words.t("tile-unreachable").to_owned(),
        Fault::Timeout => words.t("tile-timeout").to_owned(),
        Fault::TooMany { after_secs } => words.f("tile-too-many", &[("secs", (*after_secs).into())]),
        Fault::Refused(status) => words.f("tile-refused", &[("status", status.to_string().into())]),
        Fault::Status(status) => words.f("tile-status", &[("status", status.to_string().into())]),
        Fault::NotPicture(kind) => words.f("tile-no-picture", &[("kind", kind.as_str().into())]),
        Fault::Damaged(why) => words.f("tile-damaged", &[("why", why.as_str().into())]),
        Fault::TooLarge => words.t("tile-too-large").to_owned(),
    }
}
