//! An order in which neurons that share much information stand side by side: average linkage, leaf by leaf.

/// The order of `count` items under a symmetric similarity (NaN counts as none at all).
pub fn by_similarity(count: usize, similarity: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let near = |i: usize, j: usize| match similarity(i, j) {
        s if s.is_finite() => s as f32,
        _ => f32::MIN / 4.0,
    };
    let mut table: Vec<f32> = (0..count * count).map(|at| near(at / count, at % count)).collect();
    let original = table.clone();
    let mut groups: Vec<Vec<usize>> = (0..count).map(|i| vec![i]).collect();
    let mut chain: Vec<usize> = Vec::new();
    let mut left = count;
    // Nearest-neighbour chains merge mutual neighbours, which for average linkage gives the same tree as always
    // merging the closest pair, in O(n^2) (Murtagh 1983).
    while left > 1 {
        let top = match chain.last() {
            Some(&top) => top,
            None => match groups.iter().position(|group| !group.is_empty()) {
                Some(any) => {
                    chain.push(any);
                    any
                }
                None => break,
            },
        };
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        let mut nearest = before.unwrap_or(usize::MAX);
        for (other, group) in groups.iter().enumerate() {
            let closer = nearest == usize::MAX || table[top * count + other] > table[top * count + nearest];
            if other != top && !group.is_empty() && closer {
                nearest = other;
            }
        }
        if Some(nearest) != before {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (a, b) = (std::mem::take(&mut groups[top]), std::mem::take(&mut groups[nearest]));
        let (size_a, size_b) = (a.len() as f32, b.len() as f32);
        for (other, group) in groups.iter().enumerate() {
            if !group.is_empty() {
                let (to_a, to_b) = (table[top * count + other], table[nearest * count + other]);
                let mean = (size_a * to_a + size_b * to_b) / (size_a + size_b);
                table[top * count + other] = mean;
                table[other * count + top] = mean;
            }
        }
        groups[top] = joined(a, b, &original, count);
        left -= 1;
    }
    groups.concat()
}

/// Joins two runs at the ends that are most alike.
fn joined(mut a: Vec<usize>, mut b: Vec<usize>, similarity: &[f32], count: usize) -> Vec<usize> {
    let ends = |a: &[usize], b: &[usize]| match (a.last(), b.first()) {
        (Some(&last), Some(&first)) => similarity[last * count + first],
        _ => 0.0,
    };
    let flip = |v: &[usize]| v.iter().rev().copied().collect::<Vec<_>>();
    let (flipped_a, flipped_b) = (flip(&a), flip(&b));
    let choices = [ends(&a, &b), ends(&flipped_a, &b), ends(&a, &flipped_b), ends(&flipped_a, &flipped_b)];
    // Equal similarities keep the first, so that the order is the same everywhere.
    let best = (0..4).fold(0, |best, i| if choices[i] > choices[best] { i } else { best });
    if best & 1 == 1 {
        a = flipped_a;
    }
    if best & 2 == 2 {
        b = flipped_b;
    }
    a.extend(b);
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_together() {
        // Three interleaved groups.
        let order = by_similarity(12, |i, j| if i % 3 == j % 3 { 1.0 } else { 0.1 });
        let groups: Vec<usize> = order.iter().map(|i| i % 3).collect();
        assert_eq!(groups.windows(2).filter(|pair| pair[0] != pair[1]).count(), 2, "{order:?}");
    }

    #[test]
    fn a_chain_is_laid_out_in_line() {
        let place = [4usize, 0, 3, 1, 5, 2];
        let order = by_similarity(6, |i, j| -(place[i].abs_diff(place[j]) as f64));
        let line: Vec<usize> = order.iter().map(|&i| place[i]).collect();
        assert!(line.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 2), "{line:?}");
    }

    #[test]
    fn every_item_once_also_where_there_is_no_figure() {
        for count in [0, 1, 2, 7] {
            let mut order = by_similarity(count, |i, j| if i == 3 || j == 3 { f64::NAN } else { (i + j) as f64 });
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }
}
