"""Event files between cordsight and TensorBoard, both ways.

Without arguments: writes crates/cordsight/tests/it/golden/tensorboard.json, frames that tensorboard's own writer made of known events.
With run folders: loads their event files with tensorboard's EventAccumulator, as the page of TensorBoard does, and compares
every value with the run's metrics.jsonl; ends with an error where one differs, is missing, or is there twice.

Needs tensorboard 2.21.0 (with protobuf 7.36.2 and numpy 2.4.6). From the root of the repository:
    python tools/golden/tensorboard_reads.py [RUN...]
"""

import io
import json
import pathlib
import sys

import google.protobuf
import numpy
import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator as PluginEventAccumulator,
)
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

GOLDEN = pathlib.Path("crates/cordsight/tests/it/golden/tensorboard.json")
PARTS = {
    "train": {"epoch_loss": "train_loss", "epoch_auc": "train_auc"},
    "validation": {"epoch_loss": "validation_loss", "epoch_auc": "validation_auc"},
}
ONLY_TRAIN = ["epoch_learning_rate", "epoch_seconds", "epoch_images_per_second"]


class Kept(io.BytesIO):
    """Bytes that can still be read after close."""

    def close(self):
        self.bytes = self.getvalue()
        super().close()


def frames(events):
    kept = Kept()
    writer = RecordWriter(kept)
    for event in events:
        writer.write(event.SerializeToString())
    writer.close()
    return kept.bytes.hex()


def write():
    def scalars(time, step, values):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values])
        return Event(wall_time=time, step=step, summary=summary)

    values = [
        (1700000000.25, 1, [["epoch_loss", 0.6931472]]),
        (1700000001.5, 2, [["epoch_loss", 0.5], ["epoch_auc", 0.75], ["epoch_learning_rate", 1e-5]]),
        (1700000002.0, 300, [["epoch_seconds", 123.456]]),
        (1700000003.0, 100000, []),
    ]
    golden = {
        "made_by": f"tools/golden/tensorboard_reads.py, tensorboard {tensorboard.__version__}, "
        f"protobuf {google.protobuf.__version__}",
        "version": frames([Event(wall_time=1700000000.0, file_version="brain.Event:2")]),
        "events": [
            {"wall_time": time, "step": step, "values": of, "frame": frames([scalars(time, step, of)])}
            for time, step, of in values
        ],
    }
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")


def compare(run):
    history = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    has_validation = any(epoch["validation_loss"] is not None for epoch in history)
    compared = 0
    for part, names in PARTS.items():
        if part == "validation" and not has_validation:
            continue
        folder = str(run / "tensorboard" / part)
        plain = EventAccumulator(folder, purge_orphaned_data=False)
        plain.Reload()
        page = PluginEventAccumulator(folder)
        page.Reload()
        tags = set(plain.Tags()["scalars"])
        expected = set(names) | (set(ONLY_TRAIN) if part == "train" else set())
        missing = {tag for tag, key in names.items() if all(epoch[key] is None for epoch in history)}
        assert tags == expected - missing, (run, part, tags, expected - missing)
        assert set(page.Tags()["tensors"]) == tags, (run, part, page.Tags())
        for tag, key in names.items():
            if tag in missing:
                continue
            wanted = [(epoch["epoch"], numpy.float32(epoch[key])) for epoch in history if epoch[key] is not None]
            found = [(event.step, numpy.float32(event.value)) for event in plain.Scalars(tag)]
            assert found == wanted, (run, part, tag, found, wanted)
            shown = [(event.step, tensor_util.make_ndarray(event.tensor_proto).item()) for event in page.Tensors(tag)]
            assert [(step, numpy.float32(value)) for step, value in shown] == wanted, (run, part, tag)
            compared += len(wanted)
        if part == "train":
            steps = [event.step for event in plain.Scalars("epoch_learning_rate")]
            assert steps == [epoch["epoch"] for epoch in history], steps
            seconds = [event.value for event in plain.Scalars("epoch_seconds")]
            assert all(second > 0 for second in seconds) and seconds, seconds
    assert compared > 0
    print(f"{run}: {compared} values are those of metrics.jsonl, tensorboard {tensorboard.__version__}")


if len(sys.argv) == 1:
    write()
for argument in sys.argv[1:]:
    compare(pathlib.Path(argument))
