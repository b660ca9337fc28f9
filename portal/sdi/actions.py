"""Taking a message in, and what follows for its invoice: it rests, its customer reads why, a colleague sees to it."""

from collections.abc import Sequence

from portal.cases import actions as cases
from portal.cases import kinds
from portal.confirmations import actions as confirmations
from portal.core import clock, db, events, ids
from portal.debtors import queries as debtors
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.sdi import documents as d
from portal.sdi import events as happened
from portal.sdi import queries, rules
from portal.sdi.models import SdiFile, SdiMessage
from portal.sdi.rules import At, Standing

LONGEST_STEM = 200
_HOLDS = {At.REJECTED: holds.SDI_REJECTED, At.REFUSED: holds.SDI_REFUSED}


def take(message: d.Message, invoice: Invoice) -> bool:
    """Keeps what the message says of this invoice, and what follows from it; False where it is known already."""
    queries.lock(invoice)
    if queries.knows(invoice.id, message.fingerprint):
        return False
    files, said = queries.files_of(invoice), queries.of_invoice(invoice.id)
    row = SdiMessage(
        id=ids.new_id(),
        debtor_id=invoice.debtor_id,
        invoice_id=invoice.id,
        kind=message.kind,
        sdi_id=message.sdi_id,
        file_name=message.file_name,
        message_id=message.message_id,
        said_at=message.at,
        outcome=message.outcome,
        description=message.description,
        errors=[list(one) for one in message.errors],
        tells_office=message.tells_office,
        fingerprint=message.fingerprint,
        taken_at=clock.now(),
    )
    db.session().add(row)
    db.session().flush()
    events.record(
        happened.MessageRead(invoice_id=invoice.id, debtor_id=invoice.debtor_id, message_id=row.id, says=message.kind)
    )
    if message.kind == d.RC:
        confirmations.note_sdi_delivery(invoice)
    _follow(invoice, rules.standing(files, said), rules.standing(files, [*said, row]), row)
    return True


def hear_came_again(came: Sequence[tuple[int, int, str]]) -> None:
    """Invoices that are there came in once more, each as (its id, the kept file's id, the name it came with): under
    another name it was sent anew, so what the SdI said of the last sending is over.
    """
    known = queries.stems_of({invoice_id for invoice_id, _, _ in came})
    for invoice_id, file_id, name in came:
        own = d.stem(name)[-LONGEST_STEM:]
        if own and own not in known.setdefault(invoice_id, set()):
            known[invoice_id].add(own)
            for invoice in queries.invoices([invoice_id]):
                _sent_anew(invoice, file_id, own)


def _sent_anew(invoice: Invoice, file_id: int, own: str) -> None:
    queries.lock(invoice)
    files, said = queries.files_of(invoice), queries.of_invoice(invoice.id)
    db.session().add(
        SdiFile(
            id=ids.new_id(),
            debtor_id=invoice.debtor_id,
            invoice_id=invoice.id,
            file_id=file_id,
            stem=own,
            came_at=clock.now(),
        )
    )
    db.session().flush()
    _follow(invoice, rules.standing(files, said), rules.standing([*files, own], said), None)


def _follow(invoice: Invoice, before: Standing | None, after: Standing | None, row: SdiMessage | None) -> None:
    """What follows where the invoice stands otherwise than before; on one that was withdrawn nothing does."""
    if after is None or after == before or invoice.withdrawn_at is not None:
        return
    items = invoice_queries.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False)
    if after.at in rules.BAD and row is not None:
        _rest(invoice, items, after, row)
    elif before is not None and before.at in rules.BAD and after.at not in rules.BAD:
        _clear(invoice, items)
    if after.at in rules.UNDELIVERED and row is not None:
        _point_out(invoice, row)
    elif after.at not in {At.PASSED, At.TRYING}:
        for case in queries.open_cases(invoice.id, rules.UNREACHED):
            cases.let_close(case, rules.ARRIVED)


def _rest(invoice: Invoice, items: Sequence[invoice_queries.Item], now: Standing, row: SdiMessage) -> None:
    """Nobody asks for it, and a colleague has it before them; one case as long as it stands so."""
    reason, is_rejected = _HOLDS[now.at], now.at is At.REJECTED
    other = holds.SDI_REFUSED if is_rejected else holds.SDI_REJECTED
    held = invoice_queries.holds_now([item.item_id for item in items]) if items else {}
    for item in items:
        invoices.release(item.item_id, other)
        if all(one.reason != reason for one in held.get(item.item_id, ())):
            invoices.hold(item, reason, row.id, None)
    item_ids = tuple(item.item_id for item in items)
    if is_rejected:
        codes = tuple(str(code) for code, _ in row.errors)
        events.record(
            happened.InvoiceRejected(
                invoice_id=invoice.id,
                debtor_id=invoice.debtor_id,
                item_ids=item_ids,
                sdi_number=row.sdi_id,
                codes=codes,
            )
        )
    else:
        events.record(
            happened.InvoiceRefused(
                invoice_id=invoice.id, debtor_id=invoice.debtor_id, item_ids=item_ids, sdi_number=row.sdi_id
            )
        )
    cause = rules.REJECTED if is_rejected else rules.REFUSED
    for case in queries.open_cases(invoice.id):
        if case.cause != cause:
            cases.let_close(case, rules.SENT_ANEW)
    _open_case(invoice, row, cause)


def _clear(invoice: Invoice, items: Sequence[invoice_queries.Item]) -> None:
    """It went through, or was sent anew: it is asked for as before."""
    for item in items:
        invoices.release(item.item_id, holds.SDI_REJECTED, holds.SDI_REFUSED)
    for case in queries.open_cases(invoice.id, rules.REJECTED, rules.REFUSED):
        cases.let_close(case, rules.SENT_ANEW)
    events.record(
        happened.InvoiceCleared(
            invoice_id=invoice.id, debtor_id=invoice.debtor_id, item_ids=tuple(item.item_id for item in items)
        )
    )


def _point_out(invoice: Invoice, row: SdiMessage) -> None:
    """The customer has to be told where it lies; a consumer's always lies there, and our page says so by itself."""
    events.record(
        happened.InvoiceUndelivered(invoice_id=invoice.id, debtor_id=invoice.debtor_id, sdi_number=row.sdi_id)
    )
    debtor = debtors.debtor(invoice.debtor_id)
    if debtor is not None and debtor.kind != "consumer":
        _open_case(invoice, row, rules.UNREACHED)


def _open_case(invoice: Invoice, row: SdiMessage, cause: str) -> None:
    if not queries.open_cases(invoice.id, cause):
        cases.open_case(kinds.SDI, invoice.debtor_id, invoice_id=invoice.id, subject_id=row.id, cause=cause)
