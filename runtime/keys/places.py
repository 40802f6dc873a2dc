"""Where the key file and the epoch keys of an installation stand, and what is said when they are not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import KeysUnavailable
from engine.text import Text

if TYPE_CHECKING:
    from runtime.settings import Settings

POSTGRES_FOLDER: Final = Path("data/keys")
"""Where keys stand when the database is no file: on the machine that serves, never in the database's own back-ups."""
KEYS_NAME: Final = "keys.db"
EPOCHS_NAME: Final = "epoch.keys"
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlaces:
    """The key file (data keys, wrapped) and the file of the epoch keys they are wrapped under."""

    keys: Path
    epochs: Path


def places_of(settings: Settings) -> KeyPlaces:
    """Return where the settings put the two files: by default in the folder ``keys`` beside the database."""
    database = settings.sqlite_path
    folder = POSTGRES_FOLDER if database is None else database.parent / "keys"
    return KeyPlaces(keys=settings.keys or folder / KEYS_NAME, epochs=settings.epoch_keys or folder / EPOCHS_NAME)


def make_folder(path: Path) -> None:
    """Make the folder of a file, for its owner alone; one that is there is left as it is.

    Raises:
        KeysUnavailable: it cannot be made.
    """
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path) from error


def missing_keys(path: Path) -> KeysUnavailable:
    """Return the refusal to work without the key file."""
    return KeysUnavailable(
        Text(
            f"数据库中有加密的内容，但密钥文件 {path} 不存在；请从密钥备份恢复该文件，或用 BANJIE_KEYS 指明其位置",
            f"The database holds encrypted values, but there is no key file {path}; restore it from its back-up, or "
            "name its place with BANJIE_KEYS",
        )
    )


def foreign_keys(path: Path) -> KeysUnavailable:
    """Return the refusal to work with a key file that does not know this database's keys."""
    return KeysUnavailable(
        Text(
            f"密钥文件 {path} 中没有本数据库的密钥（文件属于别处，或比数据库旧）；请恢复最新的密钥备份",
            f"The key file {path} does not hold this database's keys (it is another's, or older than the database); "
            "restore the newest back-up of the keys",
        )
    )


def missing_epochs(path: Path, numbers: list[int]) -> KeysUnavailable:
    """Return the refusal to work without the epoch keys of these numbers."""
    which = "、".join(map(str, numbers))
    return KeysUnavailable(
        Text(
            f"期次密钥文件 {path} 缺少或不符第 {which} 期的密钥；请恢复最新的期次密钥备份，"
            "或用 BANJIE_EPOCH_KEYS 指明其位置",
            f"The file of epoch keys {path} lacks the key of epoch {which.replace('、', ', ')}, or holds another; "
            "restore its newest back-up, or name its place with BANJIE_EPOCH_KEYS",
        )
    )


def damaged_keys(path: Path) -> KeysUnavailable:
    """Return the refusal to work with a file that cannot be read as what it should be."""
    return KeysUnavailable(
        Text(
            f"密钥文件 {path} 无法读取或已损坏；请检查权限，或从密钥备份恢复",
            f"The key file {path} cannot be read, or is damaged; look at its permissions, or restore its back-up",
        )
    )


def busy_keys(path: Path) -> KeysUnavailable:
    """Return the refusal while another process writes the key file for too long."""
    return KeysUnavailable(
        Text(f"密钥文件 {path} 正被占用，请稍后再试", f"The key file {path} is being written; try again soon")
    )


def unwritable(path: Path) -> KeysUnavailable:
    """Return the refusal where the folder of the keys cannot be written."""
    return KeysUnavailable(
        Text(f"无法写入密钥文件夹 {path.parent}", f"The folder of the keys cannot be written: {path.parent}")
    )
