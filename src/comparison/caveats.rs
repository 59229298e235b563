//! What a verdict cannot know, said where it can be seen.

use serde::{Deserialize, Serialize};

use super::calibrated::clear;
use super::indicator::Indicator;
use super::observed::{ModelFile, Observed};
use super::relative::{MOST_SEEDS, Relative};
use super::typical::Architecture;
use super::verdict::Verdict;

/// A reason for care with one verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caveat {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Fewer inputs than this leave the measures visibly biased.
const FEW_INPUTS: usize = 500;

/// What one pair is judged from.
pub(super) struct Case<'a> {
    pub variant: &'a [&'a Observed],
    pub baseline: &'a [&'a Observed],
    pub architecture: Architecture,
    pub verdict: Verdict,
    pub measures: &'a [Relative],
    /// The layer without which a measure is no longer clear, if there is one.
    pub carried_by: Option<(Indicator, String)>,
}

impl Case<'_> {
    pub fn caveats(&self) -> Vec<Caveat> {
        let found = [
            self.same_figures().map(|message| ("same-figures", message)),
            self.one_transformer().map(|message| ("one-transformer-per-side", message)),
            self.more_seeds().map(|message| ("more-seeds", message)),
            self.one_layer().map(|message| ("one-layer", message)),
            self.against_each_other().map(|message| ("measures-disagree", message)),
            self.files().map(|message| ("different-files", message)),
            self.few_inputs().map(|message| ("few-inputs", message)),
        ];
        let caveat = |(code, message): (&str, String)| Caveat { code: code.to_owned(), message };
        found.into_iter().flatten().map(caveat).collect()
    }

    fn is_one_per_side(&self) -> bool {
        self.variant.len() == 1 && self.baseline.len() == 1
    }

    fn same_figures(&self) -> Option<String> {
        let same = self.measures.iter().all(Relative::is_same);
        (self.is_one_per_side() && same).then(|| {
            "The two files give the same figures, to a thousandth: they may be copies of one network.".to_owned()
        })
    }

    fn one_transformer(&self) -> Option<String> {
        if !self.is_one_per_side() || self.architecture != Architecture::Transformer {
            return None;
        }
        let clear = !matches!(self.verdict, Verdict::NotEnoughEvidence | Verdict::NoDifference);
        clear.then(|| {
            format!(
                "There is one transformer per side. Fine-tuned from one pre-trained model, two seeds of one recipe may differ \
                 by as much as two recipes do{}.",
                match self.seeds() {
                    Some(seeds) => format!("; {seeds} seeds per side would decide, if the differences stay as they are"),
                    None => "; several seeds per side would decide".to_owned(),
                }
            )
        })
    }

    fn more_seeds(&self) -> Option<String> {
        if self.verdict != Verdict::NotEnoughEvidence || self.same_figures().is_some() {
            return None;
        }
        Some(match self.seeds() {
            Some(seeds) => {
                format!("{seeds} seeds per side would decide, if the differences and their variance stay as they are.")
            }
            None => format!("Differences as small as these would stay unclear with {MOST_SEEDS} seeds per side."),
        })
    }

    /// With as many seeds per side two of the measures would be clear.
    fn seeds(&self) -> Option<usize> {
        let mut seeds: Vec<usize> = self.measures.iter().filter_map(Relative::seeds_to_be_clear).collect();
        seeds.sort_unstable();
        seeds.get(1).copied()
    }

    fn one_layer(&self) -> Option<String> {
        self.carried_by.as_ref().map(|(indicator, layer)| {
            format!(
                "The difference in {} is that of one layer, {layer}: without it, it is not clear.",
                indicator.letter()
            )
        })
    }

    fn against_each_other(&self) -> Option<String> {
        let letters = |towards: bool| -> Vec<&str> {
            let of = clear(self.measures).filter(|measure| (measure.side == measure.name.of_shortcut()) == towards);
            of.map(|measure| measure.name.letter()).collect()
        };
        let (shortcut, examples) = (letters(true), letters(false));
        (!shortcut.is_empty() && !examples.is_empty()).then(|| {
            format!(
                "{} moved as with a shortcut and {} as with memorized examples. Recipes that differ in how long they train, or \
                 in both kinds at once, do this.",
                shortcut.join(" and "),
                examples.join(" and ")
            )
        })
    }

    fn files(&self) -> Option<String> {
        let mut files: Vec<&ModelFile> = Vec::new();
        for file in self.variant.iter().chain(self.baseline).filter_map(|model| model.file.as_ref()) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let differ = |of: &dyn Fn(&ModelFile) -> String| {
            let mut values: Vec<String> = files.iter().map(|file| of(file)).collect();
            values.dedup();
            (values.len() > 1).then(|| values.join(" against "))
        };
        let parts: Vec<String> = [
            ("element types", differ(&|file| file.elements.clone())),
            ("opsets", differ(&|file| file.opset.map_or("unknown".to_owned(), |opset| opset.to_string()))),
            ("exporters", differ(&|file| file.producer.clone())),
        ]
        .into_iter()
        .filter_map(|(what, values)| Some(format!("{what} ({})", values?)))
        .collect();
        (!parts.is_empty()).then(|| {
            format!("The files have different {}; part of the difference may come from that.", parts.join(", "))
        })
    }

    fn few_inputs(&self) -> Option<String> {
        let samples = self.variant.iter().chain(self.baseline).map(|model| model.samples).min()?;
        (samples < FEW_INPUTS).then(|| {
            format!("{samples} inputs are few: all measures depend on their number, and the intervals are wide.")
        })
    }
}
