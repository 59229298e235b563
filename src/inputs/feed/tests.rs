use std::fs;
use std::path::Path;

use ndarray::{ArrayD, arr2};

use super::*;
use crate::base::warning::Warning;
use crate::inputs::context::ModelContext;
use crate::inputs::{Settings, Source};
use crate::model::{Config, Dim, ElementType};

fn input(name: &str, element: ElementType, shape: &[i64]) -> TensorInfo {
    let dim = |extent: &i64| if *extent < 0 { Dim::Named("n".into()) } else { Dim::Fixed(*extent) };
    TensorInfo { name: name.into(), element, shape: Some(shape.iter().map(dim).collect()) }
}

fn graph(inputs: &[TensorInfo]) -> Graph {
    Graph { inputs: inputs.to_vec(), ..Graph::default() }
}

/// Three texts of the repository's RoBERTa tokenizer: `<s> … </s>` with 1, 2 and 3 tokens between.
fn texts(inputs: &[TensorInfo], config: Config) -> Result<Inputs, Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.txt");
    fs::write(&file, "!\n!?\n!?.\n").unwrap();
    let folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("models/reviews")];
    let context = ModelContext { folders, inputs: inputs.to_vec(), config, ..ModelContext::default() };
    Inputs::open_with(&Settings::new(Source::Texts(vec![file])), &context)
}

fn roberta() -> Config {
    Config { model_type: Some("roberta".into()), pad_token_id: Some(1), ..Config::default() }
}

fn i64s<const N: usize>(rows: &[[i64; N]]) -> ArrayD<i64> {
    arr2(rows).into_dyn()
}

/// The tensors of all batches under their names.
fn fed(inputs: &Inputs, wanted: &[TensorInfo], extra: &[TensorInfo]) -> Result<Vec<Vec<(String, Tensor)>>, Error> {
    let feed = Feed::of(inputs, &graph(wanted))?;
    inputs.all_batches().map(|batch| feed.tensors(&mut batch?, extra)).collect()
}

#[test]
fn ids_masks_segments_and_positions() {
    let wanted = [
        input("input_ids", ElementType::I64, &[-1, -1]),
        input("attention_mask", ElementType::F32, &[-1, -1]),
        input("token_type_ids", ElementType::I32, &[-1, -1]),
        input("position_ids", ElementType::I64, &[-1, -1]),
    ];
    let extra = [input("probe_mask", ElementType::I64, &[-1, -1])];
    let inputs = texts(&wanted, roberta()).unwrap();
    let batches = fed(&inputs, &wanted, &extra).unwrap();
    assert_eq!(batches.len(), 1);
    let [
        (_, Tensor::I64(ids)),
        (_, Tensor::F32(mask)),
        (_, Tensor::I32(segments)),
        (_, Tensor::I64(positions)),
        (name, Tensor::I64(extra)),
    ] = &batches[0][..]
    else {
        panic!("{batches:?}")
    };
    // The longest first; "!" is 5, "?" 35, "." 18.
    assert_eq!(ids, &i64s(&[[0, 5, 35, 18, 2], [0, 5, 35, 2, 1], [0, 5, 2, 1, 1]]));
    assert_eq!(mask.mapv(|value| value as i64), i64s(&[[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]]));
    assert_eq!(segments.sum(), 0);
    assert_eq!(positions, &i64s(&[[2, 3, 4, 5, 6], [2, 3, 4, 5, 1], [2, 3, 4, 1, 1]]));
    assert_eq!((name.as_str(), extra.sum()), ("probe_mask", 12));
    let bert = texts(&wanted, Config::default()).unwrap();
    let Tensor::I64(positions) = &fed(&bert, &wanted, &[]).unwrap()[0][3].1 else { panic!() };
    assert_eq!(positions, &i64s(&[[0, 1, 2, 3, 4]; 3]));
}

