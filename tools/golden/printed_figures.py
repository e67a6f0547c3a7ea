"""Whether printed figures can be those of a confusion matrix, or means over folds, by mlscorecheck.

Writes crates/diagstat/tests/it/golden/printed_figures.jsonl: the first line says what made the file, each further line is
a case: class sizes, figures as printed, and `nearest` and `truncated`, whether they are consistent if rounded to the
nearest and if cut off. mlscorecheck takes a closed band round each figure. The band of a figure that was cut off does not
hold its far end, and is given to it 1e-6 shorter. Run from the root of the repository.

kind "single": figures of one class, or their mean (`balanced_accuracy`), of one test set. mlscorecheck solves MCC and kappa
for a count by interval arithmetic, MCC by its square, so with one of them "inconsistent" is final and "consistent" is
not: the matrix that it gives as evidence may not print the figures, or print MCC with the other sign. Hence
`exact_nearest` and `exact_truncated` beside its verdicts: every matrix tried here, in fractions, with the bands as they
are. `sound_nearest` and `sound_truncated` say whether its evidence prints the figures, null where it has none.
kind "macro": recall averaged over both classes, and accuracy. mlscorecheck lets the two classes have matrices of their own
that need not belong together, so "inconsistent" is final there too, and "consistent" is not.
kind "folds": means over stratified folds. The checks of the last two kinds fail with an uncertainty for each figure, so all
figures of a case have the same number of decimals.
"""

import json
import logging
import math
import platform
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy as np
from mlscorecheck.check.binary import check_1_dataset_known_folds_mos, check_1_testset_no_kfold
from mlscorecheck.check.multiclass import check_1_testset_no_kfold_macro

FILE = Path("crates/diagstat/tests/it/golden/printed_figures.jsonl")
VERSIONS = (
    f"tools/golden/printed_figures.py: mlscorecheck {version('mlscorecheck')}, pulp {version('pulp')}, "
    f"numpy {np.__version__}, Python {platform.python_version()}"
)
TOLERANCE = 1e-9
SHORTER = Fraction(1, 10**6)
NAMES = {
    "accuracy": "acc",
    "sensitivity": "sens",
    "specificity": "spec",
    "ppv": "ppv",
    "npv": "npv",
    "f1": "f1p",
    "f1_of_negatives": "f1n",
    "balanced_accuracy": "bacc",
    "mcc": "mcc",
    "kappa": "kappa",
}
LINEAR = ["accuracy", "sensitivity", "specificity", "balanced_accuracy"]

logging.disable(logging.CRITICAL)


def figures(tp, fn, fp, tn):
    """Exact fractions, a double where there is a root; None where a denominator is 0."""
    p, n = tp + fn, fp + tn

    def ratio(a, b):
        return Fraction(a, b) if b else None

    square = p * n * (tp + fp) * (tn + fn)
    return {
        "accuracy": ratio(tp + tn, p + n),
        "sensitivity": ratio(tp, p),
        "specificity": ratio(tn, n),
        "ppv": ratio(tp, tp + fp),
        "npv": ratio(tn, tn + fn),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "f1_of_negatives": ratio(2 * tn, 2 * tn + fp + fn),
        "balanced_accuracy": (Fraction(tp, p) + Fraction(tn, n)) / 2,
        "mcc": (tp * tn - fp * fn) / math.sqrt(square) if square else None,
        "kappa": ratio(2 * (tp * tn - fp * fn), (tp + fp) * n + p * (tn + fn)),
    }


def printed(value, places, how):
    """The text of a number; `how` is round, floor (of the absolute value) or exact ties to even."""
    scaled = abs(value) * 10**places
    units = math.floor(scaled) if how == "truncated" else round(scaled)
    sign = "-" if value < 0 and units else ""
    digits = str(units).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def nudged(text, units):
    places = len(text.split(".")[1])
    return printed(Fraction(text) + Fraction(units, 10**places), places, "nearest")


