//! The codes of one column of labels, layer by layer.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::classes::Labelled;
use super::codelength::{OnlineCode, online_code};
use super::error::Error;
use super::features::Features;
use super::logistic::Learning;
use super::result::{Code, Codelengths, LayerCode};
use super::settings::Settings;
use crate::base::job::{Job, Stage};
use crate::measures::random::{ORDERS, PERMUTATIONS, shuffled};

/// Codes the labels from each layer: its label and its activations [neurons, inputs], each row contiguous.
///
/// Layers, orders and controls are coded in parallel, and the result is the same for any number of threads.
///
/// # Errors
/// The blocks leave nothing to learn from; the user stopped it.
pub fn codelengths(
    layers: &[(&str, ArrayView2<'_, f32>)],
    labelled: &Labelled,
    settings: &Settings,
    job: &dyn Job,
) -> Result<Codelengths, Error> {
    let (inputs, classes) = (labelled.inputs.len(), labelled.classes.len());
    let ends = settings.blocks.ends(inputs, classes)?;
    let uniform = inputs as f64 * (classes as f64).log2();
    let coder = Coder { labelled, settings, ends: &ends, job };
    let code = |codes: &[OnlineCode]| Code::of(codes, uniform, settings.units);

    job.begin(Stage::Codes, 2 * (layers.len() * settings.orders) as u64);
    let featureless = coder.codes(&Features::none(), Labels::Given)?;
    let of_layer = |(label, activations): &(&str, ArrayView2<'_, f32>)| {
        let features = Features::of(*activations, &labelled.inputs);
        let (given, permuted) =
            rayon::join(|| coder.codes(&features, Labels::Given), || coder.codes(&features, Labels::Permuted));
        let Features { neurons, left_out, .. } = features;
        let (given, control) = (code(&given?), code(&permuted?));
        Ok(LayerCode { label: (*label).to_owned(), neurons, left_out, code: given, control })
    };
    let coded: Result<Vec<LayerCode>, Error> = layers.par_iter().with_max_len(1).map(of_layer).collect();
    job.end();
    Ok(Codelengths {
        column: labelled.column.clone(),
        units: settings.units,
        inputs,
        missing: labelled.missing,
        classes: labelled.classes.clone(),
        dropped: labelled.dropped.clone(),
        featureless: code(&featureless),
        layers: coded?,
        blocks: ends,
        uniform,
    })
}

/// Which labels are coded.
#[derive(Clone, Copy, PartialEq)]
enum Labels {
    Given,
    /// The same, each at another input.
    Permuted,
}

struct Coder<'a> {
    labelled: &'a Labelled,
    settings: &'a Settings,
    ends: &'a [usize],
    job: &'a dyn Job,
}

impl Coder<'_> {
    /// One code per random order of the inputs.
    fn codes(&self, features: &Features, which: Labels) -> Result<Vec<OnlineCode>, Error> {
        let Labelled { labels, classes, .. } = self.labelled;
        let Settings { seed, l2, orders, .. } = *self.settings;
        let one = |nth: u64| {
            let order = shuffled(seed, ORDERS + nth, labels.len());
            let permuted: Vec<u32>;
            let labels = match which {
                Labels::Given => labels,
                Labels::Permuted => {
                    let from = shuffled(seed, PERMUTATIONS + nth, labels.len());
                    permuted = from.into_iter().map(|input| labels[input as usize]).collect();
                    &permuted
                }
            };
            let learning = Learning { features, labels, classes: classes.len(), l2 };
            let code = online_code(&learning, &order, self.ends, &|| self.job.stopped());
            if features.width() > 0 {
                self.job.advance(1);
            }
            code.ok_or(Error::Interrupted)
        };
        (0..orders as u64).into_par_iter().map(one).collect()
    }
}
