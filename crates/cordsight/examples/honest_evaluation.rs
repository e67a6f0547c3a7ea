//! Whether cross-validation says what networks are worth, and what choosing on the test patients adds: figure and tables of
//! docs/honest-evaluation.md.
//!
//! `cargo run --release -p cordsight --example honest_evaluation -- OUT.svg [STUDIES] [PATIENTS]`. In: how many studies to simulate
//! (1,000 unless told; the first 30 are drawn), of how many patients (60). Out: the figure, and the tables in Markdown on
//! stdout.
//!
//! Half of a study's patients are positive. In place of a radiograph a patient has 20 normal features, of which five are
//! shifted in positive patients; in place of a network stands a logistic regression trained by Adam, so that epochs and
//! learning rates matter as they do for a network. What such a reader is worth on patients at large is known without
//! drawing any: its score is normal in each class. Folds are those of `cordsight cv`, and so are mean, interval and pooling.
//! Three designs: nothing chosen; learning rate, epoch and threshold chosen on validation patients inside each fold; the
//! same chosen on the patients who test the fold.
//! Seeded: the same output at any number of threads.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

use cordsight::cohort::{Cohort, Picture};
use cordsight::split::{Part, Split};
use diagstat::{
    AucInterval, Confusion, Level, Measured, Scores, auc, auc_with_interval, mean_over_splits,
    youden,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Patients of a study, unless told.
pub(crate) const PATIENTS: usize = 60;
const FEATURES: usize = 20;
const SHIFTED: usize = 5;
const SHIFT: f64 = 0.6;
const FOLDS: u32 = 5;
const REPEATS: u32 = 2;
const VALIDATION: f64 = 0.25;
const EPOCHS: usize = 60;
const RATES: [f64; 5] = [0.003, 0.01, 0.03, 0.1, 0.3];
/// Where nothing is chosen: the third rate, half of the epochs.
const FIXED: (usize, usize) = (2, 30);
/// Patients of each class at large, for what two averaged readers are worth.
const AT_LARGE: usize = 400;
/// Studies that the figure draws.
const DRAWN: usize = 30;
const SEED: u64 = 17_360_417;

/// Weights of the features, and the constant.
type Reader = [f64; FEATURES + 1];

struct Patient {
    label: bool,
    features: [f64; FEATURES],
}

/// What a design shows on the test folds, and what its readers are worth: means over the folds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Design {
    pub(crate) shown_auc: f64,
    pub(crate) worth_auc: f64,
    pub(crate) shown_balanced: f64,
    pub(crate) worth_balanced: f64,
}

/// One study.
#[derive(Clone)]
pub(crate) struct Study {
    pub(crate) patients: usize,
    pub(crate) over_splits: Measured,
    /// Mean over the splits of what each reader is worth.
    pub(crate) worth: f64,
    pub(crate) pooled: Measured,
    /// What two averaged readers are worth.
    pub(crate) worth_pooled: f64,
    pub(crate) designs: [Design; 3],
}

pub(crate) const DESIGNS: [&str; 3] = [
    "nothing",
    "rate, epoch and threshold on validation patients inside the fold",
    "rate, epoch and threshold on the patients who test",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments
        .next()
        .ok_or("give OUT.svg [STUDIES] [PATIENTS]")?;
    let count: u64 = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let patients: usize = arguments.next().map_or(Ok(PATIENTS), |text| text.parse())?;
    let studies = studies(count, patients).ok_or("a study without both classes")?;
    print!("{}", tables(&studies));
    std::fs::write(&out, figure(&studies)).map_err(|error| format!("{out}: {error}"))?;
    Ok(())
}

/// The studies of these numbers.
pub(crate) fn studies(count: u64, patients: usize) -> Option<Vec<Study>> {
    let one = |number| study(number, patients);
    (0..count).into_par_iter().map(one).collect()
}

