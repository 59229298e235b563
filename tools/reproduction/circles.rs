//! Figure 1: the networks on concentric circles, from the tables in `fixtures/circles` that `tools/circles` made.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::expected::{Difference, Expected};
use crate::table::{mean, rows};

/// What is said before the tables.
const SETTING: &str = "
## Figure 1: concentric circles

![Where three networks decide for which circle: base draws a circle, heuristic goes by the cue, few_shuffled winds around single points](circles.svg)

A point is x, y and a cue; its class is the circle that (x, y) lies near. Three quarters of the points have a cue near -3 or
near 3. The networks have two hidden layers of 16 ReLU neurons, as the paper's, and 8 seeds per recipe. `base` was trained on 1,800
points whose cue says nothing, `heuristic` on 1,800 whose cue is their class, and `few_shuffled` on 90 whose labels were
redrawn, so that it memorized them. `few` is no part of the figure: it has the 90 points with their true labels, so
that it differs from `few_shuffled` in nothing but labels. The picture shows seed 0: above the plane of x and y where
the cue says nothing, below that of x and the cue through the middle.

[tools/circles](../tools/circles/README.md) trains and measures them; `make reproduce` reads its tables in
`fixtures/circles`. H and I are given twice: of the layers before their ReLU, all networks on the same 1,000 points, whose
cue says nothing; and *as published*, of the layers behind their ReLU, each network on points as it was trained on. Both
have 20 bins, as published. In brackets is the standard deviation between seeds.
";

/// What is said behind them.
const FOUND: &str = "
**What holds.** With a shortcut H is clearly lower as published, and I is clearly higher before the ReLU; there the calibrated
rule names the shortcut, by I and R. **What does not.** H and I are clear together in no reading. The network that
memorized has the higher H of the paper in no reading: as published its H is clearly *lower* than that of `base`. Its lower I
is seen as published alone, and only beside `base`. Beside `few`, which has the same points and their true labels, nothing is
clear; so the number of points tells `few_shuffled` from `base`, and no sign of the memorized labels is left. I as published is
below zero because it is estimated from tied values, the zeros of the ReLU ([measures.md](measures.md)). The figure has one
network per recipe, while H differs more between seeds of one recipe, before the ReLU, than between recipes.
";

/// The recipes in the order of the table, with the number of training points.
const RECIPES: [(&str, &str); 4] = [("base", "1,800"), ("heuristic", "1,800"), ("few", "90"), ("few_shuffled", "90")];

/// A line of `networks.csv`, of whose columns these are shown.
#[derive(Deserialize)]
struct Network {
    recipe: String,
    train_accuracy: f64,
    held_out_accuracy: f64,
    follows_cue: f64,
    paper_entropy: f64,
    paper_mutual_information: f64,
    effective_rank: f64,
    published_entropy: f64,
    published_mutual_information: f64,
}

/// A line of `comparisons.csv`.
#[derive(Deserialize)]
struct Comparison {
    variant: String,
    baseline: String,
    paper_entropy: f64,
    paper_entropy_low: f64,
    paper_entropy_high: f64,
    paper_mutual_information: f64,
    paper_mutual_information_low: f64,
    paper_mutual_information_high: f64,
    published_entropy: f64,
    published_entropy_low: f64,
    published_entropy_high: f64,
    published_mutual_information: f64,
    published_mutual_information_low: f64,
    published_mutual_information_high: f64,
    sentence: String,
}

/// The section, as Markdown, from the tables in `folder`.
pub fn written(folder: &Path) -> Result<String, csv::Error> {
    let networks: Vec<Network> = rows(&folder.join("networks.csv"))?;
    let comparisons: Vec<Comparison> = rows(&folder.join("comparisons.csv"))?;
    let mut out = format!(
        "{SETTING}\n| recipe | training points | accuracy on its own labels | on held-out points | follows the cue | H | I | R \
         | H as published | I as published |\n|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for (recipe, points) in RECIPES {
        let of = |figure: fn(&Network) -> f64| {
            let values: Vec<f64> = networks.iter().filter(|network| network.recipe == recipe).map(figure).collect();
            let mean = mean(&values);
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            format!("{mean:.2} ({:.2})", (squares / (values.len() as f64 - 1.0)).sqrt())
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{recipe}` | {points} | {} | {} | {} | {} | {} | {} | {} | {} |",
            of(|network| network.train_accuracy),
            of(|network| network.held_out_accuracy),
            of(|network| network.follows_cue),
            of(|network| network.paper_entropy),
            of(|network| network.paper_mutual_information),
            of(|network| network.effective_rank),
            of(|network| network.published_entropy),
            of(|network| network.published_mutual_information),
        );
    }
    out.push_str(
        "\n| comparison of recipes | expected | reading | dH | dI | both as claimed |\n|---|---|---|---|---|---|\n",
    );
    for pair in &comparisons {
        let expected = if pair.variant == "heuristic" { Expected::Heuristic } else { Expected::ExampleLevel };
        for (reading, entropy, mutual_information) in pair.readings() {
            let _ = writeln!(
                out,
                "| `{}` against `{}` | {} | {reading} | {entropy} | {mutual_information} | {} |",
                pair.variant,
                pair.baseline,
                expected.words(),
                if expected.holds(&entropy, &mutual_information) { "yes" } else { "**no**" }
            );
        }
    }
    out.push_str("\nThe intervals are over seeds. What `probe compare` says, before the ReLU and with `robust`:\n\n");
    for pair in &comparisons {
        let _ = writeln!(out, "- {}", pair.sentence);
    }
    out.push_str(FOUND);
    Ok(out)
}

impl Comparison {
    /// The name of each reading, and the differences in H and I.
    fn readings(&self) -> [(&'static str, Difference, Difference); 2] {
        let difference = |mean, low, high| Difference { mean, interval95: [low, high] };
        [
            (
                "before the ReLU",
                difference(self.paper_entropy, self.paper_entropy_low, self.paper_entropy_high),
                difference(
                    self.paper_mutual_information,
                    self.paper_mutual_information_low,
                    self.paper_mutual_information_high,
                ),
            ),
            (
                "as published",
                difference(self.published_entropy, self.published_entropy_low, self.published_entropy_high),
                difference(
                    self.published_mutual_information,
                    self.published_mutual_information_low,
                    self.published_mutual_information_high,
                ),
            ),
        ]
    }
}
