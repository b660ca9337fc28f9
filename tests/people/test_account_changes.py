"""Four eyes and a day for another bank account: every shortcut that one person alone might try (rule A-66)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock, db, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.core.ids import spell
from portal.creditors import actions as creditors
from portal.creditors import queries as creditor_queries
from portal.creditors.models import AccountChange, Creditor
from portal.creditors.states import AccountChangeStatus
from portal.doubles.mailbox import Mailbox
from portal.people import account_changes, actions, queries, rules
from portal.people.models import Membership, Organisation
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import Somebody, make_person, sign_in
from tests.factories.world import IBAN, make_account, make_creditor

OTHER = "IT37Y0542811101000000123457"
THIEVES = "DE89370400440532013000"
S = AccountChangeStatus


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def admin(creditor: Creditor) -> Somebody:
    return make_person(creditor, Role.ADMIN, email="giulia@rossi.example", name="Giulia Ferri")


@pytest.fixture
def second(creditor: Creditor) -> Somebody:
    return make_person(creditor, Role.MANAGER, email="marco@rossi.example", name="Marco Bassi")


@pytest.fixture
def hour(admin: Somebody, second: Somebody, later: time_machine.Traveller) -> time_machine.Traveller:
    """Everybody has had their role for an hour."""
    later.shift(timedelta(hours=1))
    return later


def ask(creditor: Creditor, by: Somebody, iban: str = THIEVES) -> int:
    with db.transaction():
        scope.enter(creditor.id)
        row = creditor_queries.by_id(creditor.id)
        return account_changes.ask(row, iban=iban, bic=None, holder="Rossi Impianti", by=by.staff_id).id


def approve(creditor: Creditor, change_id: int, by: Somebody) -> None:
    with db.transaction():
        scope.enter(creditor.id)
        change = account_changes.locked(change_id)
        assert change is not None
        account_changes.approve(change, by=by.staff_id)


def call_off(creditor: Creditor, change_id: int, by: Somebody) -> None:
    with db.transaction():
        scope.enter(creditor.id)
        change = account_changes.locked(change_id)
        assert change is not None
        account_changes.call_off(change, by=by.staff_id)


def now_of(creditor: Creditor) -> tuple[str | None, AccountChangeStatus]:
    """Where money goes, and how the newest change stands."""
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        (newest, *_) = account_changes.latest()
        return creditor_queries.by_id(creditor.id).iban, newest.status


def give_role(somebody: Somebody, role: Role, **values: object) -> None:
    with db.transaction():
        this = update(Membership).where(Membership.staff_id == somebody.staff_id)
        db.changed(this.values(role=role.value, **values))


def names(creditor: Creditor) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        like = EventRow.name.like("account_change.%")
        return list(session.scalars(select(EventRow.name).where(like).order_by(EventRow.seq)))


def test_two_people_and_a_day(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller, mailbox: Mailbox
) -> None:
    change_id = ask(creditor, admin)
    jobs.work_off()
    assert now_of(creditor) == (IBAN, S.ASKED)
    approve(creditor, change_id, second)
    hour.shift(account_changes.DELAY - timedelta(seconds=1))
    jobs.work_off()
    assert now_of(creditor) == (IBAN, S.APPROVED)
    hour.shift(2)
    jobs.work_off()
    assert now_of(creditor) == (THIEVES, S.DONE)
    assert names(creditor) == ["account_change.asked", "account_change.approved", "account_change.done"]
    told = {"amministrazione@rossi.example", admin.email}
    assert [mail.recipients[0] for mail in mailbox.messages].count("marco@rossi.example") == 0, "admins and contact"
    assert len(mailbox.messages) == 3 * len(told)
    assert {mail.recipients[0] for mail in mailbox.messages} == told
    assert all(THIEVES not in mail.text and "3000" in mail.text for mail in mailbox.messages)


def test_until_then_debtors_see_the_old_one(
    app: PortalFlask, creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    account = make_account(creditor)
    account.add_invoice()
    link = account.link(days=90)

    def shown() -> str:
        debtor = Debtor(app)
        debtor.enter(link, account.fact)
        return debtor.get("/d/pay/transfer").get_data(as_text=True)

    change_id = ask(creditor, admin, OTHER)
    assert IBAN in shown()
    approve(creditor, change_id, second)
    hour.shift(account_changes.DELAY - timedelta(minutes=1))
    jobs.work_off()
    assert IBAN in shown()
    assert OTHER not in shown()
    hour.shift(timedelta(minutes=2))
    jobs.work_off()
    assert OTHER in shown()
    assert IBAN not in shown()


# Never by one person alone


def test_not_by_the_one_who_asked_from_another_browser(
    app: PortalFlask, creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    change_id = ask(creditor, admin)
    browser = sign_in(app, admin)
    browser.get("/c/settings/account")
    assert "You asked for it yourself" in browser.text
    fields = browser.form("/call-off").fields
    browser.post(f"/c/settings/account/{spell(change_id)}/approve", fields)
    assert browser.status == 409
    assert now_of(creditor) == (IBAN, S.ASKED)


def test_the_database_refuses_it_too(creditor: Creditor, admin: Somebody, hour: time_machine.Traveller) -> None:
    change_id = ask(creditor, admin)
    with pytest.raises(Exception, match="four_eyes"), db.transaction():
        scope.enter(creditor.id)
        db.changed(
            update(AccountChange).where(AccountChange.id == change_id).values(approved_by=AccountChange.asked_by)
        )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_not_by_somebody_who_may_not(
    creditor: Creditor, admin: Somebody, role: Role, later: time_machine.Traveller
) -> None:
    other = make_person(creditor, role)
    later.shift(3600)
    change_id = ask(creditor, admin)
    with pytest.raises(NotAllowedNow):
        approve(creditor, change_id, other)
    with pytest.raises(NotAllowedNow):
        call_off(creditor, change_id, other)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT, Role.MANAGER])
def test_only_administrators_ask(creditor: Creditor, role: Role, later: time_machine.Traveller) -> None:
    other = make_person(creditor, role)
    later.shift(3600)
    with pytest.raises(NotAllowedNow):
        ask(creditor, other)


def test_not_by_an_account_that_the_asker_has_just_made(
    creditor: Creditor, admin: Somebody, later: time_machine.Traveller
) -> None:
    """They invite themselves at another address, before or after asking."""
    sock = make_person(creditor, Role.MANAGER, email="giulia.ferri@freemail.example")
    give_role(sock, Role.ADMIN, role_by=admin.staff_id)
    of_sock = make_person(creditor, Role.MANAGER, email="giulia.ferri.tre@freemail.example")
    give_role(of_sock, Role.MANAGER, role_by=sock.staff_id)
    later.shift(3600)
    change_id = ask(creditor, admin)
    for one in (sock, of_sock):
        with pytest.raises(NotAllowedNow, match="less than a week"):
            approve(creditor, change_id, one)
    late = make_person(creditor, Role.ADMIN, email="giulia.due@freemail.example")
    later.shift(3600)
    with pytest.raises(NotAllowedNow, match="after this was asked"):
        approve(creditor, change_id, late)
    assert now_of(creditor) == (IBAN, S.ASKED)


def test_a_colleague_whom_the_asker_made_long_ago_counts(
    creditor: Creditor, admin: Somebody, second: Somebody, later: time_machine.Traveller
) -> None:
    give_role(second, Role.MANAGER, role_by=admin.staff_id)
    later.shift(rules.SETTLED + timedelta(seconds=1))
    approve(creditor, ask(creditor, admin), second)
    assert now_of(creditor)[1] is S.APPROVED


def test_not_by_a_colleague_who_is_raised_in_between(
    creditor: Creditor, admin: Somebody, later: time_machine.Traveller
) -> None:
    helper = make_person(creditor, Role.AGENT)
    later.shift(3600)
    change_id = ask(creditor, admin)
    with db.transaction():
        scope.enter(creditor.id)
        place = queries.membership(helper.staff_id, creditor.id)
        assert place is not None
        actions.change_role(place, Role.MANAGER, by=admin.staff_id)
    later.shift(3600)
    with pytest.raises(NotAllowedNow):
        approve(creditor, change_id, helper)


def test_not_when_the_asker_has_another_role_meanwhile(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    change_id = ask(creditor, admin)
    give_role(admin, Role.AGENT, role_since=clock.now())
    with pytest.raises(NotAllowedNow):
        approve(creditor, change_id, second)
    hour.shift(60)
    give_role(admin, Role.ADMIN, role_since=clock.now())
    with pytest.raises(NotAllowedNow, match="another role now"):
        approve(creditor, change_id, second)


@pytest.mark.parametrize("who", ["asker", "approver"])
@pytest.mark.parametrize("when", ["before the approval", "before it takes effect"])
@pytest.mark.parametrize("how", ["disabled", "ended", "lowered"])
def test_not_with_somebody_who_is_gone(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller, mailbox: Mailbox,
    who: str, when: str, how: str,
) -> None:  # fmt: skip
    leaver = admin if who == "asker" else second
    change_id = ask(creditor, admin)

    def leave() -> None:
        if how == "lowered":
            give_role(leaver, Role.VIEWER, role_since=clock.now())
            return
        with db.transaction():
            scope.enter(creditor.id)
            found = queries.by_id(leaver.staff_id)
            assert found is not None
            if how == "disabled":
                actions.disable(found)
            else:
                this = update(Membership).where(Membership.staff_id == leaver.staff_id)
                db.changed(this.values(ended_at=clock.now()))

    if when == "before the approval":
        leave()
        with pytest.raises(NotAllowedNow):
            approve(creditor, change_id, second)
        assert now_of(creditor) == (IBAN, S.ASKED)
        return
    approve(creditor, change_id, second)
    leave()
    hour.shift(account_changes.DELAY + timedelta(seconds=1))
    jobs.work_off()
    assert now_of(creditor) == (IBAN, S.CALLED_OFF)


def test_not_by_an_agencys_manager(creditor: Creditor, admin: Somebody, later: time_machine.Traveller) -> None:
    with db.transaction() as session:
        agency = Organisation(id=7, name="Agenzia", vat_number="IT99999999999", created_at=clock.now())
        session.add(agency)
    outside = make_person(creditor, Role.MANAGER, email="ida@agenzia.example", organisation_id=7)
    later.shift(3600)
    change_id = ask(creditor, admin)
    with pytest.raises(NotAllowedNow):
        approve(creditor, change_id, outside)


def test_not_by_another_creditors_administrator(
    app: PortalFlask, creditor: Creditor, admin: Somebody, hour: time_machine.Traveller
) -> None:
    change_id = ask(creditor, admin)
    stranger = sign_in(app, make_person(make_creditor("verdi", name="Verdi", display_name="Verdi")))
    stranger.get("/c/settings/account")
    fields = {name: stranger.form("/settings/account").fields[name] for name in ("csrf_token", "command_id")}
    for what in ("approve", "call-off"):
        assert stranger.post(f"/c/settings/account/{spell(change_id)}/{what}", fields).status_code == 404
    assert now_of(creditor) == (IBAN, S.ASKED)


def test_of_two_approvals_at_once_one_counts(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    third = make_person(creditor, Role.MANAGER, email="terza@rossi.example")
    hour.shift(60)
    change_id = ask(creditor, admin)
    together = threading.Barrier(2)

    def go(somebody: Somebody) -> bool:
        together.wait()
        try:
            approve(creditor, change_id, somebody)
        except NotAllowedNow:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, (second, third))) == [False, True]
    assert names(creditor).count("account_change.approved") == 1


def test_one_change_at_a_time(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    """Else somebody approves one and another takes effect."""
    change_id = ask(creditor, admin, OTHER)
    with pytest.raises(NotAllowedNow, match="open already"):
        ask(creditor, admin, THIEVES)
    approve(creditor, change_id, second)
    with pytest.raises(NotAllowedNow, match="open already"):
        ask(creditor, admin, THIEVES)


def test_without_a_fresh_proof_nothing_is_approved(
    app: PortalFlask, creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    change_id = ask(creditor, admin)
    browser = sign_in(app, second)
    browser.get("/c/settings/account")
    hour.shift(timedelta(minutes=11))
    browser.submit("/approve")
    assert browser.path == "/c/proof"
    assert now_of(creditor) == (IBAN, S.ASKED)
    browser.submit("/c/proof", password=second.password)
    browser.get("/c/settings/account")
    browser.submit("/approve")
    assert now_of(creditor) == (IBAN, S.APPROVED)
    assert change_id


# Called off, and told


def test_any_administrator_calls_it_off_until_it_is_in_effect(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller, mailbox: Mailbox
) -> None:
    other = make_person(creditor, Role.ADMIN, email="altra@rossi.example")
    change_id = ask(creditor, admin)
    approve(creditor, change_id, second)
    hour.shift(account_changes.DELAY - timedelta(minutes=1))
    with pytest.raises(NotAllowedNow):
        call_off(creditor, change_id, second)  # a manager may not
    call_off(creditor, change_id, other)
    hour.shift(timedelta(days=2))
    jobs.work_off()
    assert now_of(creditor) == (IBAN, S.CALLED_OFF)
    with pytest.raises(NotAllowedNow):
        approve(creditor, change_id, second)
    assert "account_change.called_off" in names(creditor)


def test_in_effect_it_is_too_late(
    creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    change_id = ask(creditor, admin)
    approve(creditor, change_id, second)
    hour.shift(account_changes.DELAY + timedelta(seconds=1))
    jobs.work_off()
    with pytest.raises(NotAllowedNow):
        call_off(creditor, change_id, admin)


def test_what_nobody_approves_lapses(creditor: Creditor, admin: Somebody, hour: time_machine.Traveller) -> None:
    ask(creditor, admin)
    hour.shift(account_changes.WAITS + timedelta(seconds=1))
    jobs.work_off()
    assert now_of(creditor) == (IBAN, S.CALLED_OFF)


def test_who_first_changes_the_contact_address_hides_nothing(
    creditor: Creditor, admin: Somebody, hour: time_machine.Traveller, mailbox: Mailbox
) -> None:
    for address in ("complice@freemail.example", "complice2@freemail.example"):
        with db.transaction():
            scope.enter(creditor.id)
            creditors.change_settings(creditor_queries.by_id(creditor.id), {"email": address})
        hour.shift(timedelta(days=3))
    ask(creditor, admin)
    jobs.work_off()
    told = {mail.recipients[0] for mail in mailbox.messages}
    assert "amministrazione@rossi.example" in told


def test_what_is_no_account_is_refused_in_words(
    app: PortalFlask, creditor: Creditor, admin: Somebody, hour: time_machine.Traveller
) -> None:
    browser = sign_in(app, admin)
    for typed, said in (
        ({"iban": "", "holder": ""}, "Please write the IBAN."),
        ({"iban": IBAN[:-1] + "7", "holder": "R"}, "IBAN"),
        ({"iban": OTHER, "holder": ""}, "as the bank knows it"),
        ({"iban": OTHER, "holder": "R", "bic": "X"}, "BIC has 8 or 11"),
    ):
        browser.get("/c/settings/account")
        browser.submit("/settings/account", **typed)
        assert browser.status == 422
        assert said in browser.text
    browser.get("/c/settings/account")
    browser.submit("/settings/account", iban=IBAN, holder="Rossi Impianti S.r.l.")
    assert browser.status == 409, "nothing would change"


def test_the_pages_of_the_two(
    app: PortalFlask, creditor: Creditor, admin: Somebody, second: Somebody, hour: time_machine.Traveller
) -> None:
    asking, approving = sign_in(app, admin), sign_in(app, second)
    asking.get("/c/settings/account")
    asking.submit("/settings/account", iban="IT37 Y054 2811 1010 0000 0123 457", holder="Rossi Impianti", bic="")
    assert "A second person must approve it now" in asking.text
    asking.get("/c/settings")
    assert "waits for a second person" in asking.text
    approving.get("/c/")
    assert "/c/settings/account" in approving.text, "who can approve it is led there"
    approving.get("/c/settings/account")
    assert "IT37 Y054 2811 1010 0000 0123 457" in approving.text
    assert "Call it off" not in approving.text
    approving.submit("/approve")
    assert "24 hours" in approving.text
    asking.get("/c/settings/account")
    assert "Approved by Marco Bassi" in asking.text
    asking.submit("/call-off")
    assert "an administrator called it off" in asking.text
    assert now_of(creditor) == (IBAN, S.CALLED_OFF)


def test_a_viewer_does_not_even_see_the_page(app: PortalFlask, creditor: Creditor) -> None:
    browser = sign_in(app, make_person(creditor, Role.AGENT))
    assert browser.get("/c/settings/account").status_code == 403


def test_the_rules_by_themselves() -> None:
    at = datetime(2026, 11, 22, tzinfo=clock.now().tzinfo)
    old = at - timedelta(days=30)
    asker = rules.Standing(1, Role.ADMIN, old, None)
    approver = rules.Standing(2, Role.MANAGER, old, None)
    assert rules.why_not_approve(1, at, asker, approver) is None
    assert rules.why_not_approve(1, at, asker, asker) is not None
    assert rules.why_not_approve(1, at, None, approver) is not None
    assert rules.why_not_approve(1, at, asker, None) is not None
    given = at - rules.SETTLED
    assert rules.why_not_approve(1, at, asker, rules.Standing(2, Role.MANAGER, given, 1)) is None
    assert rules.why_not_approve(1, at, asker, rules.Standing(2, Role.MANAGER, given + timedelta(1), 1)) is not None
    assert rules.why_not_approve(1, at, asker, rules.Standing(2, Role.MANAGER, given + timedelta(1), 3)) is not None
    assert rules.why_not_approve(1, at, asker, rules.Standing(2, Role.MANAGER, given + timedelta(1), None)) is None


def test_the_operator_puts_it_in_at_once(house: Settings, creditor: Creditor) -> None:
    """What `portal creditor set` shares: whoever runs the portal stands outside the two."""
    with db.transaction():
        scope.enter(creditor.id)
        row = creditor_queries.by_id(creditor.id)
        changed = creditors.put_account(row, iban="it37 y054 2811 1010 0000 0123 457", bic=None, holder="Rossi")
    assert changed == ("account_holder", "iban")
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        assert creditor_queries.by_id(creditor.id).iban == OTHER
        assert account_changes.latest() == []
