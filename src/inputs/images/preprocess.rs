//! From a path to the numbers of one model input.
//!
//! In: the configuration beside the model, the flags, and the size that the model's shape fixes. Out: a [`Preprocess`],
//! the same for every image and shared by all threads.

use std::fs;
use std::path::{Path, PathBuf};

use super::crop::{self, Center, Part};
use super::error::Error;
use super::facts::{self, Fact};
use super::filter::Filter;
use super::flags::Overrides;
use super::recipe::{Crop, Origin, Recipe};
use super::resize::{self, Rgb, Window};
use super::{config, decode};

/// Files beyond this are not read: no image of [`decode::MOST_PIXELS`] needs more.
const LARGEST_FILE: u64 = 1 << 30;
/// Memory of one image that is worth keeping for the next.
const WORTH_KEEPING: usize = 32 << 20;

/// Decodes images and makes them ready.
#[derive(Debug, Clone)]
pub struct Preprocess {
    recipe: Recipe,
    /// The file that the recipe was read from.
    source: Option<PathBuf>,
    size: (usize, usize),
    tables: Box<[[f32; 256]; 3]>,
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
    /// Finds out what to do to an image. `configs` are looked at in turn (`processor_config.json`,
    /// `preprocessor_config.json`, then timm's `config.json`), and the first that says anything about images counts;
    /// without one, ImageNet's usual. `fixed` is the height and width that the model's input has, where they are not
    /// free.
    pub fn find(flags: &Overrides, configs: &[PathBuf], fixed: Option<(usize, usize)>) -> Result<Preprocess, Error> {
        let (recipe, source) = match config::find(configs) {
            Ok(Some((mut recipe, source))) => {
                flags.apply(&mut recipe)?;
                (recipe, Some(source))
            }
            Ok(None) => {
                let origin = if fixed.is_some() { Origin::Model } else { Origin::Default };
                let mut recipe = Recipe::usual(fixed.unwrap_or((224, 224)), origin);
                flags.apply(&mut recipe)?;
                (recipe, None)
            }
            Err(Error::Unknown { file, unknown, .. }) => match flags.alone()? {
                Ok(recipe) => (recipe, Some(file)),
                Err(missing) => return Err(Error::Unknown { file, unknown, missing }),
            },
            Err(error) => return Err(error),
        };
        let name = match (flags.size, &source) {
            (None, Some(path)) => path.display().to_string(),
            _ => "the flags".to_string(),
        };
        let size = match (recipe.size(), fixed) {
            (Some(prepared), Some(model)) if prepared != model => {
                return Err(Error::Clash { source_name: name, prepared, model });
            }
            (Some(size), _) => size,
            // Images of other shapes come out in other sizes, and are skipped one by one.
            (None, _) => fixed.or(recipe.square()).ok_or(Error::NoSize(name))?,
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

    /// Whether something that changes the values is ImageNet's usual for want of a file and of a flag.
    pub fn assumed(&self) -> bool {
        let Recipe { resize, filter, mean, std, .. } = &self.recipe;
        let origins = [resize.origin, filter.origin, mean.origin, std.origin];
        self.source.is_none() && origins.contains(&Origin::Default)
    }

    /// Every setting and where it comes from.
    pub fn facts(&self) -> Vec<Fact> {
        facts::facts(&self.recipe)
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
        let Scratch { decoded, resize: memory } = scratch;
        let (mut image, mut first) = (Rgb { pixels: decoded, height: from.0, width: from.1 }, Vec::new());
        if let Some((down, across)) = self.recipe.crop_first.value {
            let shorter = from.0.min(from.1) as f64;
            let (height, width) = ((down * shorter) as usize, (across * shorter) as usize);
            if height == 0 || width == 0 || height.saturating_mul(width) > decode::MOST_PIXELS as usize {
                return Err(format!("the crop before the resize would be {height} x {width}"));
            }
            let part = crop::center(from, (height, width), Center::Transformers);
            resize::resize(image, from, Filter::Nearest, &part.window, memory, &mut first);
            first = fill_up(first, &part, (height, width), [0; 3]);
            image = Rgb { pixels: &first, height, width };
        }
        let to = self.recipe.resize.value.of((image.height, image.width));
        // A sliver would become an image of millions of pixels, most of which a crop then drops.
        if self.recipe.crop.value.is_none() && to != self.size {
            return Err(format!(
                "it comes out as {} x {} and not as {} x {}: there is no centre crop",
                to.0, to.1, self.size.0, self.size.1
            ));
        }
        let filter = self.recipe.filter.value;
        let mut pixels = Vec::new();
        match self.recipe.crop.value {
            None => {
                let window = Window { rows: 0..to.0, columns: 0..to.1 };
                resize::resize(image, to, filter, &window, memory, &mut pixels);
            }
            Some(Crop { size, center, fill }) => {
                let part = crop::center(to, size, center);
                resize::resize(image, to, filter, &part.window, memory, &mut pixels);
                pixels = fill_up(pixels, &part, size, fill);
            }
        }
        if self.recipe.reverse.value {
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

/// The crop of `size`, where the image has no more than `pixels`.
fn fill_up(pixels: Vec<u8>, part: &Part, size: (usize, usize), fill: [u8; 3]) -> Vec<u8> {
    let Part { window, at } = part;
    let (height, width) = (window.rows.len(), window.columns.len());
    if (height, width) == size {
        return pixels;
    }
    let mut filled = fill.repeat(size.0 * size.1);
    for (y, row) in pixels.chunks_exact(width * 3).enumerate() {
        filled[((at.0 + y) * size.1 + at.1) * 3..][..width * 3].copy_from_slice(row);
    }
    filled
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
