"""The creditor's people in tests: invited, accepted and signed in as they would be, through pages and actions.

Whoever's role needs a second factor has one: `sign_in` types its code, so that tests of other things need not know.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import update

from portal.core import clock, db, events, ids, scope
from portal.creditors.models import Creditor
from portal.people import actions, codes, passwords, queries, second_factor
from portal.people.models import Membership, SecondFactor, Staff
from portal.people.roles import NEED_SECOND_FACTOR, Role
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

    @property
    def secret(self) -> str:
        """Of their app, where they have one."""
        return base64.b32encode(hashlib.sha256(self.email.encode()).digest()[:20]).decode()

    def code(self, steps: int = 0) -> str:
        """What their app shows now, or so many steps from now."""
        return codes.code_at(self.secret, codes.step_of(clock.now()) + steps)


def make_person(
    creditor: Creditor | int,
    role: Role = Role.ADMIN,
    email: str | None = None,
    name: str = "Giulia Ferri",
    *,
    organisation_id: int | None = None,
    with_app: bool | None = None,
) -> Somebody:
    """A person who has accepted an invitation to `creditor` as `role`; the same e-mail again is the same person.

    `with_app`: whether they have set up a second factor; by itself when their role needs one.
    """
    creditor_id = creditor if isinstance(creditor, int) else creditor.id
    email = email or f"{role.value}.{ids.spell(creditor_id)}@rossi.example"
    with db.transaction():
        scope.enter(creditor_id)
        staff: Staff = actions.add_person(email, name)
        staff.password_hash = _hashed(PASSWORD)
        now = clock.now()
        db.session().add(
            Membership(
                id=ids.new_id(), staff_id=staff.id, creditor_id=creditor_id, role=role.value, since=now,
                role_since=now, organisation_id=organisation_id,
            )
        )  # fmt: skip
        somebody = Somebody(staff.id, email)
        if (role in NEED_SECOND_FACTOR if with_app is None else with_app) and not second_factor.is_on(staff.id):
            second_factor.install(staff.id, somebody.secret)
        events.act_as(events.Actor("staff", staff.id))
        return somebody


def let_codes_come_again(somebody: Somebody) -> None:
    """A code is taken once, and tests sign in more often than every thirty seconds."""
    with db.transaction():
        db.changed(update(SecondFactor).where(SecondFactor.staff_id == somebody.staff_id).values(last_step=None))


def type_code(browser: Browser, somebody: Somebody) -> None:
    """Types the app's code where the browser is asked for it."""
    if browser.path == "/c/code":
        let_codes_come_again(somebody)
        browser.submit("/c/code", code=somebody.code())


def set_up(browser: Browser, email: str) -> Somebody:
    """Sets up the app on the page that asks for it, as a person does, and keeps the recovery codes."""
    with db.transaction(writes=False):
        staff = queries.by_email(email)
        assert staff is not None
        secret = second_factor.pending_secret(staff.id)
    assert secret is not None, browser.text
    assert secret[:4] in browser.text
    browser.submit("/c/second-factor", code=codes.code_at(secret, codes.step_of(clock.now())))
    assert browser.path == "/c/second-factor/codes", browser.text
    found = re.search(r'class="button" href="([^"]+)"', browser.text)
    assert found
    browser.get(found[1])
    return Somebody(staff.id, email)


def sign_in(app: PortalFlask, somebody: Somebody) -> Browser:
    """A browser in which this person has signed in, English chosen so that tests can read the pages."""
    browser = People(app).browser()
    browser.get("/c/language/en")
    browser.get("/c/login")
    browser.submit("/c/login", email=somebody.email, password=somebody.password)
    type_code(browser, somebody)
    assert browser.status == 200, (browser.status, browser.text[:2000])
    assert browser.path not in {"/c/login", "/c/code", "/c/second-factor"}, (browser.path, browser.text[:2000])
    return browser


def signed_in(app: PortalFlask, creditor: Creditor | int, role: Role = Role.ADMIN) -> Browser:
    """A fresh person of this role in a browser of their own."""
    return sign_in(app, make_person(creditor, role))
