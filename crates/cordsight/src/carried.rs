//! What a model carries beside its threshold: a map from scores to probabilities, and conformal sets.
//!
//! In: scores of patients who trained nothing (the validation part), and what is asked for. Out: [`Carried`], which stands in the
//! model file; and [`Further`], what it was worth on other patients. Nothing is fitted on the patients that are judged.
//! The validation patients have chosen the epoch as well, and the threshold where that was asked for: probabilities and sets
//! are a little too good on them, and so the promise of the sets is only as good as that choice was small.

use diagstat::{
    CalibrationMap, Conformal, Isotonic, Level, Measured, Platt, PredictionSet, Prevalence,
    PriorShift, Rate, RiskCoverage, Scores, SetsJudged, Temperature, Undefined, risk_coverage,
};
use serde::{Deserialize, Serialize};

use crate::evaluate::{LEVEL, PROPORTION, scores};
use crate::figure;
use crate::pool::Pool;
use crate::predictions::{Prediction, by_patient};
use crate::statistics::judgement::{Calibration, calibration, calibration_section};
use crate::statistics::layout::Section;

/// How scores become probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationRule {
    /// They do not.
    #[default]
    None,
    /// A logistic curve of the score.
    Platt,
    /// The logit divided by a number.
    Temperature,
    /// The rising steps that fit best.
    Isotonic,
}

/// A fitted map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// From scores to probabilities.
    pub map: CalibrationMap,
    /// Patients with label 0 and 1 that it was fitted on.
    pub patients: [u32; 2],
}

/// What a model carries; all of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibrated>,
    /// The sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<Conformal>,
    /// Why something that was asked for is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What a model's map and sets were worth on patients that fitted neither.
#[derive(Clone, Debug, Serialize)]
pub struct Further {
    /// The probabilities.
    pub recalibrated: Option<Recalibrated>,
    /// The sets.
    pub sets: Option<SetsOutcome>,
    /// Errors that remain when the doubtful get no call.
    #[serde(serialize_with = "crate::statistics::value_or_reason")]
    pub risk_coverage: Result<RiskCoverage, Undefined>,
}

/// Probabilities judged.
#[derive(Clone, Debug, Serialize)]
pub struct Recalibrated {
    /// The map.
    #[serde(flatten)]
    pub by: Calibrated,
    /// Calibration of the probabilities.
    pub calibration: Calibration,
}

/// Sets judged.
#[derive(Clone, Debug, Serialize)]
pub struct SetsOutcome {
    /// The sets.
    pub limits: Conformal,
    /// What they were worth.
    #[serde(flatten)]
    pub judged: SetsJudged,
}

impl Carried {
    /// Fits what is asked for: a map, and sets of this coverage (0 asks for none).
    #[must_use]
    pub fn fit(rule: CalibrationRule, coverage: f64, patients: &[Prediction], pool: Pool) -> Self {
        let mut carried = Carried::default();
        let scores = match scores(&by_patient(patients, pool)) {
            Ok(scores) => scores,
            Err(error) => {
                carried.missing.push(error.to_string());
                return carried;
            }
        };
        match mapped(rule, &scores) {
            Ok(map) => {
                let patients = [scores.negatives(), scores.positives()];
                carried.calibration = map.map(|map| Calibrated { map, patients });
            }
            Err(reason) => carried.missing.push(format!("no calibration: {reason}")),
        }
        if let Ok(level) = Level::new(coverage) {
            match Conformal::fit(&scores, level) {
                Ok(sets) => carried.sets = Some(sets),
                Err(reason) => carried
                    .missing
                    .push(format!("no sets of stated coverage: {reason}")),
            }
        }
        carried
    }

    /// True where nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.calibration.is_none() && self.sets.is_none() && self.missing.is_empty()
    }

    /// The probability of a score, where there is a map; at another prevalence than that of the patients who fitted it, if
    /// one is given.
    pub fn probability(&self, score: f64, at: Option<Prevalence>) -> Option<f64> {
        let by = self.calibration.as_ref()?;
        let probability = by.map.apply(score);
        match at {
            None => Some(probability),
            Some(to) => Some(
                PriorShift {
                    from: by.prevalence()?,
                    to,
                }
                .apply(probability),
            ),
        }
    }

    /// What the classes' names and a score make of the sets, where there are any.
    pub fn set(&self, score: f64, classes: &[String; 2]) -> Option<String> {
        let [negative, positive] = classes;
        Some(match self.sets.as_ref()?.set(score) {
            PredictionSet::Negative => negative.clone(),
            PredictionSet::Positive => positive.clone(),
            PredictionSet::Both => format!("I don't know ({negative} or {positive})"),
            PredictionSet::Neither => format!("I don't know (neither {negative} nor {positive})"),
        })
    }

    /// Judges map and sets on other patients; nothing where there is neither.
    pub fn judge(&self, patients: &Scores, threshold: f64) -> Option<Further> {
        if self.calibration.is_none() && self.sets.is_none() {
            return None;
        }
        let recalibrated = self.calibration.as_ref().and_then(|by| {
            let labels: Vec<bool> = patients.iter().map(|(label, _)| label).collect();
            let mapped: Vec<f64> = patients
                .iter()
                .map(|(_, score)| by.map.apply(score))
                .collect();
            let mapped = Scores::from_bools(&labels, &mapped).ok()?;
            Some(Recalibrated {
                by: by.clone(),
                calibration: calibration(&mapped),
            })
        });
        let sets = self.sets.map(|limits| SetsOutcome {
            limits,
            judged: limits.judge(patients, PROPORTION, LEVEL),
        });
        let threshold = Rate::new(threshold).ok()?;
        Some(Further {
            recalibrated,
            sets,
            risk_coverage: risk_coverage(patients, threshold),
        })
    }
}

