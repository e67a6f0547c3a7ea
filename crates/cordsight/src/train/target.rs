//! What a batch is trained towards: labels after smoothing and mixing, and their weights.
//!
//! In: labels of a batch, the weights of the classes, the share of smoothing, and the [`Mix`] of the batch, if any. Out:
//! one target and one weight a picture. Mixing pairs (a, b) with share λ is meant to give the loss λ wₐ ℓ(yₐ) +
//! (1 - λ) w_b ℓ(y_b); since cross-entropy is linear in the label, that is one label and one weight.
//!
//! Source: label smoothing as `keras.losses.BinaryCrossentropy(label_smoothing)`, y (1 - s) + s/2; mixup after Zhang et al.
//! 2018 (arXiv 1710.09412), with one share a batch and partners from a permutation of it, as in its authors' program.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::augment::Position;
use crate::prepare::Prepared;
use crate::random::{Purpose, generator};

/// How the pictures of one batch are mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// Share of the picture itself, 0 to 1; the partner has the rest.
    pub share: f64,
    /// Each picture's partner in the batch.
    pub partners: Vec<usize>,
}

impl Mix {
    /// Draws the mix of a batch of `count` pictures whose first stands at `first`; `None` where `alpha` is 0.
    pub fn draw(alpha: f64, first: Position, count: usize) -> Option<Self> {
        if alpha == 0.0 {
            return None;
        }
        let index = u64::from(first.epoch) << 32 | first.place as u64;
        let mut generator = generator(first.seed, Purpose::Mixup, index);
        let mut partners: Vec<usize> = (0..count).collect();
        partners.shuffle(&mut generator);
        // Jöhnk's method, in logarithms, which do not underflow at a small alpha.
        let share = loop {
            let mut draw = || (1.0 - generator.random_range(0.0..1.0_f64)).ln() / alpha;
            let (x, y) = (draw(), draw());
            if x.exp() + y.exp() <= 1.0 {
                break 1.0 / (1.0 + (y - x).exp());
            }
        };
        Some(Mix { share, partners })
    }

    /// The mixed pictures.
    pub fn pictures(&self, pictures: &[Prepared]) -> Vec<Prepared> {
        let share = self.share as f32;
        let mixed = pictures.iter().zip(&self.partners).map(|(own, &partner)| {
            let partner = &pictures[partner];
            let mixed = |own: &[f32], other: &[f32]| {
                let pairs = own.iter().zip(other);
                let mixed = pairs.map(|(own, other)| share * own + (1.0 - share) * other);
                mixed.collect()
            };
            Prepared(mixed(&own.0, &partner.0), mixed(&own.1, &partner.1))
        });
        mixed.collect()
    }
}

/// Target and weight of each picture of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// 0 to 1.
    pub labels: Vec<f32>,
    /// Factor on the loss.
    pub weights: Vec<f32>,
}

/// A label after smoothing by `share`.
pub fn smoothed(label: u8, share: f64) -> f64 {
    f64::from(label) * (1.0 - share) + share / 2.0
}

impl Targets {
    /// The targets of pictures with these labels.
    pub fn new(labels: &[u8], class_weights: [f32; 2], smoothing: f64, mix: Option<&Mix>) -> Self {
        let target = |at: usize| smoothed(labels[at], smoothing);
        let weight = |at: usize| class_weights[usize::from(labels[at])];
        let one = |at: usize| match mix {
            None => (target(at) as f32, weight(at)),
            Some(mix) => {
                let partner = mix.partners[at];
                let own = mix.share * f64::from(weight(at));
                let other = (1.0 - mix.share) * f64::from(weight(partner));
                let mixed = own * target(at) + other * target(partner);
                ((mixed / (own + other)) as f32, (own + other) as f32)
            }
        };
        let (labels, weights) = (0..labels.len()).map(one).unzip();
        Targets { labels, weights }
    }

    /// The targets of pictures with several findings each, picture by picture; `weights` are those of label 0 and 1 of each
    /// finding. What is not known has weight 0, and the known labels of the batch share its weight: their mean is the loss.
    pub fn of_findings(
        labels: &[Option<u8>],
        weights: &[[f32; 2]],
        smoothing: f64,
        mix: Option<&Mix>,
    ) -> Self {
        let findings = weights.len().max(1);
        // Weight, and weight times target.
        let own = |at: usize| match labels[at] {
            None => (0.0, 0.0),
            Some(label) => {
                let weight = f64::from(weights[at % findings][usize::from(label.min(1))]);
                (weight, weight * smoothed(label, smoothing))
            }
        };
        let known = labels.iter().flatten().count();
        let share = labels.len() as f64 / known.max(1) as f64;
        let one = |at: usize| {
            let (mut weight, mut product) = own(at);
            if let Some(mix) = mix {
                let partner = mix.partners[at / findings] * findings + at % findings;
                let other = own(partner);
                weight = mix.share * weight + (1.0 - mix.share) * other.0;
                product = mix.share * product + (1.0 - mix.share) * other.1;
            }
            let target = if weight > 0.0 { product / weight } else { 0.0 };
            (target as f32, (weight * share) as f32)
        };
        let (labels, weights) = (0..labels.len()).map(one).unzip();
        Targets { labels, weights }
    }

