//! One sentence on what to make of all verdicts together.

use super::pair::Pair;
use super::verdict::Verdict;
use crate::base::text::listed;

/// Which variant to keep, or why one cannot say.
pub(super) fn advice(pairs: &[Pair]) -> String {
    let with = |verdicts: &[Verdict]| -> Vec<&str> {
        pairs.iter().filter(|pair| verdicts.contains(&pair.verdict)).map(|pair| pair.variant.as_str()).collect()
    };
    let Some(base) = pairs.first().map(|pair| pair.baseline.as_str()) else { return String::new() };
    let (shortcut, examples) = (with(&[Verdict::Heuristic]), with(&[Verdict::ExampleLevel]));
    let unclear = with(&[Verdict::Mixed, Verdict::NotEnoughEvidence]);
    let leans = |of: &[&str]| if of.len() == 1 { "leans" } else { "lean" };
    let mut sentence = match (&shortcut[..], &examples[..], &unclear[..]) {
        ([], [], []) => format!("No variant differs from {base}, so the measures give no reason to change"),
        ([], [], _) => format!("Whether to keep {base} cannot be said from these figures"),
        ([..], [], _) => {
            format!("Keep {base}: {} {} more on a shortcut", list(&shortcut), leans(&shortcut))
        }
        (_, [..], _) => format!(
            "Between {base} and {} held-out accuracy has to decide: either {base} leans on a shortcut that {} not, or {} \
             memorized training examples",
            list(&examples),
            if examples.len() == 1 { "the other does" } else { "the others do" },
            if examples.len() == 1 { "the other" } else { "the others" },
        ),
    };
    if !shortcut.is_empty() && !examples.is_empty() {
        sentence.push_str(&format!("; {} {} more on a shortcut than {base}", list(&shortcut), leans(&shortcut)));
    }
    let some_decided = !shortcut.is_empty() || !examples.is_empty();
    if some_decided && !unclear.is_empty() {
        sentence.push_str(&format!("; of {} nothing can be said", list(&unclear)));
    }
    sentence.push('.');
    sentence
}

/// The labels as a sentence has them; of many the first ones and how many others there are.
fn list(labels: &[&str]) -> String {
    match labels {
        [a, b, c, others @ ..] if others.len() > 1 => format!("{a}, {b}, {c} and {} others", others.len()),
        few => listed(few),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_labels_the_first_are_named_and_the_others_counted() {
        let labels = ["a", "b", "c", "d", "e"];
        assert_eq!(list(&labels[..4]), "a, b, c and d");
        assert_eq!(list(&labels), "a, b, c and 2 others");
    }
}
