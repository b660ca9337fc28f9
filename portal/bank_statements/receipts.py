"""The receipt of a bank transfer: what arrived, when, and what it was used for, over all the invoices it settled.

The same document as after a card payment (portal.payments.receipts); downloadable only in the session (rule A-09).
"""

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
SHOWN = (*queries.HELD, S.RETURNED)


def for_visit(visit: Current, movement_id: int) -> BankMovement | None:
    """The transfer, if it was booked for this debtor and lies within the link's reach; never by the paper's code,
    which shows no history (decision 5)."""
    found = queries.movement(movement_id)
    if found is None or not visit.may_answer or found.debtor_id != visit.debtor_id:
        return None
    if found.status not in SHOWN or found.amount_minor <= 0:
        return None
    about = {item.invoice_id for item in items_of(found)}
    return found if visit.invoice_id is None or about == {visit.invoice_id} else None


def booked(movement: BankMovement) -> list[Booked]:
    """Where its money went; what belongs to no due item is the debtor's credit."""
    return ledger.booked_by(Source(queries.SOURCE, movement.id))


def items_of(movement: BankMovement) -> list[Item]:
    """The due items that it settled, the earliest due first."""
    named = [one.item_id for one in booked(movement) if one.item_id is not None]
    return invoice_queries.items(named) if named else []


def number(movement: BankMovement) -> str:
    """What to quote on the phone."""
    return ids.spell(movement.id).upper()


def pdf(visit: Current, movement: BankMovement) -> bytes:
    """The PDF in the current language; the same bytes whenever it is asked for, until some of it goes back."""
    say, face = i18n.gettext, visit.creditor
    returns = queries.returns_of(movement.id)
    as_of = max((one.value_on for one in returns), default=movement.value_on)
    data: dict[str, Any] = {
        "made_at": papers.made_at(as_of),
        "title": say("Payment receipt"),
        "creditor": papers.sender(face),
        "facts": [
            [say("Arrived on"), i18n.day(movement.value_on)],
            [say("How"), say("Bank transfer")],
            [say("Number"), number(movement)],
        ],
        "notice": say("The payment arrived. This receipt does not replace the invoice."),
        "lines": _lines(movement),
        "totals": _totals(movement, returns),
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, as_of),
    }
    debtor = debtors.debtor(visit.debtor_id)
    if debtor is not None:
        data["debtor"] = papers.reader(debtor)
    return render_pdf("receipt", data, i18n.language().code)


def file_name(movement: BankMovement) -> str:
    return f"{'ricevuta' if i18n.language().code == 'it' else 'receipt'}-{number(movement)}.pdf"


def _lines(movement: BankMovement) -> dict[str, Any]:
    say, items = i18n.gettext, {item.item_id: item for item in items_of(movement)}
    rows = []
    for one in booked(movement):
        item = items.get(one.item_id) if one.item_id is not None else None
        named = [invoices.title(item), i18n.day(item.due_on)] if item else [say("Kept as your credit"), "–"]
        rows.append([*named, i18n.money(one.amount)])
    return {
        "heading": say("What it was for"),
        "columns": [say("Document"), say("Due on"), say("Amount")],
        "rows": rows,
    }


def _totals(movement: BankMovement, returns: list[BankMovement]) -> list[list[str]]:
    """The last is what counts: what came, less what the bank took back since."""
    came = [i18n.gettext("Paid in all"), i18n.money(movement.amount)]
    if not returns:
        return [came]
    back = [
        [i18n.say(t("Went back on %(day)s", day=i18n.day(one.value_on))), i18n.money(one.amount)] for one in returns
    ]
    stays = Money(movement.amount_minor + sum(one.amount_minor for one in returns), movement.currency)
    return [came, *back, [i18n.gettext("Stays paid"), i18n.money(stays)]]
