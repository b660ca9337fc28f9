"""Journey 4 of product.md from both sides: a plan that is accepted and paid, a proposal and its answer, money ahead, an
instalment that is missed, and a card that pays by itself."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.core.working_days import is_working_day
from portal.doubles.phone import Phone
from portal.plans import queries
from portal.plans.autopay_jobs import charge_what_is_due
from portal.plans.jobs import see_to_plans
from tests.bank_statements.world import Treasury
from tests.factories import doors
from tests.factories.people import make_person
from tests.journeys.both_sides import Story
from tests.journeys.stage import Stage
from tests.journeys.test_journeys import pay_on_hosted_page
from tests.randomness import without_drawn

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def texts(stage: Stage) -> Iterator[Phone]:
    """The customer's telephone, which takes the codes."""
    assert stage
    with doors.phone_running() as running:
        yield running


def today() -> date:
    return clock.today("Europe/Rome")


def later(days: time_machine.Traveller, count: int) -> None:
    """So many days on, or the next working one: what we write leaves on working days."""
    days.shift(timedelta(days=count))
    while not is_working_day(today()):
        days.shift(timedelta(days=1))


def agreed(story: Story, texts: Phone, place: int = 0) -> str:
    """Chooses one of the computed ways and accepts it with a code; the address of the plan."""
    phone = story.phone
    doors.add_mobile(story.account)
    story.enter()
    phone.goto(f"{story.stage.base_url}/d/plan")
    story.fits(phone)
    phone.locator("input[name=way]").nth(place).check()
    phone.click("form[action='/d/plan'] button:has-text('Mostrami')")
    phone.wait_for_url("**/d/plans/*")
    story.fits(phone)
    plan = phone.url
    phone.check("#accept")
    phone.click("form[action$='/accept'] button")
    sign(story, texts)
    phone.wait_for_url(plan)
    story.fits(phone)
    return plan


def sign(story: Story, texts: Phone) -> None:
    """Name, role and the code that came by text."""
    phone, before = story.phone, len(texts.texts)
    phone.wait_for_url("**/d/confirm/*")
    story.fits(phone)
    phone.fill("[name=name]", "Maria Bianchi")
    phone.check("[name=role][value=owner]")
    phone.check("#statement")
    phone.click("form[action$='/sign'] button")
    phone.wait_for_selector("[name=code]")
    texts.wait_for(count=before + 1, timeout=30)
    phone.fill("[name=code]", texts.texts[-1].code)
    phone.click("form[action$='/code'] button")


def plan_id(page: str) -> int:
    return ids.read(page.rsplit("/", 1)[1])


def references(story: Story, page: str) -> list[str]:
    with db.transaction(writes=False):
        scope.enter(story.stage.creditor.id)
        return [one.reference for one in queries.asked(plan_id(page))]


def transfer(story: Story, reference: str, minor: int) -> None:
    treasury = Treasury(story.account, story.folder)
    treasury.bank.credit(Money(minor, "EUR"), treasury.day, reference=reference, name="Bianchi Costruzioni")
    assert treasury.bring(treasury.bank.notification(treasury.day)).booked == 1


def test_a_plan_is_chosen_accepted_and_its_first_instalment_paid_by_card(story: Story, texts: Phone) -> None:
    """Every amount before the yes → name and code → the plan is the first screen → card → the ERP hears of each."""
    phone, main = story.phone, story.phone.locator("main")
    plan = agreed(story, texts)
    expect(main).to_contain_text("125,00")
    assert story.stage.erp.wait_for("plan.accepted", timeout=30)[0].data["instalments"] == 2
    mail = story.mail()
    assert "250" not in mail.subject
    assert "125" not in without_drawn(mail.text)
    phone.goto(f"{story.stage.base_url}/d/")
    expect(main).to_contain_text("La prossima rata")
    phone.click("a:has-text('Paga questa rata')")
    story.fits(phone)
    expect(main).to_contain_text("125,00")
    phone.click("button:has-text('carta')")
    phone.wait_for_url(f"{story.stage.stripe.url}/**")
    pay_on_hosted_page(phone)
    phone.wait_for_url(f"{story.stage.base_url}/d/**", timeout=20_000)
    assert story.stage.erp.wait_for("instalment.paid", timeout=30)[0].data["amount_minor"] == 12500
    phone.goto(plan)
    expect(main).to_contain_text("Pagati 125,00")
    papers = phone.request.get(f"{plan}/agreement.pdf")
    assert papers.body().startswith(b"%PDF")


