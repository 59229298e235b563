//! `ModelProto` to [`Graph`]: one pass over the file that skips the weights.
//!
//! Field numbers are those of `onnx.proto`; a comment names them where they are used. Fields of the same number merge,
//! as protobuf has it, so a model with appended bytes reads like the model that ONNX Runtime will see.

use std::io::{Read, Seek};

use super::graph::{Attribute, External, Function, Graph, Initializer, Node, Storage};
use super::wire::{Field, Value, Wire, WireError};
use super::{Dim, ElementType, TensorInfo};

/// Subgraphs within subgraphs; real exporters stay below five.
const DEEPEST: usize = 16;
/// Integer tensors up to this many elements have their values read: shapes, axes, pads.
const SMALL: usize = 64;
/// Op types kept of a node's subgraphs; all of ONNX's operators are fewer.
const MOST_INNER_OPS: usize = 256;
/// Attribute lists beyond this are data, not structure.
const LIST: u64 = 1 << 16;

type Result<T> = std::result::Result<T, WireError>;

/// What stood in the file beside the graph.
pub struct Contents {
    pub graph: Graph,
    /// Whether a graph was there at all.
    pub has_graph: bool,
    /// Set as soon as the file has shown itself to be a `ModelProto`.
    pub recognised: bool,
    pub error: Option<WireError>,
}

/// Reads a whole model. The error stands beside what was read, since what was read decides what the error means.
pub fn read(source: impl Read + Seek) -> Contents {
    let mut contents = Contents { graph: Graph::default(), has_graph: false, recognised: false, error: None };
    let result = Wire::new(source).and_then(|mut wire| model(&mut wire, &mut contents));
    contents.error = result.err();
    contents
}

fn model<R: Read + Seek>(wire: &mut Wire<R>, contents: &mut Contents) -> Result<()> {
    let end = wire.len();
    let (mut producer, mut version) = (String::new(), String::new());
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Varint(ir)) => {
                contents.graph.ir_version = ir as i64;
                contents.recognised |= (1..1000).contains(&ir);
            }
            (2, Value::Bytes { end, .. }) => producer = wire.text(end)?,
            (3, Value::Bytes { end, .. }) => version = wire.text(end)?,
            (7, Value::Bytes { start, end }) => {
                contents.graph.ranges.push((field.at, start, end));
                graph(wire, end, &mut contents.graph)?;
                contents.has_graph = true;
                contents.recognised = true;
            }
            (8, Value::Bytes { end, .. }) => {
                let entry = opset(wire, end)?;
                contents.graph.opsets.push(entry);
            }
            (14, Value::Bytes { end, .. }) => {
                let entry = entry(wire, end)?;
                contents.graph.metadata.push(entry);
            }
            (25, Value::Bytes { end, .. }) => {
                let function = function(wire, end, &mut contents.graph.external)?;
                contents.graph.functions.push(function);
            }
            _ => wire.skip(&field)?,
        }
    }
    let graph = &mut contents.graph;
    graph.producer = if version.is_empty() { producer } else { format!("{producer} {version}") };
    graph.opset = graph.opset_of("").or_else(|| graph.opset_of("ai.onnx")).unwrap_or(1);
    // Before IR version 4 every initializer had to be listed as an input too; none of them is fed.
    let given: std::collections::HashSet<&str> = graph.initializers.iter().map(|i| i.name.as_str()).collect();
    graph.inputs.retain(|input| !given.contains(input.name.as_str()));
    Ok(())
}

fn graph<R: Read + Seek>(wire: &mut Wire<R>, end: u64, graph: &mut Graph) -> Result<()> {
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => {
                let node = node(wire, end, &mut graph.external, 0)?;
                graph.nodes.push(Node { message: (field.at, end), ..node });
            }
            (5, Value::Bytes { end, .. }) => {
                let tensor = tensor(wire, &field, end, &mut graph.external)?;
                graph.initializers.push(tensor);
            }
            // A sparse initializer is named by its values tensor (field 1).
            (15, Value::Bytes { end, .. }) => {
                let mut name = None;
                while let Some(inner) = wire.field(end)? {
                    match (inner.number, inner.value) {
                        (1, Value::Bytes { end, .. }) => name = Some(tensor(wire, &inner, end, &mut graph.external)?),
                        _ => wire.skip(&inner)?,
                    }
                }
                graph.initializers.extend(name.map(|t| Initializer { storage: Storage::Typed, ints: None, ..t }));
            }
            (11..=13, Value::Bytes { end, .. }) => {
                let info = value_info(wire, end)?;
                match field.number {
                    11 => graph.inputs.push(info),
                    12 => graph.outputs.push(info),
                    _ => graph.value_info.push(info),
                }
            }
            _ => wire.skip(&field)?,
        }
    }
    Ok(())
}

