//! The inputs that tell most about a neuron: those that activate it most.
//!
//! In: what capture kept for every neuron. Out: `examples.json` of a run's folder, and from it the few neurons that
//! a person asked for or that a page shows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Error;
use super::figures::Figures;
use super::schema::{Kind, SCHEMA_VERSION};
use crate::activations::{self, Activations};
use crate::base::text::{base64, layer_and_index, visible};
use crate::inputs;

/// `examples.json`: for every neuron the inputs that activate it most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    pub schema_version: u64,
    pub kind: Kind,
    /// In the order of the report's layers.
    pub layers: Vec<LayerExamples>,
    /// Every input that is in one of the lists, by its row among the inputs measured.
    pub inputs: BTreeMap<usize, Excerpt>,
}

/// The lists of one layer; `rows[n]` and `values[n]` are neuron n's, the largest value first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerExamples {
    pub label: String,
    pub rows: Vec<Vec<usize>>,
    /// An infinite value is `null` in JSON and NaN when read back.
    #[serde(deserialize_with = "null_is_nan")]
    pub values: Vec<Vec<f32>>,
}

fn null_is_nan<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<f32>>, D::Error> {
    let lists = Vec::<Vec<Option<f32>>>::deserialize(deserializer)?;
    Ok(lists.into_iter().map(|list| list.into_iter().map(|v| v.unwrap_or(f32::NAN)).collect()).collect())
}

/// An input as a person would look it up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The file.
    pub source: String,
    /// The line, counted from 1, or the row of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The beginning of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A small image as a data URI, for the neurons that a page shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

impl From<inputs::Excerpt> for Excerpt {
    fn from(of: inputs::Excerpt) -> Self {
        // What does not fit a page tells a person nothing more.
        const LONGEST: usize = 300;
        let text = match of.text.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", &of.text[..cut]),
            None => of.text,
        };
        let text = (!text.is_empty()).then_some(text);
        Excerpt { source: of.source, line: of.line, text, thumbnail: None }
    }
}

/// Images a neuron that have a thumbnail, and that a page shows.
pub const PICTURED: usize = 3;

/// Why a neuron is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    LowestEntropy,
    HighestEntropy,
    Asked,
}

/// One neuron and its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    pub layer: String,
    pub neuron: usize,
    pub why: Why,
    /// Nats.
    pub entropy: Option<f64>,
    pub inputs: Vec<TellingInput>,
}

/// One input and what the neuron makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TellingInput {
    /// The row among the inputs measured, which is that of `activations.npz`.
    pub row: usize,
    pub value: f32,
    #[serde(flatten)]
    pub excerpt: Excerpt,
}

/// `probe examples --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExamplesReport {
    pub kind: Kind,
    pub neurons: Vec<Telling>,
}

/// `probe examples --json` of a comparison's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedExamples {
    pub variants: Vec<VariantExamples>,
}

/// The examples of a variant's first model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantExamples {
    pub label: String,
    #[serde(flatten)]
    pub examples: ExamplesReport,
}

impl Examples {
    /// Puts lists and excerpts together.
    pub fn new(kind: Kind, layers: Vec<LayerExamples>, inputs: BTreeMap<usize, Excerpt>) -> Self {
        Examples { schema_version: SCHEMA_VERSION, kind, layers, inputs }
    }

    /// The lists of every neuron, from the activations themselves.
    pub fn lists(of: &Activations) -> Vec<LayerExamples> {
        let list = |layer: &activations::Layer| {
            let found = activations::examples(of.layer(layer), activations::MOST_TELLING);
            LayerExamples {
                label: layer.label.clone(),
                rows: found.iter().map(|inputs| inputs.iter().map(|input| input.row).collect()).collect(),
                values: found.iter().map(|inputs| inputs.iter().map(|input| input.value).collect()).collect(),
            }
        };
        of.layers.iter().map(list).collect()
    }

    /// Rows that are in any list: those whose excerpts are to be fetched.
    pub fn rows(layers: &[LayerExamples]) -> BTreeSet<usize> {
        layers.iter().flat_map(|layer| layer.rows.iter().flatten().copied()).collect()
    }

    /// The neuron that `--neuron LABEL:INDEX` names, its `top` inputs.
    ///
    /// # Errors
    /// There is no such layer or neuron.
    pub fn asked(&self, name: &str, top: usize, figures: &Figures) -> Result<Telling, Error> {
        let fail = |reason: String| Error::NoNeuron { asked: visible(name), reason };
        let (label, index) = layer_and_index(name).map_err(|why| fail(why.to_owned()))?;
        let layer = self.layers.iter().position(|layer| layer.label == label).ok_or_else(|| {
            let labels: Vec<String> = self.layers.iter().map(|layer| visible(&layer.label)).collect();
            fail(format!("its layers are {}", labels.join(", ")))
        })?;
        let width = self.layers[layer].rows.len();
        if index >= width {
            return Err(fail(format!("{} has {width} neurons", visible(label))));
        }
        Ok(self.telling(layer, index, Why::Asked, top, figures))
    }

    /// The neurons of lowest and highest entropy in each layer, their `top` inputs.
    pub fn most_telling(&self, top: usize, figures: &Figures) -> Vec<Telling> {
        extremes(self.layers.len(), figures)
            .into_iter()
            .map(|(layer, index, why)| self.telling(layer, index, why, top, figures))
            .collect()
    }

