//! The inputs as a whole: what comes out of the batches does not depend on how they were made.

use std::fs;
use std::path::{Path, PathBuf};

use super::context::ModelContext;
use super::*;
use crate::model::Model;
use crate::model::{Config, Dim, ElementType, TensorInfo};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn input(name: &str, element: ElementType, shape: &[i64]) -> TensorInfo {
    let dim = |extent: &i64| if *extent < 0 { Dim::Named("n".into()) } else { Dim::Fixed(*extent) };
    TensorInfo { name: name.into(), element, shape: Some(shape.iter().map(dim).collect()) }
}

fn reviews() -> ModelContext {
    let inputs = ["input_ids", "attention_mask"].map(|name| input(name, ElementType::I64, &[-1, -1])).to_vec();
    ModelContext { folders: vec![repository("models/reviews")], inputs, ..ModelContext::default() }
}

/// `count` texts of 1 to 40 words; every hundredth is not UTF-8.
fn file_of(count: usize) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = |i: usize| match i % 100 {
        99 => b"\xff\xfe\xfd\n".to_vec(),
        _ => format!("{i} {}\n", "good ".repeat(i * 7 % 40)).into_bytes(),
    };
    fs::write(file.path(), (0..count).flat_map(line).collect::<Vec<u8>>()).unwrap();
    file
}

fn settings(file: &tempfile::NamedTempFile) -> Settings {
    Settings { samples: Samples::All, ..Settings::new(Source::Texts(vec![file.path().to_owned()])) }
}

fn batches(inputs: &Inputs) -> Vec<Batch> {
    inputs.all_batches().map(|batch| batch.unwrap()).collect()
}

fn tokens(batch: &Batch) -> (&[Vec<u32>], u32) {
    let TokenRows { ids, pad, .. } = batch.prepared_as().expect("texts");
    (ids, *pad)
}

/// Every row's ids, in the order of the rows.
fn by_row(batches: &[Batch]) -> Vec<(usize, Vec<u32>)> {
    let rows = |batch: &Batch| batch.rows.clone().into_iter().zip(tokens(batch).0.to_vec()).collect::<Vec<_>>();
    let mut rows: Vec<_> = batches.iter().flat_map(rows).collect();
    rows.sort();
    rows
}

#[test]
fn batches_hold_texts_of_like_length_and_every_row_once() {
    let file = file_of(5000);
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    let all = batches(&inputs);
    let mut padded = 0;
    for (index, batch) in all.iter().enumerate() {
        let (ids, pad) = tokens(batch);
        assert_eq!((batch.index, pad, ids.len()), (index as u64, 1, batch.rows.len()));
        let longest = ids.iter().map(Vec::len).max().unwrap();
        assert!(longest * ids.len() <= 1024);
        padded += longest * ids.len();
    }
    let rows: Vec<usize> = by_row(&all).iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, (0..5000).filter(|row| row % 100 != 99).collect::<Vec<_>>());
    assert_eq!((inputs.opened_skips().len(), inputs.opened_skips()[0].line), (50, Some(100)));
    let real: usize = by_row(&all).iter().map(|(_, ids)| ids.len()).sum();
    assert!(padded < real + real / 20, "{padded} for {real} tokens");
}

