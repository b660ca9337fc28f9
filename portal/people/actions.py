"""What can be done about the creditor's people: let them in, change what they may do, send them away."""

from datetime import timedelta

from sqlalchemy import ColumnElement, update

from portal.core import clock, db, events, ids, installation, scope, signing
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.people import events as happened
from portal.people import mails, passwords, queries
from portal.people.models import Invitation, Membership, Staff, StaffSession
from portal.people.roles import Role

INVITATION_DAYS = timedelta(days=7)
INVITATION = "staff-invite"  # what its address is signed for, and for nothing else (rule A-08)
_OPEN = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))


def add_person(email: str, name: str = "", language: str = "it") -> Staff:
    """The person with this address, made if nobody has it; they can do nothing until an invitation is accepted."""
    found = queries.by_email(email)
    if found is not None:
        return found
    staff = Staff(
        id=ids.new_id(),
        email=email.strip().lower(),
        name=name or email.partition("@")[0][:100],
        language=language,
        created_at=clock.now(),
    )
    db.session().add(staff)
    db.session().flush()
    return staff


def invite(
    staff: Staff, creditor_id: int, role: Role, *, organisation_id: int | None = None, by: int | None = None
) -> Invitation:
    """What makes `staff` one of the creditor's people, or an agency's; earlier ones for it stop working.

    `by`: who invites; none is whoever runs the portal. Raises NotAllowedNow for somebody whom the operator has
    disabled, or who works there already.
    """
    place = queries.membership(staff.id, creditor_id)
    if staff.disabled_at is not None:
        raise NotAllowedNow(t("This person has been disabled. Please ask whoever runs the portal."))
    if place is not None and place.ended_at is None and staff.password_hash is not None:
        raise NotAllowedNow(t("This person works here already."))
    _withdraw(Invitation.staff_id == staff.id, Invitation.creditor_id == creditor_id)
    events.record(happened.PersonInvited(person_id=staff.id, role=role.value))
    return _new_invitation(staff, creditor_id, role, organisation_id, by)


def invite_to_new_password(staff: Staff) -> Invitation:
    """Under which `staff` sets a new password; given out by whoever runs the portal only."""
    _withdraw(Invitation.staff_id == staff.id, Invitation.creditor_id.is_(None))
    return _new_invitation(staff, None, None, None, None)


def _new_invitation(
    staff: Staff, creditor_id: int | None, role: Role | None, organisation_id: int | None, by: int | None
) -> Invitation:
    now = clock.now()
    invitation = Invitation(
        id=ids.new_id(),
        staff_id=staff.id,
        creditor_id=creditor_id,
        organisation_id=organisation_id,
        role=role.value if role else None,
        made_by=by,
        made_at=now,
        expires_at=now + INVITATION_DAYS,
    )
    db.session().add(invitation)
    db.session().flush()
    return invitation


def invitation_address(invitation_id: int) -> str:
    """The one-time address, signed at this moment; whoever has it gets in."""
    token = signing.link_token(installation.keys(), INVITATION, invitation_id)
    return staff_address(f"/c/invitation/{token}")


def read_invitation(token: str) -> int | None:
    """The invitation behind a genuine token in its one spelling; a forged one costs no query (rule A-01)."""
    return signing.read_link_token(installation.keys(), INVITATION, token)


def mail_invitation(invitation: Invitation, staff: Staff, by_name: str) -> None:
    """Sends the invited their address; who invites never sees it."""
    mails.plan(
        mails.INVITATION, staff.email, staff.language, {"by": by_name}, about_id=invitation.id, staff_id=staff.id
    )


def staff_address(path: str) -> str:
    """An absolute address on the staff's side, built from settings and never from a request (rule A-13)."""
    settings = installation.settings()
    if not settings.staff_host:
        return settings.public_url + path
    return f"{settings.public_url.partition('://')[0]}://{settings.staff_host}{path}"


def withdraw_invitation(invitation: Invitation) -> None:
    if _withdraw(Invitation.id == invitation.id):
        events.record(happened.InvitationWithdrawn(person_id=invitation.staff_id))


def _withdraw(*which: ColumnElement[bool]) -> int:
    """Closes open invitations; returns how many."""
    return db.changed(update(Invitation).where(*which, *_OPEN).values(withdrawn_at=clock.now()))


def must_prove(invitation: Invitation, staff: Staff) -> bool:
    """Whether the invited must type the password they have: who can read the mail to one creditor's invited
    must not take over what the person may do at another."""
    if staff.password_hash is None or invitation.creditor_id is None:
        return False
    return queries.works_elsewhere(staff.id, invitation.creditor_id)


