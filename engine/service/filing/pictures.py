"""Pictures: looked at whole, and drawn anew for handlers without anything but what one sees."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from engine.service.filing.kinds import Refused

PIXELS_MAX: Final = 40_000_000
SIDE_MAX: Final = 20_000
JPEG_QUALITY: Final = 88
_FORMATS: Final = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


def stripped_picture(data: bytes, ending: str) -> bytes:
    """Return the picture drawn anew, turned as its EXIF said; raises Refused where it is not whole or too large.

    Colour profiles go too: some name the camera or its owner.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=[_FORMATS[ending]]) as picture:
                _demand_size(picture)
                if getattr(picture, "n_frames", 1) > 1:
                    picture.seek(0)
                picture.load()
                turned = ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Refused("pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, EOFError, Warning) as error:
        raise Refused("damaged") from error
    return _drawn(turned, ending)


def _demand_size(picture: Image.Image) -> None:
    width, height = picture.size
    if not width or not height or width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise Refused("pixels")


def _drawn(picture: Image.Image, ending: str) -> bytes:
    """Write the bare pixels: a new picture knows nothing of the old one's notes."""
    mode = picture.mode
    if ending == "jpg":
        plain = picture if mode in ("L", "RGB") else picture.convert("RGB")
    else:
        has_alpha = "A" in mode or "transparency" in picture.info
        plain = picture if mode in ("L", "RGB", "RGBA") else picture.convert("RGBA" if has_alpha else "RGB")
    plain.info = {}
    plain.getexif().clear()
    out = io.BytesIO()
    if ending == "jpg":
        plain.save(out, "JPEG", quality=JPEG_QUALITY, exif=b"", icc_profile=None)
    elif ending == "png":
        plain.save(out, "PNG", exif=b"", icc_profile=None)
    else:
        plain.save(out, "WEBP", quality=JPEG_QUALITY, exif=b"", xmp=b"", icc_profile=None)
    return out.getvalue()


def jpeg_without_notes(data: bytes) -> bytes:
    """Return a JPEG without its notes (EXIF, XMP, comments), its pixels untouched: for pictures inside other files.

    What is no JPEG comes back as it is. The profile (APP2) and the transform (APP14) stay, or colours would change.
    """
    if not data.startswith(b"\xff\xd8"):
        return data
    return b"\xff\xd8" + b"".join(_kept_segments(data))


def _kept_segments(data: bytes) -> Iterator[bytes]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xDA:  # from here on there are pixels
            break
        if marker == 0xFF:
            place += 1
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        is_note = marker == 0xFE or (0xE1 <= marker <= 0xEF and marker not in (0xE2, 0xEE))
        is_profile = marker != 0xE2 or data[place + 4 : place + 15] == b"ICC_PROFILE"
        if not is_note and is_profile:
            yield data[place : place + 2 + length]
        place += 2 + length
    yield data[place:]
