"""Grey pictures scaled by Keras's `load_img`, with every filter that it knows.

Writes crates/cordsight/tests/it/golden/keras_resize.json. Pictures follow from a formula that the test repeats: `soft`
keeps away from black and white, `hard` is black and white with edges everywhere. Pixels are stored as two hexadecimal
digits each. Run from the root of the repository.
"""

import json
import os
import platform
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import PIL
from PIL import Image

FILE = Path("crates/cordsight/tests/it/golden/keras_resize.json")
VERSIONS = (
    f"tools/golden/keras_resize.py: Keras {keras.__version__}, Pillow {PIL.__version__}, "
    f"numpy {np.__version__}, Python {platform.python_version()}"
)
FILTERS = ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
# Columns and rows of the picture, side of the square. 64 and 160 to 24 have middles between two pixels.
SIZES = [(64, 160, 24), (101, 77, 33), (19, 40, 24)]


def picture(kind, columns, rows):
    row, column = np.mgrid[:rows, :columns]
    values = (7 * row * row + 13 * row * column + 5 * column * column + 29 * column) % 113
    if kind == "hard":
        return np.where((row // 5 + column // 7) % 2 == 0, 255, 0).astype("uint8")
    return (values + 70).astype("uint8")


def case(kind, columns, rows, side, interpolation):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        Image.fromarray(picture(kind, columns, rows)).save(path)
        options = {"color_mode": "grayscale", "target_size": (side, side), "interpolation": interpolation}
        pixels = np.asarray(keras.utils.load_img(path, **options))
    assert pixels.dtype == np.uint8 and pixels.shape == (side, side)
    head = {"kind": kind, "columns": columns, "rows": rows, "side": side, "filter": interpolation}
    return head | {"pixels": pixels.tobytes().hex()}


if __name__ == "__main__":
    cases = [case(kind, *size, name) for kind in ("soft", "hard") for size in SIZES for name in FILTERS]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    FILE.write_text(f'{{"made_by": {json.dumps(VERSIONS)},\n"cases": [\n{lines}\n]}}\n')
