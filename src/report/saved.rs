//! A run's folder, read back: `probe report` and `probe examples` need no model.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compared::CompareReport;
use super::examples::Examples;
use super::figures::Figures;
use super::schema::{Kind, Report, SCHEMA_VERSION};
use super::{Error, json, npz};
use crate::inputs::Places;
use crate::store::names::{EXAMPLES, INPUTS, MEASURES, REPORT};
use crate::store::{self, Files};

/// A run that was saved.
pub struct SavedRun {
    pub folder: PathBuf,
    pub report: Report,
    pub figures: Figures<'static>,
    /// A run of `probe measure` has none.
    pub examples: Option<Examples>,
    /// Neither has one whose activations another program captured, nor one of an earlier version of `probe`.
    pub places: Option<InputPlaces>,
}

/// `inputs.json`: where each input came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputPlaces {
    pub schema_version: u64,
    pub kind: Kind,
    #[serde(flatten)]
    pub places: Places,
}

impl InputPlaces {
    pub fn new(kind: Kind, places: Places) -> InputPlaces {
        InputPlaces { schema_version: SCHEMA_VERSION, kind, places }
    }
}

impl SavedRun {
    /// Reads a folder that `--out` wrote.
    ///
    /// # Errors
    /// It is not a run's folder, a file cannot be read, or the files are not those of one run: what the report does not
    /// list is not part of the run, and what it lists has to have the hash that it gives.
    pub fn read(folder: &Path) -> Result<SavedRun, Error> {
        let path = folder.join(REPORT);
        if !path.is_file() {
            return Err(Error::NotARun(folder.to_owned()));
        }
        let report: Report = json::read(&path)?;
        let figures = npz::read(listed(folder, &report.files, MEASURES)?, &folder.join(MEASURES))?;
        let examples: Option<Examples> = listed_json(folder, &report.files, EXAMPLES)?;
        let places: Option<InputPlaces> = listed_json(folder, &report.files, INPUTS)?;
        check(&report, &figures, examples.as_ref())
            .map_err(|reason| Error::Inconsistent { folder: folder.to_owned(), reason })?;
        Ok(SavedRun { folder: folder.to_owned(), report, figures, examples, places })
    }
}

/// Reads a file of JSON, if the report lists it.
fn listed_json<T: DeserializeOwned>(folder: &Path, files: &Files, name: &str) -> Result<Option<T>, Error> {
    if !files.contains_key(name) {
        return Ok(None);
    }
    let (mut bytes, path) = (Vec::new(), folder.join(name));
    listed(folder, files, name)?.read_to_end(&mut bytes).map_err(|source| Error::read(&path, source))?;
    json::parse(&bytes, &path).map(Some)
}

/// Opens a file of a run, if it is the one that the report was written with.
///
/// # Errors
/// [`Error::Inconsistent`] if it is another run's, [`Error::Read`] if it is not listed or cannot be read.
pub fn listed(folder: &Path, files: &Files, name: &str) -> Result<std::fs::File, Error> {
    store::open_listed(folder, files, name).map_err(|source| match source.kind() {
        std::io::ErrorKind::InvalidData => {
            Error::Inconsistent { folder: folder.to_owned(), reason: format!("{name}: {source}") }
        }
        _ => Error::read(&folder.join(name), source),
    })
}

/// A comparison that was saved.
pub struct SavedComparison {
    pub report: CompareReport,
    /// Of every variant its first model, whose neurons a page draws.
    pub first: Vec<SavedRun>,
}

/// Where a comparison keeps the files of one model, inside its own folder: a folder like that of a run, `variants/LABEL/`,
/// or `variants/LABEL/seed-N/` where the variant has several models. Characters that a folder's name cannot have become `_`.
pub fn model_folder(label: &str, replicate: usize, replicates: usize) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.+@ ".contains(c) { c } else { '_' };
    let mut name: String = label.chars().map(safe).collect();
    if name != label || name.starts_with('.') {
        // Two labels that differ in other characters only must not share a folder.
        name = format!("{}-{}", name.trim_start_matches('.'), &blake3::hash(label.as_bytes()).to_hex()[..8]);
    }
    if replicates == 1 { format!("variants/{name}/") } else { format!("variants/{name}/seed-{replicate}/") }
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
        let value: Value = json::read(&path)?;
        if value.get("variants").is_none() {
            return Ok(Saved::Run(Box::new(SavedRun::read(folder)?)));
        }
        let report: CompareReport = json::read(&path)?;
        let first = (report.variants.iter())
            .map(|variant| {
                let within = model_folder(&variant.label, 0, variant.replicates.len());
                listed(folder, &report.files, &format!("{within}{REPORT}"))?;
                SavedRun::read(&folder.join(within))
            })
            .collect::<Result<Vec<SavedRun>, Error>>()?;
        Ok(Saved::Comparison(Box::new(SavedComparison { report, first })))
    }
}

