//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod agreement_matches_r;
mod confusion_matches_sklearn;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod kappa_matches_statsmodels;
mod paper_table;
mod planned_studies_by_simulation;
mod plans_match_proc;
mod properties;
mod readers_match_mrmcaov;
mod readers_properties;
mod reclassification_matches_hmisc;
mod roc_matches_sklearn;
mod statistics;
