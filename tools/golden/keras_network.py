"""The network, its loss, its gradients and its optimiser from Keras: two narrow networks, a batch of four pictures.

Writes crates/cordsight/tests/it/golden/keras_network.json. Weights and pictures follow from a formula that both sides
compute to the same bits (`signed`), so that they need not be stored. Keras computes in single precision, as it does for
its users. (Its float64 is no better reference: means and matrix products go through float32 there.) Run from the root
of the repository.
"""

import importlib
import json
import math
import os
import platform
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers

FILE = Path("crates/cordsight/tests/it/golden/keras_network.json")
BACKEND = importlib.import_module(keras.backend.backend())
VERSIONS = (
    f"tools/golden/keras_network.py: Keras {keras.__version__} on {BACKEND.__name__} {BACKEND.__version__.split('+')[0]}, "
    f"numpy {np.__version__}, Python {platform.python_version()}"
)
# Convolutions of each block, and side of the picture: at 48 pixels the last pooling drops a row and a column.
NETWORKS = {"vgg11": ((1, 1, 2, 2, 2), 48), "vgg16": ((2, 2, 3, 3, 3), 64)}
WIDTH = 0.0625
LABELS = [1, 0, 1, 1]
MEAN, STD = [0.25, 0.5, 0.375], [0.25, 0.5, 0.125]
STEPS, RATE = 10, 1e-3


def signed(stream, count):
    """`count` numbers from -1 until 1 in steps of 2^-23, from a hash of the stream's and of their own number."""
    x = (np.arange(count, dtype=np.uint64) + stream * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in (16, 0x7FEB352D), (15, 0x846CA68B):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return ((x >> np.uint64(8)).astype(np.int64) * 2 - 2**24).astype(np.float32) / np.float32(2**24)


def build(convolutions, side):
    stack = [layers.Input((side, side, 3))]
    for full, count in zip((64, 128, 256, 512, 512), convolutions):
        stack += [layers.Conv2D(int(full * WIDTH), 3, padding="same", activation="relu") for _ in range(count)]
        stack.append(layers.MaxPooling2D())
    stack += [layers.GlobalAveragePooling2D()]
    stack += [layers.Dense(128, activation="relu"), layers.Dense(64, activation="relu"), layers.Dense(1)]
    model = keras.Sequential(stack)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=RATE, epsilon=1e-7),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return model


def ours(array):
    """Keras's [row, column, in, out] kernels as [out, in, row, column]; all else as it is."""
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array


def set_weights(model):
    """Weights within ± the He limit, biases within ± 0.1; a parameter's number is its stream."""
    values = []
    for stream, variable in enumerate(model.trainable_weights):
        shape = ours(np.empty(variable.shape)).shape
        fan_in = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
        limit = np.float32(0.1 if len(shape) == 1 else math.sqrt(6 / fan_in))
        value = (signed(stream, math.prod(shape)) * limit).reshape(shape)
        values.append(value.transpose(2, 3, 1, 0) if value.ndim == 4 else value)
    model.set_weights(values)


def planes(count, side, stream):
    """`count` planes [row, column]: blocks of 8×8 pixels that differ, and noise on them; within ± 1.25."""
    rows = np.arange(side) // 8
    blocks = [signed(stream + 2 * plane, 64)[rows[:, None] * 8 + rows] for plane in range(count)]
    noise = [signed(stream + 2 * plane + 1, side * side).reshape(side, side) for plane in range(count)]
    return np.stack(blocks) + np.float32(0.25) * np.stack(noise)


def colour(side):
    """Four pictures [picture, row, column, channel] whose channels have nothing in common."""
    return planes(12, side, 1000).reshape(4, 3, side, side).transpose(0, 2, 3, 1)


def grey(side):
    """Four grey pictures within 0.5 ± 0.3125, repeated in three standardised channels."""
    values = planes(4, side, 2000) * np.float32(0.25) + np.float32(0.5)
    return (values[..., None] - np.float32(MEAN)) / np.float32(STD)


def gradients(model, pictures, labels):
    logits = model(pictures)
    loss = model.compute_loss(x=pictures, y=labels, y_pred=logits)
    model.zero_grad()
    loss.backward()
    values = [ours(variable.value.grad.numpy()).ravel() for variable in model.trainable_weights]
    return logits.detach().numpy().ravel(), float(loss.detach()), values


def case(body):
    convolutions, side = NETWORKS[body]
    labels = np.array(LABELS, dtype=np.float32)[:, None]
    model = build(convolutions, side)
    set_weights(model)
    logits, loss, found = gradients(model, colour(side), labels)
    stored = []
    for gradient in found:
        largest = np.argsort(-abs(gradient), kind="stable")[:4]
        at = sorted({0, gradient.size - 1, *largest.tolist()})
        norm = float(np.linalg.norm(gradient.astype(np.float64)))
        stored.append({"norm": norm, "at": at, "values": gradient[at].tolist()})

    pictures = grey(side)
    before = [variable.numpy().astype(np.float64) for variable in model.trainable_weights]
    losses = []
    for _ in range(STEPS):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(pictures, labels)))
    changes = [np.linalg.norm(v.numpy() - b) for v, b in zip(model.trainable_weights, before)]
    after = model.predict_on_batch(pictures).ravel()
    return {
        "body": body,
        "width": WIDTH,
        "image_size": side,
        "labels": LABELS,
        "colour": {"logits": logits.tolist(), "loss": loss, "gradients": stored},
        "grey": {
            "mean": MEAN,
            "std": STD,
            "rate": RATE,
            "losses": losses,
            "changes": [float(change) for change in changes],
            "logits_after": after.tolist(),
        },
    }


def body_parameters():
    bodies = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}
    return {name: make(include_top=False, weights=None).count_params() for name, make in bodies.items()}


if __name__ == "__main__":
    content = {"made_by": VERSIONS, "body_parameters": body_parameters(), "networks": [case(body) for body in NETWORKS]}
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("{" + ",\n".join(lines) + "}\n")
