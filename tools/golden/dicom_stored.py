"""Small DICOM files in every transfer syntax, and their stored values as other readers see them.

Writes crates/radiograph/tests/it/stored/: one file a case; `index.csv` (file, its values, what the values are, the
readers that agree on them); and the values, once for all files that share them. The picture is synthetic. Encoders: those
of dicom_conformance_made.py, and opj_compress 2.5.0 (Debian's libopenjp2-tools) for the styles of JPEG 2000. A case is
written only if all readers that take it agree, and, where the coding is lossless, agree with the picture too. Lossy JPEG
2000 is not defined to the bit: its values are OpenJPEG's.

    /tmp/dicomv/bin/python tools/golden/dicom_stored.py
"""

import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import imagecodecs
import jpeg_ls
import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut
from pydicom.uid import HTJ2K, HTJ2KLossless, JPEG2000, JPEG2000Lossless, JPEGLSLossless, JPEGLSNearLossless

sys.path.insert(0, str(Path(__file__).parent))
from dicom_conformance_made import dataset, run, save, typed
from dicom_readers import by_dcmtk, by_plugin, peers

warnings.simplefilter("ignore")
OUT = Path("crates/radiograph/tests/it/stored")
ROWS, COLUMNS = 19, 25
# OpenJPEG decodes these; the others that pydicom has use the same library or none.
LOSSY = ("j2k_lossy", "htj2k_lossy", "j2k_style_lossy", "htj2k_refined")
# Options of opj_compress: block styles one by one and together, orders of packets, marks, tiles, parts, layers, origin.
STYLES = {
    **{name: f"-M {bits}" for name, bits in (("bypass", 1), ("reset", 2), ("terminated", 4), ("causal", 8))},
    **{name: f"-M {bits}" for name, bits in (("predictable", 16), ("symbols", 32), ("bypass_terminated", 5), ("all", 63))},
    **{order.lower(): f"-p {order} -t 15,12 -c [16,8],[8,8] -r 6,3,1" for order in ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")},
    "marked_parts": "-SOP -EPH -TP R -t 20,19 -r 4,1",
    # Gets a POC marker below.
    "changing_order": "-p RLCP",
    "region": "-ROI c=0,U=6",
    "lossy_layers": "-I -r 12,6,3 -p RPCL",
    "lossy_tiles": "-I -t 11,13 -M 9",
    "lossy_region": "-I -ROI c=0,U=5",
}


def picture(bits, signed=False):
    """A smooth field, a step, a flat run and a noisy row: every coding mode occurs."""
    random = np.random.default_rng(bits)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    field = 0.5 + 0.35 * np.sin(x / 5) * np.cos(y / 4) + random.normal(0, 0.01, x.shape)
    field[4:9, 14:22] = 0.25
    field[0, :] = 0
    field[11, 2:20] = random.random(18)
    field[14:16, :] = 1
    values = (field.clip(0, 1) * (2**bits - 1)).round().astype(np.int64)
    return values - 2 ** (bits - 1) if signed else values


def native_files(made, out):
    """Byte orders, deflate, RLE: the same values in each."""
    for bits, signed in ((8, False), (12, False), (16, False), (12, True), (16, True)):
        name = f"{bits}{'s' if signed else 'u'}"
        native = save(dataset(picture(bits, signed), bits, signed), made / f"{name}.dcm")
        run("dcmconv", "+tb", native, out / f"big_endian_{name}.dcm")
        run("dcmconv", "+td", native, out / f"deflated_{name}.dcm")
        run("dcmcrle", native, out / f"rle_{name}.dcm")


def jpeg_files(made, out):
    for bits in (8, 12, 16):
        native = made / f"{bits}u.dcm"
        run("dcmcjpeg", "+e1", native, out / f"jpeg_lossless_sv1_{bits}u.dcm")
        for predictor in range(1, 8) if bits == 12 else (4, 7):
            run("dcmcjpeg", "+el", "+sv", predictor, native, out / f"jpeg_lossless_{predictor}_{bits}u.dcm")
        for near in (0, 2):
            stream = jpeg_ls.encode_array(typed(picture(bits), bits, False), lossy_error=near)
            syntax = JPEGLSNearLossless if near else JPEGLSLossless
            save(dataset(picture(bits), bits, False), out / f"jpegls_near{near}_{bits}u.dcm", syntax, stream)
    run("dcmcjpeg", "+ee", "+q", 90, made / "12u.dcm", out / "jpeg_extended_12u.dcm")


def jpeg_2000_files(out):
    for bits, signed in ((8, False), (12, False), (16, False), (12, True)):
        name, values = f"{bits}{'s' if signed else 'u'}", picture(bits, signed)
        array = typed(values, bits, signed)
        options = {"bitspersample": bits, "codecformat": "j2k"}
        streams = {
            "j2k": (JPEG2000Lossless, imagecodecs.jpeg2k_encode(array, reversible=True, level=0, **options)),
            "htj2k": (HTJ2KLossless, imagecodecs.htj2k_encode(array, reversible=True)),
        }
        if bits <= 12:
            lossy = imagecodecs.jpeg2k_encode(array, reversible=False, level=60, **options)
            streams["j2k_lossy"] = (JPEG2000, lossy)
            streams["htj2k_lossy"] = (HTJ2K, imagecodecs.htj2k_encode(array, reversible=False))
        for kind, (syntax, stream) in streams.items():
            save(dataset(values, bits, signed), out / f"{kind}_{name}.dcm", syntax, stream)


def jpeg_2000_styles(made, out):
    """The same picture in every style of opj_compress."""
    values = picture(12)
    (made / "in.pgm").write_bytes(b"P5\n%d %d\n4095\n" % (COLUMNS, ROWS) + values.astype(">u2").tobytes())
    for name, options in STYLES.items():
        run("opj_compress", "-i", made / "in.pgm", "-o", made / "out.j2k", "-b", "8,8", "-n", 3, *options.split())
        syntax = JPEG2000 if name.startswith("lossy") else JPEG2000Lossless
        stream = (made / "out.j2k").read_bytes()
        if name == "changing_order":
            # opj_compress repeats packets under -POC. The same packets: the lowest resolution by CPRL, all by RLCP.
            at = stream.index(b"\xff\x5c")
            stream = stream[:at] + bytes.fromhex("ff5f0010 00000001010104 00000001030101") + stream[at:]
        save(dataset(values, 12, False), out / f"j2k_style_{name}_12u.dcm", syntax, stream)


def refined_files(out):
    """HT blocks with the passes that OpenJPH does not write: a cleanup pass of its own, then random bytes.

    A decoder takes any bits as refinement; what OpenJPEG makes of them is the reference. The block is the lowest band of
    a picture twice as large, made a stream without a wavelet."""
    twice = typed(picture(8).repeat(2, 0).repeat(2, 1), 8, False)
    stream = bytes(imagecodecs.htj2k_encode(twice, reversible=True, resolutions=1))
    missing, block = first_block(stream[stream.index(b"\xff\x93") + 2 :])
    guard, exponent = (stream[stream.index(b"\xff\x5c") + at] for at in (4, 5))
    sides = b"".join(side.to_bytes(4, "big") for side in (COLUMNS, ROWS, 0, 0) * 2)
    random = np.random.default_rng(7)
    for name, passes, style in (("2_passes", 2, 0x40), ("3_passes", 3, 0x40), ("3_passes_causal", 3, 0x48)):
        more = random.integers(0, 255, 200, dtype="u1").tobytes()
        # Included, missing planes, passes, bits of a length, lengths.
        bits = f"11{'0' * missing}1" + {2: "10", 3: "1100"}[passes] + "1" * 8 + "0"
        data = stuffed(bits + f"{len(block):011b}" + f"{len(more):0{11 + (passes == 3)}b}") + block + more
        data = (
            b"\xff\x4f\xff\x51\0\x29\x40\0" + sides + b"\0\1\x09\1\1\xff\x50\0\x08\0\2\0\0\0\x0a"
            + b"\xff\x52\0\x0c\0\2\0\1\0\0\4\4" + bytes([style, 1])
            # Two planes below those of the cleanup pass.
            + b"\xff\x5c\0\4" + bytes([guard, exponent + (2 << 3)])
            + b"\xff\x90\0\x0a\0\0" + (14 + len(data)).to_bytes(4, "big") + b"\0\1\xff\x93" + data + b"\xff\xd9"
        )
        save(dataset(picture(10), 10, False), out / f"htj2k_refined_{name}_10u.dcm", HTJ2KLossless, data)


def first_block(data):
    """Missing planes and bytes of the first packet's only block, which has one pass."""
    bits, ends, last = "", [], 0
    for at, byte in enumerate(data[:12]):
        bits += f"{byte:08b}"[1 if last == 255 else 0 :]
        ends.append((len(bits), at + 1 + (byte == 255)))
        last = byte
    assert bits.startswith("11"), bits
    missing = bits.index("1", 2) - 2
    rest = bits[3 + missing :]
    assert rest[0] == "0", "one pass"
    more = rest.index("0", 1) - 1
    used = 3 + missing + 2 + more
    length = int(bits[used : used + 3 + more], 2)
    start = next(end for count, end in ends if count >= used + 3 + more)
    return missing, data[start : start + length]


def stuffed(bits):
    """Bytes of a packet's header."""
    out = bytearray()
    while bits:
        size = 7 if out and out[-1] == 255 else 8
        out.append(int(bits[:size].ljust(size, "0"), 2))
        bits = bits[size:]
    return bytes(out) + (b"\0" if out[-1] == 255 else b"")


def palette_files(out):
    """A palette of 16 bits for 12-bit indices, listed; and one of linear segments for 8 bits. All its colours are grey."""
    for bits, name in ((12, "listed"), (8, "segmented")):
        ds = dataset(picture(bits), bits, False)
        ds.PhotometricInterpretation = "PALETTE COLOR"
        if name == "listed":
            entries = np.round(65535 * (np.arange(2**bits) / (2**bits - 1)) ** 2)[:: 2 ** (bits - 8)]
        else:
            # 32 equal entries, then two lines: discrete, linear, linear (PS3.3 C.7.9.2).
            entries = np.array([0, 1, 500, 1, 31, 500, 1, 96, 20000, 1, 128, 65535])
        count = 256
        # Indices below the first take its entry, those above the last take that.
        first = 1000 if name == "listed" else 0
        for colour in ("Red", "Green", "Blue"):
            setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [count, first, 16])
            prefix = "" if name == "listed" else "Segmented"
            setattr(ds, f"{prefix}{colour}PaletteColorLookupTableData", entries.astype("<u2").tobytes())
        save(ds, out / f"palette_{name}.dcm")


