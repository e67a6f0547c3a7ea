//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod confusion_matches_sklearn;
mod counts_match_peers;
mod counts_properties;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod multiclass_matches_peers;
mod multiclass_properties;
mod paper_table;
mod properties;
mod roc_matches_sklearn;
mod statistics;
