//! Scores of the patients by class, with the threshold.
//!
//! In: the scores of each class. Out: SVG. Each patient is one mark, smaller where stacks are tall; beyond that, bars.
//! Bins are counted from the threshold outwards, so that no bin has patients of both its sides.

use serde::Serialize;

use super::WIDTH;
use super::axes::Axis;
use super::canvas::{Anchor, Canvas, Type};
use super::ink::Ink;

/// What the distribution of scores shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scores {
    /// Name of the class with the disorder.
    pub positive: String,
    /// Name of the class without it.
    pub negative: String,
    /// Scores of positive patients, each in [0, 1].
    pub positive_scores: Vec<f64>,
    /// Scores of negative patients, each in [0, 1].
    pub negative_scores: Vec<f64>,
    /// Called positive from this score on, in [0, 1].
    pub threshold: f64,
}

const LEFT: f64 = 14.0;
const RIGHT: f64 = WIDTH - 14.0;
const TOP: f64 = 42.0;
const ROW: f64 = 106.0;
const NAME: f64 = 20.0;
const BIN: f64 = 0.025;
const DOT_MAX: f64 = 4.6;
const DOT_MIN: f64 = 1.6;

/// Draws the scores of both classes. Scores that are not finite are left out.
pub fn scores(input: &Scores) -> String {
    let x = Axis::new((0.0, 1.0), (LEFT, RIGHT));
    let threshold = if input.threshold.is_finite() {
        input.threshold.clamp(0.0, 1.0)
    } else {
        0.5
    };
    let rows = [
        (
            &input.positive,
            binned(&input.positive_scores, threshold),
            Ink::Positive,
            true,
        ),
        (
            &input.negative,
            binned(&input.negative_scores, threshold),
            Ink::Negative,
            false,
        ),
    ];
    let tallest = rows
        .iter()
        .flat_map(|row| row.1.iter().map(|bin| bin.count))
        .max()
        .unwrap_or(0);
    let room = ROW - NAME - 12.0;
    let dot = (room / (2.0 * f64::from(tallest.max(1)))).min(DOT_MAX);
    let as_dots = dot >= DOT_MIN;

    let mut canvas = Canvas::new();
    let bottom = TOP + 2.0 * ROW;
    let at = x.at(threshold);
    canvas.line((at, 21.0), (at, TOP - 8.0), Ink::Text, 1.2, "");
    let set = Type::new(if at < 120.0 {
        Anchor::Start
    } else if at > WIDTH - 120.0 {
        Anchor::End
    } else {
        Anchor::Middle
    });
    canvas.text((at, 16.0), set, &format!("threshold {threshold:.3}"));

    for (row, (name, bins, ink, is_positive)) in rows.iter().enumerate() {
        let base = TOP + ROW * (row as f64 + 1.0) - 6.0;
        let patients: u32 = bins.iter().map(|bin| bin.count).sum();
        let wrong: u32 = bins
            .iter()
            .filter(|bin| bin.is_called_positive != *is_positive)
            .map(|bin| bin.count)
            .sum();
        let foot = base - ROW + NAME;
        canvas.text(
            (LEFT, foot),
            Type::new(Anchor::Start).bold().ink(*ink),
            &shortened(name),
        );
        let errors = format!("{wrong} of {patients} on the wrong side");
        canvas.text((RIGHT, foot), Type::new(Anchor::End), &errors);
        canvas.line((LEFT, base), (RIGHT, base), Ink::Muted, 1.0, "");
        canvas.line((at, base - room - 2.0), (at, base), Ink::Text, 1.2, "4 3");
        for bin in bins {
            let is_wrong = bin.is_called_positive != *is_positive;
            if as_dots {
                stack(
                    &mut canvas,
                    (x.at(bin.centre), base),
                    (bin.count, dot),
                    *ink,
                    is_wrong,
                );
            } else {
                let height = room * f64::from(bin.count) / f64::from(tallest);
                let (start, end) = (x.at(bin.start) + 0.5, x.at(bin.end) - 0.5);
                let size = (end - start, height);
                let corner = (start, base - height);
                if is_wrong {
                    canvas.rectangle(corner, size, *ink)
                } else {
                    canvas.frame(corner, size, *ink, 1.0)
                }
            }
        }
    }
    x.label_below(&mut canvas, bottom - 6.0, &x.ticks(5.0, 0.0));
    canvas.text(
        ((LEFT + RIGHT) / 2.0, bottom + 31.0),
        Type::new(Anchor::Middle).sized(13.0),
        "score",
    );
    let key = if as_dots {
        "one mark per patient; filled: wrong side of the threshold".to_owned()
    } else {
        format!(
            "patients per {BIN} of score, tallest bar {tallest}; filled: wrong side of the threshold"
        )
    };
    canvas.text(
        ((LEFT + RIGHT) / 2.0, bottom + 50.0),
        Type::new(Anchor::Middle).sized(11.0).ink(Ink::Muted),
        &key,
    );
    let description = format!(
        "{} scores of {} and {} of {}; threshold {threshold:.3}.",
        input.positive_scores.len(),
        input.positive,
        input.negative_scores.len(),
        input.negative
    );
    canvas.finish(bottom + 60.0, "Scores by class", &description)
}