def edges(text, how, signed):
    """Both ends of the band, and whether each belongs to it; `signed` where the figure may lie below 0."""
    unit = Fraction(1, 10 ** len(text.split(".")[1]))
    value = Fraction(text)
    if how == "nearest":
        return value - unit / 2, value + unit / 2, True, True
    if value < 0 or text.startswith("-"):
        return value - unit, value, False, True
    if value == 0 and signed:
        return -unit, unit, False, False
    return value, value + unit, True, False


def bands(texts):
    """Middle and half width of the band of each figure, if rounded and if cut off."""
    for how in ("nearest", "truncated"):
        scores, eps = {}, {}
        for name, text in texts.items():
            low, high, low_in, high_in = edges(text, how, name in ("mcc", "kappa"))
            low += 0 if low_in else SHORTER
            high -= 0 if high_in else SHORTER
            scores[NAMES[name]], eps[NAMES[name]] = float((low + high) / 2), float((high - low) / 2)
        yield how, scores, eps


def verdicts(texts, check):
    return {how: not check(scores, eps)["inconsistency"] for how, scores, eps in bands(texts)}


def compared(value, bound):
    """-1, 0 or 1; `value` is a fraction, or a numerator and the square of its denominator."""
    if isinstance(value, tuple):
        numerator, square = value
        value = Fraction(numerator * abs(numerator), square)
        bound = bound * abs(bound)
    return (value > bound) - (value < bound)


def prints(p, n, tp, tn, texts, how):
    fp, fn = n - tn, p - tp
    values = figures(tp, fn, fp, tn)
    if values["mcc"] is not None:
        values["mcc"] = (tp * tn - fp * fn, p * n * (tp + fp) * (tn + fn))
    for name, text in texts.items():
        low, high, low_in, high_in = edges(text, how, name in ("mcc", "kappa"))
        if values[name] is None:
            return False
        above, below = compared(values[name], low), compared(values[name], high)
        if above < 0 or below > 0 or (above == 0 and not low_in) or (below == 0 and not high_in):
            return False
    return True


def single(p, n, texts):
    answers = {}
    for how, scores, eps in bands(texts):
        result = check_1_testset_no_kfold({"p": p, "n": n}, scores, eps, numerical_tolerance=TOLERANCE)
        evidence = result.get("evidence")
        answers[how] = not result["inconsistency"]
        answers[f"sound_{how}"] = evidence and prints(p, n, int(evidence["tp"]), int(evidence["tn"]), texts, how)
        answers[f"exact_{how}"] = any(
            prints(p, n, tp, tn, texts, how) for tp in range(p + 1) for tn in range(n + 1)
        )
    return answers


def macro(p, n, texts):
    as_class = {"sensitivity" if name == "recall" else name: text for name, text in texts.items()}
    return verdicts(
        as_class,
        lambda scores, eps: check_1_testset_no_kfold_macro(
            {0: n, 1: p}, scores, next(iter(eps.values())), numerical_tolerance=TOLERANCE, verbosity=0
        ),
    )


def folds(p, n, k, texts):
    return verdicts(
        texts,
        lambda scores, eps: check_1_dataset_known_folds_mos(
            {"p": p, "n": n},
            {"n_folds": k, "n_repeats": 1, "strategy": "stratified_sklearn"},
            scores,
            next(iter(eps.values())),
            numerical_tolerance=TOLERANCE,
            verbosity=0,
        ),
    )


def chosen(rng, names, count):
    return [str(name) for name in rng.permutation(names)[:count]]


def one_matrix(rng, p, n, good):
    return int(rng.binomial(p, good)), int(rng.binomial(n, good))