#[test]
fn a_fixed_batch_and_length_are_obeyed() {
    // `<s>` and `</s>` leave no room for a text.
    let wanted = [input("tokens", ElementType::I32, &[2, 2])];
    assert!(matches!(texts(&wanted, roberta()), Err(Error::Length { asked: 2, .. })));
    let wanted = [input("tokens", ElementType::I32, &[2, 8])];
    let inputs = texts(&wanted, roberta()).unwrap();
    let batches = fed(&inputs, &wanted, &[]).unwrap();
    let ids: Vec<Vec<i32>> = batches
        .iter()
        .map(|batch| match &batch[0].1 {
            Tensor::I32(ids) if ids.shape() == [2, 8] => ids.iter().copied().collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids[0], [0, 5, 35, 18, 2, 1, 1, 1, 0, 5, 35, 2, 1, 1, 1, 1]);
    // One text is left: the second row repeats it, and is no input.
    assert_eq!(ids[1], [0, 5, 2, 1, 1, 1, 1, 1, 0, 5, 2, 1, 1, 1, 1, 1]);
    assert_eq!(inputs.all_batches().nth(1).unwrap().unwrap().rows, [0]);
    let other = [input("tokens", ElementType::I32, &[1, 8])];
    assert!(matches!(fed(&inputs, &other, &[]), Err(Error::FixedShape { .. })));
    let other = [input("tokens", ElementType::I32, &[2, 3])];
    assert!(matches!(fed(&inputs, &other, &[]), Err(Error::FixedShape { .. })));
}

#[test]
fn inputs_that_nothing_fills_are_named() {
    let ids = input("input_ids", ElementType::I64, &[-1, -1]);
    let hidden = input("encoder_hidden_states", ElementType::F32, &[-1, -1, 64]);
    let inputs = texts(std::slice::from_ref(&ids), roberta()).unwrap();
    match Feed::of(&inputs, &graph(&[ids, hidden])) {
        Err(Error::Unfilled { inputs, .. }) => {
            assert_eq!(inputs, ["'encoder_hidden_states' (float32 [n, n, 64])"]);
        }
        other => panic!("{other:?}"),
    }
    let picture = input("pixel_values", ElementType::F32, &[-1, 3, 64, 64]);
    assert!(matches!(texts(&[picture], roberta()), Err(Error::Unfilled { .. })));
    let twins = [input("left", ElementType::I64, &[-1, -1]), input("right", ElementType::I64, &[-1, -1])];
    assert!(matches!(texts(&twins, roberta()), Err(Error::Ambiguous { candidates, .. }) if candidates.len() == 2));
    let nameless = [input("x", ElementType::I64, &[-1, -1])];
    assert!(texts(&nameless, roberta()).is_ok());
}

/// A .npy of float64 [3, 2], and a model's input.
fn arrays(wanted: TensorInfo, values: [f64; 6]) -> Result<Vec<Tensor>, Error> {
    use ndarray_npy::WriteNpyExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    ndarray::Array2::from_shape_vec((3, 2), values.to_vec()).unwrap().write_npy(file.as_file()).unwrap();
    let settings = Settings { batch_size: Some(2), ..Settings::new(Source::Arrays(file.path().to_owned())) };
    let context = ModelContext { inputs: vec![wanted.clone()], ..ModelContext::default() };
    let inputs = Inputs::open_with(&settings, &context)?;
    let batches = fed(&inputs, &[wanted], &[])?;
    Ok(batches.into_iter().map(|mut batch| batch.remove(0).1).collect())
}

#[test]
fn arrays_are_converted_where_nothing_is_lost() {
    let whole = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let tensors = arrays(input("x", ElementType::I64, &[-1, 2]), whole).unwrap();
    assert!(matches!(&tensors[..], [Tensor::I64(a), Tensor::I64(b)] if a.shape() == [2, 2] && b.shape() == [1, 2]));
    let tensors = arrays(input("x", ElementType::F32, &[2, 2]), whole).unwrap();
    assert!(matches!(&tensors[1], Tensor::F32(b) if *b == arr2(&[[5.0f32, 6.0], [5.0, 6.0]]).into_dyn()));
    match arrays(input("x", ElementType::I32, &[-1, 2]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]) {
        Err(Error::Lossy { row, value, .. }) => assert_eq!((row, value.as_str()), (2, "6.5")),
        other => panic!("{other:?}"),
    }
    match arrays(input("x", ElementType::F32, &[-1, 3]), whole) {
        Err(error @ Error::ArrayMismatch { .. }) => {
            let message = error.to_string();
            assert!(message.contains("float64 [3, 2]") && message.contains("float32 [n, 3]"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn masks_are_filled_by_what_they_mean() {
    let wanted = [
        input("input_ids", ElementType::I64, &[-1, -1]),
        input("src_key_padding_mask", ElementType::Bool, &[-1, -1]),
        input("global_attention_mask", ElementType::I64, &[-1, -1]),
    ];
    let inputs = texts(&wanted, roberta()).unwrap();
    let batches = fed(&inputs, &wanted, &[]).unwrap();
    assert_eq!(batches.len(), 1, "texts of different lengths share a batch where padding is masked");
    let [_, (_, Tensor::Bool(padding)), (_, Tensor::I64(global))] = &batches[0][..] else { panic!("{batches:?}") };
    assert_eq!(
        padding.mapv(i64::from),
        i64s(&[[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 1]]),
        "true at padding, as PyTorch has it"
    );
    assert_eq!(global, &i64s(&[[1, 0, 0, 0, 0]; 3]));
}

#[test]
fn without_a_mask_only_texts_of_one_length_share_a_batch() {
    let wanted = [input("input_ids", ElementType::I64, &[-1, -1])];
    let inputs = texts(&wanted, roberta()).unwrap();
    let batches = fed(&inputs, &wanted, &[]).unwrap();
    let shapes: Vec<Vec<usize>> = batches.iter().map(|batch| batch[0].1.shape().to_vec()).collect();
    assert_eq!(shapes, [[1, 5], [1, 4], [1, 3]]);
    assert_eq!(inputs.provenance().value("batches", "equal_lengths"), Some(&true.into()));
    assert!(inputs.warnings().is_empty());
    // A fixed length leaves padding in every batch, which the reader must know of.
    let fixed = [input("input_ids", ElementType::I64, &[-1, 8])];
    let inputs = texts(&fixed, roberta()).unwrap();
    assert!(matches!(inputs.warnings()[..], [Warning::PaddingRead { length: 8 }]));
}

#[test]
fn a_decoder_starts_with_an_empty_cache() {
    let wanted = [
        input("input_ids", ElementType::I64, &[-1, -1]),
        input("attention_mask", ElementType::I64, &[-1, -1]),
        input("past_key_values.0.key", ElementType::F32, &[-1, 2, -1, 8]),
        input("use_cache_branch", ElementType::Bool, &[1]),
        input("cache_position", ElementType::I64, &[-1]),
    ];
    let inputs = texts(&wanted, roberta()).unwrap();
    let batches = fed(&inputs, &wanted, &[]).unwrap();
    let [_, (_, mask), (_, Tensor::F32(past)), (_, Tensor::Bool(branch)), (_, Tensor::I64(places))] = &batches[0][..]
    else {
        panic!("{batches:?}")
    };
    assert_eq!((mask.shape(), past.shape()), (&[3, 5][..], &[3, 2, 0, 8][..]));
    assert_eq!((branch.as_slice(), places.as_slice()), (Some(&[false][..]), Some(&[0, 1, 2, 3, 4][..])));
}
