//! What a loaded model says of pictures and of files.
//!
//! In: prepared pictures, or radiographs. Out: scores in their order, or why a file cannot be used. A score of an ensemble comes with
//! those of its members, whose spread shows what another training would have said.

use std::path::Path;

use rayon::prelude::*;

use super::{FILES_AT_ONCE, Model};
use crate::ensemble::PictureScore;
use crate::prepare::Prepared;
use crate::score::outputs;

impl Model {
    /// Scores of prepared pictures, in their order; of several findings, that of the first.
    pub fn scores(&self, pictures: &[Prepared]) -> Vec<f64> {
        let first = |scores: Vec<f64>| scores.first().copied().unwrap_or(f64::NAN);
        self.answers(pictures).into_iter().map(first).collect()
    }

    /// A score for each finding or class of each picture, in their order; one where there are two classes only.
    pub fn answers(&self, pictures: &[Prepared]) -> Vec<Vec<f64>> {
        let preparation = &self.manifest.preparation;
        let Some(answers) = &self.manifest.answers else {
            let scores = self.with_members(pictures).into_iter();
            return scores.map(|of| vec![of.score]).collect();
        };
        let network = &self.ensemble.networks[0];
        let logits = outputs(network, preparation, pictures, &self.device);
        let scores = logits.iter().map(|logits| answers.task.scores(logits));
        scores.collect()
    }

    /// Scores of prepared pictures with those of the members, for a model of two classes.
    pub fn with_members(&self, pictures: &[Prepared]) -> Vec<PictureScore> {
        let preparation = &self.manifest.preparation;
        self.ensemble.scores(preparation, pictures, &self.device)
    }

    /// Scores of radiographs, in their order, or why one cannot be used; reading and scoring take all cores in turn. Each
    /// file comes with the millimetres between its pixels, where it is known and the file may not say.
    pub fn score_files(&self, files: &[(&Path, Option<f64>)]) -> Vec<Result<f64, String>> {
        let scores = |pictures: &[Prepared]| self.scores(pictures);
        self.each_file(files, scores)
    }

    /// As [`score_files`](Self::score_files), with a score for each finding or class.
    pub fn answer_files(&self, files: &[(&Path, Option<f64>)]) -> Vec<Result<Vec<f64>, String>> {
        self.each_file(files, |pictures| self.answers(pictures))
    }

    /// As [`score_files`](Self::score_files), with the members' scores, for a model of two classes.
    pub fn member_files(
        &self,
        files: &[(&Path, Option<f64>)],
    ) -> Vec<Result<PictureScore, String>> {
        self.each_file(files, |pictures| self.with_members(pictures))
    }

    fn each_file<T>(
        &self,
        files: &[(&Path, Option<f64>)],
        score: impl Fn(&[Prepared]) -> Vec<T>,
    ) -> Vec<Result<T, String>> {
        let one = |(file, spacing_mm): &(&Path, Option<f64>)| {
            let (_, picture, _) = self.read(file, *spacing_mm)?;
            Ok(picture)
        };
        let mut outcomes = Vec::with_capacity(files.len());
        for files in files.chunks(FILES_AT_ONCE) {
            let read: Vec<Result<Prepared, String>> = files.par_iter().map(one).collect();
            let usable: Vec<Prepared> = read.iter().flatten().cloned().collect();
            let mut scores = score(&usable).into_iter();
            let scored = read.into_iter().map(|read| {
                let none = || "has no score".to_string();
                read.and_then(|_| scores.next().ok_or_else(none))
            });
            outcomes.extend(scored);
        }
        outcomes
    }
}
