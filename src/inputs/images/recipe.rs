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
    pub resize: Setting<Resize>,
    pub filter: Setting<Filter>,
    pub crop: Setting<Option<Crop>>,
    /// Blue first.
    pub reverse: bool,
    /// What a byte is multiplied with, and then what is subtracted.
    pub scale: Setting<f64>,
    pub offset: f32,
    pub normalize: Setting<Option<Normalize>>,
    /// Divided by the deviation once more, as EfficientNet's processor does for its classifier.
    pub twice: bool,
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
        Recipe {
            resize: Setting::new(around(size, 0.875), Origin::Default),
            filter: Setting::new(Filter::Bilinear, Origin::Default),
            crop: Setting::new(Some(Crop { size, center: Center::Torchvision, fill: [0; 3] }), origin),
            reverse: false,
            scale: Setting::new(1.0 / 255.0, Origin::Default),
            offset: 0.0,
            normalize: Setting::new(Some(IMAGENET), Origin::Default),
            twice: false,
        }
    }

    /// The size of what comes out, where the recipe decides it. A shorter side without a crop promises a square.
    pub fn size(&self) -> Option<(usize, usize)> {
        match (self.crop.value, self.resize.value) {
            (Some(crop), _) => Some(crop.size),
            (None, Resize::Exact(height, width)) => Some((height, width)),
            (None, Resize::Shorter { edge, .. }) => Some((edge, edge)),
            (None, Resize::Cover(..) | Resize::Fit(..) | Resize::Keep) => None,
        }
    }

    /// What each byte becomes in each channel of the output.
    pub fn tables(&self) -> [[f32; 256]; 3] {
        std::array::from_fn(|channel| {
            std::array::from_fn(|byte| {
                // transformers multiplies in float64 and then goes to float32; the rest is float32.
                let mut value = (byte as f64 * self.scale.value) as f32 - self.offset;
                if let Some(Normalize { mean, std }) = self.normalize.value {
                    value = (value - mean[channel]) / std[channel];
                    if self.twice {
                        value /= std[channel];
                    }
                }
                value
            })
        })
    }
}

/// timm's and torchvision's resize before a crop that keeps the share `crop_pct`.
pub fn around(size: (usize, usize), crop_pct: f64) -> Resize {
    let side = |side: usize| (side as f64 / crop_pct).floor() as usize;
    if size.0 == size.1 {
        Resize::Shorter { edge: side(size.0), longest: None }
    } else {
        Resize::Cover(side(size.0), side(size.1))
    }
}
