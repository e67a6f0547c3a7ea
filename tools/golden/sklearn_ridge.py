"""Ridge logistic regressions and their cross-validated AUC from scikit-learn.

Writes crates/diagstat/tests/it/golden/sklearn_ridge.jsonl. Run from the root of the repository.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FILE = Path("crates/diagstat/tests/it/golden/sklearn_ridge.jsonl")
rng = np.random.default_rng(2027)


def model(penalty):
    return LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-12, max_iter=10000)


def case(name, labels, columns, penalty, folds=5):
    labels, table = np.asarray(labels, int), np.asarray(columns, float).T
    fold_of = np.empty(len(labels), int)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(labels == label))
        fold_of[rows] = np.arange(len(rows)) % folds
    areas = []
    for fold in range(folds):
        inside = fold_of == fold
        fit = make_pipeline(StandardScaler(), model(penalty)).fit(table[~inside], labels[~inside])
        areas.append(roc_auc_score(labels[inside], fit.decision_function(table[inside])))
    whole = model(penalty).fit(table, labels)
    return {
        "name": name,
        "labels": labels.tolist(),
        "columns": table.T.tolist(),
        "folds": fold_of.tolist(),
        "penalty": penalty,
        "intercept": whole.intercept_[0],
        "coefficients": whole.coef_[0].tolist(),
        "auc": float(np.mean(areas)),
    }


def drawn(patients, features, effect):
    labels = rng.random(patients) < 0.4
    labels[:10], labels[10:20] = False, True
    noise = rng.normal(size=(features, patients)).round(3)
    noise[0] += effect * labels
    return labels, noise


cases = []
for patients, features, effect, penalty in [
    (60, 1, 0.0, 1.0),
    (60, 1, 1.2, 10.0),
    (90, 4, 0.7, 0.1),
    (80, 6, 2.5, 10.0),
    (40, 30, 1.0, 10.0),
]:
    labels, columns = drawn(patients, features, effect)
    cases.append(case(f"{patients} patients, {features} features", labels, columns, penalty))
labels, columns = drawn(70, 3, 0.0)
cases.append(case("one feature is the label", labels, np.vstack([columns, labels]), 10.0))
cases.append(case("a feature that never differs", labels, np.vstack([columns, np.full(70, 12.0)]), 10.0))
cases.append(case("ties", labels, np.vstack([np.round(columns[0]), labels ^ (rng.random(70) < 0.3)]), 10.0))

made_by = f"tools/golden/sklearn_ridge.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"
with FILE.open("w") as file:
    for line in [{"made_by": made_by}, *cases]:
        file.write(json.dumps(line) + "\n")
