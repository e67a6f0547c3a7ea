//! Single keys from the terminal behind standard input, by termios.
//!
//! In: nothing. Out: a key, or none after a while. Lines, echo and Control-Z are off meanwhile (a stopped program would leave
//! the second screen); Control-C stays the signal that it is.

use std::io::{IsTerminal, stdin};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Begins to listen, where standard input is a terminal.
pub fn listen() -> bool {
    if !stdin().is_terminal() {
        return false;
    }
    let Ok(before) = tcgetattr(stdin()) else {
        return false;
    };
    let mut raw = before.clone();
    raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    raw.special_codes[SpecialCodeIndex::VSUSP] = 0;
    // A read then returns after a tenth of a second, with a key or without.
    raw.special_codes[SpecialCodeIndex::VMIN] = 0;
    raw.special_codes[SpecialCodeIndex::VTIME] = 1;
    if tcsetattr(stdin(), OptionalActions::Now, &raw).is_err() {
        return false;
    }
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    true
}

/// A key that is pressed, waiting at most about so long.
pub fn pressed(wait: Duration) -> Option<u8> {
    let mut key = [0];
    for _ in 0..wait.as_millis().div_ceil(100) {
        // Past the buffer of the standard library, which takes an empty read for the end of the input.
        match rustix::io::read(stdin(), &mut key) {
            Ok(1) => return Some(key[0]),
            Ok(_) => {}
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    None
}

/// Puts the terminal back as it was.
pub fn restore() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = before.take() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}
