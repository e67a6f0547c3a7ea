//! Keys where there is no termios: none; Control-C stops.

use std::time::Duration;

/// Nobody listens.
pub fn listen() -> bool {
    false
}

/// No key.
pub fn pressed(wait: Duration) -> Option<u8> {
    std::thread::sleep(wait);
    None
}

/// Nothing was changed.
pub fn restore() {}
