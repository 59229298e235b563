//! The bytes that expose taps: a `ModelProto` with a few nodes and outputs, appended to the model's own bytes.
//!
//! Protobuf merges what follows into what came before, so nothing of the model is decoded or written again. The nodes
//! pool inside the graph: what leaves the runtime is [batch, neurons] float32. Every constant is a `Constant` node,
//! which all IR versions accept.

use std::collections::HashSet;

use crate::model::encode::Message;
use crate::model::{Attribute, Dim, ElementType, Graph, TensorInfo};

use super::{Error, Layout, Pooling, Tap, Taps};

/// What to append to a model, and what then comes out.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// To be appended to the model's bytes.
    pub bytes: Vec<u8>,
    /// The pooled outputs in the taps' order, each [batch, neurons] float32.
    pub outputs: Vec<String>,
    /// Inputs that the overlay adds: a token mask (1 real, 0 padding; [batch, sequence] int64), where pooling needs one
    /// and the model has none.
    pub extra_inputs: Vec<TensorInfo>,
}

/// Writes the overlay of `taps` for `graph`.
pub fn overlay(graph: &Graph, taps: &Taps) -> Result<Overlay, Error> {
    let mut writer = Writer::new(graph);
    let mut outputs = Vec::with_capacity(taps.taps.len());
    for (index, tap) in taps.taps.iter().enumerate() {
        outputs.push(writer.tap(index, tap)?);
    }
    let Writer { nodes, exposed, inputs, extra_inputs, .. } = writer;
    let exposed = exposed.into_iter().map(|name| Message::new().text(1, &name));
    let body = Message::new().messages(1, nodes).messages(11, inputs).messages(12, exposed);
    let mut model = Message::new().message(7, body);
    if graph.opset_of("").or_else(|| graph.opset_of("ai.onnx")).is_none() {
        // A graph of fused ops only: what is appended needs ONNX's own.
        model = model.message(8, Message::new().text(1, "").int(2, FALLBACK_OPSET));
    }
    Ok(Overlay { bytes: model.into_bytes(), outputs, extra_inputs })
}

/// Which operator set to ask for in a model that imports none of ONNX's own.
const FALLBACK_OPSET: i64 = 17;

struct Writer<'g> {
    graph: &'g Graph,
    opset: i64,
    prefix: String,
    nodes: Vec<Message>,
    /// Names to add to the graph's outputs.
    exposed: Vec<String>,
    /// Tensors of the model that are outputs by themselves, the model's own included.
    listed: HashSet<String>,
    inputs: Vec<Message>,
    extra_inputs: Vec<TensorInfo>,
    /// The token mask as float32 [batch, 1, sequence] and its sum [batch, 1], once written.
    mask: Option<(String, String)>,
    made: usize,
}

impl<'g> Writer<'g> {
    fn new(graph: &'g Graph) -> Self {
        let imported = graph.opset_of("").or_else(|| graph.opset_of("ai.onnx"));
        Self {
            graph,
            opset: imported.unwrap_or(FALLBACK_OPSET),
            prefix: free_prefix(graph),
            nodes: Vec::new(),
            exposed: Vec::new(),
            listed: graph.outputs.iter().map(|output| output.name.clone()).collect(),
            inputs: Vec::new(),
            extra_inputs: Vec::new(),
            mask: None,
            made: 0,
        }
    }