def single_cases():
    rng = np.random.default_rng(20240208)
    sizes = [(29, 33), (3, 4), (1, 9), (12, 1), (40, 40), (96, 111), (8, 150), (150, 8), (67, 78), (300, 250)]
    index = 0
    while index < 210:
        p, n = sizes[index % len(sizes)]
        good = rng.uniform(0.3, 1.0)
        tp, tn = one_matrix(rng, p, n, good)
        values = figures(tp, p - tp, n - tn, tn)
        defined = [name for name, value in values.items() if value is not None]
        names = chosen(rng, defined, int(rng.integers(2, 5)))
        if set(names) <= {"sensitivity", "specificity"} or {"f1", "f1_of_negatives"} <= set(names):
            continue
        how = "truncated" if rng.random() < 0.25 else "nearest"
        texts = {name: printed(values[name], int(rng.integers(1, 5)), how) for name in names}
        if rng.random() < 0.5:
            name = names[int(rng.integers(len(names)))]
            moved = nudged(texts[name], int(rng.choice([-3, -2, -1, 1, 2, 3])))
            if 0 <= Fraction(moved) <= 1:
                texts[name] = moved
        yield {"kind": "single", "positives": p, "negatives": n, "figures": texts, **single(p, n, texts)}
        index += 1
    # Exact ties, and figures one unit of the last digit beyond them.
    for p, n, tp, tn in [(20, 20, 10, 13), (40, 40, 23, 9), (8, 8, 1, 7), (16, 4, 5, 3), (125, 75, 40, 60)]:
        values = figures(tp, p - tp, n - tn, tn)
        for places in (1, 2, 3):
            texts = {name: printed(values[name], places, "nearest") for name in ("sensitivity", "specificity", "accuracy")}
            yield {"kind": "single", "positives": p, "negatives": n, "figures": texts, **single(p, n, texts)}


def macro_cases():
    rng = np.random.default_rng(20240209)
    for index in range(40):
        p, n = [(29, 33), (10, 14), (60, 25)][index % 3]
        tp, tn = one_matrix(rng, p, n, rng.uniform(0.4, 1.0))
        values = figures(tp, p - tp, n - tn, tn)
        texts = {
            "accuracy": printed(values["accuracy"], 3, "nearest"),
            "recall": printed(values["balanced_accuracy"], 3, "nearest"),
        }
        if index % 2:
            texts["recall"] = nudged(texts["recall"], int(rng.choice([-9, -4, -2, 2])))
        yield {"kind": "macro", "positives": p, "negatives": n, "figures": texts, **macro(p, n, texts)}


def fold_cases():
    rng = np.random.default_rng(20240210)
    for index in range(70):
        p, n, k = [(29, 33, 5), (10, 14, 3), (25, 60, 5), (12, 13, 4), (50, 50, 10), (7, 40, 2), (96, 111, 5)][index % 7]
        tp = tn = 0
        sums = dict.fromkeys(LINEAR, Fraction(0))
        for fold in range(k):
            size_n = len(range(fold, n, k))
            size_p = len([j for j in range(n, n + p) if j % k == fold])
            tp, tn = one_matrix(rng, size_p, size_n, 0.8)
            values = figures(tp, size_p - tp, size_n - tn, tn)
            for name in LINEAR:
                sums[name] += values[name] / k
        names = chosen(rng, LINEAR, int(rng.integers(2, 5)))
        places = int(rng.integers(2, 5))
        texts = {name: printed(sums[name], places, "nearest") for name in names}
        if index % 2:
            name = names[int(rng.integers(len(names)))]
            moved = nudged(texts[name], int(rng.choice([-3, -1, 1, 3])))
            if 0 <= Fraction(moved) <= 1:
                texts[name] = moved
        yield {"kind": "folds", "positives": p, "negatives": n, "folds": k, "figures": texts, **folds(p, n, k, texts)}


if __name__ == "__main__":
    cases = [*single_cases(), *macro_cases(), *fold_cases()]
    lines = [json.dumps({"made_by": VERSIONS})] + [json.dumps(case, allow_nan=False) for case in cases]
    FILE.write_text("\n".join(lines) + "\n")
