"""Isotonic and sigmoid calibration and reliability curves from scikit-learn.

Writes crates/diagstat/tests/it/golden/sklearn_calibration.jsonl. The sigmoid is that of CalibratedClassifierCV
(_SigmoidCalibration), which stops at a gradient of about 1e-6 of its own scale: the tests allow for it. Run from the root
of the repository.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.calibration import _SigmoidCalibration, calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

FILE = Path("crates/diagstat/tests/it/golden/sklearn_calibration.jsonl")
rng = np.random.default_rng(1979)


def case(name, labels, scores):
    labels, scores = np.asarray(labels, float), np.asarray(scores, float)
    low, high = scores.min(), scores.max()
    queries = np.concatenate([rng.uniform(low - 0.2, high + 0.2, 12), scores[:4]])
    isotonic = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(scores, labels)
    found = {
        "name": name,
        "labels": labels.astype(int).tolist(),
        "scores": scores.tolist(),
        "queries": queries.tolist(),
        "isotonic": isotonic.predict(queries).tolist(),
        "sigmoid": None,
        "curves": None,
    }
    if low < high:
        found["sigmoid"] = _SigmoidCalibration().fit(scores, labels).predict(queries).tolist()
    if low >= 0 and high <= 1:
        found["brier"] = brier_score_loss(labels, scores)
        curves = {}
        for strategy in ["uniform", "quantile"]:
            for bins in [5, 10]:
                part, mean = calibration_curve(labels, scores, n_bins=bins, strategy=strategy)
                curves[f"{strategy} {bins}"] = [part.tolist(), mean.tolist()]
        found["curves"] = curves
    return found


def drawn(n, digits, spread=1.5):
    truth = 1 / (1 + np.exp(-rng.normal(0, spread, n)))
    labels = (rng.uniform(size=n) < truth).astype(int)
    labels[:2] = [0, 1]
    scores = np.clip(truth + rng.normal(0, 0.15, n), 0, 1)
    return labels, np.round(scores, digits)


cases = [
    case("three patients", [0, 1, 0], [0.2, 0.7, 0.4]),
    case("separated", [0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9]),
    case("separated the wrong way", [1, 1, 0, 0], [0.1, 0.2, 0.6, 0.9]),
    case("all tied", [1, 0, 0, 1, 1], [0.5] * 5),
    case("ends", [1, 0, 0, 1, 1, 0], [0, 0, 0.5, 1, 1, 1]),
    case("logits", [0, 1, 0, 1, 1, 0, 1], [-12.5, -3, -1, 0.5, 2, 2, 700]),
]
# With n = 10 k + 7 no quantile falls on a score, where numpy's rounding would decide the bin.
cases += [case(f"random {i}", *drawn(10 * int(rng.integers(2, 9)) + 7, 4)) for i in range(18)]
cases += [case(f"tied {i}", *drawn(10 * int(rng.integers(2, 12)) + 7, 2)) for i in range(14)]
for i in range(6):
    labels, scores = drawn(60, 4)
    cases.append(case(f"any range {i}", labels, np.round(10 * scores - 4, 3)))
for i in range(4):
    labels, scores = drawn(137, 4)
    labels[:] = 0
    labels[np.argsort(scores)[-3:]] = 1
    labels[0] = 1
    cases.append(case(f"rare {i}", labels, scores))

made_by = (
    f"tools/golden/sklearn_calibration.py: scikit-learn {sklearn.__version__}, numpy {np.__version__}, "
    f"Python {sys.version.split()[0]}"
)
with FILE.open("w") as file:
    for line in [{"made_by": made_by}, *cases]:
        file.write(json.dumps(line) + "\n")
