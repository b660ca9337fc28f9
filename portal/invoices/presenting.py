"""Due items in the words and shapes that a debtor's pages show."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.core.money import Money
from portal.core.text import Text, t
from portal.invoices import holds, payable
from portal.invoices.queries import Item
from portal.ledger.queries import Line
from portal.web import i18n

_LINE: dict[str, Text] = {
    "invoice": t("Amount due"),
    "payment": t("Paid on %(day)s"),
    "settlement": t("Paid on %(day)s"),
    "credit_note": t("Credit note of %(day)s"),
}


_UNDER_WAY: dict[str | None, Text] = {
    holds.TRANSFER_ON_ITS_WAY: t("You told us that a transfer is on its way."),
    holds.PROBLEM_REPORTED: t("We are looking into what you told us."),
    holds.NOT_RECEIVED: t("We have sent it to you again."),
}


def title(item: Item) -> str:
    return i18n.say(t("Invoice %(number)s", number=item.number))


def due(item: Item, today: date) -> str:
    """Plain and without blame: by when, or since when."""
    when = i18n.day(item.due_on)
    if item.due_on >= today:
        return i18n.say(t("Due on %(day)s", day=when))
    return i18n.say(t("Was due on %(day)s", day=when))


def lines(made_of: Sequence[Line], open_now: Money) -> list[tuple[str, str, bool]]:
    """What an open amount is made of; nothing to show when it is just the amount itself."""
    if len(made_of) < 2:
        return []
    rows = [(_line(line), i18n.money(line.amount), False) for line in made_of]
    return [*rows, (i18n.gettext("Still open"), i18n.money(open_now), True)]


def _line(line: Line) -> str:
    label = _LINE.get(line.kind, _LINE["invoice"])
    return i18n.say(Text(label.msgid, {"day": i18n.day(line.on)}))


def note(item: Item, *, history: bool = True) -> str:
    """One calm sentence about what is under way, or why it cannot be paid here."""
    if item.reserved_by is not None:
        return i18n.gettext("A payment of it is open right now.")
    if history and item.held_for in _UNDER_WAY:
        return i18n.say(_UNDER_WAY[item.held_for])
    why_not = payable.why_not_payable(item)
    return i18n.say(why_not) if why_not is not None else ""


def card(
    item: Item, today: date, href: str | None, made_of: Sequence[Line] = (), *, history: bool = True
) -> dict[str, Any]:
    """One due item for `summary_card` and `item_list`; without its history for the code on paper (decision 5)."""
    return {
        "title": title(item),
        "about": i18n.say(t("of %(day)s", day=i18n.day(item.issued_on))),
        "due": due(item, today),
        "open": i18n.money(item.open),
        "lines": lines(made_of, item.open) if history else [],
        "note": note(item, history=history),
        "href": href,
    }
