//! The program. What it does stands in `commands`, one file per command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    probe::main()
}
