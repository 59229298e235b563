//! Whether one layer carries a difference.

use super::direction::Direction;
use super::indicator::Indicator;
use super::observed::Layer;
use super::relative::{Figures, Relative};
use super::side::Side;
use super::typical::Typical;
use super::uncertainty::{Variance, average};
use crate::measures::Measure;

/// The first layer without which H or R is no longer clear where it is clear now. I has pairs between layers, which belong to
/// no single one.
pub(super) fn by_one_layer(
    variant: &Side,
    baseline: &Side,
    layers: &[Layer],
    measures: &[Relative],
    typical: &Typical,
) -> Option<(Indicator, String)> {
    if layers.len() < 2 {
        return None;
    }
    let clear = measures.iter().filter(|measure| measure.side != Direction::Unclear);
    for measure in clear.filter(|measure| measure.name != Indicator::MutualInformation) {
        for (left_out, layer) in layers.iter().enumerate() {
            let [ours, theirs] = [variant, baseline].map(|side| without(side, measure.name, layers, left_out));
            let scale = 0.5 * (average(&ours) + average(&theirs)).abs();
            let inputs = Variance { value: (measure.input_error * scale).powi(2), degrees: f64::INFINITY };
            let rest = Figures { indicator: measure.name, variant: &ours, baseline: &theirs, inputs }.relative(typical);
            if rest.side != measure.side {
                return Some((measure.name, layer.label.clone()));
            }
        }
    }
    None
}

/// The overall figure of every model of a side without one layer: H is the mean over neurons, R the geometric mean over
/// layers.
fn without(side: &Side, indicator: Indicator, layers: &[Layer], left_out: usize) -> Vec<f64> {
    let others: Vec<usize> = (0..layers.len()).filter(|&at| at != left_out).collect();
    let of_layer: Vec<Vec<f64>> = others
        .iter()
        .map(|&at| match indicator {
            Indicator::EffectiveRank => side.spectra(at).iter().map(|cell| cell.spectrum.effective_rank.ln()).collect(),
            _ => {
                let cells = side.cells(side.calibrated_estimator(), Measure::Entropy, at);
                cells.iter().map(|cell| cell.summary.mean * layers[at].neurons as f64).collect()
            }
        })
        .collect();
    let models = of_layer.first().map_or(0, Vec::len);
    let sum = |model: usize| of_layer.iter().map(|layer| layer[model]).sum::<f64>();
    let neurons: usize = others.iter().map(|&at| layers[at].neurons).sum();
    (0..models)
        .map(|model| match indicator {
            Indicator::EffectiveRank => (sum(model) / others.len() as f64).exp(),
            _ => sum(model) / neurons as f64,
        })
        .collect()
}
