//! Warnings as the page shows them: each once, with the variants that have it.

use serde::Serialize;

use super::Shown;
use crate::base::text::visible;
use crate::base::warning::Words;

/// One warning.
#[derive(Debug, PartialEq, Serialize)]
pub struct WarningView {
    /// The variants that have it; none where all do.
    of: Vec<VariantKey>,
    message: Vec<Piece>,
    advice: Vec<Piece>,
}

#[derive(Debug, PartialEq, Serialize)]
struct VariantKey {
    label: String,
    colour: usize,
}

/// A stretch of a sentence; `code` is what a person would type.
#[derive(Debug, PartialEq, Serialize)]
struct Piece {
    text: String,
    code: bool,
}

/// The warnings of all variants, in the order in which they first appear.
pub fn warned(shown: &[Shown]) -> Vec<WarningView> {
    let mut found: Vec<(&Words, Vec<usize>)> = Vec::new();
    for (v, of) in shown.iter().enumerate() {
        for warning in &of.report.warnings {
            match found.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, variants)) => variants.push(v),
                None => found.push((warning, vec![v])),
            }
        }
    }
    let key = |v: usize| VariantKey { label: visible(&shown[v].label), colour: v % super::COLOURS };
    let view = |(warning, variants): (&Words, Vec<usize>)| WarningView {
        of: if variants.len() == shown.len() { Vec::new() } else { variants.into_iter().map(key).collect() },
        message: pieces(&visible(&warning.message)),
        advice: pieces(&visible(&warning.advice)),
    };
    found.into_iter().map(view).collect()
}

/// Sets commands between backticks and flags (`--samples`) apart, so that no line breaks inside them.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |text: &str, code: bool| match pieces.last_mut() {
        Some(last) if last.code == code => last.text.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece { text: text.to_owned(), code }),
    };
    for (i, stretch) in text.split('`').enumerate() {
        if i % 2 == 1 {
            add(stretch, true);
            continue;
        }
        for word in stretch.split_inclusive(' ') {
            let end = word.find(|c: char| c != '-' && !c.is_alphanumeric()).unwrap_or(word.len());
            let flag = if word.starts_with("--") { end } else { 0 };
            add(&word[..flag], true);
            add(&word[flag..], false);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figures::Figures;
    use crate::report::schema::tests::report;

    #[test]
    fn a_flag_and_a_command_are_code() {
        let piece = |text: &str, code| Piece { text: text.to_owned(), code };
        assert_eq!(
            pieces("raise --samples, or see `probe layers --all`"),
            [
                piece("raise ", false),
                piece("--samples", true),
                piece(", or see ", false),
                piece("probe layers --all", true)
            ]
        );
        assert_eq!(pieces("a - b--c"), [piece("a - b--c", false)]);
    }

    #[test]
    fn what_all_variants_have_is_said_once() {
        let warning =
            |code: &str| Words { code: code.into(), message: code.into(), advice: String::new(), of_figures: false };
        let figures = Figures::new(vec![1.0], &[1], &[], ndarray::Array2::zeros((0, 0)));
        let mut reports = [report(&["fc1"], 1), report(&["fc1"], 1), report(&["fc1"], 1)];
        for (report, codes) in reports.iter_mut().zip([vec!["few"], vec!["few", "ties"], vec!["ties", "few"]]) {
            report.warnings = codes.into_iter().map(warning).collect();
        }
        let shown: Vec<Shown> = (reports.iter().zip(["a", "b", "c"]))
            .map(|(report, label)| Shown::one(label.into(), report, &figures, None))
            .collect();
        let found = warned(&shown);
        let labels: Vec<Vec<&str>> =
            found.iter().map(|w| w.of.iter().map(|key| key.label.as_str()).collect()).collect();
        assert_eq!(labels, [vec![], vec!["b", "c"]]);
    }
}
