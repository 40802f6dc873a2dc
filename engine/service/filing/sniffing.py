"""What a file is, by its bytes alone; its name only tells a table of texts from a text."""

from __future__ import annotations

import codecs
import re
from typing import Final

from engine.service.filing.kinds import Refused
from engine.service.filing.ole import OLE_MAGIC, old_office_ending

_EICAR: Final = b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!"
"""In two parts, so that this module is not taken for what it looks for."""
_MARKUP: Final = re.compile(rb"<\s{0,8}(script|html|!doctype\s+html|\?php|iframe|svg[\s>])", re.IGNORECASE)
_MARKUP_EARLY: Final = re.compile(rb"<\s{0,8}(svg|body|img|a\s|meta|link|style|xml|\?xml|!--)", re.IGNORECASE)
_ARCHIVES: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL_BYTES: Final = 22 + 65535
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "}
)
_M4A_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
_BOXES: Final = frozenset(
    (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"moof", b"mfra", b"sidx", b"udta")
)
_AMR_FRAME_BYTES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_AMR_WB_FRAME_BYTES: Final = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
_MP3_BITRATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_BITRATES_LOW: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES: Final = (44100, 48000, 32000)


def ending_of_content(data: bytes, said: str) -> str:
    """Return the ending of a content's kind; zips are told apart later, by what they hold, and are "zip" here.

    ``said`` is the ending of the name it came with.

    Raises:
        Refused: it is none of the kinds, or more than one.
    """
    if not data:
        raise Refused("empty")
    if _EICAR in data:
        raise Refused("virus")
    ending = _by_magic(data, said)
    _demand_one_kind(data, ending)
    return ending


def _by_magic(data: bytes, said: str) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _whole_riff(data, "webp")
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _whole_riff(data, "wav")
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "zip"
    if data.startswith(OLE_MAGIC):
        return old_office_ending(data)
    if data[4:8] == b"ftyp":
        return _boxes(data, said)
    if data.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return _amr(data)
    if data.startswith((b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")):
        return _mp3(data)
    return _text(data, said)


def _demand_one_kind(data: bytes, ending: str) -> None:
    """Refuse what is of a second kind as well: pages, scripts and archives hidden in something harmless."""
    if ending != "zip" and _ZIP_END in data[-_ZIP_TAIL_BYTES:]:
        raise Refused("mixed")
    if ending != "pdf" and b"%PDF-" in data[:1024]:
        raise Refused("mixed")
    if any(magic in data for magic in _ARCHIVES):
        raise Refused("mixed")
    # What is packed is looked at where it is unpacked.
    if ending != "zip" and _MARKUP.search(data):
        raise Refused("active" if ending in ("txt", "csv") else "mixed")


def _whole_riff(data: bytes, ending: str) -> str:
    size = int.from_bytes(data[4:8], "little") + 8
    if size not in (len(data), len(data) + 1):
        raise Refused("damaged")
    return ending


def _boxes(data: bytes, said: str) -> str:
    """Tell sound from moving pictures by the brand; every box must be whole."""
    brands = {data[8:12], *(data[n : n + 4] for n in range(16, min(int.from_bytes(data[:4], "big"), 256), 4))}
    if not brands & (_MP4_BRANDS | _M4A_BRANDS):
        raise Refused("unknown")
    place = 0
    seen: set[bytes] = set()
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16], "big")
        if size == 0:
            size = len(data) - place
        if size < 8 or place + size > len(data) or kind not in _BOXES:
            raise Refused("damaged")
        seen.add(kind)
        place += size
    if not {b"ftyp", b"moov"} <= seen:
        raise Refused("damaged")
    return "m4a" if data[8:12] in _M4A_BRANDS or said == "m4a" else "mp4"


def _amr(data: bytes) -> str:
    wide = data.startswith(b"#!AMR-WB\n")
    sizes, place = (_AMR_WB_FRAME_BYTES, 9) if wide else (_AMR_FRAME_BYTES, 6)
    frames = 0
    while place < len(data):
        place += sizes[data[place] >> 3 & 15]
        frames += 1
    if place != len(data) or not frames:
        raise Refused("damaged")
    return "amr"


def _mp3(data: bytes) -> str:
    """Follow the frames: sound from the first to the last byte, but for tags before and behind."""
    place, end = 0, len(data)
    if data.startswith(b"ID3"):
        size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
        place = 10 + size + (10 if data[5] & 16 else 0)
    if data[-128:-125] == b"TAG":
        end -= 128
    while place < end and data[place] == 0:  # padding behind the tag
        place += 1
    frames = 0
    while place + 4 <= end:
        length = _mp3_frame_bytes(data[place : place + 4])
        if length is None:
            break
        place += length
        frames += 1
    if frames < 2 or place > end or any(data[place:end].strip(b"\0")):
        raise Refused("damaged")
    return "mp3"


def _mp3_frame_bytes(head: bytes) -> int | None:
    version, layer, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 2 & 3
    bits = head[2] >> 4
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or layer != 1 or version == 1 or rate == 3 or bits in (0, 15):
        return None
    hertz = _MP3_RATES[rate] >> (0 if version == 3 else 1 if version == 2 else 2)
    kilobits = (_MP3_BITRATES if version == 3 else _MP3_BITRATES_LOW)[bits]
    return (144 if version == 3 else 72) * kilobits * 1000 // hertz + (head[2] >> 1 & 1)


def _text(data: bytes, said: str) -> str:
    """A text is UTF-8, or GB 18030, without control characters, and not a page or a script."""
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = codecs.decode(data, encoding)
        except UnicodeDecodeError:
            continue
        break
    if text is None or _CONTROL.search(text) or not text.strip():
        raise Refused("unknown")
    begin = text.lstrip().encode()[:1024]
    if begin.startswith((b"#!", b"<")) or _MARKUP_EARLY.search(begin) or begin[:4].lower() in (b"mz\x90", b"@ech"):
        raise Refused("active")
    return "csv" if said == "csv" else "txt"
