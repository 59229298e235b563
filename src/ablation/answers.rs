//! What a model answers: the place of the largest number of its output, or whether its only number is above a
//! threshold.

use ndarray::ArrayView2;

/// The answer to each input; `None` where a number of the output is NaN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(pub Vec<Option<u32>>);

impl Answers {
    /// Of an output [classes, inputs].
    pub fn of(output: ArrayView2<'_, f32>, threshold: f32) -> Answers {
        Answers(output.columns().into_iter().map(|column| answer(column.iter().copied(), threshold)).collect())
    }

    /// How many answers are not what they were.
    pub fn changed(&self, before: &Answers) -> usize {
        self.0.iter().zip(&before.0).filter(|(one, other)| one != other).count()
    }

    /// How many answers are those of `truth`, among the inputs whose truth is known and `among`.
    pub fn right(&self, truth: &[Option<u32>], among: impl Fn(u32) -> bool) -> usize {
        let right = |(answer, truth): &(&Option<u32>, &Option<u32>)| truth.is_some_and(&among) && answer == truth;
        self.0.iter().zip(truth).filter(right).count()
    }
}

/// The number of answers that an output with so many numbers tells apart.
pub fn answers_of(width: usize) -> usize {
    if width == 1 { 2 } else { width }
}

/// The answer that a row of numbers gives: the first of the largest.
pub fn answer(row: impl Iterator<Item = f32>, threshold: f32) -> Option<u32> {
    let (mut count, mut best, mut largest) = (0u32, 0, f32::NEG_INFINITY);
    for value in row {
        if value.is_nan() {
            return None;
        }
        if value > largest {
            (best, largest) = (count, value);
        }
        count += 1;
    }
    match count {
        0 => None,
        1 => Some(u32::from(largest > threshold)),
        _ => Some(best),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_answer_is_the_first_of_the_largest() {
        let of = |row: &[f32]| answer(row.iter().copied(), 0.0);
        assert_eq!([of(&[1.0, 3.0, 3.0]), of(&[f32::NEG_INFINITY; 2]), of(&[-2.0, -1.0])], [Some(1), Some(0), Some(1)]);
        assert_eq!([of(&[0.1, f32::NAN]), of(&[f32::NAN]), of(&[])], [None; 3]);
        assert_eq!([of(&[0.1]), of(&[0.0]), of(&[-0.1])], [Some(1), Some(0), Some(0)]);
        assert_eq!(answer([0.4].into_iter(), 0.5), Some(0), "a probability");
    }

    #[test]
    fn changes_and_right_answers_are_counted() {
        let before = Answers::of(array![[1.0f32, 0.0, 0.0, f32::NAN], [0.0, 1.0, 1.0, 0.0]].view(), 0.0);
        assert_eq!(before.0, [Some(0), Some(1), Some(1), None]);
        let after = Answers(vec![Some(0), Some(0), None, None]);
        assert_eq!(after.changed(&before), 2);
        let truth = [Some(0), Some(1), None, Some(1)];
        assert_eq!(before.right(&truth, |_| true), 2);
        assert_eq!(before.right(&truth, |class| class == 1), 1);
    }
}
