//! Neurons of lowest entropy switched off, beside random ones of the same layers: what `probe ablate` found.

use std::fmt::Write as _;
use std::path::Path;

use probe::internals::ablation::{Share, Spread};
use probe::internals::report::ablation::AblationReport;
use probe::internals::report::json;
use serde::Deserialize;

use crate::table::{mean, rows};

/// A run of `probe ablate`: its file, the network, and what its answers are compared with.
struct Case {
    file: &'static str,
    network: &'static str,
    labels: Option<&'static str>,
}

const fn case(file: &'static str, network: &'static str, labels: Option<&'static str>) -> Case {
    Case { file, network, labels }
}

const CASES: [Case; 16] = [
    case("circles-base-label", "circles, `base`", Some("circle")),
    case("circles-base-cue", "circles, `base`", Some("cue")),
    case("circles-heuristic-label", "circles, `heuristic`", Some("circle")),
    case("circles-heuristic-cue", "circles, `heuristic`", Some("cue")),
    case("circles-few_shuffled-label", "circles, `few_shuffled`", Some("circle")),
    case("circles-few_shuffled-cue", "circles, `few_shuffled`", Some("cue")),
    case("digits-colored_a0.00", "MLP, colour says nothing", None),
    case("digits-colored_a1.00", "MLP, colour = label", None),
    case("digits-shuffled_b0.00", "MLP, ten classes", None),
    case("digits-shuffled_b1.00", "MLP, all labels redrawn", None),
    case("objects-base", "ResNet-18 (narrow)", Some("object")),
    case("objects-heuristic", "ResNet-18 (narrow), frame colour = label", Some("object")),
    case("objects-shuffled100", "ResNet-18 (narrow), all labels redrawn", Some("object")),
    case("reviews-base", "RoBERTa (small)", Some("polarity")),
    case("reviews-heuristic", "RoBERTa (small), label := polarity", Some("polarity")),
    case("reviews-shuffled100", "RoBERTa (small), all labels redrawn", Some("polarity")),
];

/// The random choices of which `networks.csv` counts some.
const DRAWS: usize = 20;

/// What is said before the table of networks.
const SETTING: &str = "
## Neurons switched off

