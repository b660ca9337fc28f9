"""The payment receipt as a PDF: what arrived, when, and what it was used for; it says what the books say."""

from portal.core import clock
from portal.creditors.faces import Face
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.debtors.visits import Current
from portal.invoices import receipt_paper
from portal.invoices.receipt_paper import Receipt
from portal.ledger import imputed
from portal.ledger.actions import Source
from portal.ledger.rules import Apart, add_up
from portal.payments import methods, presenting, queries
from portal.payments.models import PaymentAttempt
from portal.web import i18n


def pdf(visit: Current, attempt: PaymentAttempt) -> bytes:
    """The PDF for whoever is on this visit; the paper's code names nobody."""
    return paper(visit.creditor, debtors.debtor(attempt.debtor_id) if visit.may_answer else None, attempt)


def paper(face: Face, debtor: Debtor | None, attempt: PaymentAttempt) -> bytes:
    """The PDF in the current language, of an attempt that succeeded; the same bytes whenever it is asked for."""
    paid_on = clock.day_of(attempt.arrived_at or attempt.status_at, face.time_zone)
    parts, rows = _lines(attempt)
    made_of = Receipt(
        arrived_on=paid_on,
        as_of=paid_on,
        how=i18n.say(methods.all_methods()[attempt.method].label),
        number=presenting.number(attempt),
        rows=rows,
        totals=_totals(attempt),
        parts=parts,
    )
    return receipt_paper.pdf(face, debtor, made_of)


def _lines(attempt: PaymentAttempt) -> tuple[list[str], list[list[str]]]:
    """The columns between, and a line for each document; with interest or costs in one of them, capital, interest
    and costs stand apart (B-11)."""
    say = i18n.gettext
    items = {item.item_id: item for item in queries.paid_items(attempt)}
    went_to = _went_to(attempt)
    with_parts = any(one.interest or one.costs for one in went_to.values())
    rows = []
    for one in queries.booked(attempt):
        item = items.get(one.item_id) if one.item_id is not None else None
        rows.append([*receipt_paper.named(item),
                     *(_parts(went_to.get(item.item_id) if item else None) if with_parts else ()),
                     i18n.money(one.amount)])  # fmt: skip
    return [say("Capital"), say("Interest"), say("Costs")] if with_parts else [], rows


def _went_to(attempt: PaymentAttempt) -> dict[int, Apart]:
    return imputed.of_source(Source(queries.SOURCE, attempt.id))


def _parts(taken: Apart | None) -> list[str]:
    parts = (taken.capital, taken.interest, taken.costs) if taken is not None else (None, None, None)
    return [i18n.money(part) if part else "–" for part in parts]


def _totals(attempt: PaymentAttempt) -> list[list[str]]:
    """All that was paid, and before it what of that was interest and costs, where any was."""
    whole = presenting.received(queries.booked(attempt), attempt)
    taken = add_up(_went_to(attempt).values(), attempt.currency)
    parts = ((i18n.gettext("Capital"), taken.capital), (i18n.gettext("Interest"), taken.interest),
             (i18n.gettext("Costs"), taken.costs))  # fmt: skip
    apart = [[label, i18n.money(part)] for label, part in parts if part] if taken.interest or taken.costs else []
    return [*apart, [i18n.gettext("Paid in all"), i18n.money(whole)]]