def test_a_proposal_is_answered_with_another_and_taken(story: Story) -> None:
    """What is outside the policy goes to a person, who proposes something else; the customer takes it."""
    phone, main = story.phone, story.phone.locator("main")
    admin = make_person(story.stage.creditor)
    story.enter()
    phone.goto(f"{story.stage.base_url}/d/plan")
    phone.check("input[name=way][value=own]")
    phone.fill("#each", "10")
    phone.fill("#first_on", (today() + timedelta(days=20)).isoformat())
    phone.click("form[action='/d/plan'] button:has-text('Mostrami')")
    expect(main).to_contain_text("La sua proposta")
    story.fits(phone)
    phone.fill("#words", "In inverno lavoriamo poco.")
    phone.click("button:has-text('Invia la proposta')")
    phone.wait_for_url("**/d/plans/*")
    plan = phone.url

    clerk = story.signed_in(admin)
    story.case_in_queue(clerk, "Bianchi")
    expect(clerk.locator("main")).to_contain_text("In inverno lavoriamo poco.")
    preview = clerk.locator("details:has(#instalments)")
    if not preview.locator("#instalments").is_visible():
        preview.locator("summary").first.click()
    clerk.fill("#instalments", "5")
    clerk.fill("#first_on", (today() + timedelta(days=10)).isoformat())
    preview.locator("form[method=get] button").click()
    story.fits(clerk)
    clerk.fill("#reason", "Così ci stiamo tutti e due.")
    clerk.click("form[action$='/counter'] button")
    clerk.wait_for_url("**/c/cases/*")

    story.enter(story.mail().link("/l/"))
    phone.goto(plan)
    story.fits(phone)
    expect(main).to_contain_text("50,00")
    phone.click("button:has-text('Prendo questo piano')")
    expect(main).to_contain_text("Lo vuole accettare?")
    assert story.stage.erp.wait_for("plan.countered", timeout=30)[0].data["instalments"] == 5


def test_money_ahead_makes_it_shorter_and_an_instalment_moves(story: Story, texts: Phone) -> None:
    phone, main = story.phone, story.phone.locator("main")
    plan = agreed(story, texts, 1)
    first = references(story, plan)[0]
    transfer(story, first, 10000)
    phone.goto(plan)
    expect(main).to_contain_text("in anticipo")
    phone.check("[name=how][value=shorter]")
    phone.click("form[action$='/rest'] button")
    expect(main).to_contain_text("nuovi importi")
    story.fits(phone)
    rows = main.locator("section.card:has(h2:has-text('Tutte le rate')) dl > div")
    told = " ".join(rows.all_inner_texts())
    assert "37,50" in told, "what came beyond the next instalment"
    assert told.count("pagato") == 2
    phone.locator("details:has(#instalment) summary").click()
    expect(main).to_contain_text("Ogni rata si può spostare una volta.")
    value = phone.locator("#instalment option").first.get_attribute("value") or ""
    with db.transaction(writes=False):
        scope.enter(story.stage.creditor.id)
        row = next(one for one in queries.asked(plan_id(plan)) if ids.spell(one.id) == value)
    phone.select_option("#instalment", value)
    phone.fill("#to", (row.due_on + timedelta(days=7)).isoformat())
    phone.click("form[action$='/move'] button")
    expect(main).to_contain_text("nuova data")


def test_a_missed_instalment_gets_a_word_and_a_notice_and_paying_keeps_the_plan(
    story: Story, texts: Phone, days: time_machine.Traveller
) -> None:
    phone, main = story.phone, story.phone.locator("main")
    plan = agreed(story, texts)
    mails = len(story.stage.mailbox.wait_for(to="cliente.0042@bianchi.example", count=1, timeout=30))
    later(days, 33)
    see_to_plans()
    word = story.mail(mails + 1)
    assert "125" not in without_drawn(word.subject + word.text)
    later(days, 12)
    see_to_plans()
    notice = story.mail(mails + 2)
    assert re.search(r"manca ancora una rata", notice.text)
    story.enter(notice.link("/l/"))
    expect(main).to_contain_text("La data era il")
    transfer(story, references(story, plan)[0], 12500)
    phone.goto(plan)
    expect(main).to_contain_text("Pagati 125,00")
    days.shift(timedelta(days=12))
    see_to_plans()
    with db.transaction(writes=False):
        scope.enter(story.stage.creditor.id)
        found = queries.plan(plan_id(plan))
    assert found is not None
    assert found.status.value == "active"


def test_a_card_pays_by_itself_and_stops_when_one_says_so(
    story: Story, texts: Phone, days: time_machine.Traveller
) -> None:
    phone, main = story.phone, story.phone.locator("main")
    plan = agreed(story, texts)
    phone.click("a:has-text('alla carta o alla banca')")
    story.fits(phone)
    phone.check("[name=kind][value=card]")
    phone.click("form[action$='/automatic'] button")
    sign(story, texts)
    phone.click("button:has-text('Stripe')")
    phone.wait_for_url(f"{story.stage.stripe.url}/**")
    pay_on_hosted_page(phone)
    phone.wait_for_url(f"{story.stage.base_url}/d/**", timeout=20_000)
    for _ in range(40):  # word of it comes from the provider
        phone.goto(plan)
        if "•••• 4242" in main.inner_text():
            break
        phone.wait_for_timeout(500)
    expect(main).to_contain_text("•••• 4242")
    later(days, 31)
    see_to_plans()
    charge_what_is_due()
    assert story.stage.erp.wait_for("instalment.paid", timeout=30)[0].data["amount_minor"] == 12500
    story.enter()
    phone.goto(plan)
    phone.click("form[action$='/automatic/stop'] button")
    expect(main).not_to_contain_text("•••• 4242")
