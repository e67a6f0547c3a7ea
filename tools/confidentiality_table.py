"""Writes crates/radiograph/src/deidentify/table_e1.txt: the actions of DICOM PS3.15 Table E.1-1, facts without prose.

Attributes and basic actions: edition 2026c, as the PyPI package dicom-anonymizer 2.1.0 lists them. Option columns:
edition 2024e, as github.com/innolitics/dicom-standard lists them (commit 7f4749d0,
standard/confidentiality_profile_attributes.json); attributes younger than that have no option here, so they get the basic
action whatever is asked to be kept. Stops where the two disagree on a basic action.

Needs: dicom-anonymizer==2.1.0. Run: python tools/confidentiality_table.py confidentiality_profile_attributes.json
"""

import json
import sys
from pathlib import Path

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as newest

OUT = Path(__file__).parent.parent / "crates/radiograph/src/deidentify/table_e1.txt"
ACTIONS = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}
OPTIONS = {
    "rtnUIDsOpt": "uids",
    "rtnDevIdOpt": "device",
    "rtnInstIdOpt": "institution",
    "rtnPatCharsOpt": "characteristics",
    "rtnLongFullDatesOpt": "full_dates",
    "rtnLongModifDatesOpt": "modified_dates",
    "cleanDescOpt": "descriptors",
    "cleanStructContOpt": "structured",
    "cleanGraphOpt": "graphics",
    "rtnSafePrivOpt": "private",
}


def hexadecimal(tag):
    if len(tag) == 2:
        return f"{tag[0]:04x}{tag[1]:04x}"
    # Group, element and their masks: digits that the masks leave open are x.
    group, element, *masks = tag
    digits = f"{group:04x}{element:04x}"
    mask = f"{masks[0]:04x}{masks[1]:04x}"
    return "".join(digit if kept == "f" else "x" for digit, kept in zip(digits, mask))


basic = {hexadecimal(tag): code for name, code in ACTIONS.items() for tag in getattr(newest, name)}
options = {}
for row in json.loads(Path(sys.argv[1]).read_text()):
    tag = row["id"].lower()
    if tag.startswith("gggg"):
        continue  # private attributes: all of them go, in the code
    code = basic.get(tag)
    if code != row["basicProfile"]:
        sys.exit(f"{tag}: {code} in one source, {row['basicProfile']} in the other")
    options[tag] = [f"{name}={row[column]}" for column, name in OPTIONS.items() if column in row]

lines = [" ".join([tag, basic[tag], *options.get(tag, [])]) for tag in sorted(basic)]
OUT.write_text(
    "# DICOM PS3.15 Table E.1-1: tag, action of the Basic Profile, actions of the options. Written by\n"
    "# tools/confidentiality_table.py; actions: edition 2026c, options: edition 2024e.\n" + "\n".join(lines) + "\n"
)
print(len(lines), "attributes")
