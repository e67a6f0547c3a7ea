//! What each mark stands for, and the colour that says so on white paper.
//!
//! Source: Okabe and Ito 2008, Color Universal Design (orange-red, blue, green); tints and greys are our own.

use super::canvas::number;

/// What a mark stands for; decides its colour and its class.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// Text, axes and the main curve.
    Text,
    /// Secondary text and reference lines.
    Muted,
    /// Grid lines and thin borders.
    Rule,
    /// The background.
    Paper,
    /// The class with the disorder.
    Positive,
    /// The class without it.
    Negative,
    /// Validation curves.
    Validation,
    /// A fourth curve beside text, positive and negative.
    Fourth,
    /// Confidence bands.
    Band,
    /// Tint of what the model got wrong.
    Wrong,
    /// Tint of what it got right.
    Right,
}

impl Ink {
    /// Last part of the class names `ink-…` and `line-…`, by which a page recolours a figure.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Rule => "rule",
            Self::Paper => "paper",
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Validation => "validation",
            Self::Fourth => "fourth",
            Self::Band => "band",
            Self::Wrong => "wrong",
            Self::Right => "right",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Text => "#1b1b1b",
            Self::Muted => "#5c5c5c",
            Self::Rule => "#d9d9d9",
            Self::Paper => "#ffffff",
            Self::Positive => "#d55e00",
            Self::Negative => "#0072b2",
            Self::Validation => "#009e73",
            Self::Fourth => "#a3527f",
            Self::Band => "#dfe7ee",
            Self::Wrong => "#fbe6c4",
            Self::Right => "#eef2f4",
        }
    }

    /// Attributes of a filled shape.
    pub(super) fn fill(self) -> String {
        format!(r#"class="ink-{}" fill="{}""#, self.name(), self.colour())
    }

    /// Attributes of a line of this width.
    pub(super) fn stroke(self, width: f64) -> String {
        format!(
            r#"class="line-{}" fill="none" stroke="{}" stroke-width="{}""#,
            self.name(),
            self.colour(),
            number(width)
        )
    }
}
