"""Ten steps of a narrow VGG11 in Keras under each setting of training: AdamW, a cosine learning rate with warm-up, label
smoothing, layers that are frozen.

Writes crates/cordsight/tests/it/golden/keras_training.json. Network, weights and the batch of four grey pictures are
those of keras_network.py, which this script imports. Run from the root of the repository.
"""

import json
from pathlib import Path

import keras_network as shared  # first: it chooses the backend
import keras
import numpy as np

FILE = Path("crates/cordsight/tests/it/golden/keras_training.json")
BODY, RATE, DECAY, SMOOTHING = "vgg11", 1e-3, 0.5, 0.2
WARMUP, FALL = 3, 7
BLOCK5 = 6  # convolutions of VGG11 before block 5


def case(name, optimizer=None, smoothing=0.0, frozen=0):
    """Losses before each of ten steps, and for every parameter the norm of its change and of itself."""
    convolutions, side = shared.NETWORKS[BODY]
    model = shared.build(convolutions, side)
    shared.set_weights(model)
    before = [variable.numpy().astype(np.float64) for variable in model.weights]
    conv = 0
    for layer in model.layers:
        is_conv = isinstance(layer, keras.layers.Conv2D)
        if is_conv and conv < frozen:
            layer.trainable = False
        conv += is_conv
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(RATE, epsilon=1e-7),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing),
    )
    pictures = shared.grey(side)
    labels = np.array(shared.LABELS, dtype=np.float32)[:, None]
    losses = []
    for _ in range(shared.STEPS):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(pictures, labels)))
    after = [variable.numpy() for layer in model.layers for variable in layer.weights]
    changes = [float(np.linalg.norm(a - b)) for a, b in zip(after, before)]
    norms = [float(np.linalg.norm(a.astype(np.float64))) for a in after]
    return {"name": name, "losses": losses, "changes": changes, "norms": norms}


def cosine():
    return keras.optimizers.schedules.CosineDecay(0.0, FALL, warmup_target=RATE, warmup_steps=WARMUP)


if __name__ == "__main__":
    cases = [
        case("adamw", keras.optimizers.AdamW(RATE, weight_decay=DECAY, epsilon=1e-7)),
        case("cosine", keras.optimizers.Adam(cosine(), epsilon=1e-7)),
        case("adamw_cosine", keras.optimizers.AdamW(cosine(), weight_decay=DECAY, epsilon=1e-7)),
        case("label_smoothing", smoothing=SMOOTHING),
        case("block5", frozen=BLOCK5),
        case("head", frozen=8),
    ]
    rates = [float(cosine()(step)) for step in range(shared.STEPS + 2)]
    content = {
        "made_by": shared.VERSIONS.replace("keras_network.py", "keras_training.py"),
        "settings": {"rate": RATE, "decay": DECAY, "smoothing": SMOOTHING, "warmup": WARMUP, "fall": FALL},
        "rates": rates,
        "cases": cases,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    FILE.write_text("{" + ",\n".join(lines) + "}\n")
