"""VGG with batch normalisation and ResNet from torchvision: narrow ones of the same code, a batch of four pictures.

Writes crates/cordsight/tests/it/golden/torch_bodies.json: logits in evaluation and in training, loss, every gradient, running
statistics, three steps of Adam with all layers trained and with the first two stages frozen (their normalisation in
evaluation, as Keras has it); and names and shapes of the full networks' state dictionaries; one pass with covariates
beside the features. Weights and pictures follow
from the formula of keras_network.py, a parameter's number among ours being its stream. And, in foreign/ beside it,
narrow_NAME.pth, state dictionaries of still narrower ones as torch.save writes them. Run from the root of the repository.
"""

import json
import math
import platform
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import nn
from torchvision.models import resnet, vgg

FILE = Path("crates/cordsight/tests/it/golden/torch_bodies.json")
SIDE, WIDTH = 64, 1 / 16
LABELS = [1.0, 0.0, 1.0, 1.0]
STEPS, RATE, FROZEN_STAGES = 3, 1e-3, 2
CASES = ["vgg11_bn", "vgg16_bn", "resnet18"]
FULL = ["vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "resnet18", "resnet34"]
SAVED, SAVED_WIDTH = ["vgg11_bn", "resnet18"], 1 / 64


def signed(stream, count):
    x = (np.arange(count, dtype=np.uint64) + stream * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in (16, 0x7FEB352D), (15, 0x846CA68B):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return ((x >> np.uint64(8)).astype(np.int64) * 2 - 2**24).astype(np.float32) / np.float32(2**24)


def pictures():
    """Four pictures [picture, channel, row, column]: blocks of 8×8 pixels that differ, and noise on them."""
    rows = np.arange(SIDE) // 8 % 8
    blocks = [signed(1000 + 2 * plane, 64)[rows[:, None] * 8 + rows] for plane in range(12)]
    noise = [signed(1000 + 2 * plane + 1, SIDE * SIDE).reshape(SIDE, SIDE) for plane in range(12)]
    planes = np.stack(blocks) + np.float32(0.25) * np.stack(noise)
    return torch.from_numpy(planes.reshape(4, 3, SIDE, SIDE))


class NarrowResNet(resnet.ResNet):
    """torchvision's, its channels times `width`."""

    def __init__(self, width=WIDTH):
        self.width = width
        super().__init__(resnet.BasicBlock, [2, 2, 2, 2])

    def _make_layer(self, block, planes, *rest, **options):
        if planes == 64:
            self.inplanes = int(64 * self.width)
            self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(self.inplanes)
        return super()._make_layer(block, int(planes * self.width), *rest, **options)


def narrow_vgg(name, width=WIDTH):
    """The layers of torchvision's `features`."""
    letter = {"vgg11_bn": "A", "vgg16_bn": "D"}[name]
    return vgg.make_layers([v if v == "M" else int(v * width) for v in vgg.cfgs[letter]], batch_norm=True)


class Network(nn.Module):
    """The stages of a torchvision body, global average pooling, fully connected 128-64-1."""

    def __init__(self, name, covariates=0):
        super().__init__()
        if name == "resnet18":
            body = NarrowResNet()
            stem = nn.Sequential(body.conv1, body.bn1, body.relu, body.maxpool)
            stages = [stem, body.layer1, body.layer2, body.layer3, body.layer4]
        else:
            stages, units = [], []
            for layer in narrow_vgg(name):
                units.append(layer)
                if isinstance(layer, nn.MaxPool2d):
                    stages.append(nn.Sequential(*units))
                    units = []
        self.stages = nn.ModuleList(stages)
        features = int(512 * WIDTH) + covariates
        self.head = nn.Sequential(
            nn.Linear(features, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x, known=None):
        for stage in self.stages:
            x = stage(x)
        features = x.mean((2, 3))
        return self.head(features if known is None else torch.cat([features, known], 1)).ravel()

    def ours(self):
        """Names and tensors in our order: the state dictionary's, without the counts of batches."""
        return [(n, t) for n, t in self.state_dict(keep_vars=True).items() if not n.endswith("num_batches_tracked")]

    def fill(self):
        normalised = {name for name, module in self.named_modules() if isinstance(module, nn.BatchNorm2d)}
        for stream, (name, tensor) in enumerate(self.ours()):
            owner, part = name.rsplit(".", 1)
            value = signed(stream, tensor.numel()).reshape(tensor.shape)
            if owner in normalised:
                start, by = {"weight": (1, 0.25), "bias": (0, 0.1), "running_mean": (0, 0.1), "running_var": (1, 0.5)}[part]
                value = np.float32(start) + np.float32(by) * value
            elif part == "bias":
                value = value * np.float32(0.1)
            else:
                fan_in = math.prod(tensor.shape[1:])
                value = value * np.float32(math.sqrt(6 / fan_in))
                if tensor.dim() == 2:
                    # Ours are [in, out], and so are numbered that way.
                    outputs, inputs = tensor.shape
                    flat = signed(stream, tensor.numel()).reshape(inputs, outputs) * np.float32(math.sqrt(6 / fan_in))
                    value = flat.T
            with torch.no_grad():
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def some(tensor):
    """The norm, and the first, the last and the four largest values in our order."""
    tensor = tensor.detach()
    values = (tensor.T if tensor.dim() == 2 else tensor).numpy().ravel()
    largest = np.argsort(-abs(values), kind="stable")[:4]
    at = sorted({0, values.size - 1, *largest.tolist()})
    return {"norm": float(np.linalg.norm(values.astype(np.float64))), "at": at, "values": values[at].tolist()}


def statistics(model):
    return [some(tensor) for name, tensor in model.ours() if "running" in name]


def built(name):
    model = Network(name)
    model.fill()
    return model


def loss_of(logits):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(LABELS))


def steps(name, frozen):
    """Adam in the form before section 2.1 of Kingma and Ba, which Keras has."""
    model = built(name).train()
    for stage in model.stages[:frozen]:
        stage.eval().requires_grad_(False)
    parameters = [p for p in model.parameters() if p.requires_grad]
    moments = [[torch.zeros_like(p), torch.zeros_like(p)] for p in parameters]
    losses = []
    for step in range(1, STEPS + 1):
        model.zero_grad()
        loss = loss_of(model(pictures()))
        loss.backward()
        losses.append(float(loss.detach()))
        rate = RATE * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        with torch.no_grad():
            for parameter, (first, second) in zip(parameters, moments):
                first.mul_(0.9).add_(parameter.grad, alpha=0.1)
                second.mul_(0.999).add_(parameter.grad.square(), alpha=0.001)
                parameter -= first * rate / (second.sqrt() + 1e-7)
    after = statistics(model)
    with torch.no_grad():
        logits = model.eval()(pictures())
    return {"frozen_stages": frozen, "losses": losses, "statistics": after, "logits_after": logits.tolist()}


def case(name):
    model = built(name).eval()
    seen = pictures().requires_grad_()
    logits = model(seen)
    logits.sum().backward()
    evaluation = {"logits": logits.tolist(), "picture_gradient": some(seen.grad)}

    model = built(name).train()
    logits = model(pictures())
    loss = loss_of(logits)
    loss.backward()
    training = {
        "logits": logits.tolist(),
        "loss": float(loss.detach()),
        "gradients": [some(t.grad) for n, t in model.ours() if "running" not in n],
        "statistics": statistics(model),
    }
    return {
        "body": name,
        "width": WIDTH,
        "image_size": SIDE,
        "labels": LABELS,
        "rate": RATE,
        "evaluation": evaluation,
        "training": training,
        "steps": [steps(name, 0), steps(name, FROZEN_STAGES)],
    }


def covariates():
    """Four numbers of each patient beside the features of a narrow VGG11 with batch normalisation, in training."""
    model = Network("vgg11_bn", covariates=4)
    model.fill()
    known = torch.from_numpy(signed(3000, 16).reshape(4, 4))
    logits = model.train()(pictures(), known)
    loss = loss_of(logits)
    loss.backward()
    gradients = [some(t.grad) for n, t in model.ours() if "running" not in n]
    return {"logits": logits.tolist(), "loss": float(loss.detach()), "gradients": gradients}


def names(name):
    model = torchvision.models.get_model(name, weights=None)
    return [[key, list(tensor.shape)] for key, tensor in model.state_dict().items()]


def save(name):
    """Value number i of tensor number n, counts of batches left out, is (7 i + 13 n) % 123 sixty-fourths, and 1 more."""
    model = NarrowResNet(SAVED_WIDTH) if name == "resnet18" else nn.Module()
    if name == "resnet18":
        del model.fc
    else:
        model.features = narrow_vgg(name, SAVED_WIDTH)
    state = model.state_dict()
    for number, key in enumerate(k for k in state if not k.endswith("num_batches_tracked")):
        index = np.arange(state[key].numel())
        values = ((index * 7 + number * 13) % 123 / 64 + 1).astype("float32")
        state[key] = torch.from_numpy(values.reshape(state[key].shape))
    torch.save(state, FILE.parent / "foreign" / f"narrow_{name}.pth")


if __name__ == "__main__":
    torch.set_num_threads(2)
    content = {
        "made_by": f"tools/golden/torch_bodies.py: PyTorch {torch.__version__}, torchvision {torchvision.__version__}, "
        f"numpy {np.__version__}, Python {platform.python_version()}",
        "cases": [case(name) for name in CASES],
        "covariates": covariates(),
        "names": {name: names(name) for name in FULL},
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    FILE.write_text("{" + ",\n".join(lines) + "}\n")
    for name in SAVED:
        save(name)
