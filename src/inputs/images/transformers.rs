//! `preprocessor_config.json` of transformers' image processors.
//!
//! In: the file's object, and the model's type where the object names no class. Out: a [`Recipe`]. A setting that is
//! missing has the default of its processor's class; a class or a step that is not here is an error, since leaving it
//! out would give other pixels than in training. The processors are those of transformers 4 and 5 on PIL; the variants
//! on torchvision ("Fast") resize with other rounding, and may differ from PIL by a level.

use super::classes::{self, Class, Sizing, Step};
use super::crop::{Center, Resize, to_multiple};
use super::error::{Error, Unknown};
use super::fields::{Fields, Size};
use super::recipe::{Crop, IMAGENET, Normalize, Origin, Recipe, Setting};

/// Steps that change the pixels and are not here.
const UNSUPPORTED: [&str; 10] = [
    "do_pad",
    "do_thumbnail",
    "do_align_long_axis",
    "do_crop_margin",
    "do_image_splitting",
    "do_split_image",
    "do_grayscale",
    "do_color_quantize",
    "do_pan_and_scan",
    "crop_to_patches",
];

/// What a file says that names no class and lies beside a model of no known type, where it says all that matters.
static NAMELESS: Class = Class {
    name: "",
    models: &[],
    size: Size::Sides(224, 224),
    sizing: Sizing::Plain,
    crop: Step::Off(224),
    filter: super::filter::Filter::Bilinear,
    normalize: Step::On(IMAGENET),
};

/// Reads the recipe. `model_type` is that of the model's `config.json`.
pub fn recipe(fields: Fields, model_type: Option<&str>) -> Result<Recipe, Error> {
    let unknown = |unknown| Error::Unknown { file: fields.file.to_path_buf(), unknown, missing: Vec::new() };
    let name = match fields.text("image_processor_type")? {
        Some(name) => Some(name),
        None => fields.text("feature_extractor_type")?,
    };
    let class = match name {
        Some(name) => classes::named(name).ok_or_else(|| unknown(Unknown::Class(name.to_owned())))?,
        None => match model_type.and_then(classes::of_model) {
            Some(class) => class,
            None => nameless(&fields)?.map_err(|open| unknown(Unknown::NoClass(open)))?,
        },
    };
    for key in UNSUPPORTED {
        if fields.flag(key)? == Some(true) {
            return Err(unknown(Unknown::Step(key)));
        }
    }
    for (key, never) in
        [("do_center_crop", class.crop == Step::Never), ("do_normalize", class.normalize == Step::Never)]
    {
        // Version 4 of transformers ignores the setting in such a class, and 5 obeys it.
        if never && fields.flag(key)? == Some(true) {
            return Err(unknown(Unknown::Step(key)));
        }
    }
    let processor = match name {
        Some(name) => Setting::new(name.to_owned(), Origin::Config),
        None if class.name.is_empty() => Setting::new("none named".to_owned(), Origin::Default),
        None => Setting::new(format!("{}ImageProcessor", class.name), Origin::Model),
    };
    let mut recipe = Recipe { processor, ..Recipe::plain("", Origin::Default) };
    sizes(&fields, class, &mut recipe)?;
    values(&fields, class, &mut recipe)?;
    Ok(recipe)
}

/// The class of a file that says everything itself, or else the settings that it leaves open.
fn nameless(fields: &Fields) -> Result<Result<&'static Class, Vec<&'static str>>, Error> {
    let given = |key: &str| fields.get(key).is_some();
    let lone = matches!(fields.size("size")?, Some(Size::One(_)));
    let (resized, normalized) = (fields.flag("do_resize")? != Some(false), fields.flag("do_normalize")? != Some(false));
    let open = [
        (resized && (!given("size") || lone), "size"),
        (resized && !given("resample"), "resample"),
        (given("crop_size") && !given("do_center_crop"), "do_center_crop"),
        (normalized && !given("image_mean"), "image_mean"),
        (normalized && !given("image_std"), "image_std"),
    ];
    let open: Vec<_> = open.into_iter().filter(|(open, _)| *open).map(|(_, key)| key).collect();
    Ok(if open.is_empty() { Ok(&NAMELESS) } else { Err(open) })
}

fn origin(given: bool) -> Origin {
    if given { Origin::Config } else { Origin::Default }
}

/// A setting of the file, or its default.
fn or<T>(given: Option<T>, default: T) -> Setting<T> {
    let origin = origin(given.is_some());
    Setting::new(given.unwrap_or(default), origin)
}

