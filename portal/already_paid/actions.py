""" "I have already paid": nobody reminds them while somebody looks; it resolves itself when the money is there."""

from collections.abc import Sequence
from datetime import date

from portal.already_paid import events as happened
from portal.already_paid import queries
from portal.already_paid.models import PaidClaim, PaidClaimItem
from portal.already_paid.states import MACHINE, RUNNING, ClaimStatus
from portal.cases import actions as cases
from portal.cases import files as case_files
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.core.working_days import working_day_after
from portal.creditors import queries as creditors
from portal.debtors.visits import Current
from portal.documents.evidence import Checked
from portal.invoices import actions as invoices
from portal.invoices import events as invoice_events
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.ledger import queries as ledger
from portal.ledger.rules import extra_of
from portal.messages.models import Message
from portal.web import i18n

S = ClaimStatus
FOUND, NOT_FOUND, ASKED = "already_paid_found", "already_paid_not_found", "already_paid_asked"
# Money that is told of by a letter of its own, when it comes: a receipt, or word of a transfer.
_TOLD_OTHERWISE = frozenset({"payment", "bank_transfer"})
_NO_MONEY = frozenset({"credit_note"})
MOST_CORRECTIONS = 2  # so often another date or number prolongs the search: it must end some day
NOT_ANY_MORE = t("what it asks has been answered")
NO_MONEY_CAME = "no_money_came"  # of holds.WHY_RELEASED
_OUTCOMES = {S.FOUND: "found", S.NOT_FOUND: "not_found", S.OTHERWISE: kinds.ANSWERED}


def claim(
    visit: Current,
    items: Sequence[Item],
    *,
    paid_on: date,
    reference: str | None,
    words: str | None,
    files: Sequence[Checked] = (),
) -> PaidClaim:
    """Keeps what was said, and its proof; these due items rest for the days that the creditor looks.

    Raises NotAllowedNow where nothing is open, or a search runs already.
    """
    invoices.lock(items)
    if not items or any(not item.is_open for item in items):
        raise NotAllowedNow(t("It is closed: there is nothing left to pay."))
    if queries.running_by_item([item.item_id for item in items]):
        raise NotAllowedNow(t("You have told us already: we are looking for it."))
    found = PaidClaim(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        visit_id=visit.id,
        paid_on=paid_on,
        reference=reference,
        until=_until(),
        claimed_at=clock.now(),
    )
    said = happened.AlreadyPaidClaimed(
        claim_id=found.id, debtor_id=found.debtor_id, item_ids=tuple(item.item_id for item in items),
        paid_on=paid_on, until=found.until,
    )  # fmt: skip
    MACHINE.begin(found, S.LOOKING, said)
    db.session().add(found)
    db.session().flush()
    for item in items:
        db.session().add(
            PaidClaimItem(
                id=ids.new_id(), debtor_id=visit.debtor_id, claim_id=found.id, due_item_id=item.item_id, is_open=True
            )
        )
    db.session().flush()
    _hold(found, items)
    case = cases.open_case(kinds.ALREADY_PAID, visit.debtor_id, visit_id=visit.id, words=words,
                    invoice_id=items[0].invoice_id, subject_id=found.id)  # fmt: skip
    case_files.keep(visit, case, files)
    return found


def correct(visit: Current, found: PaidClaim, *, paid_on: date, reference: str | None) -> bool:
    """The customer has looked once more. Raises NotAllowedNow for what has ended.

    With another date or number the search goes on for as many days again, twice at most: True. Else it is written to
    the case, and the days stay as they are.
    """
    if found.status not in RUNNING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=found.status.label))
    changed = (paid_on, reference) != (found.paid_on, found.reference)
    found.paid_on, found.reference = paid_on, reference
    if not changed or queries.times_corrected(found.id) >= MOST_CORRECTIONS:
        db.session().flush()
        _note_down(visit, found)
        return False
    found.until = _until()
    items = invoice_queries.items(queries.item_ids(found.id))
    again = happened.AlreadyPaidCorrected(
        claim_id=found.id, debtor_id=found.debtor_id, item_ids=tuple(item.item_id for item in items),
        paid_on=paid_on, until=found.until,
    )  # fmt: skip
    MACHINE.move(found, S.LOOKING, again)
    db.session().flush()
    _hold(found, items)
    case = _case(found)
    if case is not None and case.status is not CaseStatus.CLOSED:
        cases.bring_back(case)
    return True


def _note_down(visit: Current, found: PaidClaim) -> None:
    """Somebody reads it; by when they answer stays as it was."""
    case = _case(found)
    if case is None or case.status is CaseStatus.CLOSED:
        return
    act_by, number = case.act_by, found.reference or "-"
    said = t("I paid on %(day)s. The bank's number is %(number)s.", day=i18n.day(found.paid_on), number=number)
    cases.write(visit, case, i18n.say(said))
    case.act_by = act_by
    db.session().flush()


