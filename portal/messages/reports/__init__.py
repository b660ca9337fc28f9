"""The shapes in which gateways and mail providers report what became of a message: write `reports/<code>.py`.

Found by being here. Whatever comes is a stranger's until its signature says otherwise; nothing of it is logged.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol, cast

from portal.core.errors import Misconfigured

LARGEST = 256 * 1024  # bytes of one notice


class BadReport(ValueError):
    """Not genuine, or not in this shape: refused, without a word why."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One fact about one message. `kind` is a key of portal.messages.rules.FACTS; `at` is None where nobody says."""

    message_id: int
    kind: str
    at: datetime | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What came in: the address as the provider sees it, its headers, its bytes; of a form its fields instead."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()


class Shape(Protocol):
    """What a module in this folder offers. Its secret is PORTAL_REPORT_SECRETS, `<code>=<secret>`."""

    CODE: str

    def check_secret(self, secret: str) -> None:
        """Raises ValueError for a secret that cannot be one."""

    def read(self, secret: str, notice: Notice) -> list[Heard]:
        """What a genuine notice reports, unknown things left out; raises BadReport for all else."""


@lru_cache(maxsize=1)
def all_shapes() -> dict[str, Shape]:
    """Every shape in this folder by its code."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {shape.CODE: shape for shape in (cast(Shape, module) for module in modules)}


def check(secrets: Iterable[tuple[str, str]]) -> None:
    """Refuses at start a secret that cannot be one, or that is for no shape; raises Misconfigured."""
    for code, secret in secrets:
        shape = all_shapes().get(code)
        if shape is None:
            raise Misconfigured(f"PORTAL_REPORT_SECRETS: there is no {code}, there are {', '.join(all_shapes())}")
        try:
            shape.check_secret(secret)
        except ValueError as error:
            raise Misconfigured(f"PORTAL_REPORT_SECRETS: {code}: {error}") from None
