//! A linear axis: from values to user units, and where its ticks stand.
//!
//! Ticks are at 1, 2 or 5 times a power of ten, so that a reader can interpolate by eye.

use super::canvas::{Anchor, Canvas, Type};
use super::ink::Ink;

/// A linear scale from values to positions on the page.
pub(super) struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// `low` stands at `start`, `high` at `end`. A span that is empty or not finite becomes `low` to `low + 1`.
    pub(super) fn new((low, high): (f64, f64), (start, end): (f64, f64)) -> Self {
        let low = if low.is_finite() { low } else { 0.0 };
        let high = if high.is_finite() && high > low {
            high
        } else {
            low + 1.0
        };
        Self {
            low,
            high,
            start,
            end,
        }
    }

    /// Position of a value; a value outside of the axis stands at its end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.start + share * (self.end - self.start)
    }

    /// Values of at most about `wanted` ticks inside of the axis, and the decimals that they need.
    pub(super) fn ticks(&self, wanted: f64, step_min: f64) -> (Vec<f64>, usize) {
        let step = round_step((self.high - self.low) / wanted).max(step_min);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let count = (last - first).clamp(0.0, 100.0) as u32;
        (
            (0..=count)
                .map(|index| (first + f64::from(index)) * step)
                .collect(),
            decimals,
        )
    }

    /// Tick labels below, for an x axis whose line is at `y`.
    pub(super) fn label_below(
        &self,
        canvas: &mut Canvas,
        y: f64,
        (ticks, decimals): &(Vec<f64>, usize),
    ) {
        for &tick in ticks {
            let x = self.at(tick);
            canvas.line((x, y), (x, y + 4.0), Ink::Muted, 1.0, "");
            canvas.text(
                (x, y + 17.0),
                Type::new(Anchor::Middle).sized(11.0),
                &format!("{tick:.decimals$}"),
            );
        }
    }

    /// Tick labels on the left and grid lines to the right, for a y axis whose line is at `x`.
    pub(super) fn label_left(
        &self,
        canvas: &mut Canvas,
        (x, x_end): (f64, f64),
        (ticks, decimals): &(Vec<f64>, usize),
    ) {
        for &tick in ticks {
            let y = self.at(tick);
            canvas.line((x, y), (x_end, y), Ink::Rule, 0.75, "");
            canvas.text(
                (x - 7.0, y + 4.0),
                Type::new(Anchor::End).sized(11.0),
                &format!("{tick:.decimals$}"),
            );
        }
    }
}

fn round_step(rough: f64) -> f64 {
    let rough = if rough.is_finite() && rough > 1e-9 {
        rough
    } else {
        1e-9
    };
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        let (ticks, decimals) = Axis::new((0.0, 0.73), (0.0, 100.0)).ticks(5.0, 0.0);
        assert_eq!(ticks.len(), 4);
        assert_eq!(decimals, 1);
        assert!((ticks[3] - 0.6).abs() < 1e-12);
    }

    #[test]
    fn whole_steps_are_kept_for_epochs() {
        let (ticks, decimals) = Axis::new((1.0, 3.0), (0.0, 100.0)).ticks(6.0, 1.0);
        assert_eq!((ticks, decimals), (vec![1.0, 2.0, 3.0], 0));
    }

    #[test]
    fn an_empty_or_infinite_span_still_gives_finite_positions() {
        let spans = [
            (1.0, 1.0),
            (f64::NAN, 2.0),
            (0.0, f64::INFINITY),
            (5.0, -5.0),
        ];
        for span in spans {
            let axis = Axis::new(span, (0.0, 100.0));
            assert!(axis.at(1.0).is_finite());
            let (ticks, _) = axis.ticks(5.0, 0.0);
            assert!(
                !ticks.is_empty() && ticks.iter().all(|tick| tick.is_finite()),
                "{span:?} gave {ticks:?}"
            );
        }
    }
}
