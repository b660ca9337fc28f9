"""Journeys 3 and 6 of product.md from both sides: a reason and a day, already paid, difficulty, a call, a question."""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from portal.calls import actions as calls
from portal.calls.rules import Hours
from portal.cases import policies
from portal.core import clock, db, scope
from portal.hardship.jobs import end_rests
from portal.people.roles import Role
from portal.promises.jobs import see_to_promises
from tests.factories.people import make_person
from tests.journeys.both_sides import Story
from tests.randomness import without_drawn

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_reason_then_a_day_that_is_kept(story: Story, days: time_machine.Traveller) -> None:
    """ "I forgot" → a day → the note the day before → the transfer → kept, on both sides and at the ERP."""
    phone, main = story.phone, story.phone.locator("main")
    story.enter()
    phone.click("#reason button[value=forgot]")
    assert story.stage.erp.wait_for("reason.given", timeout=30)[0].data["cause"] == "forgot"
    phone.goto(f"{story.stage.base_url}/d/")
    phone.click("a[href='/d/promise']")
    story.fits(phone)
    phone.fill("#pay_on", (clock.today("Europe/Rome") + timedelta(days=2)).isoformat())
    phone.check("[name=remind]")
    phone.click("form[action='/d/promise'] button")
    phone.wait_for_url("**/d/promises/*")
    story.fits(phone)
    day_page = phone.url
    calendar = phone.request.get(phone.locator("a[href$='/calendar']").evaluate("link => link.href"))
    assert calendar.text().startswith("BEGIN:VCALENDAR")
    assert "250" not in without_drawn(calendar.text())
    assert story.stage.erp.wait_for("item.held", timeout=30)[-1].data["reason"] == "promised"

    days.shift(timedelta(days=1))
    see_to_promises()
    note = story.mail()
    assert "250" not in note.subject
    assert "31/2026" not in note.text
    story.enter(note.link("/l/"))
    story.transfer()
    assert story.stage.erp.wait_for("promise.kept", timeout=30)[0].data["paid_minor"] == 25000
    phone.goto(day_page)
    expect(main).not_to_contain_text("Cambia il giorno")
    phone.goto(f"{story.stage.base_url}/d/")
    expect(main).not_to_contain_text("Paga ora")
    clerk = story.signed_in(make_person(story.stage.creditor))
    clerk.goto(f"{story.stage.base_url}/c/queue?state=closed")
    expect(clerk.locator("main")).to_contain_text("mantenuta")


def test_already_paid_and_the_statement_finds_it(story: Story) -> None:
    """Date and number → the clerk sees what to look for → the statement brings it → told by mail and on the page."""
    phone, main = story.phone, story.phone.locator("main")
    story.enter()
    phone.click("#reason button[value=paid]")
    phone.wait_for_url("**/d/already-paid")
    phone.fill("#paid_on", (clock.today("Europe/Rome") - timedelta(days=1)).isoformat())
    phone.fill("#reference", "cro 1234 5678 901")
    phone.fill("#words", "Dal conto di mia moglie")
    phone.click("form[action='/d/already-paid'] button")
    phone.wait_for_url("**/d/already-paid/*")
    story.fits(phone)
    search = phone.url
    clerk = story.signed_in(make_person(story.stage.creditor, Role.AGENT))
    story.case_in_queue(clerk, "Dal conto di mia moglie")
    expect(clerk.locator("main")).to_contain_text("CRO12345678901")

    story.transfer()
    assert story.stage.erp.wait_for("already_paid.resolved", timeout=30)[0].data["outcome"] == "found"
    told = story.mail()
    assert "250" not in told.subject
    phone.goto(search)
    expect(main).to_contain_text("Grazie")
    assert phone.locator("form[action*='already-paid']").count() == 0
    clerk.reload()
    assert clerk.locator("form[action$='/answer']").count() == 0, "closed by itself"


