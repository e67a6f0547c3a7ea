"""What pydicom and dcmtk see in every DICOM file that their packages carry, and in files made from them.

Writes a folder outside of the repository, the one that CORDSIGHT_DICOM_CONFORMANCE names: `index.tsv` and the stored pixel values of
frames as 32-bit integers. The test `stored_values_are_those_of_a_peer_but_for_three_files` reads it (docs/dicom.md has its table).
Nothing of it is committed: the pictures belong to others.

Files: all with a DICOM prefix, or the ending .dcm, below the installed Python packages (pydicom, pydicom-data,
highdicom, pylibjpeg) and below each folder given; and synthetic pictures in the transfer syntaxes, bit depths, signs
and predictors that those lack, encoded by dcmtk, OpenJPEG, OpenJPH, CharLS and GDCM.

    python3 -m venv /tmp/dicomv && /tmp/dicomv/bin/pip install -r tools/golden/dicom_requirements.txt
    apt-get install dcmtk
    CORDSIGHT_DICOM_CONFORMANCE=/tmp/dicom_conformance /tmp/dicomv/bin/python tools/golden/dicom_conformance.py [FOLDER ...]
"""

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileMetaDataset

sys.path.insert(0, str(Path(__file__).parent))
from dicom_conformance_made import make_files
from dicom_readers import by_dcmtk, by_plugin, peers

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
OUT = Path(os.environ["CORDSIGHT_DICOM_CONFORMANCE"])
MOST_PIXELS = 64_000_000


def find(roots):
    """Files that are DICOM by their first bytes or by name, each content once."""
    seen, found = set(), []
    for root in roots:
        for path in sorted(Path(root).rglob("*")):
            if not path.is_file():
                continue
            with open(path, "rb") as file:
                start = file.read(132)
            if start[128:] != b"DICM" and path.suffix != ".dcm":
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest not in seen:
                seen.add(digest)
                found.append(path)
    return found


def frames_of(ds):
    """The first and the last frame."""
    try:
        last = max(int(ds.get("NumberOfFrames") or 1), 1) - 1
    except ValueError:
        last = 0
    return sorted({0, last})


def one_line(error):
    return " ".join(str(error).split())[:120] or type(error).__name__


def syntax_of(ds):
    meta = getattr(ds, "file_meta", FileMetaDataset())
    if "TransferSyntaxUID" in meta:
        return meta.TransferSyntaxUID
    implicit, little = ds.original_encoding
    return "1.2.840.10008.1.2" if implicit else ("1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2")


def rows_of(path, number):
    """One line a file, frame and peer."""
    try:
        ds = pydicom.dcmread(path, force=True)
        syntax = syntax_of(ds)
    except Exception as error:
        return [(path, "?", 0, "pydicom", "unreadable", 0, 0, 0, "", one_line(error))]
    if not any(name in ds for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return [(path, syntax, 0, "pydicom", "no pixels", 0, 0, 0, "", str(ds.get("Modality", "")))]
    rows = []
    for frame in frames_of(ds):
        try:
            names = peers(syntax)
        except Exception as error:
            return [(path, syntax, 0, "pydicom", "refused", 0, 0, 0, "", one_line(error))]
        for peer in names:
            try:
                if int(ds.Rows) * int(ds.Columns) > MOST_PIXELS:
                    raise ValueError("larger than what is compared")
                if peer == "dcmtk":
                    array = by_dcmtk(path, syntax, frame)
                else:
                    array = by_plugin(ds, syntax, frame, None if peer == "pydicom" else peer)
                if array.dtype.kind == "f":
                    rows.append((path, syntax, frame, peer, "float", *array.shape[:2], 1, "", str(array.dtype)))
                    continue
                samples = array.shape[2] if array.ndim == 3 else 1
                name = f"{number:04}_{frame}_{peer}.raw"
                array.astype("<i4").tofile(OUT / name)
                photometric = f"{ds.PhotometricInterpretation} {ds.BitsStored}"
                rows.append((path, syntax, frame, peer, "decoded", *array.shape[:2], samples, name, photometric))
            except subprocess.SubprocessError as error:
                text = (getattr(error, "stderr", b"") or b"").decode(errors="replace")
                rows.append((path, syntax, frame, peer, "refused", 0, 0, 0, "", one_line(text)))
            except Exception as error:
                rows.append((path, syntax, frame, peer, "refused", 0, 0, 0, "", one_line(error)))
    return rows


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.raw"):
        old.unlink()
    made = make_files(OUT / "made")
    packages = Path(pydicom.__file__).parents[1]
    files = find([packages, *sys.argv[1:], made])
    lines = ["path\tsyntax\tframe\tpeer\toutcome\trows\tcolumns\tsamples\traw\tnote"]
    for number, path in enumerate(files):
        lines += ["\t".join(str(cell) for cell in row) for row in rows_of(path, number)]
    (OUT / "index.tsv").write_text("\n".join(lines) + "\n")
    print(f"{len(files)} files, {len(lines) - 1} lines in {OUT / 'index.tsv'}")


main()
