//! The words and tables of the page.

use minijinja::{Value, context};
use serde::Serialize;

use super::density::Distribution;
use super::{Judged, Shown};
use crate::measures::{Estimator, Summary};
use crate::report::examples::{Telling, Why};
use crate::report::schema::{Health, Report};
use crate::report::words::{counted, interval, nats, seconds, thousands, visible};

/// Inputs shown with a neuron.
pub const TELLING: usize = 6;

/// Labels of all layers, in order of their first appearance.
pub fn layer_labels(shown: &[Shown]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for layer in shown.iter().flat_map(|of| &of.report.layers) {
        if !labels.contains(&layer.label) {
            labels.push(layer.label.clone());
        }
    }
    labels
}

/// Everything but drawings and data.
pub fn page(shown: &[Shown], judged: &[Judged], distributions: &[Distribution]) -> Value {
    let variants: Vec<VariantView> =
        shown.iter().zip(distributions).enumerate().map(|(v, (of, d))| view(v, of, d)).collect();
    let title = match shown {
        [only] => visible(&only.label),
        many => many.iter().map(|of| visible(&of.label)).collect::<Vec<_>>().join(" · "),
    };
    let first = shown.first().map(|of| of.report);
    context! {
        title,
        single => shown.len() == 1,
        compared => !judged.is_empty(),
        variants => Value::from_serialize(&variants),
        provenance => Value::from_serialize(provenance(shown)),
        estimator => first.map(|r| estimator(r.settings.estimator)),
        version => first.map(|r| visible(&r.probe_version)),
        replicated => shown.iter().any(|of| of.replicates.len() > 1),
        any_examples => variants.iter().any(|v| !v.telling.is_empty()),
        same_skipped => shown.windows(2).all(|pair| {
            let [a, b] = [&pair[0].report.inputs, &pair[1].report.inputs];
            (a.skipped, &a.skipped_first) == (b.skipped, &b.skipped_first)
        }),
        any_skipped => shown.iter().any(|of| of.report.inputs.skipped > 0),
        outliers => shown.iter().any(|of| !of.report.outliers.is_empty()),
        averaged => shown.iter().any(|of| of.figures.mutual_information.len() > 1024),
    }
}

/// One variant in words.
#[derive(Debug, Serialize)]
struct VariantView {
    label: String,
    colour: usize,
    name: String,
    neurons: String,
    layers_count: String,
    inputs: String,
    pairs: String,
    entropy: FigureView,
    information: FigureView,
    /// The other estimator's overall figures.
    beside: Option<BesideView>,
    layers: Vec<LayerView>,
    stability: Vec<[String; 3]>,
    mixture: Vec<[String; 3]>,
    quantiles: Vec<[String; 2]>,
    warnings: Vec<WarningView>,
    outliers: Vec<String>,
    skipped: usize,
    skipped_first: Vec<[String; 3]>,
    telling: Vec<TellingLayer>,
    models: Vec<[String; 3]>,
}

#[derive(Debug, Serialize)]
struct FigureView {
    mean: String,
    interval: String,
    median: String,
    quartiles: String,
    range: String,
}

#[derive(Debug, Serialize)]
struct BesideView {
    estimator: &'static str,
    entropy: FigureView,
    information: FigureView,
}

#[derive(Debug, Serialize)]
struct LayerView {
    index: usize,
    label: String,
    tensor: String,
    pooling: String,
    neurons: String,
    entropy: FigureView,
    information: FigureView,
    health: Health,
    sick: bool,
}

#[derive(Debug, Serialize)]
struct WarningView {
    message: String,
    advice: String,
    code: String,
}

/// The neurons of one layer that are shown.
#[derive(Debug, Serialize)]
struct TellingLayer {
    label: String,
    neurons: Vec<TellingView>,
}

#[derive(Debug, Serialize)]
struct TellingView {
    name: String,
    why: &'static str,
    entropy: String,
    inputs: Vec<TellingInputView>,
}

#[derive(Debug, Serialize)]
struct TellingInputView {
    value: String,
    /// Of a file: what stands before its name.
    folder: String,
    place: String,
    text: Option<String>,
    thumbnail: Option<String>,
}

