"""How long pydicom, each of its plugins, and dcmtk take for the stored values of DICOM files; and the table of all.

    python bench/peers/dicom.py time REPEATS FILE...     a JSON line for each reader of each file
    python bench/peers/dicom.py table < LINES            what they and `decode_speed` printed, as a table

pydicom is timed as decode_speed is: from the bytes in memory, header and all, to an array of the stored values. dcmtk's
programs read a file and write one, both in memory here (/dev/shm); their time is that of a whole process. What a
process of the same program takes for a picture of 64 x 64, and what dcmconv takes to read and write the uncompressed
picture beyond that, are subtracted, so what is left is the decoder's; the table has both.
"""

import io
import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

PEERS = ("pydicom", "pylibjpeg", "gdcm", "pyjpegls", "pillow", "dcmtk")
CASES = (
    *("implicit", "explicit", "explicit_8_bits", "big_endian", "deflated", "rle", "jpeg_baseline", "jpeg_extended"),
    *("jpeg_lossless", "jpeg_lossless_sv1", "jpeg_ls", "jpeg_ls_near", "jpeg_2000", "jpeg_2000_lossy", "htj2k"),
    "htj2k_lossy",
)


def timed(action, repeats):
    """Milliseconds, sorted, after one run that does not count."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1e3)
    return sorted(times)


def report(program, file, times, **more):
    line = {"program": program, "file": str(file), "fastest_ms": times[0], "median_ms": times[len(times) // 2], **more}
    print(json.dumps(line), flush=True)


def pydicom_times(file, repeats):
    import numpy
    import pydicom
    from pydicom.pixels import get_decoder

    data = file.read_bytes()
    syntax = pydicom.dcmread(io.BytesIO(data)).file_meta.TransferSyntaxUID
    decoder = get_decoder(syntax)
    for plugin in decoder.available_plugins or ("pydicom",):
        options = {} if plugin == "pydicom" and not decoder.available_plugins else {"decoding_plugin": plugin}

        def action():
            ds = pydicom.dcmread(io.BytesIO(data))
            return decoder.as_array(ds, index=0, raw=True, **options)[0]

        try:
            values = action()
        except Exception as error:
            print("not read:", file.name, plugin, " ".join(str(error).split())[:100], file=sys.stderr)
            continue
        slow = timed(action, 1)[0] > 2000
        words = numpy.ascontiguousarray(values).astype("<u2").tobytes()
        report(plugin, file, timed(action, 2 if slow else repeats), crc32=zlib.crc32(words))


def dcmtk_times(file, repeats):
    stem = file.stem
    tools = {"rle": "dcmdrle", "jpeg_ls": "dcmdjpls", "jpeg_ls_near": "dcmdjpls"}
    is_jpeg = stem.startswith(("jpeg_baseline", "jpeg_extended", "jpeg_lossless"))
    is_native = stem in ("big_endian", "deflated", "implicit")
    tool = tools.get(stem, "dcmdjpeg" if is_jpeg else "dcmconv" if is_native else None)
    if tool is None:
        return
    out = Path("/dev/shm") / f"decode_speed_{os.getpid()}.dcm"

    def process(program, *arguments):
        return lambda: subprocess.run([program, *arguments, out], check=True, capture_output=True)

    explicit = ["+te"]
    options = explicit if is_native else []
    native = file.with_name("explicit_8_bits.dcm" if "baseline" in stem else "explicit.dcm")
    tiny = file.parent / "tiny"
    whole = timed(process(tool, *options, file), repeats)
    start = timed(process(tool, *options, tiny / file.name), repeats)[0]
    copy = timed(process("dcmconv", *explicit, native), repeats)[0]
    copy -= timed(process("dcmconv", *explicit, tiny / native.name), repeats)[0]
    out.unlink()
    report("dcmtk", file, whole, start_ms=start, copy_ms=copy)


def table(lines):
    cases = {}
    for line in lines:
        row = json.loads(line)
        case = cases.setdefault(Path(row["file"]).stem, {"bytes": Path(row["file"]).stat().st_size})
        # Within one picture only JPEG 2000 is shared out among threads.
        is_alone = row.get("pool", 2) == 1
        case[row["program"] + (" 2" if row.get("threads", 1) > 1 else " 1" if is_alone else "")] = row
    print("| transfer syntax | MB | cordsight | one thread | two pictures | " + " | ".join(PEERS) + " | fastest peer / cordsight | / one thread |")
    print("|---" * (len(PEERS) + 7) + "|")
    for name, case in sorted(cases.items(), key=lambda item: CASES.index(item[0])):
        own, cells, peers = case["cordsight"], [], {}
        for peer in PEERS:
            row = case.get(peer)
            if row is None:
                cells.append("")
                continue
            spent = row["fastest_ms"]
            if peer == "dcmtk":
                left = spent - row["start_ms"] - row["copy_ms"]
                cells.append(f"{max(left, 0):.0f} of {spent:.0f}")
                spent = left
            else:
                cells.append(f"{spent:.1f}")
            # Less than the noise of a process's start says nothing.
            if spent > 10 or peer != "dcmtk":
                peers[peer] = spent
            cells[-1] += " \\*" if row.get("crc32", own["crc32"]) != own["crc32"] else ""
        best = min(peers, key=peers.get)
        first, alone, second = (case["cordsight" + how]["fastest_ms"] for how in ("", " 1", " 2"))
        print(f"| {name.replace('_', ' ')} | {case['bytes'] / 1e6:.1f} | {first:.1f} | {alone:.1f} | {second:.1f} | "
              f"{' | '.join(cells)} | {peers[best] / first:.2f} ({best}) | {peers[best] / alone:.2f} |")
    print("\n\\* other values than cordsight's: of a lossy coding that does not define them to the level.")


def main():
    match sys.argv[1:]:
        case ["time", repeats, *files]:
            for file in map(Path, files):
                pydicom_times(file, int(repeats))
                dcmtk_times(file, int(repeats))
        case ["table"]:
            table(sys.stdin)
        case _:
            sys.exit(__doc__)


main()
