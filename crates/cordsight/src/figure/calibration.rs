//! Calibration: how often the disorder is there where the model says so, with the scores of both classes below.
//!
//! In: groups of patients with their mean score and observed share, an optional fitted curve, and scores. Out: SVG. On the
//! dashed line scores are probabilities. The histogram shows where there are patients at all: positive ones as filled bars
//! upwards, negative ones as outlined bars downwards.

use serde::Serialize;

use super::canvas::{Anchor, Type};
use super::ink::Ink;
use super::plot::{Entry, LEFT, Plot, SIDE, Sample, line_at};

/// What the calibration figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Calibration {
    /// Groups of patients by score.
    pub groups: Vec<ReliabilityGroup>,
    /// A fitted curve as `(score, probability)`; empty where there is none.
    pub curve: Vec<(f64, f64)>,
    /// What the curve is, such as "isotonic fit".
    pub curve_name: String,
    /// Scores of positive patients, each in [0, 1].
    pub positive_scores: Vec<f64>,
    /// Scores of negative patients, each in [0, 1].
    pub negative_scores: Vec<f64>,
    /// Texts such as "slope 0.91 (95 % CI 0.60 to 1.22)", a line each.
    pub notes: Vec<String>,
}

/// Patients of similar score.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReliabilityGroup {
    /// Mean score, in [0, 1].
    pub mean_score: f64,
    /// Share of positive patients, in [0, 1].
    pub observed: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Number of patients.
    pub patients: u64,
}

const HISTOGRAM: f64 = 86.0;
const BINS: usize = 20;

/// Draws the groups with their intervals, the line of perfect calibration, and the histogram.
pub fn calibration(input: &Calibration) -> String {
    let mut plot = Plot::square();
    plot.axes("score", "observed share of positive patients");
    plot.line((0.0, 0.0), (1.0, 1.0), Ink::Muted, 1.0, "4 4");
    let (ink, dash) = line_at(1);
    plot.curve(&input.curve, (ink, dash), 1.8);
    let mut drawn = 0;
    for group in &input.groups {
        if !(group.mean_score.is_finite() && group.observed.is_finite()) {
            continue;
        }
        if let Some((low, high)) = group.interval
            && low.is_finite()
            && high.is_finite()
        {
            let x = group.mean_score;
            plot.line((x, low), (x, high), Ink::Text, 1.2, "");
        }
        let at = plot.at((group.mean_score, group.observed));
        plot.canvas.dot(at, 4.2, Ink::Text);
        drawn += 1;
    }
    if drawn == 0 {
        plot.nothing("no points: they need scores from 0 to 1");
    }
    let mut key = vec![
        Entry::new(
            Sample::Dot(Ink::Text),
            "patients of similar score, with interval",
        ),
        Entry::new(Sample::Line(Ink::Muted, "4 4"), "perfect calibration"),
    ];
    if !input.curve.is_empty() {
        key.push(Entry::new(Sample::Line(ink, dash), &input.curve_name));
    }
    key.extend(
        input
            .notes
            .iter()
            .map(|note| Entry::new(Sample::None, note)),
    );
    histogram(&mut plot, input);
    plot.bottom += HISTOGRAM + 4.0;
    let height = plot.key(&key);
    let description = format!("{drawn} groups. {}", input.notes.join(". "));
    plot.canvas.finish(height, "Calibration", &description)
}

/// Bars below the plotting area: positive patients upwards, negative ones downwards, in one scale.
fn histogram(plot: &mut Plot, input: &Calibration) {
    let classes = [
        (binned(&input.positive_scores), "positive"),
        (binned(&input.negative_scores), "negative"),
    ];
    let tallest = |bins: &[u32; BINS]| bins.iter().copied().max().unwrap_or(0);
    let heights = [tallest(&classes[0].0), tallest(&classes[1].0)];
    let unit = (HISTOGRAM - 12.0) / f64::from((heights[0] + heights[1]).max(1));
    let zero = plot.bottom + 56.0 + f64::from(heights[0]) * unit;
    let width = SIDE / BINS as f64;
    for (bin, (&up, &down)) in classes[0].0.iter().zip(&classes[1].0).enumerate() {
        let x = LEFT + width * bin as f64 + 1.0;
        let (up, down) = (f64::from(up) * unit, f64::from(down) * unit);
        if up > 0.0 {
            let size = (width - 2.0, up);
            plot.canvas.rectangle((x, zero - up), size, Ink::Positive);
        }
        if down > 0.0 {
            let size = (width - 2.0, down);
            plot.canvas.frame((x, zero), size, Ink::Negative, 1.2);
        }
    }
    plot.canvas
        .line((LEFT, zero), (LEFT + SIDE, zero), Ink::Muted, 1.0, "");
    for ((_, name), (dy, ink)) in classes
        .iter()
        .zip([(-5.0, Ink::Positive), (13.0, Ink::Negative)])
    {
        let set = Type::new(Anchor::End).sized(10.0).ink(ink);
        plot.canvas.text((LEFT - 6.0, zero + dy), set, name);
    }
}

fn binned(scores: &[f64]) -> [u32; BINS] {
    let mut bins = [0; BINS];
    for score in scores.iter().filter(|score| score.is_finite()) {
        let bin = (score.clamp(0.0, 1.0) * BINS as f64) as usize;
        bins[bin.min(BINS - 1)] += 1;
    }
    bins
}
