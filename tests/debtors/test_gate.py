"""The gate: five tries a link, ten a debtor and day, fifty a network and day; counted, then judged (rule A-41)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors import gate
from portal.debtors.models import AccessLink, GateTries, LinkTrace, Visit
from portal.debtors.models import Debtor as DebtorRow
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account
from tests.parallel import at_once, twin


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def sibling(account: Account, code: str, **values: Any) -> Account:
    """Another debtor of the same creditor."""
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    return make_account(creditor, code=code, **values)


def opened(app: PortalFlask, address: str) -> Debtor:
    browser = Debtor(app)
    browser.get("/language/en")
    browser.get(address)
    return browser


def type_in(browser: Debtor, fact: str, **kwargs: Any) -> int:
    """Posts a fact with what the gate page gave, whatever page stands there now."""
    data = {"csrf_token": browser.csrf(), "fact": fact}
    return browser.post("/gate", data, follow=False, **kwargs).status_code


def wrong(browser: Debtor, times: int, **kwargs: Any) -> list[int]:
    token = browser.csrf()
    return [
        browser.post("/gate", {"csrf_token": token, "fact": "0000"}, follow=False, **kwargs).status_code
        for _ in range(times)
    ]


def names(account: Account, like: str = "%") -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = session.scalars(select(EventRow.name).where(EventRow.name.like(like)).order_by(EventRow.seq))
        return list(rows)


def traces(account: Account, kind: str) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalar(select(func.count(LinkTrace.id)).where(LinkTrace.kind == kind)) or 0


def tries(account: Account) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalar(select(func.max(GateTries.tries))) or 0


def test_the_right_fact_opens_and_is_the_first_thing_that_counts_as_opened(
    account: Account, app: PortalFlask
) -> None:
    browser = opened(app, account.link())
    assert names(account, "gate.%") == []
    assert type_in(browser, account.fact) == 303
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        visit = session.scalars(select(Visit)).one()
        told = session.scalars(select(EventRow).where(EventRow.name == "gate.passed")).one()
    assert visit.level == 2
    assert (told.actor_kind, told.actor_id, told.link_id) == ("debtor", visit.id, visit.link_id)
    assert account.fact not in str(told.data)


def test_the_code_on_paper_opens_with_what_is_printed_and_only_so_far(account: Account, app: PortalFlask) -> None:
    code = account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    for fact in ("128/2026", "1.234,56"):
        browser = opened(app, code)
        assert type_in(browser, account.fact) == 422, "the debtor's own number is not the paper's"
        assert type_in(browser, fact) == 303
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Visit.level)).all() == [1, 1]


def test_after_five_wrong_facts_the_right_one_is_refused_and_somebody_is_told(
    account: Account, app: PortalFlask
) -> None:
    address = account.link()
    browser = opened(app, address)
    assert wrong(browser, 4) == [422] * 4
    assert names(account, "link.frozen") == []
    assert wrong(browser, 1) == [403]
    fresh = opened(app, address)
    assert fresh.status == 403
    for known in (browser, fresh):
        known.get("/language/en")
    token = opened(app, account.link()).csrf()
    assert token
    assert names(account, "link.frozen") == ["link.frozen"], "one alarm, once"
    assert names(account, "gate.%") == []
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert opened(app, address).status == 403, "a link that froze stays frozen"


def test_the_sixth_try_is_not_even_judged(account: Account, app: PortalFlask) -> None:
    browser = opened(app, account.link())
    token = browser.csrf()
    wrong(browser, 5)
    for fact in (account.fact, "0000", ""):
        answer = browser.post("/gate", {"csrf_token": token, "fact": fact}, follow=False)
        assert answer.status_code == 403
    assert traces(account, "wrong_fact") == 5
    assert tries(account) >= 5
    assert names(account, "gate.%") == []


def test_the_link_freezes_not_the_debtor(account: Account, app: PortalFlask) -> None:
    frozen, other = account.link(), account.link()
    wrong(opened(app, frozen), 5)
    browser = opened(app, other)
    assert type_in(browser, account.fact) == 303
    assert opened(app, frozen).status == 403


def test_ten_wrong_facts_of_one_debtor_in_a_day_rest_all_their_links(account: Account, app: PortalFlask) -> None:
    for _ in range(2):
        wrong(opened(app, account.link()), 5)
    third = account.link()
    assert opened(app, third).status == 403
    neighbour = sibling(account, "0043")
    neighbour.add_invoice()
    assert type_in(opened(app, neighbour.link()), neighbour.fact) == 303, "nobody else rests"
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert type_in(opened(app, third), account.fact) == 303


def test_fifty_wrong_facts_from_one_network_in_a_day(account: Account, app: PortalFlask) -> None:
    """Somebody tries many debtors' links from one place: the place rests, and no debtor does."""
    here = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
    spied = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}, "headers": {"X-Forwarded-For": "203.0.113.9"}}
    codes = []
    for number in range(13):
        one = sibling(account, f"x{number}")
        codes += wrong(opened(app, one.link()), 4, **here)
    assert codes == [422] * 50 + [429] * 2
    browser = opened(app, account.link())
    token = browser.csrf()
    data = {"csrf_token": token, "fact": account.fact}
    assert browser.client.post("/gate", data=data, base_url="http://portal.test", **spied).status_code == 429
    assert browser.post("/gate", data, follow=False).status_code == 303, "from elsewhere it opens"
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert type_in(opened(app, account.link()), account.fact, **here) == 303


