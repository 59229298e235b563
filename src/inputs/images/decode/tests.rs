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
fn every_file_equals_pil() {
    let files = differences("");
    assert!(files.len() >= 88);
    for (file, most, mean) in files {
        // The one known difference: JPEG inside of TIFF goes through the tiff crate's decoder.
        let allowed = u8::from(file == "tiff-jpeg.tif");
        assert!(most <= allowed, "{file}: up to {most} levels, {mean:.4} on average");
    }
}

#[test]
fn every_bad_file_has_a_reason() {
    let mut pixels = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(fixtures().join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let answer = decode(&fs::read(&path).unwrap(), &mut pixels);
        let reason = answer.expect_err(&path.display().to_string());
        assert!(!reason.is_empty() && !reason.contains('\n'), "{}: {reason:?}", path.display());
        count += 1;
    }
    assert!(count >= 36, "{count}");
}

#[test]
fn bombs_are_refused_by_their_size() {
    let mut pixels = Vec::new();
    for name in ["bomb-60000.png", "bomb-2-31.png", "bomb.jpg", "bomb.gif", "bomb.bmp", "bomb.ppm"] {
        let reason = decode(&fs::read(fixtures().join("bad").join(name)).unwrap(), &mut pixels).unwrap_err();
        assert!(reason.contains("more than the 178956970"), "{name}: {reason}");
        assert!(pixels.capacity() < 1 << 20, "{name}");
    }
}

/// Bytes changed and tails cut at random: whatever the answer, there must be one.
#[test]
fn damage_never_panics() {
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut pixels = Vec::new();
    let mut paths: Vec<_> =
        fs::read_dir(fixtures().join("files")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let whole = fs::read(path).unwrap();
        for _ in 0..20 {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                // The first bytes are headers, where most of what can go wrong does.
                let at = if random(2) == 0 { random(bytes.len()) } else { random(bytes.len().min(200)) };
                bytes[at] = random(256) as u8;
            }
            if random(4) == 0 {
                bytes.truncate(random(bytes.len()));
            }
            if let Ok((height, width)) = decode(&bytes, &mut pixels) {
                assert_eq!(pixels.len(), height * width * 3);
            }
        }
    }
}

#[test]
fn all_eight_orientations_turn() {
    // 2 x 3 pixels 0..6; what ImageOps.exif_transpose makes of them.
    let turned = [
        (1, vec![0, 1, 2, 3, 4, 5]),
        (2, vec![2, 1, 0, 5, 4, 3]),
        (3, vec![5, 4, 3, 2, 1, 0]),
        (4, vec![3, 4, 5, 0, 1, 2]),
        (5, vec![0, 3, 1, 4, 2, 5]),
        (6, vec![3, 0, 4, 1, 5, 2]),
        (7, vec![5, 2, 4, 1, 3, 0]),
        (8, vec![2, 5, 1, 4, 0, 3]),
    ];
    for (orientation, expected) in turned {
        let mut pixels: Vec<u8> = (0..6).flat_map(|v| [v; 3]).collect();
        let size = tiff::turn(&mut pixels, (2, 3), orientation);
        assert_eq!(size, if orientation < 5 { (2, 3) } else { (3, 2) });
        assert_eq!(pixels.iter().step_by(3).copied().collect::<Vec<_>>(), expected, "{orientation}");
    }
}
