//! A run's report and what is saved beside it, put together from the results of the stages.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, s};
use serde_json::{Map, Value};

use super::examples::{self, Examples, Excerpt};
use super::figures::Figures;
use super::found::Made;
use super::schema::{self, Kind, Report};
use super::warnings::{Facts, FirstToken};
use crate::activations::{self, Activations};
use crate::inputs::{self, Inputs, Skipped};
use crate::measures::{self, Binning, Measures, PairNeurons};
use crate::model::Model;
use crate::runtime::Runtime;
use crate::taps::{Family, Pooling, Taps};

/// What was run on what.
pub struct Ran<'a> {
    /// Absent for activations that come from a file.
    pub model: Option<RanModel<'a>>,
    /// Where the inputs or activations come from.
    pub path: String,
    pub activations: &'a Activations,
    pub measures: &'a Measures,
    pub settings: &'a measures::Settings,
    /// The settings of the other stages.
    pub other_settings: Map<String, Value>,
    pub timing: schema::Timing,
    /// Whether the user asked to go on from an earlier run.
    pub resumed: bool,
}

/// The model, what ran it, and on what.
#[derive(Clone, Copy)]
pub struct RanModel<'a> {
    pub runtime: &'a Runtime,
    pub provider: &'a str,
    pub model: &'a Model,
    pub hash: blake3::Hash,
    pub taps: &'a Taps,
    pub inputs: &'a Inputs,
}

/// A report and what is saved beside it.
pub struct Gathered {
    pub report: Report,
    pub examples: Option<Examples>,
    /// Everything that was passed over, for `skipped.jsonl`.
    pub skipped: Vec<Skipped>,
}

/// Skipped inputs that stand in the report itself.
const SKIPPED_SHOWN: usize = 20;

impl Ran<'_> {
    fn inputs(&self) -> Option<&Inputs> {
        self.model.map(|ran| ran.inputs)
    }

    fn kind(&self) -> Kind {
        self.inputs().map_or(Kind::Activations, |inputs| inputs.kind().into())
    }
}

/// Makes the report of a run.
///
/// # Errors
/// The inputs that activate a neuron most cannot be read again.
pub fn gather(ran: &Ran) -> Result<Gathered, inputs::Error> {
    let Ran { activations, measures, .. } = *ran;
    let mut skipped = ran.inputs().map_or_else(Vec::new, Inputs::passed_over);
    skipped.extend(activations.skipped.iter().cloned());
    let made = Made {
        onnxruntime: ran.model.map(|ran| schema::OnnxRuntime {
            version: ran.runtime.version.clone(),
            path: ran.runtime.library.display().to_string(),
            provider: ran.provider.to_owned(),
        }),
        model: ran.model.map(|RanModel { model, hash, .. }| schema::Model {
            path: model.path.display().to_string(),
            blake3: hash.to_hex().to_string(),
            producer: Some(model.graph.producer.clone()).filter(|producer| !producer.is_empty()),
            opset: model.graph.opset_of(""),
        }),
        inputs: schema::Inputs {
            kind: ran.kind(),
            path: ran.path.clone(),
            count: activations.samples,
            skipped: activations.skipped.len(),
            blake3: blake3::Hash::from_bytes(activations.digest).to_hex().to_string(),
            truncated: activations.truncated,
            skipped_first: skipped.iter().take(SKIPPED_SHOWN).cloned().collect(),
        },
        settings: settings(ran),
        timing: ran.timing,
        resume: activations
            .resumed
            .filter(|_| ran.resumed)
            .map(|activations::Resume { kept, total }| schema::Resume { kept, total }),
        facts: facts(ran),
    };
    let report = Report::of(&activations.layers, measures, made);
    let figures = Figures::of(measures.leading(), &activations.ranges());
    let examples = ran.inputs().map(|inputs| telling(inputs, activations, &figures)).transpose()?;
    Ok(Gathered { report, examples, skipped })
}

/// Every resolved setting under its name on the command line.
fn settings(ran: &Ran) -> schema::Settings {
    let measures::Settings { bins, binning, neighbors, entropy, mutual_information, pair_neurons, .. } =
        *ran.settings;
    let mut others = ran.other_settings.clone();
    others.insert("entropy".into(), name(entropy).into());
    others.insert("mutual_information".into(), name(mutual_information).into());
    others.insert("subsamples".into(), ran.settings.subsamples.into());
    schema::Settings {
        estimator: ran.settings.estimator(),
        bins,
        binning: match binning {
            Binning::Shared { .. } => "shared".to_owned(),
            binning => name(binning),
        },
        neighbors,
        mi_neurons: match pair_neurons {
            PairNeurons::First(count) => count.to_string(),
            PairNeurons::Random(count) => format!("random:{count}"),
            PairNeurons::All => "all".to_owned(),
        },
        seed: ran.settings.seed,
        others,
    }
}

