//! The fewest inputs with which a code says anything.

/// Inputs per class, at least, in the first block: before there are any, a probe has nothing to learn from.
pub const IN_FIRST_BLOCK: usize = 2;

/// A class with fewer inputs than this is not coded: two are for the first block, and two are left to see whether anything
/// was learned.
pub const PER_CLASS: usize = 4;
