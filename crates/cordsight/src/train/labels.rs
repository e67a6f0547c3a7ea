//! Labels of the pictures that a network is trained on, and all that the loss makes of them.
//!
//! In: for each picture one label for each finding, or its class; a finding may be unknown. Out: targets of a batch, the mean
//! loss of logits, and their AUC. A label that is not known has weight 0 in the loss, and the known ones of a batch share
//! its weight, so that the loss is the mean over what is known; a finding that nobody looked for teaches nothing.
//!
//! Checked against PyTorch: `binary_cross_entropy_with_logits` with a mask and `cross_entropy`
//! (tools/golden/torch_losses.py).

use super::target::{Mix, Targets, smoothed};
use crate::config::ClassWeights;
use crate::task::Task;

/// Labels of pictures, picture by picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    task: Task,
    values: Vec<Option<u8>>,
}

impl Labels {
    /// No picture yet.
    pub fn new(task: Task) -> Self {
        Labels {
            task,
            values: Vec::new(),
        }
    }

    /// Labels 0 and 1 of the two classes.
    pub fn binary(labels: &[u8]) -> Self {
        Labels {
            task: Task::Binary,
            values: labels.iter().copied().map(Some).collect(),
        }
    }

    /// Adds a picture: 0, 1 or unknown for each finding; or the number of its class.
    pub fn push(&mut self, labels: &[Option<u8>]) {
        self.values.extend_from_slice(labels);
    }

    /// What is asked.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Logits a picture.
    pub fn outputs(&self) -> usize {
        self.task.outputs()
    }

    /// Targets of the pictures at some places.
    pub fn targets(
        &self,
        places: &[usize],
        rule: ClassWeights,
        smoothing: f64,
        mix: Option<&Mix>,
    ) -> Targets {
        let each = self.task.labels();
        let chosen: Vec<Option<u8>> = places
            .iter()
            .flat_map(|&at| &self.values[at * each..(at + 1) * each])
            .copied()
            .collect();
        match &self.task {
            Task::Binary => {
                let labels: Vec<u8> = chosen.into_iter().map(Option::unwrap_or_default).collect();
                let weights = self.finding_weights(rule).first().copied();
                Targets::new(&labels, weights.unwrap_or([1.0, 1.0]), smoothing, mix)
            }
            Task::Findings(_) => {
                Targets::of_findings(&chosen, &self.finding_weights(rule), smoothing, mix)
            }
            Task::Classes(_) => {
                Targets::of_classes(&chosen, &self.class_weights(rule), smoothing, mix)
            }
        }
    }

    /// Mean cross-entropy of logits, picture by picture, over what is known, of labels smoothed as in training.
    pub fn mean_loss(&self, logits: &[f64], smoothing: f64) -> f64 {
        let (sum, known) = match &self.task {
            Task::Binary | Task::Findings(_) => {
                let known = || {
                    let pairs = logits.iter().zip(&self.values);
                    pairs.filter_map(|(z, y)| Some((z, (*y)?)))
                };
                let one = |(z, y): (&f64, u8)| {
                    z.max(0.0) - z * smoothed(y, smoothing) + (-z.abs()).exp().ln_1p()
                };
                (known().map(one).sum::<f64>(), known().count())
            }
            Task::Classes(names) => {
                let pictures = logits.chunks(names.len()).zip(&self.values);
                let one = |(z, y): (&[f64], &Option<u8>)| softmax_loss(z, *y, smoothing);
                (pictures.map(one).sum(), self.values.len())
            }
        };
        sum / known as f64
    }

    /// Area under the ROC curve of logits, picture by picture: the mean over findings, or over classes against the rest; none
    /// where one of them has pictures of one kind only.
    pub fn auc(&self, logits: &[f64]) -> Option<f64> {
        let outputs = self.outputs();
        let scores: Vec<f64> = logits
            .chunks(outputs)
            .flat_map(|of_picture| self.task.scores(of_picture))
            .collect();
        let areas: Option<Vec<f64>> = (0..outputs)
            .map(|output| {
                let of_output = scores.iter().skip(output).step_by(outputs).copied();
                let known = of_output.enumerate().filter_map(|(picture, score)| {
                    let label = self.answer(picture, output)?;
                    Some((label, score))
                });
                let (labels, scores): (Vec<u8>, Vec<f64>) = known.unzip();
                crate::evaluate::auc(&labels, &scores)
            })
            .collect();
        let areas = areas?;
        Some(areas.iter().sum::<f64>() / areas.len() as f64)
    }

    /// 0 or 1 for one output of one picture: the finding, or whether it is of the class.
    fn answer(&self, picture: usize, output: usize) -> Option<u8> {
        match &self.task {
            Task::Binary | Task::Findings(_) => self.values[picture * self.outputs() + output],
            Task::Classes(_) => Some(u8::from(usize::from(self.values[picture]?) == output)),
        }
    }

    /// Weights of label 0 and 1 of each finding.
    fn finding_weights(&self, rule: ClassWeights) -> Vec<[f32; 2]> {
        let findings = self.task.labels();
        (0..findings)
            .map(|finding| {
                let of_finding = self.values.iter().skip(finding).step_by(findings);
                let known: Vec<u8> = of_finding.flatten().copied().collect();
                let positives = known.iter().filter(|label| **label == 1).count();
                let of = |count: usize| known.len() as f32 / (2.0 * count.max(1) as f32);
                match rule {
                    ClassWeights::None => [1.0, 1.0],
                    ClassWeights::Balanced => [of(known.len() - positives), of(positives)],
                }
            })
            .collect()
    }

    /// Weight of each class: n / (classes · pictures of the class).
    fn class_weights(&self, rule: ClassWeights) -> Vec<f32> {
        let classes = self.outputs();
        let count = |class: usize| {
            let of_class = |label: &&Option<u8>| **label == Some(class as u8);
            self.values.iter().filter(of_class).count()
        };
        let of = |class| match rule {
            ClassWeights::None => 1.0,
            ClassWeights::Balanced => {
                self.values.len() as f32 / (classes * count(class).max(1)) as f32
            }
        };
        (0..classes).map(of).collect()
    }
}

/// Cross-entropy of the softmax of one picture's logits.
fn softmax_loss(logits: &[f64], label: Option<u8>, smoothing: f64) -> f64 {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: f64 = logits.iter().map(|z| (z - most).exp()).sum();
    let whole = most + parts.ln();
    let even = smoothing / logits.len() as f64;
    let target = |class: usize| match label.map(usize::from) == Some(class) {
        true => 1.0 - smoothing + even,
        false => even,
    };
    let classes = logits.iter().enumerate();
    classes.map(|(class, z)| target(class) * (whole - z)).sum()
}
