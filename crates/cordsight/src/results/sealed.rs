//! What a run has besides its main figures: the seal of its test set, probabilities and sets.
//!
//! In: the run folder. Out: facts for the report, and figures computed again.

use super::{ResultsError, read_facts};
use crate::carried::Further;
use crate::evaluate::{EvaluateError, scores};
use crate::predictions::{self, by_patient};
use crate::report::Fact;
use crate::run_folder::RunFolder;
use crate::seal::{self, SealError};

/// What was sealed, and how often it was looked at.
pub(crate) fn facts(run: &RunFolder) -> Result<Vec<Fact>, SealError> {
    let Some((seal, looks)) = seal::check(run)?.zip(seal::looks(run)?) else {
        return Ok(Vec::new());
    };
    Ok(vec![
        Fact::new(
            "split sealed before training (SHA-256 of split.csv)",
            seal.split_sha256,
        ),
        Fact::new("test set", looks.to_string()),
    ])
}

/// What probabilities and sets of a run were worth on its test patients, judged again; nothing where it carries neither.
///
/// # Errors
///
/// A run that is not finished, or a damaged file in it.
pub fn further(run: &RunFolder) -> Result<Option<Further>, ResultsError> {
    let facts = read_facts(run)?;
    let test = predictions::read(&run.file("predictions.csv"))?;
    let scores = scores(&by_patient(&test, facts.pool)).map_err(EvaluateError::from)?;
    let threshold = facts.threshold.map_or(0.5, |threshold| threshold.value);
    Ok(facts.carried.judge(&scores, threshold))
}
