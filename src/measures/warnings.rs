//! What a reader must know of the figures.

use super::{Measures, PairNeurons, Settings};
use crate::base::warning::Warning;

/// Fewer inputs than this leave both estimators visibly biased.
const FEW_INPUTS: usize = 500;

impl Measures {
    /// The warnings that the measures call for. `layers` are labels and widths, in order;
    /// `noun` is the word for one input.
    pub fn warnings(&self, layers: &[(&str, usize)], settings: &Settings, noun: &'static str) -> Vec<Warning> {
        let mut found = Vec::new();
        let total = self.primary.entropy.len();
        let count = |of: fn(&super::Health) -> usize| self.health.iter().map(of).sum::<usize>();
        let robust = self.primary.estimator == super::Estimator::Robust;
        let named =
            |layer: usize, neuron: usize| format!("{}:{neuron}", layers.get(layer).map_or("", |(label, _)| label));

        let broken: Vec<String> = (self.health.iter().enumerate())
            .flat_map(|(layer, health)| health.broken.iter().map(move |broken| (layer, broken)))
            .map(|(layer, broken)| format!("{} (first in input {})", named(layer, broken.neuron), broken.input))
            .collect();
        if !broken.is_empty() {
            found.push(Warning::NonFinite { neurons: broken.len(), total, names: broken });
        }
        if !self.outliers.is_empty() {
            let mut farthest: Vec<_> = self.outliers.iter().collect();
            farthest.sort_by(|a, b| b.distance.total_cmp(&a.distance));
            let names = farthest.iter().map(|outlier| named(outlier.layer, outlier.neuron)).collect();
            found.push(Warning::OutlierChannels { names, robust });
        }
        if self.concerns.ties && !robust {
            found.push(Warning::Ties { neurons: count(|health| health.tied), total });
        }
        if self.concerns.scales && !robust {
            let ratio = self.concerns.spread_ratio.max(self.concerns.range_ratio);
            found.push(Warning::ClashingScales { ratio });
        }
        let constant = count(|health| health.constant);
        if constant > 0 {
            found.push(Warning::Constant { neurons: constant, total });
        }
        if self.samples < FEW_INPUTS {
            found.push(Warning::FewInputs { samples: self.samples, noun });
        }
        found.extend(self.still_moving());
        found.extend(narrow(layers, settings.pair_neurons));
        if matches!(settings.binning, super::Binning::Shared { .. }) {
            found.push(Warning::SharedBinning);
        }
        found
    }

    /// The means that have not converged: those that moved, from half of the inputs to all, by more than their interval.
    fn still_moving(&self) -> impl Iterator<Item = Warning> {
        let stability = self.stability;
        let [_, half, samples] = stability.samples;
        let measures = [
            ("H", stability.entropy, stability.entropy_moving),
            ("I", stability.mutual_information, stability.mutual_information_moving),
        ];
        measures
            .into_iter()
            .filter(|(.., moving)| *moving)
            .map(move |(measure, [_, from, to], _)| Warning::StillMoving { measure, from, to, half, samples })
    }
}

/// The layers that have fewer neurons than were asked for.
fn narrow(layers: &[(&str, usize)], which: PairNeurons) -> Option<Warning> {
    let wanted = match which {
        PairNeurons::First(wanted) | PairNeurons::Random(wanted) => wanted,
        PairNeurons::All => return None,
    };
    let narrow: Vec<(String, usize)> =
        (layers.iter().filter(|(_, width)| *width < wanted)).map(|&(label, width)| (label.to_owned(), width)).collect();
    (!narrow.is_empty()).then_some(Warning::NarrowLayers { layers: narrow, wanted })
}
