//! The error of any stage: every stage has one error enum, and here they meet.

use std::fmt;

use crate::base::advise::{Advise, Fault};

macro_rules! stages {
    ($($variant:ident => $module:ident),* $(,)?) => {
        /// The error of any stage, boxed: results are passed on by the hundred, errors once.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Error {
            $(
                #[doc = concat!("From the stage `", stringify!($module), "`.")]
                $variant(Box<crate::$module::Error>),
            )*
        }

        $(
            impl From<crate::$module::Error> for Error {
                fn from(error: crate::$module::Error) -> Self {
                    Error::$variant(Box::new(error))
                }
            }
        )*

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Error::$variant(error) => error.fmt(f),)*
                }
            }
        }

        impl std::error::Error for Error {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    $(Error::$variant(error) => error.source(),)*
                }
            }
        }

        impl Advise for Error {
            fn fault(&self) -> Fault {
                match self {
                    $(Error::$variant(error) => error.fault(),)*
                }
            }

            fn advice(&self) -> Option<String> {
                match self {
                    $(Error::$variant(error) => error.advice(),)*
                }
            }
        }
    };
}

stages! {
    Store => store,
    Runtime => runtime,
    Model => model,
    Taps => taps,
    Inputs => inputs,
    Activations => activations,
    Measures => measures,
    Comparison => comparison,
    Labels => labels,
    Ablation => ablation,
    Report => report,
    Cli => cli,
}
