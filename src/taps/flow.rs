//! The paths along which activations flow from a model's roots to its output, and the tensors that all of them cross.
//!
//! Weights that a graph builds from constants, attention masks, and everything computed from shapes alone are no part
//! of these paths; what stays is the network as one would draw it. A *cut* is a tensor that every path runs through:
//! between two neighbouring cuts lies a block (an attention with its skip connection, a residual unit, one plain op).

use std::collections::{HashMap, HashSet};

use crate::model::{Graph, Node};

use super::structure::{Roots, Structure, only_shape, reads};

/// A tensor that every path crosses.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'g> {
    /// Position in [`Flow::steps`].
    pub step: usize,
    pub node: usize,
    pub tensor: &'g str,
}

/// The paths from one set of roots to one output.
pub struct Flow<'s, 'g> {
    pub structure: &'s Structure<'g>,
    pub graph: &'g Graph,
    /// Nodes on the paths, in topological order.
    pub steps: Vec<usize>,
    /// Tensors on the paths, the output among them.
    pub on_path: HashSet<&'g str>,
    pub cuts: Vec<Cut<'g>>,
    pub output: &'g str,
}

impl<'g> Structure<'g> {
    /// The paths from `roots` to the output that most of the network leads to.
    pub fn flow(&self, roots: &Roots<'g>) -> Option<Flow<'_, 'g>> {
        let root_nodes: HashSet<usize> = roots.nodes.iter().copied().collect();
        let reached = self.reached(roots);
        let (output, nodes) = self.deepest(&reached, &root_nodes)?;
        Some(self.paths(&root_nodes, &reached, output, &nodes))
    }

    /// The paths from `roots` to a tensor inside the network.
    pub fn flow_to(&self, roots: &Roots<'g>, tensor: &'g str) -> Flow<'_, 'g> {
        let root_nodes: HashSet<usize> = roots.nodes.iter().copied().collect();
        let reached = self.reached(roots);
        let nodes = self.behind(tensor, &reached, &root_nodes);
        self.paths(&root_nodes, &reached, tensor, &nodes)
    }

    /// The tensors that depend on the roots by more than their shapes.
    fn reached(&self, roots: &Roots<'g>) -> HashSet<&'g str> {
        let root_nodes: HashSet<usize> = roots.nodes.iter().copied().collect();
        let mut reached: HashSet<&str> = roots.tensors.iter().copied().collect();
        for &index in &self.order {
            let node = &self.graph.nodes[index];
            if root_nodes.contains(&index) {
                // A fused embedding also gives out the mask, which is no activation.
                reached.extend(node.outputs.first().map(String::as_str));
            } else if !only_shape(node) && reads(node).any(|name| reached.contains(name)) {
                reached.extend(node.outputs.iter().map(String::as_str).filter(|o| !o.is_empty()));
            }
        }
        reached
    }

    fn paths(
        &self,
        roots: &HashSet<usize>,
        reached: &HashSet<&'g str>,
        output: &'g str,
        nodes: &HashSet<usize>,
    ) -> Flow<'_, 'g> {
        let graph = self.graph;
        let steps: Vec<usize> = self.order.iter().copied().filter(|n| nodes.contains(n)).collect();
        let mut on_path: HashSet<&str> = HashSet::from([output]);
        for &step in steps.iter().filter(|s| !roots.contains(s)) {
            on_path.extend(reads(&graph.nodes[step]).filter(|name| reached.contains(name)));
        }
        let mut flow = Flow { structure: self, graph, steps, on_path, cuts: Vec::new(), output };
        flow.cuts = flow.find_cuts(roots);
        flow
    }

    /// The output with the most nodes behind it, the first of equals, and these nodes.
    fn deepest(&self, reached: &HashSet<&str>, roots: &HashSet<usize>) -> Option<(&'g str, HashSet<usize>)> {
        /// More than the outputs of any real model have behind them, all together; counting on is for hostile ones.
        const MOST_VISITS: usize = 1 << 24;
        let position: HashMap<usize, usize> = self.order.iter().enumerate().map(|(at, &node)| (node, at)).collect();
        let made_at = |name: &str| self.producer.get(name).and_then(|node| position.get(node)).copied();
        let mut outputs: Vec<(usize, &'g str)> =
            self.graph.outputs.iter().map(|o| o.name.as_str()).enumerate().collect();
        // Latest first: what lies behind an output that another one depends on is part of what lies behind that other.
        outputs.sort_by_key(|(_, name)| std::cmp::Reverse(made_at(name)));
        let (mut seen, mut visits) = (HashSet::<usize>::new(), 0);
        let mut best: Option<(usize, &str, HashSet<usize>)> = None;
        for (place, name) in outputs {
            if visits > MOST_VISITS || self.producer.get(name).is_none_or(|node| seen.contains(node)) {
                continue;
            }
            let nodes = self.behind(name, reached, roots);
            visits += nodes.len();
            seen.extend(&nodes);
            let better = best
                .as_ref()
                .is_none_or(|(first, _, most)| nodes.len() > most.len() || nodes.len() == most.len() && place < *first);
            if better && !nodes.is_empty() {
                best = Some((place, name, nodes));
            }
        }
        best.map(|(_, name, nodes)| (name, nodes))
    }

    /// The reached nodes that `output` depends on.
    fn behind(&self, output: &str, reached: &HashSet<&str>, roots: &HashSet<usize>) -> HashSet<usize> {
        let mut nodes = HashSet::new();
        let mut open: Vec<usize> = Vec::new();
        if reached.contains(output) {
            open.extend(self.producer.get(output));
        }
        while let Some(index) = open.pop() {
            if nodes.insert(index) && !roots.contains(&index) {
                let inputs = reads(&self.graph.nodes[index]).filter(|name| reached.contains(name));
                open.extend(inputs.filter_map(|name| self.producer.get(name)));
            }
        }
        nodes
    }
}

impl<'g> Flow<'_, 'g> {
    /// In topological order a node is on every path exactly if no edge jumps over it.
    fn find_cuts(&self, roots: &HashSet<usize>) -> Vec<Cut<'g>> {
        let graph = self.graph;
        let position: HashMap<usize, usize> = self.steps.iter().enumerate().map(|(p, &n)| (n, p)).collect();
        let mut made_at: HashMap<&str, usize> = HashMap::new();
        let mut used: HashSet<&str> = HashSet::from([self.output]);
        // change[p]: edges that start to jump at p, less those that cease to.
        let mut change = vec![0i64; self.steps.len() + 1];
        for (at, &step) in self.steps.iter().enumerate() {
            let node = &graph.nodes[step];
            // Where the earliest edge into this node comes from; graph inputs and look-ups start before the first step.
            let mut from = if roots.contains(&step) { Some(0) } else { None };
            if !roots.contains(&step) {
                for name in reads(node).filter(|name| self.on_path.contains(name)) {
                    used.insert(name);
                    let after = made_at.get(name).map_or(0, |p| p + 1);
                    from = Some(from.map_or(after, |f: usize| f.min(after)));
                }
            }
            if let Some(from) = from.filter(|&f| f < at) {
                change[from] += 1;
                change[at] -= 1;
            }
            for output in node.outputs.iter().filter(|o| !o.is_empty()) {
                made_at.insert(output, position[&step]);
            }
        }
        let mut jumping = 0;
        let mut cuts = Vec::new();
        for (at, &step) in self.steps.iter().enumerate() {
            jumping += change[at];
            if jumping == 0 {
                let outputs = &graph.nodes[step].outputs;
                if let Some(tensor) = carried(&graph.nodes[step], outputs, &used) {
                    cuts.push(Cut { step: at, node: step, tensor });
                }
            }
        }
        cuts
    }

