//! One row per neuron, for spreadsheets and `pandas.read_csv`.

use std::collections::HashMap;
use std::io::Write;

use super::Export;
use crate::report::Error;
use crate::report::compared::CompareReport;
use crate::report::figures::Figures;
use crate::report::schema::Report;

/// Writes `layer,label,neuron,entropy,mean_mi,max_mi` (nats). The last two are over the neuron's pairs and empty where
/// none were measured or the neuron has non-finite values. A comparison has `variant,model` before them, where `model`
/// counts the models of a variant from 0.
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
                neurons(&mut rows, &[&variant.label, &index.to_string()], model, figures)?;
            }
        }
        Ok(rows.flush()?)
    }
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
        let label = report.layers.get(neuron.layer).map_or("", |layer| layer.label.as_str());
        let (mean, max) = pairs.get(&(neuron.layer, neuron.index)).copied().unwrap_or((f64::NAN, f64::NAN));
        let (layer, index) = (neuron.layer.to_string(), neuron.index.to_string());
        let own = [&layer, label, &index, &number(*entropy), &number(mean), &number(max)];
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
}
