//! What is said on stderr: errors and warnings, each with what to do about it.
//!
//! Names from models and files go through [`visible`], so that no control character of theirs reaches the terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::args::{ColorArg, TerminalArgs};
use crate::base::text::visible;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Decides on colours, before anything is printed.
pub fn set_up(terminal: TerminalArgs) {
    match terminal.color {
        // `NO_COLOR`, `CLICOLOR_FORCE`, `TERM` and whether it is a terminal decide.
        ColorArg::Auto => {}
        ColorArg::Always => anstream::ColorChoice::Always.write_global(),
        ColorArg::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Prints an error: what is wrong and where, then what to do next.
pub fn error(what: &str, advice: Option<&str>) {
    say("error", ERROR, what, advice);
}

/// Prints a warning.
pub fn warning(what: &str, advice: Option<&str>) {
    say("warning", WARNING, what, advice);
}

/// Prints one line of what `-v` adds.
pub fn note(what: &str) {
    say("note", HINT, what, None);
}

fn say(kind: &str, style: Style, what: &str, advice: Option<&str>) {
    let mut text = format!("{style}{kind}{style:#}: {}", visible(what));
    if let Some(advice) = advice {
        for line in advice.lines() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {HINT}>{HINT:#} {}", visible(line));
        }
    }
    anstream::eprintln!("{text}");
}
