//! What is done to an image between the file and the model, wherever it is written down.

use serde::Serialize;

use super::crop::{Center, Resize};
use super::filter::Filter;

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The command line.
    Flag,
    /// The model's configuration.
    Config,
    /// The shape of the model's input.
    Model,
    /// ImageNet's usual, or the library's default where the configuration is silent.
    Default,
}

/// A setting and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Setting<T> {
    pub fn new(value: T, origin: Origin) -> Setting<T> {
        Setting { value, origin }
    }
}

/// A centre crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    pub size: (usize, usize),
    pub center: Center,
    /// What fills up where the image is smaller.
    pub fill: [u8; 3],
}

/// Mean and standard deviation of each channel, of pixels between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalize {
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

/// Every step, in the order in which they are done.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Whose steps these are: a class of transformers, or a library.
    pub processor: Setting<String>,
    /// Height and width of a centre crop before the resize, as shares of the shorter side.
    pub crop_first: Setting<Option<(f64, f64)>>,
    pub resize: Setting<Resize>,
    pub filter: Setting<Filter>,
    pub crop: Setting<Option<Crop>>,
    /// Whether blue comes first.
    pub reverse: Setting<bool>,
    /// What a byte is multiplied with.
    pub scale: Setting<f64>,
    /// What is then subtracted.
    pub offset: Setting<f32>,
    /// What is then subtracted from each channel, and what divides it.
    pub mean: Setting<Option<[f32; 3]>>,
    pub std: Setting<Option<[f32; 3]>>,
    /// What divides each channel once more, as EfficientNet's processor does for its classifier.
    pub std_again: Setting<Option<[f32; 3]>>,
}

/// Mean and deviation of ImageNet, which torchvision's and timm's models use.
pub const IMAGENET: Normalize = Normalize { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/// What ViT, BEiT, MobileNet and SigLIP use.
pub const HALVES: Normalize = Normalize { mean: [0.5; 3], std: [0.5; 3] };
/// What CLIP uses.
pub const CLIP: Normalize =
    Normalize { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.261_302_6, 0.275_777_1] };

impl Recipe {
    /// ImageNet's usual evaluation, as torchvision does it: the shorter side to 256 for 224, bilinear, centre crop.
    pub fn usual(size: (usize, usize), origin: Origin) -> Recipe {
        let crop = Crop { size, center: Center::Torchvision, fill: [0; 3] };
        Recipe {
            resize: Setting::new(around(size, 0.875), Origin::Default),
            filter: Setting::new(Filter::Bilinear, Origin::Default),
            crop: Setting::new(Some(crop), origin),
            mean: Setting::new(Some(IMAGENET.mean), Origin::Default),
            std: Setting::new(Some(IMAGENET.std), Origin::Default),
            ..Recipe::plain("torchvision", Origin::Default)
        }
    }

    /// No step but the division by 255.
    pub fn plain(processor: &str, origin: Origin) -> Recipe {
        Recipe {
            processor: Setting::new(processor.to_owned(), origin),
            crop_first: Setting::new(None, Origin::Default),
            resize: Setting::new(Resize::Keep, Origin::Default),
            filter: Setting::new(Filter::Bilinear, Origin::Default),
            crop: Setting::new(None, Origin::Default),
            reverse: Setting::new(false, Origin::Default),
            scale: Setting::new(1.0 / 255.0, Origin::Default),
            offset: Setting::new(0.0, Origin::Default),
            mean: Setting::new(None, Origin::Default),
            std: Setting::new(None, Origin::Default),
            std_again: Setting::new(None, Origin::Default),
        }
    }

    /// The size of every image that comes out, where the recipe decides it.
    pub fn size(&self) -> Option<(usize, usize)> {
        match (self.crop.value, self.resize.value) {
            (Some(crop), _) => Some(crop.size),
            (None, Resize::Exact(height, width)) => Some((height, width)),
            (None, _) => None,
        }
    }

    /// The size of a square image that comes out, where the resize decides it.
    pub fn square(&self) -> Option<(usize, usize)> {
        match self.resize.value {
            Resize::Keep | Resize::DownTo(_) => None,
            resize => Some(resize.of((1 << 10, 1 << 10))),
        }
    }

    /// What each byte becomes in each channel of the output.
    pub fn tables(&self) -> [[f32; 256]; 3] {
        std::array::from_fn(|channel| {
            let divided = |value: f32, by: Option<[f32; 3]>| by.map_or(value, |by| value / by[channel]);
            std::array::from_fn(|byte| {
                // transformers multiplies in float64 and then goes to float32; the rest is float32.
                let value = (byte as f64 * self.scale.value) as f32 - self.offset.value;
                let value = self.mean.value.map_or(value, |mean| value - mean[channel]);
                divided(divided(value, self.std.value), self.std_again.value)
            })
        })
    }
}

/// timm's and torchvision's resize before a crop that keeps the share `crop_pct`.
pub fn around(size: (usize, usize), crop_pct: f64) -> Resize {
    let side = |side: usize| (side as f64 / crop_pct).floor() as usize;
    if size.0 == size.1 { Resize::Shorter(side(size.0)) } else { Resize::Cover(side(size.0), side(size.1)) }
}
