//! Preparing against transformers' and timm's results, and what is refused.

use serde_json::Value;

use super::*;

#[derive(serde::Deserialize)]
struct Case {
    image: String,
    config: Value,
    size: (usize, usize),
    crc: u32,
    values: Vec<f32>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images")
}

fn find(config: &Value, fixed: Option<(usize, usize)>) -> Result<Preprocess, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("preprocessor_config.json");
    fs::write(&path, config.to_string()).unwrap();
    Preprocess::find(&Overrides::default(), &[path], fixed)
}

#[test]
fn pixels_and_values_equal_python_s() {
    let cases: Vec<Case> =
        serde_json::from_str(&fs::read_to_string(fixtures().join("prepared.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 44);
    let mut scratch = Scratch::default();
    for case in cases {
        let preprocess = find(&case.config, None).unwrap();
        assert_eq!(preprocess.size(), case.size, "{}", case.config);
        let path = fixtures().join("files").join(&case.image);
        let Decoded { pixels, digest } = preprocess.load(&path, &mut scratch).unwrap();
        assert_eq!(&digest, blake3::hash(&fs::read(path).unwrap()).as_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&pixels);
        assert_eq!(crc.sum(), case.crc, "{} {}", case.image, case.config);
        let mut values = vec![0.0; pixels.len()];
        preprocess.normalize_into(&pixels, &mut values);
        let plane = pixels.len() / 3;
        let middle = case.size.0 / 2 * case.size.1 + case.size.1 / 2;
        let ours = [0, plane - 1, middle].into_iter().flat_map(|at| [0, 1, 2].map(|c| values[c * plane + at]));
        for (ours, theirs) in ours.zip(&case.values) {
            assert!((ours - theirs).abs() <= 1e-6, "{ours} {theirs} {}", case.config);
        }
    }
}

/// A table of make_processors.py.
#[derive(serde::Deserialize)]
struct Processors {
    images: Vec<String>,
    refused: Vec<String>,
    /// Settings, the size of all images or of each, and the sum of each image's float32 pixels.
    rows: Vec<(Value, Value, Vec<Option<u32>>)>,
}

fn processors(version: u8) -> Processors {
    let table = fs::read(fixtures().join(format!("processors-{version}.json"))).unwrap();
    serde_json::from_slice(&table).unwrap()
}

#[test]
fn every_known_class_gives_the_pixels_of_transformers() {
    let mut scratch = Scratch::default();
    let (mut classes, mut compared) = (std::collections::HashSet::new(), 0);
    let mut wrong = Vec::new();
    for table in [processors(4), processors(5)] {
        for (settings, sizes, sums) in &table.rows {
            classes.insert(settings["image_processor_type"].as_str().unwrap().to_owned());
            for ((name, sum), nth) in table.images.iter().zip(sums).zip(0..) {
                // None where transformers fails, such as on an image of fewer pixels than `size_divisor`.
                let Some(sum) = sum else { continue };
                let size = if sizes[0].is_array() { &sizes[nth] } else { sizes };
                let size: (usize, usize) = serde_json::from_value(size.clone()).unwrap();
                let preprocess = find(settings, Some(size)).unwrap_or_else(|error| panic!("{settings}: {error}"));
                let image = preprocess.load(&fixtures().join("files").join(name), &mut scratch);
                let pixels = image.unwrap_or_else(|error| panic!("{name} {settings}: {error}")).pixels;
                let mut values = vec![0.0; pixels.len()];
                preprocess.normalize_into(&pixels, &mut values);
                let mut crc = flate2::Crc::new();
                values.iter().for_each(|value| crc.update(&f32::to_le_bytes(*value)));
                if crc.sum() != *sum {
                    wrong.push(format!("{name} {settings}"));
                }
                compared += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(classes.len() >= 31 && compared >= 600, "{} {compared}", classes.len());
}

#[test]
fn every_other_class_is_refused_by_its_name_with_the_flags_that_settle_it() {
    use crate::base::advise::Advise;
    let refused: Vec<String> = [processors(4), processors(5)].into_iter().flat_map(|table| table.refused).collect();
    assert!(refused.len() >= 150, "{}", refused.len());
    for name in refused.into_iter().chain(["MyOwnImageProcessor".into(), "ImageFeatureExtractor".into()]) {
        for ending in ["", "Fast"] {
            let settings = serde_json::json!({"image_processor_type": format!("{name}{ending}"), "size": 8});
            let error = find(&settings, None).unwrap_err();
            assert!(error.to_string().contains(&format!("`{name}{ending}`")), "{error}");
            let advice = error.advice().unwrap();
            for flag in ["--image-size", "--image-mean", "--image-std", "--interpolation", "--crop-pct"] {
                assert!(advice.contains(flag), "{advice}");
            }
        }
    }
}

#[test]
fn the_flags_settle_what_the_configuration_does_not() {
    use crate::base::advise::Advise;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("preprocessor_config.json");
    fs::write(&path, r#"{"image_processor_type": "MyOwnImageProcessor", "size": 999}"#).unwrap();
    let some = Overrides { size: Some((24, 20)), interpolation: Some(Filter::Bicubic), ..Default::default() };
    let error = Preprocess::find(&some, std::slice::from_ref(&path), None).unwrap_err();
    let advice = error.advice().unwrap();
    assert!(advice.contains("--image-mean and --image-std") && !advice.contains("--image-size"), "{advice}");
    let all = Overrides { mean: Some([0.5; 3]), std: Some([0.25; 3]), ..some };
    let preprocess = Preprocess::find(&all, std::slice::from_ref(&path), None).unwrap();
    assert_eq!(preprocess.size(), (24, 20));
    let facts = preprocess.facts();
    let fact = |name: &str| facts.iter().find(|fact| fact.setting == name).unwrap();
    assert_eq!((&fact("resize").value, fact("resize").origin), (&serde_json::json!([24, 20]), Origin::Flag));
    assert_eq!(fact("center_crop").value, Value::Null);
    let cropped = Overrides { crop_pct: Some(0.5), size: Some((20, 20)), ..all };
    let preprocess = Preprocess::find(&cropped, &[path], None).unwrap();
    assert_eq!(preprocess.facts()[2].value, "shorter side 40");
}

#[test]
fn a_file_without_a_class_means_that_of_the_model() {
    use serde_json::json;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| {
        let path = folder.path().join(name);
        fs::write(&path, value.to_string()).unwrap();
        path
    };
    let settings =
        json!({"do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": 224});
    let config = write("preprocessor_config.json", settings);
    let none = Overrides::default();
    let vit = write("config.json", json!({"model_type": "vit"}));
    let preprocess = Preprocess::find(&none, &[config.clone(), vit], None).unwrap();
    assert_eq!(preprocess.facts()[0].value, "ViTImageProcessor");
    assert_eq!((preprocess.size(), &preprocess.facts()[2].value), ((224, 224), &json!([224, 224])));
    let clip = write("config.json", json!({"model_type": "clip"}));
    let preprocess = Preprocess::find(&none, &[config.clone(), clip], None).unwrap();
    assert_eq!(preprocess.facts()[2].value, "shorter side 224");
    // A number alone may be both sides or the shorter one, and the filter is anybody's.
    let error = Preprocess::find(&none, &[config], None).unwrap_err().to_string();
    assert!(error.contains("`size`, `resample`"), "{error}");
}

#[test]
fn the_file_of_transformers_5_holds_the_settings_one_level_down() {
    let nested = serde_json::json!({"image_processor": {"image_processor_type": "ViTImageProcessor", "size": 48}});
    assert_eq!(find(&nested, None).unwrap().size(), (48, 48));
}

#[test]
fn flags_keep_the_shape_of_the_class_s_crop() {
    let size = |class: &str, size| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preprocessor_config.json");
        fs::write(&path, serde_json::json!({"image_processor_type": class}).to_string()).unwrap();
        let flags = Overrides { size: Some(size), ..Default::default() };
        let preprocess = Preprocess::find(&flags, &[path], None).unwrap();
        (preprocess.size(), preprocess.facts()[2].value.clone())
    };
    // CLIP crops 224 of 224, MobileNet 224 of 256, and DeiT squeezes to 256 x 256 and crops 224.
    assert_eq!(size("CLIPImageProcessor", (336, 336)), ((336, 336), "shorter side 336".into()));
    assert_eq!(size("MobileNetV2ImageProcessor", (112, 112)), ((112, 112), "shorter side 128".into()));
    assert_eq!(size("DeiTImageProcessor", (448, 448)), ((448, 448), serde_json::json!([512, 512])));
    assert_eq!(size("ViTImageProcessor", (32, 64)), ((32, 64), serde_json::json!([32, 64])));
}

#[test]
fn without_a_configuration_it_is_imagenet_s_usual() {
    let preprocess = Preprocess::find(&Overrides::default(), &[], None).unwrap();
    assert_eq!((preprocess.size(), preprocess.source()), ((224, 224), None));
    let facts = preprocess.facts();
    assert_eq!((&facts[2].value, facts[2].origin), (&Value::from("shorter side 256"), Origin::Default));
    // The shape of the model is above the default.
    let preprocess = Preprocess::find(&Overrides::default(), &[], Some((299, 299))).unwrap();
    assert_eq!((preprocess.size(), preprocess.facts()[4].origin), ((299, 299), Origin::Model));
}

#[test]
fn a_configuration_against_the_model_is_an_error() {
    let config = serde_json::json!({"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 64}});
    assert!(find(&config, Some((64, 64))).is_ok());
    let error = find(&config, Some((224, 224))).unwrap_err();
    assert!(matches!(error, Error::Clash { prepared: (64, 64), model: (224, 224), .. }), "{error}");
}

#[test]
fn a_configuration_about_something_else_is_none() {
    let preprocess = find(&serde_json::json!({"model_type": "resnet", "hidden_sizes": [1]}), None).unwrap();
    assert_eq!(preprocess.source(), None);
}

#[test]
fn flags_are_above_all() {
    let overrides = Overrides {
        size: Some((20, 20)),
        interpolation: Some(Filter::Nearest),
        mean: Some([0.0; 3]),
        ..Default::default()
    };
    let preprocess = Preprocess::find(&overrides, &[], None).unwrap();
    assert_eq!(preprocess.size(), (20, 20));
    let flagged: Vec<_> =
        preprocess.facts().iter().filter(|fact| fact.origin == Origin::Flag).map(|fact| fact.setting).collect();
    assert_eq!(flagged, ["resize", "interpolation", "center_crop", "center_crop_fill", "mean"]);
    for wrong in [
        Overrides { size: Some((0, 5)), ..Default::default() },
        Overrides { crop_pct: Some(f64::NAN), ..Default::default() },
        Overrides { std: Some([0.0; 3]), ..Default::default() },
    ] {
        assert!(matches!(Preprocess::find(&wrong, &[], None), Err(Error::Override(_))), "{wrong:?}");
    }
}

#[test]
fn wrong_settings_name_the_key() {
    use serde_json::json;
    for (setting, key) in [
        (json!({"do_resize": "yes"}), "do_resize"),
        (json!({"size": -3}), "size"),
        (json!({"size": {"height": 3}}), "size"),
        (json!({"size": {"shortest_edge": 224, "longest_edge": 333}}), "size"),
        (json!({"size": 1e12}), "size"),
        (json!({"image_mean": [1, 2]}), "image_mean"),
        (json!({"image_std": [1, 0, 1]}), "image_std"),
        (json!({"resample": 17}), "resample"),
        (json!({"rescale_factor": 0}), "rescale_factor"),
        (json!({"do_pad": true}), "do_pad"),
        // The class knows no such step; transformers 4 ignores it and 5 does it.
        (json!({"do_center_crop": true}), "do_center_crop"),
        (json!({"pretrained_cfg": {"input_size": [1, 28, 28]}}), "input_size"),
        (json!({"pretrained_cfg": {"input_size": [3, 28, 28], "crop_pct": 1e-9}}), "crop_pct"),
    ] {
        let mut config = json!({"image_processor_type": "ViTImageProcessor"});
        config.as_object_mut().unwrap().extend(setting.as_object().unwrap().clone());
        let error = find(&config, None).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")) && !error.contains('\n'), "{config}: {error}");
    }
    assert!(matches!(find(&json!([1]), None), Err(Error::NotJson(..))));
    let nothing_fixed = json!({"do_resize": false, "image_processor_type": "ViTImageProcessor"});
    assert!(matches!(find(&nothing_fixed, None), Err(Error::NoSize(_))));
    assert_eq!(find(&nothing_fixed, Some((37, 51))).unwrap().size(), (37, 51));
}

#[test]
fn what_cannot_be_used_has_a_reason() {
    let settings = serde_json::json!({"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 32}});
    let preprocess = find(&settings, None).unwrap();
    let mut scratch = Scratch::default();
    let reason = preprocess.load(&fixtures().join("files/png-rgb.png"), &mut scratch).unwrap_err();
    assert!(reason.contains("32 x 44"), "{reason}");
    assert!(preprocess.load(&fixtures().join("files/gone.png"), &mut scratch).unwrap_err().contains("cannot be read"));
    assert_eq!(preprocess.load(&fixtures().join("files"), &mut scratch).unwrap_err(), "not a file");
}
