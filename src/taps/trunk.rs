//! Where a network branches for good (a pyramid of features, a decoder with long skip connections), so that few cuts lie
//! on all paths to the output: the ends that its trunk may have.

use std::collections::HashMap;

use super::flow::Flow;
use super::ops;
use super::structure::reads;

/// A trunk ends in one of so many tensors at most.
const MOST_ENDS: usize = 8;

/// For each node the last one that all ways to it cross. Place 0 stands for the roots, and p + 1 for step p.
struct Tree {
    parent: Vec<usize>,
    /// Weighted ops, and blocks of branches with such, one behind the other that all ways to a node cross.
    weighted: Vec<usize>,
}

impl<'g> Flow<'_, 'g> {
    /// Tensors inside the network with many weighted ops on all ways to them, the most promising first. Empty where the
    /// output itself has the most.
    pub fn trunk_ends(&self) -> Vec<&'g str> {
        let Some(tree) = self.tree() else { return Vec::new() };
        let below = tree.deepest_below();
        let end = below[0];
        if end == 0 || tree.weighted.last() == Some(&tree.weighted[end]) {
            return Vec::new();
        }
        // The deepest node may lie in a branch of the last block: then the trunk continues behind the block, with what else
        // hangs on the nodes above.
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.parent.len()];
        (1..tree.parent.len()).for_each(|node| children[tree.parent[node]].push(node));
        // On to where the way forks again: an activation belongs to its block.
        let followed = |mut node: usize| {
            while let [only] = children[node][..] {
                node = only;
            }
            node
        };
        let mut ends = vec![end];
        let mut at = end;
        while at != 0 && ends.len() < MOST_ENDS {
            let above = tree.parent[at];
            let others: Vec<usize> = children[above].iter().copied().filter(|&node| node != at).collect();
            // Where the branches of a block meet is the last of them, whatever lies deeper inside.
            ends.extend(others.last().map(|&node| followed(below[node])));
            ends.extend(others.iter().map(|&node| below[node]).max_by_key(|&node| tree.weighted[node]));
            at = above;
        }
        let made = |place: usize| {
            let outputs = &self.graph.nodes[self.steps[place - 1]].outputs;
            outputs.iter().map(String::as_str).find(|name| self.on_path.contains(name) && *name != self.output)
        };
        ends.into_iter().filter_map(made).collect()
    }

    fn tree(&self) -> Option<Tree> {
        /// More than any real network needs; counting on is for hostile ones.
        const MOST_CLIMBS: usize = 1 << 22;
        let (mut parent, mut depth, mut weighted) = (vec![0usize], vec![0usize], vec![0usize]);
        let mut made_at: HashMap<&str, usize> = HashMap::new();
        let mut climbs = 0;
        for (at, &step) in self.steps.iter().enumerate() {
            let node = &self.graph.nodes[step];
            let mut common: Option<usize> = None;
            let mut most = 0;
            for name in reads(node).filter(|name| self.on_path.contains(name)) {
                let mut other = made_at.get(name).copied().unwrap_or(0);
                most = most.max(weighted[other]);
                let mut own = common.unwrap_or(other);
                while own != other {
                    climbs += 1;
                    if climbs > MOST_CLIMBS {
                        return None;
                    }
                    if depth[own] >= depth[other] { own = parent[own] } else { other = parent[other] }
                }
                common = Some(own);
            }
            let above = common.unwrap_or(0);
            parent.push(above);
            depth.push(depth[above] + 1);
            // Where branches with weights meet, they count as one.
            weighted.push(weighted[above] + usize::from(ops::is_weighted(node) || most > weighted[above]));
            made_at.extend(node.outputs.iter().map(|output| (output.as_str(), at + 1)));
        }
        Some(Tree { parent, weighted })
    }
}

impl Tree {
    /// For every node the one with the most weighted ops among itself and all behind it, the first of equals.
    fn deepest_below(&self) -> Vec<usize> {
        let mut below: Vec<usize> = (0..self.parent.len()).collect();
        for node in (1..self.parent.len()).rev() {
            let above = self.parent[node];
            let (own, other) = (below[above], below[node]);
            if (self.weighted[other], own) >= (self.weighted[own], other) {
                below[above] = other;
            }
        }
        below
    }
}
