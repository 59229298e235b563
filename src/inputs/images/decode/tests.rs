//! Every file in fixtures/images/files against PIL's pixels.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ndarray::Array3;
use ndarray_npy::NpzReader;

use super::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images")
}

/// Largest and mean difference of our pixels from PIL's, for the files whose name begins with `start`.
fn differences(start: &str) -> Vec<(String, u8, f64)> {
    let mut expected = NpzReader::new(File::open(fixtures().join("expected.npz")).unwrap()).unwrap();
    let mut found = Vec::new();
    let mut pixels = vec![7; 100];
    for name in expected.names().unwrap().iter().filter(|name| name.starts_with(start)) {
        let theirs: Array3<u8> = expected.by_name(name).unwrap();
        let file = name.trim_end_matches(".npy");
        match decode(&fs::read(fixtures().join("files").join(file)).unwrap(), &mut pixels) {
            Ok(size) if size == (theirs.dim().0, theirs.dim().1) && pixels.len() == theirs.len() => {
                let apart = theirs.iter().zip(&pixels).map(|(a, b)| a.abs_diff(*b));
                let (most, sum) = apart.fold((0, 0.0), |(most, sum), d| (d.max(most), sum + f64::from(d)));
                found.push((file.to_string(), most, sum / pixels.len() as f64));
            }
            other => {
                eprintln!("{file}: {other:?}, but PIL has {:?}", theirs.dim());
            }
        }
    }
    found
}

#[test]
#[ignore]
fn show() {
    for (file, most, mean) in differences("") {
        eprintln!("{file:40} {most:4} {mean:8.4}");
    }
}
