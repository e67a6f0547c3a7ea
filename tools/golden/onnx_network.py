"""Checks the ONNX models that cordsight writes, against the ONNX checker, ONNX Runtime and PyTorch.

`weights` draws a narrow network's weights into crates/pretrained/tests/it/golden/network.safetensors. `CORDSIGHT_UPDATE=1
cargo test -p pretrained models_are` makes models of them (network_unit.onnx, network_byte.onnx), and `check` compares
the models' scores with those that PyTorch computes from the same weights.
"""

import pathlib
import sys

import numpy
import onnx
import safetensors.torch
import torch
import torch.nn.functional as F

OUT = pathlib.Path("crates/pretrained/tests/it/golden")
BLOCKS = [[3, 3], [4], [5, 5]]
HEAD = [6, 4, 1]
SCALE, OFFSET = [4.4, 4.5, 4.3], [-2.1, -2.0, -1.8]
ROWS, COLUMNS = 20, 17


def weights():
    torch.manual_seed(16)
    tensors, inputs = {}, 3
    for b, block in enumerate(BLOCKS, 1):
        for c, outputs in enumerate(block, 1):
            tensors[f"block{b}.conv{c}.weight"] = torch.randn(outputs, inputs, 3, 3) * (2 / (9 * inputs)) ** 0.5
            tensors[f"block{b}.conv{c}.bias"] = torch.randn(outputs) * 0.1
            inputs = outputs
    for d, outputs in enumerate(HEAD, 1):
        tensors[f"dense{d}.weight"] = torch.randn(outputs, inputs) * (2 / inputs) ** 0.5
        tensors[f"dense{d}.bias"] = torch.randn(outputs) * 0.1
        inputs = outputs
    safetensors.torch.save_file(tensors, OUT / "network.safetensors")


def score(pixels):
    """The network by PyTorch, in double precision: grey 0 to 1, `[batch, 1, row, column]`."""
    t = {name: t.double() for name, t in safetensors.torch.load_file(OUT / "network.safetensors").items()}
    column = lambda values: torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)
    x = pixels.double().repeat(1, 3, 1, 1) * column(SCALE) + column(OFFSET)
    for b, block in enumerate(BLOCKS, 1):
        for c, _ in enumerate(block, 1):
            x = F.relu(F.conv2d(x, t[f"block{b}.conv{c}.weight"], t[f"block{b}.conv{c}.bias"], padding=1))
        x = F.max_pool2d(x, 2)
    x = x.mean(dim=(2, 3))
    for d, _ in enumerate(HEAD, 1):
        x = F.linear(x, t[f"dense{d}.weight"], t[f"dense{d}.bias"])
        x = F.relu(x) if d < len(HEAD) else torch.sigmoid(x)
    return x.numpy()


def check():
    import onnxruntime

    torch.manual_seed(17)
    for name, most in [("network_unit.onnx", 1), ("network_byte.onnx", 255)]:
        model = onnx.load(OUT / name)
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(OUT / name)
        print(name, [(p.key, p.value) for p in model.metadata_props], session.get_inputs()[0].shape)
        for batch in (1, 3, 8):
            grey = torch.randint(0, 256, (batch, 1, ROWS, COLUMNS)).float() / 255
            (found,) = session.run(None, {"pixels": (grey * most).numpy()})
            expected = score(grey)
            assert found.shape == (batch, 1), found.shape
            difference = numpy.abs(found - expected).max()
            print(f"  batch {batch}: scores {expected.min():.3f} to {expected.max():.3f}, difference {difference:.1e}")
            assert difference < 1e-5
    print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__, "torch", torch.__version__)


{"weights": weights, "check": check}[sys.argv[1]]()
