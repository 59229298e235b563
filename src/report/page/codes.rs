//! What can be read off the layers: a table per column of labels, and the colours of the boxes, as in Figure 4 of Bansal,
//! Pruthi and Belinkov.

use serde::Serialize;

use super::Shown;
use crate::base::text::{percent, rank, thousands, visible};
use crate::labels::{Code, Codelengths, Estimate};

/// Shades from a compression of 1 to one of [`DARKEST`].
const SHADES: usize = 10;

/// The compression of the darkest shade; the same on every page, so that pages can be compared.
const DARKEST: f64 = 32.0;

/// One column of labels over the layers of a variant.
#[derive(Debug, Serialize)]
pub struct CodesView {
    column: String,
    classes: String,
    rows: Vec<CodeRow>,
}

#[derive(Debug, Serialize)]
struct CodeRow {
    label: String,
    /// The number of its shade; nothing for the labels alone.
    shade: Option<usize>,
    codelength: String,
    compression: String,
    interval: String,
    control: String,
    accuracy: String,
}

/// Every column of labels of a variant.
pub fn codes(of: &Shown) -> Vec<CodesView> {
    of.report.labels.iter().map(view).collect()
}

/// What the legend of the boxes shows: compressions, each with its shade.
pub fn legend() -> Vec<(usize, String)> {
    [1.0, 2.0, 4.0, 8.0, 16.0, DARKEST].map(|compression| (shade(compression), rank(compression))).to_vec()
}

/// The column that colours the boxes, where a variant has one: the first.
pub fn colouring(shown: &[Shown]) -> Option<String> {
    shown.iter().find_map(|of| Some(of.report.labels.first()?.column.clone()))
}

/// The compression of a layer that colours its box.
pub fn compression(of: &Shown, column: &str, layer: &str) -> Option<f64> {
    let of = of.report.labels.iter().find(|of| of.column == column)?;
    Some(of.layers.iter().find(|of| of.label == layer)?.code.compression.mean)
}

/// The shade of a compression, by its logarithm: as far from 1 to 2 as from 2 to 4.
pub fn shade(compression: f64) -> usize {
    let share = compression.log2() / DARKEST.log2();
    (share * (SHADES - 1) as f64).round().clamp(0.0, (SHADES - 1) as f64) as usize
}

fn view(of: &Codelengths) -> CodesView {
    let classes = of.classes.iter().map(|class| format!("{} {}", visible(&class.name), thousands(class.inputs)));
    let row = |label: String, shade: Option<usize>, code: &Code, control: String| CodeRow {
        label,
        shade,
        codelength: thousands(code.codelength.mean.round() as usize),
        compression: rank(code.compression.mean),
        interval: interval(&code.compression),
        control,
        accuracy: percent(code.accuracy.mean),
    };
    let layers = of.layers.iter().map(|layer| {
        let control = rank(layer.control.compression.mean);
        row(visible(&layer.label), Some(shade(layer.code.compression.mean)), &layer.code, control)
    });
    let alone = row("labels alone".to_owned(), None, &of.featureless, String::new());
    CodesView {
        column: visible(&of.column),
        classes: classes.collect::<Vec<_>>().join(", "),
        rows: layers.chain([alone]).collect(),
    }
}

fn interval(of: &Estimate) -> String {
    let [low, high] = of.interval95;
    if low.is_finite() { format!("[{}, {}]", rank(low), rank(high)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_by_the_logarithm_and_have_ends() {
        assert_eq!([0.5, 1.0, 32.0, 1e6].map(shade), [0, 0, SHADES - 1, SHADES - 1]);
        assert_eq!(shade(f64::NAN), 0);
        let steps: Vec<usize> = legend().into_iter().map(|(shade, _)| shade).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }
}
