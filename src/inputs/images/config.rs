//! The file beside a model that says how images are prepared.
//!
//! In: the files that may. Out: the [`Recipe`] of the first that says anything about images, and its path.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::Error;
use super::fields::Fields;
use super::recipe::Recipe;
use super::{timm, transformers};

/// Keys of which transformers' files have at least one.
const ABOUT_IMAGES: [&str; 8] = [
    "image_processor_type",
    "feature_extractor_type",
    "image_mean",
    "do_resize",
    "do_rescale",
    "do_normalize",
    "crop_size",
    "resample",
];

/// The recipe of the first of `files` that is about images.
pub fn find(files: &[PathBuf]) -> Result<Option<(Recipe, PathBuf)>, Error> {
    let objects: Vec<_> = files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<_, Error>>()?;
    let model_type = objects.iter().find_map(|(_, map)| map.get("model_type")?.as_str());
    for (file, map) in &objects {
        let fields = Fields { file, map };
        if let Some(settings) = timm::settings(fields) {
            return Ok(Some((timm::recipe(settings)?, file.to_path_buf())));
        }
        // processor_config.json of transformers 5 has one object for each modality.
        let map = map.get("image_processor").and_then(Value::as_object).unwrap_or(map);
        let fields = Fields { file, map };
        if ABOUT_IMAGES.iter().any(|key| fields.get(key).is_some()) {
            return Ok(Some((transformers::recipe(fields, model_type)?, file.to_path_buf())));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Map<String, Value>, Error> {
    let bytes = fs::read(path).map_err(|error| Error::Config(path.to_path_buf(), error))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::NotJson(path.to_path_buf(), "it holds something else".into())),
        Err(error) => Err(Error::NotJson(path.to_path_buf(), error.to_string())),
    }
}