    fn telling(&self, layer: usize, index: usize, why: Why, top: usize, figures: &Figures) -> Telling {
        let of = &self.layers[layer];
        let rows = of.rows.get(index).map(Vec::as_slice).unwrap_or_default();
        let values = of.values.get(index).map(Vec::as_slice).unwrap_or_default();
        let place = figures.neurons.iter().position(|n| n.layer == layer && n.index == index);
        Telling {
            layer: of.label.clone(),
            neuron: index,
            why,
            entropy: place.and_then(|n| figures.entropy.get(n).copied()).filter(|h| h.is_finite()),
            inputs: rows
                .iter()
                .zip(values)
                .take(top)
                .map(|(&row, &value)| TellingInput {
                    row,
                    value,
                    excerpt: self.inputs.get(&row).cloned().unwrap_or_default(),
                })
                .collect(),
        }
    }
}

/// Rows that a page shows, with `top` inputs per neuron: those whose thumbnails are worth making.
pub fn shown_rows(layers: &[LayerExamples], top: usize, figures: &Figures) -> BTreeSet<usize> {
    extremes(layers.len(), figures)
        .into_iter()
        .filter_map(|(layer, index, _)| layers[layer].rows.get(index))
        .flat_map(|rows| rows.iter().take(top).copied())
        .collect()
}

/// Layer, index and reason of the neurons of lowest and highest entropy. A neuron that never changes tells nothing, so
/// zero entropy is passed over where there is any other.
fn extremes(layers: usize, figures: &Figures) -> Vec<(usize, usize, Why)> {
    let mut found = Vec::new();
    for layer in 0..layers {
        let of_layer = || {
            let all = figures.neurons.iter().zip(&figures.entropy);
            all.filter(move |(n, h)| n.layer == layer && h.is_finite()).map(|(n, &h)| (n.index, h))
        };
        let by_entropy = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
        let lowest = of_layer().filter(|&(_, h)| h > 0.0).min_by(by_entropy).or_else(|| of_layer().min_by(by_entropy));
        let highest = of_layer().max_by(by_entropy);
        found.extend(lowest.map(|(index, _)| (layer, index, Why::LowestEntropy)));
        found
            .extend(highest.filter(|high| lowest != Some(*high)).map(|(index, _)| (layer, index, Why::HighestEntropy)));
    }
    found
}

/// A small picture of an image file as a data URI; nothing where it cannot be made, since a page does without.
pub fn thumbnail(path: &std::path::Path) -> Option<String> {
    /// Twice the size at which a page shows it, for dense screens.
    const SIDE: usize = 160;
    let jpeg = inputs::images::thumbnail(path, SIDE)?;
    Some(format!("data:image/jpeg;base64,{}", base64(&jpeg)))
}

#[cfg(test)]
pub(crate) mod tests {
    use ndarray::Array2;

    use super::*;

    pub(crate) fn two_layers() -> (Examples, Figures<'static>) {
        let layer = |label: &str| LayerExamples {
            label: label.to_owned(),
            rows: vec![vec![3, 1], vec![1, 2], vec![2, 3]],
            values: vec![vec![2.5, 2.0], vec![9.0, 8.5], vec![0.5, -0.5]],
        };
        let excerpt = |line: u64, text: &str| Excerpt {
            source: "texts.txt".into(),
            line: Some(line),
            text: Some(text.into()),
            thumbnail: None,
        };
        let inputs = BTreeMap::from([
            (1, excerpt(2, "a great film")),
            (2, excerpt(3, "<b>bold</b> \x1b[31m")),
            (3, excerpt(5, "never again")),
        ]);
        let examples = Examples::new(Kind::Texts, vec![layer("fc1"), layer("a:b")], inputs);
        let entropy = vec![1.0, 0.0, 3.0, f64::NAN, 2.0, 0.5];
        (examples, Figures::new(entropy, &[3, 3], &[0, 3], Array2::zeros((2, 2))))
    }

    #[test]
    fn a_neuron_is_named_by_layer_and_index() {
        let (examples, figures) = two_layers();
        let found = examples.asked("a:b:1", 1, &figures).unwrap();
        assert_eq!((found.neuron, found.entropy, found.inputs.len()), (1, Some(2.0), 1));
        assert_eq!(found.inputs[0].excerpt.line, Some(2));
        for wrong in ["fc1", "fc1:3", "fc9:0", "fc1:x"] {
            assert!(matches!(examples.asked(wrong, 1, &figures), Err(Error::NoNeuron { .. })), "{wrong}");
        }
    }

    #[test]
    fn the_extremes_pass_over_what_is_constant_or_not_finite() {
        let (examples, figures) = two_layers();
        let found: Vec<(String, usize, Why)> =
            examples.most_telling(2, &figures).into_iter().map(|t| (t.layer, t.neuron, t.why)).collect();
        let (low, high) = (Why::LowestEntropy, Why::HighestEntropy);
        let of = |layer: &str, neuron, why| (layer.to_owned(), neuron, why);
        assert_eq!(found, [of("fc1", 0, low), of("fc1", 2, high), of("a:b", 2, low), of("a:b", 1, high)]);
        assert_eq!(shown_rows(&examples.layers, 1, &figures), BTreeSet::from([1, 2, 3]));
    }
}
