"""A narrow VGG11 as PyTorch, Keras 3 and ONNX keep it, for the program to import.

Writes crates/cordsight/tests/it/golden/foreign/: narrow.pth (torch.save of torchvision's names), narrow.keras (layers
with names of a user's own), narrow.onnx (onnx.helper, initialisers and nodes). All hold the same weights, which follow
from a formula that the test repeats (`values`). versions.txt there says who wrote them. Run from the root of the
repository.
"""

import os
import platform
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import onnx
import torch
from keras import layers
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path("crates/cordsight/tests/it/golden/foreign")
BLOCKS = [(1, 1), (2, 1), (4, 2), (8, 2), (8, 2)]
# A user's names, whose order is not that of the layers.
NAMES = ["stem", "zeta", "alpha", "mid_b", "mid_a", "deep_2", "deep_1", "last"]


def values(tensor, shape):
    """Sixty-fourths from -61 to 61, another order for each tensor."""
    index = np.arange(np.prod(shape, dtype=int))
    return (((index * 7 + tensor * 13) % 123 - 61) / 64).astype("float32").reshape(shape)


def convolutions():
    """Kernel [out, in, 3, 3] and bias of each convolution, and whether a pooling follows."""
    inputs, found = 3, []
    for outputs, count in BLOCKS:
        for place in range(count):
            at = 2 * len(found)
            found.append((values(at, (outputs, inputs, 3, 3)), values(at + 1, (outputs,)), place == count - 1))
            inputs = outputs
    return found


def torch_file():
    steps, state = [], {}
    for kernel, bias, pooled in convolutions():
        steps += [torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1), torch.nn.ReLU()]
        steps += [torch.nn.MaxPool2d(2)] if pooled else []
        state[f"{len(steps) - 2 - pooled}.weight"] = torch.from_numpy(kernel)
        state[f"{len(steps) - 2 - pooled}.bias"] = torch.from_numpy(bias)
    features = torch.nn.Sequential(*steps)
    features.load_state_dict(state)
    model = torch.nn.Module()
    model.features = features
    torch.save(model.state_dict(), FOLDER / "narrow.pth")


def keras_file():
    body = [layers.Input((32, 32, 3))]
    for name, (kernel, _, pooled) in zip(NAMES, convolutions(), strict=True):
        body.append(layers.Conv2D(kernel.shape[0], 3, padding="same", activation="relu", name=name))
        body += [layers.MaxPooling2D()] if pooled else []
    model = keras.Sequential(body)
    model.set_weights([w for kernel, bias, _ in convolutions() for w in (kernel.transpose(2, 3, 1, 0), bias)])
    model.save(FOLDER / "narrow.keras")


def onnx_file():
    nodes, weights, last = [], [], "picture"
    for at, (kernel, bias, pooled) in enumerate(convolutions()):
        weights += [numpy_helper.from_array(kernel, f"k{at}"), numpy_helper.from_array(bias, f"b{at}")]
        nodes.append(helper.make_node("Conv", [last, f"k{at}", f"b{at}"], [f"conv{at}"], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"conv{at}"], [f"relu{at}"]))
        last = f"relu{at}"
        if pooled:
            nodes.append(helper.make_node("MaxPool", [last], [f"pool{at}"], kernel_shape=[2, 2], strides=[2, 2]))
            last = f"pool{at}"
    graph = helper.make_graph(
        nodes,
        "narrow",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 8, 1, 1])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, FOLDER / "narrow.onnx")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "versions.txt").write_text(
        f"tools/golden/foreign_weights.py: PyTorch {torch.__version__}, Keras {keras.__version__}, onnx {onnx.__version__}, "
        f"numpy {np.__version__}, Python {platform.python_version()}\n"
    )
    torch_file()
    keras_file()
    onnx_file()
