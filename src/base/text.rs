//! Numbers and names as people read them.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character acts on a terminal instead of being shown: controls (C0, DEL, C1), line and paragraph separators,
/// marks that reorder text, and the byte order mark.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A name or text made harmless for a terminal and a page: characters that [`acts`] is true of are spelled out
/// (`\x1b`), since file names and texts may carry them.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if acts(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a harmless text to `columns`, with an ellipsis in place of what is lost at the end.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = head(text, columns.saturating_sub(1));
    kept.push('…');
    kept
}

/// Cuts a harmless name to `columns` in its middle: the ends of tensor names and paths tell them apart.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let front = head(text, room / 3);
    let reversed: String = text.chars().rev().collect();
    let back: String = head(&reversed, room - width(&front)).chars().rev().collect();
    format!("{front}…{back}")
}

/// The longest beginning that takes at most `columns`.
fn head(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// Breaks a harmless text into lines of at most `columns`, between words where it can.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        if !line.is_empty() && width(&line) + 1 + width(&word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        while width(&word) > columns {
            let front = head(&word, columns.max(2));
            word = word[front.len()..].to_owned();
            lines.push(front);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `12345` as `12,345`.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A rank or another number of directions, to three digits.
pub fn rank(value: f64) -> String {
    match value {
        _ if value.is_nan() => "–".to_owned(),
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Nats with three decimals, a real minus sign's width kept as `-`; `–` where there is no figure.
pub fn nats(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.3}");
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// A difference in nats, with its sign.
pub fn signed(value: f64) -> String {
    if !value.is_finite() {
        return nats(value);
    }
    let text = format!("{value:+.3}");
    if text == "-0.000" { "+0.000".to_owned() } else { text }
}

/// `[2.912, 3.020]`, or nothing where there is no interval.
pub fn interval(interval: [f64; 2]) -> String {
    match interval.iter().all(|end| end.is_finite()) {
        true => format!("[{}, {}]", nats(interval[0]), nats(interval[1])),
        false => String::new(),
    }
}

/// A share as `93.1 %`; `–` where there is no figure.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", 100.0 * share) } else { "–".to_owned() }
}

/// `a, b and c`.
pub fn listed<T: AsRef<str>>(parts: &[T]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A share to two digits: `0.2 %`, `12 %`.
pub fn two_digits(share: f64) -> String {
    format!("{} %", bare(share))
}

/// A change to two digits: `+0.2 %`, `-12 %`.
pub fn change(share: f64) -> String {
    format!("{} %", bare_change(share))
}

/// As [`change`], for a table whose head has the unit.
pub fn bare_change(share: f64) -> String {
    if share < 0.0 { format!("-{}", bare(-share)) } else { format!("+{}", bare(share)) }
}

fn bare(share: f64) -> String {
    let share = 100.0 * share;
    if share.abs() < 9.95 { format!("{share:.1}") } else { format!("{share:.0}") }
}

/// The parts of `LAYER:INDEX`, a neuron as people write it; the label may have colons itself. The error says what is wrong with it.
pub fn layer_and_index(name: &str) -> Result<(&str, usize), &'static str> {
    let (layer, index) = name.rsplit_once(':').ok_or("a colon is missing")?;
    let index = index.trim().parse().map_err(|_| "there is no index behind the colon")?;
    Ok((layer.trim(), index))
}

/// `0.84 s`, `2 min 5 s`.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "–".to_owned(),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} min {} s", s as u64 / 60, s as u64 % 60),
        s => format!("{} h {} min", s as u64 / 3600, s as u64 / 60 % 60),
    }
}

/// `1 neuron`, `2 neurons`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// One word of a POSIX shell; left as it is where nothing in it means anything to one.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let harmless = |c: char| c.is_alphanumeric() || "_-./=:@%+,…".contains(c);
    if !word.is_empty() && word.chars().all(harmless) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''")).into()
}

/// `one` for a count of 1, otherwise `many`: `was`, `were`.
pub fn pluralised<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// Standard base64 with padding, for data inside a page.
pub fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= group.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_a_shell_as_they_are() {
        assert_eq!(quoted("this=my model's.onnx"), r"'this=my model'\''s.onnx'");
        assert_eq!(quoted("$(reboot).onnx"), "'$(reboot).onnx'");
        assert_eq!(quoted("modèles/a-1.onnx"), "modèles/a-1.onnx");
    }

    #[test]
    fn what_could_act_is_spelled_out() {
        assert_eq!(visible("a\x1b[31mb\u{9b}c\u{202e}d\n"), "a\\x1b[31mb\\x9bc\\u{202e}d\\n");
        assert_eq!(visible("naïve 漢字 🙂"), "naïve 漢字 🙂");
    }

    #[test]
    fn a_neuron_is_its_layer_and_its_index() {
        assert_eq!(layer_and_index("fc1:7"), Ok(("fc1", 7)));
        assert_eq!(layer_and_index(" /a:b/Add : 0"), Ok(("/a:b/Add", 0)));
        for wrong in ["fc1", "fc1:", "fc1:x", "fc1:-1", "fc1:1.0"] {
            assert!(layer_and_index(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_shares_in_a_sentence() {
        assert_eq!(["", "a", "a and b", "a, b and c"], [0, 1, 2, 3].map(|count| listed(&["a", "b", "c"][..count])));
        assert_eq!([0.0024, 0.0999, -0.12].map(change), ["+0.2 %", "+10 %", "-12 %"]);
    }

    #[test]
    fn cuts_by_columns_not_characters() {
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(width(&cut_middle("/encoder/layer.3/output/LayerNorm/Add_1_output_0", 20)), 20);
        assert_eq!(cut_middle("short", 20), "short");
    }

    #[test]
    fn wraps_between_words_and_breaks_long_ones() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
    }

    #[test]
    fn base64_is_the_standards() {
        // The test vectors of RFC 4648, section 10.
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(nats(-0.0001), "0.000");
        assert_eq!(nats(f64::NAN), "–");
        assert_eq!(seconds(125.4), "2 min 5 s");
    }
}
