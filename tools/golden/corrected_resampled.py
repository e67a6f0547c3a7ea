"""Means over repeated cross-validation with Nadeau and Bengio's correction, from baycomp and scipy.

Writes crates/diagstat/tests/it/golden/corrected_resampled.jsonl. Run from the root of the repository.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from baycomp.single import CorrelatedTTest
from scipy.stats import t

FILE = Path("crates/diagstat/tests/it/golden/corrected_resampled.jsonl")
rng = np.random.default_rng(52239)


def case(folds, runs, level, spread):
    values = np.clip(rng.normal(0.86, spread, folds * runs), 0, 1)
    mean, variance, degrees = CorrelatedTTest.compute_statistics(np.zeros(len(values)), values, runs)
    low, high = t.interval(level, degrees, loc=mean, scale=np.sqrt(variance))
    return {
        "values": values.tolist(),
        "test_per_training": 1 / (folds - 1),
        "level": level,
        "mean": mean,
        "low": low,
        "high": high,
    }


cases = [
    case(folds, runs, level, spread)
    for folds, runs in [(2, 1), (3, 1), (5, 1), (5, 2), (10, 10)]
    for level, spread in [(0.95, 0.05), (0.9, 0.2)]
]
made_by = (
    f"tools/golden/corrected_resampled.py, baycomp {version('baycomp')}, scipy {version('scipy')}, "
    f"numpy {np.__version__}, Python {sys.version.split()[0]}"
)
FILE.write_text("".join(json.dumps(row) + "\n" for row in [{"made_by": made_by}, *cases]))