/// The steps that change an image's size.
fn sizes(fields: &Fields, class: &Class, recipe: &mut Recipe) -> Result<(), Error> {
    let size = fields.size("size")?;
    // A lone number is a size of the form that the class has by default.
    let form = |size: Size| match (size, class.size) {
        (Size::One(edge), Size::Shortest(_)) => Size::Shortest(edge),
        (Size::One(side), _) => Size::Sides(side, side),
        (size, _) => size,
    };
    let to = or(size.map(form), class.size);
    let share = fields.positive("crop_pct")?;
    let resized = fields.flag("do_resize")? != Some(false);

    let crop_size = fields.size("crop_size")?.map(|size| match size {
        Size::One(side) | Size::Shortest(side) => (side, side),
        Size::Sides(height, width) => (height, width),
    });
    let default = class.crop.default().map(|side| (side, side));
    let cropped = fields.flag("do_center_crop")?;
    let mut crop = match crop_size.or(default) {
        Some(size) if cropped.unwrap_or(matches!(class.crop, Step::On(_))) => Some(size),
        _ => None,
    };

    let mut resize = match class.sizing {
        Sizing::Plain => plain(to.value),
        Sizing::Levit => match to.value {
            Size::Shortest(edge) => Resize::Shorter((256.0 / 224.0 * edge as f64) as usize),
            size => plain(size),
        },
        Sizing::ConvNext => {
            let edge = to.value.first();
            crop = (resized && edge < 384).then_some((edge, edge));
            // It crops below 384 and squeezes the whole image from there on.
            match crop {
                Some(_) => Resize::Shorter(grown(edge, share.unwrap_or(224.0 / 256.0))),
                None => Resize::Exact(edge, edge),
            }
        }
        Sizing::PoolFormer => {
            let share = share.unwrap_or(0.9);
            match to.value {
                Size::Sides(height, width) if height != width => {
                    Resize::Exact(grown(height, share), grown(width, share))
                }
                size => Resize::Shorter(grown(size.first(), share)),
            }
        }
        Sizing::CropFirst => {
            if let Some((height, width)) = crop.take() {
                let (to_height, to_width) = match to.value {
                    Size::Sides(to_height, to_width) => (to_height, to_width),
                    size => (size.first(), size.first()),
                };
                let shares = (to_height as f64 / height as f64, to_width as f64 / width as f64);
                let given = crop_size.is_some() || cropped.is_some() || size.is_some();
                recipe.crop_first = Setting::new(Some(shares), origin(given));
            }
            plain(to.value)
        }
        Sizing::UpTo => {
            let multiple = fields.whole("size_divisor")?.unwrap_or(32);
            match to.value {
                Size::Sides(height, width) => {
                    Resize::Exact(height.next_multiple_of(multiple), width.next_multiple_of(multiple))
                }
                size => Resize::UpTo { edge: size.first(), multiple },
            }
        }
        Sizing::DownTo => Resize::DownTo(fields.whole("size_divisor")?.unwrap_or(32)),
        Sizing::Nearer => {
            let multiple = fields.whole("ensure_multiple_of")?.unwrap_or(1);
            match to.value {
                Size::Sides(height, width) if fields.flag("keep_aspect_ratio")? == Some(true) => {
                    Resize::Nearer { height, width, multiple }
                }
                Size::Sides(height, width) => {
                    Resize::Exact(to_multiple(height as f64, multiple), to_multiple(width as f64, multiple))
                }
                size => plain(size),
            }
        }
    };
    if !resized {
        resize = Resize::Keep;
    }
    recipe.resize = Setting::new(resize, if resized { to.origin } else { Origin::Config });
    recipe.filter = or(fields.filter("resample")?, class.filter);
    recipe.crop = Setting::new(
        crop.map(|size| Crop { size, center: Center::Transformers, fill: [0; 3] }),
        origin(crop_size.is_some() || cropped.is_some() || (class.sizing == Sizing::ConvNext && size.is_some())),
    );
    Ok(())
}

/// The steps that change the values of the pixels.
fn values(fields: &Fields, class: &Class, recipe: &mut Recipe) -> Result<(), Error> {
    let scaled = fields.flag("do_rescale")? != Some(false);
    let scale = fields.positive("rescale_factor")?;
    recipe.scale = if scaled { or(scale, 1.0 / 255.0) } else { Setting::new(1.0, Origin::Config) };
    let offset = fields.flag("rescale_offset")?.filter(|_| class.twice());
    recipe.offset = Setting::new(f32::from(u8::from(scaled && offset == Some(true))), origin(offset.is_some()));
    // In every other class the setting means nothing.
    let reverse = fields.flag("do_flip_channel_order")?.filter(|_| class.reversed());
    recipe.reverse = or(reverse, class.reversed());

    let Normalize { mean, std } = class.normalize.default().unwrap_or(IMAGENET);
    let (mean, std) = (or(fields.channels("image_mean")?, mean), or(fields.deviations("image_std")?, std));
    let flag = fields.flag("do_normalize")?;
    if flag.unwrap_or(matches!(class.normalize, Step::On(_))) {
        recipe.mean = Setting::new(Some(mean.value), mean.origin);
        recipe.std = Setting::new(Some(std.value), std.origin);
    } else {
        let origin = origin(flag.is_some());
        (recipe.mean.origin, recipe.std.origin) = (origin, origin);
    }
    if class.twice() {
        let again = or(fields.flag("include_top")?, true);
        recipe.std_again = Setting::new(again.value.then_some(std.value), again.origin);
    }
    Ok(())
}

fn plain(size: Size) -> Resize {
    match size {
        Size::One(side) => Resize::Exact(side, side),
        Size::Sides(height, width) => Resize::Exact(height, width),
        Size::Shortest(edge) => Resize::Shorter(edge),
    }
}

/// Python's `int(side / share)`.
fn grown(side: usize, share: f64) -> usize {
    ((side as f64 / share) as usize).min(1 << 15)
}
