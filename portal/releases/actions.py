"""Deliveries wait for an amount; its money lifts that by itself; a person may take it back."""

from typing import Any

from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.invoices.events import InvoiceWithdrawn, ItemReopened, ItemSettled
from portal.releases import events as happened
from portal.releases import queries, rules
from portal.releases.models import Release
from portal.releases.states import MACHINE, ReleaseStatus

S = ReleaseStatus


def decide(debtor_id: int, least: Money, reason: str, words: str | None, by: int) -> Release:
    """Deliveries wait until `least` is paid; an amount that was decided before gives way to it.

    Raises NotAllowedNow for more than is open, ValueError for a reason that there is not.
    """
    if reason not in rules.REASONS:
        raise ValueError(reason)
    why_not = rules.why_not_amount(least, Money(queries.open_of(debtor_id, least.currency), least.currency))
    if why_not is not None:
        raise NotAllowedNow(why_not)
    former = queries.waiting(debtor_id, lock=True)
    if former is not None:
        withdraw(former)
    one = Release(
        id=ids.new_id(),
        debtor_id=debtor_id,
        least_minor=least.minor,
        currency=least.currency,
        reason=reason,
        words=words or None,
        decided_by=by,
        is_waiting=True,
        status=S.WAITING,
        status_at=clock.now(),
    )
    decided = happened.ReleaseDecided(
        release_id=one.id, debtor_id=debtor_id, least_minor=least.minor, currency=least.currency, reason=reason
    )
    MACHINE.begin(one, S.WAITING, decided)
    db.session().add(one)
    db.session().flush()
    return one


def withdraw(one: Release) -> None:
    """A person decided that deliveries need not wait. Raises NotAllowedNow where they do not any more."""
    if one.status is not S.WAITING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=one.status.label))
    _move(one, S.WITHDRAWN, happened.ReleaseWithdrawn(**_about(one)))


def hear_settled(event: ItemSettled, _event_id: int) -> None:
    """Something was settled, whatever the way: enough of it lifts what deliveries wait for, at once."""
    if event.debtor_id is not None:
        look_again(event.debtor_id)


def hear_withdrawn(event: InvoiceWithdrawn, _event_id: int) -> None:
    if event.debtor_id is not None:
        look_again(event.debtor_id)


def look_again(debtor_id: int) -> None:
    """Lifts it where enough has come since, or nothing is open any more; a second time changes nothing."""
    one = queries.waiting(debtor_id, lock=True)
    if one is None:
        return
    one.paid_minor = queries.came(one)
    if not rules.left(one.least_minor, one.paid_minor, queries.open_of(debtor_id, one.currency)):
        _move(one, S.LIFTED, happened.ReleaseLifted(**_about(one), paid_minor=one.paid_minor))
    db.session().flush()


def hear_reopened(event: ItemReopened, _event_id: int) -> None:
    """Money went back. What waits counts anew; what was lifted stays lifted, and says so to colleagues once."""
    if event.debtor_id is None:
        return
    waiting = queries.waiting(event.debtor_id, lock=True)
    if waiting is not None:
        waiting.paid_minor = queries.came(waiting)
        db.session().flush()
        return
    one = queries.lifted_last(event.debtor_id)
    if one is None or not one.paid_minor:  # it had been lifted by a credit note or a withdrawn document
        return
    came = queries.came(one)
    if came >= min(one.least_minor, one.paid_minor):
        return
    one.paid_minor, one.paid_back_at = came, clock.now()
    events.record(happened.ReleasePaidBack(**_about(one), paid_minor=came))
    db.session().flush()


def _about(one: Release) -> dict[str, Any]:
    return {
        "release_id": one.id,
        "debtor_id": one.debtor_id,
        "least_minor": one.least_minor,
        "currency": one.currency,
    }


def _move(one: Release, to: ReleaseStatus, event: happened.Event) -> None:
    one.is_waiting = False
    MACHINE.move(one, to, event)
    db.session().flush()
