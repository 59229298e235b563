//! What a file is that is no ONNX model, told by its first bytes.

use std::path::Path;

use super::Error;

/// How many first bytes are looked at.
pub const HEAD: usize = 512;

/// The error for a file whose first bytes are another format's, or `None` where they could be a model's.
pub fn other_format(path: &Path, head: &[u8], len: u64) -> Option<Error> {
    let path = path.to_owned();
    if len == 0 {
        return Some(Error::Empty(path));
    }
    if head.starts_with(b"version https://git-lfs") {
        return Some(Error::LfsPointer(path));
    }
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return Some(Error::WebPage(path));
    }
    const EXPORT: &str = "export it to ONNX (`torch.onnx.export`, `optimum-cli export onnx`) and give that file";
    const UNPACK: &str = "unpack it and give the .onnx file inside";
    let (what, advice) = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        ("a zip archive (or a PyTorch checkpoint, which is one)", "unpack it, or export the checkpoint to ONNX")
    } else if head.starts_with(b"\x1f\x8b") {
        ("a gzip file", UNPACK)
    } else if head.starts_with(b"\xfd7zXZ\0") || head.starts_with(b"7z\xbc\xaf\x27\x1c") || head.starts_with(b"BZh") {
        ("a compressed archive", UNPACK)
    } else if head.get(257..262) == Some(b"ustar") {
        ("a tar archive", UNPACK)
    } else if head.get(4..8) == Some(b"ORTM") {
        ("in ONNX Runtime's own .ort format", "give the .onnx file it was made from; taps cannot be added to .ort")
    } else if head.get(4..8) == Some(b"TFL3") {
        ("a TensorFlow Lite model", "convert it to ONNX (`tf2onnx --tflite`) and give that file")
    } else if head.starts_with(b"\x89HDF\r\n") {
        ("an HDF5 file (Keras)", "convert it to ONNX (`tf2onnx`) and give that file")
    } else if head.starts_with(b"GGUF") {
        ("a GGUF model", EXPORT)
    } else if head.get(8) == Some(&b'{') && head.get(2..8) == Some(&[0; 6]) {
        ("a safetensors file", EXPORT)
    } else if head.starts_with(b"\x80\x02") || head.starts_with(b"\x80\x03") || head.starts_with(b"\x80\x04") {
        ("a Python pickle", EXPORT)
    } else if head.starts_with(b"\x93NUMPY") {
        ("a NumPy array", "give it as --arrays; --model takes an .onnx file")
    } else if head.starts_with(b"\x7fELF") {
        ("a program or library", "give the .onnx file")
    } else if head.starts_with(b"\x89PNG") || head.starts_with(b"\xff\xd8\xff") {
        ("an image", "give it as --images; --model takes an .onnx file")
    } else if text.starts_with("<?xml") {
        ("an XML document", "give the .onnx file")
    } else if text.starts_with('{') || text.starts_with('[') {
        ("JSON text", "give the .onnx file; side files such as config.json are found beside it")
    } else {
        return None;
    };
    Some(Error::OtherFormat { path, what, advice })
}
