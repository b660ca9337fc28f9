"""Three customers of the creditor's own, to see what a policy would say to them; made up where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, case, func, select

from portal.core import clock, db, scope
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem, Invoice
from portal.invoices.payable import ONLINE_CURRENCY
from portal.ledger.models import Receivable
from portal.plans import actions, policies
from portal.plans.actions import Room
from portal.plans.policies import BUSINESS, CONSUMER, Version
from portal.plans.rules import Standing

# Where no customer is of that kind: what is owed, in minor units.
_MADE_UP: dict[str, tuple[Text, int]] = {
    BUSINESS: (t("A company (made up)"), 240000),
    CONSUMER: (t("A private person (made up)"), 90000),
}
_LARGE = t("A company with a large amount (made up)")


@dataclass(frozen=True, slots=True)
class Example:
    """A customer, or a made-up one (`debtor_id` None), and what they may agree about all that is open."""

    name: Text | str
    debtor_id: int | None
    room: Room


def pick(saved: Version) -> list[int | None]:
    """A company, a private person and one with a large amount, in this order; None where there is nobody.

    By what is saved, so that the same three stand there while somebody tries other bounds.
    """
    picked: list[int | None] = []
    for kind in (BUSINESS, CONSUMER):
        low, high = saved.segments[kind].from_minor, saved.large_from[kind]
        usual = _owing(kind).having(_OPEN.between(low, high - 1)).order_by(Debtor.id)
        any_ = _owing(kind).order_by(_OPEN, Debtor.id)
        picked.append(_first(usual) or _first(any_))
    least = case((Debtor.kind == BUSINESS, saved.large_from[BUSINESS]), else_=saved.large_from[CONSUMER])
    taken = [one for one in picked if one is not None]
    large = _owing(None).where(Debtor.id.not_in(taken)).having(least <= _OPEN).order_by(_OPEN.desc(), Debtor.id)
    return [*picked, _first(large)]


_OPEN = func.sum(Receivable.open_minor)


def _owing(kind: str | None) -> Select[int]:
    """Customers with something open in the currency that is paid here."""
    wanted = (
        select(Debtor.id)
        .join(DueItem, DueItem.debtor_id == Debtor.id)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None), DueItem.currency == ONLINE_CURRENCY)
        .group_by(Debtor.id, Debtor.kind)
    )
    return wanted if kind is None else wanted.where(Debtor.kind == kind)


def _first(wanted: Select[int]) -> int | None:
    return db.session().scalars(wanted.limit(1)).one_or_none()


def reckon(picked: Sequence[int | None], version: Version) -> list[Example]:
    """What `version` would say to those three today."""
    company, person, large = picked
    of_large = 2 * version.large_from[BUSINESS]
    return [
        _of(company, version) or _made_up(BUSINESS, *_MADE_UP[BUSINESS], version),
        _of(person, version) or _made_up(CONSUMER, *_MADE_UP[CONSUMER], version),
        _of(large, version) or _made_up(BUSINESS, _LARGE, of_large, version),
    ]


def _of(debtor_id: int | None, version: Version) -> Example | None:
    if debtor_id is None:
        return None
    debtor = db.session().get_one(Debtor, debtor_id)
    found = actions.room(debtor, invoice_queries.items_of_debtor(debtor_id))
    segment = version.segment(debtor.kind, found.debt)
    return Example(debtor.name, debtor_id, replace(found, version=version, segment=segment))


def _made_up(kind: str, name: Text, minor: int, version: Version) -> Example:
    debt = Money(minor, ONLINE_CURRENCY)
    today = clock.today(creditors.face(scope.current().creditor_id).time_zone)
    return Example(name, None, Room(version, version.segment(kind, debt), [], Standing(debt), today))


def segment_name(example: Example) -> Text:
    return policies.SEGMENTS[example.room.segment]