def accept(invitation: Invitation, staff: Staff, *, name: str, password: str | None) -> None:
    """The invited is in, within the scope of that creditor; `password` is the new one, None keeps the old.

    Raises NotAllowedNow when the invitation has been used in the meantime.
    """
    now = clock.now()
    this = update(Invitation).where(Invitation.id == invitation.id, *_OPEN).values(accepted_at=now)
    if db.changed(this) != 1:
        raise NotAllowedNow(t("This invitation has been used already."))
    if name:
        staff.name = name
    if password is not None:
        staff.password_hash = passwords.hashed(password)
        end_sessions(staff.id)
    if invitation.creditor_id is None or invitation.role is None:
        return
    place = queries.membership(staff.id, invitation.creditor_id)
    if place is None:
        place = Membership(id=ids.new_id(), staff_id=staff.id, creditor_id=invitation.creditor_id)
        db.session().add(place)
    if place.role is None or place.ended_at is not None:
        place.since = now
    place.role, place.role_since, place.role_by = invitation.role, now, invitation.made_by
    place.organisation_id, place.ended_at = invitation.organisation_id, None
    db.session().flush()
    events.act_as(events.Actor("staff", staff.id))
    events.record(happened.PersonJoined(person_id=staff.id, role=invitation.role))


def who_is(email: str, password: str) -> Staff | None:
    """The person behind an address and a password; as slow for an address that nobody has (rule A-66)."""
    staff = queries.by_email(email)
    known = staff if staff is not None and staff.disabled_at is None else None
    right = passwords.is_right(known.password_hash if known else None, password)
    if known is None or not right:
        return None
    if known.password_hash is not None and passwords.is_outdated(known.password_hash):
        known.password_hash = passwords.hashed(password)
    return known


def change_password(staff: Staff, password: str) -> None:
    """A new password; every session ends, the one that asked begins a new one (rule A-50)."""
    staff.password_hash = passwords.hashed(password)
    end_sessions(staff.id)
    events.record(happened.PasswordChanged(person_id=staff.id))
    mails.plan(mails.PASSWORD_CHANGED, staff.email, staff.language, {}, staff_id=staff.id)


def change_role(place: Membership, role: Role, *, by: int) -> None:
    """Raises NotAllowedNow for one's own role, or when nobody would be left to decide."""
    if place.role == role.value:
        return
    why_not = why_not_touch(place, by=by)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    if place.organisation_id is not None and role is Role.ADMIN:
        raise NotAllowedNow(t("Somebody who works for an agency cannot decide for you. Please choose another role."))
    old = place.role
    place.role, place.role_since, place.role_by = role.value, clock.now(), by
    db.session().flush()
    events.record(happened.RoleChanged(person_id=place.staff_id, old=old, role=role.value))


def end_access(place: Membership, *, by: int) -> None:
    """The person is out of this creditor at once; who works for no other is signed out everywhere."""
    if place.ended_at is not None:
        return
    why_not = why_not_touch(place, by=by)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    place.ended_at = clock.now()
    db.session().flush()
    if not queries.works_elsewhere(place.staff_id, None):
        end_sessions(place.staff_id)
    _withdraw(Invitation.staff_id == place.staff_id, Invitation.creditor_id == scope.current().creditor_id)
    events.record(happened.AccessEnded(person_id=place.staff_id))


def why_not_touch(place: Membership, *, by: int) -> Text | None:
    """Why `by` may not change or end this place: it is their own, or the last one that decides."""
    if place.staff_id == by:
        return t("You cannot change what you may do yourself. Please ask a colleague.")
    if place.role == Role.ADMIN.value and not queries.other_admins(place.creditor_id, place.staff_id):
        return t("This is the only administrator. Please make somebody else one first.")
    return None


def sign_out_everywhere(place: Membership) -> None:
    """A colleague ends all of a person's sessions (rule A-54)."""
    end_sessions(place.staff_id)
    events.record(happened.SignedOutEverywhere(person_id=place.staff_id))


def disable(staff: Staff) -> None:
    """Whoever runs the portal shuts a person out of every creditor; nothing of what they did goes."""
    staff.disabled_at = clock.now()
    _withdraw(Invitation.staff_id == staff.id)
    end_sessions(staff.id)


_OVER = {"held_path": None, "held_form": None, "held_at": None}  # what was typed and not sent goes with the session


def end_session(session: StaffSession) -> None:
    if session.ended_at is None:
        session.ended_at = clock.now()
        session.held_path = session.held_form = session.held_at = None


def end_sessions(staff_id: int, *, but: int | None = None) -> None:
    """Ends all of a person's sessions, save the one called `but`."""
    running = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
    if but is not None:
        running = running.where(StaffSession.id != but)
    db.changed(running.values(ended_at=clock.now(), **_OVER))
