"""What a folder with a signing key needs: a lock, a key that only its owner reads, files that are whole or absent."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.errors import SealingStopped
from engine.text import Text

OTHERS: Final = 0o077


def locked(path: Path) -> int:
    """Take the lock of a folder and return its descriptor, which is to be closed; another's raises SealingStopped."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SealingStopped(
            Text("另一签名程序正在使用这个文件夹", "Another signer is using this folder"), held=True
        ) from error
    return descriptor


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file; it is made where there is none.

    Raises:
        SealingStopped: others may read it, or it is no such key.
    """
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        written(
            path,
            fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    if path.stat().st_mode & OTHERS:
        raise SealingStopped(
            Text(f"他人可以读取 {path}；请执行 chmod 600", f"Others may read {path}; run chmod 600 on it")
        )
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise SealingStopped(Text(f"{path} 不是签名密钥", f"{path} holds no signing key")) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SealingStopped(Text(f"{path} 不是签名密钥", f"{path} holds no signing key"))
    return key


def written(path: Path, data: bytes) -> None:
    """Write a file so that after a power loss either the old or the new one is there, whole."""
    partial = path.with_name(path.name + ".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
