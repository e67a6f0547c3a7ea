"""DICOM files with synthetic pixels, and the display values that pydicom gives for them.

Writes crates/radiograph/tests/it/golden/NAME.dcm and NAME.csv. The first line of a CSV names this script and the
versions; the others are the rows of the picture, 0 black to 1 white: pydicom's apply_modality_lut and apply_voi_lut
(the full range of the stored bits where there is no VOI), scaled to 0..1, inverted for MONOCHROME1.

    pip install -r tools/golden/requirements.txt
    python tools/golden/pydicom_grey.py
"""

import io
from pathlib import Path

import numpy as np
import PIL
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

OUT = Path(__file__).parents[2] / "crates/radiograph/tests/it/golden"
VERSIONS = f"# tools/golden/pydicom_grey.py, pydicom {pydicom.__version__}, numpy {np.__version__}, Pillow {PIL.__version__}"
ROWS, COLUMNS = 11, 13


def ramp(bits, signed=False):
    """All of the range in an order that is neither sorted nor symmetric."""
    count = ROWS * COLUMNS
    values = np.linspace(0, 2**bits - 1, count).round().astype(np.int64)
    values = values[(np.arange(count) * 37) % count].reshape(ROWS, COLUMNS)
    return values - 2 ** (bits - 1) if signed else values


def dataset(pixels, bits, allocated=16, signed=False, photometric="MONOCHROME2", **attributes):
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    ds.SOPInstanceUID = "2.25.1"
    ds.Modality = "CR"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, bits, bits - 1
    ds.PixelRepresentation = int(signed)
    for name, value in attributes.items():
        setattr(ds, name, value)
    words = pixels.astype(f"{'<i' if signed else '<u'}{allocated // 8}").tobytes()
    ds.PixelData = words + b"\0" * (len(words) % 2)
    ds["PixelData"].VR = "OB" if allocated == 8 else "OW"
    return ds


def lut(first, bits, values, signed):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if signed else "US", [len(values), first, bits])
    item.add_new("LUTData", "US", [int(v) for v in values])
    return item


def with_modality_lut(ds, *args):
    item = lut(*args)
    item.ModalityLUTType = "US"
    ds.ModalityLUTSequence = [item]
    return ds


def with_voi_lut(ds, *args, undefined=False):
    ds.VOILUTSequence = [lut(*args)]
    if undefined:
        ds["VOILUTSequence"].is_undefined_length = True
        ds.VOILUTSequence[0].is_undefined_length_sequence_item = True
    return ds


def full_range(ds):
    """Lowest and highest value after the modality transform."""
    if "ModalityLUTSequence" in ds:
        return 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    bits = ds.BitsStored
    ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if ds.PixelRepresentation else (0, 2**bits - 1)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    return sorted(slope * end + intercept for end in ends)


def displayed(ds):
    raw = ds.pixel_array
    if ds.SamplesPerPixel == 3:
        # pixel_array has turned YBR_FULL to RGB.
        return raw.astype(float) @ [0.299, 0.587, 0.114] / (2**ds.BitsStored - 1)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(raw, ds).astype(float) @ [0.299, 0.587, 0.114] / 65535
    values = apply_modality_lut(raw, ds)
    low, high = full_range(ds)
    if "VOILUTSequence" in ds:
        grey = apply_voi_lut(values, ds).astype(float) / (2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1)
    elif "WindowWidth" in ds:
        grey = (apply_voi_lut(values.astype(float), ds) - low) / (high - low)
    else:
        grey = (values.astype(float) - low) / (high - low)
    inverted = ds.PhotometricInterpretation == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE"
    return 1 - grey if inverted else grey


def write(name, ds, syntax=ExplicitVRLittleEndian, meta=True):
    path = OUT / f"{name}.dcm"
    if meta:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = RLELossless if syntax == "RLE" else syntax
        ds.file_meta.ImplementationClassUID = "2.25.2"
        if syntax == "RLE":
            ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        little = syntax != ExplicitVRBigEndian
        ds.save_as(path, enforce_file_format=True, little_endian=little, implicit_vr=syntax == ImplicitVRLittleEndian)
    else:
        ds.save_as(path, enforce_file_format=False, little_endian=True, implicit_vr=syntax == ImplicitVRLittleEndian)
    back = pydicom.dcmread(path, force=True)
    if not meta:
        back.file_meta = FileMetaDataset()
        back.file_meta.TransferSyntaxUID = syntax
    grey = displayed(back)
    assert grey.min() >= -1e-12 and grey.max() <= 1 + 1e-12, (name, grey.min(), grey.max())
    rows = [",".join(f"{v:.7g}" for v in row) for row in grey]
    (OUT / f"{name}.csv").write_text("\n".join([VERSIONS, *rows]) + "\n")


def jpeg(name, photometric):
    y, x = np.mgrid[0:24, 0:40]
    pixels = (127 + 90 * np.sin(x / 7) * np.cos(y / 9) + 30 * (x > 20)).clip(0, 255).astype(np.uint8)
    ds = dataset(pixels, 8, 8, photometric=photometric)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    ds.PixelData = encapsulate([stream.getvalue()])
    ds["PixelData"].is_undefined_length = True
    write(name, ds, JPEGBaseline8Bit)


