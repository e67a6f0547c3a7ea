//! The X-ray beam: a spectrum, what tissue lets through of it, and what the detector makes of the rest.
//!
//! In: a tube voltage. Out: [`Beam`], a table of the energy absorbed in the detector behind so much soft tissue and bone
//! (Beer-Lambert summed over the spectrum, so that the beam hardens), and of its noise.
//!
//! Source: unfiltered spectrum after Kramers 1923 (Phil Mag 46:836), without characteristic lines; mass attenuation of ICRU-44
//! soft tissue and cortical bone, aluminium and caesium iodide as in NISTIR 5632 and Elam, Ravel and Sieber 2002 (Radiat
//! Phys Chem 63:121), held against the latter by a test; a scintillator absorbs energy where a photon stops (no escape).

use crate::detector::{fast_exp, split};

/// Filtration of the tube, mm of aluminium.
const FILTER_MM: f64 = 3.0;
/// Caesium iodide of the detector, g/cm2.
const SCINTILLATOR_G_CM2: f64 = 0.18;
/// Bone of a vertebra, compact and cancellous mixed, displaces soft tissue: g/cm3.
const BONE_G_CM3: f64 = 1.45;
const SOFT_G_CM3: f64 = 1.06;
const ALUMINIUM_G_CM3: f64 = 2.699;

/// Energies in keV at which attenuation is listed; the edges of iodine and caesium lie between.
pub const ENERGIES_KEV: [f64; 14] = [
    15.0, 20.0, 25.0, 30.0, 33.0, 33.3, 35.9, 36.1, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0,
];
/// Mass attenuation at [`ENERGIES_KEV`], cm2/g: soft tissue (ICRU-44).
pub const SOFT_CM2_G: [f64; 14] = [
    1.700, 0.823, 0.515, 0.379, 0.332, 0.328, 0.300, 0.298, 0.2688, 0.2264, 0.2048, 0.1823, 0.1693,
    0.1599,
];
/// The same of cortical bone (ICRU-44).
pub const BONE_CM2_G: [f64; 14] = [
    9.032, 4.001, 2.158, 1.331, 1.046, 1.023, 0.853, 0.842, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855,
    0.1656,
];
/// The same of aluminium.
pub const ALUMINIUM_CM2_G: [f64; 14] = [
    7.955, 3.442, 1.836, 1.128, 0.887, 0.868, 0.725, 0.716, 0.5684, 0.3682, 0.2778, 0.2018, 0.1704,
    0.1533,
];
/// The same of caesium iodide.
pub const SCINTILLATOR_CM2_G: [f64; 14] = [
    58.16, 26.86, 14.71, 9.047, 7.017, 21.01, 17.29, 30.01, 22.97, 12.87, 7.921, 3.677, 2.035,
    1.269,
];

/// Energies at which the spectrum is summed.
const BINS: u32 = 48;
/// Step of the table along soft tissue and bone, mm, and its size.
const SOFT_STEP_MM: f32 = 8.0;
const BONE_STEP_MM: f32 = 4.0;
const SOFT_STEPS: usize = 56;
const BONE_STEPS: usize = 48;
/// Cells of the table in memory: powers of two, so that no index needs a check.
const ROW: usize = SOFT_STEPS.next_power_of_two();
const CELLS: usize = ROW * BONE_STEPS.next_power_of_two();

/// Energy absorbed behind tissue, relative to the open beam.
#[derive(Clone, Debug)]
pub struct Beam {
    /// Natural logarithm of the signal, rows of bone, columns of soft tissue: in each cell its value at the corner, its
    /// growth along soft tissue, along bone, and of the former along the latter.
    log_signal: Box<[[f32; 4]; CELLS]>,
    /// Mean square over mean of the absorbed energy in the open beam, relative to the mean: 1 for a single energy.
    pub excess_noise: f64,
    /// Mean absorbed energy of a detected photon in the open beam, keV.
    pub mean_kev: f64,
}

impl Beam {
    /// Beam of a tube at `kvp` (40 to 120 kV) behind 3 mm of aluminium.
    pub fn at(kvp: f64) -> Self {
        let bins: Vec<(f64, f64)> = (0..BINS)
            .map(|i| 15.0 + (kvp - 15.0) * (f64::from(i) + 0.5) / f64::from(BINS))
            .map(|kev| (kev, detected(kev, kvp)))
            .collect();
        let photons: f64 = bins.iter().map(|(_, n)| n).sum();
        let energy: f64 = bins.iter().map(|(kev, n)| kev * n).sum();
        let square: f64 = bins.iter().map(|(kev, n)| kev * kev * n).sum();
        let bins: Vec<[f64; 3]> = bins
            .iter()
            .map(|&(kev, n)| {
                let soft = 0.1 * SOFT_G_CM3 * attenuation(&SOFT_CM2_G, kev);
                let bone = 0.1 * BONE_G_CM3 * attenuation(&BONE_CM2_G, kev) - soft;
                [soft, bone, kev * n / energy]
            })
            .collect();
        Self {
            log_signal: table(&bins),
            excess_noise: square * photons / (energy * energy),
            mean_kev: energy / photons,
        }
    }

