//! What a run tells whoever watches it.
//!
//! In: events of a run. Out: progress on a terminal, or a wish to stop.

use super::log::Epoch;
use crate::results::PartCounts;

/// What happens while training.
pub enum Event<'a> {
    /// Radiographs read and prepared.
    Loaded {
        /// So many.
        done: usize,
        /// Of so many.
        of: usize,
    },
    /// The split is fixed.
    Split {
        /// Patients and pictures of each part.
        parts: &'a [PartCounts],
    },
    /// The split of several findings or classes is fixed.
    Parts {
        /// A line for each part.
        lines: &'a [String],
    },
    /// A stopped run goes on.
    Resumed {
        /// Epochs that were finished.
        epochs: u32,
        /// What they measured.
        history: &'a [Epoch],
    },
    /// A batch was fitted.
    Step {
        /// The epoch, from 1.
        epoch: u32,
        /// Pictures seen in it.
        seen: usize,
        /// Pictures of an epoch.
        of: usize,
    },
    /// An epoch ended and its checkpoint is written.
    Epoch {
        /// What it measured.
        epoch: &'a Epoch,
        /// Number of epochs asked for.
        of: u32,
        /// Learning rate of its last step.
        learning_rate: f64,
        /// Pictures of an epoch.
        pictures: usize,
        /// Time of its steps.
        seconds: f64,
    },
    /// Another member of an ensemble is trained.
    Member {
        /// The member, from 2.
        member: u32,
        /// Of so many.
        of: u32,
    },
    /// The final scores are being computed.
    Scoring,
    /// The test part was scored with worse pictures.
    Changed {
        /// So many kinds of them.
        done: usize,
        /// Of so many.
        of: usize,
    },
    /// Heatmaps of the test part were drawn.
    Explained {
        /// So many.
        done: usize,
        /// Of so many.
        of: usize,
    },
}

/// Whoever watches a training run: is told what happens, and may ask for a stop after the epoch.
pub trait Watch {
    /// Something happened.
    fn event(&mut self, event: Event<'_>);
    /// True when the run should stop after the epoch in progress.
    fn stop_asked(&self) -> bool;
}
