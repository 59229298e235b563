//! `--dry-run`: what would be run, and about how long it would take.
//!
//! In: a model with its inputs, or activations. Of a model the first batch is run, to see how wide its layers are and how long
//! it takes. Out: a [`Plan`] per model, and their lines on stdout.

use std::time::Instant;

use crate::Error;
use crate::activations::{Activations, Fed, Forward, Source};
use crate::base::text::{counted, seconds, thousands, visible};
use crate::cli::exit::Outcome;
use crate::cli::settings::RunSettings;
use crate::inputs::{Feed, Inputs};
use crate::measures::{self, Cost};
use crate::runtime::Session;

use super::{Tapped, print};

/// What one model, or one file of activations, would take.
pub struct Plan {
    /// What it is: a path, or a variant's label.
    pub name: String,
    labels: Vec<String>,
    /// Neurons of each layer.
    widths: Vec<usize>,
    /// What is said of the inputs, a line each.
    inputs: Vec<String>,
    samples: usize,
    /// Seconds of the model; none where there are activations already.
    capture: Option<f64>,
    costs: Vec<Cost>,
}

impl Plan {
    /// Runs the first batch only.
    ///
    /// # Errors
    /// The model cannot run it; too few inputs.
    pub fn of_model(
        name: String,
        mut session: Session,
        tapped: &Tapped,
        inputs: &Inputs,
        run: &RunSettings,
    ) -> Result<Plan, Error> {
        let feed = Feed::of(inputs, &tapped.model.graph)?;
        let fed = Fed { inputs, feed: &feed, extra: &tapped.overlay.extra_inputs, most_skipped: run.max_skipped };
        let drawn = inputs.drawn();
        let (mut widths, mut capture) = (Vec::new(), 0.0);
        for batch in inputs.all_batches() {
            let mut batch = batch?;
            if batch.rows.is_empty() {
                continue;
            }
            let tensors = fed.tensors(&mut batch)?;
            // The first time a session also finds room for its tensors.
            widths = Forward::run(&mut session, tensors.clone())?.iter().map(ndarray::Array2::ncols).collect();
            let started = Instant::now();
            Forward::run(&mut session, tensors)?;
            capture = started.elapsed().as_secs_f64() / batch.rows.len() as f64 * drawn as f64;
            break;
        }
        let mut lines =
            vec![format!("inputs       {} of {}", thousands(drawn), thousands(inputs.available() as usize))];
        if let Some(length) = inputs.provenance().number("tokenizer", "max_length") {
            lines.push(format!("length       at most {} per text", counted(length, "token")));
        }
        Ok(Plan {
            name,
            labels: tapped.taps.labels().into_iter().map(str::to_owned).collect(),
            costs: measures::cost(&widths, drawn, &run.measures)?,
            widths,
            inputs: lines,
            samples: drawn,
            capture: Some(capture),
        })
    }

    /// Of activations that are there already.
    ///
    /// # Errors
    /// Too few inputs.
    pub fn of_layers(
        name: String,
        layers: Vec<(String, usize)>,
        samples: usize,
        settings: &measures::Settings,
    ) -> Result<Plan, Error> {
        let (labels, widths): (Vec<String>, Vec<usize>) = layers.into_iter().unzip();
        let costs = measures::cost(&widths, samples, settings)?;
        let inputs = vec![format!("inputs       {}", thousands(samples))];
        Ok(Plan { name, labels, widths, inputs, samples, capture: None, costs })
    }

    /// As [`Plan::of_layers`].
    ///
    /// # Errors
    /// Too few inputs.
    pub fn of_activations(
        name: String,
        activations: &Activations,
        settings: &measures::Settings,
    ) -> Result<Plan, Error> {
        let layers = activations.layers.iter().map(|layer| (layer.label.clone(), layer.neurons.len())).collect();
        Plan::of_layers(name, layers, activations.samples, settings)
    }

    /// Seconds of the measures.
    fn measuring(&self, threads: usize) -> f64 {
        self.costs.iter().map(|cost| cost.seconds).sum::<f64>() / threads as f64
    }

    /// `about 2 s for the model and 3 s for the measures`.
    fn time(&self, threads: usize) -> String {
        let measures = seconds(self.measuring(threads));
        match self.capture {
            Some(capture) => format!("about {} for the model and {measures} for the measures", seconds(capture)),
            None => format!("about {measures} for the measures"),
        }
    }

    /// The layers, the inputs and the pairs.
    fn lines(&self) -> Vec<String> {
        let neurons: usize = self.widths.iter().sum();
        let bytes = neurons * self.samples * size_of::<f32>();
        let mut lines = vec![format!("layers       {}: {}", self.widths.len(), self.labels.join(", "))];
        lines.extend(self.inputs.iter().cloned());
        lines.push(format!("activations  {}, {} bytes", counted(neurons, "neuron"), thousands(bytes)));
        for cost in &self.costs {
            lines.push(format!(
                "{:<12} {} of {}, and as many as {} for the intervals",
                cost.estimator.name(),
                counted(cost.pairs as usize, "pair"),
                counted(cost.neurons, "neuron"),
                thousands(cost.again as usize),
            ));
        }
        lines
    }
}

/// Prints what one model or file would take; `what` says which of them it is.
///
/// # Errors
/// stdout cannot be written.
pub fn show(what: &str, plan: &Plan, threads: usize) -> Result<Outcome, Error> {
    let mut lines = vec![format!("{what:<12} {}", plan.name)];
    lines.extend(plan.lines());
    lines.push(format!("time         {}", plan.time(threads)));
    print_lines(&lines)
}

/// Prints what a comparison would take: what its variants have in common from the first, and the time of each. With `passes`
/// each model is run so many times.
///
/// # Errors
/// stdout cannot be written.
pub fn show_all(plans: &[Plan], threads: usize, passes: usize) -> Result<Outcome, Error> {
    let mut lines = plans.first().map(Plan::lines).unwrap_or_default();
    lines.extend(plans.iter().map(|plan| format!("{:<12} {}", plan.name, plan.time(threads))));
    let of = |plan: &Plan| passes as f64 * plan.capture.unwrap_or(0.0) + plan.measuring(threads);
    let all: f64 = plans.iter().map(of).sum();
    lines.push(format!("time         about {} for {}", seconds(all), counted(plans.len(), "model")));
    print_lines(&lines)
}

fn print_lines(lines: &[String]) -> Result<Outcome, Error> {
    print(&lines.iter().map(|line| visible(line) + "\n").collect::<String>())?;
    Ok(Outcome::Done)
}
