//! One row per neuron, for spreadsheets and `pandas.read_csv`.

use std::collections::HashMap;
use std::io::Write;

use super::Export;
use crate::ablation::{Point, Share, Spread};
use crate::base::text::visible;
use crate::labels::{Code, Codelengths, Estimate};
use crate::report::Error;
use crate::report::ablation::AblationReport;
use crate::report::compared::CompareReport;
use crate::report::figures::Figures;
use crate::report::labels::LabelsReport;
use crate::report::schema::Report;

/// Writes `layer,label,neuron,entropy,mean_mi,max_mi` (nats). The last two are over the neuron's pairs and empty where
/// none were measured or the neuron has non-finite values. A comparison has `variant,model` before them, where `model`
/// counts the models of a variant from 0. Labels come from model files that may be anybody's: they are written as
/// [`text_cell`] gives them.
pub(super) struct Csv;

const COLUMNS: [&str; 6] = ["layer", "label", "neuron", "entropy", "mean_mi", "max_mi"];

impl Export for Csv {
    fn run(&self, report: &Report, figures: &Figures, to: &mut dyn Write) -> Result<(), Error> {
        let mut rows = csv::Writer::from_writer(to);
        record(&mut rows, &COLUMNS)?;
        neurons(&mut rows, &[], report, figures)?;
        Ok(rows.flush()?)
    }

    fn comparison(&self, report: &CompareReport, figures: &[Vec<Figures>], to: &mut dyn Write) -> Result<(), Error> {
        let mut rows = csv::Writer::from_writer(to);
        record(&mut rows, &[&["variant", "model"][..], &COLUMNS[..]].concat())?;
        for (variant, figures) in report.variants.iter().zip(figures) {
            for (index, (model, figures)) in variant.replicates.iter().zip(figures).enumerate() {
                neurons(&mut rows, &[&text_cell(&variant.label), &index.to_string()], model, figures)?;
            }
        }
        Ok(rows.flush()?)
    }

    fn ablation(&self, report: &AblationReport, to: &mut dyn Write) -> Result<(), Error> {
        let mut rows = csv::Writer::from_writer(to);
        record(&mut rows, &OF_ABLATION)?;
        for point in &report.ablation.curve {
            record(&mut rows, &of_point(point).iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        Ok(rows.flush()?)
    }

    fn labels(&self, report: &LabelsReport, to: &mut dyn Write) -> Result<(), Error> {
        let mut rows = csv::Writer::from_writer(to);
        record(&mut rows, &OF_LABELS)?;
        let mut row = |of: &Codelengths, layer: &str, neurons: usize, code: &Code, control: f64| {
            let first = [text_cell(&of.column), text_cell(layer), neurons.to_string()];
            let cells: Vec<String> = first.into_iter().chain(of_code(code)).chain([number(control)]).collect();
            record(&mut rows, &cells.iter().map(String::as_str).collect::<Vec<_>>())
        };
        for of in &report.labels {
            for layer in &of.layers {
                row(of, &layer.label, layer.neurons, &layer.code, layer.control.compression.mean)?;
            }
            row(of, "", 0, &of.featureless, f64::NAN)?;
        }
        Ok(rows.flush()?)
    }
}

/// The columns of a curve: one row per number of neurons that are off.
const OF_ABLATION: [&str; 19] = [
    "neurons",
    "changed",
    "changed_low",
    "changed_high",
    "random_changed",
    "random_changed_low",
    "random_changed_high",
    "random_changed_min",
    "random_changed_max",
    "draws_as_high",
    "draws",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "random_accuracy",
    "random_accuracy_low",
    "random_accuracy_high",
    "random_accuracy_min",
    "random_accuracy_max",
];

fn of_point(point: &Point) -> Vec<String> {
    let share = |share: &Share| [share.share, share.interval95[0], share.interval95[1]].map(number);
    let spread = |of: &Spread| [of.mean, of.interval95[0], of.interval95[1], of.min, of.max].map(number);
    let mut cells = vec![point.neurons.to_string()];
    cells.extend(share(&point.changed));
    cells.extend(spread(&point.changed_random));
    cells.extend([point.changed_random.as_high.to_string(), point.changed_random.draws.to_string()]);
    cells.extend(point.accuracy.as_ref().map_or_else(Default::default, share));
    cells.extend(point.accuracy_random.as_ref().map_or_else(Default::default, spread));
    cells
}

/// The columns of codelengths: one row per column of labels and layer, and one for the labels alone, whose layer is empty.
const OF_LABELS: [&str; 13] = [
    "labels",
    "layer",
    "neurons",
    "codelength",
    "codelength_low",
    "codelength_high",
    "compression",
    "compression_low",
    "compression_high",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "control_compression",
];

fn of_code(code: &Code) -> Vec<String> {
    let ends = |of: &Estimate| [number(of.mean), number(of.interval95[0]), number(of.interval95[1])];
    [&code.codelength, &code.compression, &code.accuracy].into_iter().flat_map(ends).collect()
}

/// Writes one row per neuron, each with `first` before the neuron's own cells.
fn neurons(
    rows: &mut csv::Writer<impl Write>,
    first: &[&str],
    report: &Report,
    figures: &Figures,
) -> Result<(), Error> {
    let pairs = pair_means(figures);
    for (neuron, entropy) in figures.neurons.iter().zip(&figures.entropy) {
        let label = report.layers.get(neuron.layer).map_or_else(String::new, |layer| text_cell(&layer.label));
        let (mean, max) = pairs.get(&(neuron.layer, neuron.index)).copied().unwrap_or((f64::NAN, f64::NAN));
        let (layer, index) = (neuron.layer.to_string(), neuron.index.to_string());
        let own = [&*layer, &label, &index, &number(*entropy), &number(mean), &number(max)];
        record(rows, &[first, &own[..]].concat())?;
    }
    Ok(())
}

fn record(rows: &mut csv::Writer<impl Write>, cells: &[&str]) -> Result<(), Error> {
    Ok(rows.write_record(cells).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    })?)
}

