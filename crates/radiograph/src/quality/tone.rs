//! Exposure, clipping and contrast as displayed, within the exposed field.
//!
//! In: picture and field. Out: percentiles of grey, shares at both ends, entropy, number of greys. They describe the picture as
//! displayed, window and all: dose cannot be told from it, since every machine fits a window to the signal.

use super::reduce::Area;
use crate::grey::GreyImage;

/// Steps in which greys are counted.
const STEPS: usize = 1 << 16;
/// Bins of the entropy.
const BINS: usize = 256;

/// How grey is spread in the exposed field; greys are 0 (black) to 1 (white) as displayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Grey below which 1 % of the pixels lie.
    pub low: f64,
    /// Grey below which half of the pixels lie.
    pub median: f64,
    /// Grey below which 99 % of the pixels lie.
    pub high: f64,
    /// Share of pixels of the very least grey that occurs, 0 to 1.
    pub darkest_share: f64,
    /// Share of pixels of the very largest grey that occurs, 0 to 1.
    pub brightest_share: f64,
    /// Entropy of 256 bins from black to white, bits, 0 to 8.
    pub entropy_bits: f64,
    /// Number of different greys, in steps of 1/65535.
    pub greys: usize,
}

impl Tone {
    /// Range from `low` to `high`, 0 to 1.
    pub fn range(&self) -> f64 {
        self.high - self.low
    }
}

pub(super) fn tone(image: &GreyImage, area: Area) -> Tone {
    let mut counts = vec![0_u32; STEPS];
    for row in area.top..area.bottom {
        for &grey in &image.pixels[row * image.width..][area.left..area.right] {
            counts[(grey * (STEPS - 1) as f32 + 0.5) as usize] += 1;
        }
    }
    let total = area.width() * area.height();
    let part = |count: u32| f64::from(count) / total as f64;
    let below = |share: f64| -> f64 {
        let wanted = (share * total as f64) as u64;
        let mut seen = 0;
        let at = counts.iter().position(|&count| {
            seen += u64::from(count);
            seen > wanted
        });
        at.unwrap_or(STEPS - 1) as f64 / (STEPS - 1) as f64
    };
    let entropy_bits = counts
        .chunks(STEPS / BINS)
        .map(|bin| part(bin.iter().sum()))
        .filter(|share| *share > 0.0)
        .map(|share| -share * share.log2())
        .sum();
    let used = || counts.iter().copied().filter(|&count| count > 0);
    Tone {
        low: below(0.01),
        median: below(0.5),
        high: below(0.99),
        darkest_share: used().next().map_or(0.0, part),
        brightest_share: used().next_back().map_or(0.0, part),
        entropy_bits,
        greys: used().count(),
    }
}
