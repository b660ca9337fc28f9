"""The creditor's people in tests: invited, accepted and signed in as they would be, through pages and actions."""

from dataclasses import dataclass
from functools import lru_cache

from portal.core import clock, db, events, ids, scope
from portal.creditors.models import Creditor
from portal.people import actions, passwords
from portal.people.models import Membership, Staff
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, People

PASSWORD = "quattro parole che non stanno insieme"


@lru_cache(maxsize=4)
def _hashed(password: str) -> str:
    return passwords.hashed(password)  # slow on purpose: once is enough for all tests


@dataclass(frozen=True, slots=True)
class Somebody:
    staff_id: int
    email: str
    password: str = PASSWORD


def make_person(
    creditor: Creditor | int, role: Role = Role.ADMIN, email: str | None = None, name: str = "Giulia Ferri"
) -> Somebody:
    """A person who has accepted an invitation to `creditor` as `role`; the same e-mail again is the same person."""
    creditor_id = creditor if isinstance(creditor, int) else creditor.id
    email = email or f"{role.value}.{ids.spell(creditor_id)}@rossi.example"
    with db.transaction():
        scope.enter(creditor_id)
        staff: Staff = actions.add_person(email, name)
        staff.password_hash = _hashed(PASSWORD)
        db.session().add(
            Membership(
                id=ids.new_id(), staff_id=staff.id, creditor_id=creditor_id, role=role.value, since=clock.now()
            )
        )
        events.act_as(events.Actor("staff", staff.id))
        return Somebody(staff.id, email)


def sign_in(app: PortalFlask, somebody: Somebody) -> Browser:
    """A browser in which this person has signed in, English chosen so that tests can read the pages."""
    browser = People(app).browser()
    browser.get("/c/language/en")
    browser.get("/c/login")
    browser.submit("/c/login", email=somebody.email, password=somebody.password)
    assert browser.status == 200, (browser.status, browser.text[:2000])
    return browser


def signed_in(app: PortalFlask, creditor: Creditor | int, role: Role = Role.ADMIN) -> Browser:
    """A fresh person of this role in a browser of their own."""
    return sign_in(app, make_person(creditor, role))
