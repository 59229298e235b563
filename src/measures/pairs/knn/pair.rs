//! One pair, from two neurons to nats.

use super::brute_force::{Direct, Doubts, MOST_DIRECT};
use super::count::{Count, Sums};
use super::form::Form;
use super::plain;
use super::prepare::{Column, Columns, Neuron, Strips};
use super::psi::{FixedPsi, psi};
use super::search::{MOST_NEIGHBORS, search};
use super::simd::{Candidates, Level, Simd, Task};
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
    direct: bool,
}

/// A thread's scratch memory.
#[derive(Debug, Default)]
pub struct Workspace {
    strips: Strips,
    candidates: Candidates,
    radii: Vec<f32>,
    doubts: Doubts,
}

/// How far comparing rounded scores may be off, as a share of the point's coordinates and radius.
///
/// With u = 2^-24, a score is off by u of itself and a difference by u of itself more: a difference d from a point at x by
/// 2u (|x| + d) together. The radius is such a difference, and the one compared with it is another: 4u = 2^-22 of (|x| + d),
/// and a little more for the rounding of this bound.
const SCORE_MARGIN: f32 = 1.25 / (1 << 22) as f32;

impl<'a> Kernel<'a> {
    /// # Errors
    /// [`Error::NoNeighbors`] for k = 0, [`Error::TooFewInputs`] where S <= k.
    pub fn new(columns: &'a Columns, k: usize, level: Level) -> Result<Self, Error> {
        let samples = columns.samples();
        if k == 0 {
            return Err(Error::NoNeighbors);
        }
        if samples <= k {
            return Err(Error::TooFewInputs { samples, neighbors: k });
        }
        let form = columns.form();
        let most = match form {
            Form::Paper => psi(samples) + psi(k),
            Form::Robust => (samples as f64).ln(),
        };
        Ok(Kernel {
            k,
            form,
            level,
            samples,
            scores: columns.scores(),
            psi: FixedPsi::new(samples),
            most,
            direct: samples <= MOST_DIRECT,
        })
    }

    /// The same for one of the two ways to measure, if it can be, whichever costs less.
    #[cfg(test)]
    pub fn measuring(self, direct: bool) -> Self {
        Kernel { direct: direct && self.samples <= super::prepare::MOST_VALUES, ..self }
    }

    /// Makes a neuron ready for its pairs.
    pub fn neuron<'b>(&self, column: Column<'b>) -> Neuron<'b>
    where
        'a: 'b,
    {
        Neuron::new(column, self.scores)
    }

    /// Mutual information in nats.
    pub fn pair(&self, x: &Neuron<'_>, y: &Neuron<'_>, workspace: &mut Workspace) -> f64 {
        if self.k > MOST_NEIGHBORS {
            return self.plain_pair(x, y);
        }
        let mean = |sum| self.psi.nats(sum) / self.samples as f64;
        let nats = |sums: Sums| match self.form {
            Form::Paper => self.most - mean(sums.marginal),
            Form::Robust => self.most + mean(sums.neighbors - sums.marginal),
        };
        if self.direct && !x.tied() && !y.tied() {
            let (margin, doubts) = (self.margin(), &mut workspace.doubts);
            return nats(self.level.run(Direct { x, y, k: self.k, psi: &self.psi, margin, doubts }));
        }
        // Strips of the tied neuron: a tied group then fills a strip, and its points are in order of the other.
        let (x, y) = if y.tied() && !x.tied() { (y, x) } else { (x, y) };
        let Workspace { strips, candidates, radii, .. } = workspace;
        strips.build(x, y, self.level.lanes());
        radii.resize(strips.x.len().max(radii.len()), 0.0);
        nats(self.level.run(Pair { kernel: self, x, y, strips, candidates, radii }))
    }

    /// How far float32 may be off, as a share of the numbers compared; 0 where rounding keeps every `<` right.
    fn margin(&self) -> f32 {
        match self.form {
            Form::Paper => 0.0,
            Form::Robust => SCORE_MARGIN,
        }
    }

    fn plain_pair(&self, x: &Neuron<'_>, y: &Neuron<'_>) -> f64 {
        let values = |neuron: &Neuron<'_>| neuron.places.iter().map(|place| place.value).collect::<Vec<_>>();
        // Normal scores have the same ranks as what they were made from, and plain ranks once more.
        plain::pair(&values(x), &values(y), self.k, self.form)
    }
}

/// The search, then the counting, with one set of instructions.
struct Pair<'a> {
    kernel: &'a Kernel<'a>,
    x: &'a Neuron<'a>,
    y: &'a Neuron<'a>,
    strips: &'a Strips,
    candidates: &'a mut Candidates,
    radii: &'a mut [f32],
}

impl Task for Pair<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Sums {
        let Pair { kernel, x, y, strips, candidates, radii } = self;
        search(simd, strips, kernel.k, candidates, radii);
        let (margin, mixture) = (kernel.margin(), kernel.form == Form::Robust);
        simd.call(Count {
            strips,
            x,
            y,
            k: kernel.k,
            radii,
            psi: &kernel.psi,
            margin,
            mixture,
            repeats: x.repeats(y),
            candidates,
        })
    }
}
