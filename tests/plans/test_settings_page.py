"""The page where a manager writes what may be agreed: who may, versions, two at once, trying it out, wrong input."""

import re
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock, db, ids, once, scope
from portal.core.events import EventRow
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.people.models import StaffMail
from portal.people.roles import Role
from portal.plans import policies
from portal.plans.models import PlanPolicy
from portal.plans.policies import BUSINESS, CONSUMER, FIRST, Version
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import PASSWORD, make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor

PAGE = "/c/settings/plans"


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor()


def now(creditor: Creditor) -> Version:
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        return policies.current()


def count(creditor: Creditor, table: Any) -> int:
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        return int(db.session().scalar(select(func.count(table.id))) or 0)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def examples(browser: Browser) -> list[str]:
    """The three cards, as one reads them."""
    section = browser.text.partition('<section id="examples">')[2].partition("</section>")[0]
    return [text_of(card) for card in section.split('<div class="card">')[1:]]


def opened(app: PortalFlask, creditor: Creditor, role: Role = Role.MANAGER) -> Browser:
    browser = signed_in(app, creditor, role)
    browser.get(PAGE)
    assert browser.status == 200, browser.text
    return browser


def put(browser: Browser, **typed: str) -> None:
    """Sends the form on the page with this typed into it."""
    form = browser.form(PAGE)
    browser.post(form.action, {**form.fields, **typed})


# Who may


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_agents_and_viewers_neither_see_nor_change_it(app: PortalFlask, creditor: Creditor, role: Role) -> None:
    browser = signed_in(app, creditor, role)
    browser.get("/c/")
    token = browser.csrf()
    browser.get(PAGE)
    assert browser.status == 403
    assert "Most instalments" not in browser.text
    browser.post(PAGE, {"csrf_token": token, "command_id": ids.spell(ids.new_id()) + "xxxxxxxx", "after": "0"})
    assert browser.status == 403
    assert now(creditor) == FIRST


def test_the_settings_lead_there(app: PortalFlask, creditor: Creditor) -> None:
    admin = signed_in(app, creditor)
    admin.get("/c/settings")
    assert f'href="{PAGE}"' in admin.text


# Saving


def test_a_manager_saves_versions_and_sees_them(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.MANAGER, name="Marco Neri")
    browser = sign_in(app, somebody)
    browser.get(PAGE)
    assert "Nobody has changed anything yet" in browser.text
    changed = {
        "business-most_instalments": "8", "business-least_minor": "75,50", "business-interest_percent": "4,5",
        "business-every-week": "yes", "consumer_large-down_percent": "10", "large-consumer": "2500",
        "consumer-acknowledgement": "never", "business_large-discount_percent": "15",
    }  # fmt: skip
    put(browser, **changed)
    assert "Version 1 holds from now on" in browser.text
    found = now(creditor)
    assert found.number == 1
    assert found.segments[BUSINESS] == replace(
        FIRST.segments[BUSINESS],
        most_instalments=8,
        least_minor=7550,
        interest_percent="4.5",
        every=("month", "week"),
    )
    assert found.segments["consumer_large"] == replace(FIRST.segments["consumer_large"], down_percent=10)
    assert found.segments[CONSUMER] == replace(FIRST.segments[CONSUMER], acknowledgement="never")
    assert found.segments["business_large"] == replace(FIRST.segments["business_large"], discount_percent=15)
    assert found.large_from == {BUSINESS: 1000000, CONSUMER: 250000}
    assert not found.licensed_lender
    assert "Marco Neri" in browser.text
    assert browser.form(PAGE).fields["business-most_instalments"] == "8", "what was saved stands in the fields"
    put(browser)
    assert "Nothing was different." in browser.text
    assert now(creditor).number == 1
    put(browser, **{"business-every-week": "", "business-grace_days": "12"})
    assert now(creditor).segments[BUSINESS].every == ("month",)
    assert now(creditor).number == 2
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        rows = db.session().execute(
            select(EventRow.data, EventRow.actor_id)
            .where(EventRow.name == "plan.policy_changed")
            .order_by(EventRow.seq)
        )
        assert [(data["number"], actor) for data, actor in rows] == [(1, somebody.staff_id), (2, somebody.staff_id)]
        made = db.session().scalars(select(PlanPolicy.made_by)).all()
        assert set(made) == {somebody.staff_id}


