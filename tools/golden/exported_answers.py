"""Runs ONNX models of several findings and of classes in ONNX Runtime and compares every score with `cordsight predict`.

Usage: exported_answers.py CORDSIGHT FOLDER
Draws a synthetic cohort of square pictures in FOLDER, trains two narrow networks on its findings.csv, exports both, and
scores the same pictures in both programs. The ONNX model is checked by the package onnx, and its metadata are printed.
Needs onnxruntime==1.32.0, onnx==1.23.2, numpy, pillow.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image

SIDE, PICTURES = 96, 5
TASKS = {
    "findings": ["--findings", "csm,narrow_canal,slip", "--threshold", "youden"],
    "classes": ["--classes", "healthy,spondylosis,CSM", "--class-column", "class"],
}


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def main():
    program, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    cohort = folder / "cohort"
    run(program, "phantom", cohort, "--patients", 60, "--format", "png", "--size", f"{SIDE}x{SIDE}")
    pictures = sorted((cohort / "images").glob("*.png"))[:PICTURES]
    pixels = np.stack([np.array(Image.open(file)) for file in pictures]).astype("float32")[:, None] / 65535
    small = ["--network", "vgg11", "--width", "0.05", "--image-size", SIDE, "--grey", "stored", "--init", "he"]
    small += ["--epochs", 3, "--learning-rate", "1e-3", "--preprocessing", "torchvision"]
    for task, flags in TASKS.items():
        run(program, "train", cohort / "findings.csv", "--out", folder / task, *small, *flags)
        model = folder / f"{task}.onnx"
        run(program, "export", folder / task, "--to", model)
        onnx.checker.check_model(onnx.load(model), full_check=True)
        session = onnxruntime.InferenceSession(model)
        found = session.run(None, {"pixels": pixels})[0]
        said = json.loads(run(program, "predict", folder / task, *pictures, "--json"))
        expected = np.array([[answer["score"] for answer in row["answers"]] for row in said["predictions"]])
        difference = abs(found - expected).max()
        spread = expected.std(axis=0).min()
        print(task, "ONNX Runtime", onnxruntime.__version__, found.shape, f"largest difference {difference:.2e}, least spread {spread:.2e}")
        print(session.get_modelmeta().custom_metadata_map)
        assert found.shape == expected.shape and difference < 1e-5 and spread > 1e-4
        if task == "classes":
            assert abs(found.sum(axis=1) - 1).max() < 1e-6


main()
