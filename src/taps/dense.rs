//! What a dense layer adds to the product with its weights.

use crate::model::{Attribute, Node};

use super::structure::Structure;

/// The bias of a dense layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bias<'g> {
    None,
    /// A stored tensor, times a factor (the `beta` of a `Gemm`).
    Tensor {
        name: &'g str,
        factor: f32,
    },
}

/// The bias of the dense layer that `node` makes: a `Gemm`, a product with stored weights, or such a product and a
/// stored bias. The error says what the node is instead.
pub fn bias<'g>(structure: &Structure<'g>, node: &'g Node) -> Result<Bias<'g>, String> {
    let other = || format!("{node} makes it, which is no dense layer");
    let stored = |at: usize| {
        let name = node.inputs.get(at).map(String::as_str).filter(|name| !name.is_empty());
        name.filter(|name| structure.constant.contains(name))
    };
    if node.is("Gemm") && stored(1).is_some() && node.int("transA").unwrap_or(0) == 0 {
        let factor = match node.attribute("beta") {
            Some(Attribute::Float(beta)) => *beta,
            _ => 1.0,
        };
        return match node.inputs.get(2).filter(|name| !name.is_empty()) {
            None => Ok(Bias::None),
            Some(_) => stored(2).map(|name| Bias::Tensor { name, factor }).ok_or_else(other),
        };
    }
    let product = |node: &Node| {
        node.is("MatMul") && node.inputs.get(1).is_some_and(|weights| structure.constant.contains(weights.as_str()))
    };
    if product(node) {
        return Ok(Bias::None);
    }
    if !node.is("Add") {
        return Err(other());
    }
    let made_by = |at: usize| structure.maker(node.inputs.get(at)?);
    let bias = [0, 1].into_iter().find_map(|at| stored(at).filter(|_| made_by(1 - at).is_some_and(product)));
    bias.map(|name| Bias::Tensor { name, factor: 1.0 }).ok_or_else(other)
}
