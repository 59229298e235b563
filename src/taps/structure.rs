//! Who makes and who uses what in a graph, what depends on the inputs, and where activations start.

use std::collections::{HashMap, HashSet};

use crate::model::{Attribute, Graph, Initializer, Node};

use super::ops;

/// Who makes and who depends on what, for one graph.
pub struct Structure<'g> {
    pub graph: &'g Graph,
    /// Node indices, every node after those it depends on.
    pub order: Vec<usize>,
    /// Which node makes a tensor.
    pub producer: HashMap<&'g str, usize>,
    /// Tensors that do not depend on any input: weights, and whatever is computed from weights alone.
    pub constant: HashSet<&'g str>,
    /// Tensors whose values (not only shapes) depend on what is fed.
    pub live: HashSet<&'g str>,
    /// Tensors that become integers next, perhaps through an activation: what reads them is `QuantizeLinear`.
    pub become_integers: HashSet<&'g str>,
    weights: HashMap<&'g str, &'g Initializer>,
}

/// Where paths start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots<'g> {
    /// Embedding look-ups: the values of their index are tokens, not activations.
    pub nodes: Vec<usize>,
    /// Graph inputs that are activations themselves (pixels, features).
    pub tensors: Vec<&'g str>,
}

/// Everything a node reads, subgraphs included.
pub fn reads(node: &Node) -> impl Iterator<Item = &str> {
    node.inputs.iter().chain(&node.captured).map(String::as_str).filter(|name| !name.is_empty())
}

/// Ops that pass on a shape and no value.
pub fn only_shape(node: &Node) -> bool {
    node.is("Shape") || node.is("Size")
}

