"""Asking for an erasure, agreeing to it, declining it; and that somebody's data was taken out."""

from sqlalchemy import select

from portal.core import clock, db, events, ids, outbox
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.privacy import erasing, queries, rules
from portal.privacy import events as happened
from portal.privacy.models import Erasure
from portal.privacy.states import MACHINE, ErasureStatus

ERASE = "privacy.erase"
RUNNING = (ErasureStatus.REQUESTED, ErasureStatus.APPROVED)


def note_export(debtor_id: int) -> None:
    """Written before the data leaves."""
    events.record(happened.PersonExported(debtor_id=debtor_id))


def ask(debtor_id: int, what: str, why: str, *, by: str) -> Erasure:
    """Puts an erasure before a colleague. Raises NotAllowedNow with the reason when something is open."""
    running = select(Erasure.id).where(Erasure.debtor_id == debtor_id, Erasure.status.in_(RUNNING))
    if db.session().scalar(running) is not None:
        raise NotAllowedNow(t("An erasure was asked for already. A colleague has to decide."))
    _refuse_while_open(debtor_id, what)
    row = Erasure(
        id=ids.new_id(), debtor_id=debtor_id, what=what, why=why, asked_by=by, asked_at=clock.now(), rows=0, files=0
    )
    begun = happened.ErasureRequested(erasure_id=row.id, debtor_id=debtor_id, what=what, why=why)
    MACHINE.begin(row, ErasureStatus.REQUESTED, begun)
    db.session().add(row)
    db.session().flush()
    return row


def agree(row: Erasure, *, by: str) -> None:
    """A colleague agrees; a job erases. Raises NotAllowedNow for whoever asked, and when something is open by now."""
    _other_than_who_asked(row, by)
    _refuse_while_open(row.debtor_id, row.what)
    row.decided_by, row.decided_at = by, clock.now()
    agreed = happened.ErasureApproved(erasure_id=row.id, debtor_id=row.debtor_id)
    MACHINE.move(row, ErasureStatus.APPROVED, agreed)
    outbox.put(ERASE, row.id)


def decline(row: Erasure, *, by: str) -> None:
    """A colleague says no; whoever asked may take it back."""
    if row.asked_by != by:
        row.decided_by = by
    row.decided_at = clock.now()
    declined = happened.ErasureDeclined(erasure_id=row.id, debtor_id=row.debtor_id)
    MACHINE.move(row, ErasureStatus.DECLINED, declined)


def carry_out(row: Erasure) -> None:
    """Erases, all in the running transaction; not when something was opened since the colleague agreed."""
    if row.status is not ErasureStatus.APPROVED:
        return
    if rules.why_not_erase(row.what, queries.obstacles(row.debtor_id)):
        held_back = happened.ErasureHeldBack(erasure_id=row.id, debtor_id=row.debtor_id)
        MACHINE.move(row, ErasureStatus.DECLINED, held_back)
        return
    erase = erasing.everything if row.what == rules.EVERYTHING else erasing.courtesy
    row.rows, row.files = erase(row.debtor_id)
    done = happened.ErasureDone(erasure_id=row.id, debtor_id=row.debtor_id, rows=row.rows, files=row.files)
    MACHINE.move(row, ErasureStatus.DONE, done)


def _refuse_while_open(debtor_id: int, what: str) -> None:
    reasons = rules.why_not_erase(what, queries.obstacles(debtor_id))
    if reasons:
        raise NotAllowedNow(reasons[0])


def _other_than_who_asked(row: Erasure, by: str) -> None:
    why_not = rules.why_not_decide(row.asked_by, by)
    if why_not is not None:
        raise NotAllowedNow(why_not)
