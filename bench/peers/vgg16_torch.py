"""PyTorch beside `cordsight bench`: the paper's network at 224x224, inference of one picture and a training step of 8.

VGG16's body, global average pooling, fully connected 128-64-1, binary cross-entropy and Adam, as `cordsight bench` times
them; channels-last memory, eager mode. Prints one JSON line for float32 and one for bfloat16 autocast, the fastest of
several repeats after one that does not count. Needs PyTorch: python bench/peers/vgg16_torch.py [threads]
"""

import contextlib
import json
import resource
import sys
import time

import torch
from torch import nn

BLOCKS = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]


def network():
    layers, inputs = [], 3
    for convolutions, width in BLOCKS:
        for _ in range(convolutions):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    head = [nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)]
    body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head)
    return body.to(memory_format=torch.channels_last)


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
    model = network()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-5)
    loss_of = nn.BCEWithLogitsLoss()
    one = torch.rand(1, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    eight = torch.rand(8, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    labels = torch.tensor([[0.0], [1.0]] * 4)
    for name in ["float32", "bfloat16 autocast"]:
        def arithmetic():
            half = name.startswith("bfloat16")
            return torch.autocast("cpu", dtype=torch.bfloat16) if half else contextlib.nullcontext()

        def infer():
            with torch.inference_mode(), arithmetic():
                model(one)

        def step():
            optimiser.zero_grad(set_to_none=True)
            with arithmetic():
                logits = model(eight)
            loss_of(logits.float(), labels).backward()
            optimiser.step()

        print(json.dumps({
            "program": f"PyTorch {torch.__version__}, {name}, channels last",
            "threads": torch.get_num_threads(),
            "infer_b1_ms": 1000 * fastest(infer, 20),
            "train_step_b8_s": fastest(step, 4),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }), flush=True)


main()
