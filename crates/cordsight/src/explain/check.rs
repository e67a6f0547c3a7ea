//! How far a heatmap depends on what the network learnt, and whether the places it marks matter to the score.
//!
//! In: a network, a picture, a request. Out: [`Check`]. Layers lose their weights from the top, one more at each stage: a map
//! that stays the same does not come from the network. Pixels are taken away from the hottest on, or put back into a
//! blurred picture: the score of the class should fall, or rise, sooner than in the order of random maps of the same
//! grain.
//!
//! Source: Adebayo et al. 2018, arXiv 1810.03292 (cascading randomisation, Spearman's correlation); Petsiuk et al. 2018,
//! arXiv 1806.07421 (deletion and insertion).

use rand::RngExt;
use serde::Serialize;

use super::{Explainer, Map, Request};
use crate::prepare::Prepared;
use crate::random::{Purpose, generator};
use crate::score::sigmoid;
use crate::weights::{Init, Weights, WeightsError};

/// Steps of a curve.
const STEPS: usize = 20;
/// Random orders that a curve is compared with.
const RANDOM_ORDERS: usize = 5;
/// Cells of a random map for methods whose own grid is the picture's.
const RANDOM_GRID: usize = 14;
/// The picture is blurred over windows of this share of its side.
const BLUR: usize = 4;

/// Checks of one picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// From the last layer to the first: one more with random weights at each stage.
    pub cascade: Vec<Stage>,
    /// The score of the class while pixels are replaced by the picture's mean grey.
    pub deletion: Curve,
    /// The score of the class while pixels are put into the blurred picture.
    pub insertion: Curve,
}

/// The map after one more layer lost its weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// The layer that lost its weights at this stage.
    pub layer: String,
    /// Spearman's rank correlation with the trained network's map, -1 to 1; none where either map has one value everywhere.
    pub correlation: Option<f64>,
}

/// A curve over the share of pixels, and its area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Shares of the pixels, 0 to 1.
    pub shares: Vec<f64>,
    /// Score of the class at each.
    pub scores: Vec<f64>,
    /// Area under the curve, 0 to 1.
    pub area: f64,
    /// Mean score at each in the order of random maps.
    pub random_scores: Vec<f64>,
    /// Area under that.
    pub random_area: f64,
}

/// All checks of one picture's map.
///
/// # Errors
///
/// None that a loaded network leads to.
pub fn check(
    explainer: &Explainer,
    picture: &Prepared,
    request: &Request,
    cascade: &Cascade,
    seed: u64,
) -> Result<Check, WeightsError> {
    let heatmap = explainer.explain(picture, request);
    let side = explainer.preparation.image_size;
    let own = heatmap.shown(side);
    let grid = match request.method.has_layer() {
        true => [heatmap.map.rows, heatmap.map.columns],
        false => [RANDOM_GRID; 2],
    };
    let random: Vec<Vec<f32>> = (0..RANDOM_ORDERS)
        .map(|at| random_map(grid, seed, at as u64).shown(side))
        .collect();
    let grey = picture.0.iter().sum::<f32>() / picture.0.len() as f32;
    let flat = picture.with_pixels(vec![grey; picture.0.len()]);
    let curve = |from: &Prepared, to: &Prepared| {
        let of = |map: &[f32]| curve(explainer, request, from, to, map, seed);
        let scores = of(&own);
        let random: Vec<Vec<f64>> = random.iter().map(|map| of(map)).collect();
        let random_at = |step: usize| {
            random.iter().map(|scores| scores[step]).sum::<f64>() / RANDOM_ORDERS as f64
        };
        let random_scores: Vec<f64> = (0..=STEPS).map(random_at).collect();
        Curve {
            shares: (0..=STEPS).map(|step| step as f64 / STEPS as f64).collect(),
            area: area(&scores),
            scores,
            random_area: area(&random_scores),
            random_scores,
        }
    };
    Ok(Check {
        deletion: curve(picture, &flat),
        insertion: curve(&blurred(picture, side), picture),
        cascade: cascade
            .stages
            .iter()
            .map(|(layer, network)| Stage {
                layer: layer.clone(),
                correlation: spearman(
                    &heatmap.map.values,
                    &network.explain(picture, request).map.values,
                ),
            })
            .collect(),
    })
}

