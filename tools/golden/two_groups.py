"""Tests and standardised differences of two groups, from SciPy and tableone.

Writes crates/diagstat/tests/it/golden/two_groups.jsonl. Run from the root of the repository.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy import stats
from tableone import TableOne

FILE = Path("crates/diagstat/tests/it/golden/two_groups.jsonl")
rng = np.random.default_rng(2028)
warnings.simplefilter("ignore")


def smd(frame, categorical):
    table = TableOne(frame, columns=["x"], categorical=["x"] if categorical else [], groupby="g", smd=True, missing=False)
    return abs(float(table.smd_table["SMD (0,1)"].iloc[0]))


def numbers(name, a, b):
    t, u = stats.ttest_ind(a, b, equal_var=False), stats.mannwhitneyu(a, b, method="asymptotic")
    frame = pd.DataFrame({"x": np.concatenate([a, b]), "g": [0] * len(a) + [1] * len(b)})
    return {"name": name, "kind": "numbers", "first": list(map(float, a)), "second": list(map(float, b)),
            "t": t.statistic, "df": t.df, "t_p": t.pvalue, "u_p": u.pvalue, "smd": smd(frame, False)}


def categories(name, counts):
    table = np.asarray(counts)
    chi = stats.chi2_contingency(table, correction=False)
    rows = [(i, g) for i, row in enumerate(counts) for g in (0, 1) for _ in range(row[g])]
    frame = pd.DataFrame({"x": [str(i) for i, _ in rows], "g": [g for _, g in rows]})
    fisher = float(stats.fisher_exact(table)[1]) if len(counts) == 2 else None
    return {"name": name, "kind": "categories", "counts": counts, "chi": chi.statistic, "df": int(chi.dof),
            "chi_p": chi.pvalue, "least": float(chi.expected_freq.min()), "fisher_p": fisher, "smd": smd(frame, True)}


cases = [
    numbers("ages", rng.normal(60, 10, 40).round(1), rng.normal(55, 14, 25).round(1)),
    numbers("ties", rng.integers(0, 5, 30).astype(float), rng.integers(1, 6, 22).astype(float)),
    numbers("far apart", rng.normal(0, 1, 12), rng.normal(9, 0.2, 9)),
    numbers("two and two", np.array([1.0, 2.0]), np.array([1.5, 7.0])),
    numbers("large", rng.lognormal(0, 1, 400), rng.lognormal(0.1, 1.2, 300)),
    categories("sex", [[18, 30], [11, 41]]),
    categories("rare", [[1, 5], [19, 3]]),
    categories("none of one", [[0, 6], [10, 4]]),
    categories("four sites", [[10, 3], [5, 9], [7, 7], [1, 12]]),
    categories("large table", [[400, 380], [612, 701]]),
    categories("three", [[20, 25], [4, 9], [33, 12]]),
]
made_by = (f"tools/golden/two_groups.py, SciPy {scipy.__version__}, tableone {version('tableone')}, "
           f"NumPy {np.__version__}, Python {sys.version.split()[0]}")
FILE.write_text("".join(json.dumps(row) + "\n" for row in [{"made_by": made_by}, *cases]))
