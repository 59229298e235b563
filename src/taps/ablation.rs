//! The nodes by which neurons of a layer are switched off inside the graph, without exporting the model again.
//!
//! The node that makes a layer's tensor gives it under another name, and a `Where` behind it makes the tensor: it takes
//! a filling where a truth value per neuron says that the neuron is off, and the layer's own value elsewhere. Both are
//! inputs of the graph, so that one session serves every choice of neurons, and so that no optimiser can compute with
//! them beforehand. A product with 0 would leave infinities and NaN. That the own value is the second choice of the
//! `Where` matters: ONNX Runtime gives +0 where the first one is -0.

use crate::model::encode::Message;
use crate::model::{Dim, ElementType, Graph, Node, Renamed, TensorInfo};

use super::axes::Axis;
use super::dense::{Bias, bias};
use super::error::Error;
use super::numbers::{Numbers, numbers};
use super::overlay::nodes::{attributes_of_constant, free_prefix, int, own_opset, value_info};
use super::structure::{Structure, reads};
use super::tap::Tap;

/// The first version of ONNX's own operators with `Where`.
const WHERE: i64 = 9;

/// What a neuron that is switched off gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// A number per neuron, which is fed.
    Fed,
    /// The bias of the dense layer that makes it, as if its row of weights were zero.
    Bias,
}

/// The inputs by which neurons of one layer are switched off.
#[derive(Debug, Clone)]
pub struct Mask {
    /// Of the layer.
    pub label: String,
    /// The input of truth values: true where a neuron is off.
    pub off: String,
    /// The float32 input of what those neurons give instead; none where that is the bias.
    pub fill: Option<String>,
    /// The extents of both inputs: 1 along every axis but those of the neurons. `None` stands for the number of neurons
    /// where the graph does not tell it.
    extents: Vec<Option<usize>>,
}

impl Mask {
    /// The shape in which the inputs hold one entry per neuron.
    pub fn shape(&self, neurons: usize) -> Vec<usize> {
        self.extents.iter().map(|extent| extent.unwrap_or(neurons)).collect()
    }

    /// The shape in which the inputs stand for all neurons alike, before it is known how many there are.
    pub fn shape_of_all(&self) -> Vec<usize> {
        self.shape(1)
    }
}

/// The masks of some layers, and what they change in the model.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// In the order of the layers.
    pub masks: Vec<Mask>,
    /// The nodes that make the layers.
    pub renamed: Vec<Renamed>,
    /// The inputs that are added, to be appended to the model's bytes.
    pub bytes: Vec<u8>,
}

/// Writes masks for the layers `taps` of a graph.
///
/// # Errors
/// [`Error::Ablation`] for a layer whose neurons cannot be switched off, with what to do.
pub fn masks(graph: &Graph, taps: &[Tap], filling: Filling) -> Result<Masks, Error> {
    let structure = Structure::of(graph);
    let prefix = free_prefix(graph);
    let quantised = numbers(graph, taps) == Numbers::Quantised;
    let mut made = Masks::default();
    let mut inputs = Vec::new();
    for (nth, tap) in taps.iter().enumerate() {
        if quantised {
            let why = "the network is quantised, and floats between its ops would change how it is computed";
            return Err(refusal(tap, why.into(), "give the file from before it was quantised"));
        }
        let layer = Layer::of(&structure, tap)?;
        let name = |what: &str| format!("{prefix}{what}{nth}");
        let mut writer = Writer { name: &name, written: Vec::new() };
        let mask = layer.write(&structure, filling, &mut writer)?;
        let shape: Vec<Dim> = mask.extents.iter().map(|e| e.map_or(Dim::Unknown, |e| Dim::Fixed(e as i64))).collect();
        let input = |name: &String, element| TensorInfo { name: name.clone(), element, shape: Some(shape.clone()) };
        inputs.push(value_info(&input(&mask.off, ElementType::Bool)));
        inputs.extend(mask.fill.as_ref().map(|fill| value_info(&input(fill, ElementType::F32))));
        made.renamed.push(Renamed::new(layer.maker, layer.output, name("own"), writer.written));
        made.masks.push(mask);
    }
    made.bytes = Message::new().message(7, Message::new().messages(11, inputs)).into_bytes();
    Ok(made)
}

/// A layer whose neurons can be switched off.
struct Layer<'a> {
    tap: &'a Tap,
    maker: &'a Node,
    /// Which of the node's outputs it is.
    output: usize,
    extents: Vec<Option<usize>>,
}

