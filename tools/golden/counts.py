"""Figures of tables of calls from scikit-learn and statsmodels; standard errors by the delta method with 50 digits.

Writes crates/diagstat/tests/it/golden/counts_python.jsonl: the first line says what made the file, each further line is a
case with its counts. The delta method takes its derivatives numerically, with mpmath, from the definition of a figure.
Run from the root of the repository.
"""

import json
import math
import platform
import warnings
from pathlib import Path

import mpmath
import numpy as np
import sklearn
import statsmodels
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import confint_proportions_2indep

FILE = Path("crates/diagstat/tests/it/golden/counts_python.jsonl")
VERSIONS = (
    f"tools/golden/counts.py: scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, "
    f"mpmath {mpmath.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
)
mpmath.mp.dps = 50


def delta(figure, table):
    """Value and standard error of a figure of the cells, for patients drawn together."""
    patients = int(table.sum())
    parts = [mpmath.mpf(int(count)) / patients for count in table.ravel()]
    step = mpmath.mpf(10) ** -18
    slopes = []
    for cell in range(len(parts)):
        up, down = list(parts), list(parts)
        up[cell] += step
        down[cell] -= step
        slopes.append((figure(up) - figure(down)) / (2 * step))
    mean = sum(part * slope for part, slope in zip(parts, slopes))
    variance = sum(part * (slope - mean) ** 2 for part, slope in zip(parts, slopes)) / patients
    return [float(figure(parts)), float(mpmath.sqrt(variance))]


def margins(cells, classes):
    truths = [sum(cells[row * classes + column] for column in range(classes)) for row in range(classes)]
    calls = [sum(cells[row * classes + column] for row in range(classes)) for column in range(classes)]
    return truths, calls, [cells[index * (classes + 1)] for index in range(classes)]


def averaged(name, weighted, classes):
    def figure(cells):
        truths, calls, right = margins(cells, classes)
        every = []
        for truth, call, hits in zip(truths, calls, right):
            recall, precision = hits / truth, hits / call
            f1 = 2 * hits / (truth + call)
            every.append({"recall": recall, "precision": precision, "f1": f1}[name])
        weights = [truth / sum(truths) for truth in truths] if weighted else [mpmath.mpf(1) / classes] * classes
        return sum(weight * value for weight, value in zip(weights, every))

    return figure


def correlation(cells):
    (negative, positive), (called_negative, called_positive), _ = margins(cells, 2)
    determinant = cells[0] * cells[3] - cells[1] * cells[2]
    return determinant / mpmath.sqrt(negative * positive * called_negative * called_positive)


def report(truth, call, classes):
    """Per-class and averaged figures; null where scikit-learn would count an absent class as 0."""
    truths, calls = np.bincount(truth, minlength=classes), np.bincount(call, minlength=classes)
    every = metrics.precision_recall_fscore_support(truth, call, labels=range(classes), zero_division=np.nan)
    found = {}
    for name, values, needs in zip(("precision", "recall", "f1"), every, (calls, truths, truths + calls)):
        found[name] = [float(value) if need > 0 else None for value, need in zip(values, needs)]
        for average in ("macro", "weighted"):
            complete = all(need > 0 for need, count in zip(needs, truths) if average == "macro" or count > 0)
            score = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}[name]
            value = score(truth, call, labels=range(classes), average=average, zero_division=0.0)
            found[f"{average}_{name}"] = float(value) if complete else None
    found["accuracy"] = metrics.accuracy_score(truth, call)
    for name, weights in (("unweighted", None), ("linear", "linear"), ("quadratic", "quadratic")):
        found[f"kappa_{name}"] = float(metrics.cohen_kappa_score(truth, call, labels=range(classes), weights=weights))
    return found


def table_case(table):
    classes = len(table)
    truth = np.repeat(np.repeat(np.arange(classes), classes), table.ravel())
    call = np.repeat(np.tile(np.arange(classes), classes), table.ravel())
    case = {"kind": "table", "rows": table.tolist(), **report(truth, call, classes)}
    if (table > 0).all():
        for weighted, average in ((False, "macro"), (True, "weighted")):
            for name in ("precision", "recall", "f1"):
                case[f"delta_{average}_{name}"] = delta(averaged(name, weighted, classes), table)
        for name, wt in (("unweighted", None), ("linear", "linear"), ("quadratic", "quadratic")):
            found = cohens_kappa(table, wt=wt)
            case[f"statsmodels_kappa_{name}"] = [float(found.kappa), float(found.std_kappa)]
        if classes == 2:
            case["delta_mcc"] = delta(correlation, table)
    return case


