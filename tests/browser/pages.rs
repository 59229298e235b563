//! Pages made of figures without chance: one run, three side by side, and some that are hard to lay out.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::Array2;
use ndarray_npy::NpzWriter;
use probe::internals::measures::{Health, Summary};
use probe::internals::report::examples::{Examples, Excerpt, LayerExamples};
use probe::internals::report::figures::Figures;
use probe::internals::report::page::{self, Shown};
use probe::internals::report::schema::{Inputs, Kind, Layer, Overall, Report, SCHEMA_VERSION, Timing};

pub type Run = (Report, Figures<'static>, Examples);

/// Files of pages, in the folder that Cargo keeps for tests.
pub struct Pages {
    pub runs: Vec<Run>,
    /// The first run alone.
    pub single: PathBuf,
    several: PathBuf,
    /// Twenty-four layers with the same figures.
    crowded: PathBuf,
    /// Six variants with one long name and the same figures.
    alike: PathBuf,
    /// A comparison of two variants, as the command writes it.
    pub comparison: PathBuf,
}

impl Pages {
    pub fn write() -> Pages {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, shown: &[Shown]| {
            let path = folder.join(name);
            page::write(shown, &[], &[], File::create(&path).unwrap()).unwrap();
            path
        };
        let runs: Vec<Run> = (0..3).map(|v| run(4, 0.5 + 0.3 * f64::from(v))).collect();
        let single = write("single.html", &[shown(&runs[0], "base.onnx")]);
        let labels = ["base", "a <b>shortcut</b>", "shuffled labels"];
        let several: Vec<Shown> = runs.iter().zip(labels).map(|(run, label)| shown(run, label)).collect();
        let several = write("several.html", &several);

        let mut crowd = run(24, 0.5);
        let [h, i] = [crowd.0.layers[0].entropy, crowd.0.layers[0].mutual_information];
        for layer in &mut crowd.0.layers {
            (layer.entropy, layer.mutual_information) = (h, i);
        }
        let crowded = write("crowded.html", &[shown(&crowd, "twenty-four-layers-that-are-all-alike.onnx")]);
        let name = "fine-tuned on everything that there was, once more";
        let alike: Vec<Shown> = (0..6).map(|v| shown(&runs[0], &format!("{v} {name}"))).collect();
        let alike = write("alike.html", &alike);
        let comparison = compare(&folder);
        Pages { runs, single, several, crowded, alike, comparison }
    }

    pub fn all(&self) -> [&Path; 5] {
        [&self.single, &self.several, &self.crowded, &self.alike, &self.comparison]
    }

    /// The beginning of what the first box of the first page says.
    pub fn box_figures(&self) -> String {
        format!("all neurons: median {:.3} (95 % notch", self.runs[0].0.overall.entropy.median)
    }
}

/// Compares two files of activations: of the second, all neurons of a layer follow one cause.
fn compare(folder: &Path) -> PathBuf {
    let save = |name: &str, shared: f64| {
        let path = folder.join(name);
        let mut npz = NpzWriter::new(File::create(&path).unwrap());
        for (l, label) in ["fc1", "fc2"].into_iter().enumerate() {
            let cause = |input: usize| spread(input * 31 + l);
            let own = |input: usize, neuron: usize| spread(input * (7 + 2 * neuron) + 5 * l);
            let value = |(input, neuron): (usize, usize)| {
                (shared * cause(input).powi(4) + (1.0 - shared) * own(input, neuron)) as f32
            };
            npz.add_array(label, &Array2::from_shape_fn((400, 12), value)).unwrap();
        }
        npz.finish().unwrap();
        path.display().to_string()
    };
    let variants = [format!("base={}", save("base.npz", 0.0)), format!("shortcut={}", save("shortcut.npz", 0.9))];
    let out = folder.join("comparison");
    let mut probe = Command::new(env!("CARGO_BIN_EXE_probe"));
    let done = probe.arg("compare").args(variants).args(["-q", "-o"]).arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out.join("report.html")
}

fn shown<'a>((report, figures, examples): &'a Run, label: &str) -> Shown<'a> {
    Shown::one(label.to_owned(), report, figures, Some(examples))
}

const NEURONS: usize = 48;

/// Values without chance, evenly spread over 0 to 1.
fn spread(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_894_9).fract()
}

/// A run of so many layers whose values spread by `scale`.
fn run(layers: usize, scale: f64) -> Run {
    let value = |i: usize| 2.0 + scale * (spread(i) - 0.5) + scale * (spread(7 * i) - 0.5).powi(3);
    let entropy: Vec<f64> = (0..layers * NEURONS).map(value).collect();
    let m = layers * 16;
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
            mutual_information: summary(all.iter().copied().skip(l).step_by(layers).collect()),
            spectrum: Default::default(),
            health: Health { tied: l, ..Health::default() },
        }
    };
    let widths = vec![NEURONS; layers];
    let layers: Vec<Layer> = (0..layers).map(layer).collect();
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
            repeats: None,
            provenance: None,
            skipped_first: Vec::new(),
        },
        settings: [("estimator".to_owned(), "paper".into()), ("bins".to_owned(), 100.into())].into_iter().collect(),
        layers,
        overall: Overall {
            entropy: summary(entropy.clone()),
            mutual_information: summary(all),
            spectrum: Default::default(),
        },
        beside: None,
        outliers: Vec::new(),
        stability: Vec::new(),
        labels: Vec::new(),
        warnings: Vec::new(),
        timing: Timing::default(),
        resume: None,
        self_check: None,
        files: Default::default(),
    };
    (report, Figures::new(entropy, &widths, &rows, mi), examples)
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
