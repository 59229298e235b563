//! Several processes share one run, and `probe merge` ends in the bytes of one process.
//!
//! `scripts/cluster-tests` does the same under a real Slurm and a real HyperQueue.
//!
//! - `runs`: small runs of every kind, their shards, and the bytes that they write
//! - `same_bytes`: whatever the number of shards, their order, the instructions of their processors, and what ran twice or was
//!   killed on the way
//! - `refused`: what is missing, does not belong together, or does not fit on the disk
//! - `saved`: runs that were saved, compared afterwards

#[path = "../common/mod.rs"]
mod common;

mod refused;
mod runs;
mod same_bytes;
mod saved;
