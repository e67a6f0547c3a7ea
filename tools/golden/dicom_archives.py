"""ZIP archives of small DICOM files, as Python's zipfile and Info-ZIP pack them, and a DICOMDIR by pydicom.

Writes crates/radiograph/tests/it/archive/. The pictures are those of dicom_stored.py: `12u` stands for the values of
stored/big_endian_12u_stored.csv.

    apt-get install zip
    /tmp/dicomv/bin/python tools/golden/dicom_archives.py
"""

import io
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.fileset import FileSet

STORED = Path("crates/radiograph/tests/it/stored")
OUT = Path("crates/radiograph/tests/it/archive")


class Pipe(io.RawIOBase):
    """A stream that cannot seek: sizes follow the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def icon():
    out = io.BytesIO()
    Image.fromarray(np.zeros((2, 2), "u1")).save(out, "PNG")
    return out.getvalue()


def directory():
    with tempfile.TemporaryDirectory() as folder:
        files = FileSet()
        ds = pydicom.dcmread(STORED / "jpeg_lossless_sv1_12u.dcm")
        ds.PatientID, ds.PatientName, ds.StudyDate, ds.StudyTime = "PHANTOM", "Phantom", "20000101", "000000"
        ds.StudyID, ds.StudyDescription, ds.AccessionNumber = "1", "", ""
        files.add(ds)
        files.write(folder)
        return (Path(folder) / "DICOMDIR").read_bytes()


def write(name, files, method=zipfile.ZIP_DEFLATED, streamed=False):
    with open(OUT / name, "wb") as file:
        with zipfile.ZipFile(Pipe(file) if streamed else file, "w", method) as archive:
            for path, data in files.items():
                archive.writestr(zipfile.ZipInfo(path), data, method)


def by_info_zip(name, *options):
    """Info-ZIP, in a folder of its own, so that no path of this machine gets into the archive."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(STORED / "rle_12u.dcm", Path(folder) / "IM0001.dcm")
        subprocess.run(["zip", "-q", "-X", *options, "out.zip", "IM0001.dcm"], cwd=folder, check=True)
        shutil.copy(Path(folder) / "out.zip", OUT / name)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    one, other = ((STORED / f"{name}.dcm").read_bytes() for name in ("rle_12u", "jpeg_lossless_sv1_16u"))
    (OUT / "DICOMDIR").write_bytes(directory())
    export = {"README.TXT": b"a viewer\n", "icons/up.png": icon(), "DICOMDIR": directory(), "DICOM/S1/IM0001": one}
    write("export.zip", export)
    write("stored.zip", {"one.dcm": one}, zipfile.ZIP_STORED)
    write("streamed.zip", {"one.dcm": one}, streamed=True)
    write("picture.zip", {"one.png": icon()})
    write("two.zip", {"one.dcm": one, "two.dcm": other, "up.png": icon()})
    write("none.zip", {"README.TXT": b"a viewer\n", "DICOMDIR": directory()})
    write("nested.zip", {"stored.zip": (OUT / "stored.zip").read_bytes()})
    write("lzma.zip", {"one.dcm": one}, zipfile.ZIP_LZMA)
    if shutil.which("zip"):
        by_info_zip("info_zip.zip", "-9")
        by_info_zip("encrypted.zip", "-P", "secret")
    for file in sorted(OUT.iterdir()):
        print(file.name, file.stat().st_size)


main()
