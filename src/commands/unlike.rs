//! What moves the figures of a comparison beside the networks: inputs prepared otherwise, other numbers in the network, and
//! activations that were rounded on one side.
//!
//! In: the members, each with its report. Out: warnings in the reports of those that differ from the baseline.

use super::Tapped;
use super::member::Member;
use crate::Error;
use crate::base::warning::Warning;
use crate::report::schema::Report;

/// A member of a comparison, and the report that is told of it.
pub struct Told<'a> {
    /// The label of its variant.
    pub label: &'a str,
    pub member: &'a Member,
    pub report: &'a mut Report,
}

/// Compares every member with the first of the baseline.
///
/// # Errors
/// A file of activations cannot be read.
pub fn warn(baseline: &str, members: &mut [Told]) -> Result<(), Error> {
    say_preparation(baseline, members);
    say_numbers(baseline, members);
    say_precision(baseline, members)
}

/// Where the inputs were prepared otherwise.
fn say_preparation(baseline: &str, members: &mut [Told]) {
    let first = members.iter().find(|told| told.label == baseline);
    let Some(expected) = first.and_then(|told| told.report.inputs.provenance.clone()) else { return };
    for Told { report, .. } in members {
        let Some(provenance) = &report.inputs.provenance else { continue };
        let values = expected.differences(provenance);
        if !values.is_empty() {
            report.warnings.insert(0, Warning::PreparedDifferently { baseline: baseline.to_owned(), values }.words());
        }
    }
}

/// Where a network computes with other numbers: a quantised copy, one in half precision.
fn say_numbers(baseline: &str, members: &mut [Told]) {
    let mut of_baseline = members.iter().filter(|told| told.label == baseline);
    let Some(expected) = of_baseline.find_map(|told| told.member.model()).map(Tapped::numbers) else { return };
    for Told { member, report, .. } in members {
        let Some(numbers) = member.model().map(Tapped::numbers).filter(|numbers| *numbers != expected) else {
            continue;
        };
        let (numbers, of_baseline) = (numbers.to_string(), expected.to_string());
        let warning = Warning::OtherNumbers { baseline: baseline.to_owned(), numbers, of_baseline };
        report.warnings.insert(0, warning.words());
    }
}

/// Where activations were saved as float16 and those of the baseline were not, or the reverse.
fn say_precision(baseline: &str, members: &mut [Told]) -> Result<(), Error> {
    let Some(first) = members.iter().find(|told| told.label == baseline) else { return Ok(()) };
    let expected = first.member.in_half()?;
    for Told { member, report, .. } in members {
        let found = member.in_half()?;
        for (half, one, other) in [(true, &found, &expected), (false, &expected, &found)] {
            let layers: Vec<String> = one.iter().filter(|layer| !other.contains(layer)).cloned().collect();
            if !layers.is_empty() {
                let warning = Warning::OtherPrecision { baseline: baseline.to_owned(), layers, half };
                report.warnings.insert(0, warning.words());
            }
        }
    }
    Ok(())
}