    /// The nodes between cut `from` (or the roots) and cut `to`, the one that makes `to` included.
    pub fn between(&self, from: Option<usize>, to: usize) -> impl Iterator<Item = &'g Node> {
        let start = from.map_or(0, |cut| self.cuts[cut].step + 1);
        let graph = self.graph;
        self.steps.get(start..=self.cuts[to].step).unwrap_or_default().iter().map(move |&n| &graph.nodes[n])
    }

    /// The cut right behind another one, with no more than one op between.
    pub fn next(&self, cut: usize) -> Option<usize> {
        let next = self.cuts.get(cut + 1)?;
        (next.step == self.cuts[cut].step + 1).then_some(cut + 1)
    }

    /// The cut right behind another one, if this op makes it.
    pub fn next_made_by(&self, cut: usize, op: &str) -> Option<usize> {
        self.next(cut).filter(|&next| self.maker(next).op == op)
    }

    /// The nodes behind a cut.
    pub fn steps_behind(&self, cut: usize) -> impl Iterator<Item = &'g Node> {
        let graph = self.graph;
        self.steps[self.cuts[cut].step + 1..].iter().map(move |&n| &graph.nodes[n])
    }

    /// How many of a node's inputs are activations.
    pub fn moving(&self, node: &Node) -> usize {
        node.inputs.iter().filter(|i| self.on_path.contains(i.as_str())).count()
    }

    /// The nodes that use a cut's tensor.
    pub fn users(&self, cut: usize) -> impl Iterator<Item = &'g Node> {
        let tensor = self.cuts[cut].tensor;
        self.steps_behind(cut).filter(move |node| reads(node).any(|name| name == tensor))
    }

    /// The node that makes a cut's tensor.
    pub fn maker(&self, cut: usize) -> &'g Node {
        &self.graph.nodes[self.cuts[cut].node]
    }
}

/// The one output of a cut node that carries everything on, if there is one.
fn carried<'g>(node: &Node, outputs: &'g [String], used: &HashSet<&str>) -> Option<&'g str> {
    let mut onward = outputs.iter().map(String::as_str).filter(|o| used.contains(o));
    let (first, second) = (onward.next()?, onward.next());
    if second.is_none() {
        return Some(first);
    }
    // A fused skip connection hands on the sum and, beside it, the sum normalised for the next block: the sum is the
    // hidden state.
    let fused = matches!(node.op.as_str(), "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization");
    outputs.get(3).map(String::as_str).filter(|o| fused && used.contains(o))
}