def sum_case(tp, fn, fp, tn, level):
    """Newcombe's interval of a difference of two rates is that of Youden's index, and of twice a mean less 1."""
    limits = confint_proportions_2indep(tp, tp + fn, fp, fp + tn, method="newcomb", compare="diff", alpha=1 - level)
    precision = confint_proportions_2indep(tp, tp + fp, fn, fn + tn, method="newcomb", compare="diff", alpha=1 - level)
    return {
        "kind": "sum",
        "counts": [tp, fn, fp, tn],
        "level": level,
        "youden": [float(limit) for limit in limits],
        "macro_precision": [(float(limit) + 1) / 2 for limit in precision],
    }


def scores_case(rng, classes, patients, digits):
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, size=patients - classes)])
    logits = rng.normal(size=(patients, classes)) + 1.2 * np.eye(classes)[labels]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # scikit-learn wants rows that add up to 1; ties are within columns.
    rounded = (scores * 10**digits).round() / 10**digits
    rounded[:, -1] = 1 - rounded[:, :-1].sum(axis=1)
    ties = [len(set(row)) < classes for row in rounded.tolist()]
    labels, rounded = labels[np.logical_not(ties)], rounded[np.logical_not(ties)]
    return {
        "kind": "scores",
        "classes": classes,
        "labels": labels.tolist(),
        "scores": rounded.tolist(),
        "hand_till": metrics.roc_auc_score(labels, rounded, multi_class="ovo", labels=range(classes)),
        "one_vs_rest": [metrics.roc_auc_score(labels == index, rounded[:, index]) for index in range(classes)],
        "top": [
            float(metrics.top_k_accuracy_score(labels, rounded, k=k, labels=range(classes))) for k in range(1, classes)
        ],
        "rows": metrics.confusion_matrix(labels, rounded.argmax(axis=1), labels=range(classes)).tolist(),
    }


def paired_case(first, second):
    table = [[5, first], [second, 7]]
    return {
        "kind": "paired",
        "discordant": [first, second],
        "exact": float(mcnemar(table, exact=True).pvalue),
        "asymptotic": [float(value) for value in mcnemar_asymptotic(table)],
    }


def uncorrelated_case(both, first, second, neither, level):
    """Newcombe's paired interval is that of independent rates where the corrected correlation is 0."""
    patients = both + first + second + neither
    assert 0 <= both * neither - first * second <= patients / 2
    limits = confint_proportions_2indep(
        both + first, patients, both + second, patients, method="newcomb", compare="diff", alpha=1 - level
    )
    table = [both, first, second, neither]
    return {"kind": "uncorrelated", "table": table, "level": level, "limits": [float(limit) for limit in limits]}


def mcnemar_asymptotic(table):
    found = mcnemar(table, exact=False, correction=False)
    return found.statistic, found.pvalue


def cases():
    rng = np.random.default_rng(19690501)
    two = [[[32, 1], [7, 22]], [[33, 0], [0, 29]], [[5, 0], [4, 0]], [[0, 0], [3, 4]], [[0, 3], [4, 0]], [[98000, 2000], [1, 12]]]
    two += rng.integers(0, 40, size=(20, 2, 2)).tolist()
    for table in two:
        yield table_case(np.array(table))
    for number in range(24):
        classes = 3 + number % 4
        table = rng.integers(0 if number % 3 == 0 else 1, 12, size=(classes, classes)) + np.diag(rng.integers(5, 40, size=classes))
        if number % 6 == 0:
            table[:, 1] = 0
        if number % 12 == 0:
            table[1, :] = 0
        yield table_case(table)
    counts = [(22, 7, 1, 32), (29, 0, 0, 33), (0, 29, 33, 0), (1, 0, 1, 1), (4, 0, 3, 9), (90000, 9000, 1, 12)]
    counts += [tuple(int(count) for count in rng.integers(1, 60, size=4)) for _ in range(20)]
    for number, count in enumerate(counts):
        yield sum_case(*count, (0.95, 0.9, 0.99)[number % 3])
    for number in range(12):
        yield scores_case(rng, 3 + number % 3, 30 + 5 * number, 2 if number % 2 else 6)
    for pair in [(0, 1), (3, 3), (2, 9), (17, 4), (0, 25), (300, 340), (40000, 40100)]:
        yield paired_case(*pair)
    tables = [(36, 12, 0, 0), (0, 0, 9, 30), (4, 2, 3, 2), (20, 10, 10, 5), (6, 6, 6, 6), (0, 0, 0, 3), (1, 1, 1, 2), (300, 200, 150, 101)]
    for number, table in enumerate(tables):
        yield uncorrelated_case(*table, (0.95, 0.9)[number % 2])


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message=".*(single label|number of unique classes|y_pred contains).*")
    lines = [json.dumps({"made_by": VERSIONS})]
    for case in cases():
        clean = {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in case.items()}
        lines.append(json.dumps(clean, allow_nan=False))
    FILE.write_text("\n".join(lines) + "\n")
