//! Event files that TensorBoard shows, beside a run that is being trained.
//!
//! In: what each epoch measured. Out: `tensorboard/train/` and `tensorboard/validation/` in the run folder, each with one event
//! file, laid out and named as Keras's `TensorBoard` callback does it, so that both parts share a chart: `epoch_loss`, `epoch_auc`,
//! and of the training part `epoch_learning_rate` (of the epoch's last step), `epoch_seconds` and `epoch_images_per_second`. The step is the epoch, from 1 as
//! everywhere here.
//!
//! A folder that has `tensorboard/` is one whose training writes events, so that a resumed run needs no flag. When training
//! goes on, the file is cut back to the epochs of the checkpoint and gaps are filled from the history: no step is there twice and
//! none is missing. Events hold the time at which they were written, so these files are no part of the promise that the
//! same run gives the same bytes.

mod event;
mod record;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cohort::plain_reason;
use crate::config::TrainConfig;
use crate::run_folder::{RunFolder, RunFolderError, write_whole};
use crate::train::log::Epoch;
use crate::train::rate::Rates;
use crate::train::{Event as Happened, Watch};
use event::Event;

const FOLDER: &str = "tensorboard";
const FILE: &str = "events.out.tfevents.cordsight";
const PARTS: [&str; 2] = ["train", "validation"];

/// Has trainings in this folder write events from now on.
///
/// # Errors
///
/// A full or read-only disk.
pub fn enable(run: &RunFolder) -> Result<(), RunFolderError> {
    make(&run.file(FOLDER))
}

/// True where trainings in this folder write events.
pub fn is_enabled(run: &RunFolder) -> bool {
    run.file(FOLDER).is_dir()
}

/// The event files of a run.
pub struct Curves {
    files: [PathBuf; 2],
    rates: Rates,
    steps_per_epoch: u32,
}

/// How long an epoch took.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pictures of the epoch.
    pub pictures: usize,
    /// Seconds of its steps.
    pub seconds: f64,
}

impl Curves {
    /// The event files of a run with so many training and validation pictures, whose training goes on after these epochs, or begins;
    /// nothing where none are wanted.
    ///
    /// # Errors
    ///
    /// A full or read-only disk.
    pub fn open(
        run: &RunFolder,
        config: &TrainConfig,
        [training, validation]: [usize; 2],
        history: &[Epoch],
    ) -> Result<Option<Self>, RunFolderError> {
        if !is_enabled(run) {
            return Ok(None);
        }
        let steps_per_epoch = training.div_ceil(config.batch_size) as u32;
        let curves = Curves {
            files: PARTS.map(|part| run.file(&format!("{FOLDER}/{part}/{FILE}"))),
            rates: Rates::new(config, steps_per_epoch),
            steps_per_epoch,
        };
        for (part, pictures) in [training, validation].into_iter().enumerate() {
            if pictures > 0 {
                curves.cut_back(part, history)?;
            }
        }
        Ok(Some(curves))
    }

    /// Adds an epoch.
    ///
    /// # Errors
    ///
    /// A full or read-only disk.
    pub fn add(&self, epoch: &Epoch, pace: Pace) -> Result<(), RunFolderError> {
        for (part, path) in self.files.iter().enumerate() {
            let scalars = self.scalars(part, epoch, Some(pace));
            if scalars.is_empty() {
                continue;
            }
            let event = Event::scalars(now(), epoch.epoch, &scalars);
            let append = || -> std::io::Result<()> {
                let mut file = std::fs::File::options().append(true).open(path)?;
                file.write_all(&record::frame(&event.bytes()))
            };
            append().map_err(|error| io(path, &error))?;
        }
        Ok(())
    }

    fn cut_back(&self, part: usize, history: &[Epoch]) -> Result<(), RunFolderError> {
        let path = &self.files[part];
        make(path.parent().unwrap_or(path))?;
        let before = std::fs::read(path).unwrap_or_default();
        let before: Vec<Event> = record::events(&before)
            .into_iter()
            .filter_map(Event::read)
            .collect();
        let version = before.iter().find(|event| event.file_version.is_some());
        let version = version.cloned().unwrap_or_else(|| Event::version(now()));
        let known: BTreeMap<i64, &Event> = (before.iter())
            .filter(|event| event.summary.is_some())
            .map(|event| (event.step, event))
            .collect();
        let mut bytes = record::frame(&version.bytes());
        for epoch in history {
            let event = match known.get(&i64::from(epoch.epoch)) {
                Some(event) => (*event).clone(),
                None => match self.scalars(part, epoch, None) {
                    scalars if scalars.is_empty() => continue,
                    scalars => Event::scalars(now(), epoch.epoch, &scalars),
                },
            };
            bytes.extend(record::frame(&event.bytes()));
        }
        write_whole(path, &bytes)
    }

