//! What an estimator of mutual information does for this folder, whatever its method.

use super::knn::PairMatrix;
use crate::base::job::Job;
use crate::measures::error::Error;

/// An estimator of the mutual information of pairs, with its neurons prepared. All values are in nats.
pub trait PairEstimator: std::fmt::Debug + Sync {
    /// All pairs, each neuron with itself included. `section` names this pass in the parts that `job` keeps.
    ///
    /// # Errors
    /// Too few inputs; no room; the user stopped the run.
    fn all(&self, section: &str, job: &dyn Job) -> Result<PairMatrix, Error>;

    /// Measures and keeps the parts of all pairs that are this process's share of them. An estimator that keeps no parts has
    /// nothing to share out.
    ///
    /// # Errors
    /// As [`PairEstimator::all`].
    fn share(&self, _section: &str, _job: &dyn Job) -> Result<(), Error> {
        Ok(())
    }

    /// Some pairs over some of the inputs, in the order given.
    ///
    /// # Errors
    /// Too few inputs.
    fn some(&self, inputs: &[u32], pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error>;

    /// How much further one input's part in I may reach among `samples` inputs than among `fewer`.
    fn growth(&self, samples: usize, fewer: usize) -> f64;
}
