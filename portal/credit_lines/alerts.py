"""Raising alerts, once a cause; closing them when it ends; seeing them; and telling by mail how many there are."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.credit_lines import causes, events, policies
from portal.credit_lines.models import CreditAlert
from portal.credit_lines.states import MACHINE, AlertStatus
from portal.creditors import queries as creditors
from portal.people import mails, roles
from portal.people import queries as people
from portal.people.models import Staff
from portal.people.roles import Permission

S = AlertStatus


def look(only: Collection[int] | None = None) -> None:
    """Brings the alerts of these customers, or of all, to what the rows say now; a second time changes nothing."""
    creditor = creditors.by_id(scope.current().creditor_id)
    found = {cause.key: cause for cause in causes.now(creditor, policies.current(), only)}
    standing = _open(only, lock=True)
    for key, alert in standing.items():
        if key not in found:
            _close(alert)
    for key, cause in found.items():
        if key not in standing:
            _raise(cause, creditor.currency)
    db.session().flush()


def outdated() -> list[int]:
    """The customers whose alerts are not what the rows say; only read, so that nobody is kept waiting."""
    creditor = creditors.by_id(scope.current().creditor_id)
    found = {cause.key for cause in causes.now(creditor, policies.current())}
    return sorted({debtor_id for _, debtor_id, _ in found ^ set(_open())})


def look_if_any(debtor_id: int | None) -> None:
    """After what can only end a cause: nothing is reckoned for a customer without an alert."""
    if debtor_id is not None and _open([debtor_id]):
        look([debtor_id])


def look_at(debtor_id: int | None) -> None:
    """After what can begin a cause."""
    if debtor_id is not None:
        look([debtor_id])


def _open(only: Collection[int] | None = None, *, lock: bool = False) -> dict[tuple[str, int, int], CreditAlert]:
    wanted = select(CreditAlert).where(CreditAlert.is_open).execution_options(populate_existing=True)
    if only is not None:
        wanted = wanted.where(CreditAlert.debtor_id.in_(only))
    rows = db.session().scalars(wanted.order_by(CreditAlert.id).with_for_update() if lock else wanted)
    return {(one.kind, one.debtor_id, one.cause_id): one for one in rows}


def _raise(cause: causes.Cause, currency: str) -> None:
    """One open row a cause: who comes second at the very same moment finds it taken."""
    now = clock.now()
    alert = CreditAlert(
        id=ids.new_id(),
        debtor_id=cause.debtor_id,
        kind=cause.kind,
        cause_id=cause.cause_id,
        is_open=True,
        amount_minor=cause.amount_minor,
        currency=currency,
        number=cause.number,
        raised_at=now,
        told_at=None,
        seen_by=None,
        status=S.OPEN,
        status_at=now,
    )
    try:
        with db.session().begin_nested():
            db.session().add(alert)
    except IntegrityError:
        return
    raised = events.CreditAlertRaised(
        **_about(alert), amount_minor=cause.amount_minor, currency=currency, number=cause.number
    )
    MACHINE.begin(alert, S.OPEN, raised)


def _about(alert: CreditAlert) -> dict[str, Any]:
    return {"credit_alert_id": alert.id, "debtor_id": alert.debtor_id, "alert": alert.kind}


def _close(alert: CreditAlert) -> None:
    alert.is_open = False
    MACHINE.move(alert, S.CLOSED, events.CreditAlertClosed(**_about(alert)))


def see(alert: CreditAlert, by: int) -> None:
    """A person has seen it; a second time is nothing new. Raises NotAllowedNow where it is over."""
    if alert.status is S.SEEN:
        return
    if alert.status is S.CLOSED:
        raise NotAllowedNow(t("This alert is over: what gave cause for it has ended."))
    alert.seen_by = by
    MACHINE.move(alert, S.SEEN, events.CreditAlertSeen(**_about(alert)))
    db.session().flush()


# Telling


def tell() -> None:
    """One mail to each person with the number of alerts that are new for them; each alert is told once."""
    wanted = select(CreditAlert).where(CreditAlert.is_open, CreditAlert.told_at.is_(None)).with_for_update()
    fresh = list(db.session().scalars(wanted.order_by(CreditAlert.id)))
    if not fresh:
        return
    policy = policies.current()
    to_tell: Counter[int] = Counter()
    known: dict[int, Staff] = {}
    readers = {kind: recipients(rule) for kind, rule in policy.tell.items() if rule.mail}
    for alert in fresh:
        alert.told_at = clock.now()
        for staff in readers.get(alert.kind, ()):
            known[staff.id] = staff
            to_tell[staff.id] += 1
    for staff_id, count in to_tell.items():
        staff = known[staff_id]
        mails.plan(mails.CREDIT_ALERTS, staff.email, staff.language, {"count": count}, staff_id=staff.id)
    db.session().flush()


def recipients(rule: policies.Tell) -> list[Staff]:
    """Who is told: everybody of the role, or the person; where none of them is here, who has been here longest."""
    creditor_id = scope.current().creditor_id
    own = people.own(creditor_id)
    role = roles.read(rule.to)
    found = [staff for staff, works_as in own if (works_as is role if role is not None else str(staff.id) == rule.to)]
    if found:
        return found
    eldest = people.first_to_answer(creditor_id, Permission.HOLD_BACK)
    return [staff for staff, _ in own if staff.id == eldest]
