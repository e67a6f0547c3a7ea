"""Stored values of one frame as pydicom, each of its plugins, and dcmtk see them.

Used by dicom_conformance.py and dicom_stored.py.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import get_decoder


def by_plugin(ds, syntax, frame, plugin):
    """Stored values of a frame, colours as RGB, by one of pydicom's plugins, or by its own code where it is None."""
    options = {"decoding_plugin": plugin} if plugin else {}
    array, _ = get_decoder(syntax).as_array(ds, index=frame, raw=False, **options)
    return np.asarray(array)


def by_dcmtk(path, syntax, frame):
    """Stored values after decompression by dcmtk."""
    name = pydicom.uid.UID(syntax).name
    tool = "dcmdrle" if "RLE" in name else "dcmdjpls" if "JPEG-LS" in name else "dcmdjpeg"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "raw.dcm"
        subprocess.run([tool, str(path), str(out)], check=True, capture_output=True, timeout=60)
        ds = pydicom.dcmread(out)
        return by_plugin(ds, ds.file_meta.TransferSyntaxUID, frame, None)


def peers(syntax):
    uid = pydicom.uid.UID(syntax)
    if not uid.is_compressed or uid.name.startswith("Deflated"):
        return ["pydicom"]
    plugins = list(get_decoder(syntax).available_plugins)
    has_dcmtk = any(word in uid.name for word in ("RLE", "JPEG-LS")) or ("JPEG" in uid.name and "2000" not in uid.name)
    return plugins + (["dcmtk"] if has_dcmtk else [])