    fn scalars(&self, part: usize, epoch: &Epoch, pace: Option<Pace>) -> Vec<(&'static str, f64)> {
        if part == 1 {
            let loss = epoch.validation_loss.map(|loss| ("epoch_loss", loss));
            let auc = epoch.validation_auc.map(|auc| ("epoch_auc", auc));
            return loss.into_iter().chain(auc).collect();
        }
        let steps = epoch.epoch.saturating_mul(self.steps_per_epoch);
        let rate = self.rates.after(steps.saturating_sub(1));
        let mut scalars = vec![("epoch_loss", epoch.train_loss)];
        scalars.extend(epoch.train_auc.map(|auc| ("epoch_auc", auc)));
        scalars.push(("epoch_learning_rate", rate));
        if let Some(pace) = pace {
            let speed = pace.pictures as f64 / pace.seconds.max(f64::MIN_POSITIVE);
            scalars.push(("epoch_seconds", pace.seconds));
            scalars.push(("epoch_images_per_second", speed));
        }
        scalars
    }
}

/// Writes the events of a training, and passes on what happens to whoever watches it.
pub(crate) struct Recorder<'a> {
    watch: &'a mut dyn Watch,
    curves: Option<Curves>,
    failed: Option<RunFolderError>,
}

impl<'a> Recorder<'a> {
    pub fn new(watch: &'a mut dyn Watch, curves: Option<Curves>) -> Self {
        Recorder {
            watch,
            curves,
            failed: None,
        }
    }

    /// Whether all events could be written; a training stops where one could not.
    pub fn end(self) -> Result<(), RunFolderError> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Watch for Recorder<'_> {
    fn event(&mut self, event: Happened<'_>) {
        if let (
            Happened::Epoch {
                epoch,
                pictures,
                seconds,
                ..
            },
            Some(curves),
        ) = (&event, &self.curves)
        {
            let pace = Pace {
                pictures: *pictures,
                seconds: *seconds,
            };
            if let Err(error) = curves.add(epoch, pace) {
                self.failed.get_or_insert(error);
            }
        }
        self.watch.event(event);
    }

    fn stop_asked(&self) -> bool {
        self.failed.is_some() || self.watch.stop_asked()
    }
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

fn make(folder: &Path) -> Result<(), RunFolderError> {
    std::fs::create_dir_all(folder).map_err(|error| io(folder, &error))
}

fn io(path: &Path, error: &std::io::Error) -> RunFolderError {
    RunFolderError::Io {
        path: path.display().to_string(),
        reason: plain_reason(error),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::event::Event;
    use super::record::frame;

    #[derive(Deserialize)]
    struct Golden {
        version: String,
        events: Vec<Known>,
    }

    #[derive(Deserialize)]
    struct Known {
        wall_time: f64,
        step: u32,
        values: Vec<(String, f64)>,
        frame: String,
    }

    #[test]
    fn frames_are_those_of_tensorboards_own_writer() {
        let golden = include_str!("../../tests/it/golden/tensorboard.json");
        let golden: Golden = serde_json::from_str(golden).unwrap();
        let version = frame(&Event::version(1_700_000_000.0).bytes());
        assert_eq!(crate::cohort::hex(&version), golden.version);
        assert_eq!(golden.events.len(), 4);
        for known in golden.events {
            let values = known
                .values
                .iter()
                .map(|(tag, value)| (tag.as_str(), *value));
            let values: Vec<(&str, f64)> = values.collect();
            let event = Event::scalars(known.wall_time, known.step, &values);
            assert_eq!(crate::cohort::hex(&frame(&event.bytes())), known.frame);
            assert_eq!(Event::read(&event.bytes()), Some(event));
        }
    }
}
