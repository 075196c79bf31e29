"""What went wrong becomes a message and an exit status; a user never sees a traceback."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from cytokinome._version import __version__
from cytokinome.cli.console import tell
from cytokinome.errors import CytokinomeError, ResourceLimit, UserFileError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

DEFECT = 70
STOPPED = 130
READER_GONE = 141
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Guarded(TyperGroup):
    """The group of all commands, each run inside `told`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line; `--json` alone means standard output."""
        follow = [*args[1:], "--"]
        pairs = zip(args, follow, strict=True)
        is_bare = [word == "--json" and after.startswith("--") for word, after in pairs]
        words = [word if not bare else "--json=-" for word, bare in zip(args, is_bare, strict=True)]
        return super().parse_args(ctx, words)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with told():
            return super().invoke(ctx)


@contextmanager
def told() -> Generator[None]:
    """Tell the user what is raised inside, and exit with its status.

    Raises
    ------
    typer.Exit
        For everything but the faults of the command line itself, which typer tells.
    """
    try:
        yield
        sys.stdout.flush()  # so that a full disk or a closed pipe is known here
    except CytokinomeError as error:
        tell(_text(error))
        raise typer.Exit(_status(error)) from None
    except KeyboardInterrupt:
        tell("stopped")
        raise typer.Exit(STOPPED) from None
    except BrokenPipeError:
        _drop_output()
        raise typer.Exit(READER_GONE) from None
    except OSError as error:
        tell(f"error: {_sentence(error)}")
        raise typer.Exit(_os_status(error)) from None
    except MemoryError:
        tell("error TOO_LARGE: there is not enough memory\n  help: take fewer patients or a coarser time grid")
        raise typer.Exit(ResourceLimit.exit_status) from None
    except Exception as error:
        if hasattr(error, "exit_code"):  # typer's own: a wrong option, or the end of a command
            raise
        tell(_defect(error))
        raise typer.Exit(DEFECT) from None


def _text(error: CytokinomeError) -> str:
    """What an error says; where a report comes with it, its findings are in the message already."""
    return str(error) if error.report else f"error: {error}"


def _status(error: CytokinomeError) -> int:
    cause = error.__cause__
    return _os_status(cause) if isinstance(cause, OSError) else error.exit_status


def _os_status(error: OSError) -> int:
    return ResourceLimit.exit_status if error.errno in _FULL else UserFileError.exit_status


def _sentence(error: OSError) -> str:
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    reason = error.strerror or str(error) or type(error).__name__
    return ": ".join([*names[:1], reason])


def _drop_output() -> None:
    """Let nothing more be written to a reader who is gone, so that Python ends quietly."""
    with suppress(OSError, ValueError):  # ValueError: the stream has no file behind it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


def _defect(error: Exception) -> str:
    """Write the traceback to a file and return what to say."""
    text = "".join(traceback.format_exception(error))
    head = f"cytokinome {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    lines = [f"This is a defect of cytokinome: {type(error).__name__}: {str(error)[:300]}"]
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", prefix="cytokinome-", suffix=".txt", delete=False
        ) as file:
            file.write(f"{head}{' '.join(sys.argv)}\n\n{text}")
        lines.append(f"The details are in {file.name}; please report them. Your files have not been changed.")
    except OSError:
        lines.append("The details could not be written to a file.")
    return "\n".join(lines)
