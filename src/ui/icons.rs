//! Icons: drawings that come with the program (Lucide), tinted like text.

use eframe::egui::{self, Color32, Image, ImageSource, Vec2};

macro_rules! icons {
    ($($name:ident = $file:literal;)*) => {
        $(
            #[doc = concat!("`", $file, "`")]
            pub const $name: ImageSource<'static> =
                egui::include_image!(concat!("../../assets/icons/", $file, ".svg"));
        )*
    };
}

icons! {
    PLUS = "plus";
    UPLOAD = "upload";
    SETTINGS = "settings";
    KEYBOARD = "keyboard";
    SUN = "sun";
    MOON = "moon";
    CLOCK = "clock";
    CAMERA = "image-plus";
    CLIPBOARD_CHECK = "clipboard-check";
    CLOSE = "x";
    PIN = "map-pin";
    CIRCLE_ALERT = "circle-alert";
    UNFOLDED = "chevron-down";
    FOLDED = "chevron-right";
    COMMAND = "command";
    PLAY = "play";
    PAUSE = "pause";
    TRAIN = "users";
    DOWNLOAD = "download";
    BEFORE = "chevron-left";
    SEARCH = "search";
    INDICATORS = "chart-column";
}

/// An icon of the height of body text.
pub fn icon(source: ImageSource<'static>, color: Color32) -> Image<'static> {
    Image::new(source)
        .fit_to_exact_size(Vec2::splat(18.0))
        .tint(color)
}
