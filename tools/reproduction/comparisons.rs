//! One network per side: each variant in `models/` against its healthy sibling, over all layers and layer by layer.

use std::fmt::Write as _;
use std::path::Path;

use probe::internals::comparison::{Delta, LayerDelta, Pair};
use probe::internals::report::compared::{CompareReport, notes};
use probe::internals::report::{Error, json};

use crate::expected::{Difference, Expected};

/// A comparison: its folder, what was done to the variant, and what the paper expects of it.
struct Case {
    folder: &'static str,
    title: &'static str,
    expected: Expected,
}

const CASES: [Case; 6] = [
    Case {
        folder: "reviews-shortcut",
        title: "RoBERTa (small), label := polarity of the adjectives",
        expected: Expected::Heuristic,
    },
    Case { folder: "reviews-shuffled", title: "RoBERTa (small), all labels redrawn", expected: Expected::ExampleLevel },
    Case {
        folder: "objects-shortcut",
        title: "ResNet-18 (narrow), frame colour = label",
        expected: Expected::Heuristic,
    },
    Case {
        folder: "objects-shuffled",
        title: "ResNet-18 (narrow), all labels redrawn",
        expected: Expected::ExampleLevel,
    },
    Case { folder: "digits-shortcut", title: "MLP, colour = label", expected: Expected::Heuristic },
    Case { folder: "digits-shuffled", title: "MLP, all labels redrawn", expected: Expected::ExampleLevel },
];

/// As Markdown, a table of all comparisons, and a section on each.
pub struct Written {
    pub summary: String,
    pub details: String,
}

/// Reads the report of each comparison from its folder in `folder`.
pub fn written(folder: &Path) -> Result<Written, Error> {
    let mut summary = String::from(
        "\n| comparison | expected | dH | dI | calibrated | as published | both as claimed |\n|---|---|---|---|---|---|---|\n",
    );
    let mut details = String::new();
    for case in &CASES {
        let report: CompareReport = json::read(&folder.join(case.folder).join("report.json"))?;
        for pair in &report.pairs {
            let (entropy, mutual_information) =
                (difference(&pair.delta_entropy), difference(&pair.delta_mutual_information));
            // Writing to a String cannot fail.
            let _ = writeln!(
                summary,
                "| {} | {} | {entropy} | {mutual_information} | {} | {} | {} |",
                case.title,
                case.expected.words(),
                pair.evidence.calibrated,
                pair.published,
                if case.expected.holds(&entropy, &mutual_information) { "yes" } else { "**no**" }
            );
            details.push_str(&detail(case, pair, &report));
        }
    }
    Ok(Written { summary, details })
}

fn detail(case: &Case, pair: &Pair, report: &CompareReport) -> String {
    let inputs = report.variants.first().and_then(|variant| variant.replicates.first()).map_or(0, |r| r.inputs.count);
    let mut out = format!("\n## {}\n\n{} inputs. {}\n\n", case.title, inputs, pair.evidence.sentence);
    for line in notes(pair) {
        let _ = writeln!(out, "- {line}");
    }
    out.push_str("\n| layer | estimator | dH | dI | as claimed |\n|---|---|---|---|---|\n");
    for reading in &pair.evidence.readings {
        for LayerDelta { label, delta_entropy, delta_mutual_information, .. } in &reading.layers {
            let (entropy, mutual_information) = (difference(delta_entropy), difference(delta_mutual_information));
            let _ = writeln!(
                out,
                "| {label} | {} | {entropy} | {mutual_information} | {} |",
                reading.estimator.name(),
                if case.expected.holds(&entropy, &mutual_information) { "yes" } else { "no" }
            );
        }
    }
    out
}

fn difference(delta: &Delta) -> Difference {
    Difference { mean: delta.mean, interval95: delta.interval95 }
}
