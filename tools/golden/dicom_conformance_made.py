"""Synthetic DICOM pictures in transfer syntaxes, bit depths, signs and predictors that published test files lack.

Used by dicom_conformance.py. Every picture is a smooth field with noise and a few steps, so that each coding mode
(runs, prediction, escape codes) occurs. Encoders: dcmtk for JPEG and RLE, CharLS (pyjpegls) for JPEG-LS, OpenJPEG for
JPEG 2000, OpenJPH for HTJ2K, GDCM and dcmtk for byte order and deflate.
"""

import subprocess
from pathlib import Path

import imagecodecs
import jpeg_ls
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    HTJ2KLossless,
    JPEG2000,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    ExplicitVRLittleEndian,
    RLELossless,
)

ROWS, COLUMNS = 93, 131


def picture(bits, signed=False, colours=1, seed=1):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    planes = []
    for colour in range(colours):
        field = 0.5 + 0.35 * np.sin(x / (17 + colour)) * np.cos(y / 11) + 0.1 * (x > 60) + random.normal(0, 0.01, x.shape)
        field[20:40, 70:110] = 0.25
        field[0:2, :] = 0
        field[50:53, 10:90] = random.random((3, 80))
        field[60:64, :] = 1
        planes.append((field.clip(0, 1) * (2**bits - 1)).round().astype(np.int64))
    values = planes[0] if colours == 1 else np.stack(planes, -1)
    return values - 2 ** (bits - 1) if signed else values


def dataset(values, bits, signed, high_bit=None):
    allocated = 8 if bits <= 8 else 16
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", f"2.25.{bits}{int(signed)}{values.ndim}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = "2.25.3", "2.25.4", "OT"
    ds.PatientID, ds.PatientName, ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "", "", "", "1", "1"
    ds.Rows, ds.Columns = values.shape[:2]
    ds.SamplesPerPixel = 1 if values.ndim == 2 else 3
    if values.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = "MONOCHROME2" if values.ndim == 2 else "RGB"
    ds.BitsAllocated, ds.BitsStored = allocated, bits
    ds.HighBit = bits - 1 if high_bit is None else high_bit
    ds.PixelRepresentation = int(signed)
    stored = (values & (2**bits - 1)) << (ds.HighBit + 1 - bits) if high_bit is not None else values
    words = stored.astype(f"{'<i' if signed else '<u'}{allocated // 8}").tobytes()
    ds.PixelData = words + b"\0" * (len(words) % 2)
    ds["PixelData"].VR = "OB" if allocated == 8 else "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def save(ds, path, syntax=ExplicitVRLittleEndian, stream=None):
    ds.file_meta.TransferSyntaxUID = syntax
    if stream is not None:
        # Three fragments where there is enough: a frame need not be one.
        ds.PixelData = encapsulate([bytes(stream)], fragments_per_frame=3 if len(stream) > 3000 else 1)
        ds["PixelData"].is_undefined_length = True
        ds["PixelData"].VR = "OB"
    ds.save_as(path, enforce_file_format=True)
    return path


def run(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True)
    if done.returncode:
        print("not made:", tool, *arguments, done.stderr.decode(errors="replace").strip()[:200])


def typed(values, bits, signed):
    return values.astype(f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}")


