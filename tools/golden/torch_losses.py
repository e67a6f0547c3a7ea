"""Losses of several findings and of classes with their gradients from PyTorch: for given logits, and through a narrow VGG11
with three outputs.

Writes crates/cordsight/tests/it/golden/torch_losses.json. Findings: `binary_cross_entropy_with_logits` over what is known
(a mask, divided by the number of known labels), with weights of a positive label, with smoothed labels. Classes:
`cross_entropy`, with `label_smoothing`, and with class weights (a sum over pictures divided by their number, as Keras does
it; PyTorch's own mean divides by the sum of the weights). Weights and pictures of the network are those of
torch_gradcam.py, which this script imports. Run from the root of the repository; needs torch==2.15.0, and what
torch_gradcam.py needs.
"""

import json
import math
import platform
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent))
import torch_gradcam as shared

FILE = Path("crates/cordsight/tests/it/golden/torch_losses.json")
PICTURES, OUTPUTS, SIDE, WIDTH = 4, 3, 48, 0.0625
# None: not known.
FINDINGS = [[1, 0, None], [0, None, 1], [None, None, None], [1, 1, 0]]
CLASSES = [2, 0, 1, 2]
POSITIVE_WEIGHTS = [[0.5, 2.0], [1.0, 3.0], [0.75, 1.5]]
CLASS_WEIGHTS = [0.5, 1.5, 2.0]
SMOOTHING = 0.1


def findings_loss(logits, weighted=False, smoothing=0.0):
    known = torch.tensor([[float(label is not None) for label in row] for row in FINDINGS], dtype=logits.dtype)
    labels = torch.tensor([[float(label or 0) for label in row] for row in FINDINGS], dtype=logits.dtype)
    weights = torch.ones_like(labels)
    if weighted:
        pair = torch.tensor(POSITIVE_WEIGHTS, dtype=logits.dtype)
        weights = pair[:, 0] * (1 - labels) + pair[:, 1] * labels
    targets = labels * (1 - smoothing) + smoothing / 2
    each = F.binary_cross_entropy_with_logits(logits, targets, weight=weights, reduction="none")
    return (each * known).sum() / known.sum()


def classes_loss(logits, weighted=False, smoothing=0.0):
    labels = torch.tensor(CLASSES)
    if not weighted:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)
    each = F.cross_entropy(logits, labels, reduction="none")
    return (each * torch.tensor(CLASS_WEIGHTS, dtype=logits.dtype)[labels]).sum() / len(CLASSES)


CASES = {
    "findings": (findings_loss, {}),
    "findings_weighted": (findings_loss, {"weighted": True}),
    "findings_smoothed": (findings_loss, {"smoothing": SMOOTHING}),
    "classes": (classes_loss, {}),
    "classes_weighted": (classes_loss, {"weighted": True}),
    "classes_smoothed": (classes_loss, {"smoothing": SMOOTHING}),
}


def of_logits(name, scale):
    loss, settings = CASES[name]
    values = shared.signed(4000, PICTURES * OUTPUTS).astype(np.float64) * scale
    logits = torch.tensor(values.reshape(PICTURES, OUTPUTS), requires_grad=True)
    value = loss(logits, **settings)
    value.backward()
    return {"name": name, "scale": scale, "loss": value.item(), "gradient": logits.grad.flatten().tolist()}


def network():
    model, _ = shared.build("vgg11", WIDTH)
    head = model[-1]
    head[-1] = torch.nn.Linear(64, OUTPUTS)
    parameters = list(model.parameters())
    for stream, parameter in enumerate(parameters):
        shape = parameter.shape
        limit = np.float32(0.1 if len(shape) == 1 else math.sqrt(6 / math.prod(shape[1:])))
        flat = shared.signed(stream, math.prod(shape)) * limit
        value = flat.reshape(shape[::-1]).T if len(shape) == 2 else flat.reshape(shape)
        parameter.data = torch.from_numpy(np.ascontiguousarray(value))
    return model, parameters


def of_network(name):
    loss, settings = CASES[name]
    model, parameters = network()
    planes = shared.planes(PICTURES, SIDE, 2000) * np.float32(0.25) + np.float32(0.5)
    mean, std = (np.array(values, dtype=np.float32)[:, None, None] for values in (shared.MEAN, shared.STD))
    pictures = torch.from_numpy((planes[:, None] - mean) / std)
    logits = model(pictures)
    value = loss(logits, **settings)
    value.backward()
    norms = [float(parameter.grad.double().norm()) for parameter in parameters]
    last = parameters[-2].grad.T.flatten().tolist()
    return {"name": name, "logits": logits.detach().flatten().tolist(), "loss": value.item(), "norms": norms, "last": last}


if __name__ == "__main__":
    golden = {
        "by": f"tools/golden/torch_losses.py: PyTorch {torch.__version__.split('+')[0]}, Python {platform.python_version()}",
        "findings": FINDINGS,
        "classes": CLASSES,
        "positive_weights": POSITIVE_WEIGHTS,
        "class_weights": CLASS_WEIGHTS,
        "smoothing": SMOOTHING,
        "of_logits": [of_logits(name, scale) for name in CASES for scale in (1.0, 60.0)],
        "of_network": [of_network(name) for name in ("findings", "classes")],
    }
    FILE.write_text(json.dumps(golden, indent=1) + "\n")
