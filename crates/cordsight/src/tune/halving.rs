//! Successive halving: many trials with few epochs, and the better ones on to more.
//!
//! In: how many trials, the epochs of a whole training, and eta. Out: the [`Rung`]s, known before anything is trained, so that the
//! budget is fixed. From rung to rung one in eta trials goes on, with eta times the epochs; the last rung trains in full.
//!
//! Source: Jamieson and Talwalkar 2016, Non-stochastic best arm identification and hyperparameter optimization, AISTATS, PMLR
//! 51:240 (eta 2); Li et al. 2018, Hyperband, JMLR 18:185, for other eta.

use serde::{Deserialize, Serialize};

/// Trials that are trained until so many epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Trials on this rung.
    pub trials: usize,
    /// Epochs that each has at its end.
    pub epochs: u32,
}

/// The rungs: as many as trials and epochs allow, each with at least one epoch.
pub fn rungs(trials: usize, epochs: u32, eta: u32) -> Vec<Rung> {
    let most = trials.min(epochs as usize);
    let mut steps = 0;
    while (eta as usize).pow(steps + 1) <= most {
        steps += 1;
    }
    let rung = |step: u32| Rung {
        trials: trials / (eta as usize).pow(step),
        epochs: (f64::from(epochs) / f64::from(eta.pow(steps - step))).round() as u32,
    };
    (0..=steps).map(rung).collect()
}

/// Epochs that all rungs train together, in each of `splits` splits: a trial goes on from where the rung before left it.
pub fn budget(rungs: &[Rung], splits: u32) -> u64 {
    let mut before = 0;
    let mut total = 0;
    for rung in rungs {
        total += rung.trials as u64 * u64::from(rung.epochs - before);
        before = rung.epochs;
    }
    total * u64::from(splits)
}

#[cfg(test)]
mod tests {
    use super::{Rung, budget, rungs};

    /// Li et al. 2018, table 1: the brackets of R = 81, eta = 3.
    #[test]
    fn rungs_are_those_of_the_published_table() {
        let brackets: [&[(usize, u32)]; 4] = [
            &[(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
            &[(34, 3), (11, 9), (3, 27), (1, 81)],
            &[(15, 9), (5, 27), (1, 81)],
            &[(8, 27), (2, 81)],
        ];
        for expected in brackets {
            let found: Vec<(usize, u32)> = rungs(expected[0].0, 81, 3)
                .iter()
                .map(|rung| (rung.trials, rung.epochs))
                .collect();
            assert_eq!(found, expected);
        }
        assert_eq!(
            rungs(2, 81, 3),
            [Rung {
                trials: 2,
                epochs: 81
            }]
        );
    }

    #[test]
    fn the_budget_counts_each_epoch_once() {
        let of = [(4, 2), (2, 4), (1, 8)].map(|(trials, epochs)| Rung { trials, epochs });
        assert_eq!(rungs(4, 8, 2), of);
        assert_eq!(budget(&of, 3), 3 * (4 * 2 + 2 * 2 + 4));
        assert_eq!(
            rungs(16, 1, 3),
            [Rung {
                trials: 16,
                epochs: 1
            }]
        );
        assert_eq!(
            rungs(1, 30, 3),
            [Rung {
                trials: 1,
                epochs: 30
            }]
        );
    }
}
