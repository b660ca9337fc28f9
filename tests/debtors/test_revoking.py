"""Links live and die: by link, contact, debtor, campaign, date and creditor, live visits included (A-09…A-11, A-53)."""

from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.commands import links as commands
from portal.commands.line import Context
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.creditors.models import Creditor
from portal.debtors import actions, links, revoking
from portal.debtors.models import AccessLink, ContactPoint
from portal.people import sessions
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import PASSWORD, signed_in
from tests.factories.world import Account, make_account, make_creditor


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    return made


def within(account: Account, which: revoking.Which) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return revoking.revoke(which, "by_hand")


def visiting(app: PortalFlask, account: Account, link: str | None = None) -> tuple[Debtor, str]:
    browser, address = Debtor(app), link or account.link()
    browser.enter(address, account.fact)
    assert browser.path == "/d/"
    return browser, address


def is_dead(browser: Debtor, link: str) -> bool:
    """The visit is over and the link answers as an unknown one."""
    browser.get("/d/")
    over = browser.status == 403
    browser.get(link)
    return over and browser.status == 404


def link_id(link: str) -> int:
    with db.transaction(writes=False):
        found = links.look_up(links.PORTAL, link.rpartition("/")[2])
        assert found is not None
        return found.link.id


def test_each_choice_ends_its_links_and_visits_and_no_others(app: PortalFlask, account: Account) -> None:
    creditor_id = account.creditor_id
    other = make_account_of(creditor_id, "0043")
    stranger = make_account(make_creditor("verdi"), code="0044")
    choices = {
        "link": lambda link: revoking.Which(link_id=link_id(link)),
        "contact": lambda _link: revoking.Which(contact_id=account.contact_id),
        "debtor": lambda _link: revoking.Which(debtor_id=account.debtor_id),
        "campaign": lambda _link: revoking.Which(campaign="test"),
        "issued_before": lambda _link: revoking.Which(issued_before=clock.now()),
        "creditor": lambda _link: revoking.Which(),
    }
    for word, choose in choices.items():
        mine, my_link = visiting(app, account)
        neighbour, their_link = visiting(app, other)
        outside, _far_link = visiting(app, stranger)
        which = choose(my_link)
        assert which.of == word
        assert within(account, which) >= 1
        assert is_dead(mine, my_link), word
        assert is_dead(neighbour, their_link) == (word in {"campaign", "issued_before", "creditor"}), word
        outside.get("/d/")
        assert outside.status == 200, word


def make_account_of(creditor_id: int, code: str) -> Account:
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        creditor = session.get_one(Creditor, creditor_id)
    return make_account(creditor, code=code, vat_number="IT12345671111")


def test_links_made_at_or_after_the_moment_live(app: PortalFlask, account: Account) -> None:
    old, old_link = visiting(app, account)
    moment = clock.now()
    new, _new_link = visiting(app, account)
    within(account, revoking.Which(issued_before=moment))
    assert is_dead(old, old_link)
    new.get("/d/")
    assert new.status == 200


def test_very_many_links_are_one_event(app: PortalFlask, account: Account) -> None:
    live, link = visiting(app, account)
    with db.transaction():
        scope.enter(account.creditor_id)
        for _ in range(revoking.ONE_BY_ONE + 5):
            links.issue(
                account.debtor_id,
                purpose=links.PORTAL,
                campaign="test",
                expires_at=clock.now() + timedelta(days=1),
            )
    number = within(account, revoking.Which(debtor_id=account.debtor_id))
    assert number == revoking.ONE_BY_ONE + 6
    assert is_dead(live, link)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        (event,) = session.scalars(select(EventRow).where(EventRow.name == "links.revoked"))
        assert event.data["count"] == number
        left = select(func.count()).select_from(AccessLink).where(AccessLink.revoked_at.is_(None))
        assert session.scalar(left) == 0


def test_a_later_message_never_kills_an_earlier_link(app: PortalFlask, account: Account) -> None:
    earlier, later = account.link(), account.link()
    for link in (earlier, later, earlier):
        browser, _ = visiting(app, account, link)
        browser.get("/d/")
        assert browser.status == 200


