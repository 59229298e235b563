//! Shapes of matrix products.

use crate::model::{Dim, Node};

use super::extents::broadcast;

type Shape = Vec<Dim>;

pub fn matmul(left: &[Dim], right: &[Dim]) -> Option<Shape> {
    match (left, right) {
        ([_], [_]) => Some(Shape::new()),
        ([_], [batch @ .., _, columns]) => Some([batch, std::slice::from_ref(columns)].concat()),
        ([rest @ .., _], [_]) => Some(rest.to_vec()),
        ([batch @ .., rows, _], [other @ .., _, columns]) => {
            let mut shape = broadcast(batch, other);
            shape.extend([rows.clone(), columns.clone()]);
            Some(shape)
        }
        _ => None,
    }
}

pub fn fused_matmul(node: &Node, left: &[Dim], right: &[Dim]) -> Option<Shape> {
    let flipped = |shape: &[Dim], name: &str| {
        let mut shape = shape.to_vec();
        if let (Some(1), [.., a, b]) = (node.int(name), &mut shape[..]) {
            std::mem::swap(a, b);
        }
        shape
    };
    matmul(&flipped(left, "transA"), &flipped(right, "transB"))
}

pub fn gemm(node: &Node, left: &[Dim], right: &[Dim]) -> Option<Shape> {
    let ([a, b], [c, d]) = (left, right) else { return None };
    let rows = if node.int("transA") == Some(1) { b } else { a };
    let columns = if node.int("transB") == Some(1) { c } else { d };
    Some(vec![rows.clone(), columns.clone()])
}
