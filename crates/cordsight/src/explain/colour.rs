//! One colour map for heat: equal steps of the number are equal steps to the eye.
//!
//! In: a value in 0..1. Out: red, green, blue. Lightness grows from dark violet over red to pale yellow, so that the order
//! also survives a grey print and colour blindness, and no shade is a radiograph's grey. Steps are of equal length in
//! Oklab, a space in which distances are those that people see; of each lightness and hue the most saturated colour that
//! a screen has, less a tenth.
//!
//! Source: Ottosson 2020, <https://bottosson.github.io/posts/oklab/>, for the space.

/// Number of colours.
pub const COLOURS: usize = 256;

/// Lightness in Oklab of the first and of the last colour.
const LIGHTNESS: [f64; 2] = [0.28, 0.95];
/// Hue of both in degrees; the way leads over red.
const HUE: [f64; 2] = [290.0, 465.0];
/// Largest distance from grey in Oklab.
const CHROMA: f64 = 0.19;
/// Points of the way before they are spaced evenly.
const FINE: usize = 2048;

/// The map, from no heat to the most.
pub fn heat() -> Vec<[u8; 3]> {
    let fine: Vec<[f64; 3]> = (0..=FINE)
        .map(|at| at as f64 / FINE as f64)
        .map(place)
        .collect();
    let mut length = vec![0.0];
    for pair in fine.windows(2) {
        length.push(length[length.len() - 1] + distance(pair[0], pair[1]));
    }
    let whole = length[FINE];
    let mut at = 0;
    (0..COLOURS)
        .map(|colour| {
            let wanted = whole * colour as f64 / (COLOURS - 1) as f64;
            while at < FINE && length[at + 1] < wanted {
                at += 1;
            }
            to_bytes(fine[at.min(FINE)])
        })
        .collect()
}

/// Lightness, and the two opposing colours, of a point of the way.
fn place(share: f64) -> [f64; 3] {
    let mixed = |[from, to]: [f64; 2]| from + share * (to - from);
    let (lightness, hue) = (mixed(LIGHTNESS), mixed(HUE).to_radians());
    let at = |chroma: f64| [lightness, chroma * hue.cos(), chroma * hue.sin()];
    let fits = |chroma: f64| {
        linear(at(chroma))
            .iter()
            .all(|part| (0.0..=1.0).contains(part))
    };
    let (mut low, mut high) = (0.0, 0.4);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if fits(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    at((0.9 * low).min(CHROMA))
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// Oklab to linear red, green and blue of sRGB.
fn linear([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let cube = |x: f64| x * x * x;
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn to_bytes(place: [f64; 3]) -> [u8; 3] {
    linear(place).map(|part| {
        let part = part.clamp(0.0, 1.0);
        let curved = match part <= 0.003_130_8 {
            true => 12.92 * part,
            false => 1.055 * part.powf(1.0 / 2.4) - 0.055,
        };
        (255.0 * curved).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes to Oklab.
    fn seen(colour: [u8; 3]) -> [f64; 3] {
        let [r, g, b] = colour.map(|byte| {
            let part = f64::from(byte) / 255.0;
            match part <= 0.040_45 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        });
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    #[test]
    fn lightness_grows_and_steps_are_even() {
        let places: Vec<[f64; 3]> = heat().into_iter().map(seen).collect();
        assert_eq!(places.len(), COLOURS);
        let steps: Vec<f64> = (0..240)
            .step_by(16)
            .map(|at| distance(places[at], places[at + 15]))
            .collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        for (at, step) in steps.iter().enumerate() {
            assert!((step / mean - 1.0).abs() < 0.15, "{at}: {step} of {mean}");
            assert!(places[16 * at + 15][0] > places[16 * at][0] + 0.01, "{at}");
        }
        for place in &places[16..240] {
            assert!(place[1].hypot(place[2]) > 0.05, "{place:?} is nearly grey");
        }
    }
}