impl<'a> Layer<'a> {
    fn of(structure: &Structure<'a>, tap: &'a Tap) -> Result<Layer<'a>, Error> {
        const BEFORE: &str = "give the file from before it was optimised";
        let graph = structure.graph;
        let maker = structure.maker(&tap.tensor);
        let (Some(maker), true) = (maker, tap.recomputed.is_empty()) else {
            let why = format!("an optimiser fused it into a node ({}), and no tensor of the graph holds it", tap.op);
            return Err(refusal(tap, why, BEFORE));
        };
        let output = maker.outputs.iter().position(|name| *name == tap.tensor).unwrap_or(0);
        let used = |name: &&String| {
            let given_out = graph.outputs.iter().any(|output| output.name == **name);
            given_out || graph.nodes.iter().any(|node| reads(node).any(|read| read == name.as_str()))
        };
        let others = maker.outputs.iter().enumerate().filter(|(at, name)| *at != output && !name.is_empty());
        if let Some((_, other)) = others.clone().find(|(_, name)| used(name)) {
            let why = format!("{maker} hands its values on a second time, as '{other}', where they would stay");
            return Err(refusal(tap, why, BEFORE));
        }
        if let Some(opset @ ..WHERE) = own_opset(graph) {
            let why = format!("the model imports operator set {opset}, which has no Where");
            return Err(refusal(tap, why, "export the model with operator set 9 or newer"));
        }
        let known = tap.shape.as_ref().filter(|shape| shape.len() == tap.axes.len());
        let neuron_axes = tap.axes.iter().filter(|axis| **axis == Axis::Neuron).count();
        let extent = |(at, axis): (usize, &Axis)| match (axis, known.map(|shape| &shape[at])) {
            (Axis::Neuron, Some(Dim::Fixed(extent))) => Some(usize::try_from(*extent).unwrap_or(1)),
            (Axis::Neuron, _) => None,
            _ => Some(1),
        };
        let extents: Vec<Option<usize>> = tap.axes.iter().enumerate().map(extent).collect();
        if extents.is_empty() || neuron_axes > 1 && extents.contains(&None) {
            let why = "the extents of its axes do not follow from the graph".to_owned();
            return Err(refusal(tap, why, "export the model with fixed extents, or leave the layer out with --layer"));
        }
        Ok(Layer { tap, maker, output, extents })
    }

    fn write(&self, structure: &Structure, filling: Filling, to: &mut Writer) -> Result<Mask, Error> {
        let off = (to.name)("off");
        let (fill, filled) = match filling {
            Filling::Fed => {
                let fill = (to.name)("fill");
                let filled = to.cast(&fill, self.tap.element);
                (Some(fill), filled)
            }
            Filling::Bias => {
                let bias = bias(structure, self.maker).map_err(|why| {
                    let advice = "use --how zero or mean, or name the output of a dense layer with --layers";
                    refusal(self.tap, why, advice)
                })?;
                (None, to.bias(&bias, self.tap.element))
            }
        };
        to.node("Where", &[&off, &filled, &(to.name)("own")], &self.tap.tensor, "where", Message::new());
        Ok(Mask { label: self.tap.label.clone(), off, fill, extents: self.extents.clone() })
    }
}

/// Writes the nodes of one layer.
struct Writer<'a> {
    /// A name of ours for this layer.
    name: &'a dyn Fn(&str) -> String,
    written: Vec<Message>,
}

impl Writer<'_> {
    fn node(&mut self, op: &str, inputs: &[&str], output: &str, name: &str, attributes: Message) {
        let message = inputs.iter().fold(Message::new(), |message, input| message.text(1, input)).text(2, output);
        self.written.push(message.text(3, &(self.name)(name)).text(4, op).append(attributes));
    }

    /// A float32 tensor in the layer's own type.
    fn cast(&mut self, tensor: &str, element: ElementType) -> String {
        if element == ElementType::F32 {
            return tensor.to_owned();
        }
        let cast = (self.name)("cast");
        self.node("Cast", &[tensor], &cast, "to", int("to", element.number().into()));
        cast
    }

    /// What a dense layer gives where its weights are zero.
    fn bias(&mut self, bias: &Bias, element: ElementType) -> String {
        match bias {
            Bias::Tensor { name, factor: 1.0 } => (*name).to_owned(),
            Bias::Tensor { name, factor } => {
                let factor = self.constant(*factor, element);
                let scaled = (self.name)("bias");
                self.node("Mul", &[name, &factor], &scaled, "scale", Message::new());
                scaled
            }
            Bias::None => self.constant(0.0, element),
        }
    }

    fn constant(&mut self, value: f32, element: ElementType) -> String {
        let constant = (self.name)("number");
        self.node("Constant", &[], &constant, "constant", attributes_of_constant(value));
        self.cast(&constant, element)
    }
}

fn refusal(tap: &Tap, why: String, advice: &'static str) -> Error {
    Error::Ablation { layer: tap.label.clone(), why, advice }
}
