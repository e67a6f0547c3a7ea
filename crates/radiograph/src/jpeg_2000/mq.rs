//! The arithmetic decoder of bit planes, and the bits that bypass it.
//!
//! In: a segment with two bytes of 0xff behind it. Out: decisions. Interval and code value are scaled by 2^32, so that bytes are fetched
//! several at once; as long as both stay out of reach of a renormalisation, which `slack` counts, a decision is the
//! probable symbol, and one subtraction makes it.
//!
//! Source: ITU-T T.800 annex C (names there: A, C, Qe, MPS); D.6 (bypass).

/// Fraction bits below the integer part of the standard's 16-bit registers.
const FRACTION: u32 = 32;
const HALF: i64 = 0x8000 << FRACTION;

/// Qe, next state after a probable and an improbable symbol, and whether the latter swaps the symbols (table C.2).
const QE: [(u16, u8, u8, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 2, 6, false),
    (0x1801, 3, 9, false),
    (0x0ac1, 4, 12, false),
    (0x0521, 5, 29, false),
    (0x0221, 38, 33, false),
    (0x5601, 7, 6, true),
    (0x5401, 8, 14, false),
    (0x4801, 9, 14, false),
    (0x3801, 10, 14, false),
    (0x3001, 11, 17, false),
    (0x2401, 12, 18, false),
    (0x1c01, 13, 20, false),
    (0x1601, 29, 21, false),
    (0x5601, 15, 14, true),
    (0x5401, 16, 14, false),
    (0x5101, 17, 15, false),
    (0x4801, 18, 16, false),
    (0x3801, 19, 17, false),
    (0x3401, 20, 18, false),
    (0x3001, 21, 19, false),
    (0x2801, 22, 19, false),
    (0x2401, 23, 20, false),
    (0x2201, 24, 21, false),
    (0x1c01, 25, 22, false),
    (0x1801, 26, 23, false),
    (0x1601, 27, 24, false),
    (0x1401, 28, 25, false),
    (0x1201, 29, 26, false),
    (0x1101, 30, 27, false),
    (0x0ac1, 31, 28, false),
    (0x09c1, 32, 29, false),
    (0x08a1, 33, 30, false),
    (0x0521, 34, 31, false),
    (0x0441, 35, 32, false),
    (0x02a1, 36, 33, false),
    (0x0221, 37, 34, false),
    (0x0141, 38, 35, false),
    (0x0111, 39, 36, false),
    (0x0085, 40, 37, false),
    (0x0049, 41, 38, false),
    (0x0025, 42, 39, false),
    (0x0015, 43, 40, false),
    (0x0009, 44, 41, false),
    (0x0005, 45, 42, false),
    (0x0001, 45, 43, false),
    (0x5601, 46, 46, false),
];

/// A state with its probable symbol.
#[derive(Debug, Clone, Copy)]
struct State {
    qe: i64,
    /// Places in [`STATES`] after the probable and the improbable symbol.
    next: [u8; 2],
    symbol: u8,
}

/// State `n` with symbol 0 at 2n, with 1 at 2n + 1.
const STATES: [State; 128] = {
    let empty = State {
        qe: 0,
        next: [0, 0],
        symbol: 0,
    };
    let mut states = [empty; 128];
    let mut at = 0;
    while at < 94 {
        let (qe, probable, improbable, swaps) = QE[at / 2];
        let symbol = (at % 2) as u8;
        states[at] = State {
            qe: (qe as i64) << FRACTION,
            next: [
                2 * probable + symbol,
                2 * improbable + (symbol ^ swaps as u8),
            ],
            symbol,
        };
        at += 1;
    }
    states
};

/// Contexts: 0 to 8 significance, 9 to 13 sign, 14 to 16 refinement.
pub(super) const RUN: usize = 17;
pub(super) const UNIFORM: usize = 18;

/// The adaptive states of a code block, 19 of them; the rest saves checks.
#[derive(Clone, Copy)]
pub(super) struct Contexts([State; 32]);

impl Contexts {
    /// Table D.7.
    pub fn new() -> Contexts {
        let mut states = [STATES[0]; 32];
        states[0] = STATES[2 * 4];
        states[RUN] = STATES[2 * 3];
        states[UNIFORM] = STATES[2 * 46];
        Contexts(states)
    }
}