def signed_streams(out):
    """Syntaxes whose encoders know a sign: native, RLE, JPEG 2000."""
    for bits in (1, 5, 8, 10, 12, 15, 16):
        for signed in (False, True):
            if bits == 1:
                continue
            name = f"{bits}{'s' if signed else 'u'}"
            values = picture(bits, signed)
            native = save(dataset(values, bits, signed), out / f"native_{name}.dcm")
            run("dcmconv", "+tb", native, out / f"big_{name}.dcm")
            run("dcmconv", "+ti", native, out / f"implicit_{name}.dcm")
            run("dcmconv", "+td", native, out / f"deflated_{name}.dcm")
            run("dcmcrle", native, out / f"rle_{name}.dcm")
            if bits >= 8:
                array = typed(values, bits, signed)
                lossless = imagecodecs.jpeg2k_encode(array, bitspersample=bits, codecformat="j2k", reversible=True, level=0)
                save(dataset(values, bits, signed), out / f"j2k_{name}.dcm", JPEG2000Lossless, lossless)
                lossy = imagecodecs.jpeg2k_encode(array, bitspersample=bits, codecformat="j2k", reversible=False, level=60)
                save(dataset(values, bits, signed), out / f"j2k_lossy_{name}.dcm", JPEG2000, lossy)
                boxed = imagecodecs.jpeg2k_encode(array, bitspersample=bits, codecformat="jp2", reversible=True, level=0)
                save(dataset(values, bits, signed), out / f"j2k_boxed_{name}.dcm", JPEG2000Lossless, boxed)
                try:
                    stream = imagecodecs.htj2k_encode(array, reversible=True)
                    save(dataset(values, bits, signed), out / f"htj2k_{name}.dcm", HTJ2KLossless, stream)
                    stream = imagecodecs.htj2k_encode(array, reversible=False)
                    save(dataset(values, bits, signed), out / f"htj2k_lossy_{name}.dcm", HTJ2K, stream)
                except Exception as error:
                    print("not made: htj2k", name, error)
    for high_bit in (11, 13, 15):
        save(dataset(picture(12), 12, False, high_bit), out / f"native_high_bit_{high_bit}.dcm")


def jpeg_streams(out):
    """JPEG by dcmtk, JPEG-LS by CharLS; both code without sign."""
    for bits in (8, 10, 12, 16):
        values = picture(bits)
        native = out / f"native_{bits}u.dcm"
        for predictor in range(1, 8):
            run("dcmcjpeg", "+el", "+sv", predictor, native, out / f"jpeg_lossless_{bits}_{predictor}.dcm")
        run("dcmcjpeg", "+e1", native, out / f"jpeg_sv1_{bits}.dcm")
        if bits <= 12:
            kind = "+eb" if bits == 8 else "+ee"
            run("dcmcjpeg", kind, "+q", 90, native, out / f"jpeg_lossy_{bits}.dcm")
        if bits == 8:
            run("dcmcjpeg", "+ee", "+q", 90, native, out / "jpeg_extended_8.dcm")
            run("dcmcjpeg", "+ep", "+q", 90, native, out / "jpeg_progressive_8.dcm")
        for near in (0, 1, 3):
            stream = jpeg_ls.encode_array(typed(values, bits, False), lossy_error=near)
            syntax = JPEGLSNearLossless if near else JPEGLSLossless
            save(dataset(values, bits, False), out / f"jpegls_{bits}_near{near}.dcm", syntax, stream)
        signed = out / f"native_{bits}s.dcm"
        run("dcmcjpls", "+el", signed, out / f"jpegls_dcmtk_{bits}s.dcm")
        run("dcmcjpeg", "+e1", signed, out / f"jpeg_sv1_{bits}s.dcm")


def colour_streams(out):
    values = picture(8, colours=3)
    native = save(dataset(values, 8, False), out / "colour_native.dcm")
    array = values.astype("u1")
    run("dcmcrle", native, out / "colour_rle.dcm")
    run("dcmcjpeg", "+e1", native, out / "colour_jpeg_sv1.dcm")
    for mode, name in ((0, "444"), (1, "422")):
        run("dcmcjpeg", "+eb", "+q", 90, "+s4" if mode == 0 else "+s2", native, out / f"colour_jpeg_{name}.dcm")
    for mode in (0, 1, 2):
        stream = jpeg_ls.encode_array(array, interleave_mode=mode) if mode else jpeg_ls.encode_array(
            np.ascontiguousarray(array.transpose(2, 0, 1)), interleave_mode=0
        )
        ds = dataset(values, 8, False)
        save(ds, out / f"colour_jpegls_{mode}.dcm", JPEGLSLossless, stream)
    for mct in (False, True):
        stream = imagecodecs.jpeg2k_encode(array, codecformat="j2k", reversible=True, level=0, mct=mct)
        ds = dataset(values, 8, False)
        ds.PhotometricInterpretation = "YBR_RCT" if mct else "RGB"
        save(ds, out / f"colour_j2k_{'mct' if mct else 'plain'}.dcm", JPEG2000Lossless, stream)


def make_files(out):
    """Writes the pictures to the folder, and returns it."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.dcm"):
        old.unlink()
    signed_streams(out)
    jpeg_streams(out)
    colour_streams(out)
    return out
