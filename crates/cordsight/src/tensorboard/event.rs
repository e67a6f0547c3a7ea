//! The few fields of TensorBoard's protocol buffers that a curve needs.
//!
//! In: a step, a time and scalars. Out: an event's bytes, and back. Fields that are not here are skipped when read.
//!
//! Source: tensorboard/compat/proto/event.proto and summary.proto. Checked against: tools/golden/tensorboard_reads.py.

use prost::Message;

/// `tensorboard.Event`.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// The step; here the epoch, from 1.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// In a file's first event: "brain.Event:2".
    #[prost(string, optional, tag = "3")]
    pub file_version: Option<String>,
    /// Values of the step.
    #[prost(message, optional, tag = "5")]
    pub summary: Option<Summary>,
}

/// `tensorboard.Summary`.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// The values.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// `tensorboard.Summary.Value` of a scalar.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// Name of the curve.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// Its value at the step.
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
}

impl Event {
    /// The event with which every file begins.
    pub fn version(wall_time: f64) -> Self {
        Event {
            wall_time,
            file_version: Some("brain.Event:2".to_string()),
            ..Event::default()
        }
    }

    /// Scalars of a step.
    pub fn scalars(wall_time: f64, step: u32, scalars: &[(&str, f64)]) -> Self {
        let value = |(tag, value): &(&str, f64)| Value {
            tag: (*tag).to_string(),
            simple_value: Some(*value as f32),
        };
        Event {
            wall_time,
            step: i64::from(step),
            summary: Some(Summary {
                value: scalars.iter().map(value).collect(),
            }),
            ..Event::default()
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The event in these bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Event::decode(bytes).ok()
    }
}
