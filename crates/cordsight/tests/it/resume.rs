//! A run that was stopped or killed goes on to the same bytes that an uninterrupted run gives, and only with the cohort
//! and the settings it began with.

use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use cordsight::block::Conv;
use cordsight::config::Settings;
use cordsight::train::checkpoint;
use cordsight::train::fit::State;
use cordsight::train::log::Epoch;
use cordsight::train::{Event, Request, TrainError, Watch, train};
use cordsight::weights::Weights;
use phantom::Format;

use crate::program::{Place, small_settings, tree};

/// Files that must not tell whether the run was stopped.
const RESULTS: [&str; 12] = [
    "config.toml",
    "split.csv",
    "model.safetensors",
    "metrics.jsonl",
    "metrics.json",
    "predictions.csv",
    "predictions_train.csv",
    "run.json",
    "checkpoints/last.safetensors",
    "figures/roc.svg",
    "figures/calibration.svg",
    "figures/decision.png",
];

/// Asks for a stop once an epoch is done.
pub struct StopAfter {
    epoch: u32,
    done: u32,
    pub resumed_after: Option<u32>,
}

pub fn stop_after(epoch: u32) -> StopAfter {
    StopAfter {
        epoch,
        done: 0,
        resumed_after: None,
    }
}

impl Watch for StopAfter {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Epoch { epoch, .. } => self.done = epoch.epoch,
            Event::Resumed { epochs, .. } => self.resumed_after = Some(epochs),
            _ => {}
        }
    }

    fn stop_asked(&self) -> bool {
        self.done >= self.epoch
    }
}

pub fn request(place: &Place, out: &str, settings: Settings) -> Request {
    Request {
        cohort: place.path("cohort/cohort.csv"),
        out: place.path(out),
        settings,
        ..Request::default()
    }
}

pub fn finish(request: &Request) -> StopAfter {
    let mut watch = stop_after(u32::MAX);
    train(request, &mut watch).unwrap_or_else(|error| panic!("{error}"));
    watch
}

/// Stops a new or stopped run after an epoch.
pub fn stop(request: &Request, epoch: u32) {
    match train(request, &mut stop_after(epoch)) {
        Err(TrainError::Stopped { epoch: stopped }) => assert_eq!(stopped, epoch),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the run was not stopped"),
    }
    assert!(!request.out.join("model.safetensors").exists());
}

pub fn resumed(request: &Request) -> Request {
    Request {
        resume: true,
        ..request.clone()
    }
}

fn refused(request: &Request) -> String {
    let before = tree(&request.out);
    match train(request, &mut stop_after(u32::MAX)) {
        Ok(_) => panic!("the run went on"),
        Err(error) => {
            assert!(tree(&request.out) == before, "files changed");
            error.to_string()
        }
    }
}

fn assert_same_results(one: &Path, other: &Path) {
    for file in RESULTS {
        let bytes = |run: &Path| std::fs::read(run.join(file)).expect(file);
        assert!(bytes(one) == bytes(other), "{file} differs");
    }
}

pub fn a_stopped_run_ends_as_if_it_had_not_been(settings: Settings) {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let whole = request(&place, "whole", settings.clone());
    finish(&whole);
    let lines = place.read("whole/metrics.jsonl").lines().count();
    assert_eq!(lines, 4);

    let halved = request(&place, "halved", settings.clone());
    stop(&halved, 2);
    assert_eq!(place.read("halved/metrics.jsonl").lines().count(), 2);
    let watch = finish(&resumed(&halved));
    assert_eq!((watch.resumed_after, watch.done), (Some(2), 4));
    assert_same_results(&whole.out, &halved.out);

    let often = request(&place, "often", settings);
    stop(&often, 1);
    stop(&resumed(&often), 2);
    stop(&resumed(&often), 3);
    assert_eq!(finish(&resumed(&often)).resumed_after, Some(3));
    assert_same_results(&whole.out, &often.out);
}

#[test]
fn a_stopped_run_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(small_settings(4));
}

#[test]
fn a_stopped_run_with_a_validation_part_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(Settings {
        validation: Some(0.3),
        ..small_settings(4)
    });
}

#[test]
fn a_run_that_was_killed_before_its_first_checkpoint_starts_over() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let whole = request(&place, "whole", small_settings(2));
    finish(&whole);
    let killed = request(&place, "killed", small_settings(2));
    stop(&killed, 0);
    assert!(!killed.out.join("checkpoints/last.safetensors").exists());
    assert_eq!(finish(&resumed(&killed)).resumed_after, None);
    assert_same_results(&whole.out, &killed.out);
}

