"""Libraries that read files of others, in a process of their own: a file that breaks the reader breaks nothing here.

One process serves many files in turn, with limits on memory and time; it is killed and started anew when a file breaks
it, and from time to time, so that nothing gathers in it. Answers are plain data (`document`).
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from cytokinome.interchange.sbml.document import Reading, Translated, from_plain
from cytokinome.interchange.sbml.prescan import prescan
from cytokinome.interchange.sbml.refusal import Refused

MEGABYTES = 2048
SECONDS = 20  # of processor time; three times as much by the clock, for machines that are busy
FILES = 200  # that one process reads
_PATIENCE = 3


def read(path: Path, *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> Reading:
    """Return what a file in SBML says.

    Parameters
    ----------
    path : Path
    seconds, megabytes : int
        What reading it may take.

    Raises
    ------
    Refused
        Where the file is not what a model in SBML may be, or the reader failed on it.
    OSError
        If the file cannot be read.
    """
    prescan(path)
    return from_plain(Reading, _answer("sbml", str(path.resolve()), seconds, megabytes))


def translate(kind: str, text: str, *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> Translated:
    """Return a text in Antimony as SBML, or a text in SBML as Antimony.

    Parameters
    ----------
    kind : str
        ``from antimony`` or ``to antimony``.
    text : str
    seconds, megabytes : int
        What translating it may take.

    Raises
    ------
    Refused
        Where the translator failed on it, or is not installed.
    """
    return from_plain(Translated, _answer(kind, text, seconds, megabytes))


_LIBRARIES = {  # what each kind of request needs: module, package, name
    "sbml": ("libsbml", "python-libsbml", "libSBML"),
    "from antimony": ("antimony", "antimony", "libAntimony"),
    "to antimony": ("antimony", "antimony", "libAntimony"),
}


def _answer(kind: str, what: str, seconds: int, megabytes: int) -> object:
    module, package, name = _LIBRARIES[kind]
    if find_spec(module) is None:
        hint = "install it with `pip install 'cytokinome[standards]'`"
        raise Refused("UNSUPPORTED_FEATURE", f"this needs the package {package}", 1, hint)
    with _Reader.lock:
        answer = _Reader.ask([kind, what], seconds, megabytes)
    if answer is None:
        message = f"{name} crashed, or needed more than {seconds} s or {megabytes} MB for this file"
        raise Refused("SBML_READER", message, 1, "nothing was imported; the file may be damaged, or made to do this")
    return answer


class _Reader:
    """The one reading process of this one."""

    lock: ClassVar[threading.Lock] = threading.Lock()
    process: ClassVar[subprocess.Popen[bytes] | None] = None
    limits: ClassVar[tuple[int, int]] = (0, 0)
    served: ClassVar[int] = 0

    @classmethod
    def ask(cls, request: list[str], seconds: int, megabytes: int) -> object | None:
        """Return the answer to one request; None where the process broke."""
        if cls.process is None or cls.served >= FILES or cls.limits != (seconds, megabytes):
            cls.start(seconds, megabytes)
        process = cls.process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the reading process has no pipes")
        clock = threading.Timer(_PATIENCE * seconds, process.kill)
        clock.start()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:  # it died before it read all of the question
            line = b""
        finally:
            clock.cancel()
        if not line.endswith(b"\n"):
            cls.stop()
            return None
        cls.served += 1
        return json.loads(line)

    @classmethod
    def start(cls, seconds: int, megabytes: int) -> None:
        """Start a fresh process."""
        cls.stop()
        command = [sys.executable, "-m", "cytokinome.interchange.sbml.worker", str(megabytes), str(seconds)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        cls.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment)
        cls.limits, cls.served = (seconds, megabytes), 0

    @classmethod
    def stop(cls) -> None:
        """End the process, if there is one."""
        process, cls.process = cls.process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):  # of a question that it has not read
                        stream.close()


atexit.register(_Reader.stop)
