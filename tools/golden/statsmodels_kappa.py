"""Cohen's and Fleiss's kappa from statsmodels.

Writes crates/diagstat/tests/it/golden/kappa.jsonl: the first line says what made the file, each further line is a case
with its data. statsmodels has no variance of Fleiss's kappa: the jackknife here repeats its value without each patient,
and the variance without agreement is written out from Fleiss, Nee and Landis 1979. Run from the root of the repository.
"""

import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

WEIGHTS = {"unweighted": None, "linear": "linear", "quadratic": "quadratic"}


def finite(number):
    number = float(number)
    return number if np.isfinite(number) else None


def cohen(name, table, level=0.95):
    table = np.asarray(table)
    case = {"kind": "cohen", "name": name, "categories": len(table), "counts": table.ravel().tolist(), "level": level}
    for key, weights in WEIGHTS.items():
        with np.errstate(all="ignore"):
            found = cohens_kappa(table, wt=weights)
        half_width = stats.norm.ppf((1 + level) / 2) * found.std_kappa
        case[key] = {
            "kappa": finite(found.kappa),
            "low": finite(found.kappa - half_width),
            "high": finite(found.kappa + half_width),
            "z": finite(found.kappa / found.std_kappa0) if found.std_kappa0 > 1e-8 else None,
            "spread": finite(found.std_kappa),
        }
    return case


def fleiss(name, raters, categories, level=0.95):
    """`raters[rater][patient]`."""
    ratings = np.asarray(raters).T
    patients, count = ratings.shape
    table = np.stack([(ratings == category).sum(axis=1) for category in range(categories)], axis=1)
    assert (aggregate_raters(ratings)[0].sum(axis=1) == count).all()
    value = fleiss_kappa(table)
    without = np.array([fleiss_kappa(np.delete(table, patient, axis=0)) for patient in range(patients)])
    spread = np.sqrt((patients - 1) / patients * ((without - without.mean()) ** 2).sum())
    half_width = stats.t.ppf((1 + level) / 2, patients - 1) * spread
    part = table.sum(axis=0) / table.sum()
    rest = 1 - part
    sums = (part * rest).sum()
    variance = 2 * (sums**2 - (part * rest * (rest - part)).sum()) / (sums**2 * patients * count * (count - 1))
    return {
        "kind": "fleiss",
        "name": name,
        "categories": categories,
        "raters": np.asarray(raters).tolist(),
        "level": level,
        "kappa": finite(value),
        "low": finite(value - half_width),
        "high": finite(value + half_width),
        "z": finite(value / np.sqrt(variance)),
    }


def main():
    draw = np.random.default_rng(20240207)
    cases = [
        cohen("Fleiss, Cohen and Everitt 1969, table 1", [[88, 10, 2], [14, 40, 6], [18, 10, 12]]),
        cohen("complete agreement", [[20, 0], [0, 12]]),
        cohen("complete disagreement", [[0, 15], [15, 0]]),
        cohen("one rater calls all patients positive", [[0, 0], [9, 21]]),
        cohen("agreement of 95 in 100 with 2 positive", [[95, 2], [3, 0]]),
        cohen("three patients", [[1, 1], [0, 1]]),
        cohen("a category that nobody used", [[10, 2, 0], [3, 12, 0], [0, 0, 0]]),
        cohen("100,000 patients", [[50_000, 1_000, 10], [2_000, 40_000, 500], [90, 400, 6_000]]),
    ]
    for number in range(40):
        categories = int(draw.integers(2, 6))
        table = draw.integers(0, 12, (categories, categories))
        table[np.diag_indices(categories)] += draw.integers(0, 40, categories)
        level = float(draw.choice([0.8, 0.9, 0.95, 0.99]))
        cases.append(cohen(f"random {number}", table, level))
    for number in range(25):
        categories, patients, raters = int(draw.integers(2, 5)), int(draw.integers(3, 45)), int(draw.integers(2, 7))
        truth = draw.integers(0, categories, patients)
        ratings = np.where(
            draw.random((raters, patients)) < draw.uniform(0.2, 0.9), truth, draw.integers(0, categories, (raters, patients))
        )
        level = float(draw.choice([0.9, 0.95]))
        cases.append(fleiss(f"random {number}", ratings, categories, level))

    made_by = (
        f"tools/golden/statsmodels_kappa.py: statsmodels {statsmodels.__version__}, "
        f"scipy {scipy.__version__}, Python {sys.version.split()[0]}"
    )
    with open("crates/diagstat/tests/it/golden/kappa.jsonl", "w") as file:
        for line in [{"made_by": made_by}, *cases]:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
