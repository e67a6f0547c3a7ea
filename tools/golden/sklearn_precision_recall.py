"""Precision-recall curves and average precision from scikit-learn.

Writes crates/diagstat/tests/it/golden/precision_recall.jsonl: the first line says what made the file, each further line
is a case with its data. The interval of Boyd, Eng and Page is computed here from scikit-learn's average precision and
SciPy's normal quantile. Run from the root of the repository.
"""

import json
import platform

import numpy
import scipy
import sklearn
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.metrics import average_precision_score, precision_recall_curve

PATH = "crates/diagstat/tests/it/golden/precision_recall.jsonl"


def expected(labels, scores, level):
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    average = float(average_precision_score(labels, scores))
    positives = int(numpy.sum(labels))
    limits = None
    if average < 1:
        spread = norm.ppf(0.5 + level / 2) / numpy.sqrt(positives * average * (1 - average))
        limits = [float(expit(logit(average) + side * spread)) for side in (-1, 1)]
    f1 = [float(2 * p * r / (p + r)) if p + r > 0 else 0.0 for p, r in zip(precision[:-1], recall[:-1])]
    return {
        "level": level,
        "average_precision": average,
        "limits": limits,
        "highest_f1": max(f1),
        "points": len(thresholds),
        "thresholds": [float(t) for t in thresholds],
        "precision": [float(p) for p in precision],
        "recall": [float(r) for r in recall],
    }


def stored(name, labels, scores, level=0.95):
    labels = [int(label) for label in labels]
    scores = [float(score) for score in scores]
    return {"name": name, "labels": labels, "scores": scores, **expected(labels, scores, level)}


def normal(random, positives, negatives, shift):
    labels = random.permutation([1] * positives + [0] * negatives)
    return labels, random.normal(size=len(labels)) + shift * labels


def cases():
    random = numpy.random.default_rng(20130923)
    yield stored("three patients", [1, 0, 1], [0.9, 0.5, 0.1])
    yield stored("separated", [0, 0, 0, 1, 1], [1, 2, 3, 4, 5])
    yield stored("separated the wrong way", [1, 1, 0, 0], [1, 2, 3, 4])
    yield stored("all tied", [1, 0, 1, 0], [0.3] * 4)
    yield stored("positives only", [1, 1, 1], [0.3, 0.2, 0.2])
    yield stored("a tie at the top", [1, 0, 1, 0], [0.9, 0.9, 0.5, 0.1])
    yield stored("the paper's calls", [1] * 29 + [0] * 33, [1] * 22 + [0] * 7 + [1] + [0] * 32)
    for level in (0.8, 0.9, 0.95, 0.99):
        labels, scores = normal(random, 29, 33, 1.5)
        yield stored(f"the paper's sizes at {level}", labels, scores, level)
    for positives, negatives in ((3, 297), (150, 2), (20, 20), (1, 60)):
        labels, scores = normal(random, positives, negatives, 1)
        yield stored(f"{positives} and {negatives}", labels, numpy.round(scores, 1))
    for index in range(36):
        positives, negatives = random.integers(1, 25, size=2)
        labels, scores = normal(random, positives, negatives, random.uniform(-0.7, 2.5))
        yield stored(f"random {index}", labels, numpy.round(scores, random.integers(0, 4)))
    # Too large to store: the test makes the same patients from the same whole numbers.
    patient = numpy.arange(100_000)
    scores = patient * 7919 % 1009
    labels = (patient * 104_729 % 1000 + scores / 4 > 600).astype(int)
    large = expected(labels, scores.astype(float), 0.95)
    for key in ("thresholds", "precision", "recall"):
        large[key] = None
    yield {"name": "100000 patients", "labels": None, "scores": None, **large}


versions = (
    f"tools/golden/sklearn_precision_recall.py: scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, "
    f"NumPy {numpy.__version__}, Python {platform.python_version()}"
)
with open(PATH, "w", encoding="utf-8") as file:
    for line in [{"made_by": versions}, *cases()]:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
