"""A process that takes hostile files one after the other, with limits on memory and a watch on what it does outside.

A line of JSON says what to do with which file in which folder; a line of JSON answers how that ended. The process that
asks lives on whatever happens here; that this one lives on too is what the tests are about.

Run as ``python -m tests.hostile.attempts``; `Attempts` is the side that asks.
"""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import gettempdir

from cytokinome import cache

MEMORY = 4 * 2**30  # bytes of address space that an attempt may have
_PASSING = os.path.join(gettempdir(), "cytokinome-")  # what the folders begin with that the importer makes and removes
SECONDS = 90.0  # after which an attempt counts as one that hangs; honest ones take a few at most
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOVES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_OUTWARD = (
    *(f"socket.{what}" for what in ("connect", "bind", "sendto", "getaddrinfo", "gethostbyname")),
    *("os.system", "os.exec", "os.posix_spawn"),
)
_WORKER = "cytokinome.interchange.sbml.worker"


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended.

    Attributes
    ----------
    taken : bool
        Whether the file was accepted.
    codes : tuple of (code, line)
        The errors found; line 0 where they have no place.
    defect : str
        An exception that no caller should ever see; empty where there was none.
    outside : tuple of str
        What was written outside the folder, sent over the network or started as a process.
    seconds : float
        Processor time of this process and of the readers it ended.
    """

    taken: bool
    codes: tuple[tuple[str, int], ...]
    defect: str
    outside: tuple[str, ...]
    seconds: float


class Attempts:
    """The side that asks; a process that hangs or dies is an ending with a defect, and is replaced."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def attempt(self, action: str, path: Path, folder: Path) -> Ending:
        """Do `action` with the file at `path`; it may write below `folder` alone."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.hostile.attempts"]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        process.stdin.write(json.dumps({"action": action, "path": os.fspath(path), "folder": os.fspath(folder)}) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], SECONDS)
        answer = process.stdout.readline() if ready else ""
        if answer:
            said = json.loads(answer)
            codes = tuple((code, line) for code, line in said["codes"])
            return Ending(said["taken"], codes, said["defect"], tuple(said["outside"]), said["seconds"])
        self.stop()
        what = f"the process ended with {process.returncode}" if ready else f"no answer within {SECONDS:g} s"
        return Ending(False, (), what, (), SECONDS)

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


# ------------------------------------------------------------------------------------------- the process that is asked
class _Watch:
    """What happens outside the folder of the attempt, by the audit events of Python."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.kept = cache.folder()  # where compiled kernels may lie
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note an event; nothing is forbidden, so that what follows from it is seen too."""
        if self.folder is None:
            return
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            self._touch(event, arguments[0])
        elif event in _MOVES:
            for path in arguments[:2]:
                self._touch(event, path)
        elif event in _OUTWARD:
            self.seen.append(f"{event} {arguments[1:]}")
        elif event == "subprocess.Popen" and _WORKER not in str(arguments[1]):
            self.seen.append(f"{event} {arguments[1]}")

    def _touch(self, event: str, path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike) or self.folder is None:
            return
        absolute = Path(os.path.abspath(os.fsdecode(path)))
        if os.fspath(absolute).startswith(_PASSING):
            return
        own = (self.folder, Path(os.devnull), *([self.kept] if self.kept else []))
        if "__pycache__" not in absolute.parts and not any(absolute.is_relative_to(place) for place in own):
            self.seen.append(f"{event} {absolute}")


def _codes(report: object) -> tuple[tuple[str, int], ...]:
    return tuple((d.code, d.where.line if d.where else 0) for d in report.errors)  # type: ignore[attr-defined]


def _imported(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome import api

    api.import_model(path)
    return ()


def _imported_and_run(path: Path) -> tuple[tuple[str, int], ...]:
    """Import a model and run it from 0 to 10 on both targets; a run that comes to nothing has an outcome."""
    import numpy as np

    from cytokinome import api
    from cytokinome.errors import SimulationError
    from tests.conformance.foreign.simulate import simulate

    imported = api.import_model(path)
    readings = [symbol.symbol for _, symbol in imported.symbols][:20]
    codes: list[tuple[str, int]] = []
    for target in ("reference", "llvm"):
        try:
            simulate(imported, readings, np.linspace(0.0, 10.0, 11), rtol=1e-6, atol=1e-9, target=target)
        except SimulationError:
            codes.append(("OUTCOME", 0))
    return tuple(codes)


def _checked_model(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome import api

    return _codes(api.check_model(path).report)


def _checked_experiment(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome import api

    return _codes(api.check_experiment(path).report)


def _formatted(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome.diagnostics import Collector
    from cytokinome.text import read_file
    from cytokinome.text.layout import format_text

    found = Collector()
    text = read_file(path, found)
    if text is not None:
        format_text(text, str(path), found)
    return _codes(found.report())


def _opened(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome import api

    result = api.open(path)
    for arm in result.arms.values():
        _ = arm.typical, arm.times
    return ()


def _record(path: Path) -> tuple[tuple[str, int], ...]:
    from cytokinome.catalogue.load import load_text
    from cytokinome.diagnostics import Collector

    found = Collector()
    load_text(path.read_text(encoding="utf-8"), path.name, found)
    return _codes(found.report())


ACTIONS: dict[str, Callable[[Path], Iterable[tuple[str, int]]]] = {
    "import": _imported,
    "import and run": _imported_and_run,
    "check model": _checked_model,
    "check experiment": _checked_experiment,
    "format": _formatted,
    "open": _opened,
    "record": _record,
}


def _attempted(action: str, path: Path) -> tuple[bool, tuple[tuple[str, int], ...], str]:
    from cytokinome.errors import CytokinomeError

    try:
        codes = tuple(ACTIONS[action](path))
    except CytokinomeError as error:
        codes = _codes(error.report) if error.report else ()
        return False, codes, "" if codes else f"an error without a code: {error}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return False, (), f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:200]}"
    return not codes, codes, ""


def _used() -> float:
    """Processor time [s] of this process and of its children that have ended."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main() -> None:
    """Answer until nothing is asked any more."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    watch = _Watch()
    sys.addaudithook(watch)
    for line in sys.stdin:
        asked = json.loads(line)
        folder = Path(asked["folder"])
        os.chdir(folder)
        begun, watch.seen, watch.folder = _used(), [], folder
        taken, codes, defect = _attempted(asked["action"], Path(asked["path"]))
        watch.folder = None
        ending = Ending(taken, codes[:20], defect, tuple(watch.seen), _used() - begun)
        answers.write(json.dumps(asdict(ending)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
