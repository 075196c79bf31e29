"""What was made once on this machine is loaded the next time: compiled kernels, records that were read.

An entry is named by the hash of all that its code depends on, carries a checksum, and is written whole or not at all;
one that is damaged counts as absent. The folder is the user's own: code that others could have written is not run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

ENVIRONMENT = "CYTOKINOME_CACHE"  # folder to use instead of the user's; "off" keeps nothing
ENTRIES = 1000  # kept; of more, those not used for longest go
_MARK = b"cytokinome kernel 1\n"


class CacheWarning(UserWarning):
    """What was computed once cannot be kept; everything works, but is computed again each time."""


def folder() -> Path | None:
    """Return the folder of the cache, made if it is not there; None, with a warning, where it cannot be used."""
    wanted = os.environ.get(ENVIRONMENT, "")
    if wanted.lower() == "off":
        return None
    path = Path(wanted).expanduser() if wanted else _of_the_user()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = _fault(path)
    except (OSError, RuntimeError) as error:
        fault = str(error)
    if fault:
        _warn(path, fault)
        return None
    return path


def _of_the_user() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~")).expanduser() / "cytokinome" / "cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path("~/.cache").expanduser()) / "cytokinome"


def _fault(path: Path) -> str:
    """Return why a folder cannot be trusted or written, or nothing."""
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return "it cannot be written"
    if sys.platform != "win32":
        status = path.stat()
        if status.st_uid != os.getuid():
            return "it belongs to somebody else"
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return "others may write to it"
    return ""


@lru_cache
def _warn(path: Path, fault: str) -> None:
    """Say once what is wrong with a folder."""
    message = f"nothing is kept between runs in {path}: {fault}; {ENVIRONMENT} names another folder"
    warnings.warn(message, CacheWarning, stacklevel=2)


def key(*parts: object) -> str:
    """Return the name of an entry: the hash of all that its content depends on."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def read(name: str) -> bytes | None:
    """Return the content of an entry; None where there is none, or it is damaged."""
    path = folder()
    if path is None:
        return None
    try:
        data = (path / name).read_bytes()
    except OSError:
        return None
    head = len(_MARK) + hashlib.sha256().digest_size
    content = data[head:]
    if data[:head] != _MARK + hashlib.sha256(content).digest():
        return None
    with contextlib.suppress(OSError):
        os.utime(path / name)
    return content


def write(name: str, content: bytes) -> None:
    """Keep an entry. A fault is a warning: the caller has what it needs."""
    path = folder()
    if path is None:
        return
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path)
        with os.fdopen(handle, "wb") as file:
            file.write(_MARK + hashlib.sha256(content).digest() + content)
        os.replace(temporary, path / name)
        _forget(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        _warn(path, str(error))


def _forget(path: Path) -> None:
    """Remove the entries beyond those kept; another process may be doing the same."""
    entries = [entry for entry in path.iterdir() if len(entry.name) == 64]
    if len(entries) <= ENTRIES:
        return
    with contextlib.suppress(OSError):
        for entry in sorted(entries, key=lambda e: e.stat().st_mtime)[:-ENTRIES]:
            entry.unlink(missing_ok=True)