fn study(number: u64, count: usize) -> Option<Study> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream(number);
    let patients: Vec<Patient> = (0..count).map(|at| draw(&mut rng, at % 2 == 1)).collect();
    let at_large: Vec<Patient> = (0..2 * AT_LARGE)
        .map(|at| draw(&mut rng, at % 2 == 1))
        .collect();
    let cohort = cohort(&patients);
    let (mut aucs, mut worth) = (Vec::new(), Vec::new());
    let mut scores = vec![0.0; count];
    let mut readers: Vec<Vec<Reader>> = Vec::new();
    let mut designs = [Design::default(); 3];
    for repeat in 0..REPEATS {
        let seed = SEED ^ number;
        let splits = Split::fold(&cohort, FOLDS, VALIDATION, seed, repeat).ok()?;
        let mut of_repeat = Vec::new();
        for split in &splits {
            let part = |wanted: &[Part]| -> Vec<usize> {
                let is_wanted =
                    |at: &usize| split.part(&name(*at)).is_some_and(|p| wanted.contains(&p));
                (0..count).filter(is_wanted).collect()
            };
            let test = part(&[Part::Test]);
            let all = trials(&patients, &part(&[Part::Train, Part::Validation]));
            let inner = trials(&patients, &part(&[Part::Train]));
            let validation = part(&[Part::Validation]);
            let fixed = &all[FIXED.0][FIXED.1 - 1];
            aucs.push(auc_of(&patients, &test, fixed)?);
            worth.push(worth_auc(fixed));
            for &at in &test {
                scores[at] += score(&patients[at], fixed) / f64::from(REPEATS);
            }
            of_repeat.push(*fixed);

            let nested = lowest(&inner, |reader| loss(&patients, &validation, reader))?;
            let on_test = lowest(&all, |reader| {
                auc_of(&patients, &test, reader).map_or(f64::INFINITY, |auc| -auc)
            })?;
            let cuts = [
                0.5,
                cut(&patients, &validation, nested)?,
                cut(&patients, &test, on_test)?,
            ];
            for ((design, reader), cut) in
                designs.iter_mut().zip([fixed, nested, on_test]).zip(cuts)
            {
                let share = 1.0 / f64::from(FOLDS * REPEATS);
                design.shown_auc += share * auc_of(&patients, &test, reader)?;
                design.worth_auc += share * worth_auc(reader);
                design.shown_balanced += share * balanced(&patients, &test, reader, cut)?;
                design.worth_balanced += share * worth_balanced(reader, cut);
            }
        }
        readers.push(of_repeat);
    }
    let test_per_training = 1.0 / (f64::from(FOLDS) - 1.0);
    let labels: Vec<bool> = patients.iter().map(|patient| patient.label).collect();
    let pooled = Scores::from_bools(&labels, &scores).ok()?;
    let pairs = readers[0].iter().zip(&readers[1]);
    let worth_of_pairs: Option<Vec<f64>> = pairs
        .map(|(one, other)| worth_of_pair(&at_large, one, other))
        .collect();
    Some(Study {
        patients: count,
        over_splits: mean_over_splits(&aucs, test_per_training, Level::PERCENT_95),
        worth: mean(&worth),
        pooled: auc_with_interval(&pooled, AucInterval::Logit, Level::PERCENT_95),
        worth_pooled: mean(&worth_of_pairs?),
        designs,
    })
}

fn draw(rng: &mut ChaCha8Rng, label: bool) -> Patient {
    let mut features = [0.0; FEATURES];
    for (at, feature) in features.iter_mut().enumerate() {
        let shift = if label && at < SHIFTED { SHIFT } else { 0.0 };
        *feature = normal(rng) + shift;
    }
    Patient { label, features }
}

/// A standard normal number (Box and Muller).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, turn) = (rng.random::<f64>(), rng.random::<f64>());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
}

fn name(at: usize) -> String {
    format!("P{at:04}")
}

/// The patients as `cordsight cv` would have them, to be dealt into its folds.
fn cohort(patients: &[Patient]) -> Cohort {
    let picture = |(at, patient): (usize, &Patient)| Picture {
        patient: name(at),
        name: name(at),
        path: PathBuf::new(),
        label: u8::from(patient.label),
        view: None,
        spacing_mm: None,
    };
    Cohort {
        pictures: patients.iter().enumerate().map(picture).collect(),
        classes: ["negative".to_string(), "positive".to_string()],
        split_column: None,
        covariates: Vec::new(),
        synthetic: None,
    }
}

/// For each learning rate the reader after each epoch of Adam on the cross-entropy, from zero.
fn trials(patients: &[Patient], train: &[usize]) -> Vec<Vec<Reader>> {
    RATES
        .iter()
        .map(|rate| fit(patients, train, *rate))
        .collect()
}