def test_twenty_wrong_facts_at_once_are_counted_exactly(account: Account, app: PortalFlask) -> None:
    """Five are judged, the other fifteen are not, and the right one comes too late."""
    browser = opened(app, account.link())
    token = browser.csrf()
    windows = [twin(browser) for _ in range(20)]
    codes = at_once(
        20,
        lambda n: windows[n].post("/gate", {"csrf_token": token, "fact": f"{n:04}"}, follow=False).status_code,
    )
    assert set(codes) <= {422, 403}, codes
    assert tries(account) == 6, "five, and told"
    assert traces(account, "wrong_fact") == 5
    assert browser.post("/gate", {"csrf_token": token, "fact": account.fact}, follow=False).status_code == 403
    assert names(account, "gate.%") == []
    assert names(account, "link.frozen") == ["link.frozen"]


def test_two_first_tries_at_once_are_two(account: Account, app: PortalFlask) -> None:
    """A double click on a typing mistake costs two tries and shows the mistake, not a closed door."""
    browser = opened(app, account.link())
    token = browser.csrf()
    windows = [twin(browser) for _ in range(3)]
    answers = at_once(3, lambda n: windows[n].post("/gate", {"csrf_token": token, "fact": "0000"}, follow=False))
    assert [answer.status_code for answer in answers] == [422] * 3
    assert tries(account) == 3


def test_the_right_fact_clears_what_was_tried(account: Account, app: PortalFlask) -> None:
    address = account.link()
    for _ in range(3):
        browser = opened(app, address)
        assert wrong(browser, 2) == [422] * 2
        assert type_in(browser, account.fact) == 303
    assert tries(account) == 0


def test_nothing_typed_is_no_try(account: Account, app: PortalFlask) -> None:
    browser = opened(app, account.link())
    assert [type_in(browser, "  ") for _ in range(7)] == [422] * 7
    assert type_in(browser, "x" * 200) == 422
    assert tries(account) == 0
    assert type_in(browser, account.fact) == 303


def test_every_wrong_fact_is_answered_with_the_same_words(account: Account, app: PortalFlask) -> None:
    """Nothing says how near it was, nor how many tries are left."""
    browser = opened(app, account.link())
    pages = set()
    for fact in ("0000", "7891", "IT12345677890", "zzzz"):
        type_in(browser, fact)
        csrf, number = browser.csrf(), browser.form("/gate").fields["command_id"]
        page = browser.text
        for own in (csrf, number, f'value="{fact}"', browser.page.headers["X-Request-Id"] if browser.page else ""):
            page = page.replace(own, "")
        pages.add(page)
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("choice", "fact"), [("vat_or_tax_code", "7890"), ("customer_code", "0042"), ("postcode", "40121")]
)
def test_the_creditor_chooses_what_is_asked(account: Account, app: PortalFlask, choice: str, fact: str) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.execute(update(Creditor).values(gate_fact=choice))
    browser = opened(app, account.link())
    for other in {"7890", "0042", "40121"} - {fact}:
        assert type_in(browser, other) == 422
    assert type_in(browser, fact) == 303


