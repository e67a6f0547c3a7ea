"""Runs exported models in ONNX Runtime, PyTorch and Keras and compares them with `cordsight predict`.

Usage: exported_models.py CORDSIGHT FOLDER
Draws a synthetic cohort in FOLDER, trains a narrow network from weights with three different channels, exports it three
ways, and scores the same picture in each program. Parts whose library is not installed are skipped and said to be.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 96
BLOCKS = [1, 1, 2, 2, 2]
MEAN = np.array([0.485, 0.456, 0.406], "float32")
STD = np.array([0.229, 0.224, 0.225], "float32")


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def make(program, folder):
    run(program, "phantom", folder / "cohort", "--patients", 12, "--format", "png")
    small = ["--network", "vgg11", "--width", "0.1", "--image-size", SIDE, "--grey", "stored", "--init", "he"]
    small += ["--epochs", 2, "--learning-rate", "1e-3", "--preprocessing", "torchvision"]
    run(program, "train", folder / "cohort/cohort.csv", "--out", folder / "run", *small)
    for name in ["model.onnx", "model.safetensors", "model.weights.h5"]:
        run(program, "export", folder / "run", "--to", folder / name)
    first = sorted((folder / "cohort").rglob("*.png"))[0]
    picture = np.array(Image.open(first)).astype("uint16")
    row, column = (picture.shape[0] - SIDE) // 2, (picture.shape[1] - SIDE) // 2
    picture = picture[row : row + SIDE, column : column + SIDE].copy()
    Image.fromarray(picture).save(folder / "square.png")
    scored = json.loads(run(program, "predict", folder / "run", folder / "square.png", "--json"))
    return picture.astype("float32") / 65535, scored["predictions"][0]["score"]


def logit(score):
    return float(np.log(score / (1 - score)))


def onnx_runtime(folder, pixels):
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx")
    print("ONNX metadata", session.get_modelmeta().custom_metadata_map)
    return float(session.run(None, {"pixels": pixels[None, None]})[0][0, 0]), onnxruntime.__version__


def pytorch(folder, pixels):
    import torch
    from safetensors.numpy import load_file

    state = {name: torch.from_numpy(values) for name, values in load_file(folder / "model.safetensors").items()}
    layers, inputs, at = [], 3, 0
    for count in BLOCKS:
        for _ in range(count):
            outputs = state[f"features.{at}.weight"].shape[0]
            layers += [torch.nn.Conv2d(inputs, outputs, 3, padding=1), torch.nn.ReLU()]
            inputs, at = outputs, at + 2
        layers.append(torch.nn.MaxPool2d(2))
        at += 1
    head = [torch.nn.Linear(inputs, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU()]

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.features = torch.nn.Sequential(*layers)
            self.classifier = torch.nn.Sequential(*head, torch.nn.Linear(64, 1))

        def forward(self, x):
            return self.classifier(self.features(x).mean((2, 3)))

    network = Network()
    network.load_state_dict(state)
    x = (pixels[None] - MEAN[:, None, None]) / STD[:, None, None]
    with torch.no_grad():
        return float(network(torch.from_numpy(x[None].astype("float32")))[0, 0]), torch.__version__


def keras_logit(folder, pixels, widths):
    import keras

    layers = [keras.Input((SIDE, SIDE, 3))]
    for count, outputs in zip(BLOCKS, widths):
        layers += [keras.layers.Conv2D(outputs, 3, padding="same", activation="relu") for _ in range(count)]
        layers.append(keras.layers.MaxPooling2D())
    layers.append(keras.layers.GlobalAveragePooling2D())
    layers += [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(64, activation="relu")]
    network = keras.Sequential([*layers, keras.layers.Dense(1)])
    network.load_weights(folder / "model.weights.h5")
    x = (pixels[..., None] - MEAN) / STD
    return float(network.predict(x[None].astype("float32"), verbose=0)[0, 0]), keras.__version__


def main():
    program, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    marker = folder / "score.json"
    if not marker.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pixels, score = make(program, folder)
        np.save(folder / "pixels.npy", pixels)
        marker.write_text(json.dumps(score))
    pixels, score = np.load(folder / "pixels.npy"), json.loads(marker.read_text())
    print(f"cordsight predict: score {score:.8f}, logit {logit(score):.8f}")
    widths = [round(0.1 * full) for full in (64, 128, 256, 512, 512)]
    programs = [
        ("onnxruntime", lambda: onnx_runtime(folder, pixels), score, 1e-5),
        ("torch", lambda: pytorch(folder, pixels), logit(score), 1e-4),
        ("keras", lambda: keras_logit(folder, pixels, widths), logit(score), 1e-4),
    ]
    for name, compute, expected, tolerance in programs:
        try:
            found, version = compute()
        except ImportError as error:
            print(f"{name}: skipped ({error})")
            continue
        difference = abs(found - expected)
        print(f"{name} {version}: {found:.8f}, expected {expected:.8f}, difference {difference:.2e}")
        assert difference <= tolerance, name


main()
