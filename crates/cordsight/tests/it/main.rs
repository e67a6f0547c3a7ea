//! What the crate promises, a file per behaviour.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop where it stands, in functions that tests share as well"
)]

mod canary;
mod compared;
mod plan;
mod png;
mod pool;
mod program;

mod audit;
mod audit_shortcuts;
mod augmentation_matches_keras;
mod bad_input;
mod baseline;
mod block;
mod bodies;
mod bodies_match_torch;
mod built_in_weights;
mod carried;
mod checklists;
mod compare;
mod cross_validation;
mod cv_choices;
mod dashboard;
mod deidentify;
mod docx;
mod ensemble;
mod evaluate_file;
mod explain;
mod figure;
mod head_covariates;
mod honest_studies;
mod import;
mod licences;
mod losses_match_torch;
mod model_file;
mod phantom_flags;
mod predict;
mod preparation;
mod published_weights;
mod reconstruct;
mod reference;
mod report;
mod report_files;
mod report_numbers;
mod resize_matches_keras;
mod resume;
mod runs;
mod seal;
mod settings_match_keras;
mod several;
mod several_cv;
mod split;
mod statistics_figures;
mod steps_match_keras;
mod tables;
mod tensorboard;
mod tidy;
mod training;
mod training_matches_keras;
mod training_settings;
mod tune;
mod weights;
mod weights_files;

#[allow(
    dead_code,
    reason = "an example with a main function, used here for its sample"
)]
#[path = "../../examples/sample_report.rs"]
mod sample_report;

#[allow(
    dead_code,
    reason = "an example with a main function, used here for its simulation"
)]
#[path = "../../examples/honest_evaluation.rs"]
mod honest_evaluation;
