//! How well facts about a patient tell the label, as patients come: the figures of `docs/phantom.md`.
//!
//! `cargo run --release -p phantom --example population -- COUNT SEED`

use phantom::{Phantom, draw_patient};
use rayon::prelude::*;
use std::io::Write;

type Fact = dyn Fn(&Phantom) -> f64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| {
        let given = arguments.next().and_then(|a| a.parse().ok());
        given.unwrap_or(otherwise)
    };
    let (count, seed) = (number(4000), number(1));
    let phantoms: Vec<Phantom> = (0..count)
        .into_par_iter()
        .map(|index| draw_patient(seed, index, 64, 80))
        .collect();
    let ill = phantoms.iter().filter(|p| p.label == 1).count() as f64;
    let mut out = std::io::stdout();
    writeln!(out, "positives {:.3}", ill / count as f64)?;
    let facts: [(&str, &Fact); 10] = [
        ("visible probability", &|p| p.truth.visible_probability),
        ("whole probability", &|p| p.truth.probability),
        ("degeneration", &|p| p.truth.degeneration),
        ("deepest back spur", &|p| p.truth.back_spur_mm),
        ("canal of C5, narrow", &|p| -p.truth.canal_mm[3]),
        ("least Torg-Pavlov C3-C7", &|p| {
            let ratios = p.truth.torg_pavlov();
            -ratios[1..6].iter().copied().fold(f64::INFINITY, f64::min)
        }),
        ("C2-C7 angle, small", &|p| -p.truth.c2_c7_deg),
        ("age", &|p| f64::from(p.age)),
        ("ossified ligament", &|p| p.truth.opll_mm),
        ("mean grey", &|p| {
            p.picture.pixels.iter().map(|v| f64::from(*v)).sum()
        }),
    ];
    for (what, fact) in facts {
        writeln!(out, "AUC {:.3}  {what}", auc(&phantoms, fact))?;
    }
    let mean = |value: &Fact| {
        let values: Vec<f64> = phantoms.iter().map(value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        (mean, (square / values.len() as f64).sqrt())
    };
    let (canal, canal_sd) = mean(&|p| p.truth.canal_mm[3]);
    let (angle, angle_sd) = mean(&|p| p.truth.c2_c7_deg);
    let (ratio, ratio_sd) = mean(&|p| p.truth.torg_pavlov()[3]);
    writeln!(out, "canal of C5 {canal:.2} (SD {canal_sd:.2}) mm")?;
    writeln!(out, "C2-C7 {angle:.1} (SD {angle_sd:.1}) degrees")?;
    writeln!(out, "Torg-Pavlov of C5 {ratio:.3} (SD {ratio_sd:.3})")?;
    Ok(())
}

/// Share of pairs in which the positive has the larger value; ties count half.
fn auc(phantoms: &[Phantom], fact: &Fact) -> f64 {
    let values = |label: u8| -> Vec<f64> {
        let of_class = phantoms.iter().filter(|p| p.label == label);
        of_class.map(fact).collect()
    };
    let (ill, well) = (values(1), values(0));
    let mut sum = 0.0;
    for i in &ill {
        for w in &well {
            sum += f64::from(u8::from(i > w)) + 0.5 * f64::from(u8::from(i == w));
        }
    }
    sum / (ill.len() * well.len()) as f64
}
