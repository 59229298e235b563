//! `probe examples`: a neuron a block, an input a line.

use super::style::{Style, paint};
use crate::base::text::{cut, cut_middle, nats, visible, width};
use crate::report::examples::{ExamplesReport, TellingInput, VariantExamples, Why};

/// Neurons with the inputs that activate them most.
pub fn examples(found: &ExamplesReport, style: &Style) -> String {
    let mut out = String::new();
    for telling in &found.neurons {
        if !out.is_empty() {
            out.push('\n');
        }
        let why = match telling.why {
            Why::LowestEntropy => ", the lowest of its layer",
            Why::HighestEntropy => ", the highest of its layer",
            Why::Asked => "",
        };
        let entropy = telling.entropy.map_or_else(String::new, |h| format!("H {} nats{why}", nats(h)));
        let name = format!("{}:{}", cut_middle(&visible(&telling.layer), 32), telling.neuron);
        out.push_str(&format!("{}  {}\n", paint(style.strong, &name), paint(style.quiet, &entropy)));
        for input in &telling.inputs {
            out.push_str(&line(input, style));
        }
    }
    out
}

/// The same neurons in every variant, one variant after the other.
pub fn compared_examples(variants: &[VariantExamples], style: &Style) -> String {
    let of = |VariantExamples { label, examples: found }: &VariantExamples| {
        let heading = paint(style.strong, &format!("── {} ──", cut_middle(&visible(label), 60)));
        format!("{heading}\n{}", examples(found, style))
    };
    variants.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// Value, place, and as much of a text as fits.
fn line(input: &TellingInput, style: &Style) -> String {
    let source = visible(&input.excerpt.source);
    let place = match (input.excerpt.line, &input.excerpt.text) {
        // All texts come from one file as a rule: its line is what tells them apart.
        (Some(line), Some(_)) => format!("line {line}"),
        (Some(line), None) => format!("{}:{line}", cut_middle(&source, 40)),
        (None, _) if source.is_empty() => format!("row {}", input.row),
        (None, _) => cut_middle(&source, 60),
    };
    let text = input.excerpt.text.as_deref().map(visible).unwrap_or_default();
    let head = format!("  {:>9.3}  {place:<10}", input.value);
    let text = cut(&text, style.prose().saturating_sub(width(&head) + 2));
    format!("{}  {text}\n", paint(style.quiet, &head)).replace("  \n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::examples::tests::two_layers;

    #[test]
    fn a_block_a_neuron() {
        let (examples, figures) = two_layers();
        let neurons = vec![examples.asked("fc1:1", 2, &figures).unwrap()];
        let text = super::examples(&ExamplesReport { kind: examples.kind, neurons }, &Style::plain());
        assert_eq!(
            text,
            "fc1:1  H 0.000 nats\n      9.000  line 2      a great film\n      8.500  line 3      <b>bold</b> \\x1b[31m\n"
        );
    }
}