fn view(v: usize, of: &Shown, distribution: &Distribution) -> VariantView {
    let report = of.report;
    let warning = |w: &crate::report::schema::Warning| WarningView {
        message: visible(&w.message),
        advice: visible(&w.advice),
        code: visible(&w.code),
    };
    let skipped = |s: &crate::inputs::Skipped| {
        [visible(&s.source), s.line.map_or_else(String::new, |l| l.to_string()), visible(&s.reason)]
    };
    let inputs = &report.inputs;
    VariantView {
        label: visible(&of.label),
        colour: v % super::COLOURS,
        name: visible(report.name()),
        neurons: thousands(report.neurons()),
        layers_count: counted(report.layers.len(), "layer"),
        inputs: format!("{} {}", thousands(inputs.count), inputs.kind.noun(inputs.count)),
        pairs: thousands(distribution.pairs),
        entropy: figure(&of.overall.entropy),
        information: figure(&of.overall.mutual_information),
        beside: report.beside.as_ref().map(|beside| BesideView {
            estimator: estimator(beside.estimator),
            entropy: figure(&beside.overall.entropy),
            information: figure(&beside.overall.mutual_information),
        }),
        layers: layers(report),
        stability: (report.stability.iter())
            .map(|p| [thousands(p.samples), nats(p.entropy), nats(p.mutual_information)])
            .collect(),
        mixture: (distribution.mixture.iter())
            .map(|c| [format!("{:.0} %", 100.0 * c.weight), nats(c.mean), nats(c.deviation)])
            .collect(),
        quantiles: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
            .map(|part| [format!("{:.0} %", 100.0 * part), nats(distribution.quantile(part))])
            .to_vec(),
        warnings: report.warnings.iter().map(warning).collect(),
        outliers: report.outliers.iter().map(|o| visible(&o.name())).collect(),
        skipped: inputs.skipped,
        skipped_first: inputs.skipped_first.iter().map(skipped).collect(),
        telling: telling(of),
        models: (of.replicates.iter().filter(|_| of.replicates.len() > 1))
            .map(|r| [visible(r.name()), nats(r.overall.entropy.mean), nats(r.overall.mutual_information.mean)])
            .collect(),
    }
}

fn layers(report: &Report) -> Vec<LayerView> {
    (report.layers.iter().enumerate())
        .map(|(index, layer)| LayerView {
            index,
            label: visible(&layer.label),
            tensor: visible(&layer.tensor),
            pooling: visible(&layer.pooling),
            neurons: thousands(layer.neurons),
            entropy: figure(&layer.entropy),
            information: figure(&layer.mutual_information),
            health: layer.health,
            sick: layer.health != Health::default(),
        })
        .collect()
}

fn figure(s: &Summary) -> FigureView {
    let span =
        |low: f64, high: f64| if low.is_finite() { format!("{} – {}", nats(low), nats(high)) } else { "–".into() };
    FigureView {
        mean: nats(s.mean),
        interval: interval(s.interval95),
        median: nats(s.median),
        quartiles: span(s.q1, s.q3),
        range: span(s.min, s.max),
    }
}

fn estimator(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::Paper => "paper",
        Estimator::Robust => "robust",
    }
}

fn telling(of: &Shown) -> Vec<TellingLayer> {
    let Some(examples) = of.examples else { return Vec::new() };
    let mut layers: Vec<TellingLayer> = Vec::new();
    for found in examples.most_telling(TELLING, of.figures) {
        let label = visible(&found.layer);
        if layers.last().is_none_or(|layer| layer.label != label) {
            layers.push(TellingLayer { label, neurons: Vec::new() });
        }
        if let Some(layer) = layers.last_mut() {
            layer.neurons.push(telling_view(&found));
        }
    }
    layers
}

