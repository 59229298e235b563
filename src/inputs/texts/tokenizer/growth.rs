//! How much longer a normalizer can make a text. A `tokenizer.json` from the internet may replace every letter by a
//! megabyte; such a file is refused before it sees a text.

use serde_json::Value;
use tokenizers::Tokenizer;

/// Honest normalizers write a few bytes for one: the longest replacements of Unicode's tables have some dozen.
const MOST: f64 = 1000.0;

/// # Errors
/// The normalizer can make a text more than a thousand times as long.
pub(super) fn check(tokenizer: &Tokenizer) -> Result<(), String> {
    let Some(normalizer) = tokenizer.get_normalizer() else { return Ok(()) };
    let steps = serde_json::to_value(normalizer).map_err(|error| error.to_string())?;
    let growth = growth(&steps);
    if growth > MOST {
        return Err(format!("its normalizer can make a text {growth:.0} times as long"));
    }
    Ok(())
}

/// The most bytes that the steps write for one byte.
fn growth(step: &Value) -> f64 {
    if let Some(Value::Array(steps)) = step.get("normalizers") {
        return steps.iter().map(growth).product();
    }
    let len = |name: &str| step.get(name).and_then(Value::as_str).map_or(0, str::len) as f64;
    match step.get("type").and_then(Value::as_str) {
        // A pattern may match between any two bytes, unless it is a plain text.
        Some("Replace") => match step["pattern"].get("String").and_then(Value::as_str) {
            Some(pattern) if !pattern.is_empty() => (len("content") / pattern.len() as f64).max(1.0),
            _ => 1.0 + len("content"),
        },
        Some("Prepend") => 1.0 + len("prepend"),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn growth_multiplies_over_the_steps() {
        let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
        let steps = vec![double.clone(); 10];
        assert_eq!(growth(&json!({"type": "Sequence", "normalizers": steps})), 1024.0);
        assert_eq!(growth(&double), 2.0);
        assert_eq!(growth(&json!({"type": "Replace", "pattern": {"String": "``"}, "content": "\""})), 1.0);
        assert_eq!(growth(&json!({"type": "NFKD"})), 1.0);
    }
}