    /// Pools one tap; the name of the output that holds it.
    fn tap(&mut self, index: usize, tap: &Tap) -> Result<String, Error> {
        let refuse = |why| Err(Error::Pooling { tensor: tap.tensor.clone(), pooling: tap.pooling, why });
        let again;
        let tap = match &tap.recomputed {
            Some(how) => {
                let inputs: Vec<&str> = how.inputs.iter().map(String::as_str).collect();
                again = Tap { tensor: self.node(how.op, &inputs, attributes(&how.attributes), None), ..tap.clone() };
                &again
            }
            None => tap,
        };
        if tap.layout == Layout::Vector && tap.element == ElementType::F32 {
            // Nothing to pool and nothing to cast: the tensor itself, listed once.
            if self.listed.insert(tap.tensor.clone()) {
                self.exposed.push(tap.tensor.clone());
            }
            return Ok(tap.tensor.clone());
        }
        let name = format!("{}tap{index}", self.prefix);
        match (tap.layout, tap.pooling) {
            (Layout::Unknown, _) => return refuse("its rank is not known"),
            (Layout::Vector, _) => self.cast(&tap.tensor, Some(&name)),
            (Layout::TokensLast, pooling) => {
                let order = ints("perm", &[0, 2, 1]);
                let turned = self.node("Transpose", &[&tap.tensor], order, None);
                let turned = self.cast(&turned, None);
                self.pool_tokens(&turned, pooling, &name, tap)?
            }
            (Layout::Tokens, Pooling::First) => {
                let first = self.gather(&tap.tensor, 0, 1);
                self.cast(&first, Some(&name))
            }
            (Layout::Tokens, pooling) => {
                let tokens = self.floats(tap);
                self.pool_tokens(&tokens, pooling, &name, tap)?
            }
            (Layout::Image | Layout::ImageLast, Pooling::First | Pooling::Last) => {
                return refuse("it has height and width, and no order of tokens");
            }
            (Layout::Image, pooling) => {
                let pixels = self.floats(tap);
                let op = if pooling == Pooling::Max { "GlobalMaxPool" } else { "GlobalAveragePool" };
                let pooled = self.node(op, &[&pixels], Message::new(), None);
                self.node("Flatten", &[&pooled], int("axis", 1), Some(&name))
            }
            (Layout::ImageLast, pooling) => {
                let pixels = self.floats(tap);
                let op = if pooling == Pooling::Max { "ReduceMax" } else { "ReduceMean" };
                self.reduce(op, &pixels, &[1, 2], false, Some(&name))
            }
        };
        self.exposed.push(name.clone());
        Ok(name)
    }

    /// Mean, maximum or last over real tokens of [batch, sequence, neurons].
    fn pool_tokens(&mut self, tokens: &str, pooling: Pooling, name: &str, tap: &Tap) -> Result<String, Error> {
        let padded = has_tokens(self.graph);
        Ok(match pooling {
            Pooling::Mean if padded => {
                let (mask, count) = self.mask();
                let sum = self.node("MatMul", &[&mask, tokens], Message::new(), None);
                let sum = self.reshape(&sum, &[0, -1]);
                self.node("Div", &[&sum, &count], Message::new(), Some(name))
            }
            Pooling::Mean => self.reduce("ReduceMean", tokens, &[1], false, Some(name)),
            Pooling::Max if padded => {
                let (mask, _) = self.mask();
                // 0 where real, -inf where padding: adding it leaves real values as they are.
                let column = self.reshape(&mask, &[0, -1, 1]);
                let real = self.node("Cast", &[&column], int("to", 9), None);
                let lowest = self.constant_float(f32::NEG_INFINITY);
                let kept = self.node("Where", &[&real, tokens, &lowest], Message::new(), None);
                self.reduce("ReduceMax", &kept, &[1], false, Some(name))
            }
            Pooling::Max => self.reduce("ReduceMax", tokens, &[1], false, Some(name)),
            Pooling::Last if padded => {
                if self.opset < 11 {
                    let why = "the last token needs operator set 11; export the model with a newer one";
                    return Err(Error::Pooling { tensor: tap.tensor.clone(), pooling, why });
                }
                // The running count reaches the total at the last real token and, times the mask, nowhere else.
                let (mask, count) = self.mask();
                let axis = self.constant_ints(&[2], true);
                let running = self.node("CumSum", &[&mask, &axis], Message::new(), None);
                let running = self.node("Mul", &[&running, &mask], Message::new(), None);
                let total = self.reshape(&count, &[0, 1, 1]);
                let chosen = self.node("Equal", &[&running, &total], Message::new(), None);
                let chosen = self.node("Cast", &[&chosen], int("to", 1), None);
                let last = self.node("MatMul", &[&chosen, tokens], Message::new(), None);
                self.reshape_to(&last, &[0, -1], Some(name))
            }
            Pooling::Last => self.gather_to(tokens, -1, 1, Some(name)),
            Pooling::First => self.gather_to(tokens, 0, 1, Some(name)),
            Pooling::None => {
                let why = "it has a token axis that has to be pooled";
                return Err(Error::Pooling { tensor: tap.tensor.clone(), pooling, why });
            }
        })
    }

