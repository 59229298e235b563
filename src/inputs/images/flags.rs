//! What the command line says about preparing images, above the configuration or instead of it.

use serde::Serialize;

use super::crop::{Center, Resize};
use super::error::Error;
use super::filter::Filter;
use super::recipe::{Crop, IMAGENET, Origin, Recipe, Setting, around};

/// What the flags say, serialised under the names of the command line.
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

impl Overrides {
    /// The recipe that the flags settle without a configuration, or the flags that are missing for it. Where they name no
    /// crop, there is none.
    pub fn alone(&self) -> Result<Result<Recipe, Vec<&'static str>>, Error> {
        self.check()?;
        let (Some(size), Some(filter), Some(mean), Some(std)) = (self.size, self.interpolation, self.mean, self.std)
        else {
            let flags = [
                (self.size.is_none(), "--image-size"),
                (self.mean.is_none(), "--image-mean"),
                (self.std.is_none(), "--image-std"),
                (self.interpolation.is_none(), "--interpolation"),
                (self.crop_pct.is_none(), "--crop-pct"),
            ];
            return Ok(Err(flags.into_iter().filter(|(missing, _)| *missing).map(|(_, flag)| flag).collect()));
        };
        let flag = Origin::Flag;
        let crop = self.crop_pct.map(|_| Crop { size, center: Center::Torchvision, fill: [0; 3] });
        let resize = self.crop_pct.map_or(Resize::Exact(size.0, size.1), |share| around(size, share));
        Ok(Ok(Recipe {
            resize: Setting::new(resize, flag),
            filter: Setting::new(filter, flag),
            crop: Setting::new(crop, flag),
            mean: Setting::new(Some(mean), flag),
            std: Setting::new(Some(std), flag),
            ..Recipe::plain("the flags", flag)
        }))
    }

    /// Puts the flags above the recipe.
    pub fn apply(&self, recipe: &mut Recipe) -> Result<(), Error> {
        self.check()?;
        let flag = Origin::Flag;
        match (self.size.or(recipe.size()).unwrap_or((224, 224)), self.crop_pct) {
            (size, Some(share)) => {
                let usual = Crop { size, center: Center::Torchvision, fill: [0; 3] };
                recipe.crop = Setting::new(Some(recipe.crop.value.map_or(usual, |crop| Crop { size, ..crop })), flag);
                recipe.resize = Setting::new(around(size, share), flag);
            }
            (size, None) if self.size.is_some() => {
                recipe.resize = Setting::new(
                    match recipe.crop.value {
                        None => Resize::Exact(size.0, size.1),
                        Some(crop) => recipe.resize.value.scaled(crop.size, size),
                    },
                    flag,
                );
                recipe.crop = Setting::new(recipe.crop.value.map(|crop| Crop { size, ..crop }), flag);
            }
            _ => {}
        }
        if let Some(filter) = self.interpolation {
            recipe.filter = Setting::new(filter, flag);
        }
        // One of the two alone switches normalizing on; the other is then ImageNet's.
        if let Some(mean) = self.mean {
            recipe.mean = Setting::new(Some(mean), flag);
            recipe.std.value.get_or_insert(IMAGENET.std);
        }
        if let Some(std) = self.std {
            recipe.std = Setting::new(Some(std), flag);
            recipe.mean.value.get_or_insert(IMAGENET.mean);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |message: String| Err(Error::Override(message));
        if let Some((height, width)) = self.size
            && (height == 0 || width == 0 || height.max(width) > 1 << 14)
        {
            return wrong(format!("images of {height} x {width} pixels are not possible"));
        }
        if let Some(share) = self.crop_pct.filter(|share| !(0.01..=1.0).contains(share)) {
            return wrong(format!("the crop must keep a share between 0.01 and 1 of the side, not {share}"));
        }
        let finite = self.mean.iter().chain(&self.std).flatten().all(|v| v.is_finite());
        if !finite || self.std.is_some_and(|std| std.contains(&0.0)) {
            return wrong("mean and deviation must be finite, and the deviation not zero".into());
        }
        Ok(())
    }
}
