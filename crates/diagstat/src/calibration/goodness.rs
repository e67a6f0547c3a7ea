//! Tests of the hypothesis that the scores are the true probabilities.
//!
//! In: [`Scores`] from 0 to 1. Out: Hosmer and Lemeshow's test over bins of equal count, Spiegelhalter's Z without bins.
//! Neither proves calibration: with few patients both pass anything, with very many they fail every model. Hosmer and
//! Lemeshow's also moves with the number of bins. Report intercept and slope beside them.
//!
//! Source: Hosmer and Lemeshow 1980, Commun Stat A9:1043; Spiegelhalter 1986, Stat Med 5:421. Checked against:
//! rms::val.prob, and the formula in R (tools/golden/calibration.R).

use std::num::NonZeroU32;

use serde::Serialize;

use super::{Binning, binned, probabilities, sum};
use crate::hypothesis::HypothesisTest;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// On which patients a model was fitted, which sets the degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fitted {
    /// On those that the test is made with: bins minus 2.
    OnThesePatients,
    /// On others (external data): as many as bins.
    OnOthers,
}

/// Hosmer and Lemeshow's test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HosmerLemeshow {
    /// The chi-squared test.
    pub test: HypothesisTest,
    /// Bins used: fewer than asked for where scores tie.
    pub bins: u32,
    /// What set the degrees of freedom.
    pub fitted: Fitted,
}

/// Hosmer and Lemeshow's test over bins with edges at the quantiles of the scores; equal scores stay together.
///
/// # Undefined when
/// there is no patient, a score lies outside 0 to 1, fewer than three bins (one for a model fitted on others) hold a
/// patient, or in a bin all scores are 0 or all are 1.
///
/// # References
/// Hosmer and Lemeshow 1980, Communications in Statistics A9:1043, doi:10.1080/03610928008827941. Hosmer, Lemeshow and
/// Sturdivant 2013, Applied Logistic Regression, 3rd edition, 5.2.2 (degrees of freedom).
pub fn hosmer_lemeshow(
    scores: &Scores,
    bins: NonZeroU32,
    fitted: Fitted,
) -> Result<HosmerLemeshow, Undefined> {
    let bins = binned(scores, Binning::EqualCount(bins))?;
    let needed = match fitted {
        Fitted::OnThesePatients => 3,
        Fitted::OnOthers => 1,
    };
    Group::Bins.at_least(needed, bins.len() as u64)?;
    let terms = bins.iter().map(|bin| {
        let (count, expected) = (bin.patients.len() as f64, bin.score_mean());
        let spread = expected * (1.0 - expected);
        let distance = bin.positive_part() - expected;
        if spread > 0.0 {
            Ok(count * distance * distance / spread)
        } else {
            Err(Undefined::NoSpread)
        }
    });
    let terms = terms.collect::<Result<Vec<f64>, Undefined>>()?;
    let degrees = match fitted {
        Fitted::OnThesePatients => bins.len() - 2,
        Fitted::OnOthers => bins.len(),
    };
    Ok(HosmerLemeshow {
        test: HypothesisTest::chi_squared(
            "Hosmer and Lemeshow's test",
            sum(terms.into_iter()),
            degrees as f64,
        ),
        // No more bins than asked for, by a 32-bit number.
        bins: bins.len() as u32,
        fitted,
    })
}

/// Spiegelhalter's Z: how far the Brier score lies from what it would be if the scores were the true probabilities, in
/// standard errors. Above 0 the score is worse than it promises.
///
/// # Undefined when
/// there is no patient, a score lies outside 0 to 1, or all scores are 0, 0.5 or 1.
///
/// # References
/// Spiegelhalter 1986, Statistics in Medicine 5:421, doi:10.1002/sim.4780050506.
pub fn spiegelhalter(scores: &Scores) -> Result<HypothesisTest, Undefined> {
    let patients = probabilities(scores)?;
    let excess = sum(patients
        .iter()
        .map(|(label, p)| (label - p) * (1.0 - 2.0 * p)));
    let variance = sum(patients
        .iter()
        .map(|(_, p)| (1.0 - 2.0 * p).powi(2) * p * (1.0 - p)));
    if variance <= 0.0 {
        return Err(Undefined::NoSpread);
    }
    Ok(HypothesisTest::normal(
        "Spiegelhalter's test of calibration",
        excess / variance.sqrt(),
    ))
}
