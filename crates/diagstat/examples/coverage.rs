//! How often the 95 % intervals of an AUC hold the true one, by simulation: the table of docs/statistics.md.
//!
//! `cargo run --release -p diagstat --example coverage [COHORTS]`. In: how many cohorts a row simulates (20,000 unless
//! told). Out: a Markdown table on stdout. Each cohort has 29 positive and 33 negative patients with normal scores; those
//! of the positive ones lie higher, so that the true AUC is the row's, and spread as widely or half as widely again.
//! Seeded: the same table at any number of threads.

use std::error::Error;
use std::f64::consts::TAU;
use std::io::Write;

use diagstat::{
    AucInterval, Drawing, Interval, Level, Resampling, Scores, Undefined, acceleration_auc,
    bootstrap_auc, delong,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

const POSITIVES: usize = 29;
const NEGATIVES: usize = 33;
const AREAS: [f64; 6] = [0.7, 0.8, 0.864, 0.9, 0.95, 0.98];
/// Standard deviations of the positive patients' scores; the negative ones have 1.
const SPREADS: [f64; 2] = [1.0, 1.5];
const METHODS: [&str; 4] = [
    "DeLong",
    "DeLong on the logit",
    "bootstrap percentile",
    "bootstrap BCa",
];
const SEED: u64 = 20_240_501;

fn main() -> Result<(), Box<dyn Error>> {
    let cohorts = match std::env::args().nth(1) {
        Some(cohorts) => cohorts.parse()?,
        None => 20_000,
    };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| true AUC | spread | method | covers | misses: interval too high | too low | mean width | no interval |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    let mut totals = [Tally::default(); METHODS.len()];
    let mut furthest = [0.0_f64; METHODS.len()];
    for (setting, (spread, area)) in SPREADS
        .iter()
        .flat_map(|spread| AREAS.iter().map(move |area| (*spread, *area)))
        .enumerate()
    {
        let tallies = simulate(setting as u64, spread, area, cohorts)?;
        for (method, tally) in tallies.iter().enumerate() {
            totals[method].join(tally);
            let departure = (tally.covers() - 95.0).abs();
            furthest[method] = furthest[method].max(departure);
            writeln!(out, "| {area} | {spread} | {} | {tally}", METHODS[method])?;
        }
    }
    writeln!(out)?;
    for ((name, total), furthest) in METHODS.iter().zip(totals).zip(furthest) {
        writeln!(
            out,
            "{name}: covers in {:.2} % of the cohorts with an interval, {:.2} % of all cohorts; \
             in no row further from 95 % than {furthest:.2}",
            total.covers(),
            100.0 * f64::from(total.covered) / (total.with_interval() + f64::from(total.none)),
        )?;
    }
    Ok(())
}

fn simulate(
    setting: u64,
    spread: f64,
    area: f64,
    cohorts: u64,
) -> Result<[Tally; METHODS.len()], Box<dyn Error>> {
    let shift = Normal::standard().inverse_cdf(area) * (1.0 + spread * spread).sqrt();
    let labels: Vec<bool> = (0..POSITIVES + NEGATIVES)
        .map(|patient| patient < POSITIVES)
        .collect();
    let of_cohorts = (0..cohorts)
        .into_par_iter()
        .map(|cohort| {
            let mut generator = ChaCha8Rng::seed_from_u64(SEED + setting);
            generator.set_stream(cohort);
            let scores: Vec<f64> = labels
                .iter()
                .map(|&positive| {
                    let normal = normal(&mut generator);
                    if positive {
                        shift + spread * normal
                    } else {
                        normal
                    }
                })
                .collect();
            let scores = Scores::from_bools(&labels, &scores)?;
            Ok(intervals(&scores, setting * cohorts + cohort)?)
        })
        .collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>();
    let mut tallies = [Tally::default(); METHODS.len()];
    for intervals in of_cohorts.map_err(|error| error.to_string())? {
        for (tally, interval) in tallies.iter_mut().zip(intervals) {
            tally.add(area, interval);
        }
    }
    Ok(tallies)
}

type Found = Result<Interval, Undefined>;

fn intervals(scores: &Scores, seed: u64) -> Result<[Found; METHODS.len()], Undefined> {
    let level = Level::PERCENT_95;
    let auc = delong(scores)?;
    let replicates = bootstrap_auc(scores, &Resampling::stratified(seed))?;
    let acceleration = acceleration_auc(scores, Drawing::Stratified);
    Ok([
        auc.interval(AucInterval::Wald, level),
        auc.interval(AucInterval::Logit, level),
        replicates.percentile(level),
        acceleration.and_then(|acceleration| replicates.bca(acceleration, level)),
    ])
}

/// A standard normal number, by Box and Muller.
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (generator.random(), generator.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (TAU * angle).cos()
}

#[derive(Clone, Copy, Default)]
struct Tally {
    covered: u32,
    too_high: u32,
    too_low: u32,
    none: u32,
    width: f64,
}

impl Tally {
    fn add(&mut self, area: f64, interval: Found) {
        match interval {
            Ok(interval) => {
                self.width += interval.high - interval.low;
                if interval.low > area {
                    self.too_high += 1;
                } else if interval.high < area {
                    self.too_low += 1;
                } else {
                    self.covered += 1;
                }
            }
            Err(_) => self.none += 1,
        }
    }

    fn join(&mut self, other: &Self) {
        self.covered += other.covered;
        self.too_high += other.too_high;
        self.too_low += other.too_low;
        self.none += other.none;
        self.width += other.width;
    }

    fn with_interval(&self) -> f64 {
        f64::from(self.covered + self.too_high + self.too_low)
    }

    fn covers(&self) -> f64 {
        100.0 * f64::from(self.covered) / self.with_interval()
    }
}

/// The last cells of a row.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let with = self.with_interval();
        let percent = |count: u32| 100.0 * f64::from(count) / with;
        write!(
            f,
            "{:.1} % | {:.1} % | {:.1} % | {:.3} | {:.1} % |",
            self.covers(),
            percent(self.too_high),
            percent(self.too_low),
            self.width / with,
            100.0 * f64::from(self.none) / (with + f64::from(self.none))
        )
    }
}
