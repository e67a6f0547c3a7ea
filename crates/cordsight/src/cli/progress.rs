//! Progress of a training run or a transfer: a bar or a dashboard on a terminal, plain lines in a log, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cordsight::split::Part;
use cordsight::train::{Event, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::screen::{self, Screen};
pub use cordsight::dashboard::duration;

/// A bar on a terminal, nothing in a log.
pub fn bar(title: &str, of: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(of as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}  {per_sec}") {
        bar.set_style(style);
    }
    bar.set_message(title.to_string());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Shows events on stderr, or on a dashboard, and counts Ctrl-C.
pub struct Terminal {
    screen: Option<Screen>,
    bar: ProgressBar,
    interrupts: Arc<AtomicUsize>,
    seconds_an_epoch: Option<f64>,
    folds: Folds,
}

/// How long the folds of a cross-validation take.
#[derive(Default)]
struct Folds {
    /// When the first one began that this program trained.
    begun: Option<Instant>,
    /// So many are trained.
    done: u32,
    /// So many come after the one in progress.
    ahead: usize,
}

impl Folds {
    /// Seconds of one fold, once one is trained.
    fn seconds_each(&self) -> Option<f64> {
        let begun = self.begun.filter(|_| self.done > 0)?;
        Some(begun.elapsed().as_secs_f64() / f64::from(self.done))
    }
}

impl Terminal {
    /// Listens for Ctrl-C: the first asks for a stop after the epoch, the second ends the program at once.
    pub fn new() -> Result<Self, Failure> {
        let interrupts = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&interrupts);
        ctrlc::set_handler(move || match counter.fetch_add(1, Ordering::SeqCst) {
            0 if screen::is_shown() => {}
            0 => eprintln!("\nstopping after this epoch and its checkpoint; Ctrl-C again stops at once and loses the epoch"),
            _ => {
                screen::restore();
                std::process::exit(130)
            }
        })
        .map_err(|error| Failure::Failed(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(Terminal {
            screen: None,
            bar: ProgressBar::hidden(),
            interrupts,
            seconds_an_epoch: None,
            folds: Folds::default(),
        })
    }

    /// A fold begins, and so many come after it: what is left, in words.
    pub fn begin_fold(&mut self, ahead: usize) -> String {
        let folds = &mut self.folds;
        match folds.begun {
            None => folds.begun = Some(Instant::now()),
            Some(_) => folds.done += 1,
        }
        folds.ahead = ahead;
        let left = ahead + 1;
        let folds_left = if left == 1 { "fold" } else { "folds" };
        match folds.seconds_each() {
            None => format!("{left} {folds_left} to train"),
            Some(each) => format!(
                "{left} {folds_left} to train, about {}",
                duration(each * left as f64)
            ),
        }
    }

    /// The same with a dashboard, where one is wanted and standard output is a terminal that can show it.
    pub fn with_dashboard(is_wanted: bool, title: &str) -> Result<Self, Failure> {
        let mut terminal = Terminal::new()?;
        if is_wanted {
            terminal.screen = Screen::open(title, &terminal.interrupts);
            if terminal.screen.is_none() {
                eprintln!(
                    "note: standard output is no terminal that can show a dashboard; plain lines instead"
                );
            }
        }
        Ok(terminal)
    }

    /// Gives the terminal back, and says on stderr what the dashboard's log said.
    pub fn end(mut self) {
        self.close();
    }

    fn close(&mut self) {
        let Some(screen) = self.screen.take() else {
            return;
        };
        let lines = std::mem::take(&mut screen.progress().lines);
        drop(screen);
        lines.iter().for_each(|line| eprintln!("{line}"));
    }

    fn show(&mut self, title: &str, done: usize, of: usize) {
        if let Some(screen) = &self.screen {
            screen.progress().activity(title, done, of);
            return;
        }
        if !std::io::stderr().is_terminal() {
            return;
        }
        if self.bar.is_finished() || self.bar.is_hidden() || self.bar.length() != Some(of as u64) {
            self.bar.finish_and_clear();
            self.bar = bar(title, of);
        }
        self.bar.set_message(title.to_string());
        self.bar.set_position(done as u64);
        if done == of {
            self.bar.finish_and_clear();
        }
    }

    /// One line, above the bar where there is one.
    pub fn line(&self, text: &str) {
        match &self.screen {
            Some(screen) => screen.progress().line(text),
            None => self.bar.suspend(|| eprintln!("{text}")),
        }
    }

    /// Another part of the task begins: its curves are its own.
    pub fn begin(&self, part: &str) {
        if let Some(screen) = &self.screen {
            screen.progress().begin(part);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

impl Watch for Terminal {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Loaded { done, of } => {
                self.show("reading radiographs", done, of);
                if done == of {
                    self.line(&format!("read {of} radiographs"));
                }
            }
            Event::Split { parts } => {
                for part in parts.iter().filter(|part| part.counts.pictures > 0) {
                    let counts = part.counts;
                    let name = match part.part {
                        Part::Train => "training",
                        Part::Validation => "validation",
                        Part::Test => "test",
                    };
                    self.line(&format!(
                        "{name:<10} {:>4} positive + {:>4} negative patients, {:>4} radiographs",
                        counts.positive_patients, counts.negative_patients, counts.pictures
                    ));
                }
            }
            Event::Parts { lines } => lines.iter().for_each(|line| self.line(line)),
            Event::Resumed { epochs, history } => {
                if let Some(screen) = &self.screen {
                    screen.progress().resumed(history);
                }
                self.line(&format!("going on after epoch {epochs}"));
            }
            Event::Step { epoch, seen, of } => self.show(&format!("epoch {epoch:<3}"), seen, of),
            Event::Epoch {
                epoch,
                of,
                learning_rate,
                pictures,
                seconds,
            } => {
                if let Some(screen) = &self.screen {
                    let pace = [pictures as f64, seconds];
                    screen.progress().epoch(epoch, of, learning_rate, pace);
                }
                let seconds = self
                    .seconds_an_epoch
                    .map_or(seconds, |before| 0.7 * before + 0.3 * seconds);
                self.seconds_an_epoch = Some(seconds);
                let left = f64::from(of - epoch.epoch) * seconds;
                let of_folds = match self.folds.ahead {
                    0 => String::new(),
                    ahead => {
                        let each = self.folds.seconds_each();
                        let each = each.unwrap_or(f64::from(of) * seconds);
                        let all = duration(left + each * ahead as f64);
                        format!(", {all} with the folds to come")
                    }
                };
                let auc = |auc: Option<f64>| {
                    auc.map_or_else(|| "-".to_string(), |auc| format!("{auc:.3}"))
                };
                let validation = epoch.validation_loss.map_or_else(String::new, |loss| {
                    format!(
                        "  validation loss {loss:.4} AUC {}",
                        auc(epoch.validation_auc)
                    )
                });
                self.line(&format!(
                    "epoch {:>3}/{of}  loss {:.4} AUC {}{validation}  {:.1} images/s  {} left{of_folds}",
                    epoch.epoch,
                    epoch.train_loss,
                    auc(epoch.train_auc),
                    pictures as f64 / seconds,
                    duration(left),
                ));
            }
            Event::Explained { done, of } => self.show("drawing heatmaps", done, of),
            Event::Changed { done, of } => self.show("scoring worse pictures", done, of),
            Event::Member { member, of } => {
                self.begin(&format!("member {member} of {of}"));
                self.line(&format!("member {member} of {of}"));
            }
            Event::Scoring => self.line("scoring all radiographs"),
        }
    }

    fn stop_asked(&self) -> bool {
        self.interrupts.load(Ordering::SeqCst) > 0
    }
}

/// Counts things done, from several threads: a bar on a terminal, nothing in a log.
pub struct Count(ProgressBar);

impl Count {
    /// A bar for so many.
    pub fn new(title: &str, of: usize) -> Self {
        if !std::io::stderr().is_terminal() {
            return Count(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(of as u64).with_message(title.to_string());
        let template = "{msg} {bar:30} {pos}/{len}  {per_sec}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Count(bar)
    }

    /// So many are done; a smaller number that comes late changes nothing.
    pub fn show(&self, done: usize) {
        if done as u64 > self.0.position() {
            self.0.set_position(done as u64);
        }
    }

    /// The bar goes.
    pub fn end(self) {
        self.0.finish_and_clear();
    }
}

/// Shows a transfer on stderr.
pub struct Bytes {
    title: String,
    bar: ProgressBar,
    done: u64,
}

impl Bytes {
    /// Nothing is shown before the first byte.
    pub fn new(title: &str) -> Self {
        Bytes {
            title: title.to_string(),
            bar: ProgressBar::hidden(),
            done: 0,
        }
    }

    /// So many bytes are there, of so many.
    pub fn show(&mut self, done: u64, of: u64) {
        if self.done == 0 && std::io::stderr().is_terminal() {
            self.bar = ProgressBar::new(of);
            let template = "{msg} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
            self.bar.set_message(self.title.clone());
        }
        self.done = done;
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    /// One line, where anything came.
    pub fn end(&mut self) {
        self.bar.finish_and_clear();
        if self.done > 0 {
            let megabytes = self.done as f64 / 1e6;
            eprintln!("{}: {megabytes:.1} MB", self.title);
        }
    }
}