#[test]
fn a_finished_run_can_be_resumed_and_stays_as_it_is() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", small_settings(1));
    finish(&run);
    let before = place.tree();
    finish(&resumed(&run));
    assert!(place.tree() == before, "files changed");
}

#[test]
fn a_resumed_run_refuses_another_cohort() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", small_settings(2));
    stop(&run, 1);

    place.draw_cohort_in("other", 16, 2, Format::Png);
    let other = Request {
        cohort: place.path("other/cohort.csv"),
        ..resumed(&run)
    };
    let message = refused(&other);
    assert!(
        message.contains("the run began with another cohort (fingerprint "),
        "{message}"
    );

    std::fs::copy(
        place.path("cohort/images/P001.png"),
        place.path("cohort/images/P002.png"),
    )
    .expect("a copy");
    let message = refused(&resumed(&run));
    assert!(
        message.contains("the run began with another cohort (fingerprint "),
        "{message}"
    );
}

#[test]
fn a_resumed_run_refuses_other_settings() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", small_settings(2));
    stop(&run, 1);
    let other = [
        (
            "learning_rate",
            Settings {
                learning_rate: Some(1e-4),
                ..Settings::default()
            },
        ),
        (
            "seed",
            Settings {
                seed: Some(2),
                ..Settings::default()
            },
        ),
        (
            "batch_size",
            Settings {
                batch_size: Some(4),
                ..Settings::default()
            },
        ),
        (
            "conv",
            Settings {
                conv: Some(Conv::Direct),
                ..Settings::default()
            },
        ),
        (
            "epochs",
            Settings {
                epochs: Some(1),
                ..Settings::default()
            },
        ),
    ];
    for (key, settings) in other {
        let message = refused(&resumed(&request(&place, "run", settings)));
        assert_eq!(
            message,
            format!(
                "setting \"{key}\" differs from the run's own in config.toml; a resumed run keeps its settings: leave the flag out, or start a new run"
            )
        );
    }
    finish(&resumed(&request(&place, "run", Settings::default())));
}

#[test]
fn a_damaged_checkpoint_is_named_and_not_used() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", small_settings(2));
    stop(&run, 1);
    let file = "run/checkpoints/last.safetensors";
    let bytes = std::fs::read(place.path(file)).expect("a checkpoint");
    let mut tried = 0;
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        place.write(file, &bytes[..length]);
        let message = refused(&resumed(&run));
        assert!(
            message.contains("last.safetensors: not a whole safetensors file"),
            "{message}"
        );
        assert!(
            message.ends_with("start anew with --overwrite"),
            "{message}"
        );
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn a_checkpoint_keeps_every_bit_of_what_was_measured() {
    let settings = small_settings(1).resolve().expect("settings");
    let architecture = settings.architecture();
    let mut state = State::new(&architecture, Weights::zeros(&architecture));
    // Decimals of 17 digits are where a fast parser may be off by the last bit.
    let mut value = 0.1_f64;
    for epoch in 1..=1000 {
        value = (value * 3.9 * (1.0 - value)).clamp(0.01, 0.99);
        state.history.push(Epoch {
            epoch,
            train_loss: value,
            train_auc: Some(value / 3.0),
            validation_loss: Some(value * 7.0),
            validation_auc: None,
        });
    }
    let place = Place::new();
    let file = place.path("last.safetensors");
    checkpoint::write(&file, &architecture, &state).expect("a checkpoint");
    let read = checkpoint::read(&file, &architecture).expect("a checkpoint");
    assert_eq!(read.history.len(), 1000);
    let wrong = read
        .history
        .iter()
        .zip(&state.history)
        .filter(|(read, kept)| read != kept)
        .count();
    assert_eq!(wrong, 0, "epochs that differ");
}

#[test]
fn a_run_that_was_killed_between_checkpoint_and_log_has_a_whole_log_at_the_end() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let whole = request(&place, "whole", small_settings(2));
    finish(&whole);
    let killed = request(&place, "killed", small_settings(2));
    finish(&killed);
    std::fs::remove_file(killed.out.join("model.safetensors")).expect("a model");
    let log = place.read("killed/metrics.jsonl");
    let first = log.lines().next().expect("a line");
    place.write("killed/metrics.jsonl", format!("{first}\n"));
    finish(&resumed(&killed));
    assert_same_results(&whole.out, &killed.out);
}

