"""What ``banjie doctor`` looks at about keys: are they there, do they open a value, and may nobody else read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import KeysUnavailable
from engine.service.looks import Look
from engine.text import Text
from runtime.cli.looking import asked
from runtime.clock import WallClock
from runtime.keys.places import FILE_MODE, FOLDER_MODE, KeyPlaces, foreign_keys, places_of

if TYPE_CHECKING:
    from engine.service.ports import Reads
    from runtime.keys.sealer import KeySealer
    from runtime.settings import Settings

EPOCH_AGE_MAX: Final = timedelta(days=2)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def key_looks(settings: Settings) -> Iterator[Look]:
    """Yield what is found about the keys; nothing where there is no database yet, or it does not answer."""
    from runtime.keys.opening import open_sealer

    places = places_of(settings)

    def question(reads: Reads) -> list[Look]:
        try:
            with closing(open_sealer(places, reads)) as sealer:
                return list(_opened(reads, sealer))
        except KeysUnavailable as error:
            advice = Text("从密钥备份恢复后再试", "Restore it from the back-up of the keys and try again")
            return [Look(name="keys", text=error.text, advice=advice, fatal=True)]

    found = asked(settings, question)
    if found is None:
        return
    yield from found
    yield from modes(places)


def modes(places: KeyPlaces) -> Iterator[Look]:
    """Yield which of the files and folders others may read, or somebody else owns."""
    for path in dict.fromkeys((places.keys.parent, places.keys, places.epochs.parent, places.epochs)):
        if path.exists():
            yield from _mode(path)


def _mode(path: Path) -> Iterator[Look]:
    status = path.stat()
    wanted = FOLDER_MODE if path.is_dir() else FILE_MODE
    if status.st_mode & _OTHERS:
        yield Look(
            name="keys",
            text=Text(f"他人可以访问 {path}", f"Others may reach {path}"),
            advice=Text(f"chmod {wanted:o} {path}", f"chmod {wanted:o} {path}"),
        )
    if status.st_uid != os.geteuid():
        yield Look(
            name="keys",
            text=Text(f"{path} 属于另一个系统用户", f"{path} belongs to another user of the system"),
            advice=Text(f"chown 为运行服务的用户：{path}", f"chown it to the user who runs the server: {path}"),
        )


def _opened(reads: Reads, sealer: KeySealer) -> Iterator[Look]:
    """Say whether the newest key opens a value, what is still in the clear, and how old the epoch is."""
    from runtime.keys.opening import newest_keys

    if not sealer.has_file:
        yield Look(name="keys", text=Text("还没有加密的内容", "Nothing has been encrypted yet"))
    else:
        for key in newest_keys(reads):
            if not sealer.file.find([key]):
                raise foreign_keys(sealer.places.keys)
        with sealer.file.changing():
            epoch = sealer.file.epochs[sealer.file.current_epoch()]
        age = WallClock().now() - epoch.made_at
        text = Text(f"密钥可用：第 {epoch.number} 期", f"The keys are there: epoch {epoch.number}")
        late = Text(
            "密钥已超过两天没有换期：启动 banjie serve（或 banjie work），或运行 banjie keys rotate",
            "No new epoch for two days: start banjie serve or banjie work, or run banjie keys rotate",
        )
        yield Look(name="keys", text=text, advice=late if age > EPOCH_AGE_MAX else None)
    if any(reads.unsealed_values(root, 1) for root in reads.roots()):
        yield Look(
            name="keys",
            text=Text("有启用密钥前留下的未加密内容", "Values from before there were keys stand in the clear"),
            advice=Text(
                "运行 banjie keys seal-old；服务每天也会自动加密", "banjie keys seal-old; the server does it daily too"
            ),
        )
