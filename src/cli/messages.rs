//! What is said on stderr: errors and warnings, each with what to do about it.
//!
//! Names from models and files go through [`visible`], so that no control character of theirs reaches the terminal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::args::{ColorArg, TerminalArgs};
use crate::base::text::{cut_middle, visible};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Whether errors are printed as JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// Decides on colours and on the form of errors, before anything is printed.
pub fn set_up(terminal: TerminalArgs, json: bool) {
    JSON.store(json, Ordering::Relaxed);
    match terminal.color {
        // `NO_COLOR`, `CLICOLOR_FORCE`, `TERM` and whether it is a terminal decide.
        ColorArg::Auto => {}
        ColorArg::Always => anstream::ColorChoice::Always.write_global(),
        ColorArg::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Prints an error: what is wrong and where, then what to do next. `code` is the exit code that it leads to. Where JSON was
/// asked for, the error is a line of JSON.
pub fn error(code: u8, what: &str, advice: Option<&str>) {
    if JSON.load(Ordering::Relaxed) {
        let lines: Vec<String> = advice.unwrap_or_default().lines().map(readable).collect();
        let error = json!({ "error": { "exit_code": code, "message": readable(what), "advice": lines.join("\n") } });
        // As below, nothing can be said where stderr is closed.
        let _ = writeln!(std::io::stderr(), "{error}");
    } else {
        say("error", ERROR, what, advice);
    }
}

/// Prints a warning.
pub fn warning(what: &str, advice: Option<&str>) {
    say("warning", WARNING, what, advice);
}

/// Prints one line of what `-v` adds.
pub fn note(what: &str) {
    say("note", HINT, what, None);
}

/// The most columns of one name in a message, and of one line: a model may name a tensor with a megabyte of text.
const NAME: usize = 400;
const LINE: usize = 2000;

/// A line with everything that could act spelled out, and what is too long to read cut in its middle. Names stand in
/// quotes; an apostrophe is taken for one as well, which changes nothing in text of usual length.
fn readable(line: &str) -> String {
    let names: Vec<String> = visible(line).split('\'').map(|part| cut_middle(part, NAME)).collect();
    cut_middle(&names.join("'"), LINE)
}

fn say(kind: &str, style: Style, what: &str, advice: Option<&str>) {
    let mut text = format!("{style}{kind}{style:#}: {}", readable(what));
    if let Some(advice) = advice {
        for line in advice.lines() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {HINT}>{HINT:#} {}", readable(line));
        }
    }
    // Where stderr is closed or full nothing can be said; the exit code still tells.
    let _ = writeln!(anstream::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;

    #[test]
    fn a_name_of_a_megabyte_takes_a_line_and_no_more() {
        let name = "ab\x1b".repeat(1 << 18);
        let line = readable(&format!("the tensor '{name}' of 'model.onnx' is missing"));
        assert!(width(&line) < 500, "{}", width(&line));
        assert!(line.starts_with("the tensor 'ab") && line.ends_with("' of 'model.onnx' is missing"), "{line}");
        assert!(width(&readable(&"a, 'b', ".repeat(1000))) <= LINE);
        assert_eq!(readable("the model's 'x'"), "the model's 'x'");
    }
}
