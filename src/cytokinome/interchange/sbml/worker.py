"""The process that runs libSBML and libAntimony: a line of JSON asks, a line answers. It holds itself to its limits.

Run as ``python -m cytokinome.interchange.sbml.worker MEGABYTES SECONDS``; it ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cytokinome.interchange.sbml.document import to_plain

try:
    import resource
except ImportError:  # where processes know no limits, the parent's clock still ends this one
    resource = None


def limit_memory(megabytes: int) -> None:
    """Let this process have so much address space, and leave no core files."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(seconds: int) -> None:
    """Let this process use so much processor time from now on, also when its parent is gone."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(megabytes: int, seconds: int) -> None:
    """Answer until the standard input ends. What libraries write to the standard output goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    limit_memory(megabytes)
    for line in sys.stdin:
        limit_time(seconds)
        answers.write(json.dumps(to_plain(_answer(*json.loads(line)))) + "\n")
        answers.flush()


def _answer(kind: str, what: str) -> object:
    """Return the answer to one request; each library is loaded when it is first needed."""
    if kind == "sbml":
        from cytokinome.interchange.sbml.reader import read

        return read(Path(what))
    from cytokinome.interchange.sbml import translator

    return {"from antimony": translator.from_antimony, "to antimony": translator.to_antimony}[kind](what)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
