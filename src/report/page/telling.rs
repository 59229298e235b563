//! The inputs that activate a few neurons most, as the page lists them: of each layer, and of the layer that carries a
//! verdict in both networks.

use serde::Serialize;

use super::{Judged, Shown};
use crate::base::text::{nats, visible};
use crate::report;
use crate::report::examples::{PICTURED, Telling, Why};
use crate::report::schema::Kind;

/// Texts (or rows of arrays) shown with a neuron.
const LINES: usize = 6;

/// The neurons of one layer that are shown.
#[derive(Debug, Serialize)]
pub struct TellingLayer {
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

/// The neurons of lowest and highest entropy of each layer; none where the run kept no examples.
pub fn telling(of: &Shown) -> Vec<TellingLayer> {
    let Some(examples) = of.examples else { return Vec::new() };
    // Further images have no thumbnail, and a name alone tells nothing.
    let top = if examples.kind == Kind::Images { PICTURED } else { LINES };
    let mut layers: Vec<TellingLayer> = Vec::new();
    for found in examples.most_telling(top, of.figures) {
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

/// A neuron of two networks side by side: what activates it in each.
#[derive(Debug, Serialize)]
struct ChangedNeuron {
    name: String,
    sides: [ChangedSide; 2],
}

#[derive(Debug, Serialize)]
struct ChangedSide {
    label: String,
    colour: usize,
    entropy: String,
    inputs: Vec<TellingInputView>,
}

/// What two networks make of the same neurons, in the layer that carries a verdict.
#[derive(Debug, Serialize)]
pub struct ChangedView {
    variant: String,
    baseline: String,
    layer: String,
    neurons: Vec<ChangedNeuron>,
}

/// Per verdict that names a kind of memorization, the neurons that differ most.
pub fn changed(shown: &[Shown], judged: &[Judged]) -> Vec<ChangedView> {
    let place = |label: &str| shown.iter().position(|of| of.label == label);
    let view = |pair: &Judged| {
        let (variant, baseline, layer) = (place(&pair.variant)?, place(&pair.baseline)?, pair.layer.as_deref()?);
        let neurons = most_changed(shown, [variant, baseline], layer);
        let [of_variant, of_baseline, layer] = [&pair.variant, &pair.baseline, layer].map(visible);
        let view = ChangedView { variant: of_variant, baseline: of_baseline, layer, neurons };
        (!view.neurons.is_empty()).then_some(view)
    };
    judged.iter().filter_map(view).collect()
}

/// The neurons of a layer whose entropy differs most between two variants, by their places in `shown`; none where a run
/// kept no examples.
fn most_changed(shown: &[Shown], places: [usize; 2], layer: &str) -> Vec<ChangedNeuron> {
    const NEURONS: usize = 3;
    /// Three texts show what they share, and leave room for the plots.
    const INPUTS: usize = 3;
    let entropies = places.map(|place| {
        let of = &shown[place];
        let at = of.report.layers.iter().position(|there| there.label == layer)?;
        let neurons = of.figures.neurons.iter().zip(&of.figures.entropy).filter(|(neuron, _)| neuron.layer == at);
        Some(neurons.map(|(_, &entropy)| entropy).collect::<Vec<f64>>())
    });
    let [Some(ours), Some(theirs)] = entropies else { return Vec::new() };
    let mut by_change: Vec<(usize, f64)> = (ours.iter().zip(&theirs).enumerate())
        .map(|(neuron, (a, b))| (neuron, (a - b).abs()))
        .filter(|(_, change)| change.is_finite())
        .collect();
    by_change.sort_by(|a, b| b.1.total_cmp(&a.1));
    let side = |place: usize, neuron: usize| {
        let of = &shown[place];
        let examples = of.examples?;
        let mut found = examples.asked(&format!("{layer}:{neuron}"), INPUTS, of.figures).ok()?;
        if examples.kind == Kind::Images {
            // A run keeps thumbnails of a few neurons only; of others they can be made as long as the images are there.
            for input in &mut found.inputs {
                let made = || report::examples::thumbnail(std::path::Path::new(&input.excerpt.source));
                input.excerpt.thumbnail = input.excerpt.thumbnail.take().or_else(made);
            }
        }
        let view = telling_view(&found);
        let colour = place % super::COLOURS;
        Some(ChangedSide { label: visible(&of.label), colour, entropy: view.entropy, inputs: view.inputs })
    };
    let both = |&(neuron, _): &(usize, f64)| {
        let [Some(ours), Some(theirs)] = places.map(|place| side(place, neuron)) else { return None };
        Some(ChangedNeuron { name: format!("{}:{neuron}", visible(layer)), sides: [theirs, ours] })
    };
    by_change.iter().take(NEURONS).filter_map(both).collect()
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
                // The last folder is often the class; the rest is the same for all.
                let folders = excerpt.source.rsplit_once('/').map(|(folders, _)| folders);
                folder = folders.map_or_else(String::new, |f| visible(f.rsplit('/').next().unwrap_or(f)) + "/");
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
            Why::LowestEntropy => "lowest H",
            Why::HighestEntropy => "highest H",
            Why::Asked => "",
        },
        entropy: found.entropy.map_or_else(|| "–".to_owned(), nats),
        inputs: inputs.collect(),
    }
}
