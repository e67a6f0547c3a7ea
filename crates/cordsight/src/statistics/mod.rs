//! Statistics of files of scores: one file ([`judgement`]), several on the same patients ([`comparison`]).
//!
//! In: [`crate::tables`]. Out: plain data for JSON, tables as text, Markdown and CSV ([`layout`]), figures as SVG and PNG,
//! and a folder with all of them ([`folder`]). Everything that is computed is computed by [`diagstat`]; what has no value
//! carries its reason through to every table.

pub mod comparison;
pub mod folder;
pub mod judgement;
pub mod layout;

use diagstat::Undefined;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Why scores could not be judged or compared. A figure that has no value is no error: it carries its reason.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum StatisticsError {
    #[error(transparent)]
    Table(#[from] crate::tables::TableError),
    #[error(transparent)]
    Evaluate(#[from] crate::evaluate::EvaluateError),
    #[error("scores cannot be judged: {0}")]
    Scores(#[from] diagstat::ScoresError),
    #[error("threshold: {0}")]
    Threshold(#[from] diagstat::ThresholdError),
    #[error("subgroups: {0}")]
    Subgroups(#[from] diagstat::SubgroupError),
    #[error("{0}")]
    Rate(#[from] diagstat::RateError),
    #[error("files cannot be compared: {0}")]
    Pairing(#[from] diagstat::PairingError),
    #[error("calls cannot be compared: {0}")]
    Calls(#[from] diagstat::PairedCallsError),
    #[error("thresholds: {0}")]
    Categories(#[from] diagstat::CategoriesError),
    #[error("measurements cannot be compared: {0}")]
    Measurements(#[from] diagstat::MeasurementsError),
    #[error("readers cannot be compared: {0}")]
    Readers(#[from] diagstat::CrossedError),
    #[error("{0}")]
    Input(String),
}

/// The value, or an object with the reason, in the place of a whole group of figures.
pub(crate) fn value_or_reason<T: Serialize, S: Serializer>(
    found: &Result<T, Undefined>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match found {
        Ok(value) => value.serialize(serializer),
        Err(reason) => {
            let mut fields = serializer.serialize_struct("Reason", 1)?;
            fields.serialize_field("reason", reason)?;
            fields.end()
        }
    }
}