fn fit(patients: &[Patient], train: &[usize], rate: f64) -> Vec<Reader> {
    let zero = [0.0; FEATURES + 1];
    let (mut reader, mut first, mut second) = (zero, zero, zero);
    let mut epochs = Vec::with_capacity(EPOCHS);
    for step in 1..=EPOCHS as i32 {
        let mut gradient = zero;
        for &at in train {
            let patient = &patients[at];
            let excess =
                (score(patient, &reader) - f64::from(u8::from(patient.label))) / train.len() as f64;
            for (sum, feature) in gradient
                .iter_mut()
                .zip(patient.features.iter().chain(&[1.0]))
            {
                *sum += excess * feature;
            }
        }
        for at in 0..=FEATURES {
            first[at] = 0.9 * first[at] + 0.1 * gradient[at];
            second[at] = 0.999 * second[at] + 0.001 * gradient[at] * gradient[at];
            let mean = first[at] / (1.0 - 0.9f64.powi(step));
            let square = second[at] / (1.0 - 0.999f64.powi(step));
            reader[at] -= rate * mean / (square.sqrt() + 1e-7);
        }
        epochs.push(reader);
    }
    epochs
}

fn linear(patient: &Patient, reader: &Reader) -> f64 {
    let products = patient.features.iter().zip(reader).map(|(x, w)| x * w);
    products.sum::<f64>() + reader[FEATURES]
}

fn score(patient: &Patient, reader: &Reader) -> f64 {
    1.0 / (1.0 + (-linear(patient, reader)).exp())
}

/// The reader of the lowest value over all rates and epochs, the first of them at a tie.
fn lowest(trials: &[Vec<Reader>], value: impl Fn(&Reader) -> f64) -> Option<&Reader> {
    let all = trials
        .iter()
        .flatten()
        .map(|reader| (value(reader), reader));
    all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|best| best.1)
}

fn loss(patients: &[Patient], of: &[usize], reader: &Reader) -> f64 {
    let one = |at: &usize| {
        let (z, y) = (
            linear(&patients[*at], reader),
            f64::from(u8::from(patients[*at].label)),
        );
        z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()
    };
    of.iter().map(one).sum::<f64>() / of.len() as f64
}

fn scored(patients: &[Patient], of: &[usize], reader: &Reader) -> Option<Scores> {
    let labels: Vec<bool> = of.iter().map(|at| patients[*at].label).collect();
    let scores: Vec<f64> = of.iter().map(|at| score(&patients[*at], reader)).collect();
    Scores::from_bools(&labels, &scores).ok()
}

fn auc_of(patients: &[Patient], of: &[usize], reader: &Reader) -> Option<f64> {
    auc(&scored(patients, of, reader)?).ok()
}

/// The threshold of the largest sensitivity + specificity, 0.5 where none beats chance.
fn cut(patients: &[Patient], of: &[usize], reader: &Reader) -> Option<f64> {
    let best = youden(&scored(patients, of, reader)?);
    Some(best.map_or(0.5, |best| best.threshold))
}

/// Mean of sensitivity and specificity.
fn balanced(patients: &[Patient], of: &[usize], reader: &Reader, cut: f64) -> Option<f64> {
    let calls = Confusion::at(&scored(patients, of, reader)?, cut).ok()?;
    calls.macro_recall().ok()
}

/// Shift and spread of the linear score of the positive class and, about its constant, of the negative one.
fn moments(reader: &Reader) -> (f64, f64) {
    let weights = &reader[..FEATURES];
    let shift = SHIFT * weights[..SHIFTED].iter().sum::<f64>();
    let spread = weights
        .iter()
        .map(|weight| weight * weight)
        .sum::<f64>()
        .sqrt();
    (shift, spread.max(1e-300))
}

/// AUC on patients at large.
fn worth_auc(reader: &Reader) -> f64 {
    let (shift, spread) = moments(reader);
    below(shift / (spread * std::f64::consts::SQRT_2))
}

/// Mean of sensitivity and specificity on patients at large.
fn worth_balanced(reader: &Reader, cut: f64) -> f64 {
    let (shift, spread) = moments(reader);
    let at = (cut / (1.0 - cut)).ln() - reader[FEATURES];
    f64::midpoint(below((shift - at) / spread), below(at / spread))
}

/// AUC at large of the mean score of two readers.
fn worth_of_pair(at_large: &[Patient], one: &Reader, other: &Reader) -> Option<f64> {
    let labels: Vec<bool> = at_large.iter().map(|patient| patient.label).collect();
    let both = |patient| f64::midpoint(score(patient, one), score(patient, other));
    let scores: Vec<f64> = at_large.iter().map(both).collect();
    auc(&Scores::from_bools(&labels, &scores).ok()?).ok()
}

