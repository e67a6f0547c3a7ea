//! The two-by-two table of a diagnostic test: reference standard in rows, the model's answer in columns.
//!
//! In: four counts and two class names. Out: SVG with counts and row percentages, so that the first row reads as
//! sensitivity and the second as specificity.

use serde::Serialize;

use super::canvas::{Anchor, Canvas, Type, wrap};
use super::ink::Ink;

/// What the two-by-two table shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Confusion {
    /// Name of the class with the disorder.
    pub positive: String,
    /// Name of the class without it.
    pub negative: String,
    /// Positive patients called positive.
    pub true_positive: u64,
    /// Positive patients called negative.
    pub false_negative: u64,
    /// Negative patients called positive.
    pub false_positive: u64,
    /// Negative patients called negative.
    pub true_negative: u64,
}

const LEFT: f64 = 114.0;
const TOP: f64 = 62.0;
const CELL: (f64, f64) = (130.0, 92.0);
const GAP: f64 = 3.0;

/// Draws the two-by-two table. A row without patients has counts of 0 and no percentages.
pub fn confusion(input: &Confusion) -> String {
    let mut canvas = Canvas::new();
    let rows = [
        (
            &input.positive,
            [
                (input.true_positive, "true positive", Ink::Right),
                (input.false_negative, "false negative (missed)", Ink::Wrong),
            ],
        ),
        (
            &input.negative,
            [
                (input.false_positive, "false positive", Ink::Wrong),
                (input.true_negative, "true negative", Ink::Right),
            ],
        ),
    ];
    let right = LEFT + 2.0 * CELL.0 + GAP;
    let middle = LEFT + CELL.0 + GAP / 2.0;

    canvas.text(
        (middle, 16.0),
        Type::new(Anchor::Middle).ink(Ink::Muted),
        "called by the model",
    );
    for (column, name) in [&input.positive, &input.negative].into_iter().enumerate() {
        let x = LEFT + CELL.0 / 2.0 + column as f64 * (CELL.0 + GAP);
        text_lines(
            &mut canvas,
            (x, 43.0),
            Type::new(Anchor::Middle).bold(),
            &wrap(name, 18),
        );
    }
    canvas.text(
        (right + 14.0, 43.0),
        Type::new(Anchor::Start).ink(Ink::Muted),
        "total",
    );
    canvas.upright_text(
        (14.0, TOP + CELL.1 + GAP / 2.0),
        Type::new(Anchor::Middle).ink(Ink::Muted),
        "reference standard",
    );

    for (row, (name, cells)) in rows.iter().enumerate() {
        let y = TOP + row as f64 * (CELL.1 + GAP);
        let total = cells[0].0 + cells[1].0;
        text_lines(
            &mut canvas,
            (LEFT - 10.0, y + CELL.1 / 2.0 + 4.0),
            Type::new(Anchor::End).bold(),
            &wrap(name, 11),
        );
        for (column, (count, meaning, ink)) in cells.iter().enumerate() {
            let x = LEFT + column as f64 * (CELL.0 + GAP);
            canvas.rectangle((x, y), CELL, *ink);
            let centre = x + CELL.0 / 2.0;
            canvas.text(
                (centre, y + 40.0),
                Type::new(Anchor::Middle).sized(26.0),
                &count.to_string(),
            );
            if total > 0 {
                let share = format!("{:.1} % of {total}", 100.0 * *count as f64 / total as f64);
                canvas.text((centre, y + 59.0), Type::new(Anchor::Middle), &share);
            }
            canvas.text(
                (centre, y + 80.0),
                Type::new(Anchor::Middle).sized(10.0),
                meaning,
            );
        }
        canvas.text(
            (right + 14.0, y + CELL.1 / 2.0 + 4.0),
            Type::new(Anchor::Start),
            &total.to_string(),
        );
    }

    let bottom = TOP + 2.0 * CELL.1 + GAP;
    let columns = [
        input.true_positive + input.false_positive,
        input.false_negative + input.true_negative,
    ];
    canvas.text(
        (LEFT - 10.0, bottom + 20.0),
        Type::new(Anchor::End).ink(Ink::Muted),
        "total",
    );
    for (column, total) in columns.into_iter().enumerate() {
        let x = LEFT + CELL.0 / 2.0 + column as f64 * (CELL.0 + GAP);
        canvas.text(
            (x, bottom + 20.0),
            Type::new(Anchor::Middle),
            &total.to_string(),
        );
    }
    canvas.text(
        (right + 14.0, bottom + 20.0),
        Type::new(Anchor::Start),
        &(columns[0] + columns[1]).to_string(),
    );

    let description = format!(
        "{} true positive, {} false negative, {} false positive, {} true negative.",
        input.true_positive, input.false_negative, input.false_positive, input.true_negative
    );
    canvas.finish(bottom + 32.0, "Two-by-two table", &description)
}

/// At most three lines, centred on the position.
fn text_lines(canvas: &mut Canvas, at: (f64, f64), set: Type, lines: &[String]) {
    let shown = &lines[..lines.len().min(3)];
    let first = at.1 - 7.0 * (shown.len() as f64 - 1.0);
    for (index, line) in shown.iter().enumerate() {
        canvas.text((at.0, first + 14.0 * index as f64), set, line);
    }
}
