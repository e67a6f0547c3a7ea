//! The checks of `cordsight explain --check`: networks that never learnt, and what is said of all files together.
//!
//! In: what was found of each file. Out: lines. Shares are means over files; the interval of the difference is that of a
//! bootstrap over files, which stand for patients.

use std::path::Path;

use cordsight::explain::check::{Check, Curve, twin};
use cordsight::explain::regions::{Anatomy, Region, Share};
use cordsight::explain::{Explainer, Request};
use cordsight::figure::{DeletionInsertion, PerturbationCurve, deletion_insertion};
use cordsight::prepare::{Geometry, Prepared};
use cordsight::random::{Purpose, generator};
use cordsight::weights::WeightsError;
use diagstat::{Bootstrap, Level};
use rand::RngExt;
use serde::Serialize;

use super::explain::Explained;

/// Networks of random weights that the trained one is compared with.
const TWINS: u64 = 5;
const REPLICATES: usize = 2000;
/// Stages of the cascade in the printed line.
const STAGES_SHOWN: usize = 8;

/// Networks of the same shape that never learnt.
pub struct Twins(Vec<Explainer>);

/// Where the heat of a synthetic radiograph lies.
#[derive(Serialize)]
pub struct Regions {
    trained: Vec<Share>,
    /// Mean over the networks of random weights whose map has any heat.
    random: Vec<Share>,
}

impl Twins {
    pub fn new(explainer: &Explainer, seed: u64) -> Result<Self, WeightsError> {
        // The cascade ends in the twin of the seed itself.
        let seeds = (0..TWINS).map(|at| seed.wrapping_add(at));
        let twins = seeds.map(|seed| twin(explainer, seed));
        Ok(Twins(twins.collect::<Result<_, _>>()?))
    }

    /// Nothing where the file is no phantom's, or a map has no heat.
    pub fn regions(
        &self,
        file: &Path,
        picture: &Prepared,
        request: &Request,
        geometry: &Geometry,
        shown: &[f32],
    ) -> Result<Option<Regions>, String> {
        let Some(anatomy) = Anatomy::beside(file)? else {
            return Ok(None);
        };
        let Some(trained) = anatomy.shares(geometry, shown) else {
            return Ok(None);
        };
        let random: Vec<Vec<Share>> = self
            .0
            .iter()
            .filter_map(|twin| {
                let map = twin.explain(picture, request);
                anatomy.shares(geometry, &map.shown(geometry.side))
            })
            .collect();
        if random.is_empty() {
            return Ok(None);
        }
        let mean = |at: usize, share: &Share| Share {
            heat: mean(random.iter().map(|shares| shares[at].heat)),
            ..*share
        };
        let random = trained
            .iter()
            .enumerate()
            .map(|(at, share)| mean(at, share));
        Ok(Some(Regions {
            random: random.collect(),
            trained,
        }))
    }
}

/// What the checks say of all files together.
pub fn summary(explained: &[Explained], seed: u64) -> String {
    let checks: Vec<&Check> = explained
        .iter()
        .filter_map(|one| one.check.as_ref())
        .collect();
    let mut text = format!("\nchecks ({}):\n", files(checks.len()));
    text.push_str(&cascade(&checks));
    for (name, good, curve) in [
        ("deletion", "lower", deletion as fn(&Check) -> [f64; 2]),
        ("insertion", "higher", insertion),
    ] {
        let of = |at: usize| mean(checks.iter().map(|check| curve(check)[at]));
        text.push_str(&format!(
            "  {name:<10} area {:.3}, in the order of random maps {:.3} ({good} is better)\n",
            of(0),
            of(1)
        ));
    }
    let regions: Vec<&Regions> = explained
        .iter()
        .filter_map(|one| one.regions.as_ref())
        .collect();
    if !regions.is_empty() {
        text.push_str(&shares(&regions, seed));
    }
    text
}

fn own(curve: &Curve) -> (&[f64], f64) {
    (&curve.scores, curve.area)
}

fn random(curve: &Curve) -> (&[f64], f64) {
    (&curve.random_scores, curve.random_area)
}

