//! Two curves over the epochs in one box.
//!
//! In: values of an epoch each. Out: a chart from the first epoch to the last that is asked for, so that the empty part is
//! what is still to come. Eight points of a braille pattern fit in a cell.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;
use ratatui_core::symbols::Marker;
use ratatui_core::text::Line;
use ratatui_core::widgets::Widget;
use ratatui_widgets::block::Block;
use ratatui_widgets::borders::Borders;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};

/// A curve with its colour.
pub struct Curve {
    /// Epoch and value.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub style: Style,
    /// What its points are drawn with.
    pub marker: Marker,
}

/// Draws curves with a common scale; `fixed` is the scale where it does not follow from the values.
pub fn chart(
    title: Line<'_>,
    curves: &[Curve],
    epochs: u32,
    fixed: Option<[f64; 2]>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let block = Block::new().borders(Borders::ALL).title(title);
    if points().next().is_none() {
        block.render(area, buffer);
        return;
    }
    let last = points().fold(f64::from(epochs.max(2)), |last, point| last.max(point.0));
    let [low, high] = fixed.unwrap_or_else(|| {
        let high = points().fold(f64::MIN, |high, point| high.max(point.1));
        let low = points().fold(f64::MAX, |low, point| low.min(point.1));
        // A scale needs some height, also for curves that are flat.
        let margin = ((high - low) * 0.05).max(1e-3);
        [(low - margin).max(0.0), high + margin]
    });
    let sets = curves.iter().map(|curve| {
        Dataset::default()
            .marker(curve.marker)
            .graph_type(GraphType::Line)
            .style(curve.style)
            .data(&curve.points)
    });
    let decimals = match high - low {
        span if span >= 0.1 => 2,
        span if span >= 0.01 => 3,
        _ => 4,
    };
    let number = |value: f64| format!("{value:.decimals$}");
    let chart = Chart::new(sets.collect())
        .block(block)
        .x_axis(
            Axis::default()
                .bounds([1.0, last])
                .labels(["1".to_string(), format!("{last:.0}")]),
        )
        .y_axis(Axis::default().bounds([low, high]).labels([
            number(low),
            number((low + high) / 2.0),
            number(high),
        ]));
    chart.render(area, buffer);
}
