"""torchvision's vgg16_bn and resnet18 beside `cordsight bench --network NAME`: inference of one picture and a training step of 8.

The body, global average pooling, fully connected 128-64-1, binary cross-entropy and Adam at 224x224, float32, channels-last
memory, eager mode; the fastest of several repeats after one that does not count, one JSON line a network. Needs PyTorch and
torchvision: python bench/peers/bodies_torch.py [threads]
"""

import json
import sys
import time

import torch
import torchvision
from torch import nn


def head():
    return nn.Sequential(nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))


def network(name):
    model = torchvision.models.get_model(name, weights=None)
    if name.startswith("resnet"):
        model.fc = head()
    else:
        model.avgpool, model.classifier = nn.AdaptiveAvgPool2d(1), head()
    return model.to(memory_format=torch.channels_last)


def fastest(run, repeats):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    torch.manual_seed(1)
    one = torch.rand(1, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    eight = torch.rand(8, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    labels = torch.tensor([[0.0], [1.0]] * 4)
    for name in ["vgg16_bn", "resnet18"]:
        model = network(name)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-5)

        def infer():
            with torch.inference_mode():
                model(one)

        def step():
            optimiser.zero_grad(set_to_none=True)
            nn.functional.binary_cross_entropy_with_logits(model(eight), labels).backward()
            optimiser.step()

        model.eval()
        infer_s = fastest(infer, 20)
        model.train()
        step_s = fastest(step, 4)
        versions = f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}"
        times = {"infer_b1_ms": 1000 * infer_s, "train_step_b8_s": step_s}
        print(json.dumps({"program": versions, "network": name, "threads": torch.get_num_threads(), **times}), flush=True)


main()
