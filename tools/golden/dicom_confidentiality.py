"""Golden list and check of `cordsight deidentify`.

`list` writes crates/cordsight/tests/it/golden/confidentiality.csv: every attribute of PS3.15 Table E.1-1 that
dicom-anonymizer lists, its VR by pydicom, and what dicom-anonymizer does with it in a file that holds it: `deleted`,
`emptied` or `replaced`.

`check IN OUT MAPPING` compares the pictures in IN with those that cordsight made of them in OUT, as pydicom reads both: the same
pixels, no private attribute, no overlay, no value of IN's Table E.1-1 attributes anywhere in OUT's file (five characters
or more, no identifiers of the standard; not counted where an attribute that the table does not list says the same). With `--dciodvfy PATH` it also counts errors that OUT has and IN has not.

Needs: pydicom==3.0.2, dicom-anonymizer==2.1.0; check: the pixel plugins of dicom_requirements.txt as well.
"""

import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file, initialize_actions
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "crates/cordsight/tests/it/golden/confidentiality.csv"
DUMMIES = [b"19000101000000", b"0.000000"]
TAGS = sorted(tag for tag in table.ALL_TAGS if len(tag) == 2 and tag[0] > 4)


def vr_of(tag):
    try:
        return dictionary_VR(Tag(*tag)).split(" or ")[-1]
    except KeyError:
        return ""  # younger than pydicom's dictionary


def value_of(vr):
    code = Dataset()
    code.CodeValue = "before"
    values = {"DA": "19010203", "DT": "19010203040506", "TM": "040506", "AS": "077Y", "DS": "91.5", "IS": "91"}
    values |= {"UI": "1.2.826.0.1.3680043.9.1", "SQ": Sequence([code]), "US": 4711, "OB": b"before", "OW": b"before"}
    return values.get(vr, b"before" if vr == "UN" else "before")


def write_list():
    data = Dataset()
    for tag in TAGS:
        if vr := vr_of(tag):
            data.add_new(Tag(*tag), vr, value_of(vr))
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.dcm", Path(folder) / "out.dcm"
        data.save_as(source, enforce_file_format=True)
        anonymize_dicom_file(str(source), str(target), None, True, lambda: initialize_actions("dicomfields_2026c"))
        after = pydicom.dcmread(target)
    rows = []
    for tag in TAGS:
        vr = vr_of(tag)
        if not vr:
            outcome = ""
        elif Tag(*tag) not in after:
            outcome = "deleted"
        elif after[Tag(*tag)].is_empty:
            outcome = "emptied"
        else:
            outcome = "kept" if after[Tag(*tag)].value == value_of(vr) else "replaced"
        rows.append([f"{tag[0]:04x}{tag[1]:04x}", vr, outcome])
    with GOLDEN.open("w", newline="") as file:
        file.write("# tools/golden/dicom_confidentiality.py, pydicom 3.0.2, dicom-anonymizer 2.1.0 (2026c)\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["tag", "vr", "dicom_anonymizer"])
        writer.writerows(rows)
    print(len(rows), "attributes")


def texts(data, wanted, is_listed=True):
    """Values of the listed attributes, or of the others, in sequences as well."""
    for element in data.iterall():
        tag = (element.tag.group, element.tag.element)
        if not element.tag.is_private and (tag in wanted) == is_listed and element.VR not in ("SQ", "OW", "OB"):
            values = element.value if isinstance(element.value, (list, pydicom.multival.MultiValue)) else [element.value]
            for value in values:
                text = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
                if len(text.strip()) >= 5 and not text.startswith(b"1.2.840.10008."):
                    yield element.tag, text.strip()


def errors(dciodvfy, path):
    lines = subprocess.run([dciodvfy, str(path)], capture_output=True).stderr.decode("latin-1").splitlines()
    # Identifiers differ where the same error is told of both.
    return {re.sub(r"<[0-9.]+>", "", line) for line in lines if line.startswith("Error")}


def check(_, out, mapping, dciodvfy=None):
    wanted = set(tag for tag in table.ALL_TAGS if len(tag) == 2)
    compared = unreadable = new_errors = 0
    faults = []
    for row in csv.DictReader(open(mapping, newline="")):
        made_path = Path(out) / row["output"]
        before, after = pydicom.dcmread(row["input"], force=True), pydicom.dcmread(made_path)
        for element in after.iterall():
            if element.tag.is_private or element.tag.group & 0xFF00 in (0x5000, 0x6000):
                faults.append((row["input"], "left", element.tag))
        content = made_path.read_bytes()
        pixels = content.find(b"\xe0\x7f\x10\x00")
        head = content[: pixels if pixels > 0 else None]
        said = [text for _, text in texts(before, wanted, False)] + DUMMIES
        for tag, text in texts(before, wanted):
            if text in head and not any(text in other for other in said):
                faults.append((row["input"], "found", tag, text))
        try:
            expected = before.pixel_array
        except Exception:
            unreadable += 1
        else:
            found = after.pixel_array
            if expected.shape != found.shape or not np.array_equal(expected, found):
                faults.append((row["input"], "pixels differ"))
            compared += 1
        if dciodvfy:
            new = errors(dciodvfy, made_path) - errors(dciodvfy, row["input"])
            new_errors += bool(new)
            for line in sorted(new):
                print(row["input"], line)
    for fault in faults:
        print(*fault)
    print(f"{compared} pictures compared, {unreadable} that pydicom does not read, {len(faults)} faults, {new_errors} with new errors")
    return bool(faults)


if __name__ == "__main__":
    if sys.argv[1:2] == ["list"]:
        write_list()
    elif sys.argv[1:2] == ["check"]:
        dciodvfy = sys.argv[sys.argv.index("--dciodvfy") + 1] if "--dciodvfy" in sys.argv else None
        sys.exit(check(*sys.argv[2:5], dciodvfy))
    else:
        sys.exit(__doc__)
