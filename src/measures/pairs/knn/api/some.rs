//! Chosen pairs, for samples of them and for intervals.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::super::form::Form;
use super::super::pair::{Kernel, Workspace};
use super::super::prepare::{Columns, Kind, Neuron, Sorted};
use super::super::simd::{Coordinate, Level};
use crate::measures::Error;

/// Memory for the neurons that [`some_pairs`] makes ready at a time.
const ROOM: usize = 32 << 20;

/// Mutual information of chosen pairs, in nats, in their order; of subsamples, for intervals.
///
/// # Errors
/// As [`all_pairs`].
///
/// # Panics
/// If a pair names a neuron that `columns` does not have.
pub fn some_pairs(columns: &Columns, pairs: &[(u32, u32)], k: usize) -> Result<Vec<f64>, Error> {
    match columns.kind() {
        Kind::Values(columns) => some(columns, pairs, k),
        Kind::Scores(columns) => some(columns, pairs, k),
    }
}

fn some<V: Coordinate>(columns: &Sorted<V>, pairs: &[(u32, u32)], k: usize) -> Result<Vec<f64>, Error> {
    let kernel = Kernel::new(columns, k, Level::best())?;
    // In this order few neurons are made ready more than once where not all fit at a time.
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_unstable_by_key(|&p| pairs[p]);
    let most = (ROOM / Neuron::<V>::bytes(columns.samples)).max(2);
    let mut values = vec![f64::NAN; pairs.len()];
    let mut rest = &order[..];
    while !rest.is_empty() {
        let mut members = BTreeSet::new();
        let mut fits = |p: &usize| {
            let (i, j) = pairs[*p];
            let new = usize::from(!members.contains(&i)) + usize::from(i != j && !members.contains(&j));
            let fits = members.len() + new <= most;
            if fits {
                members.extend([i, j]);
            }
            fits
        };
        let (round, later) = rest.split_at(rest.iter().take_while(|&p| fits(p)).count());
        let members: Vec<u32> = members.into_iter().collect();
        let ready: Vec<Neuron<V>> = members.par_iter().map(|&n| kernel.neuron(columns.column(n as usize))).collect();
        let neuron = |n: u32| &ready[members.partition_point(|&member| member < n)];
        let measured: Vec<f64> = round
            .par_iter()
            .map_init(Workspace::default, |workspace, &p| {
                let (i, j) = pairs[p];
                kernel.pair(neuron(i), neuron(j), workspace)
            })
            .collect();
        for (&p, value) in round.iter().zip(measured) {
            values[p] = value;
        }
        rest = later;
    }
    Ok(values)
}

/// Mutual information of two neurons over the same inputs, in nats.
///
/// The values must be finite; the shorter of the two decides S.
///
/// # Errors
/// As [`all_pairs`].
#[cfg(any(test, feature = "internals"))]
pub fn pair(x: &[f32], y: &[f32], k: usize, form: Form) -> Result<f64, Error> {
    let samples = x.len().min(y.len());
    let columns = Columns::prepare(&[&x[..samples], &y[..samples]], form);
    Ok(some_pairs(&columns, &[(0, 1)], k)?[0])
}