def test_a_link_dies_with_the_one_it_was_handed_over_from(app: PortalFlask, account: Account) -> None:
    _first, link = visiting(app, account)
    parent = link_id(link)
    with db.transaction():
        scope.enter(account.creditor_id)
        child = links.issue(
            account.debtor_id, purpose=links.PORTAL, campaign="handed_over", from_link_id=parent,
            expires_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        address = links.address(child.id)
    second, _ = visiting(app, account, address)
    within(account, revoking.Which(link_id=parent))
    assert is_dead(second, address)


def test_a_hard_bounce_closes_the_links_of_the_address(app: PortalFlask, account: Account) -> None:
    browser, link = visiting(app, account)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        contact = session.get_one(ContactPoint, account.contact_id)
        actions.stop_contact(contact, "bounced")
    assert is_dead(browser, link)


def test_revoked_and_unknown_answer_with_the_same_bytes(app: PortalFlask, account: Account) -> None:
    link = account.link()
    within(account, revoking.Which(link_id=link_id(link)))
    browser = Debtor(app)
    answers = [browser.get(path).get_data() for path in (link, "/l/" + "A" * 32, "/l/x")]
    assert len(set(answers)) == 1


# The creditor's people


def test_an_admin_closes_all_links_after_a_second_look(app: PortalFlask, account: Account) -> None:
    live, link = visiting(app, account)
    admin = signed_in(app, account.creditor_id)
    admin.get("/c/links")
    admin.submit("/links/revoke", which="campaign", campaign="test")
    assert admin.status == 422
    assert "Links to be closed: 1" in admin.text
    live.get("/d/")
    assert live.status == 200
    admin.submit("/links/revoke", which="campaign", campaign="test", sure="yes")
    assert admin.status == 200
    assert "Done. 1 link opens nothing any more." in admin.text
    assert is_dead(live, link)


def test_closing_many_asks_for_a_fresh_proof(app: PortalFlask, account: Account) -> None:
    live, link = visiting(app, account)
    admin = signed_in(app, account.creditor_id)
    admin.get("/c/links")
    with time_machine.travel(clock.now() + sessions.PROOF + timedelta(seconds=1), tick=True):
        admin.submit("/links/revoke", which="all", sure="yes")
        assert admin.path == "/c/proof"
        live.get("/d/")
        assert live.status == 200
        admin.submit("/c/proof", password=PASSWORD)
        admin.get("/c/links")
        admin.submit("/links/revoke", which="all", sure="yes")
        assert is_dead(live, link)


def test_what_was_not_said_is_asked_for(app: PortalFlask, account: Account) -> None:
    admin = signed_in(app, account.creditor_id)
    for typed in (
        {},
        {"which": "campaign", "campaign": "nothing"},
        {"which": "before"},
        {"which": "before", "before": "x"},
    ):
        admin.get("/c/links")
        admin.submit("/links/revoke", **typed, sure="yes")
        assert admin.status == 422, typed


def test_an_agent_closes_the_links_of_one_customer(app: PortalFlask, account: Account) -> None:
    live, link = visiting(app, account)
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}/links")
    assert "Live links: 1" in agent.text
    agent.submit("/links/revoke")
    assert agent.status == 200
    assert is_dead(live, link)
    agent.get("/c/links")
    assert agent.status == 403


def test_of_one_address_alone(app: PortalFlask, account: Account) -> None:
    live, link = visiting(app, account)
    agent: Browser = signed_in(app, account.creditor_id, Role.AGENT)
    page = f"/c/debtors/{ids.spell(account.debtor_id)}/links"
    agent.get(page)
    fields = {**agent.form("/links/revoke").fields, "contact": ids.spell(ids.new_id())}
    agent.post(f"{page}/revoke", fields)
    assert agent.status == 404
    agent.get(page)
    agent.post(f"{page}/revoke", {**agent.form("/links/revoke").fields, "contact": ids.spell(account.contact_id)})
    assert agent.status == 200
    assert is_dead(live, link)


# The command line


def run(app: PortalFlask, *arguments: str) -> tuple[int, str]:
    context = Context(create_app=lambda _settings: app)
    result = CliRunner().invoke(commands.group, ["revoke", "--creditor", "rossi", *arguments], obj=context)
    return result.exit_code, result.output


def test_the_command_closes_by_every_choice(app: PortalFlask, account: Account) -> None:
    for arguments in (
        lambda link: ("--link", link),
        lambda _link: ("--contact", "cliente.0042@bianchi.example"),
        lambda _link: ("--debtor", "0042"),
        lambda _link: ("--campaign", "test"),
        lambda _link: ("--issued-before", f"{clock.now() + timedelta(days=1):%Y-%m-%d}"),
        lambda _link: ("--all",),
    ):
        live, link = visiting(app, account)
        chosen = arguments(link)
        assert run(app, *chosen, "--dry-run") == (0, "1 live link would be revoked\n"), chosen
        live.get("/d/")
        assert live.status == 200
        assert run(app, *chosen) == (0, "1 live link revoked, their visits ended\n"), chosen
        assert is_dead(live, link), chosen


@pytest.mark.parametrize(
    "arguments", [(), ("--link", "nonsense"), ("--contact", "nobody@x.example"), ("--debtor", "9999")]
)
def test_the_command_asks_for_what_it_does_not_know(
    arguments: tuple[str, ...], app: PortalFlask, account: Account
) -> None:
    _live, link = visiting(app, account)
    assert run(app, *arguments)[0] == 2
    assert link_id(link)
