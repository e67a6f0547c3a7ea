//! A long training on one screen: curves, pace, what is being done, cautions, and the last lines of the log.
//!
//! In: what a [`Watch`](crate::train::Watch) is told, as [`Progress`]. Out: a picture of text, drawn by [`draw`] into whatever
//! ratatui draws on. Nothing here knows a clock, a key or a terminal, so that tests see the screen that a user sees.

mod chart;
mod draw;

use crate::train::log::Epoch;

pub use draw::{draw, duration};

/// Lines of the log that are kept.
const LINES_MAX: usize = 2000;
/// Epochs without a lower validation loss from which on a caution is shown.
const STALE: u32 = 5;

/// All that the screen shows.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// What was asked, such as `train cohort.csv, in runs/first`.
    pub title: String,
    /// The part of a larger task, such as a fold; empty where there is one training.
    pub part: String,
    /// What is being done, and how far.
    pub activity: Option<Activity>,
    /// What the epochs measured.
    pub history: Vec<Epoch>,
    /// Number of epochs asked for; 0 before it is known.
    pub epochs: u32,
    /// Learning rate of the last step.
    pub learning_rate: Option<f64>,
    /// Pictures a second in the last epoch.
    pub speed: Option<f64>,
    /// Seconds of an epoch, smoothed.
    pub seconds_an_epoch: Option<f64>,
    /// Whether a stop was asked for.
    pub is_stopping: bool,
    /// The log, its last line last.
    pub lines: Vec<String>,
}

/// A task with a known end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Such as `reading radiographs`.
    pub title: String,
    /// So many done.
    pub done: usize,
    /// Of so many.
    pub of: usize,
}

impl Progress {
    /// The screen before anything has happened.
    pub fn new(title: &str) -> Self {
        Progress {
            title: title.to_string(),
            ..Progress::default()
        }
    }

    /// A line of the log.
    pub fn line(&mut self, text: &str) {
        if self.lines.len() == LINES_MAX {
            self.lines.remove(0);
        }
        self.lines.push(text.to_string());
    }

    /// So much of a task is done.
    pub fn activity(&mut self, title: &str, done: usize, of: usize) {
        self.activity = Some(Activity {
            title: title.trim().to_string(),
            done,
            of,
        });
    }

    /// A training goes on after these epochs.
    pub fn resumed(&mut self, history: &[Epoch]) {
        self.history = history.to_vec();
    }

    /// Another part of the task begins, with curves of its own.
    pub fn begin(&mut self, part: &str) {
        self.part = part.to_string();
        self.history.clear();
        self.activity = None;
    }

    /// An epoch is done. One that was there already is the first of another training, whose curves replace the old ones.
    pub fn epoch(&mut self, epoch: &Epoch, of: u32, learning_rate: f64, pace: [f64; 2]) {
        let last = self.history.last().map_or(0, |last| last.epoch);
        if epoch.epoch <= last {
            self.history.clear();
        }
        let [pictures, seconds] = pace;
        self.history.push(epoch.clone());
        self.epochs = of;
        self.learning_rate = Some(learning_rate);
        self.speed = (seconds > 0.0).then(|| pictures / seconds);
        let before = self.seconds_an_epoch;
        let smoothed = before.map_or(seconds, |before| 0.7 * before + 0.3 * seconds);
        self.seconds_an_epoch = Some(smoothed);
    }

    /// Seconds until the last epoch of this training, at the pace so far.
    pub fn seconds_left(&self) -> Option<f64> {
        let last = self.history.last()?;
        let left = self.epochs.checked_sub(last.epoch)?;
        Some(f64::from(left) * self.seconds_an_epoch?)
    }

    /// Epoch of the lowest validation loss, whose weights would be kept, and that loss.
    pub fn best(&self) -> Option<(u32, f64)> {
        let losses = self.history.iter();
        let losses = losses.filter_map(|epoch| Some((epoch.epoch, epoch.validation_loss?)));
        losses.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
    }

    /// What whoever watches should know.
    pub fn cautions(&self) -> Vec<String> {
        let mut cautions = Vec::new();
        let Some(last) = self.history.last() else {
            return cautions;
        };
        match self.best() {
            None => cautions.push(
                "no validation part: nothing shows when the network begins to learn by heart"
                    .to_string(),
            ),
            Some((best, _)) if last.epoch.saturating_sub(best) >= STALE => cautions.push(format!(
                "the validation loss has not fallen for {} epochs; the weights of epoch {best} would be kept",
                last.epoch - best
            )),
            Some(_) => {}
        }
        if last.train_auc.is_some_and(|auc| auc < 0.55) && last.epoch >= 10 {
            cautions.push(
                "the training AUC is still near 0.5: a higher learning rate, or other start weights"
                    .to_string(),
            );
        }
        cautions
    }
}
