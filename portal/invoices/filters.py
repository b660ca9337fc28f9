"""Which due items are looked for: the same filter for the list on the page and for the file of results."""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, literal_column, or_

from portal.debtors.models import Debtor
from portal.invoices import holds
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable

OPEN, CLOSED, HELD, ALL = "open", "closed", "held", "all"
STATES = frozenset({OPEN, CLOSED, HELD, ALL})
OVERDUE, SOON, FUTURE = "overdue", "soon", "future"
WHEN = frozenset({OVERDUE, SOON, FUTURE})
SOON_DAYS = timedelta(days=7)
MOST_WORDS = 100

# Written out and not bound: only so do both databases see that the index of open items fits.
STILL_OPEN = Receivable.open_minor > literal_column("0")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; `today` is the creditor's. Nothing said is everything."""

    today: date
    words: str = ""
    when: str = ""
    state: str = ALL
    currency: str = ""
    debtor_id: int | None = None


def searchable(typed: str) -> str:
    """What was typed into a search, without characters that no name holds and databases refuse."""
    return "".join(c for c in typed[:MOST_WORDS] if unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def is_currency(typed: str) -> bool:
    return len(typed) == 3 and typed.isascii() and typed.isalpha()


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """For a statement over DueItem, Receivable, Invoice and Debtor."""
    found: list[ColumnElement[bool]] = []
    if wanted.state in {OPEN, HELD}:
        found += [STILL_OPEN, Invoice.withdrawn_at.is_(None)]
    if wanted.state == HELD:
        found.append(holds.item_is_held())
    if wanted.state == CLOSED:
        found.append(or_(Receivable.open_minor == 0, Invoice.withdrawn_at.is_not(None)))
    if wanted.when == OVERDUE:
        found.append(DueItem.due_on < wanted.today)
    if wanted.when == SOON:
        found += [DueItem.due_on >= wanted.today, DueItem.due_on <= wanted.today + SOON_DAYS]
    if wanted.when == FUTURE:
        found.append(DueItem.due_on > wanted.today + SOON_DAYS)
    if wanted.currency:
        found.append(DueItem.currency == wanted.currency)
    if wanted.debtor_id is not None:
        found.append(DueItem.debtor_id == wanted.debtor_id)
    if wanted.words:
        found.append(_matches(wanted.words))
    return found


def _matches(words: str) -> ColumnElement[bool]:
    """A customer's name or code, an invoice's number, or the reference of a transfer."""
    return or_(
        Debtor.name.icontains(words, autoescape=True),
        Debtor.code.istartswith(words, autoescape=True),
        Invoice.number.icontains(words, autoescape=True),
        DueItem.reference == words.replace(" ", "").upper(),
    )
