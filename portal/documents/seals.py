"""The seal and the timestamp on a paper, where the installation has them (the extra `sign`, rule C-43).

A seal is the operator's certificate (PORTAL_SEAL_FILE), a timestamp the answer of an authority (RFC 3161,
PORTAL_TIMESTAMP_URL); either is enough. pyHanko makes and checks them, in portal.documents.pades: nothing else
imports that, because the extra may not be there.
"""

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TypeVar

# asn1crypto learns what timestamps are called here, before it first looks a name up: later it takes in no new ones.
import asn1crypto.tsp  # noqa: F401

from portal.core import installation
from portal.core.addresses import check_url
from portal.core.errors import Misconfigured
from portal.settings import Settings

T = TypeVar("T")
NOT_INSTALLED = "pyHanko is not installed: pip install -e .[sign]"


class NotSealed(Exception):
    """There is no seal or timestamp for now; the sentence says why, without personal data."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands behind a paper: whose seal (none: a timestamp alone), from when, and whether it proves the paper.

    `why_not` says what is missing where it holds but proves nothing; `wrong` what does not hold.
    """

    by: str | None = None
    at: datetime | None = None
    at_by: str | None = None
    why_not: str | None = None
    wrong: str | None = None

    @property
    def proves(self) -> bool:
        return self.why_not is None and self.wrong is None


def check(settings: Settings) -> None:
    """Refuses at start what could not seal anything; raises Misconfigured with what to change."""
    seal = settings.seal
    if not seal.is_on:
        return
    if not is_installed():
        raise Misconfigured(f"PORTAL_SEAL_FILE, PORTAL_TIMESTAMP_URL: {NOT_INSTALLED}")
    if seal.timestamp_url:
        wrong = check_url(seal.timestamp_url, settings.allowed_loopback)
        if wrong is not None:
            raise Misconfigured(f"PORTAL_TIMESTAMP_URL: {wrong}")
    if seal.file is not None:
        _pades().load(seal)


def is_installed() -> bool:
    return importlib.util.find_spec("pyhanko") is not None


def is_on() -> bool:
    """Whether papers of this installation are sealed or timestamped."""
    return installation.settings().seal.is_on


def sealed(pdf: bytes) -> bytes:
    """The paper with the installation's seal and timestamp behind it. Raises NotSealed; outside any transaction."""
    settings = installation.settings()
    return _apart(lambda: _pades().sealed(pdf, settings.seal, settings.allowed_loopback))


def looked_at(content: bytes, paper: bytes, trust: bytes | None) -> Found:
    """What stands behind `paper` in `content`; `trust` holds certificates (PEM) that whoever checks trusts.

    Nothing is asked of a network: that a certificate was called back since is not known here. Raises ValueError
    for a `trust` without a certificate.
    """
    if not is_installed():
        return Found(why_not=f"the seal cannot be looked at: {NOT_INSTALLED}")
    return _apart(lambda: _pades().looked_at(content, paper, trust))


def _apart(work: Callable[[], T]) -> T:
    """In a thread of its own: pyHanko begins an event loop, and the caller's thread may run one already."""
    with ThreadPoolExecutor(1, "seals") as apart:
        return apart.submit(work).result()


def _pades() -> ModuleType:
    from portal.documents import pades  # noqa: PLC0415 - only where the extra is installed

    return pades
