//! Learning curves: loss and AUC after each epoch, for training and validation patients.
//!
//! In: one row per epoch, values that were not measured left out. Out: SVG, loss above and AUC below on one time axis.

use serde::Serialize;

use super::WIDTH;
use super::axes::Axis;
use super::canvas::{Anchor, Canvas, Type};
use super::ink::Ink;

/// What the learning curves show.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Learning {
    /// Epochs in the order in which they ran.
    pub epochs: Vec<Epoch>,
    /// Number of the epoch whose weights the model has.
    pub best_epoch: Option<u32>,
}

/// One pass over the training patients.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Epoch {
    /// Counted from 1.
    pub number: u32,
    /// Mean loss on training patients.
    pub training_loss: Option<f64>,
    /// Mean loss on validation patients.
    pub validation_loss: Option<f64>,
    /// AUC on training patients, in [0, 1].
    pub training_auc: Option<f64>,
    /// AUC on validation patients, in [0, 1].
    pub validation_auc: Option<f64>,
}

type Value = fn(&Epoch) -> Option<f64>;

const LEFT: f64 = 58.0;
const RIGHT: f64 = WIDTH - 14.0;
const PANEL: f64 = 140.0;
const LEGEND: f64 = 34.0;

/// Draws the learning curves. A panel without any finite value is left out; with no panel at all, the figure says so.
pub fn learning(input: &Learning) -> String {
    let panels: [(&str, Value, Value, bool); 2] = [
        (
            "loss",
            |epoch| epoch.training_loss,
            |epoch| epoch.validation_loss,
            false,
        ),
        (
            "AUC",
            |epoch| epoch.training_auc,
            |epoch| epoch.validation_auc,
            true,
        ),
    ];
    let shown: Vec<_> = panels
        .into_iter()
        .filter(|panel| !series(input, panel.1).is_empty() || !series(input, panel.2).is_empty())
        .collect();
    let mut canvas = Canvas::new();
    if shown.is_empty() {
        let at = (WIDTH / 2.0, 34.0);
        canvas.text(
            at,
            Type::new(Anchor::Middle).ink(Ink::Muted),
            "no learning curves: no epoch was recorded",
        );
        return canvas.finish(60.0, "Learning curves", "No epoch was recorded.");
    }

    let first = input
        .epochs
        .iter()
        .map(|epoch| epoch.number)
        .min()
        .unwrap_or(1);
    let last = input
        .epochs
        .iter()
        .map(|epoch| epoch.number)
        .max()
        .unwrap_or(1);
    let span = if first == last {
        (f64::from(first) - 1.0, f64::from(last) + 1.0)
    } else {
        (first.into(), last.into())
    };
    let x = Axis::new(span, (LEFT, RIGHT));
    let ticks = x.ticks(8.0, 1.0);
    legend(
        &mut canvas,
        shown.iter().any(|panel| !series(input, panel.2).is_empty()),
        input.best_epoch,
    );

    let mut top = LEGEND;
    for &(name, training, validation, is_share) in &shown {
        panel(
            &mut canvas,
            input,
            (name, is_share),
            (training, validation),
            &x,
            top,
        );
        top += PANEL + 22.0;
    }
    let bottom = top - 22.0;
    if let Some(best) = input
        .best_epoch
        .filter(|best| (first..=last).contains(best))
    {
        let at = x.at(best.into());
        canvas.line((at, LEGEND), (at, bottom), Ink::Text, 1.0, "2 3");
    }
    x.label_below(&mut canvas, bottom, &ticks);
    canvas.text(
        ((LEFT + RIGHT) / 2.0, bottom + 37.0),
        Type::new(Anchor::Middle).sized(13.0),
        "epoch",
    );

    let best = input.best_epoch.map_or(String::new(), |best| {
        format!(" The model has the weights of epoch {best}.")
    });
    let description = format!("{} epochs.{best}", input.epochs.len());
    canvas.finish(bottom + 48.0, "Learning curves", &description)
}

fn panel(
    canvas: &mut Canvas,
    input: &Learning,
    (name, is_share): (&str, bool),
    (training, validation): (Value, Value),
    x: &Axis,
    top: f64,
) {
    let curves = [
        (series(input, training), Ink::Muted, "5 3", 1.5),
        (series(input, validation), Ink::Validation, "", 2.0),
    ];
    let values = || {
        curves
            .iter()
            .flat_map(|curve| curve.0.iter().map(|point| point.1))
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let span = if is_share {
        (if low < 0.5 { 0.0 } else { 0.5 }, 1.0)
    } else {
        (low.min(0.0), 1.05 * high)
    };
    let y = Axis::new(span, (top + PANEL, top));

    y.label_left(canvas, (LEFT, RIGHT), &y.ticks(5.0, 0.0));
    canvas.line((LEFT, top), (LEFT, top + PANEL), Ink::Muted, 1.0, "");
    canvas.line(
        (LEFT, top + PANEL),
        (RIGHT, top + PANEL),
        Ink::Muted,
        1.0,
        "",
    );
    canvas.upright_text(
        (18.0, top + PANEL / 2.0),
        Type::new(Anchor::Middle).sized(13.0),
        name,
    );
    for (points, ink, dash, width) in &curves {
        let placed: Vec<(f64, f64)> = points
            .iter()
            .map(|&(epoch, value)| (x.at(epoch), y.at(value)))
            .collect();
        canvas.curve(&placed, *ink, *width, dash);
        if placed.len() <= 40 {
            for at in placed {
                canvas.dot(at, 2.2, *ink);
            }
        }
    }
}

fn series(input: &Learning, value: Value) -> Vec<(f64, f64)> {
    let measured = |epoch: &Epoch| value(epoch).filter(|value| value.is_finite());
    input
        .epochs
        .iter()
        .filter_map(|epoch| Some((epoch.number.into(), measured(epoch)?)))
        .collect()
}

fn legend(canvas: &mut Canvas, has_validation: bool, best_epoch: Option<u32>) {
    let baseline = 16.0;
    let mut entry = |x: f64, ink: Ink, width: f64, dash: &str, text: &str| {
        canvas.line(
            (x, baseline - 4.0),
            (x + 24.0, baseline - 4.0),
            ink,
            width,
            dash,
        );
        canvas.text((x + 30.0, baseline), Type::new(Anchor::Start), text);
    };
    entry(LEFT, Ink::Muted, 1.5, "5 3", "training");
    if has_validation {
        entry(LEFT + 98.0, Ink::Validation, 2.0, "", "validation");
    }
    if let Some(best) = best_epoch {
        entry(
            LEFT + 206.0,
            Ink::Text,
            1.0,
            "2 3",
            &format!("epoch used: {best}"),
        );
    }
}
