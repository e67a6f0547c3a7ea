//! The mean lateral neck as `radiograph` holds it: local contrast of 400 synthetic patients, a third in each posture.
//!
//! `cargo run --release -p phantom --example neck_template > crates/radiograph/src/quality/neck_template.rs`

use phantom::{Drawing, Posture, draw_patient_as};
use radiograph::quality::assess;
use radiograph::{decode, encode_png16};
use rayon::prelude::*;
use std::io::Write;

const SEED: u64 = 1907;
const PATIENTS: u64 = 400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fields: Vec<Vec<f32>> = (0..PATIENTS)
        .into_par_iter()
        .map(|index| {
            let postures = [Posture::Neutral, Posture::Flexion, Posture::Extension];
            let drawing = Drawing {
                posture: postures[index as usize % 3],
                ..Drawing::default()
            };
            let picture = draw_patient_as(SEED, index, 240, 300, &drawing).picture;
            let file = encode_png16(240, 300, &picture.stretched()).map_err(|e| e.to_string())?;
            let radiograph = decode(&file).map_err(|e| e.to_string())?;
            Ok(assess(&radiograph).composition.coarse)
        })
        .collect::<Result<_, String>>()?;
    let cells = fields.first().map_or(0, Vec::len);
    let sums: Vec<f32> = (0..cells)
        .map(|cell| fields.iter().map(|field| field[cell]).sum())
        .collect();
    let most = sums.iter().fold(0.0_f32, |most, sum| most.max(sum.abs()));
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "//! The mean lateral neck: local contrast on 16 x 16 cells of {PATIENTS} synthetic necks, head up, facing left.\n\
         //!\n\
         //! Written by `cargo run --release -p phantom --example neck_template`.\n\n\
         /// Row by row from the top left, in steps of a 127th of the largest.\n\
         #[rustfmt::skip]\n\
         pub(super) const TEMPLATE: [i8; {cells}] = ["
    )?;
    for row in sums.chunks(16) {
        let cells: Vec<String> = row
            .iter()
            .map(|sum| format!("{}", (127.0 * sum / most).round()))
            .collect();
        writeln!(out, "    {},", cells.join(", "))?;
    }
    writeln!(out, "];")?;
    Ok(())
}
