//! `codelengths.npz`: codelengths as arrays that numpy loads by itself.

use std::io::{Seek, Write};

use zip::write::ZipWriter;

use super::Error;
use super::npz::{put, start};
use crate::labels::{Code, Codelengths, Estimate, LayerCode};

/// One of the figures of a code, by its name.
type Figure = (&'static str, fn(&Code) -> &Estimate);

const FIGURES: [Figure; 3] = [
    ("codelength", |code| &code.codelength),
    ("compression", |code| &code.compression),
    ("accuracy", |code| &code.accuracy),
];

/// Writes, for the columns of labels in their order and the layers of the run: `codelength`, `compression` and
/// `accuracy` [columns, layers] with `…_interval95` [columns, layers, 2], `control_compression` [columns, layers], and
/// of the labels alone `alone_codelength` and so on [columns]; all are float64.
///
/// # Errors
/// Writing fails.
pub fn write(columns: &[Codelengths], to: impl Write + Seek) -> Result<(), Error> {
    let mut zip = ZipWriter::new(to);
    let layers = columns.first().map_or(0, |column| column.layers.len());
    let of_layers = || columns.iter().flat_map(|column| &column.layers);
    let shape = [columns.len(), layers];
    for (name, figure) in FIGURES {
        let of = |layer: &LayerCode| *figure(&layer.code);
        array(&mut zip, name, &shape, of_layers().map(|layer| of(layer).mean))?;
        let ends = of_layers().flat_map(|layer| of(layer).interval95);
        array(&mut zip, &format!("{name}_interval95"), &[columns.len(), layers, 2], ends)?;
        let alone = columns.iter().map(|column| figure(&column.featureless).mean);
        array(&mut zip, &format!("alone_{name}"), &[columns.len()], alone)?;
    }
    array(&mut zip, "control_compression", &shape, of_layers().map(|layer| layer.control.compression.mean))?;
    zip.finish().map_err(std::io::Error::from)?.flush()?;
    Ok(())
}

fn array<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    shape: &[usize],
    values: impl Iterator<Item = f64>,
) -> Result<(), Error> {
    start(zip, name, "<f8", shape)?;
    put(zip, values.map(f64::to_le_bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ndarray::{Array1, Array2, Array3};
    use ndarray_npy::NpzReader;

    use super::*;
    use crate::report::terminal::tests::labels;

    #[test]
    fn every_figure_has_its_place() {
        let report = labels();
        let mut second = report.labels[0].clone();
        second.layers[1].code.compression.mean = 7.5;
        second.layers[0].control.compression.mean = 1.25;
        second.featureless.accuracy.mean = 0.5;
        let mut bytes = Cursor::new(Vec::new());
        write(&[report.labels[0].clone(), second], &mut bytes).unwrap();
        let mut npz = NpzReader::new(bytes).unwrap();
        let compression: Array2<f64> = npz.by_name("compression").unwrap();
        assert_eq!(compression, ndarray::array![[1.68, 15.9], [1.68, 7.5]]);
        let ends: Array3<f64> = npz.by_name("compression_interval95").unwrap();
        assert_eq!((ends.dim(), ends[[0, 1, 0]], ends[[0, 1, 1]]), ((2, 2, 2), 15.9 - 0.05, 15.9 + 0.05));
        let control: Array2<f64> = npz.by_name("control_compression").unwrap();
        assert_eq!(control, ndarray::array![[1.02, 1.02], [1.25, 1.02]]);
        let alone: Array1<f64> = npz.by_name("alone_accuracy").unwrap();
        assert_eq!(alone, ndarray::array![0.93, 0.5]);
        assert_eq!(npz.names().unwrap().len(), 10);
    }
}
