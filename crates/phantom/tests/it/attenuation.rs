//! The listed attenuation of tissue and detector is that of tables which others made (`tools/golden/xraydb_attenuation.py`).

use phantom::beam::{ALUMINIUM_CM2_G, BONE_CM2_G, SCINTILLATOR_CM2_G, SOFT_CM2_G, attenuation};

#[test]
fn attenuation_is_that_of_elam_ravel_and_sieber_within_two_in_a_hundred() {
    let mut checked = 0;
    for line in include_str!("golden/attenuation.csv").lines().skip(2) {
        let cells: Vec<&str> = line.split(',').collect();
        let (kev, expected): (f64, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let table = match cells[0] {
            "soft" => &SOFT_CM2_G,
            "bone" => &BONE_CM2_G,
            "aluminium" => &ALUMINIUM_CM2_G,
            "scintillator" => &SCINTILLATOR_CM2_G,
            other => panic!("unknown material {other}"),
        };
        let found = attenuation(table, kev);
        assert!((found / expected - 1.0).abs() < 0.02, "{line}: {found}");
        checked += 1;
    }
    assert_eq!(checked, 4 * 23);
}
