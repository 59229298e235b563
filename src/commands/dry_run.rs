//! `--dry-run`: what would be run, and about how long it would take.

use std::time::Instant;

use crate::Error;
use crate::activations::{Fed, Forward, Source};
use crate::base::text::{counted, seconds, thousands};
use crate::cli::exit::Outcome;
use crate::cli::settings::Run;
use crate::inputs::{Feed, Inputs};
use crate::measures::PairNeurons;
use crate::runtime::Session;

use super::{Tapped, print};

/// Seconds that a pair of neurons takes at 2,500 inputs on one core; in between it grows with the inputs.
const PAIR: f64 = 80e-6;

/// Runs the first batch only, and says what the whole would be.
pub fn dry_run(mut session: Session, tapped: &Tapped, inputs: &Inputs, run: &Run) -> Result<Outcome, Error> {
    let feed = Feed::of(inputs, &tapped.model.graph)?;
    let fed = Fed { inputs, feed: &feed, extra: &tapped.overlay.extra_inputs, most_skipped: run.max_skipped };
    let mut first = None;
    for batch in fed.batches(0) {
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
    print(&words(tapped, inputs, run, &widths, capture))?;
    Ok(Outcome::Done)
}

fn words(tapped: &Tapped, inputs: &Inputs, run: &Run, widths: &[usize], capture: Option<f64>) -> String {
    let drawn = inputs.drawn();
    let neurons: usize = widths.iter().sum();
    let measured: usize = widths
        .iter()
        .map(|&width| match run.measures.pair_neurons {
            PairNeurons::First(most) | PairNeurons::Random(most) => width.min(most),
            PairNeurons::All => width,
        })
        .sum();
    let pairs = measured * measured.saturating_sub(1) / 2;
    let pairs_take = pairs as f64 * PAIR * drawn as f64 / 2500.0 / run.runtime.threads as f64;
    let mut lines = vec![
        format!("model        {}", tapped.model.path.display()),
        format!("layers       {}: {}", widths.len(), tapped.taps.labels().join(", ")),
        format!("inputs       {} of {}", thousands(drawn), thousands(inputs.info().available as usize)),
    ];
    if let Some(length) = inputs.info().max_length {
        lines.push(format!("length       at most {} each", counted(length, "token")));
    }
    lines.extend([
        format!("activations  {} neurons, {} bytes", thousands(neurons), thousands(neurons * drawn * size_of::<f32>())),
        format!("pairs        {} of {} neurons", thousands(pairs), thousands(measured)),
    ]);
    if let Some(capture) = capture {
        lines.push(format!(
            "time         about {} for the model and {} for the pairs",
            seconds(capture),
            seconds(pairs_take)
        ));
    }
    lines.into_iter().map(|line| crate::base::text::visible(&line) + "\n").collect()
}
