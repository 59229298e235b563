//! How far the figures would move if other inputs had been drawn.
//!
//! In: parts of the inputs, drawn with the seed, and the measures over them. Out: how far off each mean and median is by
//! each part, and from that standard errors, intervals, and whether more inputs would still move the means.
//!
//! ```text
//! splits (halves, groups, quarters) -> entropy           -> deviations -> stability
//! sample (some of the pairs)        -> pairs (halves)       student
//! ```

pub mod deviations;
pub mod entropy;
pub mod pairs;
pub mod sample;
pub mod splits;
pub mod stability;
pub mod student;
