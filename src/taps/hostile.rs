//! Graphs that no exporter writes: small files that would keep a careless reader busy, or filling memory, forever.

use std::time::{Duration, Instant};

use crate::model::testing::{Parts, node, value, weight};

use super::*;

/// Looks at the graph in both ways, which has to be a matter of seconds.
fn looked_at(parts: &Parts) -> (Option<Taps>, Vec<Tap>) {
    let started = Instant::now();
    let graph = parts.read(17);
    let seen = (choose(&graph, &Request::default()).ok(), candidates(&graph));
    assert!(started.elapsed() < Duration::from_secs(30), "took {:?}", started.elapsed());
    seen
}

#[test]
fn axes_that_double_with_every_node_are_not_followed() {
    // A table looked up with itself: 2 axes, 3, 5, 9, 17, ..., 2^60.
    let name = |i: usize| format!("t{i}");
    let parts = Parts {
        nodes: (0..60).map(|i| node("Gather", "", &[&name(i), &name(i)], &[&name(i + 1)])).collect(),
        inputs: vec![value("t0", 1, &[-1, 4])],
        outputs: vec![value("t60", 1, &[])],
        ..Parts::default()
    };
    let (_, all) = looked_at(&parts);
    let axes: Vec<_> = all.iter().take(4).map(|tap| tap.shape.as_ref().map(Vec::len)).collect();
    assert_eq!(axes, [Some(3), Some(5), Some(9), None]);
}

#[test]
fn ways_that_double_with_every_node_are_followed_once() {
    // From the sum of a block to its input lead 3^60 ways.
    let name = |i: usize| format!("d{i}");
    let mut nodes = vec![
        node("Conv", "stem", &["x", "w"], &["stem"]),
        node("Conv", "left", &["stem", "w"], &["d0"]),
        node("Conv", "right", &["stem", "w"], &["right"]),
    ];
    nodes.extend((0..60).map(|i| node("Dropout", "", &[&name(i), &name(i), &name(i)], &[&name(i + 1)])));
    nodes.push(node("Add", "sum", &["d60", "right"], &["sum"]));
    nodes.push(node("Relu", "relu", &["sum"], &["y"]));
    let parts = Parts {
        nodes,
        initializers: vec![weight("w", &[3, 3, 1, 1])],
        inputs: vec![value("x", 1, &[-1, 3, 8, 8])],
        outputs: vec![value("y", 1, &[-1, 3, 8, 8])],
    };
    let (chosen, _) = looked_at(&parts);
    assert_eq!(chosen.map(|taps| taps.family), Some(Family::ConvNet));
}

#[test]
fn a_graph_whose_every_tensor_is_an_output_has_its_last_for_output() {
    const NODES: usize = 30_000;
    let name = |i: usize| format!("t{i}");
    let mut nodes: Vec<_> = (0..NODES).map(|i| node("Relu", "", &[&name(i)], &[&name(i + 1)])).collect();
    // Two layers at the very end, which are found only from the last output.
    nodes.push(node("Gemm", "", &[&name(NODES), "w"], &["a"]));
    nodes.push(node("Gemm", "", &["a", "w"], &["b"]));
    let outputs = (1..=NODES).map(name).chain(["a".to_owned(), "b".to_owned()]);
    let parts = Parts {
        nodes,
        initializers: vec![weight("w", &[4, 4])],
        inputs: vec![value("t0", 1, &[-1, 4])],
        outputs: outputs.map(|name| value(&name, 1, &[-1, 4])).collect(),
    };
    let (chosen, all) = looked_at(&parts);
    assert_eq!(chosen.map(|taps| taps.tensors().iter().map(|t| t.to_string()).collect()), Some(vec!["a".to_owned()]));
    assert_eq!(all.len(), NODES + 2);
}