#[test]
fn a_second_pass_and_some_of_the_parts_give_the_same_batches() {
    let file = file_of(5000);
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    let first = batches(&inputs);
    let same = |a: &[Batch], b: &[Batch]| {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert_eq!((a.index, &a.rows, tokens(a), &a.digests), (b.index, &b.rows, tokens(b), &b.digests));
        }
    };
    same(&first, &batches(&inputs));
    // Three windows, of which the last has fewer parts than it could have.
    let again = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    for wanted in [vec![0], vec![64, 65], vec![63, 128], vec![128 + 63]] {
        let parts = wanted.iter().map(|part| Part { block: part / 64, nth: part % 64 }).collect();
        let some: Vec<Batch> = again.batches(parts).map(|batch| batch.unwrap()).collect();
        let expected: Vec<&Batch> = first.iter().filter(|batch| wanted.contains(&(batch.part as usize))).collect();
        assert_eq!(some.len(), expected.len());
        for (index, (a, b)) in some.iter().zip(expected).enumerate() {
            assert_eq!((a.index, &a.rows, tokens(a), &a.digests), (index as u64, &b.rows, tokens(b), &b.digests));
            assert_eq!((a.ends_part, a.ends_block), (b.ends_part, b.ends_block));
        }
    }
    let ends = |of: fn(&Batch) -> bool| first.iter().filter(|batch| of(batch)).count();
    assert_eq!(ends(|batch| batch.ends_part && batch.ends_block), 3);
    let mut parts: Vec<u64> = first.iter().filter(|batch| batch.ends_part).map(|batch| batch.part).collect();
    assert!(parts.is_sorted() && parts.len() > 60, "{parts:?}");
    parts.dedup();
    assert_eq!(parts.len(), ends(|batch| batch.ends_part));
}

#[test]
fn the_ids_of_a_row_do_not_depend_on_the_batch_size() {
    let file = file_of(700);
    let open = |batch_size| Inputs::open_with(&Settings { batch_size, ..settings(&file) }, &reviews());
    let usual = by_row(&batches(&open(None).unwrap()));
    let three = batches(&open(Some(3)).unwrap());
    assert!(three.iter().rev().skip(1).all(|batch| batch.rows.len() == 3));
    assert_eq!(by_row(&three), usual);
    assert!(matches!(open(Some(0)), Err(Error::BatchSize)));
}

#[test]
fn long_texts_are_cut_and_counted() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("short\n{}\n{}\n", "fine ".repeat(100_000), "good ".repeat(70))).unwrap();
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    let all = batches(&inputs);
    assert_eq!(all.iter().map(|batch| batch.truncated.len()).sum::<usize>(), 2);
    assert!(by_row(&all)[1..].iter().all(|(_, ids)| ids.len() == 64 && ids[63] == 2));
    let excerpts = inputs.excerpts(&[0, 1]).unwrap();
    assert_eq!((excerpts[0].line, excerpts[0].text.as_str(), excerpts[1].text.len()), (Some(1), "short", 4000));
}

#[test]
fn an_id_beyond_the_embeddings_is_an_error_before_the_run() {
    let file = file_of(50);
    let open =
        |embeddings| Inputs::open_with(&settings(&file), &ModelContext { embeddings: Some(embeddings), ..reviews() });
    assert!(open(8000).is_ok());
    // The tokenizer knows 8,000 ids; whether that matters depends on the texts.
    assert!(open(7999).is_ok());
    match open(100) {
        Err(Error::Vocabulary { line, id, rows, .. }) => assert!(line >= 1 && u64::from(id) >= rows && rows == 100),
        other => panic!("{:?}", other.err()),
    }
    let config = Config { vocab_size: Some(100), ..Config::default() };
    assert!(Inputs::open_with(&settings(&file), &ModelContext { config, ..reviews() }).is_err());
}

#[test]
fn batches_that_are_not_wanted_are_not_waited_for() {
    let file = file_of(3000);
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    let mut some = inputs.all_batches();
    assert!(some.next().is_some());
    drop(some);
    assert_eq!(inputs.all_batches().next().unwrap().unwrap().index, 0);
}

#[test]
fn the_models_of_the_repository_show_their_embeddings() {
    let model = Model::open(&repository("models/reviews/base.onnx")).unwrap();
    let context = ModelContext::of(&model).unwrap();
    assert_eq!((context.embeddings, context.config.vocab_size), (Some(8000), Some(8000)));
    let file = file_of(20);
    let inputs = Inputs::open(&settings(&file), &model).unwrap();
    assert_eq!(
        (inputs.kind(), inputs.drawn(), inputs.provenance().number("tokenizer", "max_length")),
        (Kind::Texts, 20, Some(64))
    );
    assert!(Feed::of(&inputs, &model.graph).is_ok());
}

