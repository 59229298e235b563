//! `preprocessor_config.json` of transformers' image processors.
//!
//! In: the file's object. Out: a [`Recipe`]. A setting that is missing has the default of its processor's class; a step
//! that is not here is an error, since leaving it out would give other pixels than in training. The processors are
//! those of transformers 4 and 5 on PIL; the variants on torchvision ("Fast") resize with other rounding, and may
//! differ from PIL by a level.

use super::crop::{Center, Resize};
use super::error::Error;
use super::fields::{Fields, Size};
use super::filter::Filter;
use super::recipe::{CLIP, Crop, HALVES, IMAGENET, Normalize, Origin, Recipe, Setting};

/// What a class of processors does where its configuration is silent.
struct Class {
    /// Beginnings of the class's names.
    names: &'static [&'static str],
    /// Whether a lone number is both sides, and not the shorter one.
    square: bool,
    crop: bool,
    filter: Filter,
    normalize: Option<Normalize>,
}

const CLASSES: [Class; 12] = [
    Class {
        names: &["CLIP", "ChineseCLIP"],
        square: false,
        crop: true,
        filter: Filter::Bicubic,
        normalize: Some(CLIP),
    },
    Class { names: &["ConvNext"], square: false, crop: false, filter: Filter::Bilinear, normalize: Some(IMAGENET) },
    Class { names: &["Bit"], square: false, crop: true, filter: Filter::Bicubic, normalize: Some(CLIP) },
    Class { names: &["DeiT"], square: true, crop: true, filter: Filter::Bicubic, normalize: Some(HALVES) },
    Class { names: &["Beit"], square: true, crop: false, filter: Filter::Bicubic, normalize: Some(HALVES) },
    Class { names: &["Levit"], square: false, crop: true, filter: Filter::Bicubic, normalize: Some(IMAGENET) },
    Class { names: &["PoolFormer"], square: false, crop: true, filter: Filter::Bicubic, normalize: Some(IMAGENET) },
    Class { names: &["MobileNet"], square: false, crop: true, filter: Filter::Bilinear, normalize: Some(HALVES) },
    Class { names: &["MobileViT"], square: false, crop: true, filter: Filter::Bilinear, normalize: None },
    Class { names: &["EfficientNet"], square: true, crop: false, filter: Filter::Nearest, normalize: Some(IMAGENET) },
    Class { names: &["Siglip"], square: true, crop: false, filter: Filter::Bicubic, normalize: Some(HALVES) },
    Class { names: &["ViT", "Swin", ""], square: true, crop: false, filter: Filter::Bilinear, normalize: Some(HALVES) },
];

/// Steps that change the pixels and are not here.
const UNSUPPORTED: [&str; 9] = [
    "do_pad",
    "do_thumbnail",
    "do_align_long_axis",
    "do_crop_margin",
    "do_image_splitting",
    "do_split_image",
    "do_grayscale",
    "keep_aspect_ratio",
    "do_color_quantize",
];

