"""Names and shapes that Keras, torchvision and timm give to VGG's parameters, their layouts and their preprocessing.

Writes crates/pretrained/tests/it/golden/vgg_names.txt: `@ CASE`, then a line `name sides` for each parameter in the
file's order; `= NAME numbers` for values. Weights are not stored: tests number them. Run from the root of the repository.
"""

import os
import platform
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import timm
import torch
import torchvision
from keras import layers

FILE = Path("crates/pretrained/tests/it/golden/vgg_names.txt")
BLOCKS = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
FULL = (64, 128, 256, 512, 512)


def h5_names(path):
    rows = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: rows.append((name, item.shape)) if isinstance(item, h5py.Dataset) else None)
    return [row for row in rows if not row[0].startswith("optimizer")]


def saved(model, ending):
    """What a saved file holds: `.weights.h5`, or the older `.h5`, in which weights stand under `model_weights`."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x{ending}"
        if ending == ".h5":
            model.save(path)
        else:
            model.save_weights(path)
        return [(name.removeprefix("model_weights/"), shape) for name, shape in h5_names(path)]


def paper(blocks, width, names):
    """The paper's network; named as in Keras applications, or left to Keras's numbering."""
    keras.backend.clear_session()
    stack = [layers.Input((32, 32, 3))]
    for block, (full, count) in enumerate(zip(FULL, blocks), 1):
        for conv in range(1, count + 1):
            name = f"block{block}_conv{conv}" if names else None
            stack.append(layers.Conv2D(max(round(full * width), 1), 3, padding="same", name=name))
        stack.append(layers.MaxPooling2D())
    stack += [layers.GlobalAveragePooling2D(), layers.Dense(128), layers.Dense(64), layers.Dense(1)]
    return keras.Sequential(stack)


def write_case(out, case, rows):
    print(f"@ {case}", file=out)
    for name, shape in rows:
        print(name, *shape, file=out)


def write_values(out, name, values):
    print("=", name, *(repr(float(value)) for value in np.asarray(values).ravel()), file=out)


with FILE.open("w") as out:
    print(
        f"# tools/golden/vgg_names.py: Keras {keras.__version__}, torchvision {torchvision.__version__.split('+')[0]}, "
        f"timm {timm.__version__}, PyTorch {torch.__version__.split('+')[0]}, numpy {np.__version__}, "
        f"Python {platform.python_version()}",
        file=out,
    )
    for depth, blocks in BLOCKS.items():
        for ending in ".h5", ".weights.h5":
            write_case(out, f"keras{ending} {depth} head", saved(paper(blocks, 1 / 16, ending == ".h5"), ending))
        with torch.device("meta"):
            for library, build in ("torchvision", getattr(torchvision.models, depth)), ("timm", None):
                model = build() if build else timm.create_model(depth)
                rows = [(name, value.shape) for name, value in model.state_dict().items()]
                write_case(out, f"{library} {depth} top", rows)
    for depth, build in ("vgg16", keras.applications.VGG16), ("vgg19", keras.applications.VGG19):
        model = build(weights=None, include_top=False, input_shape=(32, 32, 3))
        for ending in ".h5", ".weights.h5":
            write_case(out, f"keras{ending} {depth} body", saved(model, ending))
    model = keras.applications.VGG16(weights=None, input_shape=(32, 32, 3))
    write_case(out, "keras.weights.h5 vgg16 top", saved(model, ".weights.h5"))
    with torch.device("meta"):
        rows = [(name, value.shape) for name, value in torchvision.models.vgg16_bn().state_dict().items()]
    write_case(out, "torchvision vgg16 normalised", rows)
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()])
    write_case(out, "keras.weights.h5 vgg11 normalised", saved(model, ".weights.h5"))

    pixel = np.array([0.125, 0.5, 0.875], dtype=np.float32)
    for mode in "caffe", "tf", "torch":
        prepared = keras.applications.imagenet_utils.preprocess_input(pixel.reshape(1, 1, 1, 3) * 255, mode=mode)
        write_values(out, f"preprocess_{mode}", prepared)
    weights = torchvision.models.VGG16_Weights.IMAGENET1K_V1.transforms()
    write_values(out, "preprocess_torchvision", (pixel - weights.mean) / weights.std)
    kernel = np.arange(9 * 2 * 4).reshape(3, 3, 2, 4)
    write_values(out, "hwio_3_3_2_4_as_oihw", kernel.transpose(3, 2, 0, 1))
    write_values(out, "matrix_2_3_transposed", np.arange(6).reshape(2, 3).T)
