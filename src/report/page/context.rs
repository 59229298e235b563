//! The words and tables of the page.

use minijinja::{Value, context};
use serde::Serialize;

use super::codes::{CodesView, codes, colouring, legend};
use super::density::Distribution;
use super::judged::MeasureView;
use super::provenance::provenance;
use super::telling::{TellingLayer, telling};
use super::warned::warned;
use super::{Judged, Shown};
use crate::base::text::{counted, interval, nats, rank, thousands, visible};
use crate::measures::{Health, Spectrum, Summary};
use crate::report::schema::{Report, have_other_inputs};

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

/// The tables under one estimator.
pub fn reading(shown: &[Shown], distributions: &[Distribution]) -> Value {
    let variants: Vec<VariantView> =
        shown.iter().zip(distributions).enumerate().map(|(v, (of, d))| view(v, of, d)).collect();
    context! {
        estimator => shown.first().map(|of| visible(of.report.estimator())),
        variants => Value::from_serialize(&variants),
    }
}

/// With more variants than these, a heading of all names would fill the screen, and orders of them a half.
const NAMED: usize = 4;

/// Everything but drawings and data, and what an estimator reads.
pub fn page(shown: &[Shown], judged: &[Judged]) -> Value {
    let title = match shown {
        [only] => visible(&only.label),
        [first, others @ ..] if others.len() >= NAMED => {
            format!("{} and {} others", visible(&first.label), others.len())
        }
        few => few.iter().map(|of| visible(&of.label)).collect::<Vec<_>>().join(" · "),
    };
    let first = shown.first().map(|of| of.report);
    context! {
        title,
        many => shown.len() > NAMED,
        single => shown.len() == 1,
        compared => !judged.is_empty(),
        verdicts => Value::from_serialize(verdicts(shown, judged)),
        warnings => Value::from_serialize(warned(shown)),
        provenance => Value::from_serialize(provenance(shown)),
        estimator => first.map(|r| r.estimator()),
        version => first.map(|r| visible(&r.probe_version)),
        replicated => shown.iter().any(|of| of.replicates.len() > 1),
        any_examples => shown.iter().any(|of| of.examples.is_some()),
        colouring => colouring(shown).map(|column| visible(&column)),
        shades => Value::from_serialize(legend()),
        same_skipped => shown.windows(2).all(|pair| {
            let [a, b] = [&pair[0].report.inputs, &pair[1].report.inputs];
            (a.skipped, &a.skipped_first) == (b.skipped, &b.skipped_first)
        }),
        other_inputs => have_other_inputs(shown.iter().map(|of| of.report)),
        any_skipped => shown.iter().any(|of| of.report.inputs.skipped > 0),
        outliers => shown.iter().any(|of| !of.report.outliers.is_empty()),
        averaged => shown.iter().any(|of| of.figures.mutual_information.len() > 1024),
    }
}

/// A variant's line in the table that a comparison opens with.
#[derive(Debug, Serialize)]
struct VerdictView {
    label: String,
    colour: usize,
    /// Nothing for the baseline.
    verdict: Option<String>,
    /// The verdict as the name of a style.
    kind: String,
    entropy: String,
    information: String,
    rank: String,
    measures: Vec<MeasureView>,
    seeds: usize,
}

fn verdicts(shown: &[Shown], judged: &[Judged]) -> Vec<VerdictView> {
    let line = |(v, of): (usize, &Shown)| {
        let pair = judged.iter().find(|pair| pair.variant == of.label);
        let verdict = pair.map(|pair| pair.verdict.clone());
        VerdictView {
            label: visible(&of.label),
            colour: v % super::COLOURS,
            kind: verdict.as_deref().unwrap_or_default().replace(' ', "-"),
            verdict,
            entropy: nats(of.judged[0]),
            information: nats(of.judged[1]),
            rank: rank(of.judged[2]),
            measures: pair.map(|pair| pair.measures.clone()).unwrap_or_default(),
            seeds: of.replicates.len(),
        }
    };
    shown.iter().enumerate().map(line).collect()
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
    rank: RankView,
    /// The other estimator's overall figures.
    beside: Option<BesideView>,
    layers: Vec<LayerView>,
    stability: Vec<[String; 3]>,
    mixture: Vec<[String; 3]>,
    quantiles: Vec<[String; 2]>,
    outliers: Vec<String>,
    skipped: usize,
    skipped_first: Vec<[String; 3]>,
    telling: Vec<TellingLayer>,
    codes: Vec<CodesView>,
    models: Vec<[String; 6]>,
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
    rank: String,
    participation: String,
    correlation: String,
    health: Health,
    sick: bool,
}

#[derive(Debug, Serialize)]
struct RankView {
    mean: String,
    interval: String,
    participation: String,
    correlation: String,
}

impl RankView {
    fn of(spectrum: &Spectrum) -> RankView {
        let [low, high] = spectrum.interval95.map(rank);
        RankView {
            mean: rank(spectrum.effective_rank),
            interval: if spectrum.interval95[0].is_nan() { String::new() } else { format!("[{low}, {high}]") },
            participation: rank(spectrum.participation_ratio),
            correlation: nats(spectrum.mean_abs_correlation),
        }
    }
}

fn view(v: usize, of: &Shown, distribution: &Distribution) -> VariantView {
    let report = of.report;
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
        rank: RankView::of(&of.overall.spectrum),
        beside: report.beside.as_ref().map(|beside| BesideView {
            estimator: beside.estimator.name(),
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
        outliers: report.outliers.iter().map(|o| visible(&o.name())).collect(),
        skipped: inputs.skipped,
        skipped_first: inputs.skipped_first.iter().map(skipped).collect(),
        telling: telling(of),
        codes: codes(of),
        models: (of.replicates.iter().filter(|_| of.replicates.len() > 1))
            .map(|r| {
                let (of, spectrum) = (&r.overall, RankView::of(&r.overall.spectrum));
                let [h, i] = [&of.entropy, &of.mutual_information].map(|summary| nats(summary.mean));
                [visible(r.name()), h, i, spectrum.mean, spectrum.participation, spectrum.correlation]
            })
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
            rank: rank(layer.spectrum.effective_rank),
            participation: rank(layer.spectrum.participation_ratio),
            correlation: nats(layer.spectrum.mean_abs_correlation),
            health: layer.health.clone(),
            sick: !layer.health.is_good(),
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