def palette():
    entries = (np.arange(256) * 257 * 0.9).astype("<u2")
    ds = dataset(ramp(8), 8, 8, photometric="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", entries.tobytes())
    return ds


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.dcm"):
        old.unlink()
        old.with_suffix(".csv").unlink(missing_ok=True)
    rng = np.random.default_rng(1)

    write("explicit_12_of_16", dataset(ramp(12), 12))
    write("explicit_16", dataset(ramp(16), 16))
    write("explicit_8_odd", dataset(ramp(8), 8, 8))
    write("implicit_12_of_16", dataset(ramp(12), 12), ImplicitVRLittleEndian)
    write("implicit_no_meta", dataset(ramp(12), 12), ImplicitVRLittleEndian, meta=False)
    write("explicit_no_meta", dataset(ramp(12), 12), meta=False)
    write("big_endian_16", dataset(ramp(16).astype(">u2").view("<u2"), 16), ExplicitVRBigEndian)
    write("deflated_12_of_16", dataset(ramp(12), 12), DeflatedExplicitVRLittleEndian)
    write("rle_8", dataset(np.repeat(ramp(8), 3, axis=1), 8, 8), "RLE")
    write("rle_16", dataset(ramp(16), 16), "RLE")
    write("rle_signed_12", dataset(ramp(12, True), 12, signed=True), "RLE")
    jpeg("jpeg_baseline", "MONOCHROME2")
    jpeg("jpeg_baseline_monochrome1", "MONOCHROME1")
    write("monochrome1", dataset(ramp(12), 12, photometric="MONOCHROME1"))
    write("inverse_shape", dataset(ramp(12), 12, PresentationLUTShape="INVERSE"))
    write("signed_16", dataset(ramp(16, True), 16, signed=True))
    write("signed_12_of_16", dataset(ramp(12, True), 12, signed=True))
    write("rescale", dataset(ramp(12), 12, RescaleSlope="0.684", RescaleIntercept="200"))
    write("rescale_negative_slope", dataset(ramp(12), 12, RescaleSlope="-2", RescaleIntercept="1000"))

    window = {"RescaleSlope": "0.684", "RescaleIntercept": "200", "WindowCenter": "1600", "WindowWidth": "2000"}
    write("window_linear", dataset(ramp(12), 12, **window))
    write("window_linear_exact", dataset(ramp(12), 12, **window, VOILUTFunction="LINEAR_EXACT"))
    write("window_sigmoid", dataset(ramp(12), 12, **window, VOILUTFunction="SIGMOID"))
    write("window_first_of_two", dataset(ramp(12), 12, WindowCenter=["600", "9"], WindowWidth=["400.5", "9"]))
    write("window_width_one", dataset(ramp(12), 12, WindowCenter="2000", WindowWidth="1"))
    write("window_signed_monochrome1", dataset(ramp(12, True), 12, signed=True, photometric="MONOCHROME1",
                                               WindowCenter="-100", WindowWidth="1500"))

    rising = np.sort(rng.integers(0, 2**16, 300))
    write("modality_lut", with_modality_lut(dataset(ramp(12), 12), 1500, 16, rising, False))
    write("modality_lut_signed", with_modality_lut(dataset(ramp(12, True), 12, signed=True), -200, 16, rising, True))
    curve = np.sort(rng.integers(0, 2**12, 400))
    write("voi_lut", with_voi_lut(dataset(ramp(12), 12), 1000, 12, curve, False))
    write("voi_lut_undefined_length", with_voi_lut(dataset(ramp(12), 12), 1000, 12, curve, False, undefined=True))
    write("voi_lut_implicit", with_voi_lut(dataset(ramp(12), 12), 1000, 12, curve, False), ImplicitVRLittleEndian)
    write("voi_lut_signed", with_voi_lut(dataset(ramp(12, True), 12, signed=True), -300, 12, curve, True))
    both = with_modality_lut(dataset(ramp(12), 12, WindowCenter="5", WindowWidth="7"), 1500, 16, rising, False)
    write("modality_and_voi_lut_before_window", with_voi_lut(both, 100, 12, curve, False))

    grey = np.repeat(ramp(8)[..., None], 3, axis=2)
    write("rgb_grey", dataset(grey, 8, 8, photometric="RGB"))
    planar = dataset(grey, 8, 8, photometric="RGB", PlanarConfiguration=1)
    slightly = np.clip(grey + [3, 0, 6], 0, 255)
    words = np.moveaxis(slightly, 2, 0).astype("u1").tobytes()
    planar.PixelData = words + b"\0" * (len(words) % 2)
    write("rgb_planar_slight_tint", planar)
    ybr = np.stack([ramp(8), np.full((ROWS, COLUMNS), 128), np.full((ROWS, COLUMNS), 128)], axis=2)
    write("ybr_full_grey", dataset(ybr, 8, 8, photometric="YBR_FULL"))
    write("palette_grey", palette())


if __name__ == "__main__":
    main()
