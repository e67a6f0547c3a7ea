"""Pictures under Gaussian blur and crop, from SciPy.

Writes crates/cordsight/tests/it/golden/scipy_pictures.json. Run from the root of the repository.
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy import ndimage

FILE = Path("crates/cordsight/tests/it/golden/scipy_pictures.json")
SIDE = 20
picture = np.random.default_rng(2029).random((SIDE, SIDE)).astype(np.float32).astype(float)


def cropped(part):
    places = part * SIDE + (np.arange(SIDE) + 0.5) * (1 - 2 * part) - 0.5
    return ndimage.map_coordinates(picture, np.meshgrid(places, places, indexing="ij"), order=1, mode="nearest")


def written(values):
    return [round(float(v), 7) for v in np.ravel(values)]


FILE.write_text(json.dumps({
    "made_by": f"tools/golden/scipy_pictures.py, SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}",
    "side": SIDE,
    "picture": [float(v) for v in np.ravel(picture)],
    "blur": [{"strength": s, "values": written(ndimage.gaussian_filter(picture, s, mode="nearest", truncate=4))} for s in (0.5, 1.0, 2.0)],
    "crop": [{"strength": s, "values": written(cropped(s))} for s in (0.05, 0.1)],
}) + "\n")
