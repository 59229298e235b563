//! Matching layers by label, before anything is measured: what is compared must be the same place in the same
//! architecture, and a statistic over all layers must be over the same ones.

use serde::{Deserialize, Serialize};

use super::Error;
use super::observed::Layer;

/// The layers a comparison is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alignment {
    /// Labels common to all, with equal widths, in the baseline's order.
    pub common: Vec<String>,
    /// Left out with `--align`, and why.
    pub dropped: Vec<Dropped>,
}

/// A layer that is not the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    pub label: String,
    /// The variant in which it differs from the baseline.
    pub variant: String,
    pub baseline: String,
    /// Neurons there and in the baseline; none where the layer is missing.
    pub neurons: [Option<usize>; 2],
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.neurons {
            [Some(variant), Some(baseline)] => write!(f, "{} has {variant} neurons against {baseline}", self.label),
            [Some(_), None] => write!(f, "{} is only in {}", self.label, self.variant),
            _ => write!(f, "{} is only in {}", self.label, self.baseline),
        }
    }
}

/// Matches every model's layers with those of the first, which is the baseline. Without `align`, any difference is an
/// error; with it, the layers in common go on, and none in common is an error.
///
/// To be asked before measuring, so that each model is measured on the common layers only: figures over all layers
/// depend on which they are.
pub fn align(models: &[(&str, &[Layer])], align: bool) -> Result<Alignment, Error> {
    let Some(((baseline, base), others)) = models.split_first() else {
        return Ok(Alignment::default());
    };
    let mut dropped = Vec::new();
    for (variant, layers) in others {
        let before = dropped.len();
        differences(variant, layers, baseline, base, &mut dropped);
        let here = &dropped[before..];
        if !align && !here.is_empty() {
            let (variant, baseline) = (variant.to_string(), baseline.to_string());
            return Err(Error::Mismatch { variant, baseline, difference: told(here) });
        }
    }
    let common: Vec<String> = (base.iter().map(|layer| &layer.label))
        .filter(|label| dropped.iter().all(|d: &Dropped| &d.label != *label))
        .cloned()
        .collect();
    match others.last() {
        Some((variant, _)) if common.is_empty() => Err(Error::NothingInCommon {
            variant: variant.to_string(),
            baseline: baseline.to_string(),
            difference: told(&dropped),
        }),
        _ => Ok(Alignment { common, dropped }),
    }
}

fn differences(variant: &str, layers: &[Layer], baseline: &str, base: &[Layer], into: &mut Vec<Dropped>) {
    let width = |of: &[Layer], label: &str| of.iter().find(|layer| layer.label == label).map(|layer| layer.neurons);
    let only_here = layers.iter().filter(|layer| width(base, &layer.label).is_none());
    for layer in base.iter().chain(only_here) {
        let neurons = [width(layers, &layer.label), width(base, &layer.label)];
        // A width that the file does not tell is unknown, and may be any.
        if neurons[0] != neurons[1] && !neurons.contains(&Some(0)) {
            let (variant, baseline) = (variant.to_string(), baseline.to_string());
            into.push(Dropped { label: layer.label.clone(), variant, baseline, neurons });
        }
    }
}

/// One line, also of a network with a hundred layers.
fn told(dropped: &[Dropped]) -> String {
    const SHOWN: usize = 4;
    let mut parts: Vec<String> = dropped.iter().take(SHOWN).map(Dropped::to_string).collect();
    if dropped.len() > SHOWN {
        parts.push(format!("and {} more", dropped.len() - SHOWN));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(layers: &[(&str, usize)]) -> Vec<Layer> {
        layers.iter().map(|&(label, neurons)| Layer { label: label.into(), neurons }).collect()
    }

    #[test]
    fn equal_layers_match_in_any_order() {
        let (a, b) = (network(&[("fc1", 8), ("fc2", 4)]), network(&[("fc2", 4), ("fc1", 8)]));
        let alignment = align(&[("a", &a), ("b", &b)], false).unwrap();
        assert_eq!(alignment, Alignment { common: vec!["fc1".into(), "fc2".into()], dropped: vec![] });
    }

    #[test]
    fn a_width_that_is_not_known_is_not_a_difference() {
        let (a, b) = (network(&[("fc1", 0), ("fc2", 4)]), network(&[("fc1", 8), ("fc2", 4)]));
        assert_eq!(align(&[("a", &a), ("b", &b)], false).unwrap().common, ["fc1", "fc2"]);
    }

    #[test]
    fn the_error_names_what_differs() {
        let base = network(&[("fc1", 8), ("fc2", 4), ("fc3", 2)]);
        let other = network(&[("fc1", 8), ("fc2", 5), ("fc4", 2)]);
        let error = align(&[("base", &base), ("other", &other)], false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "other and base do not match: fc2 has 5 neurons against 4; fc3 is only in base; fc4 is only in other"
        );
    }

    #[test]
    fn align_goes_on_with_those_common_to_all() {
        let base = network(&[("fc1", 8), ("fc2", 4), ("fc3", 2)]);
        let (b, c) = (network(&[("fc1", 8), ("fc2", 5), ("fc3", 2)]), network(&[("fc1", 8), ("fc2", 4)]));
        let alignment = align(&[("a", &base), ("b", &b), ("c", &c)], true).unwrap();
        assert_eq!(alignment.common, ["fc1"]);
        let told: Vec<String> = alignment.dropped.iter().map(|d| d.to_string()).collect();
        assert_eq!(told, ["fc2 has 5 neurons against 4", "fc3 is only in a"]);
    }

    #[test]
    fn nothing_in_common_is_an_error_also_with_align() {
        let (a, b) = (network(&[("fc1", 8)]), network(&[("conv", 8)]));
        let error = align(&[("a", &a), ("b", &b)], true).unwrap_err();
        assert!(matches!(error, Error::NothingInCommon { .. }), "{error}");
    }

    #[test]
    fn a_long_list_is_cut() {
        let base: Vec<Layer> = (0..100).map(|i| Layer { label: format!("l{i}"), neurons: 1 }).collect();
        let error = align(&[("a", &base), ("b", &network(&[("l0", 1)]))], false).unwrap_err();
        assert!(error.to_string().ends_with("l4 is only in a; and 95 more"), "{error}");
    }
}
