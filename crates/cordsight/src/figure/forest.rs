//! Forest plot: one figure of merit in each subgroup, with its interval.
//!
//! In: groups of rows with estimates and their texts. Out: SVG. A square's side grows with the number of patients; the
//! diamond below is all patients together, and a dashed line carries its value through the subgroups.

use serde::Serialize;

use super::WIDTH;
use super::axes::Axis;
use super::canvas::{Anchor, Canvas, Type};
use super::ink::Ink;
use super::plot::shortened;

/// What the forest plot shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Forest {
    /// What is estimated, such as "AUC".
    pub measure: String,
    /// Subgroups by the column that makes them.
    pub groups: Vec<ForestGroup>,
    /// All patients.
    pub overall: ForestRow,
}

/// The subgroups of one column.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForestGroup {
    /// Name of the column.
    pub name: String,
    /// Test of a difference between the subgroups, as text such as "P = 0.41"; empty where there is none.
    pub interaction: String,
    /// One row a subgroup.
    pub rows: Vec<ForestRow>,
}

/// One line of the plot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForestRow {
    /// Name of the subgroup.
    pub name: String,
    /// Patients in it; 0 where it is not known, which is left blank.
    pub patients: u64,
    /// The estimate, where there is one.
    pub estimate: Option<f64>,
    /// Its interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// What stands on the right, such as "0.87 (0.78 to 0.95)", or a short reason.
    pub text: String,
}

const NAME: f64 = 14.0;
const PATIENTS: f64 = 152.0;
const LEFT: f64 = 168.0;
const RIGHT: f64 = 290.0;
const TOP: f64 = 34.0;
const ROW: f64 = 21.0;

/// Draws the subgroups. An estimate that is missing or not finite has its text and no mark.
pub fn forest(input: &Forest) -> String {
    let x = axis(input);
    let mut canvas = Canvas::new();
    let head = |anchor| Type::new(anchor).sized(11.0).ink(Ink::Muted);
    if rows(input).any(|row| row.patients > 0) {
        canvas.text((PATIENTS, 18.0), head(Anchor::End), "patients");
    }
    canvas.text((WIDTH - 14.0, 18.0), head(Anchor::End), "95 % interval");

    let lines: usize = input.groups.iter().map(|group| group.rows.len() + 1).sum();
    let bottom = TOP + ROW * (lines as f64 + 1.0) + 8.0;
    let ticks = x.ticks(5.0, 0.0);
    for &tick in &ticks.0 {
        let at = (x.at(tick), TOP - 4.0);
        canvas.line(at, (x.at(tick), bottom), Ink::Rule, 0.75, "");
    }
    x.label_below(&mut canvas, bottom, &ticks);
    canvas.line((LEFT, bottom), (RIGHT, bottom), Ink::Muted, 1.0, "");
    if let Some(value) = input.overall.estimate.filter(|value| value.is_finite()) {
        let at = x.at(value);
        canvas.line((at, TOP - 4.0), (at, bottom), Ink::Muted, 1.0, "4 4");
    }

    let most = rows(input)
        .map(|row| row.patients)
        .max()
        .unwrap_or(1)
        .max(1);
    let mut y = TOP;
    for group in &input.groups {
        let middle = y + ROW / 2.0 + 4.0;
        let name = Type::new(Anchor::Start).bold();
        canvas.text((NAME, middle), name, &shortened(&group.name, 20));
        let interaction = head(Anchor::End);
        canvas.text((WIDTH - 14.0, middle), interaction, &group.interaction);
        y += ROW;
        for row in &group.rows {
            let side = 4.0 + 7.0 * (row.patients as f64 / most as f64).sqrt();
            line(&mut canvas, &x, row, (y, 12.0), |canvas, at| {
                let corner = (at.0 - side / 2.0, at.1 - side / 2.0);
                canvas.rectangle(corner, (side, side), Ink::Negative);
            });
            y += ROW;
        }
    }
    let overall = &input.overall;
    let ends = overall
        .interval
        .filter(|(low, high)| low.is_finite() && high.is_finite());
    line(&mut canvas, &x, overall, (y, 0.0), |canvas, at| {
        let (low, high) = ends.map_or((at.0 - 6.0, at.0 + 6.0), |(low, high)| {
            (x.at(low), x.at(high))
        });
        let corners = [
            (low, at.1),
            (at.0, at.1 - 6.0),
            (high, at.1),
            (at.0, at.1 + 6.0),
        ];
        canvas.polygon(&corners, Ink::Text);
    });

    let name = Type::new(Anchor::Middle).sized(13.0);
    let middle = f64::midpoint(LEFT, RIGHT);
    canvas.text((middle, bottom + 36.0), name, &input.measure);
    let described: Vec<String> = rows(input)
        .map(|row| format!("{}: {}.", row.name, row.text))
        .collect();
    let title = format!("Forest plot of {}", input.measure);
    canvas.finish(bottom + 48.0, &title, &described.join(" "))
}

/// Name, count, interval, mark and text of one row; `(top, indent)`.
fn line(
    canvas: &mut Canvas,
    x: &Axis,
    row: &ForestRow,
    (top, indent): (f64, f64),
    mark: impl Fn(&mut Canvas, (f64, f64)),
) {
    let middle = top + ROW / 2.0;
    let text = Type::new(Anchor::Start);
    let name = shortened(&row.name, 15);
    canvas.text((NAME + indent, middle + 4.0), text, &name);
    if row.patients > 0 {
        let count = row.patients.to_string();
        canvas.text((PATIENTS, middle + 4.0), Type::new(Anchor::End), &count);
    }
    if let Some((low, high)) = row.interval
        && low.is_finite()
        && high.is_finite()
    {
        let ends = ((x.at(low), middle), (x.at(high), middle));
        canvas.line(ends.0, ends.1, Ink::Text, 1.3, "");
    }
    if let Some(value) = row.estimate.filter(|value| value.is_finite()) {
        mark(canvas, (x.at(value), middle));
    }
    let text = Type::new(Anchor::End).sized(11.0);
    canvas.text(
        (WIDTH - 14.0, middle + 4.0),
        text,
        &shortened(&row.text, 24),
    );
}

fn rows(input: &Forest) -> impl Iterator<Item = &ForestRow> {
    let inner = input.groups.iter().flat_map(|group| &group.rows);
    inner.chain([&input.overall])
}

/// From a little below the lowest limit to a little above the highest.
fn axis(input: &Forest) -> Axis {
    let values: Vec<f64> = rows(input)
        .flat_map(|row| {
            let ends = row
                .interval
                .map_or([None, None], |(low, high)| [Some(low), Some(high)]);
            ends.into_iter().chain([row.estimate]).flatten()
        })
        .filter(|value| value.is_finite())
        .collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = 0.06 * (high - low).max(0.05);
    Axis::new((low - room, high + room), (LEFT, RIGHT))
}
