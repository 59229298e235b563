//! A real browser opens the pages. Needs `chromium`, `node` and the npm package `playwright-core` (its folder in
//! NODE_MODULES, or installed in tests/browser); where one is missing, the test says so and passes.

use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::Array2;
use probe::measures::Summary;
use probe::report::examples::{Examples, Excerpt, LayerExamples};
use probe::report::figures::Figures;
use probe::report::html::{self, Shown};
use probe::report::schema::{Health, Inputs, Kind, Layer, Overall, Report, SCHEMA_VERSION, Settings, Timing};

#[test]
fn pages_work_in_a_browser() {
    let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_the_path) else {
        return eprintln!("not run: there is no chromium on the PATH");
    };
    let Some(node) = on_the_path("node") else {
        return eprintln!("not run: there is no node on the PATH");
    };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let modules = std::env::var_os("NODE_MODULES").map_or(tests.clone(), PathBuf::from);
    if !modules.join("node_modules/playwright-core").is_dir() {
        return eprintln!("not run: there is no playwright-core in {}/node_modules", modules.display());
    }

    let folder = tempfile::tempdir().unwrap();
    let (single, several) = (folder.path().join("single.html"), folder.path().join("several.html"));
    let runs: Vec<(Report, Figures, Examples)> = (0..3).map(|v| run(0.5 + 0.3 * f64::from(v))).collect();
    let shown = |v: usize, label: &str| {
        let (report, figures, examples) = &runs[v];
        Shown::one(label.to_owned(), report, figures, Some(examples))
    };
    html::write(&[shown(0, "base.onnx")], &[], std::fs::File::create(&single).unwrap()).unwrap();
    let three = [shown(0, "base"), shown(1, "a <b>shortcut</b>"), shown(2, "shuffled labels")];
    html::write(&three, &[], std::fs::File::create(&several).unwrap()).unwrap();

    let output = Command::new(node)
        .arg(tests.join("check.mjs"))
        .args([&single, &several])
        .env("CHROMIUM", chromium)
        .env("NODE_MODULES", modules)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("ok ").count(), 2, "{said}");
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

const LAYERS: usize = 4;
const NEURONS: usize = 48;

/// Values without chance, evenly spread over 0 to 1.
fn spread(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_894_9).fract()
}

/// A run whose values spread by `scale`.
fn run(scale: f64) -> (Report, Figures<'static>, Examples) {
    let value = |i: usize| 2.0 + scale * (spread(i) - 0.5) + scale * (spread(7 * i) - 0.5).powi(3);
    let entropy: Vec<f64> = (0..LAYERS * NEURONS).map(value).collect();
    let m = LAYERS * 16;
    let rows: Vec<usize> = (0..m).map(|i| i / 16 * NEURONS + i % 16).collect();
    let pair = |i: usize, j: usize| scale * spread(i.min(j) * m + i.max(j)).powi(2) + if i == j { 4.0 } else { 0.0 };
    let mi = Array2::from_shape_fn((m, m), |(i, j)| pair(i, j));
    let all: Vec<f64> = (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| pair(i, j)).collect();
    let layer = |l: usize| {
        let of = |n: usize| entropy[l * NEURONS + n];
        Layer {
            label: format!("encoder.layer.{l}"),
            tensor: format!("/encoder/layer.{l}/output/LayerNorm/Add_1_output_0"),
            pooling: "first".into(),
            neurons: NEURONS,
            entropy: summary((0..NEURONS).map(of).collect()),
            mutual_information: summary(all.iter().copied().skip(l).step_by(LAYERS).collect()),
            health: Health { constant: 0, tied: l, non_finite: 0 },
        }
    };
    let layers: Vec<Layer> = (0..LAYERS).map(layer).collect();
    let lists = |layer: &Layer| LayerExamples {
        label: layer.label.clone(),
        rows: vec![vec![0, 1]; NEURONS],
        values: vec![vec![2.5, 1.0]; NEURONS],
    };
    let text = |line| Excerpt {
        source: "texts.txt".into(),
        line: Some(line),
        text: Some("A text that is neither long nor short & <i>has markup</i> in it".into()),
        thumbnail: None,
    };
    let examples = Examples::new(Kind::Texts, layers.iter().map(lists).collect(), [(0, text(1)), (1, text(2))].into());
    let report = Report {
        schema_version: SCHEMA_VERSION,
        probe_version: "0.1.0".into(),
        onnxruntime: None,
        model: None,
        inputs: Inputs {
            kind: Kind::Texts,
            path: "texts.txt".into(),
            count: 1000,
            skipped: 0,
            blake3: "00".repeat(32),
            truncated: 0,
            skipped_first: Vec::new(),
        },
        settings: Settings {
            estimator: probe::measures::Estimator::Paper,
            bins: 100,
            binning: "global".into(),
            neighbors: 3,
            mi_neurons: "16".into(),
            seed: 0,
            others: Default::default(),
        },
        layers,
        overall: Overall { entropy: summary(entropy.clone()), mutual_information: summary(all) },
        beside: None,
        outliers: Vec::new(),
        stability: Vec::new(),
        warnings: Vec::new(),
        timing: Timing::default(),
        resume: None,
    };
    (report, Figures::new(entropy, &[NEURONS; LAYERS], &rows, mi), examples)
}

fn summary(mut values: Vec<f64>) -> Summary {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[(part * (values.len() - 1) as f64) as usize];
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Summary {
        mean,
        median: at(0.5),
        q1: at(0.25),
        q3: at(0.75),
        min: at(0.0),
        max: at(1.0),
        interval95: [mean - 0.02, mean + 0.02],
    }
}
