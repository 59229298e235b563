//! One member of a comparison: a model to run, or activations that exist already.
//!
//! In: what stands behind `LABEL=`. Out: the layers, and on its turn the activations.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::activations::{self, Activations};
use crate::base::job::Job;
use crate::comparison::observed;
use crate::inputs::{self, Samples};
use crate::report;
use crate::report::saved::{self, SavedRun};
use crate::store::names;
use crate::taps;

use super::Tapped;

/// A model, or what was captured of one.
pub enum Member {
    Model(Box<Tapped>),
    /// A saved run with its activations.
    Saved(Box<SavedActivations>),
    /// A file of activations from another program, one array per layer.
    File {
        path: PathBuf,
        layers: Vec<observed::Layer>,
    },
}

/// A saved run, and the file of its activations.
pub struct SavedActivations {
    pub run: SavedRun,
    pub path: PathBuf,
}

impl SavedActivations {
    /// # Errors
    /// The run was saved without its activations, or the file is another run's.
    pub fn of(run: SavedRun) -> Result<SavedActivations, report::Error> {
        if !run.report.files.contains_key(names::ACTIVATIONS) {
            return Err(report::Error::NoActivations(run.folder));
        }
        saved::listed(&run.folder, &run.report.files, names::ACTIVATIONS)?;
        let path = run.folder.join(names::ACTIVATIONS);
        Ok(SavedActivations { run, path })
    }
}

impl Member {
    /// Opens what a path names: a folder with a report.json is a saved run, an .npz or .npy holds activations, and
    /// everything else is a model.
    ///
    /// # Errors
    /// The file cannot be used; a run was saved without its activations.
    pub fn open(path: &Path, request: &taps::Request) -> Result<Member, Error> {
        if path.join(names::REPORT).is_file() {
            return Ok(Member::Saved(Box::new(SavedActivations::of(SavedRun::read(path)?)?)));
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("npz" | "npy") => {
                let layers = activations::layers_of(path)?;
                let layers = layers.into_iter().map(|(label, neurons)| observed::Layer { label, neurons }).collect();
                Ok(Member::File { path: path.to_owned(), layers })
            }
            _ => Ok(Member::Model(Box::new(Tapped::open(path, request)?))),
        }
    }

    /// The model, if it is one.
    pub fn model(&self) -> Option<&Tapped> {
        match self {
            Member::Model(tapped) => Some(tapped),
            Member::Saved(_) | Member::File { .. } => None,
        }
    }

    /// The report, if it is a saved run.
    pub fn saved(&self) -> Option<&report::schema::Report> {
        match self {
            Member::Saved(saved) => Some(&saved.run.report),
            Member::Model(_) | Member::File { .. } => None,
        }
    }

    /// The layers, as far as they are known before anything is run: a width that a graph does not tell is 0.
    pub fn layers(&self) -> Vec<observed::Layer> {
        match self {
            Member::Model(tapped) => tapped.layers(),
            Member::Saved(saved) => {
                let layer = |layer: &report::schema::Layer| observed::Layer {
                    label: layer.label.clone(),
                    neurons: layer.neurons,
                };
                saved.run.report.layers.iter().map(layer).collect()
            }
            Member::File { layers, .. } => layers.clone(),
        }
    }

    /// The layers whose activations exist already, as float16.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn in_half(&self) -> Result<Vec<String>, Error> {
        let path = match self {
            Member::Model(_) => return Ok(Vec::new()),
            Member::Saved(saved) => &saved.path,
            Member::File { path, .. } => path,
        };
        let layers = self.layers();
        let mut halved = activations::in_half(path)?;
        halved.retain(|label| layers.iter().any(|layer| layer.label == *label));
        Ok(halved)
    }

    /// Keeps only the layers with these labels.
    pub fn keep(&mut self, labels: &[String]) -> Result<(), Error> {
        match self {
            Member::Model(tapped) => tapped.keep(labels),
            Member::Saved(saved) => {
                saved.run.report.layers.retain(|layer| labels.contains(&layer.label));
                Ok(())
            }
            Member::File { layers, .. } => {
                layers.retain(|layer| labels.contains(&layer.label));
                Ok(())
            }
        }
    }

    /// The activations that exist already. Of a saved run all inputs are taken, since they were drawn when it was made; of
    /// another program's file `samples` are drawn with the seed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(&self, samples: Samples, seed: u64, job: &dyn Job) -> Result<Activations, Error> {
        let (path, samples) = match self {
            Member::Model(tapped) => (&tapped.model.path, samples),
            Member::Saved(saved) => (&saved.path, Samples::All),
            Member::File { path, .. } => (path, samples),
        };
        let layers = self.layers();
        let wanted = |label: &str| layers.iter().any(|layer| layer.label == label);
        Ok(activations::load(path, &wanted, &|rows| inputs::positions(rows, samples, seed), job)?)
    }
}
