//! A run's folder, read back: `probe report` and `probe examples` need no model.

use std::path::{Path, PathBuf};

use super::compared::CompareReport;
use super::examples::Examples;
use super::figures::Figures;
use super::schema::Report;
use super::{Error, json, npz};

/// The files of a run's folder.
pub const REPORT: &str = "report.json";
pub const MEASURES: &str = "measures.npz";
pub const EXAMPLES: &str = "examples.json";
pub const PAGE: &str = "report.html";
pub const ACTIVATIONS: &str = "activations.npz";

/// A run that was saved.
pub struct SavedRun {
    pub folder: PathBuf,
    pub report: Report,
    pub figures: Figures<'static>,
    /// A run of `probe measure` has none.
    pub examples: Option<Examples>,
}

impl SavedRun {
    /// Reads a folder that `--out` wrote.
    ///
    /// # Errors
    /// It is not a run's folder, a file cannot be read, or the files do not fit together.
    pub fn read(folder: &Path) -> Result<SavedRun, Error> {
        let path = folder.join(REPORT);
        if !path.is_file() {
            return Err(Error::NotARun(folder.to_owned()));
        }
        let report: Report = json::read(&path)?;
        let figures = npz::read(&folder.join(MEASURES))?;
        let examples = folder.join(EXAMPLES);
        let examples = if examples.is_file() { Some(json::read::<Examples>(&examples)?) } else { None };
        check(&report, &figures, examples.as_ref())
            .map_err(|reason| Error::Inconsistent { folder: folder.to_owned(), reason })?;
        Ok(SavedRun { folder: folder.to_owned(), report, figures, examples })
    }
}

/// A comparison that was saved.
pub struct SavedComparison {
    pub folder: PathBuf,
    pub report: CompareReport,
    /// Of every variant its first model, whose neurons a page draws.
    pub first: Vec<SavedRun>,
}

/// Where a comparison keeps the files of one model: a folder like that of a run, `variants/LABEL`, or
/// `variants/LABEL/seed-N` where the variant has several models. Characters that a folder's name cannot have become `_`.
pub fn model_folder(folder: &Path, label: &str, replicate: usize, replicates: usize) -> PathBuf {
    let safe = |c: char| if c.is_alphanumeric() || "-_.+@ ".contains(c) { c } else { '_' };
    let mut name: String = label.chars().map(safe).collect();
    if name != label || name.starts_with('.') {
        // Two labels that differ in other characters only must not share a folder.
        name = format!("{}-{}", name.trim_start_matches('.'), &blake3::hash(label.as_bytes()).to_hex()[..8]);
    }
    let variant = folder.join("variants").join(name);
    if replicates == 1 { variant } else { variant.join(format!("seed-{replicate}")) }
}

/// What a folder holds.
pub enum Saved {
    Run(Box<SavedRun>),
    Comparison(Box<SavedComparison>),
}

impl Saved {
    /// Reads the folder of a run or of a comparison.
    ///
    /// # Errors
    /// As [`SavedRun::read`].
    pub fn read(folder: &Path) -> Result<Saved, Error> {
        let path = folder.join(REPORT);
        if !path.is_file() {
            return Err(Error::NotARun(folder.to_owned()));
        }
        let value: serde_json::Value = json::read(&path)?;
        if value.get("variants").is_none() {
            return Ok(Saved::Run(Box::new(SavedRun::read(folder)?)));
        }
        let report: CompareReport = json::read(&path)?;
        let first = (report.variants.iter())
            .map(|variant| SavedRun::read(&model_folder(folder, &variant.label, 0, variant.replicates.len())))
            .collect::<Result<Vec<SavedRun>, Error>>()?;
        Ok(Saved::Comparison(Box::new(SavedComparison { folder: folder.to_owned(), report, first })))
    }
}

/// Everything that is later used as an index is inside its list.
fn check(report: &Report, figures: &Figures, examples: Option<&Examples>) -> Result<(), String> {
    if figures.neurons.len() != report.neurons() {
        return Err(format!("{MEASURES} has {} neurons and {REPORT} {}", figures.neurons.len(), report.neurons()));
    }
    for neuron in figures.neurons.iter().chain(&figures.pair_neurons) {
        if report.layers.get(neuron.layer).is_none_or(|layer| neuron.index >= layer.neurons) {
            return Err(format!("{MEASURES} points to a neuron that {REPORT} does not have"));
        }
    }
    let Some(examples) = examples else { return Ok(()) };
    let fits = examples.layers.len() == report.layers.len()
        && examples
            .layers
            .iter()
            .zip(&report.layers)
            .all(|(e, l)| e.label == l.label && e.rows.len() == l.neurons && e.values.len() == l.neurons);
    if fits { Ok(()) } else { Err(format!("{EXAMPLES} has other layers than {REPORT}")) }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::report::schema::tests::report;

    #[test]
    fn a_folder_comes_back_or_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::NotARun(_))));

        let written = report(&["fc1", "fc2"], 2);
        json::write(&written, std::fs::File::create(folder.path().join(REPORT)).unwrap()).unwrap();
        let save = |entropy: Vec<f64>, widths: &[usize]| {
            let figures = Figures::new(entropy, widths, &[0, 1], Array2::zeros((2, 2)));
            npz::write(&figures, std::fs::File::create(folder.path().join(MEASURES)).unwrap()).unwrap();
        };
        save(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]);
        let run = SavedRun::read(folder.path()).unwrap();
        assert_eq!(run.report, written);
        assert_eq!(run.figures.entropy, [1.0, 2.0, 3.0, 4.0]);
        assert!(run.examples.is_none());

        save(vec![1.0, 2.0, 3.0, 4.0], &[1, 3]);
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::Inconsistent { .. })));
        let newer = std::fs::read_to_string(folder.path().join(REPORT))
            .unwrap()
            .replace("\"schema_version\": 1", "\"schema_version\": 2");
        std::fs::write(folder.path().join(REPORT), newer).unwrap();
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::Newer { found: 2, .. })));
        std::fs::write(folder.path().join(REPORT), "{\"schema_version\": 1}").unwrap();
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::Malformed { .. })));
    }
}
