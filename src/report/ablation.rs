//! What `probe ablate` prints and keeps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::{Kind, Model, Report, SCHEMA_VERSION};
use crate::ablation::Ablation;
use crate::base::warning::{Warning, Words};

/// What happens when neurons of a model are switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AblationReport {
    pub schema_version: u64,
    pub probe_version: String,
    pub model: Option<Model>,
    /// The last part of the model's path.
    pub name: String,
    pub kind: Kind,
    /// Inputs that were run.
    pub inputs: usize,
    /// Neurons of the layers whose neurons could be switched off.
    pub candidates: usize,
    /// Every resolved setting under its name on the command line.
    pub settings: Map<String, Value>,
    #[serde(flatten)]
    pub ablation: Ablation,
    pub warnings: Vec<Words>,
}

impl AblationReport {
    /// Puts the result together with the run of the model as it is; `raised` is what is to be said besides.
    pub fn new(
        run: &Report,
        candidates: usize,
        settings: Map<String, Value>,
        ablation: Ablation,
        raised: &[Warning],
    ) -> AblationReport {
        let warnings = run.warnings.iter().cloned().chain(raised.iter().map(Warning::words)).collect();
        AblationReport {
            schema_version: SCHEMA_VERSION,
            probe_version: run.probe_version.clone(),
            model: run.model.clone(),
            name: run.name().to_owned(),
            kind: run.inputs.kind,
            inputs: run.inputs.count,
            candidates,
            settings,
            ablation,
            warnings,
        }
    }
}