/// The curves of deletion and insertion, means over the files.
pub fn curves(explained: &[Explained]) -> String {
    let checks: Vec<&Check> = explained.iter().filter_map(|e| e.check.as_ref()).collect();
    let curve = |name: &str, of: fn(&Check) -> &Curve, scores: fn(&Curve) -> (&[f64], f64)| {
        let count = checks.first().map_or(0, |check| of(check).shares.len());
        let at = |step: usize| {
            let share = of(checks[0]).shares[step];
            (share, mean(checks.iter().map(|c| scores(of(c)).0[step])))
        };
        let area = mean(checks.iter().map(|check| scores(of(check)).1));
        PerturbationCurve {
            name: format!("{name}: area {area:.3}"),
            points: (0..count).map(at).collect(),
        }
    };
    deletion_insertion(&DeletionInsertion {
        curves: vec![
            curve("deletion, hottest first", |c| &c.deletion, own),
            curve("deletion, random order", |c| &c.deletion, random),
            curve("insertion, hottest first", |c| &c.insertion, own),
            curve("insertion, random order", |c| &c.insertion, random),
        ],
        of: files(checks.len()),
    })
}

fn files(count: usize) -> String {
    match count {
        1 => "1 radiograph".to_string(),
        count => format!("means of {count} radiographs"),
    }
}

fn deletion(check: &Check) -> [f64; 2] {
    [check.deletion.area, check.deletion.random_area]
}

fn insertion(check: &Check) -> [f64; 2] {
    [check.insertion.area, check.insertion.random_area]
}

/// Rank correlation stage by stage, a few of them.
fn cascade(checks: &[&Check]) -> String {
    let stages = checks.first().map_or(0, |check| check.cascade.len());
    let wanted = |stage: &usize| {
        let step = stages.div_ceil(STAGES_SHOWN).max(1);
        stage.is_multiple_of(step) || stage + 1 == stages
    };
    let mut text = String::from(
        "  layers made random from the last on, rank correlation with the map of the trained network:\n   ",
    );
    for stage in (0..stages).filter(wanted) {
        let known = checks
            .iter()
            .filter_map(|check| check.cascade[stage].correlation);
        let layer = &checks[0].cascade[stage].layer;
        match known.clone().count() {
            0 => text.push_str(&format!(" {layer} - ")),
            _ => text.push_str(&format!(" {layer} {:.2} ", mean(known))),
        }
    }
    text.push('\n');
    text
}

fn shares(regions: &[&Regions], seed: u64) -> String {
    let mut text = format!(
        "  synthetic radiographs ({}), share of heat by region, beside {TWINS} networks of random weights:\n    \
         region  area   trained  random  difference (95 % bootstrap interval)\n",
        regions.len()
    );
    for (at, region) in Region::ALL.iter().enumerate() {
        let trained = regions.iter().map(|of| of.trained[at].heat);
        let random = regions.iter().map(|of| of.random[at].heat);
        let differences: Vec<f64> = trained
            .clone()
            .zip(random.clone())
            .map(|(a, b)| a - b)
            .collect();
        text.push_str(&format!(
            "    {:<7} {:.3}  {:.3}    {:.3}   {}\n",
            region.name(),
            mean(regions.iter().map(|of| of.trained[at].area)),
            mean(trained),
            mean(random),
            interval(&differences, seed)
        ));
    }
    text
}

/// A mean with its interval, or the reason why it has none.
fn interval(values: &[f64], seed: u64) -> String {
    let estimate = mean(values.iter().copied());
    let mut random = generator(seed, Purpose::Explanation, u64::MAX - 1);
    let mut draw = || mean((0..values.len()).map(|_| values[random.random_range(0..values.len())]));
    let drawn = (0..REPLICATES).map(|_| Some(draw())).collect();
    let of = Bootstrap::of_replicates(estimate, drawn);
    match of.and_then(|of| of.percentile(Level::PERCENT_95)) {
        Ok(interval) if values.len() > 1 => {
            format!(
                "{estimate:+.3} ({:+.3} to {:+.3})",
                interval.low, interval.high
            )
        }
        Ok(_) => format!("{estimate:+.3} (no interval: 1 radiograph, at least 2 needed)"),
        Err(reason) => format!("{estimate:+.3} (no interval: {reason})"),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    for value in values {
        sum += value;
        count += 1;
    }
    sum / count as f64
}