#[test]
fn a_resumed_run_keeps_the_names_of_the_classes() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let named = |out: &str| Request {
        classes: Some(["non-CSM".to_string(), "CSM".to_string()]),
        ..request(&place, out, small_settings(2))
    };
    finish(&named("whole"));
    stop(&named("stopped"), 1);
    finish(&Request {
        classes: None,
        ..resumed(&named("stopped"))
    });
    assert_same_results(&place.path("whole"), &place.path("stopped"));
}

#[test]
fn a_run_may_be_resumed_for_more_epochs() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    finish(&request(&place, "long", small_settings(3)));
    finish(&request(&place, "short", small_settings(2)));
    let more = Settings {
        epochs: Some(3),
        ..Settings::default()
    };
    finish(&resumed(&request(&place, "short", more)));
    assert_same_results(&place.path("long"), &place.path("short"));
}

#[test]
fn a_run_that_goes_on_without_robustness_keeps_none_of_its_earlier_weights() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    finish(&Request {
        robustness: true,
        ..request(&place, "run", small_settings(1))
    });
    let files = [
        "run/robustness.csv",
        "run/figures/robustness.svg",
        "run/figures/robustness.png",
    ];
    assert!(files.iter().all(|file| place.path(file).is_file()));
    assert!(place.read("run/report.md").contains("## Robustness"));
    let more = Settings {
        epochs: Some(2),
        ..Settings::default()
    };
    finish(&resumed(&request(&place, "run", more)));
    assert!(files.iter().all(|file| !place.path(file).exists()));
    assert!(!place.read("run/report.md").contains("## Robustness"));
}

/// A training of twelve epochs of about a third of a second.
#[cfg(unix)]
const LONG: [&str; 14] = [
    "train",
    "cohort/cohort.csv",
    "--network",
    "vgg11",
    "--width",
    "0.125",
    "--image-size",
    "96",
    "--epochs",
    "12",
    "--init",
    "he",
    "--learning-rate",
    "1e-3",
];

/// Waits until so many epochs are logged.
#[cfg(unix)]
fn wait_for_epochs(place: &Place, epochs: usize) {
    let start = Instant::now();
    let log = place.path("killed/metrics.jsonl");
    while std::fs::read_to_string(&log).map_or(0, |text| text.lines().count()) < epochs {
        assert!(start.elapsed() < Duration::from_secs(120), "no epoch ends");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(unix)]
#[test]
#[ignore = "slow: 10 s, kills training at moments spread over its duration"]
fn a_run_that_was_killed_again_and_again_ends_with_the_bytes_of_a_run_that_was_not() {
    let place = Place::new();
    place.draw_cohort(48, 1, Format::Png);
    let with = |flags: &[&'static str]| [&LONG[..], flags].concat();
    let start = Instant::now();
    place.output(&with(&["--out", "whole"]));
    let epoch = start.elapsed() / 12;

    let (mut killed, mut interrupted) = (0, 0);
    for (epochs, part_of_an_epoch, by_hand) in [
        (0, 0.6, false),
        (1, 0.02, false),
        (3, 0.5, false),
        (5, 0.3, true),
        (8, 0.95, false),
    ] {
        let begun = place.path("killed/run.json").is_file();
        let flags = match begun {
            true => &["--out", "killed", "--resume"][..],
            false => &["--out", "killed", "--overwrite"],
        };
        let mut child = place
            .command(&with(flags))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        wait_for_epochs(&place, epochs);
        std::thread::sleep(epoch.mul_f64(part_of_an_epoch));
        let ended = child.try_wait().expect("a child");
        assert!(ended.is_none(), "ended before it was stopped: {ended:?}");
        if by_hand {
            let id = child.id().to_string();
            let sent = Command::new("kill").args(["-INT", &id]).status();
            assert!(sent.is_ok_and(|status| status.success()));
            assert_eq!(child.wait().expect("an end").code(), Some(130));
            interrupted += 1;
        } else {
            child.kill().expect("a kill");
            assert_eq!(child.wait().expect("an end").code(), None);
            killed += 1;
        }
        assert!(!place.path("killed/model.safetensors").exists());
    }
    assert_eq!((killed, interrupted), (4, 1));
    let logged = place.read("killed/metrics.jsonl").lines().count();
    assert!((8..12).contains(&logged), "{logged} epochs are logged");
    place.output(&with(&["--out", "killed", "--resume"]));
    assert_same_results(&place.path("whole"), &place.path("killed"));
}
