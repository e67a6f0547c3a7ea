"""Heatmaps of two narrow networks from PyTorch: Grad-CAM, Grad-CAM++ and HiResCAM by the package grad-cam, before and after
its scaling, of three layers; integrated gradients and occlusion by captum; rank correlations by SciPy.

Writes crates/cordsight/tests/it/golden/torch_gradcam.json. Weights and pictures are those of keras_network.py (`signed`,
`planes`: the formulas are repeated here, so that Keras is not needed). Scaled maps are stored at every fifth row and column.
Run from the root of the repository; needs torch==2.15.0, grad-cam==1.5.7, captum==0.9.0, scipy==1.17.1.
"""

import importlib.metadata
import json
import math
import platform
from pathlib import Path

import numpy as np
import torch
from captum.attr import IntegratedGradients, Occlusion
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM
from scipy.stats import spearmanr

FILE = Path("crates/cordsight/tests/it/golden/torch_gradcam.json")
CONVOLUTIONS = {"vgg11": (1, 1, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3)}
NETWORKS = [("vgg11", 0.0625, 48, ["block5.conv2", "block5", "block3.conv1"]), ("vgg16", 0.0625, 64, ["block5.conv3", "block4", "block2.conv2"])]
MEAN, STD = [0.25, 0.5, 0.375], [0.25, 0.5, 0.125]
METHODS = {"grad-cam": GradCAM, "grad-cam++": GradCAMPlusPlus, "hirescam": HiResCAM}
GRID = 5
STEPS, SQUARES, STRIDES = 32, 8, 16


def signed(stream, count):
    x = (np.arange(count, dtype=np.uint64) + stream * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in (16, 0x7FEB352D), (15, 0x846CA68B):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return ((x >> np.uint64(8)).astype(np.int64) * 2 - 2**24).astype(np.float32) / np.float32(2**24)


def planes(count, side, stream):
    rows = np.arange(side) // 8 % 8
    blocks = [signed(stream + 2 * plane, 64)[rows[:, None] * 8 + rows] for plane in range(count)]
    noise = [signed(stream + 2 * plane + 1, side * side).reshape(side, side) for plane in range(count)]
    return np.stack(blocks) + np.float32(0.25) * np.stack(noise)


class Head(torch.nn.Sequential):
    def forward(self, x):
        return super().forward(x.mean((2, 3)))


def build(body, width):
    """The network, and its modules by our names."""
    body_layers, named, inputs = [], {}, 3
    for block, (full, count) in enumerate(zip((64, 128, 256, 512, 512), CONVOLUTIONS[body]), 1):
        for conv in range(1, count + 1):
            outputs = int(full * width)
            body_layers += [torch.nn.Conv2d(inputs, outputs, 3, padding=1), torch.nn.ReLU()]
            named[f"block{block}.conv{conv}"] = body_layers[-1]
            inputs = outputs
        body_layers.append(torch.nn.MaxPool2d(2))
        named[f"block{block}"] = body_layers[-1]
    linear = torch.nn.Linear
    head = Head(linear(inputs, 128), torch.nn.ReLU(), linear(128, 64), torch.nn.ReLU(), linear(64, 1))
    model = torch.nn.Sequential(*body_layers, head)
    for stream, parameter in enumerate(model.parameters()):
        shape = parameter.shape
        fan_in = math.prod(shape[1:])
        limit = np.float32(0.1 if len(shape) == 1 else math.sqrt(6 / fan_in))
        # Ours are [in, out].
        flat = signed(stream, math.prod(shape)) * limit
        value = flat.reshape(shape[::-1]).T if len(shape) == 2 else flat.reshape(shape)
        parameter.data = torch.from_numpy(np.ascontiguousarray(value))
    return model.eval(), named


class Sign:
    def __init__(self, sign):
        self.sign = sign

    def __call__(self, output):
        return self.sign * output[0]


def standardised(grey):
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, STD))
    return (torch.from_numpy(grey)[None, None] - mean) / std


def numbers(values):
    return [float(f"{value:.7g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def sampled(square):
    return numbers(square[::GRID, ::GRID])


def network(body, width, side, layers):
    model, named = build(body, width)
    greys = planes(4, side, 2000) * np.float32(0.25) + np.float32(0.5)
    maps, pixels = [], []
    for picture, grey in enumerate(greys):
        x = standardised(grey)
        for layer in layers:
            for method, kind in METHODS.items():
                for sign in (1, -1):
                    with kind(model, [named[layer]]) as cam:
                        targets = [Sign(sign)]
                        scaled = cam(x, targets)[0]
                        activation = cam.activations_and_grads.activations[0].numpy()
                        gradient = cam.activations_and_grads.gradients[0].numpy()
                        raw = np.maximum(cam.get_cam_image(x, None, targets, activation, gradient, False)[0], 0)
                    maps.append({"picture": picture, "layer": layer, "method": method, "sign": sign, "raw": numbers(raw), "scaled": sampled(scaled)})
        if picture > 1:
            continue
        logit = float(model(x)[0, 0])
        black = standardised(np.zeros_like(grey))
        gradients = IntegratedGradients(model).attribute(x, black, target=0, n_steps=STEPS, method="riemann_middle")
        square, stride = side // SQUARES, side // STRIDES
        grey_mean = standardised(np.full_like(grey, grey.mean(dtype=np.float64)))
        occlusion = Occlusion(model).attribute(x, (3, square, square), (3, stride, stride), grey_mean, target=0)
        pixels.append({
            "picture": picture,
            "logit": logit,
            "integrated_gradients": sampled(gradients.detach().sum(1)[0].numpy()),
            # Every channel of a pixel has the same value there: all three are covered at once.
            "occlusion": sampled(occlusion.detach()[0, 0].numpy()),
        })
    return {"body": body, "width": width, "image_size": side, "mean": MEAN, "std": STD, "maps": maps, "pixels": pixels}


def ranks():
    cases = []
    for stream, count in (3000, 20), (3002, 196):
        a, b = signed(stream, count), signed(stream + 1, count)
        coarse = np.round(a * 4) + np.round(b * 2)
        cases.append({"a": numbers(np.round(a * 4)), "b": numbers(coarse), "rho": float(spearmanr(np.round(a * 4), coarse).statistic)})
    return cases


if __name__ == "__main__":
    torch.manual_seed(1)
    versions = {name: importlib.metadata.version(name) for name in ("grad-cam", "captum", "scipy", "numpy")}
    versions["torch"] = torch.__version__.split("+")[0]
    of = ", ".join(f"{name} {version}" for name, version in versions.items())
    golden = {"source": f"tools/golden/torch_gradcam.py: {of}, Python {platform.python_version()}", "networks": [network(*one) for one in NETWORKS], "ranks": ranks()}
    FILE.write_text(json.dumps(golden, separators=(",", ":")).replace('"networks"', '\n"networks"').replace('{"picture"', '\n{"picture"') + "\n")
    for one in golden["networks"]:
        empty = sum(max(m["raw"]) == 0 for m in one["maps"])
        print(one["body"], len(one["maps"]), "maps,", empty, "empty; logits", [p["logit"] for p in one["pixels"]])
