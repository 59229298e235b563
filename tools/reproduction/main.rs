//! Makes `docs/reproduction.md` of what `scripts/reproduce` has run: what the paper claims, and what the models of this
//! repository show.
//!
//! In: the folder of the comparisons' folders, with the results of `probe ablate` in `ablate` below it, and the tables of
//! `fixtures/circles`. Out: Markdown on stdout.

mod ablations;
mod circles;
mod comparisons;
mod expected;
mod table;

use std::path::{Path, PathBuf};

const HEAD: &str = "\
# What the paper claims, and what these models show

Written by `make reproduce`; do not edit. The claim (Bansal, Pruthi, Belinkov, NeurIPS 2022): a network that leans on a
shortcut shows lower H and higher I than its healthy sibling; one that memorized its training examples the reverse. How
the networks were made, and their accuracies, stand in [models/README.md](../models/README.md); the rule of the verdict in
[verdicts.md](verdicts.md).

## The figures and tables of the paper

| in the paper | here |
|---|---|
| Figure 1: concentric circles, three networks and their decision surfaces | [below](#figure-1-concentric-circles), with 8 seeds each: the shortcut is seen, the memorized labels are not |
| Figures 2, 3, 6 and 7: H and I as a shortcut grows stronger, and as more labels are shuffled | digits, 4 strengths of each with 8 seeds: [validity.md](validity.md#the-recipes) has means and variance between seeds beside the accuracies; boxes and densities are on the pages that `make reproduce` leaves in target/reproduce |
| Figure 4: how easily a label is read from each layer | `probe labels` on the two review models, [labels.md](labels.md): from the one that learned the polarity of the adjectives it is read some ten times as cheaply, as the paper says of gender |
| Figure 5: ResNet | the ResNet-18 below, and 48 convolutional networks in [validity.md](validity.md#the-recipes) |
| Table 2: Kendall's tau of each measure with accuracy | [validity.md](validity.md#ranking-and-accuracy), with intervals over seeds |
| Neurons switched off | `probe ablate` on 13 networks, [below](#neurons-switched-off): those of low entropy are hardly ever missed more than random ones |

## One network per side

Read with care. There is one network per side; the calibrated rule allows for how far seeds typically differ, the
published one does not. The small RoBERTa is trained from scratch, while the paper fine-tunes pre-trained
encoders: token 0 of such a network is nearly one-dimensional, and
all its neurons share information. Its `shuffled` variant saw half of `base`'s texts. The ResNet is run on 150 images, few
for 100 bins. H of the digits depends on the range of the bins, as the sensitivity lines say.
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("target/reproduce"), PathBuf::from);
    let comparisons = comparisons::written(&folder)?;
    let tables = Path::new("fixtures/circles");
    let circles = circles::written(tables)?;
    let ablations = ablations::written(&folder.join("ablate"), tables)?;
    print!("{HEAD}{}{circles}{ablations}{}", comparisons.summary, comparisons.details);
    Ok(())
}
