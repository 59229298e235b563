//! Answers by the number of neurons that are off, beside those of random draws.

use super::answers::Answers;
use super::gaps::{Gaps, Groups};
use super::result::{ClassChange, GapChange, Point, Share, Spread};
use super::truth::Truth;

/// Numbers of neurons: 1, 2, 4, … and all of them.
pub fn counts(all: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1usize), |count| count.checked_mul(2));
    powers.take_while(|&count| count < all).chain([all]).collect()
}

/// A curve, and what becomes of each class and of two groups at its end.
#[derive(Default)]
pub struct Curve {
    pub points: Vec<Point>,
    /// Empty without labels.
    pub classes: Vec<ClassChange>,
    /// Nothing without groups.
    pub gaps: Option<GapChange>,
}

/// Puts the answers together. `off` holds, per count, those with the chosen neurons off and then those with each random
/// draw off.
pub fn curve(
    before: &Answers,
    truth: Option<&Truth>,
    groups: Option<Groups>,
    counts: &[usize],
    off: &[&[Answers]],
) -> Curve {
    let mut points = Vec::new();
    for (&neurons, answers) in counts.iter().zip(off) {
        let Some((chosen, random)) = answers.split_first() else { continue };
        let of = |figure: &dyn Fn(&Answers) -> Share| {
            let share = figure(chosen);
            let shares: Vec<f64> = random.iter().map(|answers| figure(answers).share).collect();
            (share, Spread::new(&shares, share.share))
        };
        let (changed, changed_random) = of(&|answers| Share::new(answers.changed(before), before.0.len()));
        let accuracy = truth.map(|truth| of(&|answers| accuracy(answers, truth)));
        let (accuracy, accuracy_random) = accuracy.unzip();
        points.push(Point { neurons, changed, changed_random, accuracy, accuracy_random });
    }
    let last = off.last().and_then(|answers| answers.split_first());
    let classes = truth.zip(last).map(|(truth, (chosen, random))| classes(before, truth, chosen, random));
    let gaps = truth.zip(groups).and_then(|(truth, groups)| gap_change(before, truth, groups, off));
    Curve { points, classes: classes.unwrap_or_default(), gaps }
}

/// What becomes of the gaps between two groups at the end of a curve; `off` is as in [`curve`].
fn gap_change(before: &Answers, truth: &Truth, groups: Groups, off: &[&[Answers]]) -> Option<GapChange> {
    let (chosen, random) = off.last()?.split_first()?;
    let of = |answers: &Answers| Gaps::of(answers, truth, &groups);
    let (before, after) = (of(before), of(chosen));
    let random: Vec<Gaps> = random.iter().map(of).collect();
    let spread =
        |figure: &dyn Fn(&Gaps) -> f64| Spread::new(&random.iter().map(figure).collect::<Vec<_>>(), figure(&after));
    let (tpr_gap_random, sufficiency_gap_random) = (spread(&|gaps| gaps.tpr_gap), spread(&|gaps| gaps.sufficiency_gap));
    let inputs = groups.inputs(truth);
    let Groups { column, names, .. } = groups;
    Some(GapChange { column, groups: names, inputs, before, after, tpr_gap_random, sufficiency_gap_random })
}

/// The share of right answers among the inputs with a label.
pub fn accuracy(answers: &Answers, truth: &Truth) -> Share {
    Share::new(answers.right(&truth.of, |_| true), truth.known())
}

/// The classes that occur among the labels.
fn classes(before: &Answers, truth: &Truth, chosen: &Answers, random: &[Answers]) -> Vec<ClassChange> {
    let one = |(class, name): (u32, &String)| {
        let inputs = truth.inputs(class);
        let of = |answers: &Answers| Share::new(answers.right(&truth.of, |other| other == class), inputs);
        let after = of(chosen);
        let shares: Vec<f64> = random.iter().map(|answers| of(answers).share).collect();
        let random = Spread::new(&shares, after.share);
        (inputs > 0).then(|| ClassChange { name: name.clone(), before: of(before), after, random })
    };
    (0..).zip(&truth.names).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(of: &str) -> Answers {
        Answers(of.chars().map(|answer| answer.to_digit(10)).collect())
    }

    #[test]
    fn counts_double_and_end_with_all() {
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(2), [1, 2]);
        assert_eq!(counts(13), [1, 2, 4, 8, 13]);
        assert_eq!(counts(16), [1, 2, 4, 8, 16]);
    }

    #[test]
    fn a_point_holds_the_choice_and_its_draws() {
        let before = answers("00112");
        let truth = Truth {
            column: "c".into(),
            names: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            of: vec![Some(0), Some(1), Some(1), Some(1), None],
        };
        let one = [answers("00112"), answers("00112"), answers("10112")];
        let two = [answers("01111"), answers("00110"), answers("01112")];
        let groups = Groups {
            column: "g".into(),
            names: ["F", "M"].map(str::to_owned),
            of: vec![Some(0), Some(1), Some(0), None, Some(0)],
        };
        let Curve { points, classes, gaps } = curve(&before, Some(&truth), Some(groups), &[1, 2], &[&one, &two]);
        assert_eq!(
            points.iter().map(|point| (point.neurons, point.changed.count)).collect::<Vec<_>>(),
            [(1, 0), (2, 2)]
        );
        let (random, accuracy) = (points[1].changed_random, points[1].accuracy.unwrap());
        assert_eq!((random.mean, random.min, random.as_high), (0.2, 0.2, 0));
        assert_eq!((accuracy.count, accuracy.of), (4, 4), "the input without a label does not count");
        assert_eq!(points[0].accuracy.unwrap().count, 3);
        assert_eq!(points[1].accuracy_random.unwrap().max, 1.0);
        let named: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
        assert_eq!(named, ["a", "b"], "classes without an input are left out");
        assert_eq!((classes[1].before.count, classes[1].after.count, classes[1].after.of), (2, 3, 3));
        // Of class b, F has one input and M one; class a has F alone.
        let gaps = gaps.unwrap();
        assert_eq!((gaps.inputs, gaps.before.tpr_gap, gaps.after.tpr_gap), ([2, 1], 1.0, 0.0));
        assert_eq!((gaps.tpr_gap_random.mean, gaps.tpr_gap_random.draws), (0.5, 2));
        let plain = curve(&before, None, None, &[1], &[&one]);
        assert!(plain.gaps.is_none() && plain.classes.is_empty() && plain.points[0].accuracy.is_none());
    }
}