/// The mean and the largest value of each neuron's pairs, the one with itself left out.
fn pair_means(figures: &Figures) -> HashMap<(usize, usize), (f64, f64)> {
    let m = figures.mutual_information.len();
    let mut row = vec![0.0; m];
    let mut means = HashMap::with_capacity(m);
    for (i, neuron) in figures.pair_neurons.iter().enumerate() {
        figures.mutual_information.copy_row(i, &mut row);
        let (mut sum, mut max, mut count) = (0.0, f64::NEG_INFINITY, 0u32);
        for (_, &value) in row.iter().enumerate().filter(|&(j, value)| j != i && value.is_finite()) {
            sum += value;
            max = max.max(value);
            count += 1;
        }
        if count > 0 {
            means.insert((neuron.layer, neuron.index), (sum / f64::from(count), max));
        }
    }
    means
}

/// A text as a cell that does nothing where it is shown: control characters are spelled out, since the table may go to
/// a terminal, and a text that a spreadsheet would take for a formula starts with an apostrophe.
fn text_cell(text: &str) -> String {
    let visible = visible(text);
    let is_formula = visible.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{visible}") } else { visible }
}

fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::report::schema::tests::report;

    #[test]
    fn one_row_per_neuron() {
        let mi = array![[9.0, 0.5, f64::NAN], [0.5, 9.0, 0.25], [f64::NAN, 0.25, f64::NAN]];
        let figures = Figures::new(vec![1.5, 2.0, f64::NAN, 3.0], &[2, 2], &[0, 1, 2], mi);
        let mut text = Vec::new();
        Csv.run(&report(&["a,b", "c"], 2), &figures, &mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "layer,label,neuron,entropy,mean_mi,max_mi\n0,\"a,b\",0,1.5,0.5,0.5\n0,\"a,b\",1,2,0.375,0.5\n\
             1,c,0,,0.25,0.25\n1,c,1,3,,\n"
        );
    }

    #[test]
    fn a_label_neither_steers_a_terminal_nor_runs_in_a_spreadsheet() {
        assert_eq!(text_cell("a\x1b]0;owned\x07\u{9b}31m\u{202e}b"), "a\\x1b]0;owned\\x07\\x9b31m\\u{202e}b");
        for formula in ["=HYPERLINK(\"http://x\")", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "  =1", "＝1"] {
            assert_eq!(text_cell(formula), format!("'{formula}"));
        }
        assert_eq!(text_cell("\t=1"), "\\t=1", "a tab is spelled out, so that nothing starts a formula");
        assert_eq!(text_cell("encoder.layer.0"), "encoder.layer.0");
        let figures = Figures::new(vec![1.5], &[1], &[0], array![[0.0]]);
        let mut text = Vec::new();
        Csv.run(&report(&["=1\x1b[2J"], 1), &figures, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with("\n0,'=1\\x1b[2J,0,1.5,,\n"), "{text}");
    }
}
