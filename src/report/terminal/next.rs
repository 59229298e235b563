//! What to type next, as a shell takes it.

use super::style::{Style, paint};
use crate::base::text::{quoted, visible, width};

const LEAD: &str = "next: ";
/// Where the rest of a long command stands.
const INDENT: usize = 6;
/// Ends a line that is continued, for a shell too.
const CONTINUED: &str = " \\";

/// The command in a paragraph of its own. Breaks only between words, since a path cut in two could not be copied: a path
/// of a terminal's width or more is the one thing that may reach beyond the terminal's edge.
pub fn next(words: &[String], style: &Style) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = visible(&quoted(word));
        match lines.last_mut() {
            Some(line) if INDENT + width(line) + 1 + width(&word) + CONTINUED.len() <= style.prose() => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    let between = format!("{CONTINUED}\n{}", " ".repeat(INDENT));
    let lines: Vec<String> = lines.iter().map(|line| paint(style.command, line)).collect();
    format!("\n{LEAD}{}\n", lines.join(&between))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::terminal::COLUMNS;

    fn plain(words: &[&str]) -> String {
        next(&words.iter().map(ToString::to_string).collect::<Vec<_>>(), &Style::plain())
    }

    #[test]
    fn a_short_command_stays_on_its_line() {
        assert_eq!(plain(&["open", "out/report.html"]), "\nnext: open out/report.html\n");
    }

    #[test]
    fn a_long_command_breaks_between_words() {
        let model = format!("this=/home/me/{}/base.onnx", "runs".repeat(12));
        let text = plain(&["probe", "compare", &model, "other=OTHER.onnx", "…"]);
        assert_eq!(text, format!("\nnext: probe compare \\\n      {model} \\\n      other=OTHER.onnx …\n"));
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
    }
}