/// Standard normal probability below `z`: Simpson's rule over 200 steps, right to 1e-9 within 8 standard deviations.
fn below(z: f64) -> f64 {
    let z = z.clamp(-8.0, 8.0);
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let step = z / 200.0;
    let inner: f64 = (1..200)
        .map(|at| f64::from(2 + 2 * (at % 2)) * density(f64::from(at) * step))
        .sum();
    0.5 + step / 3.0 * (density(0.0) + inner + density(z))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean of the values and half of its 95 % interval.
pub(crate) fn mean_within(values: &[f64]) -> (f64, f64) {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    let count = values.len() as f64;
    (centre, 1.96 * (squares / (count - 1.0) / count).sqrt())
}

/// What an estimate says less what is true of each study's own readers; and the share of intervals that hold what is true of them,
/// and of the mean of all studies.
pub(crate) fn bias_and_coverage(
    studies: &[Study],
    estimate: fn(&Study) -> Measured,
    worth: fn(&Study) -> f64,
) -> ((f64, f64), [f64; 2]) {
    let truth = mean(&studies.iter().map(worth).collect::<Vec<_>>());
    let value = |study: &Study| estimate(study).value().unwrap_or(f64::NAN);
    let differences: Vec<f64> = studies
        .iter()
        .map(|study| value(study) - worth(study))
        .collect();
    let held = |truth: &dyn Fn(&Study) -> f64| {
        let holds = |study: &&Study| {
            let interval = estimate(study).interval();
            interval.is_some_and(|of| of.low <= truth(study) && truth(study) <= of.high)
        };
        studies.iter().filter(holds).count() as f64 / studies.len() as f64
    };
    (mean_within(&differences), [held(&worth), held(&|_| truth)])
}

/// What a design shows less what its readers are worth: AUC, then mean of sensitivity and specificity.
pub(crate) fn optimism(studies: &[Study], design: usize) -> [(f64, f64); 2] {
    let of = |figure: fn(&Design) -> f64| {
        let values: Vec<f64> = studies
            .iter()
            .map(|study| figure(&study.designs[design]))
            .collect();
        mean_within(&values)
    };
    [
        of(|design| design.shown_auc - design.worth_auc),
        of(|design| design.shown_balanced - design.worth_balanced),
    ]
}

/// Name, estimate and truth.
type Estimator = (&'static str, fn(&Study) -> Measured, fn(&Study) -> f64);

const ESTIMATES: [Estimator; 2] = [
    ("mean over 10 splits", |s| s.over_splits, |s| s.worth),
    (
        "each patient once, pooled",
        |s| s.pooled,
        |s| s.worth_pooled,
    ),
];

fn tables(studies: &[Study]) -> String {
    let mut text = String::from(
        "| estimate of the AUC | studies | true, mean | estimate less truth (95 % CI) | 95 % intervals that hold what the study's own readers are worth | what such readers are worth on average |\n|---|---|---|---|---|---|\n",
    );
    for (name, estimate, worth) in ESTIMATES {
        for some in [&studies[..DRAWN.min(studies.len())], studies] {
            let ((bias, half), [own, all]) = bias_and_coverage(some, estimate, worth);
            let truth = mean(&some.iter().map(worth).collect::<Vec<_>>());
            let _ = writeln!(
                text,
                "| {name} | {} | {truth:.3} | {bias:+.4} ({:+.4} to {:+.4}) | {:.1} % | {:.1} % |",
                some.len(),
                bias - half,
                bias + half,
                100.0 * own,
                100.0 * all
            );
        }
    }
    text += "\n| chosen | figure | shown by the test folds | worth at large | shown less worth (95 % CI) |\n|---|---|---|---|---|\n";
    for (design, name) in DESIGNS.iter().enumerate() {
        let of = |figure: fn(&Design) -> f64| {
            mean(
                &studies
                    .iter()
                    .map(|s| figure(&s.designs[design]))
                    .collect::<Vec<_>>(),
            )
        };
        let figures = [
            ("AUC", of(|d| d.shown_auc), of(|d| d.worth_auc)),
            (
                "balanced accuracy",
                of(|d| d.shown_balanced),
                of(|d| d.worth_balanced),
            ),
        ];
        for ((figure, shown, worth), (excess, half)) in
            figures.into_iter().zip(optimism(studies, design))
        {
            let _ = writeln!(
                text,
                "| {name} | {figure} | {shown:.3} | {worth:.3} | {excess:+.4} ({:+.4} to {:+.4}) |",
                excess - half,
                excess + half
            );
        }
    }
    text
}

/// Above: the estimates of the first studies with their intervals. Below: what each design shows beyond what it is worth.
fn figure(studies: &[Study]) -> String {
    const WIDTH: f64 = 640.0;
    let (left, right, line) = (24.0, 24.0, 11.0);
    let drawn = &studies[..DRAWN.min(studies.len())];
    let truth = mean(&studies.iter().map(|study| study.worth).collect::<Vec<_>>());
    let top = 44.0;
    let middle = top + drawn.len() as f64 * line + 16.0;
    let height = middle + 250.0;
    let x = |value: f64| left + (value - 0.4) / 0.6 * (WIDTH - left - right);
    let words = |at: (f64, f64), anchor: &str, text: &str| {
        format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#222\">{text}</text>\n",
            at.0, at.1
        )
    };
    let stroke = |from: (f64, f64), to: (f64, f64), style: &str| {
        format!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {style}/>\n",
            from.0, from.1, to.0, to.1
        )
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\"><title>Cross-validation of simulated studies, and what choosing on the test patients adds</title><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    svg += &words(
        (left, 18.0),
        "start",
        &format!(
            "AUC by cross-validation in {} simulated studies of {} patients (synthetic)",
            drawn.len(),
            drawn.first().map_or(0, |study| study.patients)
        ),
    );
    svg += &stroke(
        (x(truth), top - 8.0),
        (x(truth), middle - 12.0),
        "stroke=\"#222\" stroke-width=\"2\" stroke-dasharray=\"5 3\"",
    );
    svg += &words(
        (x(truth) - 6.0, top - 10.0),
        "end",
        &format!("true {truth:.3}"),
    );
    for (at, study) in drawn.iter().enumerate() {
        let y = top + (at as f64 + 0.5) * line;
        let (Some(value), Some(interval)) =
            (study.over_splits.value(), study.over_splits.interval())
        else {
            continue;
        };
        let holds = interval.low <= truth && truth <= interval.high;
        let ink = if holds { "#4a6a96" } else { "#b3402a" };
        svg += &stroke(
            (x(interval.low.max(0.4)), y),
            (x(interval.high), y),
            &format!("stroke=\"{ink}\" stroke-width=\"2\""),
        );
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3.2\" fill=\"{ink}\"/>",
            x(value)
        );
    }
    svg += &axis(
        left,
        WIDTH - right,
        middle - 10.0,
        (0..=6).map(|at| 0.4 + 0.1 * f64::from(at)),
        x,
    );
    let zero = 286.0;
    let y_of = |place: usize| middle + 64.0 + place as f64 * 24.0;
    let x = |value: f64| zero + value / 0.21 * (WIDTH - right - zero);
    svg += &words(
        (left, middle + 36.0),
        "start",
        &format!(
            "Shown by the test folds less worth at large, {} studies",
            studies.len()
        ),
    );
    svg += &stroke(
        (zero, middle + 48.0),
        (zero, y_of(6) - 6.0),
        "stroke=\"#222\"",
    );
    let titles = [
        "nothing chosen",
        "chosen inside the folds",
        "chosen on who tests",
    ];
    for (design, title) in titles.iter().enumerate() {
        for (figure, (excess, half)) in optimism(studies, design).into_iter().enumerate() {
            let y = y_of(2 * design + figure);
            let label = ["AUC", "balanced accuracy"][figure];
            svg += &words((left, y + 4.0), "start", &format!("{title}, {label}"));
            let ink = if excess - half > 0.005 {
                "#b3402a"
            } else {
                "#4a6a96"
            };
            svg += &stroke(
                (x(excess - half), y),
                (x(excess + half), y),
                &format!("stroke=\"{ink}\" stroke-width=\"2\""),
            );
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{ink}\"/>",
                x(excess)
            );
        }
    }
    svg += &axis(
        zero - 8.0,
        WIDTH - right,
        y_of(6) - 6.0,
        (0..=4).map(|at| 0.05 * f64::from(at)),
        x,
    );
    svg + "</svg>\n"
}

fn axis(
    left: f64,
    right: f64,
    y: f64,
    ticks: impl Iterator<Item = f64>,
    x: impl Fn(f64) -> f64,
) -> String {
    let mut svg = format!(
        "<line x1=\"{left:.1}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\" stroke=\"#888\"/>\n"
    );
    for tick in ticks {
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.1}\" y1=\"{y:.1}\" x2=\"{0:.1}\" y2=\"{1:.1}\" stroke=\"#888\"/><text x=\"{0:.1}\" y=\"{2:.1}\" text-anchor=\"middle\" fill=\"#222\">{tick:.2}</text>",
            x(tick),
            y + 5.0,
            y + 19.0
        );
    }
    svg
}
