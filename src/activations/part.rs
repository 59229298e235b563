//! A part of a capture as bytes: the length of a JSON head (u64), the head, 32 + 16 bytes of digests an input, and the
//! numbers, neuron-major like the table; everything little-endian. Whoever keeps it adds key and checksum.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::inputs::Skipped;

/// What is known of a part beside the numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Whether its block has no further part.
    pub ends_block: bool,
    /// Neurons of each layer; empty where no input could be run.
    pub widths: Vec<usize>,
    /// The inputs, as positions in the draw, in the order of the numbers.
    pub rows: Vec<usize>,
    /// BLAKE3 of each.
    #[serde(skip)]
    pub digests: Vec<[u8; 32]>,
    /// A hash of what the model got of each.
    #[serde(skip)]
    pub alike: Vec<[u8; 16]>,
    pub skipped: Vec<Skipped>,
    /// Of the inputs, those that were cut to the maximum length.
    pub truncated: Vec<usize>,
}

impl Part {
    /// The part with its numbers: the outputs of its batches, one array [inputs of the batch, neurons] per layer.
    pub fn encode(&self, outputs: &[Vec<Array2<f32>>]) -> serde_json::Result<Vec<u8>> {
        let head = serde_json::to_vec(self)?;
        let neurons: usize = self.widths.iter().sum();
        let mut bytes = Vec::with_capacity(8 + head.len() + (32 + 16 + 4 * neurons) * self.rows.len());
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        bytes.extend(self.digests.as_flattened());
        bytes.extend(self.alike.as_flattened());
        for (layer, &width) in self.widths.iter().enumerate() {
            for neuron in 0..width {
                for of_batch in outputs {
                    bytes.extend(of_batch[layer].column(neuron).iter().flat_map(|value| value.to_le_bytes()));
                }
            }
        }
        Ok(bytes)
    }

    /// The part and its numbers as bytes, or `None` if the lengths do not agree.
    pub fn decode(bytes: &[u8]) -> Option<(Part, &[u8])> {
        let (len, rest) = bytes.split_first_chunk::<8>()?;
        let (head, numbers) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
        let mut part: Part = serde_json::from_slice(head).ok()?;
        let (digests, numbers) = numbers.split_at_checked(part.rows.len().checked_mul(32)?)?;
        let (alike, numbers) = numbers.split_at_checked(part.rows.len().checked_mul(16)?)?;
        part.digests = digests.as_chunks::<32>().0.to_vec();
        part.alike = alike.as_chunks::<16>().0.to_vec();
        let neurons = part.widths.iter().try_fold(0usize, |sum, &width| sum.checked_add(width))?;
        let expected = neurons.checked_mul(part.rows.len())?.checked_mul(4)?;
        (numbers.len() == expected).then_some((part, numbers))
    }

    /// Puts the decoded numbers into the table.
    pub fn restore(&self, numbers: &[u8], table: &mut Table) {
        let (numbers, _) = numbers.as_chunks::<4>();
        if self.rows.is_empty() {
            return;
        }
        for (neuron, numbers) in numbers.chunks_exact(self.rows.len()).enumerate() {
            table.put_row(neuron, &self.rows, numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn what_is_encoded_is_restored() {
        let outputs =
            [vec![array![[1.0], [3.0]], array![[f32::NAN, 8.0], [-0.0, 9.0]]], vec![array![[5.0]], array![[6.0, 7.0]]]];
        let part = Part {
            ends_block: true,
            widths: vec![1, 2],
            rows: vec![3, 1, 0],
            digests: vec![[7; 32], [8; 32], [9; 32]],
            alike: vec![[1; 16], [2; 16], [3; 16]],
            skipped: vec![Skipped { source: "a".into(), line: Some(3), reason: "b".into() }],
            truncated: vec![1],
        };
        let bytes = part.encode(&outputs).unwrap();
        let (decoded, numbers) = Part::decode(&bytes).unwrap();
        assert_eq!(decoded, part);
        let mut restored = Table::new(3, 4, &()).unwrap();
        decoded.restore(numbers, &mut restored);
        let expected = array![[5.0, 3.0, 0.0, 1.0], [6.0, -0.0, 0.0, f32::NAN], [7.0, 9.0, 0.0, 8.0]];
        assert_eq!(restored.rows().mapv(f32::to_bits), expected.mapv(f32::to_bits));
    }

    #[test]
    fn lengths_that_do_not_agree_are_refused() {
        let (digests, alike) = (vec![[7; 32]], vec![[7; 16]]);
        let part = Part { widths: vec![2], rows: vec![0], digests, alike, ..Part::default() };
        let bytes = part.encode(&[vec![array![[1.0, 2.0]]]]).unwrap();
        assert!(Part::decode(&bytes).is_some());
        for cut in 0..bytes.len() {
            assert!(Part::decode(&bytes[..cut]).is_none(), "{cut}");
        }
        assert!(Part::decode(&[&bytes[..], b"more"].concat()).is_none());
        assert!(Part::decode(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat()).is_none());
    }
}