fn node<R: Read + Seek>(wire: &mut Wire<R>, end: u64, external: &mut Vec<External>, depth: usize) -> Result<Node> {
    wire.keep(size_of::<Node>())?;
    let mut node = Node::default();
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => node.inputs.push(kept_text(wire, end)?),
            (2, Value::Bytes { end, .. }) => node.outputs.push(kept_text(wire, end)?),
            (3, Value::Bytes { end, .. }) => node.name = wire.text(end)?,
            (4, Value::Bytes { end, .. }) => node.op = wire.text(end)?,
            (5, Value::Bytes { end, .. }) => attribute(wire, end, &mut node, external, depth)?,
            (7, Value::Bytes { end, .. }) => node.domain = wire.text(end)?,
            (9, Value::Bytes { end, .. }) => scopes(wire, end, &mut node)?,
            _ => wire.skip(&field)?,
        }
    }
    node.captured.sort_unstable();
    node.captured.dedup();
    Ok(node)
}

/// Of a node's metadata only the module path is kept; newer exporters write kilobytes of stack traces beside it.
fn scopes<R: Read + Seek>(wire: &mut Wire<R>, end: u64, node: &mut Node) -> Result<()> {
    let mut wanted = false;
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { start, end }) if end - start < 64 => {
                wanted = wire.text(end)? == "pkg.torch.onnx.name_scopes";
            }
            (2, Value::Bytes { end, .. }) if wanted => node.scopes = Some(wire.text(end)?),
            _ => wire.skip(&field)?,
        }
    }
    Ok(())
}

fn attribute<R: Read + Seek>(
    wire: &mut Wire<R>,
    end: u64,
    node: &mut Node,
    external: &mut Vec<External>,
    depth: usize,
) -> Result<()> {
    wire.keep(size_of::<(String, Attribute)>())?;
    let mut name = String::new();
    let mut value = Attribute::Other;
    let mut ints = None;
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => name = wire.text(end)?,
            (2, Value::Fixed32(bits)) => value = Attribute::Float(f32::from_bits(bits)),
            (3, Value::Varint(number)) => value = Attribute::Int(number as i64),
            (4, Value::Bytes { start, end }) if end - start <= 4096 => value = Attribute::Text(wire.text(end)?),
            (5, Value::Bytes { end, .. }) => value = Attribute::Tensor(tensor(wire, &field, end, external)?),
            (6 | 11, Value::Bytes { end, .. }) => subgraph(wire, end, node, external, depth + 1)?,
            (8, value) => integers(wire, value, LIST, ints.get_or_insert_with(Vec::new))?,
            // TENSORS: their data may lie outside the file too.
            (10, Value::Bytes { end, .. }) => drop(tensor(wire, &field, end, external)?),
            // TYPE: which of the fields counts. An empty list of integers is a list all the same.
            (20, Value::Varint(7)) => drop(ints.get_or_insert_with(Vec::new)),
            _ => wire.skip(&field)?,
        }
    }
    node.attributes.push((name, ints.map_or(value, Attribute::Ints)));
    Ok(())
}

/// Of a subgraph only what it takes from outside matters, the names it uses and does not make, and which ops it holds.
fn subgraph<R: Read + Seek>(
    wire: &mut Wire<R>,
    end: u64,
    outer: &mut Node,
    external: &mut Vec<External>,
    depth: usize,
) -> Result<()> {
    if depth > DEEPEST {
        return Err(WireError::TooDeep { at: wire.at(), limit: DEEPEST });
    }
    let mut made = std::collections::HashSet::new();
    let mut used = Vec::new();
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => {
                let inner = node(wire, end, external, depth)?;
                made.extend(inner.outputs);
                used.extend(inner.inputs);
                used.extend(inner.captured);
                for op in inner.inner_ops.into_iter().chain([inner.op]) {
                    if !outer.inner_ops.contains(&op) && outer.inner_ops.len() < MOST_INNER_OPS {
                        outer.inner_ops.push(op);
                    }
                }
            }
            (5, Value::Bytes { end, .. }) => drop(made.insert(tensor(wire, &field, end, external)?.name)),
            (11, Value::Bytes { end, .. }) => drop(made.insert(value_info(wire, end)?.name)),
            // An output may be a tensor of the outer graph, passed through.
            (12, Value::Bytes { end, .. }) => used.push(value_info(wire, end)?.name),
            _ => wire.skip(&field)?,
        }
    }
    used.retain(|name| !name.is_empty() && !made.contains(name));
    outer.captured.extend(used);
    Ok(())
}

