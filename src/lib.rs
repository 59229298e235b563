//! `probe` measures memorization in the neurons of exported networks.
//!
//! ```text
//! model + inputs -> taps -> activations -> measures -> comparison -> report
//! ```
//!
//! ```
//! use ndarray::Array2;
//!
//! // Two neurons that share a cause, and one that does not: [inputs, neurons].
//! let wave = |input: usize, speed: f32| (input as f32 * speed).sin();
//! let layer = Array2::from_shape_fn((600, 3), |(input, neuron)| match neuron {
//!     0 => wave(input, 0.9),
//!     1 => wave(input, 0.9) + 0.1 * wave(input, 5.3),
//!     _ => wave(input, 2.2),
//! });
//! let run = probe::measure(&[("fc1", layer.view())], &probe::Options::default())?;
//! assert!(run.mutual_information(0, 1) > run.mutual_information(0, 2));
//! # Ok::<(), probe::Error>(())
//! ```
//!
//! The modules are the stages of that flow, in order; each opens with what comes in and what goes out, and depends only
//! on those above it. `docs/architecture.md` draws the picture.

// A panic on somebody's file is a crash. Tests may panic.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]
// Allowed where a module says why: vector instructions, and files mapped into memory.
#![deny(unsafe_code)]
// The face of a folder names its types; some of them only tests and tools say by name.
#![cfg_attr(not(feature = "internals"), allow(unused_imports))]

mod base;

mod store;

mod runtime;

mod model;

mod taps;

mod inputs;

mod activations;

mod measures;

mod comparison;

mod labels;

mod ablation;

mod report;

mod cli;

mod commands;

mod api;

pub mod bindings;

mod error;

pub use api::{CompareReport, Estimator, Options, Report, Run, Source, compare, measure, score};
pub use base::advise::{Advise, Fault};
pub use base::job::{Buffer, Job, Stage};
pub use commands::main;
pub use error::Error;

/// The stages themselves, for the project's own tests, tools, benchmarks and fuzz targets. Nothing here is promised to
/// stay as it is.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub mod ablation {
        pub use crate::ablation::*;
    }
    pub mod activations {
        pub use crate::activations::*;
    }
    pub mod base {
        pub use crate::base::*;
    }
    pub mod cli {
        pub use crate::cli::*;
    }
    pub mod comparison {
        pub use crate::comparison::*;
    }
    pub mod inputs {
        pub use crate::inputs::*;
    }
    pub mod labels {
        pub use crate::labels::*;
    }
    pub mod measures {
        pub use crate::measures::*;
    }
    pub mod model {
        pub use crate::model::*;
    }
    pub mod report {
        pub use crate::report::*;
    }
    pub mod runtime {
        pub use crate::runtime::*;
    }
    pub mod store {
        pub use crate::store::*;
    }
    pub mod taps {
        pub use crate::taps::*;
    }
}
