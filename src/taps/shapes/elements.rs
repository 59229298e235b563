//! The element type of one op's output, given those of its inputs.

use crate::model::{Attribute, ElementType, Node};

use super::Shapes;

/// The element type of output `output`, or `None` where it does not follow.
pub fn element(node: &Node, output: usize, shapes: &Shapes) -> Option<ElementType> {
    let input = |i: usize| node.inputs.get(i).and_then(|name| shapes.element(name));
    let named = |attribute: &str, usual: ElementType| {
        Some(node.int(attribute).map_or(usual, |number| ElementType::from_number(number as i32)))
    };
    match node.op.as_str() {
        "Cast" => node.int("to").map(|to| ElementType::from_number(to as i32)),
        "CastLike" => input(1),
        "RandomNormal" | "RandomUniform" | "HannWindow" | "HammingWindow" | "BlackmanWindow" => {
            named("dtype", ElementType::F32)
        }
        "RandomNormalLike" | "RandomUniformLike" | "EyeLike" | "Bernoulli" if node.int("dtype").is_some() => {
            named("dtype", ElementType::F32)
        }
        "Multinomial" => named("dtype", ElementType::I32),
        "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" | "NonMaxSuppression" | "SequenceLength" => {
            Some(ElementType::I64)
        }
        "TopK" | "MaxPool" | "Unique" if output > 0 => Some(ElementType::I64),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And" | "Or" | "Xor" | "IsNaN"
        | "IsInf" | "OptionalHasElement" | "RegexFullMatch" => Some(ElementType::Bool),
        "Dropout" if output == 1 => Some(ElementType::Bool),
        "Constant" | "ConstantOfShape" => match node.attribute("value") {
            Some(Attribute::Tensor(tensor)) => Some(tensor.element),
            None if node.attribute("value_float").is_some() || node.op == "ConstantOfShape" => Some(ElementType::F32),
            None if node.attribute("value_int").is_some() || node.attribute("value_ints").is_some() => {
                Some(ElementType::I64)
            }
            _ => None,
        },
        "DequantizeLinear" => input(1),
        "QuantizeLinear" => match node.int("output_dtype").filter(|&number| number > 0) {
            Some(number) => Some(ElementType::from_number(number as i32)),
            None => input(2).or(Some(ElementType::U8)),
        },
        "DynamicQuantizeLinear" if output == 1 => Some(ElementType::F32),
        "DynamicQuantizeLinear" => Some(ElementType::U8),
        "MatMulInteger" | "ConvInteger" => Some(ElementType::I32),
        "QLinearConv" | "QLinearMatMul" => input(7),
        "QGemm" => input(8).or(Some(ElementType::F32)),
        "QLinearConcat" => input(1),
        "Where" => input(1).or_else(|| input(2)),
        "OneHot" => input(2),
        "EmbedLayerNormalization" => input(2),
        "QAttention" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" | "DynamicQuantizeLSTM" => {
            Some(ElementType::F32)
        }
        "TfIdfVectorizer" => Some(ElementType::F32),
        "SplitToSequence" | "SequenceConstruct" | "SequenceEmpty" | "SequenceInsert" | "SequenceErase"
        | "SequenceMap" | "ZipMap" | "Optional" | "StringSplit" => Some(ElementType::NotTensor),
        "SequenceAt" | "ConcatFromSequence" | "OptionalGetElement" | "If" | "Loop" | "Scan" | "ImageDecoder"
        | "LabelEncoder" => None,
        _ => input(0),
    }
}
