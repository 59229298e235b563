//! What a file is, by its first bytes. The extension only decides whether it is worth a look.

use std::path::Path;

/// The kinds of images that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Bmp,
    Tiff,
    Gif,
    Pnm,
}

/// So many bytes are enough for [`Format::of`].
pub const ENOUGH: usize = 12;

impl Format {
    /// The format whose magic bytes `head` begins with.
    pub fn of(head: &[u8]) -> Option<Format> {
        Some(match head {
            [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::WebP,
            // A text may well begin with BM; the four bytes after the length are reserved and zero in real files.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Format::Bmp,
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Format::Tiff,
            [b'I', b'I', 43, 0, ..] | [b'M', b'M', 0, 43, ..] => Format::Tiff,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
            [b'P', b'1'..=b'6', next, ..] if next.is_ascii_whitespace() || *next == b'#' => Format::Pnm,
            _ => return None,
        })
    }
}

/// Whether a file's name says that it is an image. Its content is judged when it is read.
pub fn named_as_image(path: &Path) -> bool {
    const EXTENSIONS: [&str; 16] = [
        "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "bmp", "dib", "tif", "tiff", "gif", "ppm", "pgm", "pbm",
        "pnm",
    ];
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes_decide() {
        assert_eq!(Format::of(b"\x89PNG\r\n\x1a\n\0\0\0\r"), Some(Format::Png));
        assert_eq!(Format::of(&[0xff, 0xd8, 0xff, 0xe0]), Some(Format::Jpeg));
        assert_eq!(Format::of(b"RIFF\x10\0\0\0WEBPVP8 "), Some(Format::WebP));
        assert_eq!(Format::of(b"P6\n2 2\n255\n"), Some(Format::Pnm));
        assert_eq!(Format::of(b"GIF89a"), Some(Format::Gif));
        assert_eq!(Format::of(b"II*\0"), Some(Format::Tiff));
    }

    #[test]
    fn words_are_no_magic() {
        for text in [&b"not an image"[..], b"P4ssword", b"BMW drivers", b"GIF87 is old", b"RIFF....WAVE", b"", b"P"] {
            assert_eq!(Format::of(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        assert!(named_as_image(Path::new("a/B.JPEG")));
        assert!(!named_as_image(Path::new("jpeg")) && !named_as_image(Path::new("a.txt")));
    }
}
