//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod areas_match_proc;
mod areas_properties;
mod bootstrap_matches_boot;
mod confusion_matches_sklearn;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod paper_table;
mod permutation_matches_enumeration;
mod properties;
mod roc_matches_sklearn;
mod statistics;