def test_difficulty_rest_an_answer_and_back(story: Story, days: time_machine.Traveller) -> None:
    """Hard to pay → nobody writes → a person answers in the thread → the customer wants to hear from us again."""
    phone, main = story.phone, story.phone.locator("main")
    admin, agent = make_person(story.stage.creditor), make_person(story.stage.creditor, Role.AGENT, name="Marco Neri")
    story.enter()
    phone.click("#reason button[value=difficulty]")
    phone.wait_for_url("**/d/difficulty")
    phone.check("[value=more_time]")
    phone.check("[value=call]")
    phone.click("form[action='/d/difficulty'] button")
    phone.wait_for_url("**/d/cases/*")
    story.fits(phone)
    case = phone.url

    clerk = story.signed_in(admin)
    clerk.goto(f"{story.stage.base_url}/c/queue?kind=difficulty")
    clerk.click("tr a[href*='/c/cases/']")
    clerk.wait_for_url("**/c/cases/*")
    clerk.fill("#words", "Buongiorno, troviamo una strada insieme.")
    clerk.click("form[action$='/answer'] button")
    expect(clerk.locator("main")).to_contain_text("Buongiorno, troviamo")
    colleague = story.signed_in(agent)
    colleague.goto(clerk.url)
    expect(colleague.locator("main")).not_to_contain_text("una strada insieme")  # few see it (rule C-26)
    colleague.goto(f"{story.stage.base_url}/c/queue")
    assert colleague.locator("a[href*='/c/cases/']").count() == 0

    story.enter(story.mail().link("/l/"))  # what answers something that they did reaches them all the same
    phone.goto(case)
    expect(main).to_contain_text("troviamo una strada insieme")
    phone.fill("#words", "Grazie di cuore.")
    phone.click("form[action$='/words'] button")
    days.shift(timedelta(days=3))
    end_rests()
    story.enter()
    phone.goto(f"{story.stage.base_url}/d/difficulty")
    phone.click("form[action$='/difficulty/end'] button")
    phone.wait_for_url("**/d/difficulty")
    assert phone.locator("form[action$='/difficulty/end']").count() == 0
    clerk = story.signed_in(admin)
    clerk.goto(f"{story.stage.base_url}/c/queue")
    expect(clerk.locator("main")).to_contain_text("Bianchi")  # their last words wait for an answer, rest or no rest
    bodies = " ".join(event.body for event in story.stage.erp.events)
    assert "more_time" not in bodies
    assert "rest." not in bodies


def test_a_call_is_booked_prepared_and_called_off(story: Story) -> None:
    """A free moment → the mail and the calendar → the operator's sheet with every act → called off, free again."""
    with db.transaction():
        scope.enter(story.stage.creditor.id)
        calls.set_hours(Hours(tuple((day, 9 * 60, 13 * 60) for day in range(5)), 30, 1))
    phone = story.phone
    story.enter()
    phone.goto(f"{story.stage.base_url}/d/call")
    chosen = phone.locator("#at option").nth(1).get_attribute("value")
    phone.select_option("#at", chosen)
    phone.fill("#phone", "333 123 4567")
    phone.fill("#about", "Le rate della 31")
    phone.click("form[action='/d/call'] button")
    phone.wait_for_url("**/d/call")
    story.fits(phone)
    calendar = phone.request.get(phone.locator("a[href$='.ics']").evaluate("link => link.href"))
    assert "DTSTART" in calendar.text()
    assert "31" not in calendar.text().partition("SUMMARY")[2].partition("\n")[0]
    assert story.mail().link("/l/")

    clerk = story.signed_in(make_person(story.stage.creditor, Role.AGENT))
    story.case_in_queue(clerk, "Le rate della 31")
    expect(clerk.locator("main")).to_contain_text("333")
    case = clerk.url
    clerk.click("main .card a[href*='/c/debtors/']")
    expect(clerk.locator("main")).to_contain_text("31/2026")  # the operator's sheet
    clerk.goto(case)
    clerk.click("form[action$='/off'] button")
    assert story.stage.erp.wait_for("call.called_off", timeout=30)
    story.mail(2)
    phone.goto(f"{story.stage.base_url}/d/call")
    assert phone.locator("form[action$='/off']").count() == 0
    assert phone.locator(f"#at option[value='{chosen}']").count() == 1, "free again"
    expect(phone.locator("#phone")).to_have_value("")


def test_a_question_two_people_and_one_answer(story: Story) -> None:
    """Asked → in the queue → two open it → one answers with a kept text → the other hears who and when → read."""
    with db.transaction():
        scope.enter(story.stage.creditor.id)
        policies.keep_text("it", "Consegna", "La merce arriva giovedì mattina.")
    phone, main = story.phone, story.phone.locator("main")
    giulia, marco = (
        story.signed_in(make_person(story.stage.creditor, Role.AGENT, email=f"{name[0]}@rossi.example", name=name))
        for name in ("Giulia Ferri", "Marco Neri")
    )
    story.enter()
    phone.goto(f"{story.stage.base_url}/d/help")
    phone.fill("#question", "Quando arriva la merce?")
    phone.click("form[action='/d/help'] button")
    phone.wait_for_url("**/d/cases/*")
    case = phone.url
    for clerk in (giulia, marco):
        story.case_in_queue(clerk, "Quando arriva la merce?")
    giulia.select_option("#text", label="Consegna")
    giulia.click("form:has(#text) button")
    expect(giulia.locator("#words")).to_have_value("La merce arriva giovedì mattina.")
    giulia.click("form[action$='/answer'] button")
    expect(giulia.locator("main")).to_contain_text("Giulia Ferri")
    marco.fill("#words", "Non lo so.")
    with marco.expect_response(lambda answer: answer.url.endswith("/answer")) as refused:
        marco.click("form[action$='/answer'] button")
    assert refused.value.status == 409
    expect(marco.locator("main")).to_contain_text("Giulia Ferri")

    story.enter(story.mail().link("/l/"))
    phone.goto(case)
    expect(main).to_contain_text("La merce arriva giovedì mattina.")
    expect(main).to_contain_text("Giulia Ferri")
    expect(main).not_to_contain_text("Non lo so")
