"""The receipt of a bank transfer: what arrived, when, and what it was used for, over all the invoices it settled.

The same document as after a card payment (portal.payments.receipts); downloadable only in the session (rule A-09).
"""

from dataclasses import dataclass
from typing import Any

from portal.bank_statements import queries
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core import ids
from portal.core.money import Money
from portal.core.text import t
from portal.debtors import papers
from portal.debtors import queries as debtors
from portal.debtors.visits import Current
from portal.documents.typst import render_pdf
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
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
    say, face = i18n.gettext, visit.creditor
    movement = transfer.movement
    as_of = max((one.value_on for one in transfer.returns), default=movement.value_on)
    data: dict[str, Any] = {
        "made_at": papers.made_at(as_of),
        "title": say("Payment receipt"),
        "creditor": papers.sender(face),
        "facts": [
            [say("Arrived on"), i18n.day(movement.value_on)],
            [say("How"), say("Bank transfer")],
            [say("Number"), transfer.number],
        ],
        "notice": say("The payment arrived. This receipt does not replace the invoice."),
        "lines": _lines(transfer),
        "totals": _totals(transfer),
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, as_of),
    }
    debtor = debtors.debtor(visit.debtor_id)
    if debtor is not None:
        data["debtor"] = papers.reader(debtor)
    return render_pdf("receipt", data, i18n.language().code)


def file_name(transfer: Transfer) -> str:
    return f"{'ricevuta' if i18n.language().code == 'it' else 'receipt'}-{transfer.number}.pdf"


def _lines(transfer: Transfer) -> dict[str, Any]:
    say = i18n.gettext
    rows = []
    for item, amount in transfer.parts:
        named = [invoices.title(item), i18n.day(item.due_on)] if item else [say("Kept as your credit"), "–"]
        rows.append([*named, i18n.money(amount)])
    return {
        "heading": say("What it was for"),
        "columns": [say("Document"), say("Due on"), say("Amount")],
        "rows": rows,
    }


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
