"""Ten steps of a narrow VGG11 in Keras with learning rates by block, with mixed pictures, and with dropout.

Writes crates/cordsight/tests/it/golden/keras_settings.json. Network, weights and the batch of four grey pictures are
those of keras_network.py, which this script imports. What is random in training is given here: the share and the
partners of the mix, and the outputs that each step leaves out, which enter the network as factors. Keras's own `Dropout`
says which factor it gives to what it keeps. Gradients are those before the first step. Run from the root of the
repository; needs tensorflow-cpu==2.21.0 instead of torch.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import keras_network as shared
import numpy as np
import tensorflow as tf

FILE = Path("crates/cordsight/tests/it/golden/keras_settings.json")
BODY, RATE = "vgg11", 1e-3
LAYER_DECAY = 0.5
SHARE, PARTNERS = 0.3, [2, 0, 3, 1]
DROPOUT, STREAM = 0.4, 3000
BLOCKS = shared.NETWORKS[BODY][0]


def network(with_factors):
    """The model, with further inputs for the factors of both hidden layers if there are any."""
    convolutions, side = shared.NETWORKS[BODY]
    model = shared.build(convolutions, side)
    shared.set_weights(model)
    if not with_factors:
        return model
    *body, first, second, last = model.layers
    pictures = keras.Input((side, side, 3))
    factors = [keras.Input((128,)), keras.Input((64,))]
    x = pictures
    for layer in body:
        x = layer(x)
    x = first(x) * factors[0]
    x = second(x) * factors[1]
    return keras.Model([pictures, *factors], last(x))


def optimizers(variables, layer_decay):
    """An Adam of its own, with its own rate, for every block and one for the head."""
    sizes = [2 * count for count in BLOCKS] + [6]
    groups, at = [], 0
    for number, size in enumerate(sizes):
        rate = RATE * layer_decay ** (len(BLOCKS) - number)
        optimizer = keras.optimizers.Adam(rate, epsilon=1e-7)
        optimizer.build(variables[at : at + size])
        groups.append((optimizer, slice(at, at + size)))
        at += size
    assert at == len(variables)
    return groups


def stored(gradient):
    gradient = shared.ours(gradient).ravel()
    largest = np.argsort(-abs(gradient), kind="stable")[:4]
    at = sorted({0, gradient.size - 1, *largest.tolist()})
    norm = float(np.linalg.norm(gradient.astype(np.float64)))
    return {"norm": norm, "at": at, "values": gradient[at].tolist()}


def case(name, pictures, labels, layer_decay=1.0, factors=None):
    """`factors(step)` gives those of a step, if there are any."""
    model = network(factors is not None)
    variables = model.trainable_variables
    before = [variable.numpy().astype(np.float64) for variable in variables]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    groups = optimizers(variables, layer_decay)
    losses, first = [], None
    for step in range(shared.STEPS):
        inputs = [pictures, *factors(step)] if factors else pictures
        with tf.GradientTape() as tape:
            value = loss(labels, model(inputs, training=True))
        gradients = tape.gradient(value, [variable.value for variable in variables])
        for optimizer, part in groups:
            optimizer.apply(gradients[part], variables[part])
        losses.append(float(value))
        first = first or [stored(gradient.numpy()) for gradient in gradients]
    changes = [float(np.linalg.norm(v.numpy() - b)) for v, b in zip(variables, before)]
    return {"name": name, "losses": losses, "changes": changes, "gradients": first}


def factors(step):
    """1 / (1 - DROPOUT) where the hash of `signed` lies in the upper part, else 0."""
    kept = np.float32(1 / (1 - DROPOUT))
    layers = []
    for layer, outputs in enumerate((128, 64)):
        numbers = shared.signed(STREAM + 2 * step + layer, len(shared.LABELS) * outputs)
        layers.append(np.where(numbers >= np.float32(2 * DROPOUT - 1), kept, np.float32(0)).reshape(-1, outputs))
    return layers


def kept(share):
    """What Keras's `Dropout` makes of 1 where it keeps it, and the share of 10,000 that it left out."""
    out = keras.ops.convert_to_numpy(keras.layers.Dropout(share, seed=1)(np.ones((1, 10000), "float32"), training=True))
    values = np.unique(out)
    assert values.size == 2 and values[0] == 0
    return {"share": share, "kept": float(values[1]), "left_out": float((out == 0).mean())}


if __name__ == "__main__":
    plain = shared.grey(shared.NETWORKS[BODY][1])
    labels = np.array(shared.LABELS, dtype=np.float32)[:, None]
    share = np.float32(SHARE)

    def mixed(values):
        return share * values + (1 - share) * values[PARTNERS]

    cases = [
        case("layer_decay", plain, labels, layer_decay=LAYER_DECAY),
        case("mixup", mixed(plain), mixed(labels)),
        case("dropout", plain, labels, factors=factors),
    ]
    settings = {"rate": RATE, "layer_decay": LAYER_DECAY, "share": SHARE, "partners": PARTNERS}
    content = {
        "made_by": shared.VERSIONS.replace("keras_network.py", "keras_settings.py"),
        "settings": settings | {"dropout": DROPOUT, "stream": STREAM},
        "kept": [kept(share) for share in (0.1, 0.4, 0.5, 0.9)],
        "cases": cases,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    FILE.write_text("{" + ",\n".join(lines) + "}\n")
