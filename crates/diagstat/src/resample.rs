//! What can be drawn again: patients, or patients with all their images, and how a draw is seeded.
//!
//! In: [`Scores`], [`Paired`], [`Clustered`], or any other data that implements [`Sample`]. Out: for replicate number
//! i, how often each unit is drawn. The unit is the patient; of clustered data a patient brings all its images.
//! Each replicate has a ChaCha8 generator of its own, made from the seed and its number: the replicates are the same on
//! any number of threads, and the first 1,000 of 2,000 are those of a run of 1,000.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::clustered::Clustered;
use crate::paired::Paired;
use crate::scores::Scores;

/// Data of which rows can be drawn with replacement.
pub trait Sample: Sync {
    /// What the drawn rows make.
    type Drawn;

    /// The class of each row: 0 or 1, or the number of a class where there are more.
    fn classes(&self) -> Vec<usize>;

    /// The patient of each row, counted from 0 without a gap; none where each row is a patient.
    fn patient_of_row(&self) -> Option<&[usize]> {
        None
    }

    /// The rows at these places, in this order, as often as each is named.
    fn drawn(&self, rows: &[usize]) -> Self::Drawn;
}

impl Sample for Scores {
    type Drawn = Self;

    fn classes(&self) -> Vec<usize> {
        self.iter()
            .map(|(positive, _)| usize::from(positive))
            .collect()
    }

    fn drawn(&self, rows: &[usize]) -> Self {
        self.of_rows(rows)
    }
}

impl Sample for Paired {
    type Drawn = Self;

    fn classes(&self) -> Vec<usize> {
        self.labels().map(usize::from).collect()
    }

    fn drawn(&self, rows: &[usize]) -> Self {
        self.at(rows)
    }
}

impl<S: Sample> Sample for Clustered<S> {
    type Drawn = S::Drawn;

    fn classes(&self) -> Vec<usize> {
        self.images().classes()
    }

    fn patient_of_row(&self) -> Option<&[usize]> {
        Some(self.patient_of())
    }

    fn drawn(&self, rows: &[usize]) -> S::Drawn {
        self.images().drawn(rows)
    }
}

/// How patients are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// As many of each class as there are, so that no replicate lacks a class: for a study that chose how many patients
    /// of each class it has. A patient with images of several classes belongs to the highest.
    Stratified,
    /// As many as there are, of all: for a study that took patients as they came.
    Simple,
}

/// How many replicates are drawn, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Resampling {
    /// How patients are drawn.
    pub drawing: Drawing,
    /// Number of replicates; 2,000 for 95 % limits.
    pub replicates: u32,
    /// The seed, which decides every draw.
    pub seed: u64,
}

impl Resampling {
    /// 2,000 replicates, stratified.
    #[must_use]
    pub fn stratified(seed: u64) -> Self {
        Self {
            drawing: Drawing::Stratified,
            replicates: 2000,
            seed,
        }
    }
}

/// Patients by stratum, each with its rows.
pub(crate) struct Units {
    /// Where each unit's rows begin in `rows`; one more at the end.
    starts: Vec<usize>,
    rows: Vec<usize>,
    /// The first unit of each stratum; the number of units at the end. Units of a stratum are neighbours.
    strata: Vec<usize>,
}

impl Units {
    /// The units of a sample. Within a stratum they stand in the order in which `row_order` meets them first.
    pub(crate) fn of<S: Sample>(sample: &S, drawing: Drawing, row_order: &[usize]) -> Self {
        let classes = sample.classes();
        let patients = sample.patient_of_row();
        let patient_of = |row: usize| patients.map_or(row, |patients| patients[row]);
        let count = patients.map_or(classes.len(), |of| {
            of.iter().max().map_or(0, |last| last + 1)
        });

        let mut stratum = vec![0; count];
        if drawing == Drawing::Stratified {
            for (row, &class) in classes.iter().enumerate() {
                let stratum = &mut stratum[patient_of(row)];
                *stratum = class.max(*stratum);
            }
        }
        let mut order: Vec<usize> = Vec::with_capacity(count);
        let mut met = vec![false; count];
        for patient in row_order.iter().map(|&row| patient_of(row)) {
            if !std::mem::replace(&mut met[patient], true) {
                order.push(patient);
            }
        }
        order.sort_by_key(|&patient| stratum[patient]);

        let mut place = vec![0; count];
        for (unit, &patient) in order.iter().enumerate() {
            place[patient] = unit;
        }
        let mut rows: Vec<usize> = (0..classes.len()).collect();
        rows.sort_by_key(|&row| place[patient_of(row)]);
        let mut starts = vec![0; count + 1];
        for &row in &rows {
            starts[place[patient_of(row)] + 1] += 1;
        }
        for unit in 0..count {
            starts[unit + 1] += starts[unit];
        }
        let mut strata = vec![0];
        for unit in 1..order.len() {
            if stratum[order[unit]] != stratum[order[unit - 1]] {
                strata.push(unit);
            }
        }
        strata.push(order.len());
        Self {
            starts,
            rows,
            strata,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn rows_of(&self, unit: usize) -> &[usize] {
        &self.rows[self.starts[unit]..self.starts[unit + 1]]
    }

    /// The units of each stratum.
    pub(crate) fn strata(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.strata.windows(2).map(|ends| ends[0]..ends[1])
    }

    /// How often each unit is drawn in a replicate.
    pub(crate) fn draw(&self, seed: u64, replicate: u32, times: &mut Vec<u32>) {
        times.clear();
        times.resize(self.len(), 0);
        let mut generator = generator(seed, replicate.into());
        for stratum in self.strata() {
            let count = stratum.len() as u32;
            let times = &mut times[stratum];
            for _ in 0..count {
                times[generator.random_range(0..count) as usize] += 1;
            }
        }
    }

    /// The rows of a draw.
    pub(crate) fn rows_drawn(&self, times: &[u32]) -> Vec<usize> {
        let units = times.iter().enumerate();
        units
            .flat_map(|(unit, &times)| (0..times).flat_map(move |_| self.rows_of(unit)))
            .copied()
            .collect()
    }

    /// All rows but those of one unit.
    pub(crate) fn rows_without(&self, unit: usize) -> Vec<usize> {
        let (before, after) = (
            &self.rows[..self.starts[unit]],
            &self.rows[self.starts[unit + 1]..],
        );
        [before, after].concat()
    }
}

/// The generator of one replicate.
pub(crate) fn generator(seed: u64, replicate: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(replicate);
    generator
}
