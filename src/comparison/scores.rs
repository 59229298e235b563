//! `--scores`: does the order by H and I agree with a figure that the user has, such as held-out accuracy?
//!
//! Kendall's tau-b and Spearman's rho over the variants. Their intervals come from Fisher's transformation with the
//! variances of Fieller, Hartley and Pearson (1957) and of Bonett and Wright (2000). A handful of variants can be in
//! perfect order by chance, so a perfect coefficient is first drawn back by half of the smallest step that it could
//! have taken, and with four variants or fewer the interval of tau is all of [-1, 1].

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::indicator::Indicator;
use super::result::Comparison;
use crate::base::nullable;

/// A figure for a variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub label: String,
    pub value: f64,
}

/// How the scores go with the measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    pub scores: Vec<Score>,
    /// Variants without a score, which are left out.
    pub missing: Vec<String>,
    pub correlations: Vec<Correlation>,
}

/// Of the scores with one overall figure. Accuracy away from the training set is expected to rise with H and R and
/// to fall with I.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    pub measure: Indicator,
    /// Variants it is over.
    pub variants: usize,
    pub kendall: Coefficient,
    pub spearman: Coefficient,
}

/// Between -1 and 1; NaN (`null`) where all values are equal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    #[serde(deserialize_with = "nullable::number")]
    pub value: f64,
    pub interval95: [f64; 2],
}

/// Reads a file of labels and values.
///
/// # Errors
/// [`Error::Scores`], with the line.
pub fn read(path: &Path) -> Result<Vec<Score>, Error> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Error::Scores { place: place.clone(), why: e.to_string() })?;
    parse(&text, &place)
}

/// Reads labels and values, separated by a comma or a tab, under a header or none. `place` names the file in errors.
///
/// # Errors
/// [`Error::Scores`], with the line.
pub fn parse(text: &str, place: &str) -> Result<Vec<Score>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let delimiter = if text.lines().next().is_some_and(|line| line.contains('\t')) { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut scores: Vec<Score> = Vec::new();
    for (index, row) in reader.records().enumerate() {
        let wrong = |line: Option<u64>, why: String| Error::Scores {
            place: line.map_or(place.to_string(), |line| format!("{place}:{line}")),
            why,
        };
        let row = row.map_err(|e| wrong(None, e.to_string()))?;
        let line = row.position().map(|p| p.line());
        let (Some(label), Some(value), 2) = (row.get(0), row.get(1), row.len()) else {
            return Err(wrong(line, format!("a label and a value are expected, not {} columns", row.len())));
        };
        match value.parse::<f64>() {
            Ok(_) if scores.iter().any(|score| score.label == label) => {
                return Err(wrong(line, format!("{label} has a score already")));
            }
            Ok(value) if value.is_finite() => scores.push(Score { label: label.to_string(), value }),
            Err(_) if index == 0 => {} // a header
            _ => return Err(wrong(line, format!("{value:?} is not a number"))),
        }
    }
    Ok(scores)
}

/// Correlates the scores with the measures of a comparison.
///
/// # Errors
/// [`Error::Scores`]: a label that is no variant, or fewer than two variants with a score.
pub fn agreement(scores: &[Score], comparison: &Comparison, place: &str) -> Result<Agreement, Error> {
    let wrong = |why: String| Error::Scores { place: place.to_string(), why };
    if let Some(stranger) = scores.iter().find(|s| comparison.variants.iter().all(|v| v.label != s.label)) {
        let labels: Vec<&str> = comparison.variants.iter().map(|v| v.label.as_str()).collect();
        return Err(wrong(format!("there is no variant {}; there are {}", stranger.label, labels.join(", "))));
    }
    let score = |label: &str| scores.iter().find(|s| s.label == label).map(|s| s.value);
    let (scored, missing): (Vec<_>, Vec<_>) = comparison.variants.iter().partition(|v| score(&v.label).is_some());
    if scored.len() < 2 {
        return Err(wrong(format!("{} of the variants have a score, and an order needs two", scored.len())));
    }
    let values: Vec<f64> = scored.iter().filter_map(|v| score(&v.label)).collect();
    let correlations = Indicator::ALL.map(|measure| {
        let figures: Vec<f64> = (scored.iter())
            .map(|v| match measure {
                Indicator::Entropy => v.overall.entropy.mean,
                Indicator::MutualInformation => v.overall.mutual_information.mean,
                Indicator::EffectiveRank => v.overall.spectrum.effective_rank,
            })
            .collect();
        let (kendall, spearman) = (kendall(&values, &figures), spearman(&values, &figures));
        Correlation { measure, variants: scored.len(), kendall, spearman }
    });
    Ok(Agreement {
        scores: scores.to_vec(),
        missing: missing.iter().map(|v| v.label.clone()).collect(),
        correlations: correlations.to_vec(),
    })
}