/// Where decisions come from.
pub(super) trait Source {
    /// Bits as they are, without contexts.
    const IS_RAW: bool;
    fn bit(&mut self, context: usize) -> u32;
}

#[derive(Clone, Copy)]
pub(super) struct Arithmetic<'a> {
    data: &'a [u8],
    at: usize,
    /// What is left of A and of C above `slack`.
    interval: i64,
    code: i64,
    slack: i64,
    /// Fraction bits of C that have been fetched.
    fetched: i32,
    pub contexts: Contexts,
}

impl<'a> Arithmetic<'a> {
    /// `data` ends with two bytes of 0xff.
    pub fn new(data: &'a [u8], contexts: Contexts) -> Arithmetic<'a> {
        let first = data.first().copied().unwrap_or(0xff);
        let (code, at, fetched) = fetch(data, 1, i64::from(first) << (FRACTION + 7), -7);
        Arithmetic {
            data,
            at,
            interval: HALF,
            code,
            slack: 0,
            fetched,
            contexts,
        }
    }
}

/// Fills the fraction of C up: its value, the next byte and the number of bits.
#[inline(never)]
fn fetch(data: &[u8], mut at: usize, mut code: i64, mut fetched: i32) -> (i64, usize, i32) {
    while fetched <= 24 {
        let byte = data.get(at).copied().unwrap_or(0xff);
        let is_stuffed = at.checked_sub(1).and_then(|last| data.get(last)) == Some(&0xff);
        if !is_stuffed {
            code = code.wrapping_add(i64::from(byte) << (24 - fetched));
            fetched += 8;
            at += 1;
        } else if byte > 0x8f {
            // A marker, or the end: ones from here on.
            code = code.wrapping_add(0xff << (24 - fetched));
            fetched += 8;
        } else {
            code = code.wrapping_add(i64::from(byte) << (25 - fetched));
            fetched += 7;
            at += 1;
        }
    }
    (code, at, fetched)
}

impl Source for Arithmetic<'_> {
    const IS_RAW: bool = false;

    #[inline(always)]
    fn bit(&mut self, context: usize) -> u32 {
        let state = &mut self.contexts.0[context & 31];
        self.slack -= state.qe;
        let symbol = u32::from(state.symbol);
        if self.slack >= 0 {
            return symbol;
        }
        let interval = self.interval.wrapping_add(self.slack);
        let code = self.code.wrapping_add(self.slack);
        let is_lower = code < 0;
        let is_improbable = is_lower ^ (interval < state.qe);
        let lower = code >> 63;
        let code = code.wrapping_add(lower & state.qe);
        let interval = if is_lower { state.qe } else { interval };
        *state = STATES[usize::from(state.next[usize::from(is_improbable)]) & 127];
        // Qe is at least 1. A code value that no encoder writes may drive the interval out of its range.
        let places = (interval.leading_zeros() as i32 - (63 - 15 - FRACTION as i32)).clamp(0, 15);
        let interval = interval << places;
        self.code = code << places;
        self.fetched -= places;
        if self.fetched < 16 {
            (self.code, self.at, self.fetched) = fetch(self.data, self.at, self.code, self.fetched);
        }
        self.slack = (interval - HALF).min(self.code);
        self.interval = interval.wrapping_sub(self.slack);
        self.code = self.code.wrapping_sub(self.slack);
        symbol ^ u32::from(is_improbable)
    }
}

/// Bits that bypass the arithmetic decoder; seven in a byte after 0xff.
pub(super) struct Raw<'a> {
    data: &'a [u8],
    at: usize,
    byte: u8,
    left: u32,
}

impl<'a> Raw<'a> {
    pub fn new(data: &'a [u8]) -> Raw<'a> {
        Raw {
            data,
            at: 0,
            byte: 0,
            left: 0,
        }
    }
}

impl Source for Raw<'_> {
    const IS_RAW: bool = true;

    #[inline(always)]
    fn bit(&mut self, _: usize) -> u32 {
        if self.left == 0 {
            self.left = if self.byte == 0xff { 7 } else { 8 };
            self.byte = self.data.get(self.at).copied().unwrap_or(0xff);
            self.at += 1;
        }
        self.left -= 1;
        u32::from(self.byte >> self.left) & 1
    }
}
