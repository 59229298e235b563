//! What in a graph can make the values of an input depend on the other inputs of its batch, or on chance.
//!
//! In: a graph. Out: the op, for messages. Running the model decides whether it does; this only says why.

use super::{Attribute, Graph, Node};

impl Graph {
    /// An op that takes something from the whole batch, with what it takes.
    pub fn batch_dependent_op(&self) -> Option<String> {
        let reason = |node: &Node| match node.op.as_str() {
            "DynamicQuantizeLinear" | "DynamicQuantizeMatMul" | "DynamicQuantizeLSTM" | "MatMulIntegerToFloat" => {
                Some(format!("{} scales by the largest value of the whole batch", node.op))
            }
            "BatchNormalization" if trains(node) => {
                Some("BatchNormalization is in training mode and takes its mean and variance from the batch".to_owned())
            }
            _ => None,
        };
        self.nodes.iter().find_map(reason)
    }

    /// An op that draws random numbers.
    pub fn random_op(&self) -> Option<String> {
        const RANDOM: [&str; 6] =
            ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"];
        let draws =
            |node: &&Node| RANDOM.contains(&node.op.as_str()) || (node.op == "Dropout" && node.inputs.len() > 2);
        self.nodes.iter().find(draws).map(|node| format!("{} ({})", node.op, node.name))
    }
}

fn trains(node: &Node) -> bool {
    matches!(node.attribute("training_mode"), Some(Attribute::Int(mode)) if *mode != 0)
        // Before opset 7 an attribute told the test mode, and without it the op trains.
        || matches!(node.attribute("is_test"), Some(Attribute::Int(0)))
}