fn telling_view(found: &Telling) -> TellingView {
    let inputs = found.inputs.iter().map(|input| {
        let excerpt = &input.excerpt;
        let file = visible(excerpt.source.rsplit('/').next().unwrap_or_default());
        let mut folder = String::new();
        let place = match (excerpt.line, &excerpt.text) {
            (Some(line), Some(_)) => format!("line {line}"),
            (Some(line), None) => format!("{file}, row {line}"),
            (None, _) if file.is_empty() => format!("row {}", input.row),
            (None, _) => {
                folder = excerpt.source.rsplit_once('/').map_or_else(String::new, |(f, _)| visible(f) + "/");
                file
            }
        };
        TellingInputView {
            value: nats(f64::from(input.value)),
            folder,
            place,
            text: excerpt.text.as_deref().map(visible),
            // Only what this program writes: a page must not load what a damaged file names.
            thumbnail: excerpt.thumbnail.clone().filter(|uri| uri.starts_with("data:image/")),
        }
    });
    TellingView {
        name: format!("{}:{}", visible(&found.layer), found.neuron),
        why: match found.why {
            Why::LowestEntropy => "lowest H of the layer",
            Why::HighestEntropy => "highest H of the layer",
            Why::Asked => "",
        },
        entropy: found.entropy.map_or_else(|| "–".to_owned(), nats),
        inputs: inputs.collect(),
    }
}

/// A row a fact, a cell a variant; equal cells of a row become one.
#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    cells: Vec<String>,
    /// A hash or a path, set in a fixed width.
    code: bool,
}

fn provenance(shown: &[Shown]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, code: bool, of: &dyn Fn(&Report) -> Option<String>| {
        let mut cells: Vec<String> =
            shown.iter().map(|s| of(s.report).map_or_else(|| "–".to_owned(), |t| visible(&t))).collect();
        if cells.iter().all(|cell| cell == "–") {
            return;
        }
        if cells.iter().all(|cell| *cell == cells[0]) {
            cells.truncate(1);
        }
        facts.push(Fact { name: visible(name), cells, code });
    };
    fact("model", true, &|r| r.model.as_ref().map(|m| m.path.clone()));
    fact("model's BLAKE3", true, &|r| r.model.as_ref().map(|m| m.blake3.clone()));
    fact("exported by", false, &|r| r.model.as_ref().and_then(|m| m.producer.clone()));
    fact("opset", false, &|r| r.model.as_ref().and_then(|m| m.opset).map(|o| o.to_string()));
    fact("inputs", true, &|r| Some(r.inputs.path.clone()));
    fact("inputs' BLAKE3", true, &|r| Some(r.inputs.blake3.clone()));
    fact("inputs measured", false, &|r| Some(thousands(r.inputs.count)));
    fact("inputs skipped", false, &|r| Some(thousands(r.inputs.skipped)));
    fact("inputs cut", false, &|r| Some(thousands(r.inputs.truncated)));
    fact("ONNX Runtime", false, &|r| r.onnxruntime.as_ref().map(|o| format!("{}, {}", o.version, o.provider)));
    fact("its library", true, &|r| r.onnxruntime.as_ref().map(|o| o.path.clone()));
    fact("probe", false, &|r| Some(r.probe_version.clone()));
    let settings = |r: &Report| serde_json::to_value(&r.settings).ok().and_then(|v| v.as_object().cloned());
    let mut keys: Vec<String> = Vec::new();
    for key in shown.iter().filter_map(|s| settings(s.report)).flat_map(|map| map.keys().cloned().collect::<Vec<_>>()) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    for key in keys {
        fact(&key.replace('_', " "), false, &|r| settings(r)?.get(&key).and_then(setting));
    }
    fact("time", false, &|r| {
        let t = r.timing;
        Some(format!(
            "{} (load {}, capture {}, H {}, I {})",
            seconds(t.total),
            seconds(t.load),
            seconds(t.capture),
            seconds(t.entropy),
            seconds(t.mutual_information)
        ))
    });
    fact("resumed", false, &|r| r.resume.map(|r| format!("{} of {} shards kept", r.kept, r.total)));
    facts
}

/// A setting as it was typed; none where it was left open.
fn setting(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(list) if list.is_empty() => None,
        serde_json::Value::Array(list) => Some(list.iter().filter_map(setting).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}
