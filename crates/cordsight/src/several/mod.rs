//! The same path for several findings at once, or for more than two classes: cohort, split, training, results.
//!
//! In: a cohort whose CSV has a column for each finding (or one that names the class), and settings that name them. Out: a
//! run folder as any other, whose `predictions.csv` has a column for each finding, and a folder for each with the results
//! that a run for two classes would have. Pictures, augmentation, network and optimiser are those of that run; only labels,
//! split, loss and judgement differ; [`cv`] cross-validates. A run for two classes never comes through here.

pub mod cohort;
pub mod cv;
mod deal;
pub mod external;
mod folds;
pub mod loaded;
pub mod page;
pub mod predictions;
pub mod results;
mod sections;
pub mod split;
pub mod train;
mod words;
