//! Readers beside a model, or with and without its help, on the same patients.
//!
//! In: a [`Crossed`] reading: every reader reads every patient under every treatment. Out: a table of the readers
//! ([`Crossed::reader_table`]), and the multi-reader multi-case analysis of Obuchowski and Rockette
//! ([`ReaderFigures`]): does a treatment differ, for readers and patients like these, and not for these alone. A single
//! reader cannot stand for readers: with one, only the analysis of fixed readers has a result, and it is DeLong's test.
//!
//! Source and checks: see each module.

pub mod crossed;
pub mod figures;
pub mod obuchowski_rockette;
mod variance_components;

pub use crossed::{Crossed, CrossedError, ReaderRow};
pub use figures::{CovarianceMethod, FigureOfMerit, FiguresError, ReaderFigures};
pub use obuchowski_rockette::{
    Inference, ModelComparison, TreatmentComparison, TreatmentDifference,
};
pub use variance_components::VarianceComponents;
