"""Reading a form: text that is text, one value a name, errors beside their field in the reader's language."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import g, request

from portal.core import ids
from portal.core.errors import NotFound
from portal.core.money import Money, from_typed
from portal.core.text import Text, t
from portal.web import i18n
from portal.web.edge import CHANGING

MAX_WORDS = 4000
HOW_TO_WRITE = t("Write an amount like 120,50, without dots between the thousands.")
_WHOLE = re.compile(r"[0-9]{1,4}", re.ASCII)
_DAY_PICKED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)  # fromisoformat alone takes weeks too
_DAY_TYPED = re.compile(r"([0-9]{1,2})[./\- ]([0-9]{1,2})[./\- ]([0-9]{4})", re.ASCII)


Filled = dict[str, str | list[str]]  # what a form was sent with; a list where the name ends with `[]`


def filled(leave_out: Callable[[str], bool]) -> Filled:
    """This request's form without what is empty and the fields that `leave_out` names."""
    found: Filled = {}
    for name, values in request.form.lists():
        if any(values) and not leave_out(name):
            found[name] = values if name.endswith("[]") else values[0]
    return found


def begin_with(typed: Filled) -> None:
    """Every form of this request's page begins with what was typed into it before."""
    g.held_form = {str(name): value for name, value in typed.items()}


def _held() -> Filled:
    found: Filled = g.get("held_form") or {}
    return found


@dataclass(slots=True)
class Form:
    """What was typed and what is wrong with it. A page shows both again, so that nothing typed is lost.

    A form that changes nothing (a GET) has its fields in the address. A page that is shown again after one had to
    prove who one is begins with what was typed before (portal.people.held, portal.debtors.held).
    """

    typed: dict[str, str] = field(
        default_factory=lambda: {name: value for name, value in _held().items() if isinstance(value, str)}
    )
    wrong: dict[str, Text] = field(default_factory=dict)

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(name, i18n.say(text)) for name, text in self.wrong.items()]

    def text(self, name: str, *, longest: int = 200, needed: Text | None = None) -> str:
        """One line, or words when `longest` is large; NUL and control characters go, blanks are trimmed."""
        raw = (request.form if request.method in CHANGING else request.args).get(name, "")
        clean = "".join(c for c in raw if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()
        self.typed[name] = clean
        if needed is not None and not clean:
            self.wrong[name] = needed
        elif len(clean) > longest:
            self.wrong[name] = t("Please say it in at most %(longest)s characters.", longest=longest)
        return clean

    def choice(self, name: str, allowed: set[str] | frozenset[str], needed: Text | None) -> str | None:
        value = request.form.get(name, "")
        self.typed[name] = value
        if value in allowed:
            return value
        if needed is not None:
            self.wrong[name] = needed
        return None

    def ticked(self, name: str) -> bool:
        """Whether a box has its tick, which stays when the page is shown again."""
        self.typed[name] = "yes" if request.form.get(name) == "yes" else ""
        return bool(self.typed[name])

    def number(self, name: str, low: int, high: int) -> int:
        """A whole number within bounds; `low`, with what is wrong beside the field, for anything else."""
        typed = self.text(name, longest=4)
        if _WHOLE.fullmatch(typed) and low <= int(typed) <= high:
            return int(typed)
        self.wrong[name] = t("Please write a number from %(low)s to %(high)s.", low=low, high=high)
        return low

    def amount(self, name: str, typed: str, currency: str) -> Money | None:
        """The amount that was `typed` into a field; None, with how to write it beside the field, for what is none."""
        try:
            return from_typed(typed, currency)
        except ValueError:
            self.wrong[name] = HOW_TO_WRITE
            return None

    def listed(self, name: str) -> list[str]:
        """The values of a list, its name with `[]`; on a page that is shown again those of before."""
        if request.method in CHANGING:
            return request.form.getlist(name)
        held = _held().get(name)
        return [str(one) for one in held] if isinstance(held, list) else request.args.getlist(name)

    def day(self, name: str) -> date | None:
        """A date as `2026-11-30` (a date picker) or `30/11/2026` (typed); nothing is no date."""
        raw = self.text(name, longest=20)
        if not raw or name in self.wrong:
            return None
        try:
            return _read_day(raw)
        except ValueError:
            self.wrong[name] = t("Write the date as day, month, year, for example 30/11/2026.")
            return None


def chosen_ids(written: Sequence[str]) -> list[int]:
    """The rows named in a form or an address, each once; anything that is no id is not there (404)."""
    try:
        return list(dict.fromkeys(ids.read(one) for one in written))
    except ValueError:
        raise NotFound(t("There is nothing here.")) from None


def _read_day(raw: str) -> date:
    found = _DAY_TYPED.fullmatch(raw)
    if found:
        return date(int(found[3]), int(found[2]), int(found[1]))
    if not _DAY_PICKED.fullmatch(raw):
        raise ValueError("not a date")
    return date.fromisoformat(raw)