/// The name under which a choice is written everywhere.
fn name(choice: impl serde::Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// What only the run knows and a warning may be made of.
fn facts(ran: &Ran) -> Facts {
    let info = ran.inputs().map(Inputs::info);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in &ran.activations.skipped {
        *reasons.entry(&skipped.reason).or_default() += 1;
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().map(|(why, count)| (why.to_owned(), count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Facts {
        reasons,
        max_length: info.as_ref().and_then(|info| info.max_length),
        assumed_preprocessing: info.is_some_and(|info| !info.preprocessing.is_empty() && info.preprocessor.is_none()),
        fallback_taps: ran.model.is_some_and(|ran| ran.taps.family == Family::Unknown),
        first_token: first_token(ran.activations),
        shared_binning: matches!(ran.settings.binning, Binning::Shared { .. }),
        wanted_neurons: match ran.settings.pair_neurons {
            PairNeurons::First(wanted) | PairNeurons::Random(wanted) => Some(wanted),
            PairNeurons::All => None,
        },
        ..Facts::default()
    }
}

/// The different values of the first token, where it is what is measured and they are under half of the inputs looked
/// at. In an encoder it sees the whole text, so that no two texts agree; in a decoder it sees itself alone.
fn first_token(activations: &Activations) -> Option<FirstToken> {
    /// Enough to know; of many more, some would agree by chance.
    const INPUTS: usize = 5000;
    // If any layer's first token knows of the others, the last one's does.
    let last = activations.layers.iter().rev().find(|layer| layer.pooling == Pooling::First)?;
    let samples = activations.samples.min(INPUTS);
    let different = different(activations.layer(last).slice(s![.., ..samples]));
    (2 * different < samples).then_some(FirstToken { different, samples })
}

/// The different values of the neuron that has the most of them. Values that differ by rounding alone, as those of one
/// token in batches of two lengths do, count as one.
fn different(values: ArrayView2<f32>) -> usize {
    /// Enough to meet one that tells inputs apart, if any does.
    const NEURONS: usize = 64;
    const ROUNDING: f32 = 1e-5;
    let neurons: Vec<Vec<f32>> = (values.rows().into_iter().take(NEURONS))
        .map(|neuron| neuron.iter().copied().filter(|value| value.is_finite()).collect())
        .collect();
    let mut sizes: Vec<f32> = neurons.iter().flatten().map(|value| value.abs()).collect();
    // The median, since one neuron far from all others says nothing of their rounding.
    let middle = sizes.len() / 2;
    if sizes.is_empty() {
        return 0;
    }
    let apart = ROUNDING * *sizes.select_nth_unstable_by(middle, f32::total_cmp).1;
    let of = |mut neuron: Vec<f32>| {
        neuron.sort_by(f32::total_cmp);
        neuron.dedup_by(|next, kept| *next - *kept <= apart);
        neuron.len()
    };
    neurons.into_iter().map(of).max().unwrap_or(0)
}

/// For every neuron the inputs that activate it most, with what a person needs to recognise them.
fn telling(inputs: &Inputs, activations: &Activations, figures: &Figures) -> Result<Examples, inputs::Error> {
    let layers = Examples::lists(activations);
    let rows: Vec<usize> = Examples::rows(&layers).into_iter().collect();
    let drawn: Vec<usize> = rows.iter().map(|&row| activations.kept_rows[row]).collect();
    let pictured = match inputs.kind() {
        inputs::Kind::Images => examples::shown_rows(&layers, examples::PICTURED, figures),
        _ => Default::default(),
    };
    let excerpts = inputs.excerpts(&drawn)?.into_iter().map(Excerpt::from);
    let described = rows.into_iter().zip(excerpts).map(|(row, excerpt)| {
        let thumbnail = match pictured.contains(&row) {
            true => examples::thumbnail(std::path::Path::new(&excerpt.source)),
            false => None,
        };
        (row, Excerpt { thumbnail, ..excerpt })
    });
    Ok(Examples::new(inputs.kind().into(), layers, described.collect()))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn rounding_makes_no_value_different() {
        // One token's two values, which differ in the last digits from batch to batch; and values that all differ.
        let token = Array2::from_shape_fn((3, 1000), |(n, s)| n as f32 + 1.0 + 3e-7 * (s % 7) as f32);
        assert_eq!(different(token.view()), 1);
        let words =
            Array2::from_shape_fn((2, 1000), |(n, s)| ((n + 1) * (s % 40)) as f32 / 40.0 + 3e-7 * (s % 7) as f32);
        assert_eq!(different(words.view()), 40);
        // A channel far out does not make the others' values alike.
        let mut far = Array2::from_shape_fn((4, 1000), |(_, s)| (s as f32 * 0.618_034).fract());
        far.row_mut(0).fill(5000.0);
        assert_eq!(different(far.view()), 1000);
        let texts = Array2::from_shape_fn((2, 1000), |(_, s)| (s as f32 * 0.618_034).fract());
        assert_eq!(different(texts.view()), 1000);
        assert_eq!(different(Array2::zeros((0, 0)).view()), 0);
    }
}