def readings(path, ds):
    """Reader to stored values, for every reader that takes the file."""
    syntax, found = ds.file_meta.TransferSyntaxUID, {}
    for peer in peers(syntax):
        try:
            if peer == "dcmtk":
                found[peer] = by_dcmtk(path, syntax, 0)
            else:
                found[peer] = by_plugin(ds, syntax, 0, None if peer == "pydicom" else peer)
        except Exception as error:
            print("not read:", path.name, peer, " ".join(str(error).split())[:100])
    return found


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in [*OUT.glob("*.dcm"), *OUT.glob("*.csv")]:
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        native_files(Path(folder), OUT)
        jpeg_files(Path(folder), OUT)
        jpeg_2000_styles(Path(folder), OUT)
    jpeg_2000_files(OUT)
    refined_files(OUT)
    palette_files(OUT)

    packages = ("pydicom", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "python-gdcm", "pyjpegls", "imagecodecs", "pillow")
    versions = " ".join(f"{name} {version(name)}" for name in packages)
    index = [f"# tools/golden/dicom_stored.py, {versions} dcmtk 3.6.7", "file,values,kind,readers"]
    known = {}
    for path in sorted(OUT.glob("*.dcm")):
        ds = pydicom.dcmread(path)
        stem, bits = path.stem, ds.BitsStored
        kind = next((kind for kind in LOSSY if stem.startswith(kind)), None)
        found = readings(path, ds)
        if kind or "extended" in stem:
            # No two decoders agree on each value of these: one is chosen.
            chosen = "pylibjpeg" if kind else "dcmtk"
            found = {chosen: found[chosen]}
            if kind:
                # OpenJPEG's values may need a bit more than is stored: radiograph takes the nearest that does not.
                low = -(2 ** (bits - 1)) if ds.PixelRepresentation else 0
                found[chosen] = found[chosen].clip(low, low + 2**bits - 1)
        values = next(iter(found.values())).astype(np.int64)
        for reader, other in found.items():
            assert np.array_equal(values, other), (stem, reader, np.abs(values - other).max())
        near = 2 if "near2" in stem else None
        if near:
            assert 0 < np.abs(values - picture(bits)).max() <= near, stem
        elif not kind and "extended" not in stem:
            assert np.array_equal(values, picture(bits, bool(ds.PixelRepresentation))), stem
        cases = [("stored", values)]
        if stem.startswith("palette"):
            cases.append(("display", apply_color_lut(values.astype("u2"), ds)[..., 0].astype(np.int64)))
        for what, numbers in cases:
            text = "\n".join(",".join(map(str, row)) for row in numbers) + "\n"
            name = known.setdefault(text, f"{stem}_{what}.csv")
            (OUT / name).write_text(text)
            index.append(f"{path.name},{name},{what},{' '.join(found)}")
    (OUT / "index.csv").write_text("\n".join(index) + "\n")
    print(len(index) - 2, "cases,", sum(file.stat().st_size for file in OUT.iterdir()), "bytes")


main()
