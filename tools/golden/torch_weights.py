"""Small weights files by the programs that publish such files, and the values that they hold.

Writes crates/pretrained/tests/it/golden/*.pth, *.safetensors, *.onnx and weights.json. Every file is loaded again by
the library that made it before its values are noted. Random numbers from a fixed seed; no published weights.
"""

import collections
import json
import pathlib
import pickle
import struct
import sys

import numpy
import onnx
import safetensors
import safetensors.torch
import torch

OUT = pathlib.Path("crates/pretrained/tests/it/golden")
GENERATOR = torch.Generator().manual_seed(6)


def draw(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=GENERATOR).to(dtype)


def network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 2, 3, padding=1),
        torch.nn.BatchNorm2d(2),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(2, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 1),
    )


def note(state):
    """Shapes and float32 values of the floating point tensors, in order."""
    return [
        {"name": name, "shape": list(t.shape), "values": [float(v) for v in t.float().flatten().tolist()]}
        for name, t in state.items()
        if t.is_floating_point()
    ]


def odd_state():
    """What a state dictionary may hold beyond plain float32: widths, views, shared storages, integers."""
    base = draw(5, 4)
    return collections.OrderedDict(
        {
            "half": draw(3, 2, dtype=torch.float16),
            "brain": draw(3, 2, dtype=torch.bfloat16),
            "double": draw(3, 2, dtype=torch.float64),
            "transposed": base.t(),
            "part": base[1:4, 1:3],
            "row": base[2],
            "expanded": draw(1, 3).expand(2, 3),
            "channels_last": draw(2, 3, 2, 2).to(memory_format=torch.channels_last),
            "number": torch.tensor(0.5),
            "empty": torch.zeros(0, 3),
            "special": torch.tensor([float("inf"), -0.0, 1e-40]),
            "steps": torch.tensor([7, 8]),
            "flags": torch.tensor([True, False]),
        }
    )


