//! The fonts that come with the program, once for all that draws: the window, pictures, documents.

/// Noto Sans SC Regular, TrueType.
pub static REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-Regular.ttf");

/// Noto Sans SC SemiBold, TrueType. It lacks rarer characters, which Regular has.
pub static SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-SemiBold.ttf");
