#!/usr/bin/env bash
# diagstat beside pROC and beside scikit-learn with the usual DeLong in NumPy: the same tasks on the same patients, one
# after the other in the same minutes. Prints a table of seconds and of ratios to diagstat (above 1: diagstat is faster),
# and stops if two programs disagree about a standard error or a Z of DeLong's.
#
# Needs Rscript with pROC, and a Python with scikit-learn and scipy: PYTHON=/path/to/python bench/peers/diagstat.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
times="$(mktemp)"
trap 'rm -f "$times"' EXIT

cargo build --release --quiet --locked -p diagstat --benches
cargo bench --quiet --locked -p diagstat --bench speed | tee -a "$times" >&2
Rscript bench/peers/diagstat.R | tee -a "$times" >&2
"$python" bench/peers/diagstat.py | tee -a "$times" >&2

awk -F '\t' '
{
    split($2, words, ","); task = words[1]; key = task "\t" $3
    if (!(key in seen)) { seen[key] = 1; order[++rows] = key }
    seconds[$1, key] = $4; value[$1, key] = $5
    if (task != $2) scaled[$1, key] = " (" substr($2, index($2, "scaled")) ")"
}
END {
    print "| task | patients | diagstat, s | pROC, s | ratio | scikit-learn and NumPy, s | ratio |"
    print "|---|---|---|---|---|---|---|"
    for (row = 1; row <= rows; row++) {
        key = order[row]; split(key, of, "\t"); own = seconds["diagstat", key]
        printf "| %s | %d | %.6f |", of[1], of[2], own
        for (peer = 1; peer <= 2; peer++) {
            name = peer == 1 ? "pROC" : "Python"
            printf " %.4f%s | %.1f |", seconds[name, key], scaled[name, key], seconds[name, key] / own
            if (of[1] ~ /^delong/) {
                apart = value[name, key] / value["diagstat", key] - 1
                if (apart > 1e-5 || apart < -1e-5) { bad = bad "\n" name " disagrees: " key " " value[name, key] }
            }
        }
        print ""
    }
    if (bad) { print bad > "/dev/stderr"; exit 1 }
}' "$times"