def test_every_bound_has_a_field_with_a_label_and_a_hint(app: PortalFlask, creditor: Creditor) -> None:
    browser = opened(app, creditor)
    fields = browser.form(PAGE).fields | browser.form(PAGE).choices
    for segment in policies.SEGMENTS:
        for name in set(policies.Policy.__dataclass_fields__) - {"every"}:
            one = f"{segment}-{name}"
            assert one in fields
            assert f'<label for="{one}">' in browser.text
            assert f'id="{one}-hint"' in browser.text
        assert {f"{segment}-every-{rhythm}" for rhythm in ("month", "2weeks", "week")} <= set(fields)


def test_the_same_form_twice_is_one_version(app: PortalFlask, creditor: Creditor) -> None:
    browser = opened(app, creditor)
    form = browser.form(PAGE)
    sent = {**form.fields, "business-most_instalments": "7"}
    browser.post(PAGE, sent)
    browser.post(PAGE, sent)
    assert browser.status == 200
    assert (now(creditor).number, count(creditor, PlanPolicy)) == (1, 1)


# Two at once


def test_the_second_of_two_is_told_and_loses_nothing_typed(app: PortalFlask, creditor: Creditor) -> None:
    first, second = opened(app, creditor), opened(app, creditor, Role.ADMIN)
    put(first, **{"business-most_instalments": "8", "consumer-move_days": "20"})
    put(second, **{"business-most_instalments": "5", "business-least_minor": "80", "business-every-week": "yes"})
    assert second.status == 409
    assert now(creditor).number == 1
    form = second.form(PAGE)
    assert form.fields["business-most_instalments"] == "5"
    assert form.fields["business-least_minor"] == "80"
    assert form.fields["business-every-week"] == "yes"
    said = text_of(second.text)
    assert "Somebody else has changed this meanwhile." in said
    assert "Meanwhile a colleague saved: 8" in said
    assert "Meanwhile a colleague saved: 20" in said, "what one did not touch would be undone: one is told"
    assert "Meanwhile a colleague saved: 50.00" in said
    assert said.count("A colleague has changed this meanwhile.") == 2, "beside its field and in the summary"
    assert form.fields["after"] == "1"
    put(second, **{"consumer-move_days": "20"})
    assert "Version 2 holds" in second.text
    found = now(creditor)
    assert (found.segments[BUSINESS].most_instalments, found.segments[BUSINESS].least_minor) == (5, 8000)
    assert found.segments[CONSUMER].move_days == 20


# Trying it on three customers


def test_with_nobody_there_are_three_made_up_ones(app: PortalFlask, creditor: Creditor) -> None:
    company, private, large = examples(opened(app, creditor))
    assert company.startswith("A company (made up) €2,400.00 Agreed at once Decided by: Companies ")
    assert private.startswith("A private person (made up) €900.00 Agreed at once Decided by: Private persons ")
    assert large.startswith(
        "A company with a large amount (made up) €20,000.00 Agreed at once Decided by: Companies, large amounts "
    )


def owing(creditor: Creditor) -> dict[str, Account]:
    """A company, a private person and one with a large amount, and others who are not picked."""
    made = {}
    for code, name, kind, amount in (
        ("1", "Tiny S.r.l.", "business", "20.00"),
        ("2", "Alfa S.r.l.", "business", "1000.00"),
        ("3", "Beta S.r.l.", "business", "2000.00"),
        ("4", "Marta Rossi", "consumer", "600.00"),
        ("5", "Gamma S.p.A.", "business", "40000.00"),
        ("6", "Delta S.p.A.", "business", "30000.00"),
    ):
        made[name] = make_account(creditor, code, name=name, kind=kind)
        made[name].add_invoice(f"F{code}", amount)
    return made


def test_three_real_customers_and_what_they_may_choose(app: PortalFlask, creditor: Creditor) -> None:
    owing(creditor)
    other = make_account(make_creditor("verdi"), name="Nobody of ours S.p.A.")
    other.add_invoice("V1", "900000.00")
    browser = opened(app, creditor)
    company, private, large = examples(browser)
    assert company.startswith("Alfa S.r.l. €1,000.00 Agreed at once Decided by: Companies What they may choose")
    assert re.search(r" 2 every month €500.00 – .* 4 every month €250.00 – .* 6 every month €166.67 – ", company)
    assert company.endswith("€1,000.00")
    assert private.startswith("Marta Rossi €600.00 Agreed at once Decided by: Private persons ")
    assert large.startswith("Gamma S.p.A. €40,000.00 Agreed at once Decided by: Companies, large amounts ")
    assert re.search(r" 2 every month €16,000.00 €8,000.00 ", large), "20 per cent at the beginning"
    assert "Nobody of ours" not in browser.text
    assert "Beta S.r.l." not in browser.text


