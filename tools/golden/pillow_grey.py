"""PNG, TIFF and JPEG files with synthetic pixels, and the grey values that Pillow gives for them.

Writes crates/radiograph/tests/it/golden/raster_*.{png,tif,jpg} and a CSV of the same name plus ".csv". The first line
of a CSV names this script and the versions; the others are the rows of the picture, 0 black to 1 white.

    pip install -r tools/golden/requirements.txt
    python tools/golden/pillow_grey.py
"""

from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = Path(__file__).parents[2] / "crates/radiograph/tests/it/golden"
VERSIONS = f"# tools/golden/pillow_grey.py, numpy {np.__version__}, Pillow {PIL.__version__}"
ROWS, COLUMNS = 11, 13


def ramp(bits):
    """All of the range in an order that is neither sorted nor symmetric."""
    count = ROWS * COLUMNS
    values = np.linspace(0, 2**bits - 1, count).round().astype(np.int64)
    return values[(np.arange(count) * 37) % count].reshape(ROWS, COLUMNS)


def grey(path):
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return np.asarray(picture).astype(float) / 65535
    if picture.mode in ("1", "LA"):
        return np.asarray(picture.convert("L")).astype(float) / 255
    values = np.asarray(picture.convert("RGB") if picture.mode in ("P", "RGBA") else picture).astype(float)
    return values / 255 if values.ndim == 2 else values @ [0.299, 0.587, 0.114] / 255


def write(name, picture, **options):
    path = OUT / f"raster_{name}"
    picture.save(path, **options)
    rows = [",".join(f"{v:.7g}" for v in row) for row in grey(path)]
    path.with_name(path.name + ".csv").write_text("\n".join([VERSIONS, *rows]) + "\n")


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("raster_*"):
        old.unlink()
    grey8 = Image.fromarray(ramp(8).astype("u1"))
    grey16 = Image.fromarray(ramp(16).astype("<u2"))
    tint = np.repeat(ramp(8)[..., None], 3, axis=2) + [3, 0, 6]
    tinted = Image.fromarray(tint.clip(0, 255).astype("u1"))
    y, x = np.mgrid[0:24, 0:40]
    smooth = Image.fromarray((127 + 90 * np.sin(x / 7) * np.cos(y / 9) + 30 * (x > 20)).clip(0, 255).astype("u1"))

    write("8.png", grey8)
    write("16.png", grey16)
    write("1.png", grey8.convert("1"))
    write("tint.png", tinted)
    write("opaque_alpha.png", grey8.convert("LA"))
    write("opaque_rgba.png", tinted.convert("RGBA"))
    write("palette.png", grey8.convert("P"))
    write("8.tif", grey8)
    write("16.tif", grey16)
    write("16_big_endian.tif", Image.frombytes("I;16B", (COLUMNS, ROWS), ramp(16).astype(">u2").tobytes()))
    write("8_lzw.tif", grey8, compression="tiff_lzw")
    write("16_deflate.tif", grey16, compression="tiff_adobe_deflate")
    write("8_packbits.tif", grey8, compression="packbits")
    write("white_is_zero.tif", grey8, tiffinfo={262: 0})
    write("tint.tif", tinted)
    write("grey.jpg", smooth, quality=90)
    write("rgb.jpg", smooth.convert("RGB"), quality=85)
    write("progressive.jpg", smooth, quality=90, progressive=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    write("rotated_by_exif.jpg", smooth, quality=90, exif=exif)


if __name__ == "__main__":
    main()