impl<'g> Structure<'g> {
    pub fn of(graph: &'g Graph) -> Self {
        let mut producer = HashMap::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            for output in node.outputs.iter().filter(|o| !o.is_empty()) {
                producer.entry(output.as_str()).or_insert(index);
            }
        }
        let order = topological(graph, &producer);
        let weights = graph.initializers.iter().rev().map(|weight| (weight.name.as_str(), weight)).collect();
        let mut constant: HashSet<&str> = graph.initializers.iter().map(|i| i.name.as_str()).collect();
        let mut live: HashSet<&str> = graph.inputs.iter().map(|i| i.name.as_str()).collect();
        for &index in &order {
            let node = &graph.nodes[index];
            let random = node.op.starts_with("Random") || node.is("Bernoulli") || node.is("Multinomial");
            let outputs = node.outputs.iter().map(String::as_str);
            if !random && reads(node).all(|name| constant.contains(name)) {
                constant.extend(outputs);
            } else if !only_shape(node) && reads(node).any(|name| live.contains(name)) {
                live.extend(outputs);
            }
        }
        let become_integers = become_integers(graph, &producer);
        Self { graph, order, producer, constant, live, become_integers, weights }
    }

    /// The node that makes a tensor.
    pub fn maker(&self, tensor: &str) -> Option<&'g Node> {
        self.producer.get(tensor).map(|&index| &self.graph.nodes[index])
    }

    /// Sets of roots worth trying, best first.
    pub fn roots(&self) -> Vec<Roots<'g>> {
        let graph = self.graph;
        let mut sets = Vec::new();
        let embeddings: Vec<usize> =
            self.order.iter().copied().filter(|&n| self.is_embedding(&graph.nodes[n])).collect();
        if !embeddings.is_empty() {
            // A table of rotary angles or relative positions is looked up too, but reaches into every layer; the words'
            // table is the tallest.
            let tallest = embeddings.iter().copied().max_by_key(|&n| self.rows(&graph.nodes[n]));
            sets.push(Roots { nodes: embeddings, tensors: Vec::new() });
            sets.push(Roots { nodes: tallest.into_iter().collect(), tensors: Vec::new() });
        }
        let floats = graph.inputs.iter().filter(|i| i.element.is_float()).map(|i| i.name.as_str()).collect::<Vec<_>>();
        let all: Vec<&str> = graph.inputs.iter().map(|i| i.name.as_str()).collect();
        for tensors in [floats.clone(), floats.into_iter().take(1).collect(), all] {
            if !tensors.is_empty() {
                sets.push(Roots { nodes: Vec::new(), tensors });
            }
        }
        sets
    }

    /// Every root by itself, for networks of several towers.
    pub fn single_roots(&self) -> Vec<Roots<'g>> {
        let graph = self.graph;
        let embeddings = self.order.iter().copied().filter(|&n| self.is_embedding(&graph.nodes[n]));
        let floats = graph.inputs.iter().filter(|i| i.element.is_float()).map(|i| i.name.as_str());
        let nodes = embeddings.map(|node| Roots { nodes: vec![node], tensors: Vec::new() });
        nodes.chain(floats.map(|name| Roots { nodes: Vec::new(), tensors: vec![name] })).collect()
    }

    /// What a person calls these roots: the first input of the graph that they read.
    pub fn name_of(&self, roots: &Roots<'g>) -> &'g str {
        let input = |name: &str| self.graph.inputs.iter().find(|input| input.name == name).map(|i| i.name.as_str());
        if let Some(&tensor) = roots.tensors.first() {
            return tensor;
        }
        let mut open: Vec<&str> = roots.nodes.iter().flat_map(|&node| reads(&self.graph.nodes[node])).collect();
        let mut seen = HashSet::new();
        while let Some(name) = open.pop().filter(|_| seen.len() < 64) {
            if let Some(found) = input(name) {
                return found;
            }
            if seen.insert(name) {
                open.extend(self.maker(name).into_iter().flat_map(reads));
            }
        }
        "tower"
    }

    fn is_embedding(&self, node: &Node) -> bool {
        if node.op == "EmbedLayerNormalization" {
            return true;
        }
        let gathers = node.is("Gather") || node.op == "GatherBlockQuantized";
        gathers
            && node.inputs.len() >= 2
            && node.int("axis").unwrap_or(0) == 0
            && self.constant.contains(node.inputs[0].as_str())
            && self.live.contains(node.inputs[1].as_str())
            && self.table(&node.inputs[0]).is_none_or(|dims| dims.len() == 2)
    }

    /// Extents of a look-up table, where it is stored rather than computed.
    fn table(&self, name: &str) -> Option<&'g [i64]> {
        self.constant_of(name).map(|tensor| tensor.dims.as_slice())
    }

    /// A tensor that is stored in the file, as an initializer or in a `Constant`.
    pub fn constant_of(&self, name: &str) -> Option<&'g Initializer> {
        self.weights.get(name).copied().or_else(|| match self.maker(name)?.attribute("value") {
            Some(Attribute::Tensor(tensor)) => Some(tensor),
            _ => None,
        })
    }

    fn rows(&self, node: &Node) -> i64 {
        // A table that is computed (dequantised, unfolded) is a large one.
        node.inputs.first().and_then(|name| self.table(name)).map_or(i64::MAX, |d| d.first().copied().unwrap_or(0))
    }
}

fn become_integers<'g>(graph: &'g Graph, producer: &HashMap<&'g str, usize>) -> HashSet<&'g str> {
    let mut found = HashSet::new();
    for node in graph.nodes.iter().filter(|node| node.is("QuantizeLinear")) {
        let Some(floats) = node.inputs.first() else { continue };
        found.insert(floats.as_str());
        let maker = producer.get(floats.as_str()).map(|&index| &graph.nodes[index]);
        let activation = maker.filter(|node| ops::INTO_RANGE.iter().any(|op| node.is(op)));
        found.extend(activation.and_then(|node| node.inputs.first()).map(String::as_str));
    }
    found
}

/// Kahn's order, the file's own wherever that is valid. Nodes on a cycle are left out.
fn topological<'g>(graph: &'g Graph, producer: &HashMap<&'g str, usize>) -> Vec<usize> {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    let mut waiting = vec![0usize; graph.nodes.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        for name in reads(node) {
            if let Some(&maker) = producer.get(name) {
                waiting[index] += 1;
                followers[maker].push(index);
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, w)| **w == 0).map(|(n, _)| Reverse(n)).collect();
    let mut order = Vec::with_capacity(graph.nodes.len());
    while let Some(Reverse(index)) = ready.pop() {
        order.push(index);
        for &next in &followers[index] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.push(Reverse(next));
            }
        }
    }
    order
}
