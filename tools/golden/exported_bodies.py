"""Runs exported models with batch normalisation and residual units in ONNX Runtime and in torchvision's own code, and
compares them with `cordsight predict`.

Usage: exported_bodies.py CORDSIGHT FOLDER
Draws a synthetic cohort in FOLDER, trains a narrow network of each body for two epochs, exports it, and scores one picture.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
from torch_bodies import NarrowResNet, narrow_vgg  # noqa: E402

SIDE, WIDTH = 96, 1 / 8
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def picture(program, folder):
    run(program, "phantom", folder / "cohort", "--patients", 12, "--format", "png")
    first = sorted((folder / "cohort").rglob("*.png"))[0]
    pixels = np.array(Image.open(first)).astype("uint16")
    row, column = (pixels.shape[0] - SIDE) // 2, (pixels.shape[1] - SIDE) // 2
    pixels = pixels[row : row + SIDE, column : column + SIDE].copy()
    Image.fromarray(pixels).save(folder / "square.png")
    return pixels.astype("float32") / 65535


def torchvisions(name, state):
    """torchvision's body with global average pooling and 128-64-1 in the place of its classifier, weights loaded strictly."""
    layers = [torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)]
    if name == "resnet18":
        model = NarrowResNet(WIDTH)
        model.fc = torch.nn.Sequential(*layers)
    else:

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.features, self.classifier = narrow_vgg(name, WIDTH), torch.nn.Sequential(*layers)

            def forward(self, x):
                return self.classifier(self.features(x).mean((2, 3)))

        model = Model()
    print("  loaded:", model.load_state_dict(state))
    return model.eval()


def logit(score):
    return float(np.log(score / (1 - score)))


if __name__ == "__main__":
    program, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    pixels = picture(program, folder)
    for name in ["vgg11_bn", "vgg16_bn", "resnet18"]:
        out = folder / name
        small = ["--network", name, "--width", WIDTH, "--image-size", SIDE, "--grey", "stored", "--init", "he"]
        small += ["--epochs", 2, "--learning-rate", "1e-3", "--preprocessing", "torchvision", "--overwrite"]
        run(program, "train", folder / "cohort/cohort.csv", "--out", out, *small)
        for target in [folder / f"{name}.onnx", folder / f"{name}.safetensors"]:
            run(program, "export", out, "--to", target, "--overwrite")
        scored = json.loads(run(program, "predict", out, folder / "square.png", "--json"))["predictions"][0]["score"]
        print(f"{name}: cordsight {logit(scored):.6f}")

        model = onnx.load(folder / f"{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
        score = float(session.run(None, {"pixels": pixels[None, None]})[0][0, 0])
        print(f"  ONNX Runtime {logit(score):.6f}, apart by {abs(logit(score) - logit(scored)):.1e}")
        assert abs(logit(score) - logit(scored)) < 1e-3

        prepared = (torch.from_numpy(pixels)[None] - MEAN[:, None, None]) / STD[:, None, None]
        with torch.no_grad():
            found = float(torchvisions(name, load_file(folder / f"{name}.safetensors"))(prepared[None])[0, 0])
        print(f"  torchvision {found:.6f}, apart by {abs(found - logit(scored)):.1e}")
        assert abs(found - logit(scored)) < 1e-3
