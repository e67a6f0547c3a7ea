#!/usr/bin/env bash
# Decoding of one radiograph in each DICOM transfer syntax: radiograph beside pydicom with its plugins (pylibjpeg, GDCM,
# pyjpegls, Pillow) and beside dcmtk, reader after reader for each file, so that all of a row are of the same seconds.
# Prints a table of milliseconds; a peer whose values differ is marked.
#
# Needs dcmtk's programs, and a Python with tools/golden/dicom_requirements.txt:
#     PYTHON=/path/to/python bench/peers/dicom.sh [REPEATS [FOLDER]]
# FOLDER keeps the files; without it a temporary one is used.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
repeats="${1:-9}"
folder="${2:-$(mktemp -d)}"
[ $# -ge 2 ] || trap 'rm -rf "$folder"' EXIT
target="${CARGO_TARGET_DIR:-target}/release/examples"

cargo build --release --quiet --locked -p phantom --example write_cohort
cargo build --release --quiet --locked -p radiograph --example decode_speed
if [ ! -e "$folder/files/htj2k_lossy.dcm" ]; then
    "$target/write_cohort" "$folder/phantom" 1 dicom 1 2000 2500
    "$python" bench/peers/dicom_files.py "$folder/phantom/images/P001.dcm" "$folder/files"
fi
for file in "$folder"/files/*.dcm; do
    RAYON_NUM_THREADS=1 "$target/decode_speed" "$repeats" 1 "$file"
    "$target/decode_speed" "$repeats" 1 "$file"
    "$target/decode_speed" "$repeats" 2 "$file"
    "$python" bench/peers/dicom.py time "$repeats" "$file"
done | tee "$folder/times.jsonl" | "$python" bench/peers/dicom.py table
