"""What a handed-over link may become: never more than the link that it came from, however it is asked for anew."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.debtors import links, policies, revoking
from portal.debtors.models import AccessLink, Visit
from portal.debtors.states import StepUpStatus
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account

THIEF = "thief@evil.example"


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    return made


def revoke(account: Account, which: revoking.Which) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return revoking.revoke(which, "by_hand")


def newest(account: Account, campaign: str) -> tuple[AccessLink, str]:
    """The newest link of this kind, and its address."""
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        of_kind = select(AccessLink).where(AccessLink.campaign == campaign).order_by(AccessLink.id.desc())
        link = session.scalars(of_kind.limit(1)).one()
        return link, links.address(link.id)


def how_many(account: Account, campaign: str) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return len(session.scalars(select(AccessLink.id).where(AccessLink.campaign == campaign)).all())


def hand(debtor: Debtor, to: str = THIEF) -> None:
    debtor.get("/d/hand-over")
    debtor.submit("/d/hand-over", email=to)
    assert debtor.status == 200


def frozen(app: PortalFlask, address: str) -> Debtor:
    """A browser that typed five wrong facts at this link."""
    browser = Debtor(app)
    browser.get(address)
    for _ in range(5):
        browser.submit("/gate", fact="0000")
    browser.get("/gate")
    assert "/gate/new-link" in browser.text
    return browser


def with_a_new_link(app: PortalFlask, account: Account) -> str:
    """The address that whoever has the handed-over link got by freezing it and asking for a new one."""
    thief = frozen(app, newest(account, "handed_over")[1])
    thief.submit("/gate/new-link")
    return newest(account, "new_link")[1]


@pytest.mark.parametrize("by", ["link", "contact", "debtor", "creditor"])
def test_a_new_link_for_a_handed_over_one_dies_with_the_first(
    app: PortalFlask, debtor: Debtor, account: Account, by: str
) -> None:
    doors.inside(debtor, account)
    hand(debtor)
    address = with_a_new_link(app, account)
    thief = Debtor(app)
    thief.enter(address, account.fact)
    assert thief.path == "/d/"
    revoke(
        account,
        {
            "link": revoking.Which(link_id=newest(account, "test")[0].id),
            "contact": revoking.Which(contact_id=account.contact_id),
            "debtor": revoking.Which(debtor_id=account.debtor_id),
            "creditor": revoking.Which(),
        }[by],
    )
    assert thief.get("/d/").status_code == 403
    assert thief.get(address).status_code == 404


def test_it_lasts_no_longer_than_the_first(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    debtor.enter(account.link(days=3), account.fact)
    hand(debtor)
    with_a_new_link(app, account)
    first, fresh = newest(account, "test")[0], newest(account, "new_link")[0]
    assert fresh.from_link_id == first.id
    assert fresh.expires_at == first.expires_at


def test_none_is_sent_when_the_first_has_run_out(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    debtor.enter(account.link(days=3), account.fact)
    hand(debtor)
    thief = Debtor(app)
    thief.get(newest(account, "handed_over")[1])
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1), tick=True):
        thief.get(newest(account, "handed_over")[1])
        thief.submit("/gate/new-link")
        assert thief.status == 200, "the answer is the same whoever asks"
    assert how_many(account, "new_link") == 0


def test_the_page_does_not_count_a_new_link_as_another_colleague(
    app: PortalFlask, debtor: Debtor, account: Account
) -> None:
    doors.inside(debtor, account)
    hand(debtor)
    with_a_new_link(app, account)
    debtor.get("/d/hand-over")
    assert debtor.text.count("t•••@evil.example") == 1


def test_who_asks_at_a_link_of_their_own_gets_one_that_stands_alone(app: PortalFlask, account: Account) -> None:
    thief = frozen(app, account.link())
    thief.submit("/gate/new-link")
    assert newest(account, "new_link")[0].from_link_id is None


# Visits that went on although their link is dead


def changed(debtor: Debtor, account: Account) -> None:
    """The contact data are another's, and the visit that asked goes on (decision 7)."""
    doors.add_mobile(account)
    with doors.phone_running() as phone:
        doors.inside(debtor, account)
        doors.ask_for_change(debtor)
        doors.signed(debtor)
        debtor.get(debtor.path)
        debtor.submit("/code", code=phone.texts[-1].code)
    assert debtor.get("/d/").status_code == 200


