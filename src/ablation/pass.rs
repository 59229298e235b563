//! One pass over the inputs in which every batch is prepared once, and run with each choice of neurons off.

use super::answers::{Answers, answer};
use super::error::Error;
use super::masked::Masked;
use super::neuron::Off;
use crate::activations::{Forward, Source};
use crate::base::job::{Job, Stage};

/// What is run, and which of its outputs is the answer.
pub struct Pass<'a> {
    pub source: &'a dyn Source,
    /// Which of the drawn inputs are measured, ascending: one answer for each.
    pub kept_rows: &'a [usize],
    /// The place of the answer among the model's outputs.
    pub output: usize,
    pub threshold: f32,
    pub job: &'a dyn Job,
}

/// The model's answers with each of `choices` off.
///
/// # Errors
/// The inputs cannot be read again, the model fails, or the user stopped it.
pub fn pass(
    masked: &mut Masked,
    Pass { source, kept_rows, output, threshold, job }: &Pass,
    fillings: &[Vec<f32>],
    choices: &[Off],
) -> Result<Vec<Answers>, Error> {
    let mut answers = vec![Answers(vec![None; kept_rows.len()]); choices.len()];
    job.begin(Stage::Ablation, (source.drawn() * choices.len()) as u64);
    for batch in source.batches(source.cut().all()) {
        let mut batch = batch?;
        if batch.rows.is_empty() {
            continue;
        }
        let tensors = source.tensors(&mut batch)?;
        for (off, answers) in choices.iter().zip(&mut answers) {
            if job.stopped() {
                return Err(Error::Interrupted);
            }
            masked.switch_off(off, fillings)?;
            let outputs = masked.run(tensors.clone())?;
            for (input, row) in batch.rows.iter().zip(outputs[*output].rows()) {
                // An input that holds what an earlier one holds has no place.
                if let Ok(place) = kept_rows.binary_search(input) {
                    answers.0[place] = answer(row.iter().copied(), *threshold);
                }
            }
            job.advance(batch.rows.len() as u64);
        }
    }
    job.end();
    Ok(answers)
}
