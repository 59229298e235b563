//! What a report says of how images were prepared: every setting, its value, and where it comes from.

use serde::Serialize;
use serde_json::{Value, json};

use super::crop::Resize;
use super::recipe::{Origin, Recipe, Setting};

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    pub setting: &'static str,
    /// Null where the step is not done.
    pub value: Value,
    pub origin: Origin,
}

/// Every setting of a recipe, in the order of the steps.
pub fn facts(recipe: &Recipe) -> Vec<Fact> {
    fn fact<T>(setting: &'static str, of: &Setting<T>, value: impl FnOnce(&T) -> Value) -> Fact {
        Fact { setting, value: value(&of.value), origin: of.origin }
    }
    vec![
        fact("processor", &recipe.processor, |name| json!(name)),
        fact("crop_before_resize", &recipe.crop_first, |shares| json!(shares)),
        fact("resize", &recipe.resize, |resize| resized(*resize)),
        fact("interpolation", &recipe.filter, |filter| json!(filter.name())),
        fact("center_crop", &recipe.crop, |crop| json!(crop.map(|crop| [crop.size.0, crop.size.1]))),
        fact("center_crop_fill", &recipe.crop, |crop| json!(crop.map(|crop| crop.fill))),
        fact("channels", &recipe.reverse, |reverse| json!(if *reverse { "bgr" } else { "rgb" })),
        fact("rescale_factor", &recipe.scale, |scale| json!(scale)),
        fact("rescale_offset", &recipe.offset, |offset| decimals(*offset)),
        fact("mean", &recipe.mean, |mean| mean.map_or(Value::Null, |mean| mean.map(decimals).into_iter().collect())),
        fact("std", &recipe.std, |std| std.map_or(Value::Null, |std| std.map(decimals).into_iter().collect())),
        fact("std_again", &recipe.std_again, |std| {
            std.map_or(Value::Null, |std| std.map(decimals).into_iter().collect())
        }),
    ]
}

/// The shortest decimals that lead to the number: 0.485, and not 0.48500001430511475.
fn decimals(number: f32) -> Value {
    number.to_string().parse::<f64>().map_or(Value::Null, |number| json!(number))
}

fn resized(resize: Resize) -> Value {
    match resize {
        Resize::Keep => Value::Null,
        Resize::Exact(height, width) => json!([height, width]),
        Resize::Shorter(edge) => json!(format!("shorter side {edge}")),
        Resize::UpTo { edge, multiple } => json!(format!("shorter side {edge}, up to multiples of {multiple}")),
        Resize::DownTo(multiple) => json!(format!("down to multiples of {multiple}")),
        Resize::Nearer { height, width, multiple } => {
            json!(format!("height {height} or width {width} in proportion, to multiples of {multiple}"))
        }
        Resize::Cover(height, width) => json!(format!("to cover {height} x {width}")),
        Resize::Fit(height, width) => json!(format!("to fit in {height} x {width}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_value_that_json_can_hold() {
        let facts = facts(&Recipe::usual((224, 224), Origin::Model));
        let json = serde_json::to_value(&facts).unwrap();
        assert_eq!(json[4], json!({"setting": "center_crop", "value": [224, 224], "origin": "model"}));
        assert_eq!(json[1]["value"], Value::Null);
        assert_eq!(json[9]["value"], json!([0.485, 0.456, 0.406]));
    }
}
