//! Codelengths as they are reported.

use serde::{Deserialize, Serialize};

use super::classes::Class;
use super::codelength::OnlineCode;
use super::settings::Units;
use crate::base::nullable;
use crate::measures::resampling::student;

/// What can be read off each layer of one column of labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Codelengths {
    /// The column's name; `label` where the labels come without a name, `folder` where they are folders of images.
    pub column: String,
    pub units: Units,
    /// Inputs that have a label: the S of the code.
    pub inputs: usize,
    /// Inputs of the run without a label.
    pub missing: usize,
    /// The K classes.
    pub classes: Vec<Class>,
    /// Classes whose inputs were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Class>,
    /// Where the blocks end, in inputs.
    pub blocks: Vec<usize>,
    /// S log2 K: the bits of a code that knows nothing, which a compression is relative to.
    pub uniform: f64,
    /// The code of a probe that sees no activations: what the frequencies of the classes save by themselves.
    pub featureless: Code,
    /// In the order of the run.
    pub layers: Vec<LayerCode>,
}

/// One layer's codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerCode {
    pub label: String,
    /// Neurons that the probe reads.
    pub neurons: usize,
    /// Neurons that are constant or not finite, and are not read.
    pub left_out: usize,
    #[serde(flatten)]
    pub code: Code,
    /// The same activations with the labels permuted: what a probe of this size makes of nothing.
    pub control: Code,
}

/// A code, over all orders.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Code {
    pub codelength: Estimate,
    /// The uniform code's length over the codelength: above 1 where something was learned.
    pub compression: Estimate,
    /// The share of labels of the last block that were likeliest, after learning from all others.
    pub accuracy: Estimate,
}

/// A mean over random orders, and its 95 % interval by Student's t; NaN where there is one order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub mean: f64,
    #[serde(deserialize_with = "nullable::numbers")]
    pub interval95: [f64; 2],
}

impl Code {
    /// Of the codes of all orders; `uniform` is in bits.
    pub fn of(codes: &[OnlineCode], uniform: f64, units: Units) -> Code {
        let length = |code: &OnlineCode| match units {
            Units::Bits => code.first + code.others * std::f64::consts::LOG2_E,
            Units::Published => code.first + code.others,
        };
        let estimate = |of: &dyn Fn(&OnlineCode) -> f64| Estimate::of(&codes.iter().map(of).collect::<Vec<_>>());
        Code {
            codelength: estimate(&length),
            compression: estimate(&|code| uniform / length(code)),
            accuracy: estimate(&|code| code.accuracy),
        }
    }
}

impl Estimate {
    fn of(values: &[f64]) -> Estimate {
        let (mean, interval95) = student::of_mean(values);
        Estimate { mean, interval95 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_as_they_say() {
        let codes = [OnlineCode { first: 10.0, others: 20.0, accuracy: 0.5 }; 2];
        let bits = Code::of(&codes, 100.0, Units::Bits);
        assert!((bits.codelength.mean - (10.0 + 20.0 / std::f64::consts::LN_2)).abs() < 1e-12);
        let published = Code::of(&codes, 100.0, Units::Published);
        assert_eq!(published.codelength.mean, 30.0);
        assert!((published.compression.mean - 100.0 / 30.0).abs() < 1e-12);
    }

    /// Of 1 to 5 the mean is 3, its standard error sqrt(2.5 / 5), and t with four degrees of freedom 2.776.
    #[test]
    fn the_interval_is_students() {
        let of = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((of.mean - 3.0).abs() < 1e-12);
        assert!((of.interval95[1] - (3.0 + 2.7764 * 0.5f64.sqrt())).abs() < 1e-4);
        let one = Estimate::of(&[7.0]);
        assert!(one.mean == 7.0 && one.interval95[0].is_nan());
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(json, "{\"mean\":7.0,\"interval95\":[null,null]}");
        assert!(serde_json::from_str::<Estimate>(&json).unwrap().interval95[1].is_nan());
    }
}
