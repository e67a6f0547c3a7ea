//! The dashboard: the screen as it is drawn, and plain lines where there is no terminal.

use cordsight::dashboard::{Progress, draw};
use cordsight::train::log::Epoch;
use phantom::Format;
use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal;

use crate::program::{Place, SMALL, cv};

fn epoch(number: u32, validation: Option<f64>) -> Epoch {
    let loss = 0.2 + 0.6 / f64::from(number);
    Epoch {
        epoch: number,
        train_loss: loss,
        train_auc: Some(1.0 - 0.4 / f64::from(number)),
        validation_loss: validation,
        validation_auc: validation.map(|loss| 1.0 - loss / 2.0),
    }
}

/// The screen of so many columns and rows, a line a row.
fn screen(progress: &Progress, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, progress, 754.0)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |row: u16| {
        let cells = (0..columns).map(|column| buffer[(column, row)].symbol());
        cells.collect::<String>().trim_end().to_string() + "\n"
    };
    (0..rows).map(line).collect()
}

/// A training in its eleventh epoch of 30 whose validation loss was lowest in the fourth.
fn in_training() -> Progress {
    let mut progress = Progress::new("cv cohort.csv, in cv");
    progress.line("read 145 radiographs");
    progress.begin("repeat 1, fold 2");
    for number in 1..=10 {
        let validation = 0.5 + 0.02 * (f64::from(number) - 4.0).abs();
        progress.epoch(&epoch(number, Some(validation)), 30, 3e-4, [116.0, 40.0]);
        progress.line(&format!("epoch {number:>3}/30"));
    }
    progress.activity("epoch 11 ", 48, 116);
    progress
}

#[test]
fn a_training_on_a_usual_terminal() {
    insta::assert_snapshot!(screen(&in_training(), 100, 30));
}

#[test]
fn the_screen_before_the_first_epoch_and_while_it_stops() {
    let mut progress = Progress::new("train cohort.csv, in runs/first");
    progress.activity("reading radiographs", 16, 207);
    progress.is_stopping = true;
    insta::assert_snapshot!(screen(&progress, 80, 24));
}

#[test]
fn a_small_terminal_keeps_the_lines_about_the_run() {
    let text = screen(&in_training(), 60, 8);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("cordsight cv cohort.csv, in cv: repeat 1, fold 2"));
    assert!(lines[1].contains("epoch 11 48/116"), "{text}");
    assert!(lines[2].starts_with("epoch 10/30   training loss 0.2600 AUC 0.960"));
    for (columns, rows) in [(1, 1), (3, 40), (200, 2), (20, 21)] {
        screen(&in_training(), columns, rows);
    }
}

#[test]
fn cautions_come_and_go_with_the_epochs() {
    let mut progress = in_training();
    let stale =
        "the validation loss has not fallen for 6 epochs; the weights of epoch 4 would be kept";
    assert_eq!(progress.cautions(), [stale]);
    assert_eq!(progress.best().map(|best| best.0), Some(4));
    // 20 epochs at 40 s.
    assert_eq!(progress.seconds_left(), Some(800.0));
    progress.epoch(&epoch(11, Some(0.1)), 30, 3e-4, [116.0, 40.0]);
    assert_eq!(progress.cautions(), Vec::<String>::new());
    // The first epoch of another training takes the curves of the old one away.
    progress.epoch(&epoch(1, None), 30, 3e-4, [116.0, 40.0]);
    assert_eq!(progress.history.len(), 1);
    assert!(progress.cautions()[0].starts_with("no validation part"));
}

#[test]
fn without_a_terminal_there_are_plain_lines_and_one_note_and_the_same_results() {
    let place = Place::new();
    place.draw_cohort(16, 3, Format::Png);
    let note =
        "note: standard output is no terminal that can show a dashboard; plain lines instead\n";
    let train = |out: &str, more: &[&str]| {
        let command = [
            "train",
            "cohort/cohort.csv",
            "--out",
            out,
            "--no-robustness",
        ];
        let outcome = place.run(&[&command, &SMALL[..], more].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome
    };
    let with = train("with", &["--dashboard"]);
    let without = train("without", &[]);
    assert_eq!(with.stderr.matches(note).count(), 1, "{with:?}");
    assert!(with.stderr.contains("epoch   1/1  loss "), "{with:?}");
    assert!(!with.stderr.contains('\x1b') && !with.stdout.contains('\x1b'));
    assert_eq!(with.stdout.replace("with/", "without/"), without.stdout);
    let outcome = place.run(&cv("cv", &["--folds", "2", "--dashboard"]));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr.matches(note).count(), 1, "{outcome:?}");
}
