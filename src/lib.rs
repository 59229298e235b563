//! `probe` reads memorization off the neurons of exported networks.
//!
//! ```text
//! model + inputs -> taps -> activations -> measures -> comparison -> report
//! ```
//!
//! The modules are the stages of that flow, in order; each opens with what comes in and what goes out, and depends
//! only on those above it. Whatever the binary does can be called from here.

// A panic on somebody's file is a crash. Tests may.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]
// Allowed where a module says why: SIMD, and files mapped into memory.
#![deny(unsafe_code)]

pub mod base;

pub mod store;

pub mod runtime;

pub mod model;

pub mod taps;

pub mod inputs;

pub mod activations;

pub mod measures;

pub mod comparison;

pub mod report;

pub mod cli;

pub mod commands;

mod error;

pub use base::advise::{Advise, Fault};
pub use error::Error;