    /// The mask as float32 [batch, 1, sequence] and the number of real tokens [batch, 1].
    fn mask(&mut self) -> (String, String) {
        if let Some(mask) = &self.mask {
            return mask.clone();
        }
        let source = match mask_input(self.graph) {
            Some(info) => info.name.clone(),
            None => {
                let name = format!("{}mask", self.prefix);
                let axes = ["batch", "sequence"].map(|axis| Dim::Named(format!("{}{axis}", self.prefix).into()));
                let info = TensorInfo { name: name.clone(), element: ElementType::I64, shape: Some(axes.to_vec()) };
                self.inputs.push(value_info(&info));
                self.extra_inputs.push(info);
                name
            }
        };
        let float = self.node("Cast", &[&source], int("to", 1), None);
        let row = self.reshape(&float, &[0, 1, -1]);
        let count = self.reduce("ReduceSum", &row, &[2], false, None);
        self.mask = Some((row.clone(), count.clone()));
        (row, count)
    }

    /// The tap's tensor as float32.
    fn floats(&mut self, tap: &Tap) -> String {
        if tap.element == ElementType::F32 { tap.tensor.clone() } else { self.cast(&tap.tensor, None) }
    }

    fn cast(&mut self, tensor: &str, name: Option<&str>) -> String {
        self.node("Cast", &[tensor], int("to", 1), name)
    }

    fn gather(&mut self, tensor: &str, index: i64, axis: i64) -> String {
        self.gather_to(tensor, index, axis, None)
    }

    fn gather_to(&mut self, tensor: &str, index: i64, axis: i64, name: Option<&str>) -> String {
        let index = self.constant_ints(&[index], true);
        self.node("Gather", &[tensor, &index], int("axis", axis), name)
    }

    fn reshape(&mut self, tensor: &str, shape: &[i64]) -> String {
        self.reshape_to(tensor, shape, None)
    }

    fn reshape_to(&mut self, tensor: &str, shape: &[i64], name: Option<&str>) -> String {
        let shape = self.constant_ints(shape, false);
        self.node("Reshape", &[tensor, &shape], Message::new(), name)
    }

    /// A reduction; its axes became an input with operator set 13 (sum) or 18 (the others).
    fn reduce(&mut self, op: &str, tensor: &str, axes: &[i64], keep: bool, name: Option<&str>) -> String {
        let keep = int("keepdims", keep.into());
        if self.opset >= if op == "ReduceSum" { 13 } else { 18 } {
            let axes = self.constant_ints(axes, false);
            self.node(op, &[tensor, &axes], keep, name)
        } else {
            self.node(op, &[tensor], keep.append(ints("axes", axes)), name)
        }
    }

