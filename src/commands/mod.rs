//! The commands of the program, one file each, and the steps they share. The main job's flow stands in `main.rs`.
//!
//! In: resolved settings. Out: what was asked for on stdout, files, and an [`crate::cli::exit::Outcome`].

mod capture;
mod clock;
mod compare;
mod completions;
mod deliver;
mod doctor;
mod dry_run;
mod layers;
mod measure;
mod output;
mod saved;

pub use capture::{Tapped, capture, depends, load, recorded};
pub use clock::Clock;
pub use compare::compare;
pub use completions::{completions, manual};
pub use deliver::deliver;
pub use doctor::doctor;
pub use dry_run::dry_run;
pub use layers::layers;
pub use measure::measure;
pub use output::{print, print_json, style};
pub use saved::{examples, report};
