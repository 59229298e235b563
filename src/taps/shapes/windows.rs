//! Shapes behind sliding windows: convolutions and pooling.

use crate::model::{Attribute, Dim, Node};

use super::extents::{dim, extent};

type Shape = Vec<Dim>;

pub fn convolution(node: &Node, input: Option<&Shape>, weight: &[Dim]) -> Option<Shape> {
    let free = vec![Dim::Unknown; weight.len()];
    let input = input.unwrap_or(&free);
    let kernel: Vec<Option<i64>> = match node.ints("kernel_shape") {
        Some(kernel) => kernel.iter().copied().map(Some).collect(),
        None => weight.get(2..)?.iter().map(extent).collect(),
    };
    let mut shape = vec![input.first()?.clone(), weight.first()?.clone()];
    shape.extend(windows(node, input.get(2..)?, &kernel));
    Some(shape)
}

pub fn pool(node: &Node, input: &[Dim]) -> Option<Shape> {
    let kernel: Vec<Option<i64>> = node.ints("kernel_shape")?.iter().copied().map(Some).collect();
    let mut shape = input.get(..2)?.to_vec();
    shape.extend(windows(node, input.get(2..)?, &kernel));
    Some(shape)
}

/// Spatial extents behind a sliding window.
fn windows(node: &Node, input: &[Dim], kernel: &[Option<i64>]) -> Vec<Dim> {
    let attribute =
        |name: &str, axis: usize, usual: i64| node.ints(name).and_then(|v| v.get(axis).copied()).unwrap_or(usual);
    let same = matches!(node.attribute("auto_pad"), Some(Attribute::Text(pad)) if pad.starts_with("SAME"));
    let along = |axis: usize| -> Option<i64> {
        let (extent, kernel) = (extent(input.get(axis)?)?, (*kernel.get(axis)?)?);
        let (stride, dilation) = (attribute("strides", axis, 1), attribute("dilations", axis, 1));
        if same {
            return extent.checked_add(stride)?.checked_sub(1)?.checked_div(stride);
        }
        let pads = attribute("pads", axis, 0).checked_add(attribute("pads", axis + input.len(), 0))?;
        let span = dilation.checked_mul(kernel.checked_sub(1)?)?.checked_add(1)?;
        let room = extent.checked_add(pads)?.checked_sub(span)?;
        let room = if node.int("ceil_mode") == Some(1) { room.checked_add(stride)?.checked_sub(1)? } else { room };
        room.checked_div(stride)?.checked_add(1)
    };
    (0..input.len()).map(|axis| dim(along(axis))).collect()
}

/// A transposed convolution: its channels follow, its other extents depend on attributes that vary between exporters.
pub fn transposed_convolution(node: &Node, input: Option<&Shape>, weight: &[Dim]) -> Option<Shape> {
    let channels = extent(weight.get(1)?).and_then(|c| c.checked_mul(node.int("group").unwrap_or(1)));
    let batch = input.and_then(|input| input.first().cloned()).unwrap_or(Dim::Unknown);
    let mut shape = vec![Dim::Unknown; weight.len()];
    shape[0] = batch;
    shape[1] = dim(channels);
    Some(shape)
}

/// A convolution with its channels last: those come from the weights, which are as ever.
pub fn convolution_channels_last(node: &Node, input: Option<&Shape>, weight: &[Dim]) -> Option<Shape> {
    let turned = input.map(|input| match &input[..] {
        [batch, places @ .., channels] => {
            [std::slice::from_ref(batch), std::slice::from_ref(channels), places].concat()
        }
        _ => input.clone(),
    });
    match &convolution(node, turned.as_ref(), weight)?[..] {
        [batch, channels, places @ ..] => {
            Some([std::slice::from_ref(batch), places, std::slice::from_ref(channels)].concat())
        }
        _ => None,
    }
}