    fn constant_ints(&mut self, values: &[i64], scalar: bool) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let dims = if scalar { Message::new() } else { Message::new().int(1, values.len() as i64) };
        self.constant(dims.int(2, 7).bytes(9, &bytes))
    }

    fn constant_float(&mut self, value: f32) -> String {
        self.constant(Message::new().int(2, 1).bytes(9, &value.to_le_bytes()))
    }

    fn constant(&mut self, tensor: Message) -> String {
        let value = Message::new().text(1, "value").message(5, tensor).int(20, 4);
        self.node("Constant", &[], Message::new().message(5, value), None)
    }

    /// Adds a node whose attributes are already encoded; the name of its output.
    fn node(&mut self, op: &str, inputs: &[&str], attributes: Message, name: Option<&str>) -> String {
        let output = name.map_or_else(|| format!("{}{}", self.prefix, self.made), str::to_owned);
        self.made += 1;
        let message = inputs.iter().fold(Message::new(), |m, i| m.text(1, i)).text(2, &output);
        let message = message.text(3, &format!("{}node{}", self.prefix, self.made)).text(4, op);
        self.nodes.push(message.append(attributes));
        output
    }
}

/// An integer attribute, as a part of a `NodeProto`.
fn int(name: &str, value: i64) -> Message {
    Message::new().message(5, Message::new().text(1, name).int(3, value).int(20, 2))
}

/// The attributes of a `NodeProto`, as read; those that hold data are never needed here.
fn attributes(list: &[(String, Attribute)]) -> Message {
    list.iter().fold(Message::new(), |message, (name, value)| {
        message.append(match value {
            Attribute::Int(value) => int(name, *value),
            Attribute::Ints(values) => ints(name, values),
            Attribute::Float(value) => {
                Message::new().message(5, Message::new().text(1, name).float(2, *value).int(20, 1))
            }
            Attribute::Text(value) => Message::new().message(5, Message::new().text(1, name).text(4, value).int(20, 3)),
            Attribute::Tensor(_) | Attribute::Other => Message::new(),
        })
    })
}

/// A list of integers as an attribute.
fn ints(name: &str, values: &[i64]) -> Message {
    let list = values.iter().fold(Message::new().text(1, name), |m, &v| m.int(8, v)).int(20, 7);
    Message::new().message(5, list)
}

fn value_info(info: &TensorInfo) -> Message {
    let shape = info.shape.iter().flatten().fold(Message::new(), |m, dim| {
        m.message(
            1,
            match dim {
                Dim::Fixed(extent) => Message::new().int(1, *extent),
                Dim::Named(name) => Message::new().text(2, name),
                Dim::Unknown => Message::new(),
            },
        )
    });
    let tensor = Message::new().int(1, info.element.number().into()).message(2, shape);
    Message::new().text(1, &info.name).message(2, Message::new().message(1, tensor))
}

/// The model's own mask of real tokens, if it has one.
pub fn mask_input(graph: &Graph) -> Option<&TensorInfo> {
    let rank2 = |info: &&TensorInfo| info.shape.as_ref().is_none_or(|s| s.len() == 2);
    let named = |info: &&TensorInfo| info.name.to_ascii_lowercase().contains("mask");
    let usual = graph.inputs.iter().filter(rank2).find(|i| i.name == "attention_mask");
    usual.or_else(|| graph.inputs.iter().filter(rank2).filter(named).find(|i| !i.name.contains("decoder")))
}

/// Whether the model is fed token ids, so that rows may be padded.
fn has_tokens(graph: &Graph) -> bool {
    let integer = |e: ElementType| matches!(e, ElementType::I64 | ElementType::I32);
    graph.inputs.iter().any(|i| integer(i.element) && i.shape.as_ref().is_none_or(|s| s.len() == 2))
}

/// A prefix that no name of the model starts with.
fn free_prefix(graph: &Graph) -> String {
    let tensors = graph.nodes.iter().flat_map(|n| n.inputs.iter().chain(&n.outputs).chain([&n.name]));
    let others = graph.initializers.iter().map(|i| &i.name).chain(graph.inputs.iter().map(|i| &i.name));
    let names: HashSet<&str> = tensors.chain(others).map(String::as_str).filter(|n| n.starts_with("probe")).collect();
    let mut prefix = "probe:".to_owned();
    while names.iter().any(|name| name.starts_with(&prefix)) {
        prefix.insert(5, '_');
    }
    prefix
}
