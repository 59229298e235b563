//! Element types and shapes of tensors, as far as they follow from what the file declares.

use std::collections::HashMap;

use crate::model::{Dim, ElementType, Graph};

/// What is known of a tensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    pub element: Option<ElementType>,
    pub shape: Option<Vec<Dim>>,
}

/// Everything known of every tensor of a graph, by name.
pub struct Shapes<'g> {
    known: HashMap<&'g str, Known>,
}

impl<'g> Shapes<'g> {
    pub fn infer(graph: &'g Graph, _order: &[usize]) -> Self {
        let mut known = HashMap::new();
        for info in graph.inputs.iter().chain(&graph.value_info).chain(&graph.outputs) {
            let element = Some(info.element).filter(|&e| e != ElementType::Other(0));
            known.insert(info.name.as_str(), Known { element, shape: info.shape.clone() });
        }
        Self { known }
    }

    pub fn shape(&self, tensor: &str) -> Option<&Vec<Dim>> {
        self.known.get(tensor)?.shape.as_ref()
    }

    pub fn element(&self, tensor: &str) -> Option<ElementType> {
        self.known.get(tensor)?.element
    }
}
