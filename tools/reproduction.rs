//! Makes `docs/reproduction.md` of the comparisons that `scripts/reproduce` has run: what the paper claims, and what
//! the models of this repository show, layer by layer.
//!
//! In: the folder of the comparisons' folders. Out: Markdown on stdout.

use std::fmt::Write as _;
use std::path::Path;

use probe::internals::comparison::{Delta, LayerDelta, Pair};
use probe::internals::report::compared::{CompareReport, notes};
use probe::internals::report::json;

/// A comparison: its folder, what was done to the variant, and what the paper expects of it.
struct Case {
    folder: &'static str,
    title: &'static str,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    /// dH below zero, dI above.
    Heuristic,
    /// dH above, dI below.
    ExampleLevel,
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

const HEAD: &str = "\
# What the paper claims, and what these models show

Written by `make reproduce`; do not edit. The claim (Bansal, Pruthi, Belinkov, NeurIPS 2022): a network that leans on a
shortcut shows lower H and higher I than its healthy sibling; one that memorized its training examples the reverse. How
the networks were made, and their accuracies, stand in [models/README.md](../models/README.md); the rule of the verdict in
[verdicts.md](verdicts.md).

## The figures and tables of the paper

| in the paper | here |
|---|---|
| Figure 1: concentric circles, three networks and their decision surfaces | not reproduced |
| Figures 2, 3, 6 and 7: H and I as a shortcut grows stronger, and as more labels are shuffled | digits, 4 strengths of each with 8 seeds: [validity.md](validity.md#the-recipes) has means and variance between seeds beside the accuracies; boxes and densities are on the pages that `make reproduce` leaves in target/reproduce |
| Figure 4: how easily a label is read from each layer | `probe labels` on the two review models, [labels.md](labels.md): from the one that learned the polarity of the adjectives it is read some ten times as cheaply, as the paper says of gender |
| Figure 5: ResNet | the ResNet-18 below, and 48 convolutional networks in [validity.md](validity.md#the-recipes) |
| Table 2: Kendall's tau of each measure with accuracy | [validity.md](validity.md#ranking-and-accuracy), with intervals over seeds |
| Neurons switched off | `probe ablate`, [ablate.md](ablate.md), with random neurons of the same layers beside; shown there on one digits network, and not repeated on the paper's networks |

Read with care. There is one network per side; the calibrated rule allows for how far seeds typically differ, the
published one does not. The small RoBERTa is trained from scratch, while the paper fine-tunes pre-trained
encoders: token 0 of such a network is nearly one-dimensional, and
all its neurons share information. Its `shuffled` variant saw half of `base`'s texts. The ResNet is run on 150 images, few
for 100 bins. H of the digits depends on the range of the bins, as the sensitivity lines say.
";

fn main() -> Result<(), probe::internals::report::Error> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/reproduce".into());
    let mut summary = String::from(
        "\n| comparison | expected | dH | dI | calibrated | as published | both as claimed |\n|---|---|---|---|---|---|---|\n",
    );
    let mut details = String::new();
    for case in &CASES {
        let report: CompareReport = json::read(&Path::new(&folder).join(case.folder).join("report.json"))?;
        for pair in &report.pairs {
            // Writing to a String cannot fail.
            let _ = writeln!(
                summary,
                "| {} | {} | {} | {} | {} | {} | {} |",
                case.title,
                case.expected.words(),
                told(&pair.delta_entropy),
                told(&pair.delta_mutual_information),
                pair.evidence.calibrated,
                pair.published,
                if holds(case.expected, &pair.delta_entropy, &pair.delta_mutual_information) {
                    "yes"
                } else {
                    "**no**"
                }
            );
            details.push_str(&detail(case, pair, &report));
        }
    }
    print!("{HEAD}{summary}{details}");
    Ok(())
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
            let _ = writeln!(
                out,
                "| {label} | {} | {} | {} | {} |",
                reading.estimator.name(),
                told(delta_entropy),
                told(delta_mutual_information),
                if holds(case.expected, delta_entropy, delta_mutual_information) { "yes" } else { "no" }
            );
        }
    }
    out
}

fn told(delta: &Delta) -> String {
    let [low, high] = delta.interval95;
    format!("{:+.3} [{low:+.3}, {high:+.3}]", delta.mean)
}

/// Whether both intervals exclude zero on the side that the paper expects.
fn holds(expected: Expected, entropy: &Delta, mutual_information: &Delta) -> bool {
    let (below, above) = (|delta: &Delta| delta.interval95[1] < 0.0, |delta: &Delta| delta.interval95[0] > 0.0);
    match expected {
        Expected::Heuristic => below(entropy) && above(mutual_information),
        Expected::ExampleLevel => above(entropy) && below(mutual_information),
    }
}

impl Expected {
    fn words(self) -> &'static str {
        match self {
            Expected::Heuristic => "H lower, I higher",
            Expected::ExampleLevel => "H higher, I lower",
        }
    }
}