    /// The targets of pictures of one class each: a row of parts a picture that add up to 1, and a weight a picture.
    /// Smoothing spreads its share evenly over the classes.
    pub fn of_classes(
        labels: &[Option<u8>],
        weights: &[f32],
        smoothing: f64,
        mix: Option<&Mix>,
    ) -> Self {
        let classes = weights.len();
        let even = smoothing / classes as f64;
        let class = |at: usize| labels[at].map(usize::from).filter(|class| *class < classes);
        let weight = |at: usize| class(at).map_or(0.0, |class| f64::from(weights[class]));
        let part = |at: usize, of: usize| match class(at) == Some(of) {
            true => 1.0 - smoothing + even,
            false => even,
        };
        let mut targets = Targets {
            labels: Vec::with_capacity(labels.len() * classes),
            weights: Vec::with_capacity(labels.len()),
        };
        for at in 0..labels.len() {
            let (partner, share) = mix.map_or((at, 1.0), |mix| (mix.partners[at], mix.share));
            let (own, other) = (share * weight(at), (1.0 - share) * weight(partner));
            let whole = if own + other > 0.0 { own + other } else { 1.0 };
            let mixed = |of| (own * part(at, of) + other * part(partner, of)) / whole;
            targets
                .labels
                .extend((0..classes).map(|of| mixed(of) as f32));
            targets.weights.push((own + other) as f32);
        }
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: u32, place: usize) -> Position {
        Position {
            seed: 1,
            epoch,
            place,
        }
    }

    #[test]
    fn shares_have_mean_and_variance_of_the_beta_distribution() {
        let mut tried = 0;
        for alpha in [0.01, 0.2, 1.0] {
            let shares: Vec<f64> = (0..20_000)
                .map(|place| Mix::draw(alpha, at(1, place), 2).expect("a mix").share)
                .collect();
            let count = shares.len() as f64;
            let mean = shares.iter().sum::<f64>() / count;
            let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / count;
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.02, "{alpha}: mean {mean}");
            assert!(
                (variance - expected).abs() < 0.01,
                "{alpha}: variance {variance}"
            );
            tried += 1;
        }
        assert_eq!(tried, 3);
    }

    #[test]
    fn each_picture_is_somebodys_partner_and_another_batch_is_mixed_otherwise() {
        let one = Mix::draw(0.4, at(1, 0), 16).expect("a mix");
        assert_eq!(Mix::draw(0.4, at(1, 0), 16).as_ref(), Some(&one));
        assert_ne!(Mix::draw(0.4, at(1, 16), 16).as_ref(), Some(&one));
        assert_ne!(Mix::draw(0.4, at(2, 0), 16).as_ref(), Some(&one));
        let mut partners = one.partners.clone();
        partners.sort_unstable();
        assert_eq!(partners, (0..16).collect::<Vec<_>>());
        assert_eq!(Mix::draw(0.0, at(1, 0), 16), None);
    }

    #[test]
    fn a_mixed_target_gives_the_loss_of_both_labels_in_their_shares() {
        let (labels, class_weights) = ([1, 0, 1], [0.5, 3.0]);
        let mix = Mix {
            share: 0.3,
            partners: vec![1, 2, 0],
        };
        let loss = |z: f64, y: f64| z.max(0.0) - z * y + (-z.abs()).exp().ln_1p();
        let targets = Targets::new(&labels, class_weights, 0.1, Some(&mix));
        let mut tried = 0;
        for (at, &partner) in mix.partners.iter().enumerate() {
            let z = 0.7 - at as f64;
            let found = f64::from(targets.weights[at]) * loss(z, f64::from(targets.labels[at]));
            let of = |at: usize| {
                let label = labels[at];
                let smooth = if label == 1 { 0.95 } else { 0.05 };
                f64::from(class_weights[usize::from(label)]) * loss(z, smooth)
            };
            let expected = 0.3 * of(at) + 0.7 * of(partner);
            assert!(
                (found - expected).abs() < 1e-6,
                "{found} against {expected}"
            );
            tried += 1;
        }
        assert_eq!(tried, 3);
    }

    #[test]
    fn pictures_are_mixed_in_the_share_of_their_labels() {
        let mix = Mix {
            share: 0.75,
            partners: vec![1, 0],
        };
        let pictures = [Prepared::of(vec![0.0, 1.0]), Prepared::of(vec![1.0, 0.5])];
        let mixed = mix.pictures(&pictures);
        assert_eq!(mixed[0].0, [0.25, 0.875]);
        assert_eq!(mixed[1].0, [0.75, 0.625]);
    }
}
