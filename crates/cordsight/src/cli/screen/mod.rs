//! The terminal of a dashboard: taken over, drawn on five times a second, and given back however the program ends.
//!
//! In: [`Progress`] shared with whoever watches the training. Out: the drawn screen, and a count of wishes to stop (the key q).
//! The terminal is given back when the [`Screen`] is dropped, by a panic before its message is printed, and by whoever ends the program
//! at once ([`restore`]). Control-C stays a signal, so that it does here what it does without a dashboard.
//!
//! The terminal is driven by escape sequences and, for keys, by termios, which every Unix has; elsewhere there are plain lines.

mod ansi;
#[cfg(unix)]
mod keys;
#[cfg(not(unix))]
#[path = "no_keys.rs"]
mod keys;

use std::io::{IsTerminal, Write, stdout};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cordsight::dashboard::{Progress, draw};
use ratatui_core::terminal::Terminal;

use ansi::Ansi;

/// Between two drawings; a key is answered within it.
const TICK: Duration = Duration::from_millis(200);
/// To the second screen, which leaves what was on the first; without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[2J";
/// Back, as it was.
const LEAVE: &str = "\x1b[0m\x1b[?25h\x1b[?1049l";

static IS_SHOWN: AtomicBool = AtomicBool::new(false);
/// Held while a frame is drawn, so that none is drawn on a terminal that was given back.
static DRAWING: Mutex<()> = Mutex::new(());

/// A terminal that shows a dashboard.
pub struct Screen {
    progress: Arc<Mutex<Progress>>,
    is_over: Arc<AtomicBool>,
    painter: Option<JoinHandle<()>>,
}

impl Screen {
    /// Takes the terminal over, where standard output is one that can be.
    pub fn open(title: &str, interrupts: &Arc<AtomicUsize>) -> Option<Self> {
        if !stdout().is_terminal() || ansi::size().is_none() {
            return None;
        }
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
        let has_keys = keys::listen();
        IS_SHOWN.store(true, Ordering::SeqCst);
        send(ENTER);
        let progress = Arc::new(Mutex::new(Progress::new(title)));
        let is_over = Arc::new(AtomicBool::new(false));
        let painter = std::thread::spawn({
            let (progress, is_over) = (Arc::clone(&progress), Arc::clone(&is_over));
            let interrupts = Arc::clone(interrupts);
            move || paint(&progress, &is_over, &interrupts, has_keys)
        });
        Some(Screen {
            progress,
            is_over,
            painter: Some(painter),
        })
    }

    /// What is shown, to be changed.
    pub fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(painter) = self.painter.take() {
            let _ = painter.join();
        }
        restore();
    }
}

/// Gives the terminal back, once, where a dashboard has it.
pub fn restore() {
    if IS_SHOWN.swap(false, Ordering::SeqCst) {
        // Not for ever: it may be the drawing itself that panicked.
        let drawn = (0..50).find_map(|_| {
            let free = DRAWING.try_lock().ok();
            free.or_else(|| {
                std::thread::sleep(Duration::from_millis(10));
                None
            })
        });
        send(LEAVE);
        drop(drawn);
        keys::restore();
    }
}

/// True while a dashboard has the terminal.
pub fn is_shown() -> bool {
    IS_SHOWN.load(Ordering::SeqCst)
}

fn send(sequence: &str) {
    let mut stdout = stdout().lock();
    let sent = stdout.write_all(sequence.as_bytes());
    // A terminal that has gone away needs nothing more.
    let _ = sent.and_then(|()| stdout.flush());
}

fn paint(
    progress: &Mutex<Progress>,
    is_over: &AtomicBool,
    interrupts: &AtomicUsize,
    has_keys: bool,
) {
    let begin = Instant::now();
    let Ok(mut terminal) = Terminal::new(Ansi::new(stdout())) else {
        return;
    };
    while !is_over.load(Ordering::SeqCst) && is_shown() {
        let mut shown = progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        shown.is_stopping = interrupts.load(Ordering::SeqCst) > 0;
        let elapsed = begin.elapsed().as_secs_f64();
        {
            let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
            let drawn = is_shown().then(|| terminal.draw(|frame| draw(frame, &shown, elapsed)));
            if drawn.is_none_or(|drawn| drawn.is_err()) {
                return;
            }
        }
        match has_keys {
            // Waits for a key, at most so long.
            true if keys::pressed(TICK) == Some(b'q') => {
                let _ = interrupts.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst);
            }
            true => {}
            false => std::thread::sleep(TICK),
        }
    }
}
