"""Who works here: inviting, changing, ending; never oneself, never the last one who decides."""

import re

import pytest
from sqlalchemy import select

from portal.core import db, jobs, scope
from portal.core.events import EventRow
from portal.core.ids import spell
from portal.creditors.models import Creditor
from portal.doubles.mailbox import Mailbox
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, set_up, sign_in
from tests.factories.world import make_creditor


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def admin(app: PortalFlask, creditor: Creditor) -> Browser:
    return sign_in(app, make_person(creditor))


def names(creditor: Creditor) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        return list(session.scalars(select(EventRow.name).order_by(EventRow.seq)))


def invited_address(mailbox: Mailbox, to: str) -> str:
    """The address in the newest mail to this reader."""
    jobs.work_off()
    (*_, mail) = [one for one in mailbox.messages if one.recipients == (to,)]
    return mail.link("/c/invitation/")


def test_an_invitation_goes_by_mail_and_nobody_else_sees_it(
    app: PortalFlask, admin: Browser, mailbox: Mailbox
) -> None:
    admin.get("/c/people")
    admin.submit("/c/people", email=" Sara@Rossi.example ", role="agent")
    assert admin.path == "/c/people"
    assert "the mail is on its way" in admin.text
    address = invited_address(mailbox, "sara@rossi.example")
    assert re.fullmatch(r"http://portal\.test/c/invitation/[\w-]{32}", address)
    (mail,) = mailbox.messages
    assert "Giulia Ferri" in mail.text
    assert "Operatore" in mail.text
    assert not mail.html
    admin.get("/c/people")
    assert "the mail was sent" in admin.text
    assert address.rpartition("/")[2] not in admin.text
    browser = Browser(app)
    browser.get(address)
    browser.submit("/c/welcome", name="Sara Neri", password="mongolfiera bassotto tinello")
    assert browser.path == "/c/"
    admin.get("/c/people")
    assert "Sara Neri" in admin.text
    assert "Invited, not here yet" not in admin.text


def test_a_mail_that_does_not_arrive_is_said_and_may_be_sent_again(admin: Browser, mailbox: Mailbox) -> None:
    mailbox.faults.refuse("sara@rossi.example")
    admin.get("/c/people")
    admin.submit("/c/people", email="sara@rossi.example", role="agent")
    jobs.work_off()
    admin.get("/c/people")
    assert "the mail could not be sent" in admin.text
    mailbox.faults.accept("sara@rossi.example")
    admin.submit("/mail")
    assert invited_address(mailbox, "sara@rossi.example")
    admin.get("/c/people")
    assert "the mail was sent" in admin.text


def test_a_mail_of_an_invitation_taken_back_is_not_sent(admin: Browser, mailbox: Mailbox) -> None:
    admin.get("/c/people")
    admin.submit("/c/people", email="sara@rossi.example", role="agent")
    admin.submit("/withdraw")
    jobs.work_off()
    assert mailbox.messages == []


def test_a_manager_invites_those_who_may_do_less(app: PortalFlask, creditor: Creditor, mailbox: Mailbox) -> None:
    manager = sign_in(app, make_person(creditor, Role.MANAGER))
    manager.get("/c/people")
    assert 'value="admin"' not in manager.text
    for role, status in (("admin", 422), ("manager", 422), ("agent", 200)):
        manager.get("/c/people")
        form = manager.form("/c/people")
        manager.post("/c/people", {**form.fields, "email": f"{role}@rossi.example", "role": role})
        assert manager.status == status, role
    assert invited_address(mailbox, "agent@rossi.example")
    assert {one.recipients[0] for one in mailbox.messages} == {"agent@rossi.example"}


def test_a_manager_does_not_touch_what_an_administrator_invited(
    app: PortalFlask, creditor: Creditor, admin: Browser
) -> None:
    admin.get("/c/people")
    admin.submit("/c/people", email="capo@rossi.example", role="admin")
    action = admin.form("/withdraw").action
    manager = sign_in(app, make_person(creditor, Role.MANAGER))
    manager.get("/c/people")
    assert "capo@rossi.example" in manager.text
    fields = manager.form("/c/people").fields
    hidden = {name: fields[name] for name in ("csrf_token", "command_id")}
    assert manager.post(action, hidden).status_code == 404
    assert manager.post(action.replace("/withdraw", "/mail"), hidden).status_code == 404


def test_the_same_form_twice_invites_once(admin: Browser, creditor: Creditor) -> None:
    admin.get("/c/people")
    form = admin.form("/c/people")
    data = {**form.fields, "email": "sara@rossi.example", "role": "agent"}
    for _ in range(2):
        admin.post("/c/people", data)
        assert admin.status == 200
    assert names(creditor).count("person.invited") == 1


