use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use ndarray::{Array as Nd, ArrayD, IxDyn, ShapeBuilder, s};
use ndarray_npy::WriteNpyExt;
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::npy::Array;
use super::*;
use crate::inputs::context::ModelContext;
use crate::inputs::source::InputSource;
use crate::inputs::{Error, Samples, Settings, Source, draw};
use crate::model::{Dim, ElementType, TensorInfo};
use crate::runtime::Tensor;

fn npy(dtype: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), data].concat()
}

fn opened(bytes: &[u8]) -> Result<Vec<Array>, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    open(file.path())
}

fn only(bytes: &[u8]) -> Array {
    opened(bytes).unwrap().pop().unwrap()
}

fn reason(bytes: &[u8]) -> String {
    match opened(bytes) {
        Err(Error::Malformed { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Members of an archive: name, content, method, and whatever size the directory is to claim.
fn npz(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

use zip::CompressionMethod;

fn input(name: &str, element: ElementType, shape: &[i64]) -> TensorInfo {
    let dim = |extent: &i64| if *extent < 0 { Dim::Named("n".into()) } else { Dim::Fixed(*extent) };
    TensorInfo { name: name.into(), element, shape: Some(shape.iter().map(dim).collect()) }
}

#[test]
fn every_type_in_both_byte_orders() {
    let float = only(&npy(">f4", "False", "(2, 1)", &[0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]));
    assert_eq!((float.describe(), float.row_bytes()), ("float32 [2, 1]".to_owned(), 4));
    assert!(
        matches!(float.take(&[1, 0, 1]), Ok(Tensor::F32(v)) if v == ndarray::arr2(&[[-2.0], [1.0], [-2.0]]).into_dyn())
    );
    let cases: [(&str, &[u8], &str); 12] = [
        ("|b1", &[1], "bool"),
        ("|u1", &[200], "uint8"),
        ("|i1", &[200], "int8"),
        ("<u2", &[1, 2], "int32"),
        ("<i2", &[1, 2], "int32"),
        ("<u4", &[1, 2, 3, 255], "int64"),
        ("<i4", &[1, 2, 3, 4], "int32"),
        ("<u8", &[1; 8], "int64"),
        ("<i8", &[255; 8], "int64"),
        ("<f2", &[0, 60], "float16"),
        ("<f4", &[0; 4], "float32"),
        ("<f8", &[0; 8], "float64"),
    ];
    for (dtype, data, element) in cases {
        let array = only(&npy(dtype, "False", "(1,)", data));
        assert_eq!(array.take(&[0]).unwrap().element(), element, "{dtype}");
    }
    assert!(only(&npy("<u8", "False", "(1,)", &[255; 8])).take(&[0]).unwrap_err().contains("beyond"));
    assert!(only(&npy("<u1", "False", "(1,)", &[1])).take(&[1]).is_err());
}

#[test]
fn what_is_no_array_is_refused_with_its_reason() {
    assert!(matches!(opened(b""), Err(Error::Empty(_))));
    assert!(reason(b"hello world").contains("neither"));
    assert!(reason(b"\x93NUMPY\x01\x00\xff").contains("cut short within its header"));
    assert!(reason(b"\x93NUMPY\x09\x00\x00\x00").contains("version 9"));
    assert!(reason(&npy("|O", "False", "(1,)", b"x")).contains("Python objects"));
    assert!(reason(&npy("<c8", "False", "(1,)", b"x")).contains("type \"<c8\""));
    assert!(reason(&npy("<f4", "False", "(2, 3)", &[0; 23])).contains("23 bytes of the 24"));
    assert!(reason(&npy("<f4", "False", "()", &[0; 4])).contains("single number"), "only an .npz may hold one");
    assert!(reason(&npy("<f4", "False", "(0, 3)", &[])).contains("empty"));
    assert!(reason(&npy("<f4", "False", "(-1, 3)", &[])).contains("shape"));
    assert!(reason(&npy("<f4", "False", "(4294967296, 4294967296, 9)", &[])).contains("impossible"));
    assert!(reason(&npy("<f4", "Maybe", "(1,)", &[0; 4])).contains("fortran_order"));
    assert!(reason(b"PK\x03\x04 not really").contains("archive"));
    assert!(reason(&npz(&[("readme.txt", b"x")], CompressionMethod::Stored)).contains("without a single"));
    assert!(matches!(open(Path::new("/nowhere.npy")), Err(Error::Missing(_))));
    assert!(matches!(open(&std::env::temp_dir()), Err(Error::Kind { is: "a folder", .. })));
}

#[test]
fn archives_are_read_stored_and_deflated() {
    let (a, b) = (npy("<f4", "False", "(2, 3)", &[1; 24]), npy("<i8", "False", "(2,)", &[0; 16]));
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let arrays = opened(&npz(&[("a.npy", &a), ("b.npy", &b)], method)).unwrap();
        let described: Vec<_> = arrays.iter().map(|array| (array.name.as_str(), array.describe())).collect();
        assert_eq!(described, [("a", "float32 [2, 3]".to_owned()), ("b", "int64 [2]".to_owned())]);
        assert_eq!(arrays[0].gather(0, &[1]).unwrap(), [1; 12]);
        assert!(reason(&npz(&[("a.npy", &a[..a.len() - 1])], method)).starts_with("array 'a' "));
    }
}

#[test]
fn an_archive_that_claims_to_inflate_without_end_is_refused() {
    let data = npy("<f4", "False", "(1024, 1024)", &vec![0; 4 << 20]);
    let mut bytes = npz(&[("a.npy", &data)], CompressionMethod::Deflated);
    // The central directory's uncompressed size: 24 bytes after its signature.
    let directory = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[directory + 24..directory + 28].copy_from_slice(&0xfff0_0000u32.to_le_bytes());
    assert!(reason(&bytes).contains("bomb"), "{}", reason(&bytes));
    // Each of two harmless by itself, and both together not.
    let mut two = npz(&[("a.npy", &data), ("b.npy", &data)], CompressionMethod::Deflated);
    let signatures = two.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x01\x02");
    for directory in signatures.map(|(at, _)| at).collect::<Vec<_>>() {
        two[directory + 24..directory + 28].copy_from_slice(&0x3000_0000u32.to_le_bytes());
    }
    assert!(reason(&two).contains("bomb"), "{}", reason(&two));
    // A claim that the header does not bear out, and a header that the archive does not.
    bytes[directory + 24..directory + 28].copy_from_slice(&1000u32.to_le_bytes());
    assert!(reason(&bytes).contains("cut short"), "{}", reason(&bytes));
}

#[test]
fn rows_are_drawn_and_batched_in_order() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let data: Vec<u8> = (0..100u8).flat_map(|row| [row, row]).collect();
    fs::write(file.path(), npy("|u1", "False", "(100, 2)", &data)).unwrap();
    let source = Source::Arrays(file.path().to_owned());
    let settings = Settings { samples: Samples::Count(10), seed: 3, batch_size: Some(4), ..Settings::new(source) };
    let context = ModelContext { inputs: vec![input("x", ElementType::U8, &[-1, 2])], ..ModelContext::default() };
    let arrays = ArraySource::open(file.path(), &settings, &context).unwrap();
    assert_eq!((arrays.drawn(), arrays.available(), arrays.window_rows()), (10, 100, 4));
    let mut rows = Vec::new();
    for nth in 0..3 {
        let batch = arrays.batch(nth, 0).unwrap();
        let ArrayRows(prepared) = batch.prepared_as().unwrap();
        let Tensor::U8(values) = &prepared[0].values else { panic!() };
        assert_eq!(values.shape(), [batch.rows.len(), 2]);
        rows.extend(values.slice(s![.., 1]).iter().map(|row| usize::from(*row)));
        assert_eq!(batch.digests[0], *blake3::hash(&[rows[nth * 4] as u8; 2]).as_bytes());
    }
    assert_eq!(rows, draw::positions(100, Samples::Count(10), 3));
    assert_eq!(Some(rows[9] as u64), arrays.excerpt(9).unwrap().line);
}

#[test]
fn arrays_are_matched_with_inputs_by_name() {
    let array = npy("<f4", "False", "(2, 3)", &[0; 24]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), npz(&[("a.npy", &array), ("labels.npy", &array)], CompressionMethod::Stored)).unwrap();
    let open = |inputs: &[TensorInfo]| {
        let settings = Settings::new(Source::Arrays(file.path().to_owned()));
        ArraySource::open(file.path(), &settings, &ModelContext { inputs: inputs.to_vec(), ..ModelContext::default() })
    };
    let arrays = open(&[input("a", ElementType::F32, &[1, 3])]).unwrap();
    let provenance = arrays.provenance();
    assert_eq!(provenance.value("arrays", "a").unwrap(), "float32");
    assert_eq!(provenance.value("arrays", "unused").unwrap()[0], "labels");
    assert_eq!(arrays.window_rows(), 1);
    assert!(
        matches!(open(&[input("x", ElementType::F32, &[-1, 3])]), Err(Error::Unfilled { .. })),
        "neither name fits"
    );
}

#[test]
fn damaged_and_doubled_members_are_refused() {
    let array = npy("<f4", "False", "(2, 3)", &[7; 24]);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let mut bytes = npz(&[("a.npy", &array)], method);
        // The CRC-32 in the central directory: 16 bytes after its signature.
        let directory = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
        bytes[directory + 16] ^= 1;
        let reason = reason(&bytes);
        assert!(reason.contains("damaged") && reason.to_lowercase().contains("checksum"), "{reason}");
    }
    // Two members of one name: written as 'a' and 'b', and then renamed in place.
    let mut bytes = npz(&[("a.npy", &array), ("b.npy", &array)], CompressionMethod::Stored);
    let names: Vec<usize> =
        bytes.windows(5).enumerate().filter(|(_, five)| *five == b"b.npy").map(|(at, _)| at).collect();
    names.into_iter().for_each(|at| bytes[at] = b'a');
    assert!(reason(&bytes).contains("same name"), "{}", reason(&bytes));
}

#[test]
fn rows_that_repeat_are_counted_and_numbers_and_states_are_fed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let x: Vec<u8> = (0..6u8).flat_map(|row| f32::from(row % 4).to_le_bytes()).collect();
    let state: Vec<u8> = (0..12u8).flat_map(|value| f32::from(value).to_le_bytes()).collect();
    let members: [(&str, Vec<u8>); 3] = [
        ("x.npy", npy("<f4", "False", "(6, 1)", &x)),
        ("scale.npy", npy("<f4", "False", "()", &2.0f32.to_le_bytes())),
        ("memory.npy", npy("<f4", "False", "(2, 6, 1)", &state)),
    ];
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    fs::write(file.path(), npz(&members, CompressionMethod::Stored)).unwrap();
    let named = |name: &str, shape: &[&str]| {
        let dim = |extent: &&str| extent.parse().map_or_else(|_| Dim::Named((*extent).into()), Dim::Fixed);
        TensorInfo { name: name.into(), element: ElementType::F32, shape: Some(shape.iter().map(dim).collect()) }
    };
    let inputs = vec![
        named("x", &["n", "1"]),
        named("scale", &[]),
        named("memory", &["2", "n", "1"]),
        named("h0", &["1", "n", "3"]),
    ];
    let source = Source::Arrays(file.path().to_owned());
    let settings = Settings { batch_size: Some(4), ..Settings::new(source) };
    let context = ModelContext { inputs: inputs.clone(), ..ModelContext::default() };
    let arrays = ArraySource::open(file.path(), &settings, &context).unwrap();
    let repeats = |arrays: &ArraySource| {
        let alike: Vec<[u8; 16]> = (0..2).flat_map(|window| arrays.batch(window, 0).unwrap().alike).collect();
        alike.len() - alike.iter().collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((arrays.drawn(), repeats(&arrays)), (6, 0), "the memory differs where x repeats");
    let fill = arrays.fill(&inputs).unwrap();
    let mut batch = arrays.batch(1, 0).unwrap();
    let prepared = batch.prepared.take().unwrap();
    let tensors = fill.tensors(prepared, &batch, 2, &[]).unwrap();
    let shapes: Vec<&[usize]> = tensors.iter().map(|(_, tensor)| tensor.shape()).collect();
    assert_eq!(shapes, [&[2, 1][..], &[], &[2, 2, 1], &[1, 2, 3]]);
    let Tensor::F32(memory) = &tensors[2].1 else { panic!() };
    assert_eq!(memory.iter().copied().collect::<Vec<_>>(), [4.0, 5.0, 10.0, 11.0]);
    let lone = vec![named("x", &["n", "1"])];
    let context = ModelContext { inputs: lone, ..ModelContext::default() };
    let arrays = ArraySource::open(file.path(), &settings, &context).unwrap();
    assert_eq!(repeats(&arrays), 2);
    assert_eq!(arrays.provenance().value("arrays", "unused").unwrap().as_array().unwrap().len(), 2);
}

proptest! {
    /// What `ndarray-npy` writes, in either order, is read back row by row.
    #[test]
    fn rows_of_any_shape_and_order(
        shape in prop::collection::vec(1usize..5, 1..5), fortran in any::<bool>(), rows in prop::collection::vec(0usize..5, 0..6),
    ) {
        let mut count = 0.0;
        let array: ArrayD<f64> = Nd::from_shape_fn(IxDyn(&shape), |_| { count += 1.0; count });
        let array = if fortran {
            let mut column_major = Nd::zeros(IxDyn(&shape).f());
            column_major.assign(&array);
            column_major
        } else { array };
        let mut bytes = Vec::new();
        array.write_npy(&mut bytes).unwrap();
        let rows: Vec<usize> = rows.into_iter().filter(|row| *row < shape[0]).collect();
        let Ok(Tensor::F64(taken)) = only(&bytes).take(&rows) else { panic!() };
        prop_assert_eq!(taken, array.select(ndarray::Axis(0), &rows));
    }

    /// No bytes make the reader panic.
    #[test]
    fn any_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0usize..3) {
        let whole = npy("<f4", "False", "(2, 3)", &[0; 24]);
        let start = [&b""[..], b"\x93NUMPY\x01\x00", &npz(&[("a.npy", &whole)], CompressionMethod::Deflated)][start].to_owned();
        bytes.splice(0..0, start);
        for array in opened(&bytes).into_iter().flatten() {
            let _ = array.take(&[0]);
        }
    }

    /// Nor does any header.
    #[test]
    fn any_header(text in "[{}(), '0-9<>|a-zL]{0,80}") {
        let _ = opened(&npy(&text, &text, &text, &[0; 8]));
    }
}