def test_trying_reckons_with_what_is_typed_and_saves_nothing(app: PortalFlask, creditor: Creditor) -> None:
    owing(creditor)
    browser = opened(app, creditor)
    commands = count(creditor, once.Command)
    events = count(creditor, EventRow)
    tried = {"business-most_instalments": "3", "large-business": "500", "business_large-most_instalments": "3",
             "business_large-least_minor": "100", "business_large-interest_percent": "12",
             "consumer-up_to_minor": "500"}  # fmt: skip
    put(browser, recompute="yes", **tried)
    assert browser.status == 200
    company, private, _ = examples(browser)
    assert company.startswith("Alfa S.r.l. €1,000.00 Agreed at once Decided by: Companies, large amounts ")
    assert "of it interest" in company
    assert " 4 every month" not in company
    assert private.startswith("Marta Rossi €600.00 A person decides Decided by: Private persons They read: “For an")
    assert "It is not saved yet." in browser.text
    assert browser.form(PAGE).fields["large-business"] == "500", "what was typed stands there"
    assert now(creditor) == FIRST
    assert count(creditor, once.Command) == commands, "the form's number is not used up"
    assert count(creditor, EventRow) == events
    put(browser)
    assert "Version 1 holds" in browser.text
    assert now(creditor).large_from[BUSINESS] == 50000


def test_the_very_same_form_may_be_tried_again_and_then_saved(app: PortalFlask, creditor: Creditor) -> None:
    browser = opened(app, creditor)
    sent = {**browser.form(PAGE).fields, "business-most_instalments": "7"}
    for _ in range(2):
        browser.post(PAGE, {**sent, "recompute": "yes"})
        assert browser.status == 200
        assert "It is not saved yet." in browser.text
    browser.post(PAGE, sent)
    assert now(creditor).segments[BUSINESS].most_instalments == 7


def test_why_a_person_decides_or_no_plan_is_made_is_said_in_their_words(app: PortalFlask, creditor: Creditor) -> None:
    made = owing(creditor)
    alfa = made["Alfa S.r.l."]
    with db.transaction():
        scope.enter(creditor.id)
        item = invoice_queries.items(alfa.item_ids(alfa.invoice_ids[0]))[0]
        invoices.hold(item, holds.DISPUTED, ids.new_id(), None, "Europe/Rome")
    browser = opened(app, creditor)
    put(browser, recompute="yes", **{"consumer-least_minor": "500", "business_large-most_instalments": "1"})
    company, private, large = examples(browser)
    assert "No plan on the page" in company
    assert "“Something about it is being looked into." in company
    assert "A person decides" in private
    assert "No number of instalments keeps all these bounds." in private
    assert "“Plans are agreed with a person here.”" in large


# Wrong input


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"business-most_instalments": ""}, "business-most_instalments", "a number from 1 to 120"),
        ({"business-most_instalments": "121"}, "business-most_instalments", "a number from 1 to 120"),
        ({"business-most_instalments": "٣"}, "business-most_instalments", "a number from 1 to 120"),
        ({"consumer-grace_days": "4"}, "consumer-grace_days", "a number from 5 to 60"),
        ({"consumer-longest_days": "-1"}, "consumer-longest_days", "a number from 1 to 3660"),
        ({"business-least_minor": "1.000,00"}, "business-least_minor", "Write an amount like 120,50"),
        ({"business-least_minor": "0"}, "business-least_minor", "more than nothing"),
        ({"business-least_minor": ""}, "business-least_minor", "Write an amount like 120,50"),
        ({"business-interest_percent": "20,01"}, "business-interest_percent", "a rate from 0 to 20"),
        ({"business-interest_percent": "four"}, "business-interest_percent", "a rate from 0 to 20"),
        ({"consumer-interest_percent": "1"}, "consumer-interest_percent", "Only a licensed lender"),
        ({"consumer_large-interest_percent": "1"}, "consumer_large-interest_percent", "Only a licensed lender"),
        ({"business-up_to_minor": "50"}, "business-up_to_minor", "more than where plans begin"),
        ({"business-first_days": "200"}, "business-first_days", "cannot come after the last one"),
        ({"business-every-month": ""}, "business-every", "choose at least one"),
        ({"business-acknowledgement": "always"}, "business-acknowledgement", "choose one"),
        ({"large-business": "0"}, "large-business", "more than nothing"),
        ({"large-consumer": "much"}, "large-consumer", "Write an amount like 120,50"),
    ],
)
@pytest.mark.parametrize("act", [{}, {"recompute": "yes"}])
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_typed_is_lost(
    app: PortalFlask, creditor: Creditor, typed: dict[str, str], field: str, said: str, act: dict[str, str]
) -> None:
    browser = opened(app, creditor)
    put(browser, **{"business-most_broken": "3", "business_large-every-week": "yes", **typed, **act})
    assert browser.status == 422
    beside = browser.text.partition(f'id="{field}"' if field.endswith("every") else f'<label for="{field}">')
    near = beside[0][-700:] if field.endswith("every") else beside[2][:700]
    assert said in near, near
    assert f'href="#{field}"' in browser.text
    form = browser.form(PAGE)
    assert form.fields["business-most_broken"] == "3"
    assert form.fields["business_large-every-week"] == "yes"
    for name, value in typed.items():
        if name != "business-acknowledgement":
            assert form.fields.get(name, "") == value
    segment = field.partition("-")[0]
    assert now(creditor) == FIRST
    if segment in policies.SEGMENTS:
        before = browser.text.partition(f'<label for="{segment}-most_instalments"')[0]
        assert before.rpartition("<details")[2].startswith(' class="card" open'), "a mistake is not folded away"


