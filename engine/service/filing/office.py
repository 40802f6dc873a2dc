"""Office files for handlers: who wrote them, when, and on what machine is left out; what they say stays."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from engine.service.filing.kinds import Refused
from engine.service.filing.markup import Attributes, local, rewritten
from engine.service.filing.packages import MAIN, Package, read_package
from engine.service.filing.pictures import stripped_picture

_AUTHORS: Final = frozenset({"author", "initials", "userId", "providerId", "displayName", "email"})
_DATES: Final = frozenset({"date", "dateUtc", "dt", "created", "modified"})
_MARKS_OF_EDITING: Final = re.compile(r"(rsid\w*|paraId|textId|durableId|uid)")
_DROPPED_ELEMENTS: Final = frozenset(
    (
        "rsids",
        "rsid",
        "rsidRoot",
        "docId",
        "lastModifiedBy",
        "fileSharing",
        "absPath",
        "presenceInfo",
        "attachedTemplate",
    )
)
_EMPTIED: Final = frozenset({"author"})
"""Elements that others count on, whose text says who it was."""
_DROPPED_PARTS: Final = re.compile(
    r"^(docProps/|customXml/|_xmlsignatures/|\[trash\]/|word/people\.xml|word/comments(Ids|Extended|Extensible)\.xml|"
    r"xl/revisions/|(xl|word|ppt)/printerSettings/)",
    re.IGNORECASE,
)
_LEFT_AS_THEY_ARE: Final = re.compile(r"^xl/(worksheets/|sharedStrings\.xml|styles\.xml|calcChain\.xml|pivot|tables/)")
"""Parts that may be long and say nothing of persons but the marks of editing."""
_MEDIA: Final = (".mp4", ".m4a", ".mp3", ".wav")
_TAG_OF_SHEET: Final = re.compile(rb'\s(?:xr\d?|mc|x14ac):uid="[^"]*"')
_STAMP: Final = (1980, 1, 1, 0, 0, 0)


def stripped_office(data: bytes) -> tuple[str, bytes | None]:
    """Return the ending and the stripped package; None where it holds sound or film, which cannot be stripped.

    Raises:
        Refused: it is not what it should be (see ``packages``).
    """
    package = read_package(data)
    if any(name.lower().endswith(_MEDIA) for name in package.parts):
        return package.ending, None
    return package.ending, _written(package)


def _written(package: Package) -> bytes:
    dropped = {name for name in package.parts if _DROPPED_PARTS.match(name)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in package.parts.items():
            if name not in dropped:
                info = zipfile.ZipInfo(name, _STAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, _part(name, part, dropped))
    return out.getvalue()


def _part(name: str, part: bytes, dropped: set[str]) -> bytes:
    lower = name.lower()
    ending = lower.rpartition(".")[2]
    if name == "[Content_Types].xml":
        return rewritten(part, lambda tag, found: _type_kept(tag, found, dropped))
    if ending == "rels":
        return rewritten(part, lambda tag, found: _relation_kept(tag, found, name, dropped))
    if ending in MAIN:
        return _written(read_package(part, depth=1))
    if ending in ("jpg", "jpeg", "png"):
        return _picture(part)
    if ending == "xml" and _LEFT_AS_THEY_ARE.match(name):
        return _TAG_OF_SHEET.sub(b"", part)
    if ending in ("xml", "vml", "svg"):
        return rewritten(part, _element_kept, emptied=_EMPTIED)
    return part


def _element_kept(tag: str, found: Attributes) -> Attributes | None:
    """Keep what is shown: authors, dates and marks of editing go."""
    name = local(tag)
    if name in _DROPPED_ELEMENTS:
        return None
    return {
        key: "" if local(key) in _AUTHORS or (name == "cmAuthor" and key == "name") else value
        for key, value in found.items()
        if not _MARKS_OF_EDITING.fullmatch(local(key)) and (":" not in key or local(key) not in _DATES) and key != "dt"
    }


def _type_kept(_tag: str, found: Attributes, dropped: set[str]) -> Attributes | None:
    return None if found.get("PartName", "").lstrip("/") in dropped else found


def _relation_kept(tag: str, found: Attributes, name: str, dropped: set[str]) -> Attributes | None:
    if tag.rpartition(":")[2] != "Relationship":
        return found
    if found.get("TargetMode") == "External" and not found.get("Type", "").endswith("/hyperlink"):
        return None
    folder = name.rpartition("_rels/")[0]
    target = _resolved(folder, found.get("Target", ""))
    return None if target in dropped else found


def _resolved(folder: str, target: str) -> str:
    """Return the part that a relation points to, from the root of the package."""
    if target.startswith("/"):
        return target.lstrip("/")
    steps: list[str] = [step for step in folder.split("/") if step]
    for step in target.split("/"):
        if step == "..":
            if steps:
                steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _picture(part: bytes) -> bytes:
    ending = "png" if part.startswith(b"\x89PNG") else "jpg"
    try:
        return stripped_picture(part, ending)
    except Refused as refused:
        # A picture in a text may be damaged and the text still be read; one that cannot be stripped goes no further.
        raise Refused("damaged" if refused.reason != "pixels" else "pixels") from refused
