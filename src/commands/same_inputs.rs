//! Whether the members of a comparison can be paired: runs over the same inputs, pooled in the same way.
//!
//! In: the reports of the members, each with its label; those of saved runs before anything is measured, then all. A file from
//! another program does not say what it measured, and is left out.

use serde_json::Value;

use crate::Error;
use crate::comparison;
use crate::report::schema::Report;

/// Settings that decide which inputs are run, and of what length.
const OF_INPUTS: [&str; 8] =
    ["samples", "seed", "text_column", "text_pair_column", "lossy", "max_length", "keep_repeats", "tokenizer"];

/// Checks every member against the first.
///
/// # Errors
/// [`comparison::Error::OtherInputs`] and [`comparison::Error::OtherPooling`], which say what differs.
pub fn check<'r>(members: impl IntoIterator<Item = (&'r str, &'r Report)>) -> Result<(), Error> {
    let mut members = members.into_iter();
    let Some((label, first)) = members.next() else { return Ok(()) };
    for (other, report) in members {
        let (variant, baseline) = (other.to_owned(), label.to_owned());
        if report.inputs.blake3 != first.inputs.blake3 {
            return Err(comparison::Error::OtherInputs { variant, baseline, differs: of_inputs(report, first) }.into());
        }
        for layer in &report.layers {
            let same = first.layers.iter().find(|same| same.label == layer.label);
            if let Some(same) = same.filter(|same| same.pooling != layer.pooling) {
                let [pooling, expected] = [&layer.pooling, &same.pooling].map(String::clone);
                let layer = layer.label.clone();
                return Err(comparison::Error::OtherPooling { variant, baseline, layer, pooling, expected }.into());
            }
        }
    }
    Ok(())
}

/// What may be why the inputs are others: `samples (80, not 100)`.
fn of_inputs(report: &Report, first: &Report) -> Vec<String> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pair = |name: &str, one: String, other: String| (one != other).then(|| format!("{name} ({one}, not {other})"));
    let setting = |name: &&str| {
        let [one, other] = [report, first].map(|report| report.settings.get(*name).map_or_else(String::new, shown));
        pair(name, one, other)
    };
    let path = pair("path", report.inputs.path.clone(), first.inputs.path.clone());
    let count = pair("count", report.inputs.count.to_string(), first.inputs.count.to_string());
    path.into_iter().chain(OF_INPUTS.iter().filter_map(setting)).chain(count).collect()
}
