//! Reads photos: what they are, how large, under which hash.
// PLACEHOLDER so that the tree builds: whoever owns this module replaces the whole file.
use super::PhotoFile;
pub fn read(_p: &std::path::Path) -> Result<PhotoFile, String> {
    Err(String::new())
}
pub fn thumbnail(_f: &PhotoFile, _max: u32) -> Result<image::RgbaImage, String> {
    Err(String::new())
}
