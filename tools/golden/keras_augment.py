"""Shear, zoom and shift of pictures from Keras's `ImageDataGenerator`.

Writes crates/cordsight/tests/it/golden/keras_augment.json. Each case holds the picture twice, and the matrix of the first:

- `matrix`: what Keras hands to `scipy.ndimage.affine_transform` for `affine`, row by row, with the offset last.
- `affine`: from the matrix that `apply_affine_transform` documents, with the shift along columns, as the name of
  `width_shift_range` says. Keras applies it unchanged where the axis of rows comes after that of columns.
- `generator`: from `ImageDataGenerator`. From Keras 2.9 on it exchanges rows and columns, so that `width_shift_range`
  moves a picture up or down, and shear and zoom act along the other axis (github.com/keras-team/keras, issue 17398).
  Until Keras 2.8 (Keras-Preprocessing 1.1.2) it did not, but its centre lay one pixel below and right of the middle.

Run from the root of the repository.
"""

import json
import os
import platform
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import scipy
from keras.src.legacy.preprocessing.image import ImageDataGenerator, apply_affine_transform

FILE = Path("crates/cordsight/tests/it/golden/keras_augment.json")
VERSIONS = (
    f"tools/golden/keras_augment.py: Keras {keras.__version__}, scipy {scipy.__version__}, "
    f"numpy {np.__version__}, Python {platform.python_version()}"
)
# Side, shear in degrees, zoom of rows (zx), zoom of columns (zy), shift (ty) in pixels.
CASES = [
    (17, 0.0, 1.0, 1.0, 3.0),
    (17, 0.0, 1.0, 1.0, -2.375),
    (17, 12.5, 1.0, 1.0, 0.0),
    (17, -30.0, 1.0, 1.0, 0.0),
    (17, 0.0, 0.8, 1.15, 0.0),
    (17, 7.0, 1.1, 0.9, 1.3),
    (24, 20.0, 1.0, 1.0, 0.0),
    (24, 0.0, 1.2, 0.7, 0.0),
    (24, -9.0, 0.85, 1.2, -4.6),
    (24, 45.0, 1.5, 1.5, 21.6),
]


def picture(side):
    """Values k/128 that change from pixel to pixel, k from 0 to 112."""
    row, column = np.mgrid[:side, :side]
    return (7 * row * row + 13 * row * column + 5 * column * column + 29 * column) % 113 / 128


def case(side, shear, zx, zy, ty):
    transform = {"theta": 0, "tx": 0, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
    options = {"fill_mode": "nearest"}
    pixels = picture(side)[..., None]
    handed = []
    transformed = scipy.ndimage.interpolation.affine_transform

    def recorded(channel, matrix, offset, **options):
        handed.append([*matrix.ravel().tolist(), *offset.tolist()])
        return transformed(channel, matrix, offset, **options)

    scipy.ndimage.interpolation.affine_transform = recorded
    affine = apply_affine_transform(pixels, **transform, **options, order=1, row_axis=1, col_axis=0, channel_axis=2)
    scipy.ndimage.interpolation.affine_transform = transformed
    generator = ImageDataGenerator(**options, interpolation_order=1, data_format="channels_last", dtype="float64")
    return {
        "side": side,
        "shear_deg": shear,
        "zx": zx,
        "zy": zy,
        "ty": ty,
        "matrix": handed[0],
        "affine": affine.round(7).ravel().tolist(),
        "generator": generator.apply_transform(pixels, transform).round(7).ravel().tolist(),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # scipy.ndimage.interpolation, which Keras uses
    cases = ",\n".join(json.dumps(case(*values)) for values in CASES)
    FILE.write_text(f'{{"made_by": {json.dumps(VERSIONS)},\n"cases": [\n{cases}\n]}}\n')