/// Kendall's tau-b.
pub fn kendall(x: &[f64], y: &[f64]) -> Coefficient {
    let n = x.len();
    let (mut balance, mut untied_x, mut untied_y) = (0i64, 0i64, 0i64);
    for i in 0..n {
        for j in 0..i {
            let (a, b) = (order(x[i], x[j]), order(y[i], y[j]));
            balance += a * b;
            untied_x += a * a;
            untied_y += b * b;
        }
    }
    let n = n as f64;
    let value = balance as f64 / (untied_x as f64 * untied_y as f64).sqrt();
    let half_step = 2.0 / (n * (n - 1.0));
    Coefficient { value, interval95: fisher(value, half_step, 0.437 / (n - 4.0)) }
}

/// Spearman's rho: Pearson's correlation of the ranks, ties at their average.
pub fn spearman(x: &[f64], y: &[f64]) -> Coefficient {
    let (rx, ry) = (ranks(x), ranks(y));
    let n = x.len() as f64;
    let middle = 0.5 * (n + 1.0);
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let value = product(&rx, &ry) / (product(&rx, &rx) * product(&ry, &ry)).sqrt();
    let half_step = 6.0 / (n * (n * n - 1.0));
    Coefficient { value, interval95: fisher(value, half_step, (1.0 + 0.5 * value * value) / (n - 3.0)) }
}

/// The interval by Fisher's transformation; all of [-1, 1] where the variance is unknown.
fn fisher(value: f64, half_step: f64, variance: f64) -> [f64; 2] {
    if !(variance > 0.0 && variance.is_finite() && value.is_finite()) {
        return [-1.0, 1.0];
    }
    const NORMAL95: f64 = 1.959_963_984_540_054;
    let most = (1.0 - half_step).max(0.0);
    let (centre, half) = (value.clamp(-most, most).atanh(), NORMAL95 * variance.sqrt());
    [(centre - half).tanh().min(value), (centre + half).tanh().max(value)]
}

