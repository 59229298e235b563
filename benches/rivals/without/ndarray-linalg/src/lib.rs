//! What `infomeasure` names of `ndarray-linalg`. Its kernel estimators need it, its nearest neighbours do not: here it only says that
//! it is not there.

use ndarray::{Array1, Array2};

pub enum UPLO {
    Lower,
}

/// There is no linear algebra in this build.
#[derive(Debug)]
pub struct Absent;

pub trait Cholesky {
    fn cholesky(&self, uplo: UPLO) -> Result<Array2<f64>, Absent>;
}

pub trait EigValsh {
    fn eigvalsh(&self, uplo: UPLO) -> Result<Array1<f64>, Absent>;
}

impl Cholesky for Array2<f64> {
    fn cholesky(&self, _: UPLO) -> Result<Array2<f64>, Absent> {
        Err(Absent)
    }
}

impl EigValsh for Array2<f64> {
    fn eigvalsh(&self, _: UPLO) -> Result<Array1<f64>, Absent> {
        Err(Absent)
    }
}