def test_what_is_wrong_stands_beside_its_field(admin: Browser) -> None:
    admin.get("/c/people")
    admin.submit("/c/people", email="not an address")
    assert admin.status == 422
    assert 'value="not an address"' in admin.text
    assert "Please write the address like this" in admin.text
    assert "Please choose what this person may do" in admin.text


def test_an_invitation_can_be_taken_back(
    app: PortalFlask, admin: Browser, creditor: Creditor, mailbox: Mailbox
) -> None:
    admin.get("/c/people")
    admin.submit("/c/people", email="sara@rossi.example", role="agent")
    address = invited_address(mailbox, "sara@rossi.example")
    admin.submit("/withdraw")
    assert "no longer works" in admin.text
    stranger = Browser(app)
    assert stranger.get(address).status_code == 404
    assert names(creditor)[-1] == "person.invitation_withdrawn"


def test_a_changed_role_counts_at_once(app: PortalFlask, admin: Browser, creditor: Creditor) -> None:
    colleague = make_person(creditor, Role.VIEWER, name="Sara Neri")
    theirs = sign_in(app, colleague)
    assert theirs.get("/c/settings").status_code == 403
    admin.get("/c/people")
    admin.submit(f"/c/people/{spell(colleague.staff_id)}/role", role="admin")
    assert admin.path == "/c/people"
    assert names(creditor)[-1] == "person.role_changed"
    theirs.get("/c/settings")
    assert theirs.path == "/c/second-factor", "who may do so much proves more, at the next click"
    theirs.submit("/begin", password=colleague.password)
    set_up(theirs, colleague.email)
    assert theirs.path == "/c/settings"


def test_ended_access_is_out_at_once_and_may_come_back(
    app: PortalFlask, admin: Browser, creditor: Creditor, mailbox: Mailbox
) -> None:
    colleague = make_person(creditor, Role.AGENT, name="Sara Neri")
    theirs = sign_in(app, colleague)
    admin.get("/c/people")
    admin.submit(f"/c/people/{spell(colleague.staff_id)}/end")
    assert "access ended" in admin.text
    theirs.get("/c/")
    assert theirs.path == "/c/login"
    admin.submit("/c/people", email=colleague.email, role="viewer")
    again = Browser(app)
    again.get("/c/language/en")
    again.get(invited_address(mailbox, colleague.email))
    again.submit("/c/welcome", name="Sara Neri", password="mongolfiera bassotto tinello")
    assert "Viewer" in again.text


def test_a_colleague_is_signed_out_everywhere(app: PortalFlask, admin: Browser, creditor: Creditor) -> None:
    colleague = make_person(creditor, Role.AGENT)
    theirs = sign_in(app, colleague)
    admin.get("/c/people")
    assert "signed in" in admin.text
    admin.submit(f"/c/people/{spell(colleague.staff_id)}/sign-out")
    theirs.get("/c/")
    assert theirs.path == "/c/login"
    sign_in(app, colleague)


def act_on(browser: Browser, staff_id: int, what: str, **typed: str) -> int:
    """Sends a form that the page did not offer."""
    browser.get("/c/people")
    hidden = {name: browser.form("/c/people").fields[name] for name in ("csrf_token", "command_id")}
    browser.post(f"/c/people/{spell(staff_id)}/{what}", {**hidden, **typed})
    return browser.status


def test_nobody_changes_or_ends_themselves(app: PortalFlask, creditor: Creditor) -> None:
    first, second = make_person(creditor), make_person(creditor, email="second@rossi.example")
    browser = sign_in(app, first)
    assert act_on(browser, first.staff_id, "role", role="viewer") == 409
    assert act_on(browser, first.staff_id, "end") == 409
    assert act_on(browser, second.staff_id, "role", role="viewer") == 200
    assert browser.get("/c/people").status_code == 200


def test_people_of_another_creditor_are_not_there(app: PortalFlask, admin: Browser) -> None:
    other = make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    stranger = make_person(other, Role.VIEWER, name="Ugo Verdi")
    admin.get("/c/people")
    assert "Ugo Verdi" not in admin.text
    for what, typed in (("role", {"role": "admin"}), ("end", {}), ("sign-out", {})):
        assert act_on(admin, stranger.staff_id, what, **typed) == 404
        missing = admin.text
        assert act_on(admin, stranger.staff_id + 1, what, **typed) == 404
        assert admin.text == missing