def python2(state, path):
    """The dictionary as PyTorch 0.1 under Python 2 pickled it: a list of pairs, and the first `_rebuild_tensor`.

    torchvision's VGG files are of that age. `torch.load` reads the result below.
    """

    storages = {}

    class Pickler(pickle._Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                storages[value.key] = value.tensor
                return ("storage", torch.FloatStorage, value.key, "cpu", value.tensor.numel(), None)
            return None

        def reducer_override(self, value):
            if isinstance(value, collections.OrderedDict):
                return collections.OrderedDict, ([[k, v] for k, v in value.items()],)
            if isinstance(value, torch.Tensor):
                parts = Storage(str(id(value)), value), 0, tuple(value.shape), tuple(value.stride())
                return torch._utils._rebuild_tensor, parts
            return NotImplemented

    class Storage:
        def __init__(self, key, tensor):
            self.key, self.tensor = key, tensor

    with open(path, "wb") as file:
        pickle.dump(torch.serialization.MAGIC_NUMBER, file, protocol=2)
        pickle.dump(torch.serialization.PROTOCOL_VERSION, file, protocol=2)
        pickle.dump({"protocol_version": 1001, "little_endian": True}, file, protocol=2)
        Pickler(file, protocol=2).dump(state)
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            file.write(struct.pack("<q", storages[key].numel()))
            file.write(storages[key].contiguous().numpy().tobytes())


def torch_files(files):
    torch.manual_seed(6)
    plain = network().state_dict()
    odd = odd_state()
    model = network()
    optimiser = torch.optim.Adam(model.parameters())
    model(draw(2, 3, 8, 8)).sum().backward()
    optimiser.step()
    checkpoint = {"epoch": 3, "loss": 0.25, "optimizer": optimiser.state_dict(), "model": model.state_dict()}
    for name, content, state, zipped, protocol in [
        ("plain_zip.pth", plain, plain, True, 2),
        ("plain_stream.pth", plain, plain, False, 2),
        ("odd_zip.pth", odd, odd, True, 2),
        ("odd_stream.pth", odd, odd, False, 2),
        ("protocol4_zip.pth", plain, plain, True, 4),
        ("protocol4_stream.pth", plain, plain, False, 4),
        ("checkpoint_zip.pth", checkpoint, checkpoint["model"], True, 2),
        ("parameters_zip.pth", dict(model.named_parameters()), dict(model.named_parameters()), True, 2),
    ]:
        torch.save(content, OUT / name, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
        torch.load(OUT / name, weights_only=protocol == 2)
        files[name] = note(state)
    first = {name: t for name, t in plain.items() if t.dtype == torch.float32}
    python2(collections.OrderedDict(first), OUT / "python2_stream.pth")
    loaded = torch.load(OUT / "python2_stream.pth", weights_only=False)
    assert all(torch.equal(loaded[name], first[name]) for name in first) and len(loaded) == len(first)
    files["python2_stream.pth"] = note(first)
    return plain


def safetensors_files(files):
    state = {name: t.contiguous().clone() for name, t in odd_state().items()}
    safetensors.torch.save_file(state, OUT / "odd.safetensors", metadata={"format": "pt", "made for": "a test"})
    files["odd.safetensors"] = note(safetensors.torch.load_file(OUT / "odd.safetensors"))


def onnx_files(files, plain):
    model = network()
    model.load_state_dict(plain)
    path = OUT / "exported.onnx"
    torch.onnx.export(model.eval(), (draw(1, 3, 8, 8),), path, dynamo=True, external_data=False, verbose=False)
    exported = onnx.load(path)
    for part in [exported.graph, *exported.graph.node, *exported.graph.value_info, *exported.graph.input]:
        part.ClearField("metadata_props")  # the exporter's stack traces, with the paths of its machine
    onnx.save(exported, path)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in exported.graph.initializer}
    files["exported.onnx"] = note({name: torch.from_numpy(v.copy()) for name, v in values.items()})

    helper, kind = onnx.helper, onnx.TensorProto
    numbers = draw(2, 3)
    half, brain = numbers.half(), numbers.bfloat16()
    bits = lambda t: t.view(torch.uint16).flatten().tolist()
    raw = lambda name, t: onnx.numpy_helper.from_array(t.numpy(), name)
    listed = lambda name, dtype, values: kind(name=name, data_type=dtype, dims=[2, 3], **values)
    tensors = [
        raw("raw", numbers),
        listed("floats", kind.FLOAT, {"float_data": numbers.flatten().tolist()}),
        listed("doubles", kind.DOUBLE, {"double_data": numbers.double().flatten().tolist()}),
        raw("raw_half", half),
        listed("half", kind.FLOAT16, {"int32_data": bits(half)}),
        listed("brain", kind.BFLOAT16, {"int32_data": bits(brain)}),
        raw("steps", torch.tensor([7, 8])),
    ]
    constant = helper.make_node("Constant", [], ["constant"], value=raw("inner name", numbers))
    info = helper.make_tensor_value_info("constant", kind.FLOAT, [2, 3])
    graph = helper.make_graph([constant], "odd", [], [info], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    onnx.save(model, OUT / "odd.onnx")
    order = ["constant", *[t.name for t in tensors]]
    values = {t.name: onnx.numpy_helper.to_array(t).astype(numpy.float32) for t in tensors if t.name != "steps"}
    values["constant"] = numbers.numpy()
    files["odd.onnx"] = note({name: torch.from_numpy(values[name].copy()) for name in order if name in values})

    onnx.save(model, "/tmp/external.onnx", save_as_external_data=True, location="external.data", size_threshold=0)
    (OUT / "external.onnx").write_bytes(pathlib.Path("/tmp/external.onnx").read_bytes())


def main():
    files = {}
    plain = torch_files(files)
    safetensors_files(files)
    onnx_files(files, plain)
    versions = [f"python {sys.version.split()[0]}"]
    versions += [f"{m.__name__} {m.__version__}" for m in (torch, safetensors, onnx, numpy)]
    made = json.dumps(f"tools/golden/torch_weights.py, {', '.join(versions)}")
    entries = [f"{json.dumps(name)}: {json.dumps(tensors)}" for name, tensors in files.items()]
    text = f'{{"made by": {made}, "files": {{\n' + ",\n".join(entries) + "\n}}\n"
    (OUT / "weights.json").write_text(text.replace("Infinity", "null"))


main()