/// What the results in a folder are of.
#[derive(Debug, PartialEq, Eq)]
pub struct Subjects {
    /// The models, or the file of activations, as they were given.
    pub paths: Vec<String>,
    /// Their BLAKE3 hashes.
    pub hashes: Vec<String>,
}

impl Subjects {
    /// Of the run or comparison in a folder, if there is one.
    pub fn of(folder: &Path) -> Option<Subjects> {
        let report: Value = json::read(&folder.join(REPORT)).ok()?;
        let reports: Vec<&Value> = match report.get("variants").and_then(Value::as_array) {
            Some(variants) => {
                variants.iter().filter_map(|variant| variant.get("replicates")?.as_array()).flatten().collect()
            }
            None => vec![&report],
        };
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let subject = |report: &Value| {
            let subject = report.get("model").or_else(|| report.get("inputs"))?;
            Some((text(subject, "path")?, text(subject, "blake3")?))
        };
        let (paths, hashes) = reports.into_iter().filter_map(subject).unzip();
        Some(Subjects { paths, hashes })
    }
}

/// Everything that is later used as an index is inside its list.
fn check(report: &Report, figures: &Figures, examples: Option<&Examples>) -> Result<(), String> {
    if figures.neurons.len() != report.neurons() {
        return Err(format!("{MEASURES} has {} neurons and {REPORT} {}", figures.neurons.len(), report.neurons()));
    }
    let beside = figures.beside.as_deref();
    if beside.is_some() != report.beside.is_some() {
        return Err(format!("{MEASURES} and {REPORT} do not have the same estimators"));
    }
    let all = [Some(figures), beside].into_iter().flatten();
    for neuron in all.flat_map(|figures| figures.neurons.iter().chain(&figures.pair_neurons)) {
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

    /// Writes a run's measures and the report that lists them.
    fn save(folder: &Path, written: &Report, entropy: Vec<f64>, widths: &[usize]) {
        let figures = Figures::new(entropy, widths, &[0, 1], Array2::zeros((2, 2)));
        npz::write(&figures, std::fs::File::create(folder.join(MEASURES)).unwrap()).unwrap();
        let hash = blake3::hash(&std::fs::read(folder.join(MEASURES)).unwrap()).to_hex().to_string();
        let report = Report { files: [(MEASURES.to_owned(), hash)].into(), ..written.clone() };
        json::write(&report, std::fs::File::create(folder.join(REPORT)).unwrap()).unwrap();
    }

    #[test]
    fn a_folder_comes_back_or_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::NotARun(_))));

        let written = report(&["fc1", "fc2"], 2);
        save(folder.path(), &written, vec![1.0, 2.0, 3.0, 4.0], &[2, 2]);
        let run = SavedRun::read(folder.path()).unwrap();
        assert_eq!(run.report.layers, written.layers);
        assert_eq!(run.figures.entropy, [1.0, 2.0, 3.0, 4.0]);
        assert!(run.examples.is_none());

        save(folder.path(), &written, vec![1.0, 2.0, 3.0, 4.0], &[1, 3]);
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::Inconsistent { .. })));
        let text = std::fs::read_to_string(folder.path().join(REPORT)).unwrap();
        let of = |version| format!("\"schema_version\": {version}");
        let newer = text.replace(&of(SCHEMA_VERSION), &of(SCHEMA_VERSION + 1));
        std::fs::write(folder.path().join(REPORT), newer).unwrap();
        assert!(
            matches!(SavedRun::read(folder.path()), Err(Error::Newer { found, .. }) if found == SCHEMA_VERSION + 1)
        );
        std::fs::write(folder.path().join(REPORT), format!("{{{}}}", of(SCHEMA_VERSION))).unwrap();
        assert!(matches!(SavedRun::read(folder.path()), Err(Error::Malformed { .. })));
    }

    #[test]
    fn files_of_two_runs_are_not_read_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let written = report(&["fc1", "fc2"], 2);
        save(folder.path(), &written, vec![1.0, 2.0, 3.0, 4.0], &[2, 2]);
        let earlier = std::fs::read(folder.path().join(REPORT)).unwrap();
        save(folder.path(), &written, vec![1.0, 2.0, 3.0, 5.0], &[2, 2]);
        std::fs::write(folder.path().join(EXAMPLES), "an earlier run's").unwrap();
        assert!(SavedRun::read(folder.path()).unwrap().examples.is_none(), "what is not listed is not part of the run");
        std::fs::write(folder.path().join(REPORT), earlier).unwrap();
        let Err(error) = SavedRun::read(folder.path()) else { panic!("two runs were read as one") };
        assert!(matches!(error, Error::Inconsistent { .. }) && error.to_string().contains(MEASURES), "{error}");
    }
}
