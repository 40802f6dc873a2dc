"""Looks into one file in a process of its own: standard input holds it, standard output says what it is, and after that
line gives its copy without metadata, where there is one. Run as a script, without the environment, within limits.

What a hostile file does to the libraries behind it costs a child, never a server. It can open no file to write.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

MEMORY_BYTES_MAX = 512 * 1024 * 1024
CPU_SECONDS_MAX = 10


def main(said: str) -> int:
    """Print a line of JSON: ``ending`` and ``size`` of the copy (None for none), or ``refused``; then the copy."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from engine.service.filing.kinds import Refused

    data = sys.stdin.buffer.read()
    try:
        ending, copy = _looked_into(data, said)
    except Refused as refused:
        _say({"refused": refused.reason})
        return 0
    except (MemoryError, RecursionError):
        _say({"refused": "damaged"})
        return 0
    _say({"ending": ending, "size": None if copy is None else len(copy)})
    if copy is not None:
        sys.stdout.buffer.write(copy)
    return 0


def _looked_into(data: bytes, said: str) -> tuple[str, bytes | None]:
    from engine.service.filing.kinds import KINDS
    from engine.service.filing.sniffing import ending_of_content

    ending = ending_of_content(data, said)
    if ending == "zip":
        from engine.service.filing.office import stripped_office

        return stripped_office(data)
    match KINDS[ending].family:
        case "image":
            from engine.service.filing.pictures import stripped_picture

            return ending, stripped_picture(data, ending)
        case "pdf":
            from engine.service.filing.documents import stripped_pdf

            return ending, stripped_pdf(data)
        case "text":
            return ending, data  # nothing in it that is not read
        case _:
            return ending, None


def _say(line: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
