"""Both offline verifiers over one bundle: what they report, which is the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from deploy.verify.verify import check_bundle, hashes_in

PROJECT = Path(__file__).parents[2]


def both(data: bytes, folder: Path, files: Path | None = None) -> dict[str, Any]:
    """Return the report that both verifiers give."""
    given = None if files is None else hashes_in(str(files))
    report = check_bundle(data, files=given)
    node = shutil.which("node")
    if node is not None:
        (folder / "bundle.zip").write_bytes(data)
        words = [] if files is None else ["--files", str(files)]
        script = PROJECT / "deploy" / "verify" / "verify.mjs"
        ran = subprocess.run([node, script, folder / "bundle.zip", *words, "--json"], capture_output=True, check=False)
        assert json.loads(ran.stdout) == report
    return report


def codes(report: dict[str, Any]) -> list[str]:
    return [str(one["code"]) for one in report["findings"]]
