//! Preparing against transformers' and timm's results, and what is refused.

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

#[test]
fn without_a_configuration_it_is_imagenet_s_usual() {
    let preprocess = Preprocess::find(&Overrides::default(), &[], None).unwrap();
    assert_eq!((preprocess.size(), preprocess.source()), ((224, 224), None));
    let facts = preprocess.facts();
    assert_eq!((facts[0].value.as_str(), facts[0].origin), ("shorter side 256", Origin::Default));
    // The shape of the model is above the default.
    let preprocess = Preprocess::find(&Overrides::default(), &[], Some((299, 299))).unwrap();
    assert_eq!((preprocess.size(), preprocess.facts()[2].origin), ((299, 299), Origin::Model));
}

#[test]
fn a_configuration_against_the_model_is_an_error() {
    let config = serde_json::json!({"do_resize": true, "size": {"height": 64, "width": 64}});
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
    let origins: Vec<_> = preprocess.facts().iter().map(|fact| fact.origin).collect();
    assert_eq!(origins[..3], [Origin::Flag; 3]);
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
    for (config, key) in [
        (json!({"do_resize": "yes"}), "do_resize"),
        (json!({"do_resize": true, "size": -3}), "size"),
        (json!({"do_resize": true, "size": {"height": 3}}), "size"),
        (json!({"do_resize": true, "size": 1e12}), "size"),
        (json!({"image_mean": [1, 2]}), "image_mean"),
        (json!({"do_resize": true, "image_std": [1, 0, 1]}), "image_std"),
        (json!({"resample": 17}), "resample"),
        (json!({"do_rescale": true, "rescale_factor": 0}), "rescale_factor"),
        (json!({"do_resize": true, "do_pad": true}), "do_pad"),
        (json!({"pretrained_cfg": {"input_size": [1, 28, 28]}}), "input_size"),
        (json!({"pretrained_cfg": {"input_size": [3, 28, 28], "crop_pct": 1e-9}}), "crop_pct"),
    ] {
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
    let preprocess = find(&serde_json::json!({"do_resize": true, "size": {"shortest_edge": 32}}), None).unwrap();
    let mut scratch = Scratch::default();
    let reason = preprocess.load(&fixtures().join("files/png-rgb.png"), &mut scratch).unwrap_err();
    assert!(reason.contains("32 x 44"), "{reason}");
    assert!(preprocess.load(&fixtures().join("files/gone.png"), &mut scratch).unwrap_err().contains("cannot be read"));
    assert_eq!(preprocess.load(&fixtures().join("files"), &mut scratch).unwrap_err(), "not a file");
}
