//! Iterative stratification: patients are dealt to parts so that every answer has its share in each.
//!
//! In: patients with what is known of each, shares, and a generator. Out: the place of each patient among the shares. The answer (a
//! finding present, or absent; a class) that the fewest patients left have is dealt first, each to the part that lacks
//! most of it. So a rare finding is shared out before common ones use up the places, and combinations of findings come
//! out balanced as far as they can.
//!
//! Source: Sechidis, Tsoumakas and Vlahavas 2011, On the stratification of multi-label data, ECML PKDD, LNCS 6913:145,
//! doi:10.1007/978-3-642-23808-6_10; here absence counts as an answer too, since some are not known.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::SliceRandom;

use super::cohort::{Known, answer};
use crate::task::Task;

/// A finding or class, and whether it is there.
type Answer = (usize, u8);

/// The place among the shares that each patient is dealt to; the shares add up to 1.
pub(super) fn deal<'a>(
    task: &Task,
    patients: impl Iterator<Item = (&'a String, &'a Known)>,
    shares: &[f64],
    generator: &mut impl Rng,
) -> BTreeMap<&'a String, usize> {
    let answers = |known: &Known| -> Vec<Answer> {
        let names = 0..task.names().len();
        let of = |place| answer(task, known, place).map(|there| (place, there));
        // Not to be of a class says nothing that its own class does not.
        let wanted = |(_, there): &Answer| *there == 1 || !matches!(task, Task::Classes(_));
        names.filter_map(of).filter(wanted).collect()
    };
    let mut left: Vec<(&String, Vec<Answer>)> = patients
        .map(|(patient, known)| (patient, answers(known)))
        .collect();
    left.shuffle(generator);

    // What each part still lacks of each answer, and of patients at all.
    let mut lacks: Vec<BTreeMap<Answer, f64>> = vec![BTreeMap::new(); shares.len()];
    for (share, lacks) in shares.iter().zip(&mut lacks) {
        for answer in left.iter().flat_map(|(_, answers)| answers) {
            *lacks.entry(*answer).or_default() += share;
        }
    }
    let mut room: Vec<f64> = shares
        .iter()
        .map(|share| share * left.len() as f64)
        .collect();

    let mut dealt = BTreeMap::new();
    while !left.is_empty() {
        let mut counts: BTreeMap<Answer, usize> = BTreeMap::new();
        for answer in left.iter().flat_map(|(_, answers)| answers) {
            *counts.entry(*answer).or_default() += 1;
        }
        let rarest = counts.iter().min_by_key(|(_, count)| **count);
        let rarest = rarest.map(|(answer, _)| *answer);
        let takes = |answers: &[Answer]| rarest.is_none_or(|rarest| answers.contains(&rarest));
        let (now, rest): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, answers)| takes(answers));
        left = rest;
        for (patient, answers) in now {
            let need = |at: &usize| {
                let of_rarest = rarest.and_then(|rarest| lacks[*at].get(&rarest).copied());
                (of_rarest.unwrap_or_default(), room[*at])
            };
            let most = |a: &usize, b: &usize| {
                let ((a, a_room), (b, b_room)) = (need(a), need(b));
                a.total_cmp(&b).then(a_room.total_cmp(&b_room))
            };
            let at = (0..shares.len()).max_by(most).unwrap_or_default();
            for answer in &answers {
                *lacks[at].entry(*answer).or_default() -= 1.0;
            }
            room[at] -= 1.0;
            dealt.insert(patient, at);
        }
    }
    dealt
}