def test_in_italian_amounts_have_a_comma(app: PortalFlask, creditor: Creditor) -> None:
    browser = opened(app, creditor)
    browser.get("/c/language/it")
    browser.get(PAGE)
    form = browser.form(PAGE)
    assert form.fields["business-least_minor"] == "50,00"
    put(browser, **{"business-interest_percent": "4,5"})
    assert now(creditor).segments[BUSINESS].interest_percent == "4.5"
    assert browser.form(PAGE).fields["business-interest_percent"] == "4,5"


# The licence


def test_only_an_administrator_says_that_one_is_a_licensed_lender(app: PortalFlask, creditor: Creditor) -> None:
    manager = opened(app, creditor)
    assert "licensed_lender" not in manager.form(PAGE).choices
    put(manager, licensed_lender="yes", **{"business-most_instalments": "7"})
    assert (now(creditor).number, now(creditor).licensed_lender) == (1, False)
    put(manager, licensed_lender="yes", **{"consumer-interest_percent": "5"})
    assert manager.status == 422


def send(browser: Browser, **typed: Any) -> None:
    """As a browser sends it: with the page that the form stood on."""
    form = browser.form(PAGE)
    headers = {"Origin": browser.base_url, "Referer": browser.base_url + browser.path}
    browser.page = browser.client.post(
        form.action, data={**form.fields, **typed}, base_url=browser.base_url, headers=headers, follow_redirects=True
    )


def test_the_licence_asks_for_a_proof_and_the_others_are_told(app: PortalFlask, creditor: Creditor) -> None:
    make_person(creditor, Role.ADMIN, "other.admin@rossi.example", "Anna Blu")
    admin = opened(app, creditor, Role.ADMIN)
    with time_machine.travel(clock.now().timestamp() + 15 * 60, tick=True):
        put(admin, **{"business-move_days": "9"})
        assert now(creditor).number == 1, "what is daily asks for nothing"
        typed = {"licensed_lender": "yes", "consumer-interest_percent": "5"}
        put(admin, recompute="yes", **typed)
        assert admin.path == PAGE, "trying asks for nothing either"
        assert "of it interest" in examples(admin)[1]
        send(admin)
        assert admin.path == "/c/proof"
        assert now(creditor).number == 1
        admin.submit("/c/proof", password=PASSWORD)
        assert admin.path == PAGE
        assert admin.form(PAGE).fields["consumer-interest_percent"] == "5", "nothing typed is lost on the way"
        assert admin.form(PAGE).fields["licensed_lender"] == "yes"
        put(admin)
        assert "Version 2 holds" in admin.text
        assert now(creditor).licensed_lender
        with db.transaction(writes=False):
            scope.enter(creditor.id)
            told = db.session().scalars(select(StaffMail.to_address).where(StaffMail.key == "settings_changed")).all()
        assert "other.admin@rossi.example" in told
        put(admin, licensed_lender="")
        assert admin.status == 422, "who gives the licence up asks private persons for nothing"
        put(admin, licensed_lender="", **{"consumer-interest_percent": "0"})
        assert not now(creditor).licensed_lender


def test_the_days_that_customers_name_are_said_with_where_they_are_set(app: PortalFlask, creditor: Creditor) -> None:
    manager = opened(app, creditor)
    assert "up to 30 days ahead" in text_of(manager.text)
    assert "needs no version" in text_of(manager.text)
    assert "#promise_days" not in manager.text, "the settings are an administrator's"
    admin = opened(app, creditor, Role.ADMIN)
    [road] = re.findall(r'href="([^"]+)#promise_days"', admin.text)
    admin.get(road)
    assert 'id="promise_days"' in admin.text
