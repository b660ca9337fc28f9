"""The receipt of a bank transfer: what arrived, when, and what it was used for, over all the invoices it settled.

The same paper as after a card payment (portal.invoices.receipt_paper); downloadable only in the session (rule A-09).
"""

from dataclasses import dataclass

from portal.bank_statements import queries
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core import ids
from portal.core.money import Money
from portal.core.text import t
from portal.debtors import queries as debtors
from portal.debtors.visits import Current
from portal.invoices import queries as invoice_queries
from portal.invoices import receipt_paper
from portal.invoices.queries import Item
from portal.invoices.receipt_paper import Receipt
from portal.ledger import queries as ledger
from portal.ledger.queries import Booked
from portal.ledger.sources import Source
from portal.web import i18n

S = MovementStatus
SHOWN = (*queries.HELD, S.RETURNED, S.UNDONE)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A booked credit: where its money went (what belongs to no due item is the debtor's credit), the due items that
    it settled, the earliest due first, and the debits by which the bank took some of it back."""

    movement: BankMovement
    booked: tuple[Booked, ...]
    items: tuple[Item, ...]
    returns: tuple[BankMovement, ...]

    @property
    def stands(self) -> bool:
        """Whether some of it is still here."""
        return self.movement.status in queries.HELD

    @property
    def was_undone(self) -> bool:
        """Whether it had been counted here by mistake."""
        return self.movement.status is S.UNDONE

    @property
    def number(self) -> str:
        """What to quote on the phone."""
        return ids.spell(self.movement.id).upper()

    @property
    def parts(self) -> list[tuple[Item | None, Money]]:
        """What it was used for; no due item for what became credit."""
        by_id = {item.item_id: item for item in self.items}
        return [(by_id.get(one.item_id or 0), one.amount) for one in self.booked]


def for_visit(visit: Current, movement_id: int) -> Transfer | None:
    """The transfer, if it was booked for this debtor and lies within the link's reach; never by the paper's code,
    which shows no history (decision 5)."""
    found = queries.movement(movement_id)
    if found is None or not visit.may_answer or found.debtor_id != visit.debtor_id:
        return None
    if found.status not in SHOWN or found.amount_minor <= 0:
        return None
    booked = ledger.booked_by(Source(queries.SOURCE, found.id))
    named = [one.item_id for one in booked if one.item_id is not None]
    items = invoice_queries.items(named) if named else []
    if visit.invoice_id is not None and {item.invoice_id for item in items} != {visit.invoice_id}:
        return None
    return Transfer(found, tuple(booked), tuple(items), tuple(queries.returns_of(found.id)))


def pdf(visit: Current, transfer: Transfer) -> bytes:
    """The PDF in the current language; the same bytes whenever it is asked for, until some of it goes back."""
    arrived_on = transfer.movement.value_on
    made_of = Receipt(
        arrived_on=arrived_on,
        as_of=max((one.value_on for one in transfer.returns), default=arrived_on),
        how=i18n.gettext("Bank transfer"),
        number=transfer.number,
        rows=[[*receipt_paper.named(item), i18n.money(amount)] for item, amount in transfer.parts],
        totals=_totals(transfer),
    )
    return receipt_paper.pdf(visit.creditor, debtors.debtor(visit.debtor_id), made_of)


def _totals(transfer: Transfer) -> list[list[str]]:
    """The last is what counts: what came, less what the bank took back since."""
    movement = transfer.movement
    came = [i18n.gettext("Paid in all"), i18n.money(movement.amount)]
    if not transfer.returns:
        return [came]
    back = [
        [i18n.say(t("Went back on %(day)s", day=i18n.day(one.value_on))), i18n.money(one.amount)]
        for one in transfer.returns
    ]
    stays = Money(movement.amount_minor + sum(one.amount_minor for one in transfer.returns), movement.currency)
    return [came, *back, [i18n.gettext("Stays paid"), i18n.money(stays)]]
