//! One pair, from two neurons to nats.

use super::brute_force::{BruteForce, MOST_INPUTS, Unsettled};
use super::count::{Count, Sums};
use super::diagonal::diagonal;
use super::form::Form;
use super::plain;
use super::prepare::{Column, Neuron, Sorted, Strips};
use super::psi::{FixedPsi, psi};
use super::search::{MOST_NEIGHBORS, Radii, search};
use super::simd::{Candidates, Coordinate, Level, Simd, Task};
use crate::measures::Error;

/// What all pairs of some columns share.
pub struct Kernel<'a> {
    k: usize,
    form: Form,
    level: Level,
    samples: usize,
    scores: &'a [f64],
    psi: FixedPsi,
    /// What the estimate subtracts from, in nats: psi(S) + psi(k), or ln S.
    most: f64,
    /// Whether pairs without ties are measured without strips.
    brute_force: bool,
}

/// A thread's scratch memory.
#[derive(Debug, Default)]
pub struct Workspace<V> {
    strips: Strips<V>,
    candidates: Candidates<V>,
    radii: Radii<V>,
    unsettled: Unsettled,
}

impl<'a> Kernel<'a> {
    /// # Errors
    /// [`Error::NoNeighbors`] for k = 0, [`Error::TooFewInputs`] where S <= k.
    pub fn new<V: Coordinate>(columns: &'a Sorted<V>, k: usize, level: Level) -> Result<Self, Error> {
        let samples = columns.samples;
        if k == 0 {
            return Err(Error::NoNeighbors);
        }
        if samples <= k {
            return Err(Error::TooFewInputs { samples, neighbors: k });
        }
        let form = columns.form;
        let most = match form {
            Form::Paper => psi(samples) + psi(k),
            Form::Robust => (samples as f64).ln(),
        };
        Ok(Kernel {
            k,
            form,
            level,
            samples,
            scores: &columns.scores,
            psi: FixedPsi::new(samples),
            most,
            brute_force: samples <= MOST_INPUTS,
        })
    }

    /// The same for one of the two ways to measure, if it can be, whichever costs less.
    #[cfg(test)]
    pub fn measuring(self, brute_force: bool) -> Self {
        Kernel { brute_force: brute_force && self.samples <= super::prepare::MOST_VALUES, ..self }
    }

    /// Makes a neuron ready for its pairs.
    pub fn neuron<'b, V: Coordinate>(&self, column: Column<'b, V>) -> Neuron<'b, V>
    where
        'a: 'b,
    {
        Neuron::new(column, self.scores)
    }

    /// Mutual information in nats.
    pub fn pair<V: Coordinate>(&self, x: &Neuron<'_, V>, y: &Neuron<'_, V>, workspace: &mut Workspace<V>) -> f64 {
        let mixture = self.form == Form::Robust;
        let mean = |sum| self.psi.nats(sum) / self.samples as f64;
        let nats = |sums: Sums| match self.form {
            Form::Paper => self.most - mean(sums.marginal),
            Form::Robust => self.most + mean(sums.neighbors - sums.marginal),
        };
        if x.repeats(y) {
            return nats(diagonal(x, self.k, mixture, &self.psi, &mut workspace.candidates.exact));
        }
        if self.k > MOST_NEIGHBORS {
            return self.plain_pair(x, y);
        }
        if self.brute_force && !x.tied() && !y.tied() {
            let unsettled = &mut workspace.unsettled;
            return nats(self.level.run(BruteForce { x, y, k: self.k, psi: &self.psi, unsettled }));
        }
        // Strips of the tied neuron: a tied group then fills a strip, and its points are in order of the other.
        let (x, y) = if y.tied() && !x.tied() { (y, x) } else { (x, y) };
        let Workspace { strips, candidates, radii, .. } = workspace;
        nats(self.level.run(Pair { kernel: self, x, y, strips, candidates, radii }))
    }

    fn plain_pair<V: Coordinate>(&self, x: &Neuron<'_, V>, y: &Neuron<'_, V>) -> f64 {
        let values = |neuron: &Neuron<'_, V>| match self.form {
            Form::Paper => neuron.places.iter().map(|place| place.value.float()).collect::<Vec<_>>(),
            // The scores of ranks are those of what was ranked.
            Form::Robust => neuron.places.iter().map(|place| place.first as f32).collect(),
        };
        plain::pair(&values(x), &values(y), self.k, self.form)
    }
}

/// The strips, the search and the counting, with one set of instructions.
struct Pair<'a, V> {
    kernel: &'a Kernel<'a>,
    x: &'a Neuron<'a, V>,
    y: &'a Neuron<'a, V>,
    strips: &'a mut Strips<V>,
    candidates: &'a mut Candidates<V>,
    radii: &'a mut Radii<V>,
}

impl<V: Coordinate> Task<V> for Pair<'_, V> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd<V>>(self, simd: S) -> Sums {
        let Pair { kernel, x, y, strips, candidates, radii } = self;
        strips.build(x, y, S::LANES);
        search(simd, strips, kernel.k, candidates, radii);
        simd.call(Count {
            strips,
            x,
            y,
            k: kernel.k,
            radii,
            psi: &kernel.psi,
            mixture: kernel.form == Form::Robust,
            candidates,
        })
    }
}
