//! A stretch of finished batches as bytes: the length of a JSON head (u64), the head, 32 bytes of digest an input, and
//! the numbers, neuron-major like the table; everything little-endian. Whoever keeps it adds key and checksum.

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::inputs::Skipped;

/// What is known of a stretch of batches beside the numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// The first batch, and the one after the last.
    pub batches: (u64, u64),
    /// Neurons of each layer.
    pub widths: Vec<usize>,
    /// The inputs, as positions in the draw, in the order of the numbers.
    pub rows: Vec<usize>,
    /// BLAKE3 of each.
    #[serde(skip)]
    pub digests: Vec<[u8; 32]>,
    pub skipped: Vec<Skipped>,
    pub truncated: usize,
}

impl Shard {
    /// The shard with its columns of the table.
    pub fn encode(&self, table: Option<&Table>) -> serde_json::Result<Vec<u8>> {
        let head = serde_json::to_vec(self)?;
        let neurons: usize = self.widths.iter().sum();
        let mut bytes = Vec::with_capacity(8 + head.len() + (32 + 4 * neurons) * self.rows.len());
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        bytes.extend(self.digests.as_flattened());
        if let Some(table) = table {
            for neuron in table.rows().outer_iter() {
                bytes.extend(self.rows.iter().flat_map(|&column| neuron[column].to_le_bytes()));
            }
        }
        Ok(bytes)
    }

    /// The shard and its numbers as bytes, or `None` if the lengths do not agree.
    pub fn decode(bytes: &[u8]) -> Option<(Shard, &[u8])> {
        let (len, rest) = bytes.split_first_chunk::<8>()?;
        let (head, numbers) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
        let mut shard: Shard = serde_json::from_slice(head).ok()?;
        let (digests, numbers) = numbers.split_at_checked(shard.rows.len().checked_mul(32)?)?;
        shard.digests = digests.as_chunks::<32>().0.to_vec();
        let neurons = shard.widths.iter().try_fold(0usize, |sum, &width| sum.checked_add(width))?;
        let expected = neurons.checked_mul(shard.rows.len())?.checked_mul(4)?;
        (numbers.len() == expected).then_some((shard, numbers))
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
        let mut table = Table::new(2, 4, &()).unwrap();
        table.put(0, &array![[1.0, f32::NAN], [3.0, -0.0]], &[3, 1]);
        let shard = Shard {
            batches: (5, 7),
            widths: vec![1, 1],
            rows: vec![3, 1],
            digests: vec![[7; 32], [8; 32]],
            skipped: vec![Skipped { source: "a".into(), line: Some(3), reason: "b".into() }],
            truncated: 1,
        };
        let bytes = shard.encode(Some(&table)).unwrap();
        let (decoded, numbers) = Shard::decode(&bytes).unwrap();
        assert_eq!(decoded, shard);
        let mut restored = Table::new(2, 4, &()).unwrap();
        decoded.restore(numbers, &mut restored);
        let bits = |table: &Table| table.rows().mapv(f32::to_bits);
        assert_eq!(bits(&restored), bits(&table));
    }

    #[test]
    fn lengths_that_do_not_agree_are_refused() {
        let shard = Shard { widths: vec![2], rows: vec![0], digests: vec![[7; 32]], ..Shard::default() };
        let bytes = shard.encode(Some(&Table::new(2, 1, &()).unwrap())).unwrap();
        assert!(Shard::decode(&bytes).is_some());
        for cut in 0..bytes.len() {
            assert!(Shard::decode(&bytes[..cut]).is_none(), "{cut}");
        }
        assert!(Shard::decode(&[&bytes[..], b"more"].concat()).is_none());
        assert!(Shard::decode(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat()).is_none());
    }
}
