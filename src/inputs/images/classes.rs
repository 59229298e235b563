//! transformers' image processor classes: what each does where its configuration is silent.
//!
//! In: the name of a class, or the type of a model. Out: the class's defaults, or none where probe does not make the
//! pixels of that class. Defaults are those of transformers 4; where 5 has others, it writes every setting into the file.
//! `fixtures/images/make_processors.py` compares each of them with transformers itself.

use super::fields::Size;
use super::filter::Filter;
use super::recipe::{CLIP, HALVES, IMAGENET, Normalize};

/// Whether a class has a step, and whether it does it unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step<T> {
    /// The class knows no such step.
    Never,
    Off(T),
    On(T),
}

impl<T: Copy> Step<T> {
    /// The step's default settings, if the class has the step.
    pub fn default(self) -> Option<T> {
        match self {
            Step::Never => None,
            Step::Off(value) | Step::On(value) => Some(value),
        }
    }
}

/// How a class finds the size that it resizes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizing {
    /// `size` itself.
    Plain,
    /// The shorter side to 256 / 224 of `size` (LeViT).
    Levit,
    /// Around the crop by `crop_pct`, and without a crop from 384 on (ConvNeXT).
    ConvNext,
    /// Around the crop by `crop_pct`, 0.9 unless given (PoolFormer).
    PoolFormer,
    /// A crop whose share is `size` over `crop_size` of the shorter side, and only then the resize (Perceiver).
    CropFirst,
    /// The shorter side to `size`, then both up to a multiple of `size_divisor` (TextNet).
    UpTo,
    /// Both sides down to a multiple of `size_divisor`; there is no `size` (GLPN).
    DownTo,
    /// `size`, on request in proportion (`keep_aspect_ratio`), to a multiple of `ensure_multiple_of` (DPT).
    Nearer,
}

/// One class of image processors.
#[derive(Debug)]
pub struct Class {
    /// Its name without `ImageProcessor` at the end.
    pub name: &'static str,
    /// Types of models (`model_type`) whose files may name no class and then mean this one.
    pub models: &'static [&'static str],
    /// A lone number in a file is taken for a size of the same form.
    pub size: Size,
    pub sizing: Sizing,
    pub crop: Step<usize>,
    pub filter: Filter,
    pub normalize: Step<Normalize>,
}

impl Class {
    const fn new(name: &'static str, size: Size, filter: Filter, normalize: Step<Normalize>) -> Class {
        Class { name, models: &[], size, sizing: Sizing::Plain, crop: Step::Never, filter, normalize }
    }

    const fn cropped(self, crop: Step<usize>) -> Class {
        Class { crop, ..self }
    }

    const fn sized(self, sizing: Sizing) -> Class {
        Class { sizing, ..self }
    }

    const fn of(self, models: &'static [&'static str]) -> Class {
        Class { models, ..self }
    }

    /// Whether blue comes first unless told otherwise.
    pub fn reversed(&self) -> bool {
        self.name == "MobileViT"
    }

    /// Whether it subtracts and divides a second time, for its own classifier.
    pub fn twice(&self) -> bool {
        self.name == "EfficientNet"
    }
}

/// Height and width alike.
const fn both(side: usize) -> Size {
    Size::Sides(side, side)
}

/// The shorter side.
const fn shorter(edge: usize) -> Size {
    Size::Shortest(edge)
}

use Filter::{Bicubic, Bilinear, Nearest};
use Step::{Never, Off, On};

