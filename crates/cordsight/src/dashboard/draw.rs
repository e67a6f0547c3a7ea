//! The screen, from top to bottom: what runs, how far it is, curves, figures, cautions, the log.
//!
//! In: [`Progress`], and seconds since the program began. Out: a drawn frame of any size; a part that finds no room is left
//! out, the lines about the run first of all kept.

use ratatui_core::layout::{Constraint, Layout, Rect};
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::terminal::Frame;
use ratatui_core::text::{Line, Span};
use ratatui_core::widgets::Widget;
use ratatui_widgets::block::Block;
use ratatui_widgets::borders::Borders;
use ratatui_widgets::gauge::LineGauge;
use ratatui_widgets::paragraph::Paragraph;

use super::Progress;
use super::chart::{Curve, chart};
use crate::model_file::INTENDED_USE;
use crate::train::log::Epoch;

const TRAINING: Style = Style::new().fg(Color::Cyan);
const VALIDATION: Style = Style::new().fg(Color::Yellow);
const CAUTION: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, progress: &Progress, elapsed_seconds: f64) {
    let cautions = progress.cautions();
    let is_tall = frame.area().height >= 20;
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(if is_tall { cautions.len() as u16 } else { 0 }),
        Constraint::Fill(if is_tall { 2 } else { 0 }),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]);
    let [title, pace, figures, warned, curves, log, foot] = rows.areas(frame.area());
    let part = match progress.part.as_str() {
        "" => String::new(),
        part => format!(": {part}"),
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    text(
        frame,
        title,
        Line::styled(format!("cordsight {}{part}", progress.title), bold),
    );
    gauge(frame, pace, progress, elapsed_seconds);
    figures_of(frame, figures, progress);
    let cautions = cautions
        .into_iter()
        .map(|caution| Line::styled(format!("caution: {caution}"), CAUTION));
    frame.render_widget(Paragraph::new(cautions.collect::<Vec<_>>()), warned);
    if is_tall {
        two_charts(frame, curves, progress);
    }
    last_lines(frame, log, &progress.lines);
    let keys = match progress.is_stopping {
        true => "stops after this epoch; Ctrl-C: now",
        false => "q: stop after the epoch (resumable)",
    };
    text(frame, foot, Line::raw(format!("{keys}   {INTENDED_USE}")));
}

fn text(frame: &mut Frame<'_>, area: Rect, line: Line<'_>) {
    line.render(area, frame.buffer_mut());
}

fn gauge(frame: &mut Frame<'_>, area: Rect, progress: &Progress, elapsed_seconds: f64) {
    let left = progress.seconds_left().map_or_else(String::new, |left| {
        format!(", about {} left", duration(left))
    });
    let times = format!("  {} so far{left}", duration(elapsed_seconds));
    let Some(activity) = &progress.activity else {
        text(frame, area, Line::raw(times));
        return;
    };
    let label = format!("{} {}/{}", activity.title, activity.done, activity.of);
    let bar = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(times.chars().count() as u16),
    ]);
    let [bar, after] = bar.areas(area);
    let ratio = activity.done as f64 / activity.of.max(1) as f64;
    let gauge = LineGauge::default()
        .ratio(ratio.clamp(0.0, 1.0))
        .label(label)
        .filled_symbol("█")
        .unfilled_symbol("░")
        .filled_style(Style::new().fg(Color::Green));
    frame.render_widget(gauge, bar);
    text(frame, after, Line::raw(times));
}

fn figures_of(frame: &mut Frame<'_>, area: Rect, progress: &Progress) {
    let Some(last) = progress.history.last() else {
        text(frame, area, Line::raw("no epoch is finished yet"));
        return;
    };
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_string(), |v| format!("{v:.3}"));
    let mut parts = vec![
        Span::raw(format!("epoch {}/{}   ", last.epoch, progress.epochs)),
        Span::styled(
            format!(
                "training loss {:.4} AUC {}",
                last.train_loss,
                number(last.train_auc)
            ),
            TRAINING,
        ),
    ];
    if let Some(loss) = last.validation_loss {
        let text = format!(
            "   validation loss {loss:.4} AUC {}",
            number(last.validation_auc)
        );
        parts.push(Span::styled(text, VALIDATION));
    }
    let best = progress.best().map_or_else(String::new, |(epoch, loss)| {
        format!("best epoch {epoch} (validation loss {loss:.4})   ")
    });
    let rate = progress.learning_rate;
    let rate = rate.map_or_else(String::new, |rate| format!("learning rate {rate:.2e}   "));
    let speed = progress.speed;
    let speed = speed.map_or_else(String::new, |speed| format!("{speed:.1} images/s"));
    let lines = vec![Line::from(parts), Line::raw(format!("{best}{rate}{speed}"))];
    frame.render_widget(Paragraph::new(lines), area);
}

fn two_charts(frame: &mut Frame<'_>, area: Rect, progress: &Progress) {
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    type Value = fn(&Epoch) -> Option<f64>;
    let curves = |training: Value, validation: Value| {
        // Marks tell the curves apart where there are no colours.
        let curves = [
            (training, TRAINING, Marker::Braille),
            (validation, VALIDATION, Marker::Dot),
        ];
        curves.map(|(value, style, marker)| {
            let history = progress.history.iter();
            let points = history.filter_map(|of| Some((f64::from(of.epoch), value(of)?)));
            Curve {
                points: points.filter(|point| point.1.is_finite()).collect(),
                style,
                marker,
            }
        })
    };
    let title = |what: &'static str| {
        Line::from(vec![
            Span::raw(what),
            Span::styled("training ", TRAINING),
            Span::styled("validation •", VALIDATION),
        ])
    };
    let losses = curves(|of| Some(of.train_loss), |of| of.validation_loss);
    let aucs = curves(|of| of.train_auc, |of| of.validation_auc);
    let (epochs, buffer) = (progress.epochs, frame.buffer_mut());
    chart(title("loss: "), &losses, epochs, None, left, buffer);
    chart(
        title("AUC: "),
        &aucs,
        epochs,
        Some([0.0, 1.0]),
        right,
        buffer,
    );
}

fn last_lines(frame: &mut Frame<'_>, area: Rect, lines: &[String]) {
    let room = usize::from(area.height.saturating_sub(2));
    let shown = &lines[lines.len().saturating_sub(room)..];
    let block = Block::new().borders(Borders::ALL).title("log");
    let shown: Vec<Line<'_>> = shown.iter().map(|line| Line::raw(line.as_str())).collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

/// Seconds as a person says them: `45 s`, `12 min`, `3 h 20 min`.
pub fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        s @ 0..=99 => format!("{s} s"),
        s @ 100..=5999 => format!("{} min", (s + 30) / 60),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}
