//! `probe completions SHELL` and the manual page, both made from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;

use crate::Error;
use crate::cli::Args;
use crate::cli::exit::Outcome;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<Outcome, Error> {
    // Generated into memory first: the generator panics where stdout is a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "probe", &mut script);
    write(&script)
}

/// Prints the manual page (roff).
pub fn manual() -> Result<Outcome, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page).map_err(crate::cli::Error::from)?;
    write(&page)
}

fn write(bytes: &[u8]) -> Result<Outcome, Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(crate::cli::Error::from)?;
    Ok(Outcome::Done)
}
