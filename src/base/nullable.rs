//! Numbers that may be NaN in JSON, which has no NaN: `serde_json` writes `null`, and here it is read back. For
//! `#[serde(deserialize_with = "nullable::number")]`.

use serde::{Deserialize, Deserializer};

/// A number, NaN where `null` stands.
///
/// # Errors
/// There is something else.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// The same for a few numbers.
///
/// # Errors
/// There is something else, or there are more or fewer.
pub fn numbers<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[f64; N], D::Error>
where
    [Option<f64>; N]: Deserialize<'de>,
{
    Ok(<[Option<f64>; N]>::deserialize(deserializer)?.map(|number| number.unwrap_or(f64::NAN)))
}
