//! Mutual information from a B x B histogram.

/// Plug-in mutual information of two neurons over the same inputs, in nats: B equal-width bins over each one's own range,
/// the last bin closed; a constant neuron has one bin. Between 0 and ln B, and biased upwards by about (B - 1)^2 / 2S.
///
/// The values must be finite. The shorter of the two decides how many inputs there are; none give 0.
pub fn pair(x: &[f32], y: &[f32], bins: usize) -> f64 {
    let samples = x.len().min(y.len());
    let (x, y, bins) = (bin(&x[..samples], bins.max(1)), bin(&y[..samples], bins.max(1)), bins.max(1));
    let mut joint: Vec<u64> = x.iter().zip(&y).map(|(&i, &j)| (i * bins + j) as u64).collect();
    let (mut over_x, mut over_y) = (vec![0u32; bins], vec![0u32; bins]);
    for (&i, &j) in x.iter().zip(&y) {
        over_x[i] += 1;
        over_y[j] += 1;
    }
    // Sorted rather than counted in B x B cells: 100 x 100 cells for 2,500 inputs would be mostly zeroes to walk over.
    joint.sort_unstable();
    let total = samples as f64;
    joint
        .chunk_by(|a, b| a == b)
        .map(|cell| {
            let (i, j) = ((cell[0] / bins as u64) as usize, (cell[0] % bins as u64) as usize);
            let both = cell.len() as f64;
            both / total * (both * total / (f64::from(over_x[i]) * f64::from(over_y[j]))).ln()
        })
        .sum::<f64>()
        // Rounding may leave independent neurons a hair below zero, where this estimate cannot be.
        .max(0.0)
}

/// The bin of every value.
fn bin(values: &[f32], bins: usize) -> Vec<usize> {
    let (min, max) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &v| (min.min(f64::from(v)), max.max(f64::from(v))));
    let width = (max - min) / bins as f64;
    values
        .iter()
        .map(|&v| if width > 0.0 { (((f64::from(v) - min) / width) as usize).min(bins - 1) } else { 0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_cells_by_hand() {
        let x = [0.0, 0.0, 1.0, 1.0];
        assert!((pair(&x, &x, 2) - 2f64.ln()).abs() < 1e-15);
        assert!(pair(&x, &[0.0, 1.0, 0.0, 1.0], 2) < 1e-15);
        // p(0,0) = 1/2, p(1,1) = p(1,0) = 1/4: I = 1/2 ln 4/3 + 1/4 ln 2 + 1/4 ln 2/3.
        let expected = 0.5 * (4.0f64 / 3.0).ln() + 0.25 * 2f64.ln() + 0.25 * (2.0f64 / 3.0).ln();
        assert!((pair(&x, &[0.0, 0.0, 0.0, 1.0], 2) - expected).abs() < 1e-15);
    }

    #[test]
    fn is_symmetric_and_within_its_bounds() {
        let x: Vec<f32> = (0..997).map(|i| ((i * 7919) % 997) as f32).collect();
        let y: Vec<f32> = (0..997).map(|i| ((i * i) % 997) as f32).collect();
        for bins in [1, 2, 10, 100] {
            let (xy, yx) = (pair(&x, &y, bins), pair(&y, &x, bins));
            assert!((xy - yx).abs() < 1e-12);
            assert!((0.0..=(bins as f64).ln() + 1e-12).contains(&xy));
        }
        assert_eq!(pair(&x, &vec![3.0; 997], 10), 0.0, "a constant neuron tells nothing");
        assert_eq!(pair(&[], &[], 10), 0.0);
    }
}
