"""Which words hold where, what held before, and three customers to try them on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.core import db
from portal.creditors.versions import Written
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem
from portal.ledger.models import Receivable
from portal.messages.models import Message
from portal.texts.models import OwnText
from portal.texts.slots import Slot


def newest(slot: Slot) -> OwnText | None:
    """The version that holds in this place; None where nobody ever wrote one."""
    wanted = (
        select(OwnText)
        .where(
            OwnText.key == slot.key,
            OwnText.channel == slot.channel,
            OwnText.segment == slot.segment,
            OwnText.language == slot.language,
        )
        .order_by(OwnText.number.desc())
        .limit(1)
    )
    return db.session().scalars(wanted).one_or_none()


def all_newest() -> dict[Slot, OwnText]:
    """Of every place where something was written, the version that holds."""
    place = (OwnText.key, OwnText.channel, OwnText.segment, OwnText.language)
    last = (
        select(*place, func.max(OwnText.number).label("number"))
        .group_by(*place)
        .subquery("last")
    )  # fmt: skip
    rows = db.session().scalars(
        select(OwnText).join(
            last,
            (OwnText.key == last.c.key)
            & (OwnText.channel == last.c.channel)
            & (OwnText.segment == last.c.segment)
            & (OwnText.language == last.c.language)
            & (OwnText.number == last.c.number),
        )
    )
    return {Slot(row.key, row.channel, row.segment, row.language): row for row in rows}


def numbered(slot: Slot, number: int) -> OwnText | None:
    found = newest(slot)
    if found is None or found.number == number:
        return found
    wanted = select(OwnText).where(
        OwnText.key == slot.key,
        OwnText.channel == slot.channel,
        OwnText.segment == slot.segment,
        OwnText.language == slot.language,
        OwnText.number == number,
    )
    return db.session().scalars(wanted).one_or_none()


def history(slot: Slot, most: int = 50) -> list[Written]:
    """The versions of this place, the newest first."""
    rows = db.session().execute(
        select(OwnText.number, OwnText.made_at, OwnText.made_by)
        .where(
            OwnText.key == slot.key,
            OwnText.channel == slot.channel,
            OwnText.segment == slot.segment,
            OwnText.language == slot.language,
        )
        .order_by(OwnText.number.desc())
        .limit(most)
    )
    return [Written(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Customer:
    """One to try words on: their name and how many of their documents are open."""

    debtor_id: int
    name: str
    documents: int


def customers(segment: str, most: int = 3) -> Sequence[Customer]:
    """Customers of this kind with something open, those with the most documents first."""
    count = func.count(func.distinct(DueItem.invoice_id)).label("documents")
    rows = db.session().execute(
        select(Debtor.id, Debtor.name, count)
        .join(DueItem, DueItem.debtor_id == Debtor.id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(Debtor.kind == segment, Receivable.open_minor > 0)
        .group_by(Debtor.id, Debtor.name)
        .order_by(count.desc(), Debtor.id)
        .limit(most)
    )
    return [Customer(*row) for row in rows]


def wording_of(version_id: int, debtor_id: int) -> str | None:
    """Which of the two wordings of a version a customer has read before."""
    wanted = select(Message.wording).where(
        Message.debtor_id == debtor_id, Message.own_text_id == version_id, Message.wording.is_not(None)
    )
    return db.session().scalar(wanted.limit(1))


def kind_of(debtor_id: int) -> str | None:
    """Whether a customer is a business or a private person."""
    return db.session().scalar(select(Debtor.kind).where(Debtor.id == debtor_id))
