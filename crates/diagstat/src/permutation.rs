//! Permutation tests: of two models' areas on the same patients, and of one area against 0.5.
//!
//! In: [`Paired`] scores, or [`Scores`]; how many random arrangements, and a seed. Out: [`HypothesisTest`].
//! Two models: where they are alike, each patient's two ranks could as well stand the other way round. Each model's
//! scores become mid-ranks first, so that models of different scales can be exchanged; then the ranks of patients chosen
//! at random change places, and the difference of the areas is computed anew.
//! One model: where the scores know nothing, any patients could be the positive ones.
//! All arrangements are counted where there are no more than the random ones asked for; the P value is then exact.
//! Otherwise it is (b + 1) / (m + 1), which is never 0. Areas are compared as whole numbers: equal ones count as equal.
//!
//! Source: Bandos, Rockette and Gur 2005, Stat Med 24:2873; Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39.
//! Checked against: all arrangements by full enumeration in R (tools/golden/permutation.R), and R's exact Wilcoxon test.

use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::areas::AreaDifference;
use crate::hypothesis::HypothesisTest;
use crate::measured::Measured;
use crate::paired::Paired;
use crate::resample::generator;
use crate::roc::auc;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// How many random arrangements a permutation test draws, where there are too many to count them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Arrangements {
    /// Number of random arrangements, such as 10,000; all are counted where there are no more than this.
    pub random: u32,
    /// The seed, which decides every arrangement.
    pub seed: u64,
}

/// Every pair of models: the difference of their areas, and the test that exchanges their ranks within patients.
///
/// There is no test where the two models rank alike ([`Undefined::SameRanking`]).
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Bandos, Rockette and Gur 2005, Statistics in Medicine 24:2873, doi:10.1002/sim.2149.
pub fn permutation_paired(
    paired: &Paired,
    arrangements: Arrangements,
) -> Result<Vec<AreaDifference>, Undefined> {
    let models = paired.models();
    let areas = models.iter().map(auc).collect::<Result<Vec<f64>, _>>()?;
    let labels: Vec<bool> = paired.labels().collect();
    let ranks: Vec<Vec<usize>> = models.iter().map(doubled_ranks).collect();
    let pairs = (0..models.len())
        .flat_map(|first| (first + 1..models.len()).map(move |second| (first, second)));
    Ok(pairs
        .map(|(first, second)| AreaDifference {
            models: (first, second),
            difference: Measured::without_interval(Ok(areas[first] - areas[second])),
            test: Exchange::of(&labels, &ranks[first], &ranks[second]).test(arrangements),
        })
        .collect())
}

/// The test that the area is 0.5, by exchanging the labels: how often an arrangement of the labels has an area at least
/// as far from 0.5.
///
/// # Undefined when
/// a class has no patient, or all scores are equal.
///
/// # References
/// Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39, doi:10.2202/1544-6115.1585.
pub fn permutation_of_labels(
    scores: &Scores,
    arrangements: Arrangements,
) -> Result<HypothesisTest, Undefined> {
    Group::Positive.at_least(1, scores.positives().into())?;
    Group::Negative.at_least(1, scores.negatives().into())?;
    let ranks = doubled_ranks(scores);
    if ranks.iter().all(|rank| *rank == ranks[0]) {
        return Err(Undefined::AllTied);
    }
    // The smaller class is drawn; its sum of doubled ranks departs from the mean by as much as the area from 0.5.
    let smaller = scores.positives() < scores.negatives();
    let drawn = scores.positives().min(scores.negatives()) as usize;
    let expected = drawn as i128 * (ranks.len() as i128 + 1);
    let departure = |sum: usize| (sum as i128 - expected).unsigned_abs();
    let of_class = scores
        .iter()
        .zip(&ranks)
        .filter(|((positive, _), _)| *positive == smaller);
    let observed = departure(of_class.map(|(_, rank)| rank).sum());

    if combinations(ranks.len(), drawn, arrangements.random).is_some() {
        let (mut reached, mut all) = (0_u64, 0_u64);
        for_each_sum(&ranks, drawn, &mut |sum| {
            all += 1;
            reached += u64::from(departure(sum) >= observed);
        });
        let method = "permutation test of the labels, all arrangements";
        return Ok(HypothesisTest::exact(method, reached as f64 / all as f64));
    }
    let reached = reached_at_random(arrangements, |generator| {
        let mut ranks = ranks.clone();
        for place in 0..drawn {
            let other = generator.random_range(place as u64..ranks.len() as u64) as usize;
            ranks.swap(place, other);
        }
        departure(ranks[..drawn].iter().sum()) >= observed
    })?;
    let method = "permutation test of the labels, random arrangements";
    Ok(HypothesisTest::exact(method, reached))
}

/// (b + 1) / (m + 1), where `reaches` is true in b of m random arrangements.
fn reached_at_random<R>(arrangements: Arrangements, reaches: R) -> Result<f64, Undefined>
where
    R: Fn(&mut rand_chacha::ChaCha8Rng) -> bool + Sync,
{
    Group::Replicates.at_least(1, arrangements.random.into())?;
    let reached = (0..arrangements.random)
        .into_par_iter()
        .filter(|&number| reaches(&mut generator(arrangements.seed, number.into())))
        .count();
    Ok((reached as f64 + 1.0) / (f64::from(arrangements.random) + 1.0))
}