/// A network and its twins that lost one more layer each, the last layer first.
pub struct Cascade {
    stages: Vec<(String, Explainer)>,
}

impl Cascade {
    /// Twins of a network with weights drawn from `seed`.
    ///
    /// # Errors
    ///
    /// None that a loaded network leads to.
    pub fn new(explainer: &Explainer, seed: u64) -> Result<Self, WeightsError> {
        let random = Weights::random(&explainer.architecture, Init::He, seed);
        let tensors = random.tensors();
        let layers = tensors
            .iter()
            .filter_map(|tensor| tensor.name.strip_suffix(".weight"));
        let mut weights = explainer.weights();
        let mut stages = Vec::new();
        for layer in layers.rev() {
            let of_layer = format!("{layer}.");
            for (at, tensor) in tensors.iter().enumerate() {
                if tensor.name.starts_with(&of_layer) {
                    weights.replace(at, |_| tensor.values.clone());
                }
            }
            stages.push((layer.to_string(), explainer.with_weights(&weights)?));
        }
        Ok(Cascade { stages })
    }
}

/// A network of the same shape that never learnt.
///
/// # Errors
///
/// None: the weights are drawn for the network.
pub fn twin(explainer: &Explainer, seed: u64) -> Result<Explainer, WeightsError> {
    explainer.with_weights(&Weights::random(&explainer.architecture, Init::He, seed))
}

/// Spearman's rank correlation, ties at their mean rank; none where one side has one value everywhere.
pub fn spearman(a: &[f32], b: &[f32]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        let pairs = x.iter().zip(y);
        pairs.map(|(x, y)| (x - mean) * (y - mean)).sum()
    };
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (a.len() == b.len() && spread > 0.0).then(|| product(&a, &b) / spread)
}

fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let mean = first as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|at| ranks[*at] = mean);
        first += tied.len();
    }
    ranks
}

/// Scores of the class while the hottest pixels of `from` become those of `to`; equally hot ones in a random order.
fn curve(
    explainer: &Explainer,
    request: &Request,
    from: &Prepared,
    to: &Prepared,
    map: &[f32],
    seed: u64,
) -> Vec<f64> {
    let mut random = generator(seed, Purpose::Explanation, u64::MAX);
    let mut order: Vec<(f32, u32, usize)> = (0..map.len())
        .map(|at| (map[at], random.random(), at))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut picture = from.clone();
    let mut done = 0;
    let mut pictures = Vec::with_capacity(STEPS + 1);
    for step in 0..=STEPS {
        let count = map.len() * step / STEPS;
        for (.., at) in &order[done..count] {
            picture.0[*at] = to.0[*at];
        }
        done = count;
        pictures.push(picture.clone());
    }
    let sign = f64::from(request.target.sign());
    let logits = explainer.logits(&pictures).into_iter();
    logits.map(|logit| sigmoid(sign * logit)).collect()
}

/// By the trapezoid rule over even steps.
fn area(scores: &[f64]) -> f64 {
    let steps = scores.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
    steps.sum::<f64>() / (scores.len() - 1) as f64
}

fn blurred(picture: &Prepared, side: usize) -> Prepared {
    let map = Map {
        rows: side,
        columns: side,
        values: picture.0.clone(),
    };
    picture.with_pixels(map.smoothed(side / BLUR).values)
}

fn random_map([rows, columns]: [usize; 2], seed: u64, index: u64) -> Map {
    let mut random = generator(seed, Purpose::Explanation, index);
    Map {
        rows,
        columns,
        values: (0..rows * columns).map(|_| random.random()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_ties_are_their_mean_and_a_flat_map_correlates_with_nothing() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 5.0, 9.0], &[2.0, 3.0, 30.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 5.0, 9.0], &[3.0, 2.0, 1.0]), Some(-1.0));
    }

    #[test]
    fn the_area_of_a_line_from_1_to_0_is_one_half() {
        let scores: Vec<f64> = (0..=STEPS).map(|s| 1.0 - s as f64 / STEPS as f64).collect();
        assert!((area(&scores) - 0.5).abs() < 1e-12);
    }
}
