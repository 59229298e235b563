//! How often each bin occurs, and the entropy of those counts.

use super::edges::Index;

/// Counts over up to 65,535 bins, kept from neuron to neuron so that nothing is allocated in the loop.
///
/// Consecutive values often share a bin, and adding to a number that has just been written waits for it; so four tables
/// take turns and are added at the end.
#[derive(Debug)]
pub struct Counter {
    slots: usize,
    tables: Vec<u32>,
    totals: Vec<u32>,
}

const TABLES: usize = 4;
/// Bins that a byte can name; tables of this length need no check of the index.
const BYTE: usize = 256;

impl Counter {
    /// For indices below `slots`.
    pub fn new(slots: usize) -> Counter {
        Counter { slots, tables: vec![0; TABLES * BYTE], totals: vec![0; slots.max(BYTE)] }
    }

    /// How often each index occurs.
    pub fn count<I: Index>(&mut self, indices: &[I]) -> &[u32] {
        self.totals.fill(0);
        if self.slots <= BYTE {
            self.tables.fill(0);
            let (tables, _) = self.tables.as_chunks_mut::<BYTE>();
            let Ok(tables) = <&mut [[u32; BYTE]; TABLES]>::try_from(tables) else { return &self.totals[..self.slots] };
            let (blocks, rest) = indices.as_chunks::<TABLES>();
            for block in blocks {
                for (table, index) in tables.iter_mut().zip(block) {
                    table[index.get() & (BYTE - 1)] += 1;
                }
            }
            for index in rest {
                tables[0][index.get() & (BYTE - 1)] += 1;
            }
            for table in tables {
                for (total, &count) in self.totals[..self.slots].iter_mut().zip(table.iter()) {
                    *total += count;
                }
            }
        } else {
            for index in indices {
                self.totals[index.get()] += 1;
            }
        }
        &self.totals[..self.slots]
    }

    /// What the entropy of `members` of a neuron takes: by going through them where they are fewer than the bins, else
    /// through the bins.
    pub fn tally_some<I: Index>(&mut self, logs: &CountLogs, indices: &[I], members: &[u32]) -> Tally {
        self.totals.fill(0);
        let few = members.len() < self.slots;
        let mut tally = Tally { total: members.len(), sum: 0.0, occupied: 0 };
        for &member in members {
            let count = &mut self.totals[indices[member as usize].get()];
            if few {
                tally.sum += logs.of(*count + 1) - logs.of(*count);
                tally.occupied += usize::from(*count == 0);
            }
            *count += 1;
        }
        if few { tally } else { logs.tally(&self.totals[..self.slots]) }
    }
}

/// n ln n for every count that may occur, so that an entropy costs no logarithm.
#[derive(Debug)]
pub struct CountLogs {
    table: Vec<f64>,
}

/// Beyond this a table would not stay in the cache.
const LARGEST_TABLE: usize = 1 << 16;

impl CountLogs {
    /// For counts up to `samples`.
    pub fn new(samples: usize) -> CountLogs {
        CountLogs { table: (0..=samples.min(LARGEST_TABLE)).map(|n| n_ln_n(n as f64)).collect() }
    }

    fn of(&self, count: u32) -> f64 {
        match self.table.get(count as usize) {
            Some(&value) => value,
            None => n_ln_n(f64::from(count)),
        }
    }

    /// What the entropy of the distribution in `counts` takes.
    pub fn tally(&self, counts: &[u32]) -> Tally {
        let mut tally = Tally { total: 0, sum: 0.0, occupied: 0 };
        for &count in counts {
            tally.total += count as usize;
            tally.sum += self.of(count);
            tally.occupied += usize::from(count > 0);
        }
        tally
    }

    /// The same without `members`, of which `counts` and their tally `whole` have all. Costs as much as there are members,
    /// whatever the number of bins; the counts are as before afterwards.
    pub fn without<I: Index>(&self, whole: Tally, counts: &mut [u32], indices: &[I], members: &[u32]) -> Tally {
        let mut tally = whole;
        tally.total -= members.len();
        for &member in members {
            let count = &mut counts[indices[member as usize].get()];
            tally.sum += self.of(*count - 1) - self.of(*count);
            tally.occupied -= usize::from(*count == 1);
            *count -= 1;
        }
        for &member in members {
            counts[indices[member as usize].get()] += 1;
        }
        tally
    }
}

/// The counts of a distribution, as far as its entropy depends on them.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    total: usize,
    /// The sum of c ln c.
    sum: f64,
    /// Bins that occur.
    occupied: usize,
}

impl Tally {
    /// ln S - (sum of c ln c) / S, nats; NaN of nothing.
    ///
    /// With `corrected`, Miller's and Madow's (m - 1) / 2S is added, m being the bins that occur.
    pub fn entropy(self, corrected: bool) -> f64 {
        match self.occupied {
            0 => f64::NAN,
            1 => 0.0,
            occupied => {
                let total = self.total as f64;
                let correction = if corrected { (occupied - 1) as f64 / (2.0 * total) } else { 0.0 };
                total.ln() - self.sum / total + correction
            }
        }
    }
}

fn n_ln_n(n: f64) -> f64 {
    if n > 0.0 { n * n.ln() } else { 0.0 }
}
