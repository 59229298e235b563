//! What the counts of a pair add up to.

/// Sums over the points of a pair, in fixed point.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Of psi(points within the radius in x, the point itself included), and alike in y.
    pub marginal: i64,
    /// Of psi(k), or of psi(points at distance zero) where the radius is zero and `mixture` is set.
    pub neighbors: i64,
}
