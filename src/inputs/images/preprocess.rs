//! From a path to the numbers of one model input.
//!
//! In: the configuration beside the model, the flags, and the size that the model's shape fixes. Out: a [`Preprocess`],
//! the same for every image and shared by all threads.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::crop::{self, Part, Resize};
use super::decode;
use super::error::Error;
use super::fields::Fields;
use super::filter::Filter;
use super::recipe::{Crop, Origin, Recipe, Setting};
use super::resize::{self, Rgb, Window};
use super::{timm, transformers};

/// Files beyond this are not read: no image of [`decode::MOST_PIXELS`] needs more.
const LARGEST_FILE: u64 = 1 << 30;
/// Memory of one image that is worth keeping for the next.
const WORTH_KEEPING: usize = 32 << 20;

/// What the flags say, instead of the configuration. It is serialised under the names of the command line.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Overrides {
    /// Height and width that the model gets.
    #[serde(rename = "image_size")]
    pub size: Option<(usize, usize)>,
    /// The share of the resized image's side that the centre crop keeps; 1 resizes to the size itself.
    pub crop_pct: Option<f64>,
    pub interpolation: Option<Filter>,
    #[serde(rename = "image_mean")]
    pub mean: Option<[f32; 3]>,
    #[serde(rename = "image_std")]
    pub std: Option<[f32; 3]>,
}

/// Decodes images and makes them ready.
#[derive(Debug, Clone)]
pub struct Preprocess {
    recipe: Recipe,
    /// The file that the recipe was read from.
    source: Option<PathBuf>,
    size: (usize, usize),
    tables: Box<[[f32; 256]; 3]>,
}

/// One setting, for the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    pub setting: &'static str,
    pub value: String,
    pub origin: Origin,
}

/// Memory that one thread uses for image after image.
#[derive(Debug, Default)]
pub struct Scratch {
    decoded: Vec<u8>,
    resize: resize::Scratch,
}

/// An image that is ready but for normalizing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// [height, width, 3], of [`Preprocess::size`].
    pub pixels: Vec<u8>,
    /// BLAKE3 of the file's bytes.
    pub digest: [u8; 32],
}

impl Preprocess {
    /// Finds out what to do to an image. `configs` are looked at in turn (`preprocessor_config.json`, then timm's
    /// `config.json`), and the first that says anything about images counts; without one, ImageNet's usual. `fixed` is
    /// the height and width that the model's input has, where they are not free.
    pub fn find(
        overrides: &Overrides,
        configs: &[PathBuf],
        fixed: Option<(usize, usize)>,
    ) -> Result<Preprocess, Error> {
        let mut found = None;
        for config in configs {
            if let Some(recipe) = read(config)? {
                found = Some((recipe, config.clone()));
                break;
            }
        }
        let (mut recipe, source) = match found {
            Some((recipe, source)) => (recipe, Some(source)),
            None => {
                let origin = if fixed.is_some() { Origin::Model } else { Origin::Default };
                (Recipe::usual(fixed.unwrap_or((224, 224)), origin), None)
            }
        };
        apply(overrides, &mut recipe)?;
        let name = match (overrides.size, &source) {
            (None, Some(path)) => path.display().to_string(),
            _ => "the flags".to_string(),
        };
        let size = match (recipe.size(), fixed) {
            (Some(prepared), Some(model)) if prepared != model => {
                return Err(Error::Clash { source_name: name, prepared, model });
            }
            (Some(size), _) | (None, Some(size)) => size,
            (None, None) => return Err(Error::NoSize(name)),
        };
        let tables = Box::new(recipe.tables());
        Ok(Preprocess { recipe, source, size, tables })
    }

    /// Height and width of what comes out.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The file that says so; none means ImageNet's usual.
    pub fn source(&self) -> Option<&Path> {
        self.source.as_deref()
    }

