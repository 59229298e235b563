//! The command line: arguments, settings, progress, messages and exit codes.
//!
//! In: an [`Invocation`] and signals. Out: a [`Command`] whose settings are resolved and fit together, and an exit code.
//!
//! [`args`] only parses, [`resolve`] turns what was parsed into what the stages take, the [`settings`] of a command.

pub mod args;
pub mod console;
mod error;
pub mod exit;
pub mod interrupt;
mod invocation;
pub mod messages;
pub mod misuse;
mod output;
pub mod resolve;
pub mod settings;
pub mod shard;
pub mod supervisor;
pub mod threads;
mod values;
mod variants;

pub use args::Args;
pub use console::Console;
pub use error::Error;
pub use invocation::Invocation;
pub use output::OutputSettings;
pub use settings::Command;