/// At most 32 characters, as many as fit beside the counts.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 32 {
        return name.to_owned();
    }
    name.chars().take(31).chain(['…']).collect()
}

struct Bin {
    start: f64,
    end: f64,
    centre: f64,
    count: u32,
    is_called_positive: bool,
}

/// Bins of width [`BIN`] whose edges are the threshold plus or minus whole widths, cut off at 0 and 1; empty ones left out.
fn binned(scores: &[f64], threshold: f64) -> Vec<Bin> {
    let mut counts = std::collections::BTreeMap::new();
    for score in scores.iter().filter(|score| score.is_finite()) {
        let score = score.clamp(0.0, 1.0);
        let steps = ((score - threshold) / BIN).floor() as i64;
        // Rounding may carry a score just below the threshold into the first bin above it, or the reverse.
        let steps = if score >= threshold {
            steps.max(0)
        } else {
            steps.min(-1)
        };
        *counts.entry(steps).or_insert(0) += 1;
    }
    counts
        .into_iter()
        .map(|(steps, count)| {
            let start = (threshold + steps as f64 * BIN).clamp(0.0, 1.0);
            let end = (threshold + (steps + 1) as f64 * BIN).clamp(0.0, 1.0);
            Bin {
                start,
                end,
                centre: f64::midpoint(start, end),
                count,
                is_called_positive: steps >= 0,
            }
        })
        .collect()
}

fn stack(
    canvas: &mut Canvas,
    foot: (f64, f64),
    (count, dot): (u32, f64),
    ink: Ink,
    is_wrong: bool,
) {
    for level in 0..count {
        let centre = (foot.0, foot.1 - 1.5 - dot - 2.0 * dot * f64::from(level));
        if is_wrong {
            canvas.dot(centre, dot - 0.3, ink)
        } else {
            canvas.ring(centre, dot - 0.9, ink)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::binned;

    #[test]
    fn no_bin_has_patients_of_both_sides_of_the_threshold() {
        let threshold = 0.417;
        let scores: Vec<f64> = (0..=1000).map(|index| f64::from(index) / 1000.0).collect();
        let bins = binned(&scores, threshold);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u32>(), 1001);
        let called: u32 = bins
            .iter()
            .filter(|bin| bin.is_called_positive)
            .map(|bin| bin.count)
            .sum();
        assert_eq!(
            called as usize,
            scores.iter().filter(|score| **score >= threshold).count()
        );
        assert!(
            bins.iter()
                .all(|bin| bin.start >= threshold - 1e-9 || bin.end <= threshold + 1e-9)
        );
    }
}