def test_where_nothing_is_held_a_person_helps(account: Account, app: PortalFlask) -> None:
    nothing = sibling(account, "-", vat_number=None, postcode=None)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        assert session.scalar(select(DebtorRow.code).where(DebtorRow.id == nothing.debtor_id)) == "-"
    browser = opened(app, nothing.link())
    assert browser.status == 403
    assert "tel:+390510000001" in browser.text


def test_the_page_waits_a_quarter_of_an_hour(account: Account, app: PortalFlask) -> None:
    browser = opened(app, account.link())
    token = browser.csrf()
    with time_machine.travel(clock.now() + timedelta(minutes=14, seconds=50)):
        assert browser.get("/gate").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=10)):
        assert browser.get("/gate").status_code == 403
        answer = browser.post("/gate", {"csrf_token": token, "fact": account.fact}, follow=False)
        assert answer.status_code == 403
    assert names(account, "gate.%") == []


def test_without_a_link_a_fact_opens_nothing(account: Account, app: PortalFlask) -> None:
    browser = opened(app, account.link())
    token = browser.csrf()
    stranger = Debtor(app)
    assert stranger.post("/gate", {"csrf_token": token, "fact": account.fact}).status_code == 400
    assert browser.post("/gate", {"fact": account.fact}).status_code == 400, "nor without the page's own number"
    assert names(account, "gate.%") == []


def test_a_fact_given_twice_in_one_form_is_refused(account: Account, app: PortalFlask) -> None:
    """A-63: one name, one value, in one place."""
    browser = opened(app, account.link())
    token = browser.csrf()
    for query, body in (
        ("", {"csrf_token": token, "fact": ["0000", account.fact]}),
        (f"?fact={account.fact}", {"csrf_token": token, "fact": "0000"}),
        ("?fact=0000", {"csrf_token": token, "fact": account.fact}),
    ):
        assert browser.post(f"/gate{query}", body, follow=False).status_code == 422
    assert tries(account) == 0
    assert names(account, "gate.%") == []


def test_this_is_not_me_is_a_trace_that_revokes_nothing(account: Account, app: PortalFlask) -> None:
    address = account.link()
    browser = opened(app, address)
    browser.get("/gate/not-me")
    before = names(account)
    assert browser.submit("/gate/not-me", reason="nonsense").status_code == 422
    assert traces(account, "not_me") == 0
    browser.submit("/gate/not-me", reason="not_known")
    assert (browser.status, browser.path) == (200, "/gate/thank-you")
    assert traces(account, "not_me") == 1
    assert names(account) == before
    assert type_in(opened(app, address), account.fact) == 303


def test_a_link_revoked_between_the_question_and_the_answer_opens_nothing(account: Account) -> None:
    """A-10: what was read before the right fact was judged is read again under a lock."""
    account.link()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        stale = session.scalars(select(AccessLink)).one()
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        assert gate.admit(stale, 2) is not None
        session.rollback()
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        debtors.revoke_link(session.get_one(AccessLink, stale.id), "leak")
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        assert gate.admit(stale, 2) is None
        assert session.scalars(select(Visit)).all() == []


def test_not_me_at_a_code_on_paper_promises_no_pause(account: Account, app: PortalFlask) -> None:
    pages = []
    for address in (account.link(), account.link(invoice_id=account.invoice_ids[0], purpose=QR)):
        browser = opened(app, address)
        browser.get("/gate/not-me")
        asked = browser.text
        browser.submit("/gate/not-me", reason="not_known")
        pages.append(asked + browser.text)
    assert ["stop writing" in page for page in pages] == [True, False]
    assert ["we do not write to this address" in page for page in pages] == [True, False]
    assert all("deleted" not in page for page in pages)


def test_the_bare_address_is_a_page_and_a_gate_without_a_link_is_shut(app: PortalFlask) -> None:
    browser = Debtor(app)
    assert browser.get("/").status_code == 200
    front = browser.text
    assert browser.get("/gate").status_code == 403
    assert browser.text.count("<h1") == front.count("<h1") == 1
    assert browser.get("/d/").status_code == 403