fn order(a: f64, b: f64) -> i64 {
    i64::from(a > b) - i64::from(a < b)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |v: &f64| {
        let below = values.iter().filter(|other| *other < v).count();
        let equal = values.iter().filter(|other| *other == v).count();
        below as f64 + 0.5 * (equal as f64 + 1.0)
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::made::{model, variant};
    use crate::comparison::{Settings, compare};

    /// The printed example of IQ against hours of television: rho = -29/165.
    #[test]
    fn spearman_of_a_printed_example() {
        let iq = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let hours = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        let rho = spearman(&iq, &hours);
        assert!((rho.value + 29.0 / 165.0).abs() < 1e-12);
        // atanh(rho) -+ 1.96 sqrt((1 + rho^2 / 2) / 7), back by tanh.
        assert!(
            (rho.interval95[0] + 0.727_830).abs() < 1e-6 && (rho.interval95[1] - 0.514_547).abs() < 1e-6,
            "{rho:?}"
        );
    }

    /// Of six pairs five agree and one is tied in x only: 5 / sqrt(5 x 6).
    #[test]
    fn kendall_with_ties() {
        let tau = kendall(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 4.0]);
        assert!((tau.value - 5.0 / 30f64.sqrt()).abs() < 1e-12);
        assert_eq!(tau.interval95, [-1.0, 1.0], "four say nothing");
        assert_eq!(kendall(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).value, -1.0);
    }

    /// By chance five are in perfect order once in 120, both orders once in 60: just beyond 5 %.
    #[test]
    fn perfect_order_of_five_is_barely_something() {
        let five = [1.0, 2.0, 3.0, 4.0, 5.0];
        for coefficient in [kendall(&five, &five), spearman(&five, &five)] {
            assert_eq!((coefficient.value, coefficient.interval95[1]), (1.0, 1.0));
            assert!(coefficient.interval95[0] > 0.0 && coefficient.interval95[0] < 0.5, "{coefficient:?}");
        }
        assert!(spearman(&five[..4], &five[..4]).interval95[0] < 0.0, "four are in one of both orders one time in 12");
        assert_eq!(spearman(&five[..3], &five[..3]).interval95, [-1.0, 1.0]);
    }

    #[test]
    fn equal_values_have_no_order() {
        let tau = kendall(&[1.0; 6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(tau.value.is_nan() && tau.interval95 == [-1.0, 1.0]);
        assert!(spearman(&[1.0; 6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).value.is_nan());
    }

    #[test]
    fn files() {
        let rows = |text: &str| {
            parse(text, "scores.csv").map(|s| s.into_iter().map(|s| (s.label, s.value)).collect::<Vec<_>>())
        };
        let expected: Vec<(String, f64)> = vec![("base".into(), 0.68), ("a, b".into(), -1.0)];
        assert_eq!(rows("label,value\r\nbase,0.68\r\n\"a, b\", -1\r\n").unwrap(), expected);
        assert_eq!(rows("\u{feff}base\t0.68\n# held out\n\na, b\t-1\n").unwrap(), expected);
        for (text, told) in [
            ("base,0.68\ntuned,high\n", "scores.csv:2: \"high\" is not a number"),
            ("label,value\nbase,nan\n", "scores.csv:2: \"nan\" is not a number"),
            ("base,1\nbase,2\n", "scores.csv:2: base has a score already"),
            ("base,1\ntuned\n", "scores.csv:2: a label and a value are expected, not 1 columns"),
        ] {
            assert_eq!(parse(text, "scores.csv").unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn agreement_with_a_comparison() {
        let variants = [("a", 1.0), ("b", 2.0), ("c", 3.0)];
        let variants = variants.map(|(label, h)| variant(label, vec![model([h, 1.0 - h], 0.01, 0b0011)]));
        let comparison = compare(&variants, &Settings::default()).unwrap();
        let scores = |rows: &[(&str, f64)]| -> Vec<Score> {
            rows.iter().map(|&(label, value)| Score { label: label.into(), value }).collect()
        };
        let found = agreement(&scores(&[("c", 0.9), ("a", 0.5), ("b", 0.7)]), &comparison, "scores.csv").unwrap();
        let tau: Vec<f64> = found.correlations.iter().map(|c| c.kendall.value).collect();
        assert_eq!((&tau[..2], found.missing.len()), (&[1.0, -1.0][..], 0));
        let found = agreement(&scores(&[("c", 0.9), ("a", 0.5)]), &comparison, "scores.csv").unwrap();
        assert_eq!((found.missing, found.correlations[0].variants), (vec!["b".to_string()], 2));
        let error = agreement(&scores(&[("d", 0.9)]), &comparison, "scores.csv").unwrap_err();
        assert_eq!(error.to_string(), "scores.csv: there is no variant d; there are a, b, c");
        let error = agreement(&scores(&[("a", 0.9)]), &comparison, "scores.csv").unwrap_err();
        assert_eq!(error.to_string(), "scores.csv: 1 of the variants have a score, and an order needs two");
    }
}
