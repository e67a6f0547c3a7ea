//! Trains, evaluates and runs convolutional networks that detect cervical spondylotic myelopathy on one lateral
//! cervical radiograph.
//!
//! Data flow one way, a module an arrow: [`audit`] looks before anything is trained; [`cohort`] and [`split`] say who is in which part; [`prepare`] and [`augment`]
//! Data flow one way, a module an arrow: [`import`] makes a cohort of a public collection; [`cohort`] and [`split`] say who is in which part; [`prepare`] and [`augment`]
//! make a network's input of a radiograph; [`train`] fits the [`network`] and leaves a [`model_file`]; [`score`] and
//! [`predictions`] turn pictures into numbers a patient; [`explain`] shows where they come from; [`evaluate`] judges them;
//! [`figure`] and [`report`] draw them. [`several`] is the same path for several findings or more than two classes.
//! Nothing downstream reaches back upstream, and nothing here prints: that is the binary's part.

pub mod adam;
pub mod audit;
pub mod augment;
pub mod baseline;
pub mod block;
pub mod body_file;
pub mod carried;
pub mod cohort;
pub mod config;
pub mod covariates;
pub mod cross_validation;
mod csv_lines;
pub mod dashboard;
pub mod deidentify;
pub mod docx;
pub mod ensemble;
pub mod environment;
pub mod evaluate;
pub mod explain;
pub mod export;
pub mod external;
pub mod figure;
pub mod gallery;
pub mod head_covariates;
mod host;
pub mod import;
pub mod model_file;
pub mod network;
pub mod pool;
pub mod predictions;
pub mod prepare;
pub mod preprocessing;
pub mod random;
pub mod report;
pub mod resize;
pub mod results;
pub mod robustness;
pub mod run_folder;
pub mod running;
pub mod runs;
pub mod score;
pub mod seal;
pub mod several;
pub mod split;
pub mod statistics;
pub mod study;
pub mod tables;
pub mod task;
pub mod tensor_file;
pub mod tensorboard;
pub mod train;
pub mod tune;
pub mod weights;
pub mod weights_source;
