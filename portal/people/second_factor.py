"""The second factor: an app's codes and ten recovery codes. Each is taken once; secrets are sealed (rule A-66)."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update

from portal.core import clock, db, events, ids, installation, scope, signing
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.people import actions, codes, mails, passwords, queries
from portal.people import events as happened
from portal.people.models import Membership, RecoveryCode, SecondFactor, SecondFactorReset, Staff

PENDING = timedelta(minutes=15)  # how long a secret that was shown waits for its first code


def _row(staff_id: int) -> SecondFactor | None:
    return db.session().get(SecondFactor, staff_id, populate_existing=True)


def is_on(staff_id: int) -> bool:
    """Whether signing in asks this person for a code."""
    on = select(SecondFactor.staff_id).where(
        SecondFactor.staff_id == staff_id, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session().scalar(on) is not None


def begin(staff_id: int) -> None:
    """A fresh secret, shown until its first code is typed; one that is in use stays in use meanwhile."""
    row = _row(staff_id)
    if row is None:
        row = SecondFactor(staff_id=staff_id)
        db.session().add(row)
    row.pending_sealed = signing.seal(installation.keys(), codes.new_secret())
    row.pending_at = clock.now()
    db.session().flush()


def pending_secret(staff_id: int) -> str | None:
    """The secret that waits for its first code, or None."""
    row = _row(staff_id)
    if row is None or row.pending_sealed is None or row.pending_at is None:
        return None
    if row.pending_at <= clock.now() - PENDING:
        return None
    return signing.unseal(installation.keys(), row.pending_sealed)


def confirm(staff_id: int, typed: str) -> list[str] | None:
    """The app works: it counts from now on, and ten recovery codes are made, which nobody can show again.

    None for a wrong code. Every session ends: the one that asked begins a new one (rule A-50).
    """
    secret = pending_secret(staff_id)
    step = codes.matching_step(secret, typed, clock.now()) if secret is not None else None
    if secret is None or step is None or not _put_in_use(staff_id, step):
        return None
    made = new_recovery_codes(staff_id)
    actions.end_sessions(staff_id)
    _tell(staff_id, mails.SECOND_FACTOR_ON, happened.SecondFactorOn(person_id=staff_id))
    return made


def _put_in_use(staff_id: int, step: int) -> bool:
    """Of two who confirm at once, one does."""
    waiting = update(SecondFactor).where(SecondFactor.staff_id == staff_id, SecondFactor.pending_sealed.is_not(None))
    used = waiting.values(
        sealed=SecondFactor.pending_sealed,
        confirmed_at=clock.now(),
        last_step=step,
        pending_sealed=None,
        pending_at=None,
    )
    return db.changed(used) == 1


def install(staff_id: int, secret: str) -> None:
    """Puts a secret that is known already in use: for the demo, whose people have no telephone."""
    begin(staff_id)
    row = _row(staff_id)
    if row is not None:
        row.sealed, row.confirmed_at = signing.seal(installation.keys(), secret), clock.now()
        row.pending_sealed = row.pending_at = None
        db.session().flush()


def accepts(staff_id: int, typed: str) -> bool:
    """Whether this code lets the person in. What was taken once is never taken again, nor anything before it."""
    recovery = codes.read_recovery(typed)
    return _accepts_recovery(staff_id, recovery) if recovery is not None else accepts_app_code(staff_id, typed)


def accepts_app_code(staff_id: int, typed: str) -> bool:
    """Whether the app shows this code now; the step that it belongs to is used up."""
    row = _row(staff_id)
    if row is None or row.sealed is None or row.confirmed_at is None:
        return False
    step = codes.matching_step(signing.unseal(installation.keys(), row.sealed), typed, clock.now())
    if step is None:
        return False
    unused = or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step)
    return (
        db.changed(update(SecondFactor).where(SecondFactor.staff_id == staff_id, unused).values(last_step=step)) == 1
    )


def _accepts_recovery(staff_id: int, typed: codes.Recovery) -> bool:
    row = db.session().scalars(
        select(RecoveryCode).where(
            RecoveryCode.staff_id == staff_id, RecoveryCode.place == typed.place, RecoveryCode.used_at.is_(None)
        )
    ).one_or_none()  # fmt: skip
    right = passwords.is_right(row.code_hash if row is not None else None, typed.letters)
    if row is None or not right or not is_on(staff_id):
        return False
    this = update(RecoveryCode).where(RecoveryCode.id == row.id, RecoveryCode.used_at.is_(None))
    if db.changed(this.values(used_at=clock.now())) != 1:
        return False
    _tell(staff_id, mails.RECOVERY_USED, happened.RecoveryCodeUsed(person_id=staff_id), left=left(staff_id))
    return True


def new_recovery_codes(staff_id: int) -> list[str]:
    """Ten fresh ones; those from before open nothing any more."""
    db.changed(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    made = codes.new_recovery_codes()
    for one in made:
        db.session().add(
            RecoveryCode(id=ids.new_id(), staff_id=staff_id, place=one.place, code_hash=passwords.hashed(one.letters))
        )
    db.session().flush()
    return [str(one) for one in made]


def left(staff_id: int) -> int:
    """How many recovery codes have not been used."""
    unused = select(func.count()).select_from(RecoveryCode)
    unused = unused.where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    return db.session().scalar(unused) or 0


def turn_off(staff_id: int) -> None:
    """The person does without; raises NotAllowedNow where one of their roles demands it."""
    if queries.needs_second_factor(staff_id):
        raise NotAllowedNow(t("Your role needs a code from your telephone. It cannot be turned off."))
    _forget(staff_id)
    _tell(staff_id, mails.SECOND_FACTOR_OFF, happened.SecondFactorOff(person_id=staff_id))


def reset(place: Membership, reason: str, *, by: int, by_name: str) -> None:
    """An administrator takes a colleague's lost factor away; the colleague is told by mail, with the reason.

    Raises NotAllowedNow for one's own, and for somebody who works elsewhere too: what keeps another creditor
    safe is not this one's to take away.
    """
    if place.staff_id == by:
        raise NotAllowedNow(t("You cannot do this for yourself. Please ask a colleague."))
    if place.ended_at is not None or not is_on(place.staff_id):
        raise NotAllowedNow(t("There is nothing to reset: this person signs in without a code."))
    if queries.works_elsewhere(place.staff_id, place.creditor_id):
        raise NotAllowedNow(t("This person works for others too. Please ask whoever runs the portal."))
    row = SecondFactorReset(id=ids.new_id(), staff_id=place.staff_id, by_staff_id=by, reason=reason, at=clock.now())
    db.session().add(row)
    _forget(place.staff_id)
    actions.end_sessions(place.staff_id)
    done = happened.SecondFactorReset(person_id=place.staff_id, reset_id=row.id)
    _tell(place.staff_id, mails.SECOND_FACTOR_RESET, done, by=by_name, reason=reason)


def reset_by_operator(staff: Staff) -> None:
    """Whoever runs the portal takes a lost factor away; within a creditor's scope the person is told by mail."""
    _forget(staff.id)
    actions.end_sessions(staff.id)
    operator = installation.settings().operator.name
    _tell(staff.id, mails.SECOND_FACTOR_RESET, happened.SecondFactorReset(person_id=staff.id), by=operator, reason="")


def _forget(staff_id: int) -> None:
    db.changed(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    db.changed(delete(SecondFactor).where(SecondFactor.staff_id == staff_id))


def _tell(staff_id: int, key: str, event: events.Event, **params: str | int) -> None:
    """Into the creditor's history and to the person, where a creditor is in scope."""
    staff = queries.by_id(staff_id)
    if staff is None or not scope.is_entered():
        return
    events.record(event)
    mails.plan(key, staff.email, staff.language, params, staff_id=staff.id)
