//! The measures against what the published estimators give on the activations of a trained network.

mod common;

use std::fs::File;
use std::path::Path;

use common::{repo, run, stderr};
use ndarray::{Array1, Array2};
use ndarray_npy::{NpzReader, ReadableElement};

/// Runs `probe measure` on the thousand images' activations and reads what it saved.
fn measured(bins: &str, folder: &Path) -> (Array1<f64>, Array2<f64>) {
    let file = repo("fixtures/golden/published_objects_base.npz");
    let out = folder.join(bins);
    // The published run took up to 32 neurons of each layer.
    let args: [&std::ffi::OsStr; 10] = [
        "measure".as_ref(),
        file.as_ref(),
        "--samples".as_ref(),
        "all".as_ref(),
        "--bins".as_ref(),
        bins.as_ref(),
        "--mi-neurons".as_ref(),
        "32".as_ref(),
        "--out".as_ref(),
        out.as_ref(),
    ];
    let output = run(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    let measures = out.join("measures.npz");
    (array(&measures, "entropy"), array(&measures, "mi"))
}

fn array<T: ReadableElement, D: ndarray::Dimension>(path: &Path, name: &str) -> ndarray::Array<T, D> {
    NpzReader::new(File::open(path).unwrap()).unwrap().by_name(name).unwrap()
}

fn largest_difference<D: ndarray::Dimension>(have: &ndarray::Array<f64, D>, want: &ndarray::Array<f64, D>) -> f64 {
    assert_eq!(have.shape(), want.shape());
    // Unlike a fold with `f64::max`, this keeps a NaN.
    have.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

#[test]
fn entropy_and_mutual_information_are_the_published_ones() {
    let folder = tempfile::tempdir().unwrap();
    let published = repo("fixtures/golden/published_objects_base_measures.npz");
    for bins in ["20", "100"] {
        let (entropy, mutual_information) = measured(bins, folder.path());
        let off = largest_difference(&entropy, &array(&published, &format!("entropy_{bins}")));
        assert!(off < 1e-12, "entropy with {bins} bins is off by {off:e}");
        let off = largest_difference(&mutual_information, &array(&published, "mi"));
        assert!(off < 1e-9, "mutual information is off by {off:e}");
    }
}
