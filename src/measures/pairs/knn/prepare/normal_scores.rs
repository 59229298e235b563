//! Normal scores: a neuron's ranks on the scale of a standard normal variable.

/// The quantile function of the standard normal distribution at `numerator / denominator`, both exact in float64.
///
/// Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988), PPND16:
/// about 1 part in 10^16. The probability comes as a fraction so that p and 1 - p, which are both exact here, give
/// scores that differ in sign and in nothing else.
pub fn normal_quantile(numerator: f64, denominator: f64) -> f64 {
    let q = (numerator - 0.5 * denominator) / denominator;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE_OVER, &CENTRE_UNDER);
    }
    let tail = numerator.min(denominator - numerator) / denominator;
    let r = (-tail.ln()).sqrt();
    let magnitude =
        if r <= 5.0 { ratio(r - 1.6, &MIDDLE_OVER, &MIDDLE_UNDER) } else { ratio(r - 5.0, &TAIL_OVER, &TAIL_UNDER) };
    magnitude.copysign(q)
}

/// The normal scores of `samples` inputs by twice the average rank: entry 2r is Phi^-1(r / (S + 1)), r = 1 to S in halves.
///
/// Twice the average rank of a tied group is the sum of its first and last rank, an integer: so a table holds them all.
pub fn by_twice_rank(samples: usize) -> Vec<f64> {
    let denominator = 2.0 * (samples as f64 + 1.0);
    (0..=2 * samples)
        .map(|twice| if twice < 2 { f64::NEG_INFINITY } else { normal_quantile(twice as f64, denominator) })
        .collect()
}

fn ratio(r: f64, over: &[f64; 8], under: &[f64; 8]) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * r + c);
    horner(over) / horner(under)
}

// The coefficients of AS 241, by rising power.
const CENTRE_OVER: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_UNDER: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_545e3,
];
const MIDDLE_OVER: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const MIDDLE_UNDER: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const TAIL_OVER: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const TAIL_UNDER: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_7e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_forty_digits() {
        // Roots of the normal distribution function, found by bisection in 40 digits.
        for (p, z) in QUANTILES {
            let ours = normal_quantile(p, 1.0);
            assert!((ours - z).abs() <= 8e-16 * z.abs().max(1.0), "at {p}: {ours:e}, not {z:e}");
        }
    }

    #[test]
    fn scores_are_distinct_antisymmetric_and_rise() {
        for samples in [1usize, 2, 7, 300, 2500, 50_000] {
            let scores = by_twice_rank(samples);
            for twice in 2..=2 * samples {
                assert_eq!(scores[twice], -scores[2 * samples + 2 - twice], "twice the rank {twice} of {samples}");
                assert!(twice == 2 || (scores[twice] as f32) > scores[twice - 1] as f32, "at {twice} of {samples}");
            }
        }
    }

    const QUANTILES: [(f64, f64); 12] = [
        (0.5, 0.0),
        (0.4, -0.2533471031357997),
        (0.1, -1.2815515655446004),
        (0.0751, -1.43882539275254),
        (0.0749, -1.4402382675279637),
        (0.975, 1.9599639845400538),
        (0.01, -2.326347874040841),
        (0.00039984006397441024, -3.352905473341807),
        (0.9996, 3.3527947805048592),
        (1e-06, -4.753424308822899),
        (1e-11, -6.706023155495136),
        (1e-13, -7.348796102800677),
    ];
}
