//! Reading settings out of JSON, with an error that names the file, the key and what is there.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::Error;
use super::filter::Filter;

/// Sides beyond this are taken for a mistake: no vision model takes them, and they would not fit in memory.
const LONGEST_SIDE: u64 = 1 << 14;

/// The object of settings in a file.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub file: &'a Path,
    pub map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn wrong(&self, key: &'static str, found: &Value, expected: &'static str) -> Error {
        let mut found = found.to_string();
        if found.chars().count() > 60 {
            found = found.chars().take(60).collect::<String>() + "…";
        }
        Error::Setting { file: self.file.to_path_buf(), key, found, expected }
    }

    /// The value of a key; null is as good as none.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        self.get(key).map(|value| read(value).ok_or_else(|| self.wrong(key, value, expected))).transpose()
    }

    pub fn flag(&self, key: &'static str) -> Result<Option<bool>, Error> {
        self.read(key, "true or false", Value::as_bool)
    }

    pub fn text(&self, key: &'static str) -> Result<Option<&'a str>, Error> {
        self.read(key, "a text", Value::as_str)
    }

    /// A whole number above zero.
    pub fn whole(&self, key: &'static str) -> Result<Option<usize>, Error> {
        self.read(key, "a whole number above zero", side)
    }

    /// A finite number above zero.
    pub fn positive(&self, key: &'static str) -> Result<Option<f64>, Error> {
        self.read(key, "a number above zero", |value| value.as_f64().filter(|n| n.is_finite() && *n > 0.0))
    }

    /// One number a channel, or one for all three.
    pub fn channels(&self, key: &'static str) -> Result<Option<[f32; 3]>, Error> {
        self.read(key, "three finite numbers", |value| {
            let number = |value: &Value| value.as_f64().map(|n| n as f32).filter(|n| n.is_finite());
            match value {
                Value::Array(list) => {
                    let list: Vec<f32> = list.iter().map(number).collect::<Option<_>>()?;
                    list.try_into().ok()
                }
                one => number(one).map(|n| [n; 3]),
            }
        })
    }

    /// One number a channel, none of them zero.
    pub fn deviations(&self, key: &'static str) -> Result<Option<[f32; 3]>, Error> {
        match self.channels(key)? {
            Some(std) if std.contains(&0.0) => Err(self.wrong(key, &self.map[key], "three numbers that are not zero")),
            std => Ok(std),
        }
    }

    /// PIL's number of a filter, or its name.
    pub fn filter(&self, key: &'static str) -> Result<Option<Filter>, Error> {
        self.read(key, "a filter that PIL has (0 to 5, or its name)", |value| match value {
            Value::String(name) => Filter::from_name(name),
            number => number.as_u64().and_then(Filter::from_number),
        })
    }

    /// A size in any of its forms.
    pub fn size(&self, key: &'static str) -> Result<Option<Size>, Error> {
        self.read(key, "a side, or height and width, or shortest_edge alone", |value| match value {
            Value::Object(map) => {
                let get = |key: &str| match map.get(key) {
                    None | Some(Value::Null) => Some(None),
                    Some(value) => side(value).map(Some),
                };
                match (get("height")?, get("width")?, get("shortest_edge")?, get("longest_edge")?) {
                    (Some(height), Some(width), None, None) => Some(Size::Sides(height, width)),
                    // With `longest_edge`, versions 4 and 5 of transformers give other sizes.
                    (None, None, Some(edge), None) => Some(Size::Shortest(edge)),
                    _ => None,
                }
            }
            Value::Array(list) => match list.as_slice() {
                [height, width] => Some(Size::Sides(side(height)?, side(width)?)),
                [one] => side(one).map(Size::One),
                _ => None,
            },
            one => side(one).map(Size::One),
        })
    }
}

/// The forms of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// One number; what it means depends on the processor.
    One(usize),
    /// Height and width.
    Sides(usize, usize),
    /// The shorter side; the other in proportion.
    Shortest(usize),
}

impl Size {
    /// The number, the height or the shorter side.
    pub fn first(self) -> usize {
        match self {
            Size::One(side) | Size::Sides(side, _) | Size::Shortest(side) => side,
        }
    }
}

fn side(value: &Value) -> Option<usize> {
    // Some exporters write 224.0.
    let side = value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && *n > 0.0).map(|n| n as u64))?;
    (1..=LONGEST_SIDE).contains(&side).then_some(side as usize)
}
