//! The heatmap of several networks that score together.
//!
//! In: the members' maps of one picture. Out: their mean, each scaled to its own largest value first: members differ in how steep
//! their logits are, and the steepest would otherwise be the only one seen. A member whose map is empty takes part as
//! nothing, so that a place which half of the members use is half as hot.

use super::{Explainer, Map};

impl Explainer {
    /// The same, whose maps are those of this network and of further members together. Its logits, layers and weights stay
    /// those of the first.
    #[must_use]
    pub fn with_members(mut self, others: Vec<Explainer>) -> Self {
        self.others = others;
        self
    }

    /// Networks whose maps are averaged.
    pub fn members(&self) -> usize {
        1 + self.others.len()
    }
}

/// The mean of maps of one grid, each scaled to its own largest value; one map as it is.
pub(super) fn mean(first: Map, others: Vec<Map>) -> Map {
    if others.is_empty() {
        return first;
    }
    let count = (1 + others.len()) as f32;
    let mut mean = Map {
        values: vec![0.0; first.values.len()],
        ..first
    };
    for map in std::iter::once(&first).chain(&others) {
        let most = map.values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        let scale = if most > 0.0 {
            1.0 / (most * count)
        } else {
            0.0
        };
        for (sum, value) in mean.values.iter_mut().zip(&map.values) {
            *sum += scale * value;
        }
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: [f32; 2]) -> Map {
        Map {
            rows: 1,
            columns: 2,
            values: values.to_vec(),
        }
    }

    #[test]
    fn each_member_counts_alike_however_steep_and_one_alone_is_as_it_is() {
        assert_eq!(mean(map([3.0, 7.0]), Vec::new()).values, [3.0, 7.0]);
        let all = mean(map([0.0, 1e-3]), vec![map([500.0, 0.0])]);
        assert_eq!(all.values, [0.5, 0.5]);
        let with_empty = mean(map([0.0, 0.0]), vec![map([2.0, -4.0])]);
        assert_eq!(with_empty.values, [0.25, -0.5]);
    }
}
