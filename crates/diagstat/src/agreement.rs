//! Agreement of readers, of scores, or of a reader and a model, on the same patients.
//!
//! In: categories that raters gave ([`Ratings`], [`CrossTable`]), or measurements ([`PairedMeasurements`],
//! [`Measurements`]). Out: kappas, Bland and Altman's limits, Lin's concordance, intraclass correlations.
//! Agreement is not accuracy: two readers may agree and both be wrong. A correlation is not agreement either, which is
//! why none is here: scores twice as high correlate perfectly.
//!
//! Source and checks: see each module.

pub mod bland_altman;
pub mod concordance;
pub mod kappa;

pub use bland_altman::{BlandAltman, MeasurementsError, PairedMeasurements};
pub use concordance::{IntraclassCorrelation, Measurements, RaterEffects};
pub use kappa::{CrossTable, Kappa, KappaWeights, Ratings, RatingsError};
