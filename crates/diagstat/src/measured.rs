//! A statistic as it is reported: value, interval, and the reason where one of the two is missing.
//!
//! In: what the other modules compute. Out: [`Measured`]. JSON writes `value`, `interval` and `reason`, with null for
//! what is missing, so that a reader of the file meets a reason and never NaN. Text writes
//! `0.910 (no interval: 1 positive patient, at least 2 needed)`.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::interval::{Interval, Level, Proportion, ProportionInterval};
use crate::undefined::Undefined;

/// A value with its interval, or the reason why one or both are missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured(Result<(f64, Result<Interval, Undefined>), Undefined>);

impl Measured {
    /// A value that comes with an interval, or with the reason why it has none.
    #[must_use]
    pub fn new(value: f64, interval: Result<Interval, Undefined>) -> Self {
        Self(Ok((value, interval)))
    }

    /// No value, and why.
    #[must_use]
    pub fn undefined(reason: Undefined) -> Self {
        Self(Err(reason))
    }

    /// A value for which this crate offers no interval, or the reason why there is no value.
    #[must_use]
    pub fn without_interval(value: Result<f64, Undefined>) -> Self {
        Self(value.map(|value| (value, Err(Undefined::NoIntervalOffered))))
    }

    /// A proportion with the interval of `method`, or the reason why there is no proportion.
    #[must_use]
    pub fn proportion(
        proportion: Result<Proportion, Undefined>,
        method: ProportionInterval,
        level: Level,
    ) -> Self {
        Self(proportion.map(|of| (of.value(), Ok(of.interval(method, level)))))
    }

    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.0.ok().map(|(value, _)| value)
    }

    /// The interval, where there is one.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.0.ok().and_then(|(_, interval)| interval.ok())
    }

    /// Why the value, or else the interval, is missing; `None` where both are there.
    #[must_use]
    pub fn reason(&self) -> Option<Undefined> {
        match self.0 {
            Ok((_, interval)) => interval.err(),
            Err(reason) => Some(reason),
        }
    }
}

/// Prints value and interval, or the reason; the precision of the format (`{:.2}`) sets the decimals, 3 by default.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(3);
        match self.0 {
            Ok((value, Ok(interval))) => write!(f, "{value:.decimals$} ({interval:.decimals$})"),
            Ok((value, Err(reason))) => write!(f, "{value:.decimals$} (no interval: {reason})"),
            Err(reason) => write!(f, "undefined ({reason})"),
        }
    }
}

impl Serialize for Measured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Measured", 3)?;
        fields.serialize_field("value", &self.value())?;
        fields.serialize_field("interval", &self.interval())?;
        fields.serialize_field("reason", &self.reason())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::undefined::Group;

    #[test]
    fn a_proportion_prints_value_interval_level_and_method() {
        let of = Proportion::from_successes_and_failures(22, 7);
        let measured = Measured::proportion(of, ProportionInterval::Wilson, Level::PERCENT_95);
        assert_eq!(
            measured.to_string(),
            "0.759 (95 % CI 0.579 to 0.878, Wilson)"
        );
        assert_eq!(format!("{measured:.1}"), "0.8 (95 % CI 0.6 to 0.9, Wilson)");
    }

    #[test]
    fn a_missing_interval_prints_its_reason_beside_the_value() {
        let reason = Group::Positive.at_least(2, 1).unwrap_err();
        let measured = Measured::new(0.91, Err(reason));
        assert_eq!(
            measured.to_string(),
            "0.910 (no interval: 1 positive patient, at least 2 needed)"
        );
        assert_eq!(
            serde_json::to_string(&measured).unwrap(),
            r#"{"value":0.91,"interval":null,"reason":"1 positive patient, at least 2 needed"}"#
        );
    }

    #[test]
    fn a_missing_value_is_null_with_a_reason_in_json() {
        let none = Proportion::from_successes_and_failures(0, 0);
        let measured = Measured::proportion(none, ProportionInterval::Wilson, Level::PERCENT_95);
        assert_eq!(
            serde_json::to_string(&measured).unwrap(),
            r#"{"value":null,"interval":null,"reason":"0 trials, at least 1 needed"}"#
        );
        assert_eq!(
            measured.to_string(),
            "undefined (0 trials, at least 1 needed)"
        );
    }

    #[test]
    fn a_complete_measure_has_no_reason_and_names_its_method_in_json() {
        let of = Proportion::from_successes_and_failures(0, 4);
        let level = Level::new(0.9).unwrap();
        let measured = Measured::proportion(of, ProportionInterval::ClopperPearson, level);
        let json = serde_json::to_value(measured).unwrap();
        assert_eq!(json["reason"], serde_json::Value::Null);
        assert_eq!(json["interval"]["method"], "clopper_pearson");
        assert_eq!(json["interval"]["level"], 0.9);
        assert_eq!(json["interval"]["low"], 0.0);
    }
}