def ask(claim_id: int) -> None:
    """The days ran out: a friendly question to the customer, and the case to the front of the queue. Once."""
    found = queries.claim(claim_id, lock=True)
    if found is None or found.status is not S.LOOKING or found.until >= _today():
        return
    asked = happened.AlreadyPaidAsked(
        claim_id=found.id, debtor_id=found.debtor_id, item_ids=queries.item_ids(found.id)
    )
    MACHINE.move(found, S.ASKED, asked)
    db.session().flush()
    case = _case(found)
    if case is not None and case.status is not CaseStatus.CLOSED:
        cases.bring_back(case, clock.now())
        cases.tell(case, ASKED, asked_for=False, claim=ids.spell(found.id))


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending, perhaps days later: the money may be here, or they have looked."""
    if message.key != ASKED or "claim" not in message.params:
        return None
    found = queries.claim(ids.read(message.params["claim"]))
    return None if found is not None and found.status is S.ASKED else str(NOT_ANY_MORE)


def hear_settled(event: invoice_events.ItemSettled, _event_id: int) -> None:
    """Money came, from wherever: what is closed by it is found."""
    found = _nothing_left(event.item_id, event.open_minor)
    if found is not None:
        resolve(found, S.OTHERWISE if event.by in _NO_MONEY else S.FOUND, told=event.by in _TOLD_OTHERWISE)


def hear_charged_less(item_id: int, open_minor: int) -> None:
    """Interest or costs were all that was left, and are gone: the money had come, or a credit note did instead."""
    found = _nothing_left(item_id, open_minor)
    if found is not None:
        lines = [line for rows in ledger.lines_of_items(queries.item_ids(found.id)).values() for line in rows]
        came = any(line.amount.minor < 0 and line.kind not in _NO_MONEY and not extra_of(line.kind) for line in lines)
        resolve(found, S.FOUND if came else S.OTHERWISE)


def _nothing_left(item_id: int, open_minor: int) -> PaidClaim | None:
    """The search that this due item is part of, when with it the last of them is closed."""
    claim_id = queries.running_by_item([item_id]).get(item_id) if open_minor == 0 else None
    found = queries.claim(claim_id, lock=True) if claim_id is not None else None
    if found is None:
        return None
    others = [one for one in queries.item_ids(found.id) if one != item_id]
    return None if any(item.is_open for item in (invoice_queries.items(others) if others else ())) else found


def hear_reopened(event: invoice_events.ItemReopened, _event_id: int) -> None:
    """Money that had closed one of several went back: that one is looked for again, and rests as the others do."""
    claim_id = queries.running_by_item([event.item_id]).get(event.item_id)
    found = queries.claim(claim_id) if claim_id is not None and event.open_minor == event.amount_minor else None
    if found is not None and found.until >= _today():
        _hold(found, invoice_queries.items([event.item_id]))


def hear_withdrawn(event: invoice_events.InvoiceWithdrawn, _event_id: int) -> None:
    """The creditor took the invoice back: nobody looks for money any more, unless for another document."""
    for claim_id in sorted(set(queries.running_by_item(event.item_ids).values())):
        found = queries.claim(claim_id, lock=True)
        open_ones = invoice_queries.items(queries.item_ids(claim_id))
        if found is not None and not any(item.is_open for item in open_ones):
            resolve(found, S.OTHERWISE, told=True)


def hear_released(event: invoice_events.ItemReleased, _event_id: int) -> None:
    """Staff let chasing go on: with the last of its due items the search is over, and the customer hears of it."""
    if event.why is None or event.reason != holds.ALREADY_PAID:
        return
    claim_id = queries.running_by_item([event.item_id]).get(event.item_id)
    found = queries.claim(claim_id, lock=True) if claim_id is not None else None
    if found is None:
        return
    held = invoice_queries.holds_now(queries.item_ids(found.id))
    if all(one.reason != holds.ALREADY_PAID for running in held.values() for one in running):
        resolve(found, S.NOT_FOUND if event.why == NO_MONEY_CAME else S.OTHERWISE)


def resolve(found: PaidClaim, to: ClaimStatus, *, told: bool = False, by_staff: bool = False) -> None:
    """It ended; the customer is told unless they hear of it otherwise. Raises NotAllowedNow for what has ended.

    `by_staff`: one of the creditor's people has its case before them, and closes it.

    What is found by hand may not be booked yet: such due items rest for the days that they were given, or where
    those are over for as many again.
    """
    for line in queries.lines(found.id):
        line.is_open = False
        if to is not S.FOUND:
            invoices.release(line.due_item_id, holds.ALREADY_PAID)
    ended = happened.AlreadyPaidResolved(
        claim_id=found.id, debtor_id=found.debtor_id, item_ids=queries.item_ids(found.id), outcome=to.value
    )
    MACHINE.move(found, to, ended)
    db.session().flush()
    if to is S.FOUND:
        _hold_until_booked(found)
    cases.close_of(kinds.ALREADY_PAID, found.id, _OUTCOMES[to], by_hand=by_staff)
    case = _case(found)
    if case is None:
        return
    if not told and to in {S.FOUND, S.NOT_FOUND}:
        cases.tell(case, FOUND if to is S.FOUND else NOT_FOUND)


def _case(found: PaidClaim) -> Case | None:
    return case_queries.about(kinds.ALREADY_PAID, found.id)


def _hold(found: PaidClaim, items: Sequence[Item]) -> None:
    zone = creditors.face(scope.current().creditor_id).time_zone
    for item in items:
        invoices.release(item.item_id, holds.ALREADY_PAID)
        if item.is_open:
            invoices.hold(item, holds.ALREADY_PAID, found.id, found.until, zone)


def _hold_until_booked(found: PaidClaim) -> None:
    open_ones = [item for item in invoice_queries.items(queries.item_ids(found.id)) if item.is_open]
    held = invoice_queries.holds_now([item.item_id for item in open_ones]) if open_ones else {}
    bare = [item for item in open_ones if all(one.reason != holds.ALREADY_PAID for one in held.get(item.item_id, ()))]
    if bare and found.until < _today():
        found.until = _until()
        db.session().flush()
    _hold(found, bare)


def _until() -> date:
    """The last of the working days that the creditor takes to look."""
    return working_day_after(_today(), creditors.face(scope.current().creditor_id).already_paid_days)


def _today() -> date:
    return clock.today(creditors.face(scope.current().creditor_id).time_zone)
