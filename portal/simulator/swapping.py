"""Putting something else in a module's place for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def swapped(target: Any, name: str, value: Any) -> Iterator[None]:
    """Inside, `target.name` is `value`; afterwards it is what it was, whatever happened."""
    before = getattr(target, name)
    setattr(target, name, value)
    try:
        yield
    finally:
        setattr(target, name, before)