static CLASSES: [Class; 31] = [
    Class::new("Beit", both(256), Bicubic, On(HALVES)).cropped(On(224)).of(&["beit", "data2vec-vision"]),
    Class::new("Bit", shorter(224), Bicubic, On(CLIP)).cropped(On(224)).of(&["bit", "dinov2", "focalnet", "hiera"]),
    Class::new("Blip", both(384), Bicubic, On(CLIP)).of(&["blip", "blip-2", "instructblip"]),
    Class::new("CLIP", shorter(224), Bicubic, On(CLIP)).cropped(On(224)).of(&[
        "clip",
        "aimv2",
        "altclip",
        "git",
        "groupvit",
        "kosmos-2",
        "metaclip_2",
        "mlcd",
        "xclip",
    ]),
    Class::new("ChineseCLIP", shorter(224), Bicubic, On(CLIP)).cropped(On(224)).of(&["chinese_clip"]),
    Class::new("ConvNext", shorter(384), Bilinear, On(HALVES)).sized(Sizing::ConvNext).of(&[
        "convnext",
        "convnextv2",
        "cvt",
        "regnet",
        "resnet",
    ]),
    Class::new("DPT", both(384), Bicubic, On(HALVES)).sized(Sizing::Nearer).of(&["dpt", "depth_anything"]),
    Class::new("DeiT", both(256), Bicubic, On(HALVES)).cropped(On(224)).of(&["deit"]),
    Class::new("EfficientFormer", both(224), Bicubic, On(IMAGENET)).cropped(On(224)).of(&["efficientformer"]),
    Class::new("EfficientNet", both(346), Nearest, On(HALVES)).cropped(Off(289)).of(&["efficientnet", "align"]),
    Class::new("Flava", both(224), Bicubic, On(CLIP)).cropped(On(224)).of(&["flava"]),
    Class::new("GLPN", both(0), Bilinear, Never).sized(Sizing::DownTo).of(&["glpn"]),
    Class::new("Gemma3", both(224), Bilinear, On(HALVES)).of(&["gemma3"]),
    Class::new("GotOcr2", both(384), Bicubic, On(CLIP)).of(&["got_ocr2", "internvl"]),
    Class::new("LayoutLMv3", both(224), Bilinear, On(HALVES)).of(&["layoutlmv3", "udop"]),
    Class::new("Levit", shorter(224), Bicubic, On(IMAGENET)).sized(Sizing::Levit).cropped(On(224)).of(&["levit"]),
    Class::new("Llava", shorter(224), Bicubic, On(CLIP)).cropped(On(224)).of(&["llava", "vipllava"]),
    Class::new("MobileNetV1", shorter(256), Bilinear, On(HALVES)).cropped(On(224)).of(&["mobilenet_v1"]),
    Class::new("MobileNetV2", shorter(256), Bilinear, On(HALVES)).cropped(On(224)).of(&["mobilenet_v2"]),
    Class::new("MobileViT", shorter(224), Bilinear, Never).cropped(On(256)).of(&["mobilevit", "mobilevitv2"]),
    Class::new("OwlViT", both(768), Bicubic, On(CLIP)).cropped(Off(768)).of(&["owlvit"]),
    Class::new("Perceiver", both(224), Bicubic, On(IMAGENET))
        .sized(Sizing::CropFirst)
        .cropped(On(256))
        .of(&["perceiver"]),
    Class::new("PoolFormer", shorter(224), Bicubic, On(IMAGENET))
        .sized(Sizing::PoolFormer)
        .cropped(On(224))
        .of(&["poolformer"]),
    Class::new("Pvt", both(224), Bilinear, On(IMAGENET)).of(&["pvt", "pvt_v2"]),
    Class::new("RTDetr", both(640), Bilinear, Off(IMAGENET)).of(&["rt_detr"]),
    Class::new("SegGpt", both(448), Bicubic, On(IMAGENET)).of(&["seggpt"]),
    Class::new("Segformer", both(512), Bilinear, On(IMAGENET)).of(&["segformer", "upernet"]),
    Class::new("Siglip", both(224), Bicubic, On(HALVES)).of(&["siglip", "paligemma"]),
    Class::new("TextNet", shorter(640), Bilinear, On(IMAGENET)).sized(Sizing::UpTo).cropped(Off(224)).of(&["textnet"]),
    Class::new("ViT", both(224), Bilinear, On(HALVES)).of(&[
        "vit",
        "clipseg",
        "dinat",
        "ijepa",
        "mgp-str",
        "swiftformer",
        "swin",
        "swinv2",
        "trocr",
        "vit_mae",
        "vit_msn",
    ]),
    Class::new("ViTHybrid", shorter(224), Bicubic, On(CLIP)).cropped(On(224)).of(&["vit-hybrid"]),
];

/// The class of that name, as a file has it: the processors on torchvision ("Fast") and the feature extractors of old
/// share defaults and steps with the class.
pub fn named(name: &str) -> Option<&'static Class> {
    const ENDINGS: [&str; 4] = ["ImageProcessorFast", "ImageProcessorPil", "ImageProcessor", "FeatureExtractor"];
    let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    CLASSES.iter().find(|class| class.name == name)
}

/// The class that transformers takes for a type of model where the file names none.
pub fn of_model(model_type: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.models.contains(&model_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_goes_by_all_its_names_and_by_no_beginning_of_them() {
        for name in ["ViTImageProcessor", "ViTImageProcessorFast", "ViTFeatureExtractor"] {
            assert_eq!(named(name).map(|class| class.name), Some("ViT"));
        }
        assert_eq!(named("ViTHybridImageProcessor").map(|class| class.name), Some("ViTHybrid"));
        for name in ["VitMatteImageProcessor", "ViTPoseImageProcessor", "ViT", "", "ImageProcessor"] {
            assert!(named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn no_name_or_model_type_leads_to_two_classes() {
        let mut seen = std::collections::HashSet::new();
        for class in CLASSES.iter() {
            assert!(seen.insert(class.name), "{}", class.name);
            assert!(class.models.iter().all(|model| seen.insert(model)), "{}", class.name);
        }
    }
}
