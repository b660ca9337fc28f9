"""The creditor's pages of credit: the list by use, one customer's line and decisions, alerts, who may do what."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids
from portal.core.events import EventRow
from portal.credit_lines import actions, kinds, queries, rules
from portal.credit_lines.models import CreditDecision, CreditLineChange
from portal.invoices.models import Invoice
from portal.people.roles import Role
from portal.privacy.register import register
from portal.releases.models import Release
from portal.releases.states import ReleaseStatus
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.credit_lines.world import Crediting
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.webhooks import add_endpoint, deliveries
from tests.factories.world import make_account, make_creditor
from tests.queries_counted import counted

INSIDE = "Bruno garantisce per loro"


@pytest.fixture
def world(app: PortalFlask) -> Crediting:
    assert app
    made = Crediting(make_account())
    made.account.add_invoice("1/2026", "600.00", due_in=-40)
    made.account.add_invoice("2/2026", "400.00", due_in=10)
    return made


def address(world: Crediting) -> str:
    return f"/c/debtors/{ids.spell(world.debtor_id)}/credit"


def manager(app: PortalFlask, world: Crediting) -> Any:
    return signed_in(app, world.account.creditor_id, Role.MANAGER)


def changes(world: Crediting) -> list[CreditLineChange]:
    wanted = select(CreditLineChange).order_by(CreditLineChange.id)
    return world.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def known(world: Crediting) -> None:
    """Three items of before, paid in time; the one of the world is late: so a line is suggested."""
    for number in range(3):
        invoice = world.account.add_invoice(f"P{number}/2026", "500.00", due_in=-60)
        world.pay(invoice, 50000, on=clock.today() - timedelta(days=70))


def test_use_line_and_free_stand_on_the_page(app: PortalFlask, world: Crediting) -> None:
    world.account.add_invoice("3/2026", "77.00", due_in=-3, currency="USD")
    world.set_line(90000)
    browser = manager(app, world)
    browser.get(f"/c/debtors/{ids.spell(world.debtor_id)}")
    assert address(world) in browser.text, "the card leads there"
    browser.get(address(world))
    for said in ("€900.00", "€1,000.00", "€600.00", "-€100.00", "$77.00", "over the line", "Over the credit line"):
        assert said in browser.text, said
    assert "€100.00 more than the line." in browser.text


def test_a_person_sets_it_with_a_reason_and_nothing_typed_is_lost(app: PortalFlask, world: Crediting) -> None:
    browser = manager(app, world)
    browser.get(address(world))
    for typed, said in (
        ({"way": ""}, "Please choose one."),
        ({"amount": "1.000,00"}, "Write an amount like"),
        ({"amount": "-5"}, "Write an amount like"),
        ({"why": ""}, "Please write why."),
    ):
        browser.submit("/credit/line", **{"way": "own", "amount": "2000,00", "why": INSIDE, **typed})
        assert browser.status == 422
        assert said in browser.text, said
        assert INSIDE in browser.text or not typed.get("why", INSIDE)
    assert changes(world) == []
    browser.submit("/credit/line", way="own", amount="2000,00", why=INSIDE)
    assert browser.status == 200, browser.text
    assert "€2,000.00" in browser.text
    browser.submit("/credit/line", way="none", why="Non serve")
    found = changes(world)
    assert [(one.from_minor, one.to_minor, one.how) for one in found] == [
        (None, 200000, rules.SET), (200000, None, rules.REMOVED),
    ]  # fmt: skip
    assert all(one.changed_by is not None for one in found)
    browser.get(f"/c/debtors/{ids.spell(world.debtor_id)}")
    assert "The credit line was set anew" in browser.text
    assert "Now €2,000.00." in browser.text


def test_as_suggested_or_otherwise(app: PortalFlask, world: Crediting) -> None:
    known(world)
    browser = manager(app, world)
    browser.get(address(world))
    assert "Turnover of twelve months: €2,500.00. 15 % of it: €375.00." in browser.text
    browser.submit("/credit/line", way="suggested")
    assert browser.status == 200, browser.text
    browser.submit("/credit/line", way="own", amount="300", why=INSIDE)
    first, second = changes(world)
    assert (first.how, first.to_minor, first.suggested_minor) == (rules.SUGGESTED, 20000, 20000)
    assert (second.how, second.to_minor, second.suggested_minor) == (rules.OVERRIDE, 30000, 20000)
    assert first.suggestion is not None
    again = rules.suggest(rules.Facts.read(first.suggestion), rules.Weights())
    assert again.minor == first.suggested_minor, "what was kept gives the same again"
    assert first.suggestion["on_time"] == "0.7500"


def test_a_suggestion_that_changed_meanwhile_is_not_taken_blindly(app: PortalFlask, world: Crediting) -> None:
    known(world)
    browser = manager(app, world)
    browser.get(address(world))
    world.account.add_invoice("9/2026", "50000.00", due_in=20)
    browser.submit("/credit/line", way="suggested")
    assert browser.status == 409
    assert changes(world) == []


def test_two_people_at_once(app: PortalFlask, world: Crediting) -> None:
    creditor_id = world.account.creditor_id
    first = sign_in(app, make_person(creditor_id, Role.MANAGER, "a@rossi.example", "Anna Prima"))
    second = sign_in(app, make_person(creditor_id, Role.MANAGER, "b@rossi.example", "Bea Dopo"))
    for browser in (first, second):
        browser.get(address(world))
    first.submit("/credit/line", way="own", amount="500", why=INSIDE)
    second.submit("/credit/line", way="own", amount="900", why=INSIDE)
    assert second.status == 409
    assert "Anna Prima" in second.text
    assert [one.to_minor for one in changes(world)] == [50000]


def test_facts_leave_out_what_rests_what_was_withdrawn_and_other_years(world: Crediting) -> None:
    known(world)

    def act() -> rules.Facts:
        return queries.facts(world.debtor_id, "EUR", clock.today(), None)

    facts: rules.Facts = world.within(act)
    assert facts.turnover_minor == 250000
    assert facts.on_time == Decimal("0.7500")
    assert facts.days_late is not None
    world.account.add_invoice("old/2024", "9000.00", due_in=-500)
    invoice = world.account.add_invoice("gone/2026", "7000.00", due_in=-30)

    def withdraw() -> None:
        db.session().get_one(Invoice, invoice).withdrawn_at = clock.now()

    world.within(withdraw)
    assert world.within(act) == facts


# Deciding


def test_holding_deliveries_makes_a_release_and_stands_in_the_history(app: PortalFlask, world: Crediting) -> None:
    add_endpoint(world.account.creditor_id, "https://erp.example/hooks")
    browser = manager(app, world)
    browser.get(address(world))
    for typed, said in (
        ({"decision": ""}, "Please choose one."),
        ({"least": ""}, "Write an amount like"),
        ({"least": "0"}, "Please write how much has to be paid."),
        ({"least": "1000,01"}, "At most €1,000.00 is open now."),
        ({"reason": ""}, "Please write why."),
    ):
        browser.submit("/credit/decision", **{"decision": "hold", "least": "500", "reason": INSIDE, **typed})
        assert browser.status == 422
        assert said in browser.text, said
    browser.submit("/credit/decision", decision="hold", least="500", reason=INSIDE)
    assert browser.status == 200, browser.text
    one = world.within(lambda: db.session().scalars(select(CreditDecision)).one())
    release = world.within(lambda: db.session().scalars(select(Release)).one())
    assert (one.release_id, one.use_minor, one.words) == (release.id, 100000, INSIDE)
    assert (release.status, release.least_minor, release.reason) == (ReleaseStatus.WAITING, 50000, "limit")
    names = [row.name for row in deliveries(world.account)]
    assert names[-2:] == ["release.decided", "credit_decision.made"]
    assert not any(INSIDE in row.body for row in deliveries(world.account))
    events = world.within(lambda: list(db.session().scalars(select(EventRow.data))))
    assert INSIDE not in str(events)
    browser.get(f"/c/debtors/{ids.spell(world.debtor_id)}")
    assert "Decided about their credit: Hold deliveries" in browser.text
    assert "Until €500.00 are paid." in browser.text


@pytest.mark.parametrize("decision", [rules.GUARANTEE, rules.NOTHING])
def test_the_other_decisions_hold_nothing_back(app: PortalFlask, world: Crediting, decision: str) -> None:
    browser = manager(app, world)
    browser.get(address(world))
    browser.submit("/credit/decision", decision=decision, least="500", reason=INSIDE)
    assert browser.status == 200, browser.text
    one = world.within(lambda: db.session().scalars(select(CreditDecision)).one())
    assert (one.decision, one.release_id) == (decision, None)
    assert world.within(lambda: db.session().scalars(select(Release)).all()) == []


def test_what_there_is_not_cannot_be_decided(world: Crediting) -> None:
    def act(**values: Any) -> Any:
        return world.within(lambda: actions.decide(world.debtor_id, **values, by=1, currency="EUR", use_minor=0))

    with pytest.raises(ValueError):
        act(decision="whatever", words="x", least=None)
    with pytest.raises(ValueError):
        act(decision=rules.HOLD, words="x", least=None)
    with pytest.raises(ValueError):
        world.within(lambda: actions.set_line(world.debtor_id, -1, "EUR", words="x", by=1))


# The list


def test_the_list_goes_by_use_in_pages_and_asks_no_more_for_more(
    app: PortalFlask, world: Crediting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    with db.transaction(writes=False) as session:
        creditor = session.get_one(type(make_creditor("x")), world.account.creditor_id)
    for number, amount in enumerate(("50.00", "2000.00", "1000.00", "700.00")):
        Crediting(make_account(creditor, f"01{number}", name=f"Cliente {number}")).account.add_invoice(
            f"{number}/2026", amount, due_in=5
        )
    idle = Crediting(make_account(creditor, "0200", name="Senza Uso"))
    idle.set_line(100)
    make_account(creditor, "0300", name="Niente")
    browser = manager(app, world)
    seen, path = [], "/c/credit"
    asked = set()
    while path:
        browser.get(path)
        with counted() as found:
            browser.get(path)
        asked.add(len(found))
        seen += re.findall(r'data-row href="[^"]+/credit">([^<]+)<', browser.text)
        older = re.search(r'rel="next" href="([^"]+)"', browser.text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen[0] == "Cliente 1"
    assert sorted(seen[1:3]) == ["Bianchi Costruzioni S.n.c.", "Cliente 2"], "both use 1,000.00"
    assert seen[3:] == ["Cliente 3", "Cliente 0", "Senza Uso"]
    assert max(asked) <= 8
    browser.get("/c/credit?show=over")
    assert "Nothing matches" in browser.text
    browser.get("/c/credit?q=senza&show=zz&after=%00x")
    assert "Senza Uso" in browser.text
    assert "Cliente 1" not in browser.text
    for cursor in ("eyJ", "WyJ2IiwiYSIsMV0", "x" * 500):
        assert browser.get(f"/c/credit?after={cursor}").status_code == 200


def test_the_use_in_the_list_is_the_one_on_the_page(world: Crediting) -> None:
    world.account.add_invoice("3/2026", "77.00", due_in=-3, currency="USD")
    rows = world.within(lambda: queries.page("EUR", clock.today(), "", "", None).rows)
    use = world.use()
    assert [(row.open, row.late) for row in rows] == [(use.open, use.late)] == [(100000, 60000)]


# Alerts, and who may do what


def test_alerts_are_listed_seen_and_for_me(app: PortalFlask, world: Crediting) -> None:
    world.set_line(0)
    world.look()
    browser, agent = manager(app, world), signed_in(app, world.account.creditor_id, Role.AGENT)
    browser.get("/c/")
    assert "Alerts about credit" in browser.text
    browser.get("/c/credit/alerts?whose=mine")
    assert "Over the credit line" in browser.text
    assert "Invoice 1/2026" in browser.text, "the late one says which"
    agent.get("/c/credit/alerts?whose=mine")
    assert "Nothing matches" in agent.text
    agent.get(f"/c/credit/alerts?alert={kinds.OVER}&after=zz")
    agent.submit("/seen")
    assert agent.status == 200, agent.text
    assert [one.kind for one in world.alerts() if one.seen_by is not None] == [kinds.OVER]
    agent.get("/c/credit/alerts?state=over")
    assert "Nothing matches" in agent.text


def test_an_agent_reads_and_decides_nothing(app: PortalFlask, world: Crediting) -> None:
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get(address(world))
    assert agent.status == 200
    assert "Set the line" not in agent.text
    token = agent.csrf()
    for act in ("line", "decision"):
        agent.post(f"{address(world)}/{act}", {"csrf_token": token})
        assert agent.status == 403
    viewer = signed_in(app, world.account.creditor_id, Role.VIEWER)
    assert viewer.get("/c/credit").status_code == 200
    assert viewer.get("/c/settings/credit").status_code == 403


def test_another_creditors_customer_and_alert_are_not_there(app: PortalFlask, world: Crediting) -> None:
    world.set_line(0)
    alert = world.alerts()[0].id
    stranger = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    assert stranger.get(address(world)).status_code == 404
    stranger.get("/c/credit")
    token = stranger.csrf()
    for path in (f"{address(world)}/line", f"{address(world)}/decision", f"/c/credit/alerts/{ids.spell(alert)}/seen"):
        stranger.post(path, {"csrf_token": token, "command_id": f"command-{ids.spell(ids.new_id())}", "way": "own",
                             "amount": "5", "why": "x", "decision": "nothing", "reason": "x"})  # fmt: skip
        assert stranger.status == 404, path
    assert "Bianchi" not in stranger.get("/c/credit/alerts").text
    assert world.alerts()[0].seen_by is None


def test_words_for_colleagues_are_erased_and_not_given_out() -> None:
    for name in ("credit_line_changes", "credit_decisions"):
        table = register().tables[name]
        assert "words" in table.acted_on("erase")
        assert not {"words", "changed_by", "decided_by"} & set(table.given_out)