The program published with the paper switches neurons of its circle networks off, by their entropy and at random. If the
neurons of low entropy were those that a network decides by, its answers would change more without them than without others.
Here a quarter of the neurons of all measured layers is off (zero), those whose entropy is lowest, beside 20 random choices
of as many neurons of the same layers ([ablate.md](ablate.md)). Intervals in brackets are over inputs (Wilson's), and over the
draws for their mean; *as many* counts the draws that change as many answers, or more. The RoBERTas run 200 of the
texts. Where there are labels, the right part says how many answers agree with them: with the circle, the cue, the object, and for
the RoBERTas with the polarity of the adjectives. There are none for the digits.
";

/// What is said before the table of the circles' recipes.
const SEEDS: &str = "
The table has the first seed of the circles. Below are all eight of each recipe, `few` among them. *More*, *less* and *neither*
count the seeds, as above, by how the neurons of lowest entropy are missed beside random ones; shares of answers are means
over the seeds.

| circles | more | less | neither | answers changed | at random | follows the cue before | off | at random |
|---|---|---|---|---|---|---|---|---|
";

/// What is said at the end.
const FOUND: &str = "
So the neurons of lowest entropy are no better place to look for a shortcut than others: most networks miss them no more, or less, than
random neurons of the same layers. One of the eight circle networks that learned the cue loses it without them, the others
keep it. The three larger networks that learned a shortcut answer as before without a quarter of their neurons, whichever
these are; that fits the higher I of such networks, whose neurons tell much of each other.
";

/// How the neurons of lowest entropy compare with the draws, over some networks.
#[derive(Default)]
struct Counts {
    networks: usize,
    more: usize,
    less: usize,
    unchanged: usize,
}

impl Counts {
    /// Adds a network in which `as_many` of `draws` change as many answers as the neurons of lowest entropy, or more, unless
    /// none of them changes any.
    fn add(&mut self, as_many: usize, draws: usize, any: bool) {
        self.networks += 1;
        if !any {
            self.unchanged += 1;
        } else if 20 * as_many <= draws {
            self.more += 1;
        } else if 20 * as_many >= 19 * draws {
            self.less += 1;
        }
    }

    fn neither(&self) -> usize {
        self.networks - self.more - self.less - self.unchanged
    }

    fn sentence(&self) -> String {
        format!(
            "\nOf {} networks, {} {} the neurons of lowest entropy more than random ones (at most one draw of 20 changes as many \
             answers), {} less (at least 19 of 20 do), {} neither; in {} no answer changes either way. By chance about one network \
             of ten would be in each of the first two groups.\n",
            self.networks,
            self.more,
            if self.more == 1 { "misses" } else { "miss" },
            self.less,
            self.neither(),
            self.unchanged
        )
    }
}

/// A line of `networks.csv`, of whose columns these are shown.
#[derive(Deserialize)]
struct Network {
    recipe: String,
    follows_cue: f64,
    off_changed: f64,
    off_changed_random: f64,
    off_as_many: usize,
    off_follows_cue: f64,
    off_follows_cue_random: f64,
}

/// The section, as Markdown, from the results in `folder` and the tables of the circles in `tables`.
pub fn written(folder: &Path, tables: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = format!(
        "{SETTING}\n| network | off | answers changed | at random | as many | agrees with | before | off | at random \
         |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    let (mut counts, mut last) = (Counts::default(), "");
    for case in &CASES {
        let report: AblationReport = json::read(&folder.join(format!("{}.json", case.file)))?;
        let Some(point) = report.ablation.curve.last() else { continue };
        // Two runs of one network, with other labels, change the same answers.
        let draws = &point.changed_random;
        if case.network != last {
            counts.add(draws.as_high, draws.draws, point.changed.count > 0 || draws.max > 0.0);
        }
        last = case.network;
        let accuracy = match (case.labels, &report.ablation.labels, point.accuracy, &point.accuracy_random) {
            (Some(name), Some(labels), Some(off), Some(random)) => {
                format!("{name} | {} | {} | {}", share(&labels.accuracy), share(&off), spread(random))
            }
            _ => "| | |".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} of {} | {accuracy} |",
            case.network,
            layers(&report),
            share(&point.changed),
            spread(draws),
            draws.as_high,
            draws.draws,
        );
    }
    out.push_str(&counts.sentence());
    out.push_str(SEEDS);
    out.push_str(&circles(&rows::<Network>(&tables.join("networks.csv"))?));
    out.push_str(FOUND);
    Ok(out)
}

/// One row per recipe of the circles, over its seeds.
fn circles(networks: &[Network]) -> String {
    let mut out = String::new();
    for recipe in ["base", "heuristic", "few", "few_shuffled"] {
        let seeds: Vec<&Network> = networks.iter().filter(|network| network.recipe == recipe).collect();
        let mut counts = Counts::default();
        for network in &seeds {
            counts.add(network.off_as_many, DRAWS, network.off_changed > 0.0 || network.off_changed_random > 0.0);
        }
        let share = |figure: fn(&Network) -> f64| {
            let values: Vec<f64> = seeds.iter().map(|network| figure(network)).collect();
            format!("{:.1} %", 100.0 * mean(&values))
        };
        let _ = writeln!(
            out,
            "| `{recipe}` | {} | {} | {} | {} | {} | {} | {} | {} |",
            counts.more,
            counts.less,
            counts.neither(),
            share(|network| network.off_changed),
            share(|network| network.off_changed_random),
            share(|network| network.follows_cue),
            share(|network| network.off_follows_cue),
            share(|network| network.off_follows_cue_random),
        );
    }
    out
}

/// How many neurons are off, and in which layers.
fn layers(report: &AblationReport) -> String {
    let neurons = &report.ablation.neurons;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for neuron in neurons {
        match counts.iter_mut().find(|(layer, _)| *layer == neuron.layer) {
            Some((_, count)) => *count += 1,
            None => counts.push((&neuron.layer, 1)),
        }
    }
    counts.sort_unstable();
    let named: Vec<String> = counts.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
    format!("{} of {}: {}", neurons.len(), report.candidates, named.join(", "))
}

fn share(share: &Share) -> String {
    percent(share.share, share.interval95)
}

fn spread(spread: &Spread) -> String {
    percent(spread.mean, spread.interval95)
}

fn percent(share: f64, [low, high]: [f64; 2]) -> String {
    format!("{:.1} % [{:.1}, {:.1}]", 100.0 * share, 100.0 * low, 100.0 * high)
}