/// Reads the recipe. `square` is the side that is assumed where the file has none.
pub fn recipe(fields: Fields) -> Result<Recipe, Error> {
    for key in UNSUPPORTED {
        if fields.flag(key)? == Some(true) {
            return Err(Error::Unsupported { file: fields.file.to_path_buf(), key });
        }
    }
    let name = match fields.text("image_processor_type")? {
        Some(name) => name,
        None => fields.text("feature_extractor_type")?.unwrap_or_default(),
    };
    // The last class's names end with the empty one, which every name begins with.
    let class = CLASSES.iter().find(|class| class.names.iter().any(|n| name.starts_with(n))).unwrap_or(&CLASSES[11]);
    let origin = |given: bool| if given { Origin::Config } else { Origin::Default };

    let do_crop = fields.flag("do_center_crop")?.unwrap_or(class.crop);
    let crop_size = fields.size("crop_size")?;
    let size = fields.size("size")?;
    let crop_pct = fields.positive("crop_pct")?;
    // Where no class is named, a lone number before a crop is the shorter side: so did the first feature extractors.
    let square = if name.is_empty() { !do_crop } else { class.square };

    let mut crop = match (do_crop, crop_size.or(size)) {
        (false, _) => None,
        (true, Some(Size::One(side) | Size::Shortest { edge: side, .. })) => Some((side, side)),
        (true, Some(Size::Sides(height, width))) => Some((height, width)),
        (true, None) => Some((224, 224)),
    };
    let resize = if fields.flag("do_resize")? == Some(false) {
        Resize::Keep
    } else if name.starts_with("ConvNext") {
        let edge = match size {
            Some(Size::One(edge) | Size::Shortest { edge, .. } | Size::Sides(edge, _)) => edge,
            None => 384,
        };
        convnext(edge, crop_pct, &mut crop)
    } else {
        match size {
            None if crop.is_some() && !square => Resize::Shorter { edge: 224, longest: None },
            None => crop.map_or(Resize::Exact(224, 224), |(height, width)| Resize::Exact(height, width)),
            Some(Size::Sides(height, width)) => match crop_pct {
                Some(share) if height == width => Resize::Shorter { edge: grown(height, share), longest: None },
                Some(share) => Resize::Exact(grown(height, share), grown(width, share)),
                None => Resize::Exact(height, width),
            },
            Some(Size::One(side)) if square => Resize::Exact(side, side),
            Some(Size::One(edge)) => Resize::Shorter { edge: shorter(name, edge, crop_pct), longest: None },
            Some(Size::Shortest { edge, longest }) => {
                Resize::Shorter { edge: shorter(name, edge, crop_pct), longest: longest.filter(|l| *l > edge) }
            }
        }
    };

    let filter = fields.filter("resample")?;
    let scaled = fields.flag("do_rescale")? != Some(false);
    let scale = fields.positive("rescale_factor")?;
    let mean = fields.channels("image_mean")?;
    let std = fields.deviations("image_std")?;
    let usual = class.normalize.unwrap_or(IMAGENET);
    let wanted = fields.flag("do_normalize")?.unwrap_or(class.normalize.is_some() || mean.is_some());
    let normalize = wanted.then(|| Normalize { mean: mean.unwrap_or(usual.mean), std: std.unwrap_or(usual.std) });
    let efficient = name.starts_with("EfficientNet");
    Ok(Recipe {
        resize: Setting::new(resize, origin(size.is_some() || resize == Resize::Keep)),
        filter: Setting::new(filter.unwrap_or(class.filter), origin(filter.is_some())),
        crop: Setting::new(
            crop.map(|size| Crop { size, center: Center::Transformers, fill: [0; 3] }),
            origin(crop_size.is_some() || size.is_some() || fields.get("do_center_crop").is_some()),
        ),
        reverse: fields.flag("do_flip_channel_order")?.unwrap_or(name.starts_with("MobileViT")),
        scale: Setting::new(
            if scaled { scale.unwrap_or(1.0 / 255.0) } else { 1.0 },
            origin(scale.is_some() || !scaled),
        ),
        offset: f32::from(u8::from(scaled && fields.flag("rescale_offset")? == Some(true))),
        normalize: Setting::new(normalize, origin(mean.is_some() || fields.get("do_normalize").is_some())),
        twice: efficient && fields.flag("include_top")?.unwrap_or(true),
    })
}

/// ConvNeXt crops below 384 and squeezes the whole image from there on.
fn convnext(edge: usize, crop_pct: Option<f64>, crop: &mut Option<(usize, usize)>) -> Resize {
    if edge >= 384 {
        return Resize::Exact(edge, edge);
    }
    *crop = Some((edge, edge));
    Resize::Shorter { edge: grown(edge, crop_pct.unwrap_or(224.0 / 256.0)), longest: None }
}

/// The shorter side before a crop.
fn shorter(name: &str, edge: usize, crop_pct: Option<f64>) -> usize {
    if name.starts_with("Levit") {
        return (256.0 / 224.0 * edge as f64) as usize;
    }
    crop_pct.map_or(edge, |share| grown(edge, share))
}

/// Python's `int(side / share)`.
fn grown(side: usize, share: f64) -> usize {
    ((side as f64 / share) as usize).min(1 << 15)
}
