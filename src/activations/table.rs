//! The numbers of a run, neuron-major, in whatever room the caller gives: memory, or a mapped file.

use std::io;

use ndarray::{Array2, ArrayView2};

use crate::base::job::{Buffer, Job};

/// [neurons, columns] of float32; a column is an input.
pub struct Table {
    buffer: Box<dyn Buffer>,
    neurons: usize,
    columns: usize,
}

impl Table {
    /// A table of zeroes.
    pub fn new(neurons: usize, columns: usize, job: &dyn Job) -> io::Result<Table> {
        let len = neurons.checked_mul(columns).ok_or(io::ErrorKind::OutOfMemory)?;
        // The caller's buffers hold f64: two of our numbers in each.
        Ok(Table { buffer: job.buffer(len.div_ceil(2))?, neurons, columns })
    }

    /// [neurons, columns], each row contiguous.
    #[expect(clippy::expect_used, reason = "cannot fail: the slice has as many numbers as the shape")]
    pub fn rows(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape((self.neurons, self.columns), &self.values()[..self.neurons * self.columns])
            .expect("as many numbers as the shape")
    }

    fn values(&self) -> &[f32] {
        bytemuck::cast_slice(self.buffer.values())
    }

    fn values_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(self.buffer.values_mut())
    }

    /// Puts the first rows of `batch` [at least columns.len(), n] into the given columns of the neurons from `first` on.
    pub fn put(&mut self, first: usize, batch: &Array2<f32>, columns: &[usize]) {
        let stride = self.columns;
        let values = self.values_mut();
        for (neuron, outputs) in batch.columns().into_iter().enumerate() {
            let row = &mut values[(first + neuron) * stride..][..stride];
            for (&column, &output) in columns.iter().zip(outputs) {
                row[column] = output;
            }
        }
    }

    /// Puts one neuron's numbers into the given columns.
    pub fn put_row(&mut self, neuron: usize, columns: &[usize], numbers: impl Iterator<Item = f32>) {
        let stride = self.columns;
        let row = &mut self.values_mut()[neuron * stride..][..stride];
        for (&column, number) in columns.iter().zip(numbers) {
            row[column] = number;
        }
    }

    /// Leaves only the first neurons.
    pub fn keep_first(&mut self, neurons: usize) {
        self.neurons = neurons.min(self.neurons);
    }

    /// Leaves only these columns, which ascend, in this order and in place.
    pub fn keep_columns(&mut self, kept: &[usize]) {
        let (neurons, stride) = (self.neurons, self.columns);
        if kept.len() < stride {
            let values = self.values_mut();
            // What is written lies never behind what is yet to be read, since columns ascend and rows get shorter.
            for neuron in 0..neurons {
                for (to, &from) in kept.iter().enumerate() {
                    values[neuron * kept.len() + to] = values[neuron * stride + from];
                }
            }
            self.columns = kept.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn batches_land_in_their_columns_and_skipped_ones_close_up() {
        let mut table = Table::new(3, 5, &()).unwrap();
        table.put(0, &array![[1.0, 2.0], [10.0, 20.0], [-1.0, -1.0]], &[4, 0]);
        table.put(2, &array![[3.0], [30.0]], &[4, 0]);
        table.put_row(1, &[2], [7.0].into_iter());
        assert_eq!(table.rows(), array![[10., 0., 0., 0., 1.], [20., 0., 7., 0., 2.], [30., 0., 0., 0., 3.]]);
        table.keep_columns(&[0, 2, 4]);
        assert_eq!(table.rows(), array![[10., 0., 1.], [20., 7., 2.], [30., 0., 3.]]);
    }

    #[test]
    fn the_last_neurons_can_be_let_go() {
        let mut table = Table::new(2, 2, &()).unwrap();
        table.put(0, &array![[1.0, 2.0], [3.0, 4.0]], &[0, 1]);
        table.keep_first(1);
        assert_eq!(table.rows(), array![[1.0, 3.0]]);
    }

    #[test]
    fn a_table_may_be_empty() {
        assert_eq!(Table::new(0, 0, &()).unwrap().rows().dim(), (0, 0));
        assert!(Table::new(usize::MAX, 2, &()).is_err());
    }
}
