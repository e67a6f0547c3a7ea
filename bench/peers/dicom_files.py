"""One radiograph as a DICOM file in each transfer syntax, for bench/peers/dicom.sh.

    python bench/peers/dicom_files.py NATIVE.dcm OUT

NATIVE is an uncompressed grey picture of 12 bits. Encoders: dcmtk for byte order, deflate, RLE and JPEG, CharLS
(pyjpegls) for JPEG-LS, OpenJPEG and OpenJPH (imagecodecs) for JPEG 2000 and HTJ2K, with their usual settings. OUT also
gets each of them for a picture of 64 x 64, by which the start-up time of dcmtk's programs is told.
"""

import subprocess
import sys
from pathlib import Path

import imagecodecs
import jpeg_ls
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2K, HTJ2KLossless, JPEG2000, JPEG2000Lossless, JPEGLSLossless, JPEGLSNearLossless
from pydicom.uid import ExplicitVRLittleEndian


def write(ds, path, array, bits, syntax=ExplicitVRLittleEndian, stream=None):
    """Writes the array, or the stream that stands for it, with the header of `ds`."""
    ds.Rows, ds.Columns = array.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * array.itemsize, bits, bits - 1
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = array.tobytes() if stream is None else encapsulate([bytes(stream)])
    ds["PixelData"].VR = "OB" if stream is not None or array.itemsize == 1 else "OW"
    ds["PixelData"].is_undefined_length = stream is not None
    ds.save_as(path, enforce_file_format=True)


def encode(ds, twelve, out):
    """All files of a 12-bit picture; JPEG baseline gets its eight highest bits."""
    eight = (twelve >> 4).astype("u1")
    native, native_8 = out / "explicit.dcm", out / "explicit_8_bits.dcm"
    write(ds, native, twelve, 12)
    write(ds, native_8, eight, 8)
    for tool, options, source, name in (
        ("dcmconv", ["+ti"], native, "implicit"),
        ("dcmconv", ["+tb"], native, "big_endian"),
        ("dcmconv", ["+td"], native, "deflated"),
        ("dcmcrle", [], native, "rle"),
        ("dcmcjpeg", ["+eb", "+q", "90"], native_8, "jpeg_baseline"),
        ("dcmcjpeg", ["+ee", "+q", "90"], native, "jpeg_extended"),
        ("dcmcjpeg", ["+e1"], native, "jpeg_lossless_sv1"),
        ("dcmcjpeg", ["+el", "+sv", "4"], native, "jpeg_lossless"),
    ):
        subprocess.run([tool, *options, source, out / f"{name}.dcm"], check=True)
    for name, syntax, near in (("jpeg_ls", JPEGLSLossless, 0), ("jpeg_ls_near", JPEGLSNearLossless, 2)):
        write(ds, out / f"{name}.dcm", twelve, 12, syntax, jpeg_ls.encode_array(twelve, lossy_error=near))
    options = {"bitspersample": 12, "codecformat": "j2k"}
    for name, syntax, stream in (
        ("jpeg_2000", JPEG2000Lossless, imagecodecs.jpeg2k_encode(twelve, level=0, reversible=True, **options)),
        ("jpeg_2000_lossy", JPEG2000, imagecodecs.jpeg2k_encode(twelve, level=60, reversible=False, **options)),
        ("htj2k", HTJ2KLossless, imagecodecs.htj2k_encode(twelve, reversible=True)),
        ("htj2k_lossy", HTJ2K, imagecodecs.htj2k_encode(twelve, reversible=False)),
    ):
        write(ds, out / f"{name}.dcm", twelve, 12, syntax, stream)


def main():
    ds, out = pydicom.dcmread(sys.argv[1]), Path(sys.argv[2])
    picture = ds.pixel_array.astype("u2")
    assert picture.max() < 4096, picture.max()
    (out / "tiny").mkdir(parents=True, exist_ok=True)
    encode(ds, picture, out)
    encode(ds, np.ascontiguousarray(picture[1000:1064, 1000:1064]), out / "tiny")


main()
