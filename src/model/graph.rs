//! The graph of a model, weights left out.

use std::collections::HashSet;

use super::{Dim, ElementType, TensorInfo};

/// A model's main graph with what its `ModelProto` says about it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// In the file's order, which ONNX asks to be topological.
    pub nodes: Vec<Node>,
    /// What has to be fed: the declared inputs without the initializers among them.
    pub inputs: Vec<TensorInfo>,
    /// The model's own outputs.
    pub outputs: Vec<TensorInfo>,
    pub initializers: Vec<Initializer>,
    /// Types and shapes that the exporter wrote down for tensors in between.
    pub value_info: Vec<TensorInfo>,
    /// Version of the default operator set; 1 where none is declared.
    pub opset: i64,
    /// Every operator set: domain and version.
    pub opsets: Vec<(String, i64)>,
    pub ir_version: i64,
    /// Name and version of the exporter.
    pub producer: String,
    /// `metadata_props` of the model.
    pub metadata: Vec<(String, String)>,
    /// Model-local functions: domain, name, and the ops of the body.
    pub functions: Vec<Function>,
    /// Every tensor that keeps its data in another file, in whatever part of the model it stands.
    pub external: Vec<External>,
    /// Where the main graph's messages lie in the file (several, where bytes were appended): the field's tag, the
    /// message's start, its end.
    pub(crate) ranges: Vec<(u64, u64, u64)>,
}

/// One operation.
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub name: String,
    pub op: String,
    /// Empty for ONNX's own operators.
    pub domain: String,
    /// An empty name stands for an input left out.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: Vec<(String, Attribute)>,
    /// Tensors of this graph that the node's subgraphs (`If`, `Loop`, `Scan`) use.
    pub captured: Vec<String>,
    /// Op types inside the node's subgraphs, each once.
    pub inner_ops: Vec<String>,
    /// The module path that newer PyTorch exporters write (`pkg.torch.onnx.name_scopes`), as it stands in the file.
    pub scopes: Option<String>,
    /// Where the whole message lies in the file, the field's tag included; of a node of the main graph.
    pub(crate) message: (u64, u64),
}

/// The attributes that structure and shapes depend on; all others are `Other`.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Int(i64),
    Float(f32),
    Ints(Vec<i64>),
    Text(String),
    Tensor(Initializer),
    Other,
}

/// A tensor with data: a weight, a bias, a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Initializer {
    pub name: String,
    pub element: ElementType,
    pub dims: Vec<i64>,
    pub storage: Storage,
    /// The values of small integer tensors: shapes, axes, indices.
    pub ints: Option<Vec<i64>>,
    /// Where the whole message lies in the file, the field's tag included.
    pub(crate) message: (u64, u64),
}

/// Where a tensor's data lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// As raw bytes in the model file.
    Raw { offset: u64, length: u64 },
    /// As typed values in the model file, or nowhere (an empty tensor).
    Typed,
    /// In another file; see [`Graph::external`].
    External,
}

/// A tensor's data in another file, as the model claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    pub tensor: String,
    /// Relative to the model's folder.
    pub location: String,
    pub offset: u64,
    /// `None` where the model gives none: then it follows from type and shape.
    pub length: Option<u64>,
    /// Bytes by type and shape, where these are known.
    pub expected: Option<u64>,
}

/// A model-local function.
#[derive(Debug, Clone, Default)]
pub struct Function {
    pub domain: String,
    pub name: String,
    /// Domain and op type of the nodes in its body.
    pub ops: Vec<(String, String)>,
}

impl Graph {
    /// What does not hold together: a tensor that two nodes make, or one that is taken and comes from nowhere. Layers
    /// cannot be followed through such a graph, and the runtime would refuse it after all else is done.
    pub(super) fn inconsistency(&self) -> Option<String> {
        let mut made = HashSet::new();
        for node in &self.nodes {
            if let Some(twice) = node.outputs.iter().find(|name| !name.is_empty() && !made.insert(name.as_str())) {
                return Some(format!("the tensor '{twice}' is made twice, the second time by {node}"));
            }
        }
        made.extend(self.inputs.iter().map(|input| input.name.as_str()));
        made.extend(self.initializers.iter().map(|weight| weight.name.as_str()));
        self.nodes.iter().find_map(|node| {
            let missing = node.inputs.iter().find(|name| !name.is_empty() && !made.contains(name.as_str()))?;
            Some(format!(
                "{node} takes the tensor '{missing}', which is neither an input, nor a weight, nor made by a node"
            ))
        })
    }

    /// The first node of an op; the default domain may be spelled out or left empty.
    pub fn node_of(&self, op: &str, domain: &str) -> Option<&Node> {
        let usual = |domain: &str| if domain == "ai.onnx" { String::new() } else { domain.to_owned() };
        self.nodes.iter().find(|node| node.op == op && usual(&node.domain) == usual(domain))
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "an unnamed node ({})", self.op),
            name => write!(f, "the node '{name}' ({})", self.op),
        }
    }
}

impl Node {
    /// The attribute `name`, if the node has it.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// An integer attribute.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    /// Whether this is ONNX's own operator `op`.
    pub fn is(&self, op: &str) -> bool {
        self.op == op && (self.domain.is_empty() || self.domain == "ai.onnx")
    }
}

impl Graph {
    /// The version of an operator set that the model imports.
    pub fn opset_of(&self, domain: &str) -> Option<i64> {
        self.opsets.iter().find(|(d, _)| d == domain).map(|&(_, version)| version)
    }
}

impl ElementType {
    /// From `TensorProto.DataType`.
    pub fn from_number(number: i32) -> Self {
        match number {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            6 => Self::I32,
            7 => Self::I64,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            16 => Self::Bf16,
            other => Self::Other(other),
        }
    }

    /// As `TensorProto.DataType`.
    pub fn number(self) -> i32 {
        match self {
            Self::F32 => 1,
            Self::U8 => 2,
            Self::I8 => 3,
            Self::I32 => 6,
            Self::I64 => 7,
            Self::Bool => 9,
            Self::F16 => 10,
            Self::F64 => 11,
            Self::Bf16 => 16,
            Self::NotTensor => 0,
            Self::Other(number) => number,
        }
    }

    /// Whether activations can have this type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::Bf16)
    }

    /// Bits an element takes in raw data; `None` for strings and types unknown here.
    pub fn bits(self) -> Option<u64> {
        Some(match self {
            Self::F64 | Self::I64 => 64,
            Self::F32 | Self::I32 => 32,
            Self::F16 | Self::Bf16 => 16,
            Self::U8 | Self::I8 | Self::Bool => 8,
            Self::NotTensor => return None,
            Self::Other(number) => match number {
                4 | 5 => 16,       // uint16, int16
                12 => 32,          // uint32
                13 | 14 => 64,     // uint64, complex64
                15 => 128,         // complex128
                17..=20 | 24 => 8, // 8-bit floats
                21..=23 => 4,      // int4, uint4, float4
                25 | 26 => 2,      // int2, uint2
                _ => return None,
            },
        })
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::I64 => "int64",
            Self::I32 => "int32",
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::Bool => "bool",
            Self::NotTensor => "a sequence or a map",
            Self::Other(4) => "uint16",
            Self::Other(5) => "int16",
            Self::Other(8) => "string",
            Self::Other(12) => "uint32",
            Self::Other(13) => "uint64",
            Self::Other(14) => "complex64",
            Self::Other(15) => "complex128",
            Self::Other(number) => return write!(f, "type {number}"),
        })
    }
}

impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(extent) => write!(f, "{extent}"),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("?"),
        }
    }
}
