//! timm's `config.json`, whose `pretrained_cfg` says how the model was evaluated.
//!
//! In: the object. Out: the [`Recipe`] of `timm.data.create_transform(**timm.data.resolve_data_config(cfg))`.

use serde_json::Value;

use super::crop::{Center, Resize};
use super::error::Error;
use super::fields::Fields;
use super::filter::Filter;
use super::recipe::{Crop, IMAGENET, Origin, Recipe, Setting, around};

/// The settings of timm in a file, if it has any; older files have them at the top.
pub fn settings(fields: Fields) -> Option<Fields> {
    match fields.get("pretrained_cfg") {
        Some(Value::Object(map)) => Some(Fields { map, ..fields }),
        _ => (fields.get("input_size").is_some() && fields.get("mean").is_some()).then_some(fields),
    }
}

/// Reads the recipe.
pub fn recipe(fields: Fields) -> Result<Recipe, Error> {
    let origin = |given: bool| if given { Origin::Config } else { Origin::Default };
    let wrong = |key, found: &Value, expected| {
        Err(Error::Setting { file: fields.file.to_path_buf(), key, found: found.to_string(), expected })
    };
    let size = match fields.get("input_size") {
        None => (224, 224),
        Some(Value::Array(sides)) => match sides.iter().map(Value::as_u64).collect::<Option<Vec<_>>>().as_deref() {
            Some([3, height @ 1..=16384, width @ 1..=16384]) => (*height as usize, *width as usize),
            _ => return wrong("input_size", &Value::Array(sides.clone()), "[3, height, width]"),
        },
        Some(other) => return wrong("input_size", other, "[3, height, width]"),
    };
    let share = fields.positive("crop_pct")?;
    let crop_pct = share.unwrap_or(0.875);
    if crop_pct < 0.01 {
        return wrong("crop_pct", &fields.map["crop_pct"], "a share of the side");
    }
    let mean = fields.channels("mean")?;
    let std = fields.deviations("std")?;
    let side = |side: usize| (side as f64 / crop_pct).floor() as usize;
    let mode = fields.text("crop_mode")?.unwrap_or("center");
    let resize = match mode {
        "squash" => Resize::Exact(side(size.0), side(size.1)),
        "border" => Resize::Fit(side(size.0), side(size.1)),
        _ => around(size, crop_pct),
    };
    let fill = match mode {
        "border" => mean
            .unwrap_or(IMAGENET.mean)
            .map(|mean| (255.0 * f64::from(mean)).round_ties_even().clamp(0.0, 255.0) as u8),
        _ => [0; 3],
    };
    let filter = fields.filter("interpolation")?;
    Ok(Recipe {
        resize: Setting::new(resize, origin(share.is_some() || fields.get("input_size").is_some())),
        filter: Setting::new(filter.unwrap_or(Filter::Bicubic), origin(filter.is_some())),
        crop: Setting::new(
            Some(Crop { size, center: Center::Torchvision, fill }),
            origin(fields.get("input_size").is_some()),
        ),
        mean: Setting::new(Some(mean.unwrap_or(IMAGENET.mean)), origin(mean.is_some())),
        std: Setting::new(Some(std.unwrap_or(IMAGENET.std)), origin(std.is_some())),
        ..Recipe::plain("timm", Origin::Config)
    })
}
