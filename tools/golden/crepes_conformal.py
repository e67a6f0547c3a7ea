"""Class-conditional conformal sets from crepes, and risk-coverage curves by a plain second implementation.

Writes crates/diagstat/tests/it/golden/crepes_conformal.jsonl. crepes gives the p-values of each class against that class's own
calibration patients, without smoothing; a class is in the set where its p-value is above 1 - coverage. The curve is
computed patient by patient over NumPy arrays, as its definition reads. Run from the root of the repository.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
from crepes import ConformalClassifier

FILE = Path("crates/diagstat/tests/it/golden/crepes_conformal.jsonl")
rng = np.random.default_rng(1854)


def sets_of(labels, scores, queries, coverage):
    """0/1 columns: is the negative, the positive class in the set of each query."""
    columns = []
    for label in (0, 1):
        own = scores[labels == label]
        conform = ConformalClassifier()
        conform.fit(1 - own if label else own, seed=1)
        alphas = (1 - queries if label else queries).reshape(-1, 1)
        p_values = conform.predict_p(alphas, all_classes=True, smoothing=False, seed=1)
        # A p-value is a count over n + 1: what rounding adds must not decide.
        counts = np.round(p_values[:, 0] * (len(own) + 1))
        columns.append(counts > (1 - coverage) * (len(own) + 1) + 1e-9)
    return np.stack(columns, 1).astype(int).tolist()


def curve_of(labels, scores, threshold):
    distance = np.abs(scores - threshold)
    wrong = (scores >= threshold) != (labels == 1)
    points = []
    for least in sorted(set(distance), reverse=True):
        called = distance >= least
        points.append([float(least), float(called.mean()), float(wrong[called].mean())])
    risk_at = {least: risk for least, _, risk in points}
    area = float(np.mean([risk_at[float(of)] for of in distance]))
    known = np.sort(wrong)
    best = float(np.mean(np.cumsum(known) / np.arange(1, len(known) + 1)))
    return {"points": points, "area": area, "excess": area - best}


def case(name, labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores, float)
    queries = np.concatenate([rng.uniform(0, 1, 40), scores[:20], [0.0, 1.0]])
    found = {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "queries": queries.tolist(),
        "sets": {str(c): sets_of(labels, scores, queries, c) for c in (0.5, 0.8, 0.9, 0.95)},
        "threshold": 0.4375,
        "curve": curve_of(labels, scores, 0.4375),
    }
    return json.dumps(found)


def patients(positives, negatives, apart, decimals):
    labels = np.array([1] * positives + [0] * negatives)
    logits = rng.normal(size=len(labels)) + apart * (labels - 0.5)
    scores = np.round(1 / (1 + np.exp(-logits)), decimals)
    order = rng.permutation(len(labels))
    return labels[order], scores[order]


lines = [
    json.dumps(
        {
            "made_by": "tools/golden/crepes_conformal.py",
            "crepes": importlib.metadata.version("crepes"),
            "numpy": np.__version__,
        }
    )
]
for positives, negatives in [(1, 1), (3, 8), (9, 19), (29, 33), (40, 20), (99, 99)]:
    for apart in (0.0, 1.0, 3.0):
        # Two decimals make ties; twelve make none.
        for decimals in (2, 12):
            name = f"{positives}+{negatives} patients, {apart} apart, {decimals} decimals"
            lines.append(case(name, *patients(positives, negatives, apart, decimals)))
FILE.write_text("\n".join(lines) + "\n")
