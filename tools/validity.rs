//! How often the verdicts are right on networks whose training is known:
//!
//!     cargo run --release --example validity -- --seeds DIR [--bins 100]
//!
//! DIR holds files of activations named `KIND_STRENGTH_sSEED.npz`, one float32 array [inputs, neurons] per layer, where KIND is
//! `colored` (a shortcut whose strength is STRENGTH) or `shuffled` (a share STRENGTH of the labels is redrawn), and all files of
//! a kind are over the same inputs. Prints, as Markdown, the verdicts of both rules between seeds of one recipe, and
//! between each recipe and the one of strength 0, with one seed and with several per side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use probe::internals::activations;
use probe::internals::comparison::observed::Layer;
use probe::internals::comparison::{Observed, Settings, Variant, Verdict, compare};
use probe::internals::measures::{self, Estimator};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let (mut folder, mut bins) = (None, measures::Settings::default().bins);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seeds" => folder = Some(PathBuf::from(value()?)),
            "--bins" => bins = value()?.parse()?,
            other => return Err(format!("{other} is not known; --seeds DIR").into()),
        }
    }
    let recipes = measured(&folder.ok_or("--seeds DIR is missing")?, bins)?;

    println!("| one seed per side | expected | pairs | {} |", columns());
    println!("|---|---|---|{}", "---|".repeat(2 * Verdict::ALL.len()));
    let mut equal = Counts::default();
    for models in recipes.values() {
        for (i, one) in models.iter().enumerate() {
            for other in &models[i + 1..] {
                equal.add(&[one], &[other])?;
            }
        }
    }
    equal.print("two seeds of one recipe", "no difference");
    for ((kind, strength), variant, baseline) in contrasts(&recipes) {
        let mut found = Counts::default();
        for one in variant {
            for other in baseline {
                found.add(&[one], &[other])?;
            }
        }
        found.print(&format!("{kind} {strength} against 0"), expected(kind));
    }

    println!("\n| several seeds per side | expected | pairs | {} |", columns());
    println!("|---|---|---|{}", "---|".repeat(2 * Verdict::ALL.len()));
    let mut equal = Counts::default();
    for models in recipes.values() {
        // Every way to halve the first four seeds.
        for [a, b, c, d] in [[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2]] {
            if let [Some(a), Some(b), Some(c), Some(d)] = [a, b, c, d].map(|i: usize| models.get(i)) {
                equal.add(&[a, b], &[c, d])?;
            }
        }
    }
    equal.print("two and two seeds of one recipe", "no difference");
    for ((kind, strength), variant, baseline) in contrasts(&recipes) {
        let mut found = Counts::default();
        found.add(&variant.iter().collect::<Vec<_>>(), &baseline.iter().collect::<Vec<_>>())?;
        found.print(&format!("{kind} {strength} against 0, all seeds"), expected(kind));
    }
    Ok(())
}

/// The networks of each recipe, by kind and strength.
type Recipes = BTreeMap<(String, String), Vec<Observed>>;

/// Measures every file once.
fn measured(folder: &Path, bins: usize) -> Result<Recipes, Failure> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    files.sort();
    let mut recipes = Recipes::new();
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let mut parts = name.split('_');
        let (Some(kind), Some(strength), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if file.extension().is_some_and(|extension| extension == "npz") {
            let observed = observe(&file, bins)?;
            recipes.entry((kind.to_owned(), strength.to_owned())).or_default().push(observed);
        }
    }
    Ok(recipes)
}

fn observe(file: &Path, bins: usize) -> Result<Observed, Failure> {
    let activations = activations::load(file, &|_| true, &|rows| (0..rows).collect(), &())?;
    let settings = measures::Settings { bins, estimators: Estimator::ALL.to_vec(), ..measures::Settings::default() };
    let measures = measures::measure(activations.rows(), &activations.ranges(), &settings, &())?;
    let layer = |layer: &activations::Layer| Layer { label: layer.label.clone(), neurons: layer.neurons.len() };
    Ok(Observed::new(&measures, activations.layers.iter().map(layer).collect()))
}

/// Each recipe with the one of its kind whose strength is 0.
fn contrasts(recipes: &Recipes) -> impl Iterator<Item = ((&str, &str), &[Observed], &[Observed])> {
    let zero = |strength: &str| strength.parse::<f64>().is_ok_and(|strength| strength == 0.0);
    recipes.iter().filter(move |((_, strength), _)| !zero(strength)).filter_map(move |((kind, strength), models)| {
        let baseline = recipes.iter().find(|((other, strength), _)| other == kind && zero(strength))?;
        Some(((kind.as_str(), strength.as_str()), &models[..], &baseline.1[..]))
    })
}

fn expected(kind: &str) -> &'static str {
    if kind == "shuffled" { "example-level" } else { "heuristic" }
}

/// How often each verdict was given, under the calibrated and under the published rule.
#[derive(Default)]
struct Counts {
    pairs: usize,
    calibrated: [usize; Verdict::ALL.len()],
    published: [usize; Verdict::ALL.len()],
}

impl Counts {
    fn add(&mut self, variant: &[&Observed], baseline: &[&Observed]) -> Result<(), Failure> {
        let side = |label: &str, models: &[&Observed]| Variant {
            label: label.to_owned(),
            replicates: models.iter().map(|&model| model.clone()).collect(),
        };
        let found = compare(&[side("baseline", baseline), side("variant", variant)], &Settings::default())?;
        let index = |verdict| Verdict::ALL.iter().position(|&known| known == verdict).unwrap_or(0);
        self.pairs += 1;
        self.calibrated[index(found.pairs[0].evidence.calibrated)] += 1;
        self.published[index(found.pairs[0].published)] += 1;
        Ok(())
    }

    fn print(&self, what: &str, expected: &str) {
        let share = |&count: &usize| format!("{:.0} %", 100.0 * count as f64 / self.pairs as f64);
        let cells: Vec<String> = self.calibrated.iter().chain(&self.published).map(share).collect();
        println!("| {what} | {expected} | {} | {} |", self.pairs, cells.join(" | "));
    }
}

fn columns() -> String {
    let of = |rule: &str| Verdict::ALL.map(|verdict| format!("{rule}: {verdict}")).join(" | ");
    format!("{} | {}", of("calibrated"), of("published"))
}