def running(account: Account) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return len(session.scalars(select(Visit.id).where(Visit.ended_at.is_(None))).all())


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
@pytest.mark.parametrize("of", ["debtor", "contact", "creditor"])
def test_revoking_ends_the_visit_that_outlived_its_link(
    debtor: Debtor, account: Account, of: str, many: bool
) -> None:
    changed(debtor, account)
    if many:
        for _ in range(revoking.ONE_BY_ONE + 5):
            account.link()
    which = {
        "debtor": revoking.Which(debtor_id=account.debtor_id),
        "contact": revoking.Which(contact_id=account.contact_id),
        "creditor": revoking.Which(),
    }[of]
    revoke(account, which)
    assert debtor.get("/d/").status_code == 403
    assert running(account) == 0


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_and_what_that_visit_handed_over(app: PortalFlask, debtor: Debtor, account: Account, many: bool) -> None:
    changed(debtor, account)
    hand(debtor)
    address = newest(account, "handed_over")[1]
    other = Debtor(app)
    other.enter(address, account.fact)
    if many:
        for _ in range(revoking.ONE_BY_ONE + 5):
            account.link()
    revoke(account, revoking.Which(contact_id=account.contact_id))
    assert other.get("/d/").status_code == 403
    assert other.get(address).status_code == 404


def test_the_page_offers_it_while_a_visit_runs(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    changed(debtor, account)
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}/links")
    assert "Live links: 0" in agent.text
    assert "Visits that are running: 1" in agent.text
    agent.submit("/links/revoke")
    assert agent.status == 200
    assert "Nobody is in through these links any more" in agent.text
    assert "/links/revoke" not in agent.text
    assert debtor.get("/d/").status_code == 403


# Where a code goes after a hand-over


def link_by_text(account: Account) -> str:
    mobile = doors.add_mobile(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        made = links.issue(
            account.debtor_id, purpose=links.PORTAL, campaign="test", contact_point_id=mobile,
            expires_at=clock.now() + timedelta(days=10),
        )  # fmt: skip
        return links.address(made.id)


@pytest.mark.parametrize("policy", [policies.WAIT, policies.SAME])
def test_no_code_goes_back_to_the_telephone_by_way_of_a_colleague(
    app: PortalFlask, account: Account, policy: str
) -> None:
    """Whoever holds the telephone alone hands over to a mailbox of their own: that is not another channel."""
    doors.choose_policy(account, no_other_channel=policy)
    holder, own = Debtor(app), Debtor(app)
    with doors.phone_running() as phone:
        holder.get("/language/en")
        holder.enter(link_by_text(account), account.fact)
        hand(holder)
        own.get("/language/en")
        own.enter(newest(account, "handed_over")[1], account.fact)
        doors.ask_for_change(own)
        doors.signed(own)
        (row,) = doors.step_ups(account)
        if policy == policies.WAIT:
            assert phone.texts == []
            assert row.status is StepUpStatus.WITH_STAFF
        else:
            assert row.same_channel, "the evidence says so"


def test_the_link_by_text_still_gets_its_code_by_mail(app: PortalFlask, account: Account) -> None:
    holder = Debtor(app)
    with doors.phone_running() as phone:
        holder.get("/language/en")
        holder.enter(link_by_text(account), account.fact)
        doors.ask_for_change(holder)
        assert "by e-mail" in holder.text
        assert phone.texts == []
