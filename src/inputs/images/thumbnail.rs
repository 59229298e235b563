//! Small pictures for reports.

use std::path::Path;

use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress};

use super::crop::Resize;
use super::decode::decode;
use super::filter::Filter;
use super::preprocess::read_image_file;
use super::resize::{Rgb, Scratch, Window, resize};

/// The image at `path` as a JPEG of at most `side` by `side` pixels, never enlarged. None if it cannot be read, which by
/// then is in the ledger.
pub fn thumbnail(path: &Path, side: usize) -> Option<Vec<u8>> {
    const QUALITY: u8 = 80;
    let mut decoded = Vec::new();
    let size = decode(&read_image_file(path).ok()?, &mut decoded).ok()?;
    let side = side.max(1);
    let to = if size.0.max(size.1) > side { Resize::Fit(side, side).of(size) } else { size };
    let image = Rgb { pixels: &decoded, height: size.0, width: size.1 };
    let window = Window { rows: 0..to.0, columns: 0..to.1 };
    let mut small = Vec::new();
    resize(image, to, Filter::Box, &window, &mut Scratch::default(), &mut small);
    compress(&small, to.1, to.0, PixelFormat::Rgb, QUALITY, Subsampling::S420).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_and_can_be_read_again() {
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images/files");
        let mut pixels = Vec::new();
        let small = thumbnail(&files.join("jpeg-420-large.jpg"), 64).unwrap();
        assert_eq!(decode(&small, &mut pixels), Ok((47, 64)));
        let same = thumbnail(&files.join("png-rgba.png"), 64).unwrap();
        assert_eq!(decode(&same, &mut pixels), Ok((37, 51)));
        assert_eq!(thumbnail(&files.join("none.png"), 64), None);
    }
}
