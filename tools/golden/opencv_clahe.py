"""Contrast-limited adaptive histogram equalisation of synthetic pictures, as OpenCV computes it.

Writes crates/cordsight/tests/it/golden/opencv_clahe.json: for each case its size, its limit, and the 8-bit result row by
row. The pictures follow from a formula that the test repeats.

    pip install numpy==2.4.6 opencv-python-headless==5.0.0.93
    python tools/golden/opencv_clahe.py
"""

import json
from pathlib import Path

import cv2
import numpy as np

OUT = Path(__file__).parents[2] / "crates/cordsight/tests/it/golden/opencv_clahe.json"

# Tiles divide both sides, neither, one; the limit cuts much, little, and everything above the even share.
CASES = [(64, 64, 2.0), (68, 68, 4.0), (64, 100, 1.0), (92, 72, 40.0)]


def picture(width, height):
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return ((x * x // 40 + 3 * y + 60 * ((x // 9 + y // 11) % 3)) % 256).astype(np.uint8)


def main():
    cases = []
    for width, height, limit in CASES:
        clahe = cv2.createCLAHE(clipLimit=limit, tileGridSize=(8, 8))
        result = clahe.apply(picture(width, height))
        cases.append({"width": width, "height": height, "limit": limit, "result": result.ravel().tolist()})
    made_by = f"tools/golden/opencv_clahe.py, opencv {cv2.__version__}, numpy {np.__version__}"
    OUT.write_text(json.dumps({"made_by": made_by, "cases": cases}, separators=(",", ":")) + "\n")


main()
