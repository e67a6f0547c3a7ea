"""Mass attenuation of the materials of crates/phantom, from the tables of Elam, Ravel and Sieber.

Writes crates/phantom/tests/it/golden/attenuation.csv. Run from the root of the repository with xraydb 4.5.8.
"""

from pathlib import Path

import xraydb

# Shares by mass: ICRU Report 44 soft tissue and cortical bone; caesium iodide from the atomic masses.
MATERIALS = {
    "soft": {"H": 0.102, "C": 0.143, "N": 0.034, "O": 0.708, "Na": 0.002, "P": 0.003, "S": 0.003, "Cl": 0.002, "K": 0.003},
    "bone": {"H": 0.034, "C": 0.155, "N": 0.042, "O": 0.435, "Na": 0.001, "Mg": 0.002, "P": 0.103, "S": 0.003, "Ca": 0.225},
    "aluminium": {"Al": 1.0},
    "scintillator": {"Cs": 132.905 / 259.81, "I": 126.904 / 259.81},
}
# Listed energies of the crate, and energies between them, away from the edges at 33.17 and 35.98 keV.
ENERGIES_KEV = [15, 17, 20, 22, 25, 28, 30, 33, 33.3, 35.9, 36.1, 38, 40, 45, 50, 55, 60, 70, 80, 90, 100, 110, 120]

lines = [f"# tools/golden/xraydb_attenuation.py, xraydb {xraydb.__version__}", "material,kev,cm2_per_g"]
for name, shares in MATERIALS.items():
    for kev in ENERGIES_KEV:
        value = sum(share * xraydb.mu_elam(element, 1000.0 * kev) for element, share in shares.items())
        lines.append(f"{name},{kev},{float(value):.6g}")
Path("crates/phantom/tests/it/golden/attenuation.csv").write_text("\n".join(lines) + "\n")
