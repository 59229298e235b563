//! `-v`: what was found and chosen for a model, on stderr.

use crate::base::text::{counted, thousands};
use crate::cli::messages;
use crate::cli::settings::RunSettings;
use crate::inputs::Inputs;
use crate::runtime::Runtime;

use super::Tapped;

/// Prints the files, taps, inputs and runtime of a model, where `-v` asks for it.
pub fn say(tapped: &Tapped, inputs: &Inputs, runtime: &Runtime, run: &RunSettings) {
    if !run.output.verbose {
        return;
    }
    let Tapped { model, digest, taps, .. } = tapped;
    let mut lines = vec![
        format!("ONNX Runtime {} at {} ({})", runtime.version, runtime.library.display(), run.runtime.provider),
        format!(
            "model {} ({}, BLAKE3 {})",
            model.path.display(),
            counted_bytes(model.len),
            &digest.hash.to_hex()[..16]
        ),
    ];
    for tap in &taps.taps {
        lines.push(format!("layer {}: {} ({}), pooled {}; {}", tap.label, tap.tensor, tap.op, tap.pooling, tap.reason));
    }
    let available = thousands(usize::try_from(inputs.available()).unwrap_or(usize::MAX));
    lines.push(format!("inputs: {} drawn of {available}", thousands(inputs.drawn())));
    lines.extend(inputs.provenance().facts().into_iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(counted(run.runtime.threads, "thread"));
    lines.iter().for_each(|line| messages::note(line));
}

fn counted_bytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
