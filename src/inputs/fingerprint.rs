//! What a broken run must find unchanged before it may go on.

use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Inputs, Material};

impl Inputs {
    /// Tells these inputs from others without preparing them: texts by their content, files of arrays and images by
    /// name, size and time of change.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        match &*self.material {
            Material::Tokens(tokens) => {
                for row in 0..tokens.texts.len() {
                    if let Ok(Some(text)) = tokens.texts.get(row) {
                        hasher.update(&(row as u64).to_le_bytes()).update(text.first.as_bytes()).update(&[0]);
                        hasher.update(text.second.unwrap_or_default().as_bytes()).update(&[0]);
                    }
                }
            }
            Material::Pixels(pixels) => {
                (0..pixels.drawn()).filter_map(|row| pixels.path(row)).for_each(|path| file(&mut hasher, &path));
            }
            Material::Arrays(arrays) => file(&mut hasher, arrays.path()),
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn file(hasher: &mut blake3::Hasher, path: &Path) {
    let name = path.as_os_str().as_encoded_bytes();
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name);
    if let Ok(metadata) = path.metadata() {
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        hasher.update(&metadata.len().to_le_bytes());
        hasher.update(&changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
    }
}