fn tensor<R: Read + Seek>(
    wire: &mut Wire<R>,
    field: &Field,
    end: u64,
    external: &mut Vec<External>,
) -> Result<Initializer> {
    wire.keep(size_of::<Initializer>())?;
    let at = wire.at();
    let mut name = String::new();
    let (mut dims, mut element) = (Vec::new(), ElementType::Other(0));
    let mut storage = Storage::Typed;
    let mut ints: Option<Vec<i64>> = None;
    let mut raw = None;
    let mut claims = Vec::new();
    let mut elsewhere = false;
    // Elements that the typed fields can hold at most.
    let mut typed = 0u64;
    while let Some(inner) = wire.field(end)? {
        match (inner.number, inner.value) {
            (1, value) => integers(wire, value, 1024, &mut dims)?,
            (2, Value::Varint(number)) => element = ElementType::from_number(number as i32),
            // int32_data, int64_data: kept while they are few, since the shape may follow them in the file.
            (5 | 7, value) => {
                let kept = ints.get_or_insert_with(Vec::new);
                match value {
                    Value::Bytes { start, end } if end - start > 10 * SMALL as u64 => {
                        typed = typed.saturating_add(end - start);
                        kept.resize(SMALL + 1, 0);
                        wire.skip_to(end)?;
                    }
                    value => {
                        let before = kept.len();
                        integers(wire, value, 10 * SMALL as u64, kept)?;
                        typed = typed.saturating_add((kept.len() - before) as u64);
                        kept.truncate(SMALL + 1);
                    }
                }
            }
            (8, Value::Bytes { end, .. }) => name = wire.text(end)?,
            (9, Value::Bytes { start, end }) => {
                storage = Storage::Raw { offset: start, length: end - start };
                if end - start <= 8 * SMALL as u64 {
                    raw = Some(wire.bytes(end, 8 * SMALL as u64)?);
                }
                wire.skip_to(end)?;
            }
            (13, Value::Bytes { end, .. }) => claims.push(entry(wire, end)?),
            (14, Value::Varint(1)) => elsewhere = true,
            (4 | 6 | 10 | 11, value) => {
                typed = typed.saturating_add(match value {
                    Value::Bytes { start, end } => (end - start).max(1),
                    _ => 1,
                });
                wire.skip(&inner)?;
            }
            _ => wire.skip(&inner)?,
        }
    }
    if let Some(raw) = raw {
        ints = match element {
            ElementType::I64 => Some(raw.chunks_exact(8).map(|b| i64::from_le_bytes(array(b))).collect()),
            ElementType::I32 => Some(raw.chunks_exact(4).map(|b| i32::from_le_bytes(array(b)).into()).collect()),
            ElementType::U8 => Some(raw.iter().map(|&b| b.into()).collect()),
            ElementType::I8 => Some(raw.iter().map(|&b| (b as i8).into()).collect()),
            _ => None,
        };
    }
    // Zero points of quantised tensors are small whole numbers too.
    let whole = matches!(element, ElementType::I64 | ElementType::I32 | ElementType::U8 | ElementType::I8);
    ints = ints.filter(|i| i.len() <= SMALL && whole);
    if elements(&dims) == Some(0) && whole {
        ints = Some(Vec::new());
    }
    // A shape beyond all numbers needs more bytes than any file has.
    let needed =
        |bits: u64| elements(&dims).and_then(|n| n.checked_mul(bits)).map_or(u64::MAX, |bits| bits.div_ceil(8));
    let expected = element.bits().map(needed);
    if elsewhere {
        storage = Storage::External;
        external.push(claim(&name, &claims, expected)?);
    } else {
        let holds = match storage {
            Storage::Raw { length, .. } => expected.is_none_or(|bytes| bytes == length),
            _ => elements(&dims).is_some_and(|n| n <= typed.saturating_mul(2)),
        };
        if !holds && element != ElementType::Other(8) {
            return Err(WireError::Malformed { at, what: "a tensor whose shape does not fit its data" });
        }
    }
    Ok(Initializer { name, element, dims, storage, ints, message: (field.at, end) })
}

