"""Weights files as Keras and h5py write them, and whether Keras loads ours.

Writes crates/pretrained/tests/it/golden/keras/: a narrow network in every layout, every encoding of numbers that h5py
offers, and a few files that a reader must refuse. Values follow from a formula that both sides compute to the same
bits (`values`) and that float16 and bfloat16 hold exactly, so that they need not be stored. versions.txt there says
who wrote them. Files of our own writers in that folder (ours.*) are loaded by Keras and compared;
`CORDSIGHT_UPDATE=1 cargo test -p pretrained writers_give` makes them. Run from the root of the repository.
"""

import os
import platform
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

FOLDER = Path("crates/pretrained/tests/it/golden/keras")
VERSIONS = (
    f"tools/golden/keras_weights.py: Keras {keras.__version__}, h5py {h5py.__version__} "
    f"(HDF5 {h5py.version.hdf5_version}), numpy {np.__version__}, Python {platform.python_version()}\n"
)
SHAPES = [(3, 3, 3, 2), (2,), (3, 3, 2, 2), (2,), (2, 3), (3,), (3, 1), (1,)]


def values(tensor, shape):
    """Sixty-fourths from -61 to 61, another order for each tensor."""
    index = np.arange(np.prod(shape, dtype=int))
    return (((index * 7 + tensor * 13) % 123 - 61) / 64).astype("float32").reshape(shape)


def small(dtype="float32"):
    """Two convolutions and two dense layers; the first names are those of VGG."""
    keras.utils.clear_session()
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(2, 3, padding="same", name="block1_conv1", dtype=dtype),
            layers.Conv2D(2, 3, padding="same", name="block1_conv2", dtype=dtype),
            layers.GlobalAveragePooling2D(name="pool", dtype=dtype),
            layers.Dense(3, name="dense", dtype=dtype),
            layers.Dense(1, name="dense_1", dtype=dtype),
        ],
        name="small",
    )
    assert [tuple(w.shape) for w in model.weights] == SHAPES
    model.set_weights([values(i, shape) for i, shape in enumerate(SHAPES)])
    return model


def vgg16(classes=(3, 2, 1)):
    """VGG16's body with two channels and the head of global average pooling and dense layers."""
    keras.utils.clear_session()
    body, at = [layers.Input((32, 32, 3))], 0
    for block, convolutions in enumerate((2, 2, 3, 3, 3), 1):
        for convolution in range(1, convolutions + 1):
            body.append(layers.Conv2D(2, 3, padding="same", name=f"block{block}_conv{convolution}"))
        body.append(layers.MaxPooling2D(name=f"block{block}_pool"))
    body.append(layers.GlobalAveragePooling2D())
    body += [layers.Dense(width, name=f"head{i}") for i, width in enumerate(classes, 1)]
    return keras.Sequential(body)


def keras_files():
    model = small()
    model.save_weights(FOLDER / "keras3.weights.h5")
    model.save(FOLDER / "plain.keras")
    with h5py.File(FOLDER / "legacy.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(FOLDER / "whole.h5")
    model.save(FOLDER / "compiled.keras")
    small("float16").save_weights(FOLDER / "half.weights.h5")
    small("bfloat16").save_weights(FOLDER / "bfloat16.weights.h5")
    keras.utils.clear_session()
    inner = small()
    outer = keras.Sequential([layers.Input((8, 8, 3)), inner, layers.Dense(2, name="head")])
    outer.layers[-1].set_weights([values(8, (1, 2)), values(9, (2,))])
    outer.save_weights(FOLDER / "nested.weights.h5")


def listed(file, weights, split=False):
    """The layout before Keras 3, as Keras 1 and 2 wrote it: names in strings of fixed length."""
    names = [name.encode() for name in weights]
    if split:
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:1], names[1:]
    else:
        file.attrs["layer_names"] = names
    file.attrs["keras_version"], file.attrs["backend"] = b"1.2.1", b"tensorflow"
    for name, datasets in weights.items():
        group = file.create_group(name)
        group.attrs["weight_names"] = [weight.encode() for weight, _, _ in datasets]
        for weight, data, options in datasets:
            group.create_dataset(weight, data=data, **options)


