"""Another bank account for a creditor: asked for, approved by a second person, in effect a day later (rule A-66).

An IBAN swap is the worst fraud here, so everybody who could notice it is told at each step, the address that
was the contact before too, and any administrator can call it off until it is in effect.
"""

from datetime import timedelta

from sqlalchemy import select

from portal.core import banking, clock, db, ids, outbox, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import actions as creditors
from portal.creditors import events as happened
from portal.creditors import queries as creditor_queries
from portal.creditors.models import AccountChange, Creditor
from portal.creditors.states import BY_HAND, GONE, MACHINE, NOBODY, AccountChangeStatus
from portal.people import mails, queries, roles, rules
from portal.people.models import Membership, Staff

LATER = "people.account_change"
DELAY = timedelta(hours=24)
WAITS = timedelta(days=14)  # for its second person; then it is called off by itself [D]
SHOWN = 10


def standing(staff_id: int, *, lock: bool = False) -> rules.Standing | None:
    """What somebody may do at the creditor in scope; None when they do not work there, or were disabled.

    `lock`: their role stays as it is until the end of this transaction.
    """
    asked = (
        select(Membership)
        .join(Staff, Staff.id == Membership.staff_id)
        .where(
            Membership.staff_id == staff_id,
            Membership.creditor_id == scope.current().creditor_id,
            Membership.ended_at.is_(None),
            Staff.disabled_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    place = db.session().scalars(asked.with_for_update(of=Membership) if lock else asked).one_or_none()
    role = roles.read(place.role) if place is not None else None
    if place is None or role is None:
        return None
    return rules.Standing(
        staff_id, role, place.role_since, place.role_by, through_agency=place.organisation_id is not None
    )


def open_change() -> AccountChange | None:
    """The change that waits for somebody or for its hour; there is one at most."""
    return db.session().scalars(select(AccountChange).where(AccountChange.is_open)).one_or_none()


def latest() -> list[AccountChange]:
    """The newest changes, open or not."""
    newest = select(AccountChange).order_by(AccountChange.id.desc()).limit(SHOWN)
    return list(db.session().scalars(newest))


def locked(change_id: int) -> AccountChange | None:
    """The change, held until the end of this transaction, so that two decisions come one after the other."""
    return db.session().get(AccountChange, change_id, with_for_update=True, populate_existing=True)


def ask(creditor: Creditor, *, iban: str, bic: str | None, holder: str, by: int) -> AccountChange:
    """An administrator asks for another account; nothing changes yet.

    The caller has checked the account by portal.creditors.rules. Raises NotAllowedNow for who may not ask,
    while another change is open, and where nothing would be different.
    """
    why_not = rules.why_not_ask(standing(by, lock=True))
    if why_not is not None:
        raise NotAllowedNow(why_not)
    if open_change() is not None:
        raise NotAllowedNow(t("Another change is open already. Call it off first, or let it come into effect."))
    iban, bic = banking.normalise_iban(iban), banking.normalise_bic(bic) if bic else None
    if (iban, bic, holder) == (creditor.iban, creditor.bic, creditor.account_holder or creditor.name):
        raise NotAllowedNow(t("This is the account that money goes to already."))
    now = clock.now()
    change = AccountChange(
        id=ids.new_id(),
        iban=iban,
        bic=bic,
        holder=holder,
        told="\n".join(creditors.contact_addresses(creditor)),
        asked_by=by,
        asked_at=now,
    )
    MACHINE.begin(change, AccountChangeStatus.ASKED, happened.AccountChangeAsked(change_id=change.id))
    db.session().add(change)
    db.session().flush()
    outbox.put(LATER, change.id, due_at=now + WAITS)
    _tell(mails.ACCOUNT_ASKED, change, by)
    return change


def approve(change: AccountChange, *, by: int) -> None:
    """The second person has looked: it comes into effect after DELAY. Raises NotAllowedNow for who does not count."""
    asker, approver = standing(change.asked_by, lock=True), standing(by, lock=True)
    if change.status is AccountChangeStatus.ASKED:
        why_not = rules.why_not_approve(change.asked_by, change.asked_at, asker, approver)
        if why_not is not None:
            raise NotAllowedNow(why_not)
    effective_at = clock.now() + DELAY
    MACHINE.move(
        change,
        AccountChangeStatus.APPROVED,
        happened.AccountChangeApproved(change_id=change.id, effective_at=effective_at),
    )
    change.approved_by, change.approved_at, change.effective_at = by, clock.now(), effective_at
    db.session().flush()
    outbox.put(LATER, change.id, due_at=effective_at)
    _tell(mails.ACCOUNT_APPROVED, change, by)


def call_off(change: AccountChange, *, by: int) -> None:
    """Any administrator, until it is in effect. Raises NotAllowedNow for anybody else, and when it is too late."""
    why_not = rules.why_not_ask(standing(by))
    if why_not is not None:
        raise NotAllowedNow(t("Only an administrator can call this off."))
    change.closed_by = by
    _call_off(change, BY_HAND)


def _call_off(change: AccountChange, why: str) -> None:
    MACHINE.move(
        change,
        AccountChangeStatus.CALLED_OFF,
        happened.AccountChangeCalledOff(change_id=change.id, why=why),
    )
    change.is_open, change.why = False, why
    db.session().flush()
    _tell(mails.ACCOUNT_CALLED_OFF, change, None)


def when_due(change_id: int) -> None:
    """Its hour has come: in effect when both people still stand for it, else called off (a job's work)."""
    change = locked(change_id)
    if change is None or not change.is_open:
        return
    now = clock.now()
    if change.status is AccountChangeStatus.ASKED:
        if change.asked_at + WAITS <= now:
            _call_off(change, NOBODY)
        return
    if change.effective_at is None or change.effective_at > now or change.approved_by is None:
        return
    asker, approver = standing(change.asked_by, lock=True), standing(change.approved_by, lock=True)
    if rules.why_not_approve(change.asked_by, change.asked_at, asker, approver) is not None:
        _call_off(change, GONE)
        return
    creditor = creditor_queries.by_id(scope.current().creditor_id)
    MACHINE.move(change, AccountChangeStatus.DONE, happened.AccountChangeDone(change_id=change.id))
    change.is_open = False
    creditors.put_account(creditor, iban=change.iban, bic=change.bic, holder=change.holder)
    db.session().flush()
    _tell(mails.ACCOUNT_DONE, change, None)


def _tell(key: str, change: AccountChange, by: int | None) -> None:
    """The addresses that were the contact when it was asked for and are it now, and every administrator."""
    creditor = creditor_queries.by_id(scope.current().creditor_id)
    actor = queries.by_id(by) if by is not None else None
    params = {"ending": change.iban[-4:], "by": actor.name if actor is not None else ""}
    if change.effective_at is not None:
        params["from"] = change.effective_at.isoformat()
    told = dict.fromkeys([*change.told.splitlines(), *creditors.contact_addresses(creditor)], creditor.language)
    told |= {staff.email: staff.language for staff in queries.deciders(creditor.id)}
    for address, language in told.items():
        mails.plan(key, address, language, params, about_id=change.id)
