"""DICOMDIR files by two writers, and the pictures in them as pydicom lists them.

Writes crates/radiograph/tests/it/directory/: `NAME.dicomdir`, and `NAME.csv` with the path of each picture, in the order of
the records. `pydicom` is by pydicom's FileSet, `dcmtk` by dcmmkdir (items of undefined length), `big_endian` and
`implicit` are the latter in other encodings, by pydicom, `not_in_use` is the first with one record switched off, `report` has a
structured report among the pictures.

    /tmp/dicomv/bin/python tools/golden/dicom_directory.py
"""

import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

import pydicom
from pydicom.fileset import FileSet
from pydicom.uid import BasicTextSRStorage, ExplicitVRBigEndian, ImplicitVRLittleEndian

warnings.simplefilter("ignore")
STORED = Path("crates/radiograph/tests/it/stored")
OUT = Path("crates/radiograph/tests/it/directory")
NAMES = ("rle_12u", "jpegls_near0_8u", "big_endian_16u", "jpeg_lossless_sv1_12u")


def pictures():
    """Four pictures of two patients; the second has two series."""
    for number, name in enumerate(NAMES):
        ds = pydicom.dcmread(STORED / f"{name}.dcm")
        patient = min(number, 1)
        ds.PatientID, ds.PatientName = f"PHANTOM{patient}", f"Phantom^{patient}"
        ds.StudyDate, ds.StudyTime, ds.StudyID = "20000101", "000000", str(patient)
        ds.StudyDescription, ds.AccessionNumber = "", ""
        ds.StudyInstanceUID, ds.SeriesInstanceUID = f"2.25.1{patient}", f"2.25.2{number // 2}"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"2.25.3{number}"
        ds.SeriesNumber, ds.InstanceNumber = number // 2, number
        yield ds


def report():
    ds = next(pictures())
    for name in list(ds.dir()):
        if ds[name].tag.group in (0x28, 0x7FE0):
            del ds[name]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.39"
    ds.Modality, ds.CompletionFlag, ds.VerificationFlag = "SR", "COMPLETE", "UNVERIFIED"
    ds.ContentDate, ds.ContentTime, ds.SeriesInstanceUID = "20000101", "000000", "2.25.29"
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99X", "report"
    ds.ConceptNameCodeSequence = [code]
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return ds


def write(name, source):
    """The directory under its name, and its pictures as pydicom lists them."""
    target = OUT / f"{name}.dicomdir"
    if source != target:
        shutil.copy(source, target)
    lines = []
    for record in pydicom.dcmread(target).DirectoryRecordSequence:
        if record.DirectoryRecordType == "IMAGE" and record.RecordInUseFlag:
            parts = record.ReferencedFileID
            lines.append("/".join([parts] if isinstance(parts, str) else parts))
    (OUT / f"{name}.csv").write_text("".join(line + "\n" for line in lines))
    print(name, lines)


def by_pydicom(name, instances, folder):
    files = FileSet()
    for ds in instances:
        files.add(ds)
    files.UID = "2.25.9"
    files.write(folder)
    write(name, folder / "DICOMDIR")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        by_pydicom("pydicom", pictures(), folder / "a")
        by_pydicom("report", [*pictures(), report()], folder / "b")
        images = folder / "c" / "DISC" / "IMAGES"
        images.mkdir(parents=True)
        for number, ds in enumerate(pictures()):
            ds.save_as(images / f"IM{number}")
        command = ["dcmmkdir", "-W", "-Pgp", "-Nxc", "+I", "-e", "+r", "+id", ".", "+D", "DICOMDIR"]
        subprocess.run(command, cwd=folder / "c", check=True)
        write("dcmtk", folder / "c" / "DICOMDIR")
    for name, syntax in (("big_endian", ExplicitVRBigEndian), ("implicit", ImplicitVRLittleEndian)):
        ds = pydicom.dcmread(OUT / "dcmtk.dicomdir")
        ds.file_meta.TransferSyntaxUID = syntax
        options = {"implicit_vr": syntax.is_implicit_VR, "little_endian": syntax.is_little_endian}
        pydicom.dcmwrite(OUT / f"{name}.dicomdir", ds, enforce_file_format=True, **options)
        write(name, OUT / f"{name}.dicomdir")
    ds = pydicom.dcmread(OUT / "pydicom.dicomdir")
    used = [record for record in ds.DirectoryRecordSequence if record.DirectoryRecordType == "IMAGE"]
    used[1].RecordInUseFlag = 0
    ds.save_as(OUT / "not_in_use.dicomdir")
    write("not_in_use", OUT / "not_in_use.dicomdir")


main()
