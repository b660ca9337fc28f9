"""The invoice formats, one file each, found by being here: write `formats/<code>.py` and it is sniffed on upload.

A format is a module with `sniff(head, name)`, `rows(source, options, findings)` and `example()`; `RANK` orders
the sniffing (the pickier first). Its example is its test and its download.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, Protocol, cast

from portal.core.text import Text
from portal.imports.documents import Item
from portal.imports.options import Findings, ReadOptions


class Format(Protocol):
    """What a module in this folder offers."""

    CODE: str  # the `format` of the report
    LABEL: Text  # as people call it
    RANK: int
    SUFFIXES: tuple[str, ...]

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether a file that begins like this is mine; `name` is lower case and only a hint."""

    def rows(self, source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:
        """Documents and refusals, in the file's order. Raises FileRefused when nothing can be read."""

    def example(self) -> bytes:
        """A small file of this format that is read without a refusal."""


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Every format in this folder, the pickiest first."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return tuple(sorted((cast(Format, module) for module in modules), key=lambda each: each.RANK))
