//! Bland-Altman plot: difference of two scores against their mean, one mark a patient.
//!
//! In: pairs of scores with bias and limits of agreement. Out: SVG. Positive patients are filled dots, negative ones
//! rings, so that a difference that depends on the class is seen.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Entry, Plot, SIDE, Sample, shortened};

/// What the plot shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BlandAltman {
    /// Name of the first score.
    pub first: String,
    /// Name of the second, which is taken from the first.
    pub second: String,
    /// Patients.
    pub patients: Vec<PairedScore>,
    /// Mean difference, where there is one.
    pub bias: Option<f64>,
    /// Limits of agreement, lower and upper.
    pub limits: Option<(f64, f64)>,
    /// Texts such as "bias 0.012 (95 % CI -0.004 to 0.028)", a line each.
    pub notes: Vec<String>,
}

/// One patient's two scores.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PairedScore {
    /// Whether the disorder is present.
    pub positive: bool,
    /// The first score.
    pub first: f64,
    /// The second score.
    pub second: f64,
}

/// Draws the differences with bias and limits. Patients whose scores are not finite are left out.
pub fn bland_altman(input: &BlandAltman) -> String {
    let points: Vec<(bool, f64, f64)> = input
        .patients
        .iter()
        .map(|pair| {
            let mean = f64::midpoint(pair.first, pair.second);
            (pair.positive, mean, pair.first - pair.second)
        })
        .filter(|(_, mean, difference)| mean.is_finite() && difference.is_finite())
        .collect();
    let limits = input
        .limits
        .filter(|(low, high)| low.is_finite() && high.is_finite());
    let ends = limits.map_or([0.0, 0.0], |(low, high)| [low, high]);
    let furthest = points
        .iter()
        .map(|point| point.2)
        .chain(ends)
        .fold(0.0_f64, |most, difference| most.max(difference.abs()));
    let reach = if furthest > 0.0 { 1.1 * furthest } else { 1.0 };
    let means = points.iter().map(|point| point.1);
    let low = means.clone().fold(f64::INFINITY, f64::min);
    let high = means.fold(f64::NEG_INFINITY, f64::max);
    let room = 0.04 * (high - low);
    let mut plot = Plot::new((low - room, high + room), (-reach, reach), 0.75 * SIDE);

    let names = (shortened(&input.first, 14), shortened(&input.second, 14));
    plot.axes("mean of both scores", &format!("{} − {}", names.0, names.1));
    let across = |plot: &mut Plot, y: f64, ink: Ink, dash: &str| {
        plot.line((low - room, y), (high + room, y), ink, 1.4, dash);
    };
    across(&mut plot, 0.0, Ink::Muted, "");
    if let Some(bias) = input.bias.filter(|bias| bias.is_finite()) {
        across(&mut plot, bias, Ink::Text, "");
    }
    if let Some((low, high)) = limits {
        across(&mut plot, low, Ink::Text, "6 4");
        across(&mut plot, high, Ink::Text, "6 4");
    }
    for &(positive, mean, difference) in &points {
        let at = plot.at((mean, difference));
        match positive {
            true => plot.canvas.dot(at, 3.4, Ink::Positive),
            false => plot.canvas.ring(at, 3.0, Ink::Negative),
        }
    }
    if points.is_empty() {
        plot.nothing("no patient has both scores");
    }
    let mut key = vec![
        Entry::new(Sample::Dot(Ink::Positive), "positive patients"),
        Entry::new(Sample::Ring(Ink::Negative), "negative patients"),
        Entry::new(Sample::Line(Ink::Text, ""), "bias"),
        Entry::new(Sample::Line(Ink::Text, "6 4"), "limits of agreement"),
    ];
    key.extend(
        input
            .notes
            .iter()
            .map(|note| Entry::new(Sample::None, note)),
    );
    let height = plot.key(&key);
    let description = format!("{} patients. {}", points.len(), input.notes.join(". "));
    plot.canvas
        .finish(height, "Bland-Altman plot", &description)
}
