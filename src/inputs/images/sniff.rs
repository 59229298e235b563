//! What a file is, by its first bytes. The extension only decides whether it is worth a look.

use std::ffi::OsStr;
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

/// So many bytes are enough for [`Format::of`] and [`foreign`].
pub const ENOUGH: usize = 132;

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

/// The name of a format of images that is not read, by the first bytes.
pub fn foreign(head: &[u8]) -> Option<&'static str> {
    if let [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] = head {
        // The major brand, a version, then the brands that the file is compatible with.
        let of = |names: &[&[u8; 4]]| brands.chunks_exact(4).any(|brand| names.iter().any(|name| brand == *name));
        return if of(&[b"avif", b"avis"]) {
            Some("AVIF")
        } else if of(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
            Some("HEIC")
        } else if of(&[b"crx "]) {
            Some("Canon raw")
        } else {
            None
        };
    }
    Some(match head {
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => "JPEG 2000",
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] | [0xff, 0x0a, ..] => "JPEG XL",
        [b'I', b'I', 0xbc, 1, ..] => "JPEG XR",
        [0x76, 0x2f, 0x31, 0x01, ..] => "OpenEXR",
        [b'8', b'B', b'P', b'S', 0, 1 | 2, ..] => "Photoshop",
        [b'q', b'o', b'i', b'f', ..] => "QOI",
        [b'D', b'D', b'S', b' ', 124, 0, 0, 0, ..] => "DDS",
        _ if head.starts_with(b"#?RADIANCE") || head.starts_with(b"#?RGBE") => "Radiance HDR",
        _ if head.starts_with(b"SIMPLE  =") => "FITS",
        _ if head.get(128..132) == Some(b"DICM") => "DICOM",
        _ => return None,
    })
}

/// Whether a file's name says that it is an image, of a format that is read or of one that is not. Its content is judged
/// when it is read.
pub fn named_as_image(path: &Path) -> bool {
    const READ: [&str; 16] = [
        "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "bmp", "dib", "tif", "tiff", "gif", "ppm", "pgm", "pbm",
        "pnm",
    ];
    const FOREIGN: [&str; 24] = [
        "avif", "avifs", "heic", "heics", "heif", "heifs", "hif", "jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpm",
        "jxl", "jxr", "wdp", "exr", "hdr", "qoi", "psd", "dds", "tga", "dcm",
    ];
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    READ.iter().chain(&FOREIGN).any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a file or folder of that name is an operating system's or an editor's own: their copies, previews and lists
/// are no inputs.
pub fn housekeeping(name: &OsStr) -> bool {
    const NAMES: [&str; 12] = [
        "__MACOSX",
        ".AppleDouble",
        ".DS_Store",
        ".Spotlight-V100",
        ".Trashes",
        ".fseventsd",
        ".ipynb_checkpoints",
        ".thumbnails",
        "@eaDir",
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
    ];
    let bytes = name.as_encoded_bytes();
    bytes.starts_with(b"._") || NAMES.iter().any(|known| bytes.eq_ignore_ascii_case(known.as_bytes()))
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
    fn formats_that_are_not_read_have_a_name() {
        for (head, name) in [
            (&b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"[..], "AVIF"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
            (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
            (b"\xff\x0a\x7a", "JPEG XL"),
        ] {
            assert_eq!((Format::of(head), foreign(head)), (None, Some(name)), "{head:?}");
        }
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        assert_eq!(foreign(&dicom), Some("DICOM"));
        // A video, a text, an archive.
        for head in [&b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2mp41"[..], b"SIMPLE words", b"PK\x03\x04", b""] {
            assert_eq!(foreign(head), None, "{head:?}");
        }
    }

    #[test]
    fn housekeeping_goes_by_its_name() {
        for name in ["__MACOSX", "._cat.jpg", ".ipynb_checkpoints", "Thumbs.db", "thumbs.DB", ".DS_Store"] {
            assert!(housekeeping(OsStr::new(name)), "{name}");
        }
        for name in ["cat.jpg", "_cat.jpg", ".cat.jpg", "MACOSX", "thumbs"] {
            assert!(!housekeeping(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        assert!(named_as_image(Path::new("a/B.JPEG")) && named_as_image(Path::new("a/b.Avif")));
        assert!(!named_as_image(Path::new("jpeg")) && !named_as_image(Path::new("a.txt")));
    }
}