/// Two models' ranks, dense: places in the sorted list of all ranks that occur.
struct Exchange {
    patients: Vec<(bool, usize, usize)>,
    /// Patients with two different ranks; to exchange the ranks of others changes nothing.
    differing: Vec<usize>,
    ranks: usize,
}

impl Exchange {
    fn of(labels: &[bool], first: &[usize], second: &[usize]) -> Self {
        let mut occurring: Vec<usize> = first.iter().chain(second).copied().collect();
        occurring.sort_unstable();
        occurring.dedup();
        let place = |rank: usize| occurring.partition_point(|&other| other < rank);
        let ranks = first.iter().zip(second).zip(labels);
        let patients: Vec<(bool, usize, usize)> = ranks
            .map(|((&first, &second), &positive)| (positive, place(first), place(second)))
            .collect();
        Self {
            differing: (0..patients.len())
                .filter(|&patient| patients[patient].1 != patients[patient].2)
                .collect(),
            ranks: occurring.len(),
            patients,
        }
    }

    fn test(&self, arrangements: Arrangements) -> Result<HypothesisTest, Undefined> {
        if self.differing.is_empty() {
            return Err(Undefined::SameRanking);
        }
        let observed = self.difference(|_| false);
        // An arrangement and its mirror image have the same difference but for the sign, so the last patient stays.
        let exchanged = self.differing.len() - 1;
        let all = u32::try_from(exchanged)
            .ok()
            .and_then(|power| 1_u32.checked_shl(power));
        if let Some(all) = all.filter(|&all| all <= arrangements.random / 2) {
            let reached = (0..all)
                .into_par_iter()
                .filter(|bits| {
                    self.difference(|at| bits.checked_shr(at as u32).unwrap_or(0) & 1 == 1)
                        >= observed
                })
                .count();
            let method = "permutation test of two correlated areas, all arrangements";
            return Ok(HypothesisTest::exact(
                method,
                reached as f64 / f64::from(all),
            ));
        }
        let reached = reached_at_random(arrangements, |generator| {
            let bits: Vec<u64> = (0..self.differing.len().div_ceil(64))
                .map(|_| generator.next_u64())
                .collect();
            self.difference(|at| bits[at / 64] >> (at % 64) & 1 == 1) >= observed
        })?;
        let method = "permutation test of two correlated areas, random arrangements";
        Ok(HypothesisTest::exact(method, reached))
    }

    /// The size of the difference of the areas, in units of half a pair, where the ranks of the differing patient number
    /// `at` are exchanged if `exchanged` says so.
    fn difference(&self, exchanged: impl Fn(usize) -> bool) -> u128 {
        let mut counts = vec![[0_u32; 4]; self.ranks];
        let mut differing = self.differing.iter().enumerate().peekable();
        for (patient, &(positive, first, second)) in self.patients.iter().enumerate() {
            let turned = differing
                .next_if(|(_, other)| **other == patient)
                .is_some_and(|(at, _)| exchanged(at));
            let (first, second) = if turned {
                (second, first)
            } else {
                (first, second)
            };
            counts[first][usize::from(positive)] += 1;
            counts[second][2 + usize::from(positive)] += 1;
        }
        let (mut below, mut doubled_wins) = ([0_u64; 2], [0_u128; 2]);
        for [
            negatives,
            positives,
            negatives_of_second,
            positives_of_second,
        ] in counts
        {
            let of_models = [
                (negatives, positives),
                (negatives_of_second, positives_of_second),
            ];
            for (model, (negatives, positives)) in of_models.into_iter().enumerate() {
                let rightly = 2 * below[model] + u64::from(negatives);
                doubled_wins[model] += u128::from(positives) * u128::from(rightly);
                below[model] += u64::from(negatives);
            }
        }
        doubled_wins[0].abs_diff(doubled_wins[1])
    }
}

/// Twice the mid-rank of each patient: whole numbers from 2 to twice the number of patients.
fn doubled_ranks(scores: &Scores) -> Vec<usize> {
    let values: Vec<f64> = scores.iter().map(|(_, score)| score).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &patient in tied {
            ranks[patient] = 2 * below + tied.len() + 1;
        }
        below += tied.len();
    }
    ranks
}

/// The number of ways to draw `drawn` of `patients`, where it is at most `most`.
fn combinations(patients: usize, drawn: usize, most: u32) -> Option<u32> {
    let mut ways: u128 = 1;
    for step in 1..=drawn {
        ways = ways * (patients - drawn + step) as u128 / step as u128;
        if ways > most.into() {
            return None;
        }
    }
    u32::try_from(ways).ok()
}

/// The sum of the ranks of every choice of `drawn` patients.
fn for_each_sum(ranks: &[usize], drawn: usize, visit: &mut impl FnMut(usize)) {
    fn choose(ranks: &[usize], drawn: usize, sum: usize, visit: &mut dyn FnMut(usize)) {
        if drawn == 0 {
            visit(sum);
            return;
        }
        for place in 0..=ranks.len() - drawn {
            choose(&ranks[place + 1..], drawn - 1, sum + ranks[place], visit);
        }
    }
    choose(ranks, drawn, 0, visit);
}