def h5py_files():
    first = {
        "block1_conv1": [
            ("block1_conv1_W_1:0", values(0, SHAPES[0]), {}),
            ("block1_conv1_b_1:0", values(1, SHAPES[1]), {}),
        ],
        "block1_pool": [],
        "a_later_layer": [("a_later_layer_W_1:0", values(2, SHAPES[2]), {})],
    }
    with h5py.File(FOLDER / "keras1.h5", "w") as file:
        listed(file, first)
    with h5py.File(FOLDER / "split_names.h5", "w") as file:
        listed(file, first, split=True)
    chunked = {"chunks": (2, 3, 2, 1)}
    options = {
        "f2_little": ("<f2", {}),
        "f2_big": (">f2", {}),
        "f4_little": ("<f4", {}),
        "f4_big": (">f4", {}),
        "f8_little": ("<f8", {}),
        "f8_big": (">f8", chunked),
        "chunks": ("<f4", chunked),
        "gzip": ("<f4", chunked | {"compression": "gzip"}),
        "shuffle_gzip": ("<f4", chunked | {"compression": "gzip", "shuffle": True}),
        "shuffle_gzip_big": (">f8", chunked | {"compression": "gzip", "shuffle": True, "fletcher32": True}),
        "one_chunk": ("<f4", {"chunks": SHAPES[0], "compression": "gzip"}),
        "growing": ("<f4", chunked | {"maxshape": (None, 3, 3, 2)}),
        "growing_twice": ("<f4", chunked | {"maxshape": (None, None, 3, 2)}),
    }
    encodings = {
        name: [("w", values(i, SHAPES[0]).astype(kind), extra)] for i, (name, (kind, extra)) in enumerate(options.items())
    }
    for name, libver in {"encodings": "earliest", "encodings_latest": "latest", "encodings_v108": ("v108", "v108")}.items():
        with h5py.File(FOLDER / f"{name}.h5", "w", libver=libver) as file:
            listed(file, encodings)
            file.attrs["layer_names"] = list(encodings)
    with h5py.File(FOLDER / "latest.weights.h5", "w", libver="latest") as file:
        for i in range(12):
            group = file.create_group(f"layers/conv2d{f'_{i}' if i else ''}/vars")
            group["0"] = values(i, (2,))
        file["layers/seed_generator/vars/0"] = np.array([1, 2], "uint32")


def table_files():
    """As many links, attributes and chunks as it takes for every kind of table that a file of HDF5 1.10 has."""
    for name, libver, side in (("tables.h5", "earliest", 12), ("tables_latest.h5", "latest", 33)):
        cases = {
            "paged": ((side, side), (1, 1), None, {}),
            "paged_gzip": ((side, side), (1, 1), None, {"compression": "gzip"}),
            "grows": ((100, 3), (1, 3), (None, 3), {}),
            "grows_second": ((3, 60), (3, 1), (3, None), {"compression": "gzip"}),
            "grows_twice": ((20, 12), (1, 1), (None, None), {}),
            "edges": ((7, 9, 5), (2, 4, 3), None, {"compression": "gzip", "shuffle": True, "fletcher32": True}),
            "may_grow": ((5, 6), (2, 2), (9, 12), {}),
        }
        with h5py.File(FOLDER / name, "w", libver=libver) as file:
            weights = {case: [("w", values(i, shape), {"chunks": chunks, "maxshape": most} | options)]
                       for i, (case, (shape, chunks, most, options)) in enumerate(cases.items())}
            weights["many"] = [(f"w{i}", values(len(cases) + i, (2,)), {}) for i in range(60)]
            listed(file, weights)
            for i in range(10):
                file.attrs[f"note{i}"] = file["many"].attrs[f"note{i}"] = i


def hostile_files():
    with h5py.File(FOLDER / "external_link.h5", "w") as file:
        listed(file, {"conv": []})
        file["conv"].attrs["weight_names"] = [b"w"]
        file["conv"]["w"] = h5py.ExternalLink("/etc/passwd", "/w")
    with h5py.File(FOLDER / "external_data.h5", "w") as file:
        listed(file, {"conv": []})
        file["conv"].attrs["weight_names"] = [b"w"]
        file["conv"].create_dataset("w", (4,), "<f4", external=[("/etc/passwd", 0, 16)])
    with h5py.File(FOLDER / "soft_loop.h5", "w") as file:
        listed(file, {"conv": []})
        file["conv"].attrs["weight_names"] = [b"w"]
        file["conv"]["w"] = h5py.SoftLink("/conv/v")
        file["conv"]["v"] = h5py.SoftLink("/conv/w")
    with h5py.File(FOLDER / "group_loop.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = values(0, (2,))
        file["layers/conv2d/again"] = file["layers"]
    with h5py.File(FOLDER / "huge.h5", "w") as file:
        listed(file, {"conv": []})
        file["conv"].attrs["weight_names"] = [b"w"]
        file["conv"].create_dataset("w", (1 << 20, 1 << 20), "<f4", chunks=(1 << 10, 1 << 10))
    with h5py.File(FOLDER / "bomb.h5", "w") as file:
        listed(file, {"conv": [("w", np.zeros(1 << 20, "<f4"), {"compression": "gzip", "chunks": (1 << 20,)})]})
    with h5py.File(FOLDER / "other.h5", "w") as file:
        file["temperature"] = values(0, (4,))


def check_ours():
    """Keras loads what our writers made, to the bit."""
    model = vgg16()
    expected = [values(i, tuple(w.shape)) for i, w in enumerate(model.weights)]

    def loaded(how, **options):
        model.set_weights([np.full(w.shape, 7.0, "float32") for w in model.weights])
        model.load_weights(FOLDER / how, **options)
        for want, got in zip(expected, model.get_weights(), strict=True):
            assert want.tobytes() == got.tobytes(), how
        print(how, options, f"{len(expected)} weights equal")

    loaded("ours.weights.h5")
    loaded("ours.h5")
    loaded("ours.h5", by_name=True)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "versions.txt").write_text(VERSIONS)
    keras_files()
    h5py_files()
    table_files()
    hostile_files()
    if (FOLDER / "ours.h5").exists():
        check_ours()