impl Calibrated {
    /// Share of positive patients among those who fitted the map.
    pub fn prevalence(&self) -> Option<Prevalence> {
        let [negatives, positives] = self.patients.map(f64::from);
        Prevalence::new(positives / (negatives + positives)).ok()
    }

    /// In words.
    pub fn described(&self) -> String {
        let method = match self.map {
            CalibrationMap::Isotonic(_) => "isotonic regression",
            CalibrationMap::Platt(_) => "Platt's map",
            CalibrationMap::Temperature(_) => "temperature scaling",
        };
        let [negatives, positives] = self.patients;
        format!(
            "{method}, fitted on {} validation patients",
            negatives + positives
        )
    }
}

impl Further {
    /// As tables.
    pub fn sections(&self) -> Vec<Section> {
        let mut all = Vec::new();
        if let Some(of) = &self.recalibrated {
            let mut section = calibration_section(&of.calibration);
            section.title = format!("Calibration of the probabilities ({})", of.by.described());
            all.push(section);
        }
        if let Some(of) = &self.sets {
            let asked = percent(of.limits.coverage());
            let mut section = Section::new(format!("Sets that should hold each class in {asked}"));
            for (name, measured) in of.rows() {
                section.measured(name, measured);
            }
            section.text("both classes (I don't know)", of.judged.both.to_string());
            section.text(
                "neither class (I don't know)",
                of.judged.neither.to_string(),
            );
            let [negatives, positives] = of.limits.calibrated_on();
            section.remark(format!(
                "limits from {negatives} negative and {positives} positive validation patients: the promise is for the average over such draws"
            ));
            all.push(section);
        }
        let mut section = Section::new("Errors when the doubtful get no call");
        match &self.risk_coverage {
            Ok(curve) => {
                section.value("area under the risk-coverage curve", &Ok(curve.area));
                section.value("of it, above that of a doubt that knows", &Ok(curve.excess));
            }
            Err(reason) => section.value("risk-coverage curve", &Err(*reason)),
        }
        all.push(section);
        all
    }

    /// In a line or two, for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(of) = &self.recalibrated {
            text += &format!(
                "probability {}; Brier {:.3}\n",
                of.by.described(),
                of.calibration.brier
            );
        }
        if let Some(of) = &self.sets {
            let judged = &of.judged;
            text += &format!(
                "sets        {} asked, {:.3} covered; one class for {:.3}, right {:.3}; no call for {}\n",
                percent(of.limits.coverage()),
                judged.coverage,
                judged.called,
                judged.right_when_called,
                judged.both + judged.neither
            );
        }
        text
    }

    /// The risk-coverage curve, where there is one.
    pub fn drawing(&self) -> Option<String> {
        let curve = self.risk_coverage.as_ref().ok()?;
        let points = curve
            .points
            .iter()
            .map(|point| (point.coverage, point.risk));
        let of_sets = self.sets.as_ref().and_then(|of| {
            let (coverage, right) = (
                of.judged.called.value()?,
                of.judged.right_when_called.value()?,
            );
            Some((coverage, 1.0 - right))
        });
        Some(figure::risk_coverage(&figure::RiskCoverage {
            points: points.collect(),
            area: format!("{:.3}", curve.area),
            of_sets,
        }))
    }
}

impl SetsOutcome {
    /// Figures with their names.
    pub fn rows(&self) -> [(&'static str, &Measured); 5] {
        let of = &self.judged;
        [
            ("set holds the class", &of.coverage),
            (
                "set holds the class, positive patients",
                &of.coverage_positive,
            ),
            (
                "set holds the class, negative patients",
                &of.coverage_negative,
            ),
            ("one class in the set", &of.called),
            ("right, where the set has one class", &of.right_when_called),
        ]
    }
}

fn mapped(rule: CalibrationRule, scores: &Scores) -> Result<Option<CalibrationMap>, String> {
    let said = |reason: Undefined| reason.to_string();
    Ok(match rule {
        CalibrationRule::None => None,
        CalibrationRule::Platt => {
            let map = Platt::fit(scores).map_err(said)?;
            if map.slope() <= 0.0 {
                return Err(
                    "positive validation patients score no higher than negative ones".to_string(),
                );
            }
            Some(CalibrationMap::Platt(map))
        }
        CalibrationRule::Temperature => Some(CalibrationMap::Temperature(
            Temperature::fit(scores).map_err(said)?,
        )),
        CalibrationRule::Isotonic => Some(CalibrationMap::Isotonic(
            Isotonic::fit(scores).map_err(said)?,
        )),
    })
}

fn percent(share: f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}
