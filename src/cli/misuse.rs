//! What people type first, and what they meant.
//!
//! In: an error of the argument parser. Out: the same error with the command that was meant, where it can be told.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::base::text::visible;

/// The command that was meant, if a path stands where none belongs.
pub fn meant(error: &clap::Error) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict)
    {
        return None;
    }
    let word = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg].into_iter().find_map(|kind| {
        match error.get(kind)? {
            ContextValue::String(word) => Some(word.as_str()),
            _ => None,
        }
    })?;
    let extension = std::path::Path::new(word).extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let flag = match extension {
        "txt" | "csv" | "tsv" | "json" | "jsonl" | "parquet" | "gz" => "--texts",
        "npy" | "npz" => "--arrays",
        "onnx" => "--model",
        _ if word.starts_with('-') || !std::path::Path::new(word).exists() => return None,
        _ => "--model",
    };
    Some(format!("'{word}' is a path: give it as {flag} {word}", word = visible(word)))
}

/// The parser's own words without what only helps at a prompt, for a program that gives flags.
pub fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let about_usage = |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let words: Vec<&str> = text.lines().take_while(about_usage).flat_map(str::split_whitespace).collect();
    visible(words.join(" ").trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Args;

    fn typed(line: &str) -> Option<String> {
        meant(&Args::try_parse_from(line.split_whitespace()).unwrap_err())
    }

    #[test]
    fn a_path_without_its_flag_is_met_with_the_flag() {
        assert!(typed("probe model.onnx --texts f.txt").unwrap().contains("--model model.onnx"));
        assert!(typed("probe src --texts f.txt").unwrap().contains("--model src"));
        assert!(typed("probe -m model.onnx bios.csv").unwrap().contains("--texts bios.csv"));
        assert_eq!(typed("probe comprae a=b"), None, "clap knows a similar command");
        assert_eq!(typed("probe --modle a"), None);
    }

    #[test]
    fn a_refused_flag_is_one_line_with_what_is_possible() {
        let refused = |line: &str| in_one_line(&Args::try_parse_from(line.split_whitespace()).unwrap_err());
        let line = refused("probe -m a.onnx --texts t.txt --pool some");
        assert_eq!(line, "invalid value 'some' for '--pool <POOL>' [possible values: auto, first, last, mean, max]");
        assert!(refused("probe -m a.onnx --texts t.txt --sample 3").contains("unexpected argument '--sample'"));
    }
}
