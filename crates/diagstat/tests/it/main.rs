//! Tests of the crate through its public interface, a file per behaviour.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod agreement_matches_r;
mod areas_match_proc;
mod areas_properties;
mod binormal;
mod bootstrap_matches_boot;
mod calibration_matches_r;
mod calibration_properties;
mod conformal;
mod confusion_matches_sklearn;
mod counts_match_peers;
mod counts_properties;
mod decision;
mod delong_matches_proc;
mod golden;
mod intervals_match_statsmodels;
mod kappa_matches_statsmodels;
mod logistic_matches_r;
mod multiclass_matches_peers;
mod multiclass_properties;
mod operating_points;
mod paper_table;
mod partial_areas;
mod permutation_matches_enumeration;
mod planned_studies_by_simulation;
mod plans_match_proc;
mod precision_recall_matches_sklearn;
mod properties;
mod readers_match_mrmcaov;
mod readers_properties;
mod recalibration_matches_sklearn;
mod reclassification_matches_hmisc;
mod reconstruct_matches_mlscorecheck;
mod reconstruct_paper;
mod reconstruct_properties;
mod resampled;
mod roc_band;
mod roc_matches_sklearn;
mod separability;
mod statistics;
mod subgroups_match_r;
mod two_groups_match_scipy;