    /// Logarithm of the signal behind `soft_mm` of soft tissue and `bone_mm` of bone that displaces soft tissue.
    pub fn log_signal(&self, soft_mm: f32, bone_mm: f32) -> f32 {
        self.read(place(soft_mm, bone_mm))
    }

    #[inline]
    fn read(&self, (cell, u, v): (u32, f32, f32)) -> f32 {
        let [corner, soft, bone, both] = self.log_signal[cell as usize % CELLS];
        corner + u * soft + v * (bone + u * both)
    }

    /// Signals behind soft tissue and bone, in the place of the soft tissue.
    pub(crate) fn shine_through(&self, soft_mm: &mut [f32], bone_mm: &[f32]) {
        let mut places = ([0; 64], [0.0; 64], [0.0; 64]);
        for (soft, bone) in soft_mm.chunks_mut(64).zip(bone_mm.chunks(64)) {
            for (i, (soft, bone)) in soft.iter().zip(bone).enumerate() {
                (places.0[i], places.1[i], places.2[i]) = place(*soft, *bone);
            }
            for (i, soft) in soft.iter_mut().enumerate() {
                *soft = self.read((places.0[i], places.1[i], places.2[i]));
            }
            for value in soft {
                *value = fast_exp(*value);
            }
        }
    }
}

/// Cell of the table and place within it.
#[inline]
fn place(soft_mm: f32, bone_mm: f32) -> (u32, f32, f32) {
    let x = (soft_mm * (1.0 / SOFT_STEP_MM)).clamp(0.0, SOFT_STEPS as f32 - 1.01);
    let y = (bone_mm * (1.0 / BONE_STEP_MM)).clamp(0.0, BONE_STEPS as f32 - 1.01);
    let ((i, u), (j, v)) = (split(x), split(y));
    ((j << ROW.trailing_zeros()) + i, u, v)
}

/// Logarithm of the signal summed over `bins` (attenuation of soft tissue, what bone adds to it, share), as cells.
fn table(bins: &[[f64; 3]]) -> Box<[[f32; 4]; CELLS]> {
    let mut left = vec![0.0f64; SOFT_STEPS * BONE_STEPS];
    let mut soft_left = [0.0f64; SOFT_STEPS];
    for [soft, bone, share] in bins {
        for (i, left) in soft_left.iter_mut().enumerate() {
            *left = share * (-soft * f64::from(SOFT_STEP_MM) * i as f64).exp();
        }
        for (j, row) in left.chunks_exact_mut(SOFT_STEPS).enumerate() {
            let bone_left = (-bone * f64::from(BONE_STEP_MM) * j as f64).exp();
            for (left, soft) in row.iter_mut().zip(&soft_left) {
                *left += bone_left * soft;
            }
        }
    }
    let logs: Vec<f32> = left.iter().map(|left| left.ln() as f32).collect();
    let mut cells = Box::new([[0.0; 4]; CELLS]);
    for j in 0..BONE_STEPS - 1 {
        for i in 0..SOFT_STEPS - 1 {
            let at = |i: usize, j: usize| logs[j * SOFT_STEPS + i];
            let (soft, next) = (at(i + 1, j) - at(i, j), at(i + 1, j + 1) - at(i, j + 1));
            cells[j * ROW + i] = [at(i, j), soft, at(i, j + 1) - at(i, j), next - soft];
        }
    }
    cells
}

/// Photons per keV that the detector stops in the open beam, in arbitrary units.
fn detected(kev: f64, kvp: f64) -> f64 {
    let filter = 0.1 * FILTER_MM * ALUMINIUM_G_CM3 * attenuation(&ALUMINIUM_CM2_G, kev);
    let stopped = 1.0 - (-SCINTILLATOR_G_CM2 * attenuation(&SCINTILLATOR_CM2_G, kev)).exp();
    (kvp / kev - 1.0).max(0.0) * (-filter).exp() * stopped
}

/// Mass attenuation at an energy, linear in the logarithms between listed energies, cm2/g.
pub fn attenuation(listed: &[f64; 14], kev: f64) -> f64 {
    let kev = kev.clamp(ENERGIES_KEV[0], ENERGIES_KEV[13]);
    let i = ENERGIES_KEV.partition_point(|e| *e <= kev).clamp(1, 13) - 1;
    let t = (kev / ENERGIES_KEV[i]).ln() / (ENERGIES_KEV[i + 1] / ENERGIES_KEV[i]).ln();
    (listed[i].ln() * (1.0 - t) + listed[i + 1].ln() * t).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beam_hardens_in_tissue() {
        let beam = Beam::at(75.0);
        let first = -beam.log_signal(16.0, 0.0);
        let later = beam.log_signal(160.0, 0.0) - beam.log_signal(176.0, 0.0);
        assert!(later < 0.95 * first, "{first} and then {later}");
        assert!((36.0..50.0).contains(&beam.mean_kev), "{}", beam.mean_kev);
        assert!((1.0..1.2).contains(&beam.excess_noise));
    }

    #[test]
    fn an_open_beam_is_whole() {
        assert!(Beam::at(70.0).log_signal(0.0, 0.0).abs() < 1e-6);
    }
}
