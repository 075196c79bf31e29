"""Files of run directories: written whole or not at all, faults told with a code, one writer at a time."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


def store_error(code: str, message: str, hint: str) -> StoreError:
    """Return a `StoreError` that carries one diagnostic."""
    found = Collector()
    found.error(code, message, hint=hint)
    return StoreError(f"error {code}: {message}\n  help: {hint}", found.report())


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn what the operating system says into a `StoreError`, ``STORE_UNWRITABLE``."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "free some space, or choose another place" if full else "choose a folder that you may write to"
        raise store_error("STORE_UNWRITABLE", f"{path} cannot be written: {reason}", hint) from error


def write_atomically(path: Path, content: bytes, *, is_durable: bool = True) -> None:
    """Replace `path` by `content` so that a reader, or a crash, sees the old content or the new, never a part.

    Parameters
    ----------
    path : Path
    content : bytes
    is_durable : bool
        Whether to wait until the disk has it; what carries a checksum need not wait.

    Raises
    ------
    OSError
        As the operating system says.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            if is_durable:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


_HELD: set[str] = set()  # by this process, which the system lets lock a file twice


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock file `path` while the block runs; the system lets it go when the process ends, however it ends.

    Raises
    ------
    BlockingIOError
        Somebody else holds it.
    OSError
        The file cannot be made.
    """
    name = str(path.absolute())
    if name in _HELD:
        raise BlockingIOError(errno.EAGAIN, "it is locked", name)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _HELD.add(name)
    try:
        _lock(handle)
        if not path.exists() or not os.path.samestat(os.fstat(handle), path.stat()):
            raise BlockingIOError(errno.EAGAIN, "it was locked a moment ago", name)
        yield
        if sys.platform != "win32":  # there an open file cannot be removed
            path.unlink(missing_ok=True)
    finally:
        _HELD.discard(name)
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

else:
    import fcntl

    def _lock(handle: int) -> None:
        """Not flock: worker processes would inherit it, and hold it when their parent has been killed."""
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except PermissionError as error:  # what some systems say in place of BlockingIOError
            raise BlockingIOError(*error.args) from error
