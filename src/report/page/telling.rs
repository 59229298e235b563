//! The inputs that activate a few neurons of each layer most, as the page lists them.

use serde::Serialize;

use super::Shown;
use crate::base::text::{nats, visible};
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
            Why::LowestEntropy => "lowest H",
            Why::HighestEntropy => "highest H",
            Why::Asked => "",
        },
        entropy: found.entropy.map_or_else(|| "–".to_owned(), nats),
        inputs: inputs.collect(),
    }
}
