//! What `probe labels` prints, and what a run keeps of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::{Kind, SCHEMA_VERSION};
use crate::base::warning::{Warning, Words};
use crate::labels::Codelengths;

/// Codelengths of labels on the activations of a run, or of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelsReport {
    pub schema_version: u64,
    pub probe_version: String,
    /// The run's folder, or the file of activations, as it was given.
    pub activations: String,
    /// The last part of the model's path, or of the file's.
    pub name: String,
    pub kind: Kind,
    /// Inputs whose activations there are, with a label or without.
    pub inputs: usize,
    /// Every resolved setting under its name on the command line.
    pub settings: Map<String, Value>,
    /// One per column of labels.
    pub labels: Vec<Codelengths>,
    pub warnings: Vec<Words>,
}

impl LabelsReport {
    /// Puts codelengths together with what they are of.
    pub fn new(
        activations: String,
        name: String,
        kind: Kind,
        inputs: usize,
        settings: Map<String, Value>,
        labels: Vec<Codelengths>,
    ) -> LabelsReport {
        let warnings = labels.iter().flat_map(|of| warnings(of, kind)).map(|warning| warning.words()).collect();
        let (schema_version, probe_version) = (SCHEMA_VERSION, env!("CARGO_PKG_VERSION").to_owned());
        LabelsReport { schema_version, probe_version, activations, name, kind, inputs, settings, labels, warnings }
    }
}

/// A class with fewer inputs than this is named: most of its inputs are coded before there is much to learn from.
const FEW: usize = 20;

/// What a reader of the codelengths must know of the labels.
fn warnings(of: &Codelengths, kind: Kind) -> Vec<Warning> {
    let column = of.column.clone();
    let mut found = Vec::new();
    if of.missing > 0 {
        let dropped: usize = of.dropped.iter().map(|class| class.inputs).sum();
        let total = of.inputs + of.missing + dropped;
        found.push(Warning::MissingLabels { column: column.clone(), count: of.missing, total, noun: kind.noun(1) });
    }
    let named = |classes: &mut dyn Iterator<Item = &crate::labels::Class>| -> Vec<(String, usize)> {
        classes.map(|class| (class.name.clone(), class.inputs)).collect()
    };
    if !of.dropped.is_empty() {
        found.push(Warning::DroppedClasses { column: column.clone(), classes: named(&mut of.dropped.iter()) });
    }
    let few = named(&mut of.classes.iter().filter(|class| class.inputs < FEW));
    if !few.is_empty() {
        found.push(Warning::RareClasses { column, classes: few });
    }
    found
}
