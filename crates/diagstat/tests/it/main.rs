//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod confusion_matches_sklearn;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod paper_table;
mod properties;
mod reconstruct_matches_mlscorecheck;
mod reconstruct_paper;
mod reconstruct_properties;
mod roc_matches_sklearn;
mod statistics;
