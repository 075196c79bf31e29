"""The machine that code is compiled for and loaded into: this one, with what its processor can do.

IR goes in and an object file comes out, so that what is compiled and what is read from the cache are loaded alike.
Nothing is contracted, reassociated or approximated: a value is what its IEEE operations give.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from cytokinome.compiler.targets.abi import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOCK = threading.Lock()
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Functions in memory: their addresses, valid as long as this value lives."""

    addresses: dict[str, int]
    _tracker: Any = field(repr=False)


@lru_cache(maxsize=1)
def host() -> tuple[str, str, str]:
    """Return what compiled code depends on here: the target triple, the processor, and its features."""
    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), features


@lru_cache(maxsize=1)
def _jit() -> llvm.LLJIT:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_lljit_compiler(_target_machine())


def _target_machine(narrow: bool = False) -> llvm.TargetMachine:
    triple, cpu, features = host()
    if narrow:
        cpu, features = "", ""
    return llvm.Target.from_triple(triple).create_target_machine(cpu, features, opt=2, reloc="pic", jit=True)


def compile_ir(text: str, *, narrow: bool = False) -> bytes:
    """Return the object file of a module in LLVM's text form.

    Parameters
    ----------
    text : str
    narrow : bool
        Use only what every processor of this kind has: slower code, the same bits.

    Raises
    ------
    RuntimeError
        If the text is not a module: a fault of ours.
    """
    with _LOCK:
        _jit()
        machine = _target_machine(narrow)
        module = llvm.parse_assembly(text)
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=1)
        passes = llvm.create_new_module_pass_manager()
        passes.add_always_inliner_pass()
        passes.add_sroa_pass()
        passes.run(module, llvm.create_pass_builder(machine, options))
        return machine.emit_object(module)


def load(code: bytes, names: Iterable[str]) -> Loaded:
    """Load an object file and return the addresses of these of its functions, named without the prefix."""
    names = tuple(names)
    with _LOCK:
        library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            library.export_symbol(PREFIX + name)
        tracker = library.link(_jit(), f"kernel {next(_NUMBERS)}")
        return Loaded({name: tracker[PREFIX + name] for name in names}, tracker)