    /// Every setting and where it comes from.
    pub fn facts(&self) -> Vec<Fact> {
        let Recipe { resize, filter, crop, scale, normalize, .. } = &self.recipe;
        let fact = |setting, value, origin| Fact { setting, value, origin };
        let resized = match resize.value {
            Resize::Keep => "none".to_string(),
            Resize::Exact(height, width) => format!("{height} x {width}"),
            Resize::Shorter { edge, longest: None } => format!("shorter side {edge}"),
            Resize::Shorter { edge, longest: Some(longest) } => {
                format!("shorter side {edge}, longer at most {longest}")
            }
            Resize::Cover(height, width) => format!("to cover {height} x {width}"),
            Resize::Fit(height, width) => format!("to fit in {height} x {width}"),
        };
        let cropped = crop.value.map_or("none".to_string(), |crop| format!("{} x {}", crop.size.0, crop.size.1));
        let (mean, std) = match normalize.value {
            Some(normalize) => (format!("{:?}", normalize.mean), format!("{:?}", normalize.std)),
            None => ("none".to_string(), "none".to_string()),
        };
        vec![
            fact("resize", resized, resize.origin),
            fact("interpolation", filter.value.name().to_string(), filter.origin),
            fact("center_crop", cropped, crop.origin),
            fact("rescale", scale.value.to_string(), scale.origin),
            fact("mean", mean, normalize.origin),
            fact("std", std, normalize.origin),
        ]
    }

    /// Reads and prepares the image at `path`, or says in one line why it cannot be used.
    pub fn load(&self, path: &Path, scratch: &mut Scratch) -> Result<Decoded, String> {
        let bytes = read_image_file(path)?;
        let digest = *blake3::hash(&bytes).as_bytes();
        let size = decode::decode(&bytes, &mut scratch.decoded)?;
        let pixels = self.prepare(size, scratch);
        if scratch.decoded.capacity() > WORTH_KEEPING {
            *scratch = Scratch::default();
        }
        Ok(Decoded { pixels: pixels?, digest })
    }

    /// Resizes and crops the image of `from` (height, width) in `scratch`.
    fn prepare(&self, from: (usize, usize), scratch: &mut Scratch) -> Result<Vec<u8>, String> {
        let to = self.recipe.resize.value.of(from);
        // A sliver would become an image of millions of pixels, most of which a crop then drops.
        if self.recipe.crop.value.is_none() && to != self.size {
            return Err(format!(
                "it comes out as {} x {} and not as {} x {}: there is no centre crop",
                to.0, to.1, self.size.0, self.size.1
            ));
        }
        let image = Rgb { pixels: &scratch.decoded, height: from.0, width: from.1 };
        let filter = self.recipe.filter.value;
        let mut pixels = Vec::new();
        match self.recipe.crop.value {
            None => {
                let window = Window { rows: 0..to.0, columns: 0..to.1 };
                resize::resize(image, to, filter, &window, &mut scratch.resize, &mut pixels);
            }
            Some(Crop { size, center, fill }) => {
                let Part { window, at } = crop::center(to, size, center);
                resize::resize(image, to, filter, &window, &mut scratch.resize, &mut pixels);
                let (height, width) = (window.rows.len(), window.columns.len());
                if (height, width) != size {
                    let mut filled = fill.repeat(size.0 * size.1);
                    for (y, row) in pixels.chunks_exact(width * 3).enumerate() {
                        filled[((at.0 + y) * size.1 + at.1) * 3..][..width * 3].copy_from_slice(row);
                    }
                    pixels = filled;
                }
            }
        }
        if self.recipe.reverse {
            pixels.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| pixel.reverse());
        }
        Ok(pixels)
    }

    /// Rescales and normalizes `pixels` [height, width, 3] into `out` [3, height, width]. Both must have the length that
    /// [`Preprocess::size`] says.
    pub fn normalize_into(&self, pixels: &[u8], out: &mut [f32]) {
        let plane = pixels.len() / 3;
        for ((to, table), channel) in out.chunks_exact_mut(plane.max(1)).zip(self.tables.iter()).zip(0..) {
            for (value, pixel) in to.iter_mut().zip(pixels.as_chunks::<3>().0) {
                *value = table[usize::from(pixel[channel])];
            }
        }
    }
}