/// The product of the dims, `None` where it leaves the range or a dim is negative.
fn elements(dims: &[i64]) -> Option<u64> {
    dims.iter().try_fold(1u64, |n, &d| n.checked_mul(u64::try_from(d).ok()?))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

fn claim(tensor: &str, claims: &[(String, String)], expected: Option<u64>) -> Result<External> {
    let get = |key: &str| claims.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    let location = get("location").unwrap_or_default();
    let number = |key: &str| {
        let wrong = |_| WireError::Claim { tensor: tensor.to_owned(), location: location.to_owned() };
        get(key).map(|v| v.trim().parse::<u64>().map_err(wrong)).transpose()
    };
    Ok(External {
        tensor: tensor.to_owned(),
        location: location.to_owned(),
        offset: number("offset")?.unwrap_or(0),
        length: number("length")?,
        expected,
    })
}

/// Adds the numbers of a repeated integer field, packed or not.
fn integers<R: Read + Seek>(wire: &mut Wire<R>, value: Value, most: u64, into: &mut Vec<i64>) -> Result<()> {
    match value {
        Value::Varint(number) => {
            if into.len() as u64 >= most {
                return Err(WireError::Malformed { at: wire.at(), what: "a list of unbelievable length" });
            }
            wire.keep(8)?;
            into.push(number as i64);
        }
        Value::Bytes { start, end } if end - start <= most.saturating_mul(10) => {
            while wire.at() < end {
                wire.keep(8)?;
                let number = wire.varint(end)?;
                into.push(number as i64);
            }
        }
        Value::Bytes { end, .. } => wire.skip_to(end)?,
        _ => return Err(WireError::Malformed { at: wire.at(), what: "a list of integers in another wire type" }),
    }
    Ok(())
}

fn value_info<R: Read + Seek>(wire: &mut Wire<R>, end: u64) -> Result<TensorInfo> {
    wire.keep(size_of::<TensorInfo>())?;
    let mut info = TensorInfo { name: String::new(), element: ElementType::Other(0), shape: None };
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => info.name = wire.text(end)?,
            (2, Value::Bytes { end, .. }) => {
                while let Some(kind) = wire.field(end)? {
                    match (kind.number, kind.value) {
                        (1, Value::Bytes { end, .. }) => tensor_type(wire, end, &mut info)?,
                        // A sequence, a map, a sparse tensor, an optional value.
                        (4 | 5 | 8 | 9, _) => {
                            info.element = ElementType::NotTensor;
                            wire.skip(&kind)?;
                        }
                        _ => wire.skip(&kind)?,
                    }
                }
            }
            _ => wire.skip(&field)?,
        }
    }
    Ok(info)
}

fn tensor_type<R: Read + Seek>(wire: &mut Wire<R>, end: u64, info: &mut TensorInfo) -> Result<()> {
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Varint(number)) => info.element = ElementType::from_number(number as i32),
            (2, Value::Bytes { end, .. }) => {
                let shape = info.shape.get_or_insert_with(Vec::new);
                while let Some(field) = wire.field(end)? {
                    match (field.number, field.value) {
                        (1, Value::Bytes { end, .. }) => {
                            wire.keep(size_of::<Dim>())?;
                            shape.push(dim(wire, end)?);
                        }
                        _ => wire.skip(&field)?,
                    }
                }
            }
            _ => wire.skip(&field)?,
        }
    }
    Ok(())
}

fn dim<R: Read + Seek>(wire: &mut Wire<R>, end: u64) -> Result<Dim> {
    let mut dim = Dim::Unknown;
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            // Old exporters wrote 0 or -1 for a free axis.
            (1, Value::Varint(extent)) if extent as i64 > 0 => dim = Dim::Fixed(extent as i64),
            (2, Value::Bytes { start, end }) if end > start => dim = Dim::Named(wire.text(end)?.into()),
            _ => wire.skip(&field)?,
        }
    }
    Ok(dim)
}

fn opset<R: Read + Seek>(wire: &mut Wire<R>, end: u64) -> Result<(String, i64)> {
    wire.keep(size_of::<(String, i64)>())?;
    let (mut domain, mut version) = (String::new(), 0);
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => domain = wire.text(end)?,
            (2, Value::Varint(number)) => version = number as i64,
            _ => wire.skip(&field)?,
        }
    }
    Ok((domain, version))
}

/// A `StringStringEntryProto`. Long values (an exporter's notes) are left out.
fn entry<R: Read + Seek>(wire: &mut Wire<R>, end: u64) -> Result<(String, String)> {
    wire.keep(size_of::<(String, String)>())?;
    let (mut key, mut value) = (String::new(), String::new());
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { start, end }) if end - start <= 4096 => key = wire.text(end)?,
            (2, Value::Bytes { start, end }) if end - start <= 4096 => value = wire.text(end)?,
            _ => wire.skip(&field)?,
        }
    }
    Ok((key, value))
}

fn function<R: Read + Seek>(wire: &mut Wire<R>, end: u64, external: &mut Vec<External>) -> Result<Function> {
    wire.keep(size_of::<Function>())?;
    let mut function = Function::default();
    while let Some(field) = wire.field(end)? {
        match (field.number, field.value) {
            (1, Value::Bytes { end, .. }) => function.name = wire.text(end)?,
            (7, Value::Bytes { end, .. }) => {
                let node = node(wire, end, external, 1)?;
                function.ops.push((node.domain, node.op));
            }
            (10, Value::Bytes { end, .. }) => function.domain = wire.text(end)?,
            _ => wire.skip(&field)?,
        }
    }
    Ok(function)
}

fn kept_text<R: Read + Seek>(wire: &mut Wire<R>, end: u64) -> Result<String> {
    wire.keep(size_of::<String>())?;
    wire.text(end)
}
