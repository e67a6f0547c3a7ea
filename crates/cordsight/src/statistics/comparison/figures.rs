//! A comparison as figures: all curves in one plot, and a Bland-Altman plot for every two files of scores.

use super::{Comparison, Pair, Test};
use crate::figure;
use crate::statistics::folder::{Drawing, file_name};
use crate::statistics::layout::short;
use diagstat::{Roc, Undefined};

/// Every figure of a comparison, by the name of its file.
pub fn drawings(comparison: &Comparison) -> Vec<Drawing> {
    let curves = comparison.tests.iter().zip(&comparison.curves);
    let comparison_of_curves = figure::RocComparison {
        curves: curves.map(|(test, curve)| named(test, curve)).collect(),
    };
    let mut all = vec![(
        "roc".to_string(),
        figure::roc_comparison(&comparison_of_curves),
    )];
    for (number, pair) in comparison.pairs.iter().enumerate() {
        if let Some(drawing) = bland_altman(pair) {
            let names = (file_name(&pair.first), file_name(&pair.second));
            let name = format!("bland_altman_{}_{}_{}", number + 1, names.0, names.1);
            all.push((name, drawing));
        }
    }
    all
}

fn named(test: &Test, curve: &Result<Roc, Undefined>) -> figure::NamedCurve {
    let points = curve.as_ref().map_or_else(
        |_| Vec::new(),
        |curve| {
            let point = |point: &diagstat::RocPoint| (1.0 - point.specificity, point.sensitivity);
            curve.points.iter().map(point).collect()
        },
    );
    figure::NamedCurve {
        name: test.name.clone(),
        points,
        auc: short(&test.auc),
    }
}

fn bland_altman(pair: &Pair) -> Option<String> {
    let agreement = pair.bland_altman.as_ref()?;
    let found = agreement.as_ref().ok();
    let notes = match agreement {
        Ok(of) => vec![
            format!("bias {}", short(&of.mean_difference)),
            format!("lower limit {}", short(&of.lower_limit)),
            format!("upper limit {}", short(&of.upper_limit)),
        ],
        Err(reason) => vec![format!("no limits: {reason}")],
    };
    Some(figure::bland_altman(&figure::BlandAltman {
        first: pair.first.clone(),
        second: pair.second.clone(),
        patients: pair.scores.clone(),
        bias: found.and_then(|of| of.mean_difference.value()),
        limits: found.and_then(|of| Some((of.lower_limit.value()?, of.upper_limit.value()?))),
        notes,
    }))
}
