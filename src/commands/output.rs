//! What goes to stdout.

use std::io::Write;

use serde::Serialize;

use crate::Error;
use crate::report::{json, terminal::Style};

/// Prints text. A reader that went away is not an error of ours; its kind distinguishes it from others.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(crate::cli::Error::from)?;
    Ok(())
}

/// Prints JSON and nothing else.
pub fn print_json(value: &impl Serialize) -> Result<(), Error> {
    Ok(json::write(value, std::io::stdout().lock())?)
}

/// The style of tables, as wide as the terminal. `anstream` takes the escapes out again where stdout is no terminal, or colours are not wanted.
pub fn style() -> Style {
    Style::of_stdout()
}