#[test]
fn images_come_prepared_and_bad_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, blue) in [("a.png", 7), ("b.png", 8), ("d.png", 9)] {
        let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, y as u8, blue]));
        // The content decides, not the name.
        picture.save_with_format(folder.path().join(name), image::ImageFormat::Bmp).unwrap();
    }
    fs::write(folder.path().join("c.png"), b"broken").unwrap();
    let inputs = vec![input("pixel_values", ElementType::F32, &[-1, 3, 64, 64])];
    let context = ModelContext { folders: vec![repository("models/objects")], inputs, ..ModelContext::default() };
    let open = |keep_pixels| {
        let source = Source::Images(folder.path().to_owned());
        Inputs::open_with(&Settings { batch_size: Some(3), keep_pixels, ..Settings::new(source) }, &context).unwrap()
    };
    let once = open(false);
    let all = batches(&once);
    assert_eq!((once.kind(), once.drawn(), all.len()), (Kind::Images, 4, 2));
    assert_eq!(all.iter().map(|batch| batch.rows.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![3]]);
    assert!(all[0].skipped[0].source.ends_with("c.png") && all[1].skipped.is_empty());
    let images::PixelRows(pixels) = all[0].prepared_as().unwrap();
    assert_eq!(pixels.shape(), [2, 3, 64, 64]);
    // ImageNet's mean and deviation of green, at y = 10.
    assert!((pixels[[0, 1, 10, 5]] - (10.0 / 255.0 - 0.456) / 0.224).abs() < 1e-6);
    assert_eq!(all[1].digests[0], *blake3::hash(&fs::read(folder.path().join("d.png")).unwrap()).as_bytes());
    assert_eq!(once.excerpts(&[3]).unwrap()[0].source, folder.path().join("d.png").to_string_lossy());
    // Kept for a second pass: the files may be gone.
    let twice = open(true);
    let first = batches(&twice);
    drop(fs::remove_dir_all(folder.path()));
    let second = batches(&twice);
    for (a, b) in first.iter().zip(&second) {
        let pixels = |batch: &Batch| batch.prepared_as::<images::PixelRows>().unwrap().0.clone();
        assert!(pixels(a) == pixels(b) && a.rows == b.rows && a.digests == b.digests && a.skipped == b.skipped);
    }
    assert_eq!((first.len(), second.len()), (2, 2));
}

#[test]
fn an_image_that_vanished_since_it_was_listed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, blue) in [("a.bmp", 7), ("b.bmp", 8), ("c.bmp", 9)] {
        let picture = image::RgbImage::from_pixel(64, 64, image::Rgb([9, 8, blue]));
        picture.save(folder.path().join(name)).unwrap();
    }
    let inputs = vec![input("pixel_values", ElementType::F32, &[-1, 3, 64, 64])];
    let context = ModelContext { folders: vec![repository("models/objects")], inputs, ..ModelContext::default() };
    let opened = Inputs::open_with(&Settings::new(Source::Images(folder.path().to_owned())), &context).unwrap();
    fs::remove_file(folder.path().join("b.bmp")).unwrap();
    let all = batches(&opened);
    assert_eq!(all.iter().flat_map(|batch| batch.rows.clone()).collect::<Vec<_>>(), [0, 2]);
    let skipped: Vec<_> = all.iter().flat_map(|batch| &batch.skipped).collect();
    assert!(skipped.len() == 1 && skipped[0].source.ends_with("b.bmp"), "{skipped:?}");
}