/// The recipe in a file; none if the file is about something else.
fn read(path: &Path) -> Result<Option<Recipe>, Error> {
    let bytes = fs::read(path).map_err(|error| Error::Config(path.to_path_buf(), error))?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| Error::NotJson(path.to_path_buf(), error.to_string()))?;
    let Value::Object(map) = &value else {
        return Err(Error::NotJson(path.to_path_buf(), "it holds something else".into()));
    };
    let fields = Fields { file: path, map };
    if let Some(settings) = timm::settings(fields) {
        return timm::recipe(settings).map(Some);
    }
    // processor_config.json of transformers 5 has one object for each modality.
    let map = map.get("image_processor").and_then(Value::as_object).unwrap_or(map);
    let fields = Fields { file: path, map };
    let about_images = ["image_mean", "do_resize", "image_processor_type", "crop_size", "do_rescale", "resample"];
    if about_images.iter().any(|key| fields.get(key).is_some()) {
        return transformers::recipe(fields).map(Some);
    }
    Ok(None)
}

/// Puts the flags above the recipe.
fn apply(overrides: &Overrides, recipe: &mut Recipe) -> Result<(), Error> {
    let flag = Origin::Flag;
    if let Some((height, width)) = overrides.size
        && (height == 0 || width == 0 || height.max(width) > 1 << 14)
    {
        return Err(Error::Override(format!("images of {height} x {width} pixels are not possible")));
    }
    if let Some(share) = overrides.crop_pct.filter(|share| !(0.01..=1.0).contains(share)) {
        return Err(Error::Override(format!("the crop must keep a share between 0.01 and 1 of the side, not {share}")));
    }
    let usual = Recipe::usual((224, 224), Origin::Default);
    if overrides.size.is_some() || overrides.crop_pct.is_some() {
        let size = overrides.size.or(recipe.size()).unwrap_or((224, 224));
        match (recipe.crop.value, overrides.crop_pct) {
            (None, None) => recipe.resize = Setting::new(Resize::Exact(size.0, size.1), flag),
            (crop, share) => {
                let crop = crop.or(usual.crop.value).map(|crop| Crop { size, ..crop });
                recipe.crop = Setting::new(crop, flag);
                recipe.resize = Setting::new(super::recipe::around(size, share.unwrap_or(0.875)), flag);
            }
        }
    }
    if let Some(filter) = overrides.interpolation {
        recipe.filter = Setting::new(filter, flag);
    }
    if overrides.mean.is_some() || overrides.std.is_some() {
        let before = recipe.normalize.value.unwrap_or(super::recipe::IMAGENET);
        let (mean, std) = (overrides.mean.unwrap_or(before.mean), overrides.std.unwrap_or(before.std));
        if !mean.iter().chain(&std).all(|v| v.is_finite()) || std.contains(&0.0) {
            return Err(Error::Override("mean and deviation must be finite, and the deviation not zero".into()));
        }
        recipe.normalize = Setting::new(Some(super::recipe::Normalize { mean, std }), flag);
    }
    Ok(())
}

/// The bytes of a file that is a file: opening a pipe would wait for ever.
pub(super) fn read_image_file(path: &Path) -> Result<Vec<u8>, String> {
    let reason = |error: std::io::Error| format!("cannot be read: {error}");
    let metadata = fs::metadata(path).map_err(reason)?;
    if !metadata.is_file() {
        return Err("not a file".into());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(format!("a file of {} bytes: more than the {LARGEST_FILE} that are allowed", metadata.len()));
    }
    fs::read(path).map_err(reason)
}

#[cfg(test)]
mod tests;
