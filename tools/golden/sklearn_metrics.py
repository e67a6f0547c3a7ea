"""ROC, AUC, confusion matrix and Brier score from scikit-learn; intervals of proportions from statsmodels.

Writes crates/diagstat/tests/it/golden/{sklearn_metrics,proportions}.jsonl: the first line says what made the file, each
further line is a case with its data. Run from the root of the repository.
"""

import json
import math
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

FOLDER = Path("crates/diagstat/tests/it/golden")
VERSIONS = (
    f"tools/golden/sklearn_metrics.py: scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, "
    f"scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
)


def write(name, cases):
    lines = [json.dumps({"made_by": VERSIONS})] + [json.dumps(case, allow_nan=False) for case in cases]
    (FOLDER / name).write_text("\n".join(lines) + "\n")


def scored(rng, positives, negatives, shift):
    """Probabilities of patients in random order; the positives' logits lie `shift` higher."""
    labels = np.repeat([1, 0], [positives, negatives])
    logits = rng.normal(size=labels.size) + shift * (labels - 0.5)
    order = rng.permutation(labels.size)
    return labels[order], (1 / (1 + np.exp(-logits)))[order]


def data_sets():
    rng = np.random.default_rng(20240207)
    yield "separable by half", *scored(rng, 29, 33, 1.5), 0.5
    yield "no signal", *scored(rng, 40, 40, 0.0), 0.5
    yield "worse than chance", *scored(rng, 25, 30, -1.0), 0.4
    yield "few positives", *scored(rng, 4, 196, 1.0), 0.6
    yield "few negatives", *scored(rng, 120, 3, 1.0), 0.5
    yield "one of each", np.array([1, 0]), np.array([0.7, 0.6]), 0.65
    yield "one positive", *scored(rng, 1, 20, 1.0), 0.5
    for digits in (2, 1):
        labels, scores = scored(rng, 60, 70, 1.0)
        yield f"ties at {digits} digits", labels, scores.round(digits), 0.5
    labels, scores = scored(rng, 22, 18, 2.0)
    yield "binary scores", labels, (scores > 0.5).astype(float), 1.0
    yield "all tied", np.array([1, 0, 0, 1, 0]), np.full(5, 0.25), 0.25
    yield "separated", np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.8, 0.9]), 0.5
    yield "nobody called positive", np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4]), 0.5
    yield "everybody called positive", np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4]), 0.1
    ladder = [0.5]
    for _ in range(11):
        ladder.append(math.nextafter(ladder[-1], 1.0))
    yield "one ulp apart", rng.integers(0, 2, size=12), np.array(ladder)[rng.permutation(12)], ladder[6]
    labels, scores = scored(rng, 30, 30, 1.0)
    yield "negative and large scores", labels, (scores - 0.5) * 1e300, 0.0
    for number in range(20):
        positives, negatives = rng.integers(1, 25, size=2)
        labels, scores = scored(rng, positives, negatives, rng.uniform(-1, 3))
        yield f"random {number}", labels, scores.round(int(rng.integers(1, 4))), 0.5


def roc_case(name, labels, scores, threshold):
    false_positive_rates, true_positive_rates, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    calls = scores >= threshold
    (tn, fp), (fn, tp) = metrics.confusion_matrix(labels, calls, labels=[0, 1])
    is_probability = scores.min() >= 0 and scores.max() <= 1
    both_called = 0 < calls.sum() < calls.size
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "threshold": threshold,
        "roc_thresholds": thresholds[1:].tolist(),
        "roc_false_positive_rates": false_positive_rates.tolist(),
        "roc_true_positive_rates": true_positive_rates.tolist(),
        "auc": metrics.roc_auc_score(labels, scores),
        "youden_index": (true_positive_rates - false_positive_rates).max(),
        "counts": [int(tp), int(fn), int(fp), int(tn)],
        "accuracy": metrics.accuracy_score(labels, calls),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, calls),
        "sensitivity": metrics.recall_score(labels, calls),
        "specificity": metrics.recall_score(labels, calls, pos_label=0),
        "ppv": metrics.precision_score(labels, calls) if calls.any() else None,
        "npv": metrics.precision_score(labels, calls, pos_label=0) if not calls.all() else None,
        "f1": metrics.f1_score(labels, calls),
        "mcc": metrics.matthews_corrcoef(labels, calls) if both_called else None,
        "macro_recall": metrics.recall_score(labels, calls, average="macro"),
        "macro_precision": metrics.precision_score(labels, calls, average="macro") if both_called else None,
        "brier": metrics.brier_score_loss(labels, scores) if is_probability else None,
    }


def proportion_cases():
    pairs = [(0, 1), (1, 1), (0, 29), (29, 29), (22, 29), (32, 33), (54, 62), (1, 2), (3, 10), (134, 145)]
    pairs += [(k, 12) for k in range(13)]
    pairs += [(1, 1000), (500, 1000), (999, 1000), (3, 100_000), (50_123, 100_000), (99_990, 100_000)]
    pairs += [(0, 1_000_000), (7, 1_000_000), (400_000, 1_000_000), (500_000, 1_000_000), (1_000_000, 1_000_000)]
    for successes, trials in pairs:
        for level in (0.001, 0.9, 0.95, 0.999):
            wilson = proportion_confint(successes, trials, alpha=1 - level, method="wilson")
            exact = proportion_confint(successes, trials, alpha=1 - level, method="beta")
            yield {
                "successes": successes,
                "trials": trials,
                "level": level,
                "wilson": [float(limit) for limit in wilson],
                "clopper_pearson": [float(limit) for limit in exact],
            }


if __name__ == "__main__":
    warnings.simplefilter("error")
    write("sklearn_metrics.jsonl", [roc_case(*data) for data in data_sets()])
    write("proportions.jsonl", list(proportion_cases()))
