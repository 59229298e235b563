//! `--dry-run`: what would be run, and about how long it would take.

use std::path::Path;
use std::time::Instant;

use crate::Error;
use crate::activations::{Activations, Fed, Forward, Source};
use crate::base::text::{counted, seconds, thousands, visible};
use crate::cli::exit::Outcome;
use crate::cli::settings::RunSettings;
use crate::inputs::{Feed, Inputs};
use crate::measures::{self, PairNeurons};
use crate::runtime::Session;

use super::{Tapped, print};

/// Seconds that a pair of neurons takes at 2,500 inputs on one core; in between it grows with the inputs.
const PAIR: f64 = 80e-6;

/// Runs the first batch only, and says what the whole would be.
pub fn of_model(mut session: Session, tapped: &Tapped, inputs: &Inputs, run: &RunSettings) -> Result<Outcome, Error> {
    let feed = Feed::of(inputs, &tapped.model.graph)?;
    let fed = Fed { inputs, feed: &feed, extra: &tapped.overlay.extra_inputs, most_skipped: run.max_skipped };
    let mut first = None;
    for batch in inputs.all_batches() {
        let batch = batch?;
        if !batch.rows.is_empty() {
            first = Some(batch);
            break;
        }
    }
    let mut widths = Vec::new();
    let mut capture = None;
    if let Some(mut batch) = first {
        let tensors = fed.tensors(&mut batch)?;
        let started = Instant::now();
        let outputs = Forward::run(&mut session, tensors)?;
        widths = outputs.iter().map(ndarray::Array2::ncols).collect();
        capture = Some(started.elapsed().as_secs_f64() / batch.rows.len() as f64 * inputs.drawn() as f64);
    }
    show(&lines(tapped, inputs, run, &widths, capture))
}

/// What measuring a file would be.
pub fn of_file(
    path: &Path,
    activations: &Activations,
    settings: &measures::Settings,
    threads: usize,
) -> Result<Outcome, Error> {
    let widths: Vec<usize> = activations.layers.iter().map(|layer| layer.neurons.len()).collect();
    let labels: Vec<&str> = activations.layers.iter().map(|layer| layer.label.as_str()).collect();
    let mut lines = vec![
        format!("activations  {}", path.display()),
        format!("layers       {}: {}", widths.len(), labels.join(", ")),
        format!("inputs       {}", thousands(activations.samples)),
    ];
    let (pairs, seconds_of_pairs) = pairs_line(&widths, activations.samples, settings, threads);
    lines.push(pairs);
    lines.push(format!("time         about {} for the pairs", seconds(seconds_of_pairs)));
    show(&lines)
}

/// The line about the pairs, and the seconds that they take.
fn pairs_line(widths: &[usize], samples: usize, settings: &measures::Settings, threads: usize) -> (String, f64) {
    let measured: usize = widths
        .iter()
        .map(|&width| match settings.pair_neurons {
            PairNeurons::First(most) | PairNeurons::Random(most) => width.min(most),
            PairNeurons::All => width,
        })
        .sum();
    let pairs = measured * measured.saturating_sub(1) / 2;
    let seconds = pairs as f64 * PAIR * samples as f64 / 2500.0 / threads as f64;
    (format!("pairs        {} of {} neurons", thousands(pairs), thousands(measured)), seconds)
}

fn show(lines: &[String]) -> Result<Outcome, Error> {
    print(&lines.iter().map(|line| visible(line) + "\n").collect::<String>())?;
    Ok(Outcome::Done)
}

fn lines(tapped: &Tapped, inputs: &Inputs, run: &RunSettings, widths: &[usize], capture: Option<f64>) -> Vec<String> {
    let drawn = inputs.drawn();
    let neurons: usize = widths.iter().sum();
    let mut lines = vec![
        format!("model        {}", tapped.model.path.display()),
        format!("layers       {}: {}", widths.len(), tapped.taps.labels().join(", ")),
        format!("inputs       {} of {}", thousands(drawn), thousands(inputs.available() as usize)),
    ];
    if let Some(length) = inputs.provenance().number("tokenizer", "max_length") {
        lines.push(format!("length       at most {} per text", counted(length, "token")));
    }
    let bytes = neurons * drawn * size_of::<f32>();
    lines.push(format!("activations  {} neurons, {} bytes", thousands(neurons), thousands(bytes)));
    let (pairs, seconds_of_pairs) = pairs_line(widths, drawn, &run.measures, run.runtime.threads);
    lines.push(pairs);
    if let Some(capture) = capture {
        let (capture, pairs) = (seconds(capture), seconds(seconds_of_pairs));
        lines.push(format!("time         about {capture} for the model and {pairs} for the pairs"));
    }
    lines
}
