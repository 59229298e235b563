//! Microseconds a pair beside the plain implementation, in interleaved rounds; ratios are what to quote.
//!
//!     cargo bench --bench pairs
fn main() {}