#[test]
fn a_text_that_repeats_is_in_no_batch_and_one_of_the_same_tokens_is_known() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut lines: Vec<String> = (0..5000).map(|i| format!("number {} is good", i % 1250)).collect();
    // Other bytes, and the same tokens: they are cut before they differ.
    lines[4998] = format!("{}a", "good ".repeat(100));
    lines[4999] = format!("{}b", "good ".repeat(100));
    fs::write(file.path(), lines.join("\n")).unwrap();
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    assert_eq!((inputs.drawn(), inputs.repeats(), inputs.keeps_repeats()), (5000, 3748, false));
    let all = batches(&inputs);
    let rows: Vec<usize> = by_row(&all).into_iter().map(|(row, _)| row).collect();
    assert_eq!(rows, (0..1250).chain([4998, 4999]).collect::<Vec<_>>());
    let alike = |row: usize| {
        let of_batch = |batch: &Batch| Some(batch.alike[batch.rows.iter().position(|other| *other == row)?]);
        all.iter().find_map(of_batch).unwrap()
    };
    assert_eq!(alike(4999), alike(4998));
    assert_ne!(alike(4999), alike(8));
    let kept = Settings { keep_repeats: true, ..settings(&file) };
    let kept = Inputs::open_with(&kept, &reviews()).unwrap();
    assert_eq!((by_row(&batches(&kept)).len(), kept.repeats()), (5000, 0));
}

#[test]
fn what_a_window_skips_comes_with_a_batch_even_where_nothing_else_does() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // The second window holds repeats only.
    let lines: Vec<String> = (0..2100).map(|i| format!("number {} is good", i % 2048)).collect();
    fs::write(file.path(), lines.join("\n")).unwrap();
    let inputs = Inputs::open_with(&settings(&file), &reviews()).unwrap();
    let all = batches(&inputs);
    let last = all.last().unwrap();
    assert!(last.rows.is_empty() && last.ends_part && last.ends_block, "{last:?}");
}

#[test]
fn images_with_the_same_file_are_known() {
    let folder = tempfile::tempdir().unwrap();
    for (name, shade) in [("a.bmp", 1), ("b.bmp", 2), ("c.bmp", 1)] {
        image::RgbImage::from_pixel(64, 64, image::Rgb([shade * 40; 3])).save(folder.path().join(name)).unwrap();
    }
    // The same picture in another file format is another file.
    let again = image::RgbImage::from_pixel(64, 64, image::Rgb([40; 3]));
    again.save_with_format(folder.path().join("f.webp"), image::ImageFormat::WebP).unwrap();
    let inputs = vec![input("pixel_values", ElementType::F32, &[-1, 3, 64, 64])];
    let context = ModelContext { folders: vec![repository("models/objects")], inputs, ..ModelContext::default() };
    for keep_pixels in [false, true] {
        let source = Source::Images(folder.path().to_owned());
        let settings = Settings { batch_size: Some(2), keep_pixels, ..Settings::new(source) };
        let opened = Inputs::open_with(&settings, &context).unwrap();
        for pass in ["first", "second"] {
            let alike: Vec<[u8; 16]> = batches(&opened).into_iter().flat_map(|batch| batch.alike).collect();
            assert!(alike.len() == 4 && alike[0] == alike[2], "{pass}");
            assert!(alike[0] != alike[1] && alike[0] != alike[3], "{pass}");
        }
    }
}

#[test]
fn what_prepares_the_inputs_is_known_without_reading_them() {
    let model = Model::open(&repository("models/reviews/base.onnx")).unwrap();
    let missing = Settings::new(Source::Texts(vec!["/nowhere/t.txt".into()]));
    let before = Inputs::provenance_of(&missing, &model).unwrap();
    let file = file_of(20);
    let opened = Inputs::open(&settings(&file), &model).unwrap().provenance();
    assert_eq!(before.steps["tokenizer"], opened.steps["tokenizer"]);
    let shorter = Settings { max_length: Some(32), ..missing };
    let differences = before.differences(&Inputs::provenance_of(&shorter, &model).unwrap());
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(format!("{differences:?}").contains("max_length"));
}
