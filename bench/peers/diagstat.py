"""Times of scikit-learn and of DeLong's method in NumPy for the tasks of crates/diagstat/benches/speed.rs.

The same patients; diagstat.sh runs both. Out: a line for each task, tab between: program, task, patients, seconds,
value. DeLong is written here from Sun and Xu 2014 (mid-ranks by scipy's rankdata), as it is usually done in Python:
scikit-learn itself has no variance. The bootstrap calls roc_auc_score on resampled patients, as many times as its budget
allows, and its time is scaled to 2,000; the task says so.
"""

import time

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score


def cohort(patients):
    patient = np.arange(patients, dtype=np.uint64)

    def unit(factor, modulus):
        return (patient * np.uint64(factor) % np.uint64(modulus)).astype(float) / modulus

    score = unit(2654435761, 4294967296)
    labels = unit(25717, 65521) < score
    return labels, score, score + unit(1103515245, 2147483648)


def delong(labels, models):
    """Areas and their covariance matrix."""
    m, n = labels.sum(), (~labels).sum()
    areas, of_positives, of_negatives = [], [], []
    for scores in models:
        positives, negatives = scores[labels], scores[~labels]
        among_all = rankdata(np.concatenate([positives, negatives]))
        areas.append((among_all[:m].sum() - m * (m + 1) / 2) / (m * n))
        of_positives.append((among_all[:m] - rankdata(positives)) / n)
        of_negatives.append(1 - (among_all[m:] - rankdata(negatives)) / m)
    return np.array(areas), np.cov(of_positives) / m + np.cov(of_negatives) / n


def line(task, patients, seconds, value):
    print(f"Python\t{task}\t{patients}\t{seconds:.6f}\t{value:.10f}", flush=True)


def fastest(run):
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        value = run()
        seconds = time.perf_counter() - start
        best = min(best, seconds)
        if seconds > 2:
            break
    return best, value


def paired_z(labels, first, second):
    areas, covariance = delong(labels, [first, second])
    spread = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return (areas[0] - areas[1]) / np.sqrt(spread)


for patients, replicates in [(1_000, 2000), (100_000, 20), (1_000_000, 4)]:
    labels, first, second = cohort(patients)
    line("delong", patients, *fastest(lambda: float(np.sqrt(delong(labels, [first])[1]))))
    line("delong paired", patients, *fastest(lambda: float(paired_z(labels, first, second))))
    generator = np.random.default_rng(1)
    positives, negatives = np.flatnonzero(labels), np.flatnonzero(~labels)
    start = time.perf_counter()
    areas = []
    for _ in range(replicates):
        drawn = np.concatenate([generator.choice(positives, len(positives)), generator.choice(negatives, len(negatives))])
        areas.append(roc_auc_score(labels[drawn], first[drawn]))
    seconds = (time.perf_counter() - start) * 2000 / replicates
    task = "bootstrap 2000" if replicates == 2000 else f"bootstrap 2000, scaled from {replicates}"
    line(task, patients, seconds, float(np.std(areas, ddof=1)))
