"""The command line as a test uses it: in this process, or as a process of its own. Knows no command by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer.testing
from typer.main import get_command
from typer.testing import CliRunner

from runtime.cli.main import app

PROJECT = Path(__file__).parents[2]

# The tree of commands is the same at every call, and building it costs more than most commands.
typer.testing._get_command = cache(get_command)  # type: ignore[attr-defined]  # its runner asks there at each call


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed on standard output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line pointed at one database, under the settings given."""

    database: str
    settings: Mapping[str, str]

    def run(self, *arguments: str, typed: str = "") -> Answered:
        """Run a command in this process."""
        given = ["--database", self.database, *arguments]
        result = CliRunner().invoke(app, given, input=typed, env=dict(self.settings))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answered(code=result.exit_code, out=result.stdout, err=result.stderr)

    def must(self, *arguments: str, typed: str = "") -> str:
        """Run a command that must succeed and return what it printed."""
        answered = self.run(*arguments, typed=typed)
        assert answered.code == 0, answered.err
        return answered.out

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own, its output piped."""
        return subprocess.Popen(
            [sys.executable, "-m", "runtime.cli.main", "--database", self.database, *arguments],
            cwd=PROJECT,
            env={**os.environ, **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def apart(self, *arguments: str) -> Answered:
        """Run a command in a process of its own."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return Answered(code=process.returncode, out=out, err=err)


def command_line(database: str, **settings: str) -> CommandLine:
    """Return the command line on a database; settings are names without ``BANJIE_``."""
    return CommandLine(database, {f"BANJIE_{name.upper()}": value for name, value in settings.items()})
