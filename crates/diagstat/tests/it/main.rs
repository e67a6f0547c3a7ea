//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod binormal;
mod confusion_matches_sklearn;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod operating_points;
mod paper_table;
mod partial_areas;
mod precision_recall_matches_sklearn;
mod properties;
mod roc_band;
mod roc_matches_sklearn;
mod statistics;
