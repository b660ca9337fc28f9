"""Where a document or a case stands, who acts next and by when: one shape, and one function for the words.

Both sides read the same sentence, with both names in it; features say where their own things stand.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.core.text import Text, t
from portal.web import i18n


class Side(enum.Enum):
    """Who acts next."""

    CREDITOR = "creditor"
    CUSTOMER = "customer"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class Rung:
    """`state` in words; `side` acts next, until the end of `by` where a day is named; nobody: nothing is left to do.

    `is_late`: the creditor has let pass the day that it promised.
    """

    state: Text
    side: Side | None = None
    by: date | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said about a document and waits: where that stands, and its page."""

    rung: Rung
    href: str


# Asked with a visit; answers by invoice what waits about it; from portal.features.
Provider = Callable[[Any], dict[int, Told]]
providers: list[Provider] = []


def told(visit: Any) -> dict[int, Told]:
    """By invoice: what this visit's customer said of it and still waits."""
    found: dict[int, Told] = {}
    for provider in providers:
        found |= provider(visit)
    return found


def next_step(rung: Rung, creditor: str, customer: str) -> str:
    """Who acts next and by when, with the names of both; that nobody has to."""
    if rung.side is None:
        return i18n.say(t("Nothing more to do."))
    names = {Side.CREDITOR: creditor, Side.CUSTOMER: customer, Side.BANK: i18n.gettext("the bank")}
    who, day = names[rung.side], i18n.day(rung.by) if rung.by is not None else ""
    if not day:
        said = t("Next: %(who)s.", who=who)
    elif rung.is_late:
        said = t("Next: %(who)s. It was promised by %(day)s.", who=who, day=day)
    else:
        said = t("Next: %(who)s, by %(day)s.", who=who, day=day)
    return i18n.say(said).replace("..", ".")  # of a name that ends with a stop: S.p.A.


def sentence(rung: Rung, creditor: str, customer: str) -> str:
    """All three in one: «Waits for an answer. Next: Rossi Impianti, by 25 November 2026.»"""
    state = i18n.say(rung.state)
    return f"{state[:1].upper()}{state[1:]}. {next_step(rung, creditor, customer)}"
