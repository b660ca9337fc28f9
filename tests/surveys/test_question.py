"""One page behind its own link: a number in the mail is chosen and never sent, an answer may be changed (A-31, E-02)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.models import Case
from portal.core import clock, db, jobs, scope
from portal.core.events import EventRow
from portal.core.link_addresses import SURVEY
from portal.debtors import links
from portal.doubles.mailbox import Mailbox
from portal.surveys import actions, outcomes, policies
from portal.surveys import jobs as asking
from portal.surveys.actions import Ended
from portal.surveys.models import Answer, AnswerTheme, Survey
from portal.surveys.policies import Version
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.databases import Prepared
from tests.factories.world import Account, make_account
from tests.security import snapshots
from tests.security.test_clicker_bot import Bot
from tests.surveys.conftest import MONDAY
from tests.surveys.test_asking import surveys, within

DAY = timedelta(days=1)


@pytest.fixture
def account(app: PortalFlask, clocks: Any, mailbox: Mailbox) -> Account:
    made = make_account()
    within(made, lambda: actions.note(made.debtor_id, Ended(outcomes.PAID)))
    clocks.move_to(MONDAY + DAY)
    asking.ask()
    jobs.work_off()
    return made


def address(mailbox: Mailbox, number: int | None = None) -> str:
    html = mailbox.messages[0].message.get_body(("html",)).get_content()
    found = re.search(r'href="http://portal\.test(/s/[\w-]{32})\?n=0"', html)
    assert found
    return found[1] + (f"?n={number}" if number is not None else "")


def answers(account: Account) -> list[Answer]:
    return within(account, lambda: list(db.session().scalars(select(Answer))))  # type: ignore[no-any-return]


@pytest.fixture
def reader(app: PortalFlask, account: Account, mailbox: Mailbox, clocks: Any) -> Browser:
    """Somebody who opened the link with a nine, and looks at the page for a while."""
    browser = Browser(app)
    browser.get(address(mailbox, 9))
    clocks.shift(timedelta(seconds=20))
    return browser


def test_a_number_in_the_mail_is_chosen_and_not_sent(account: Account, reader: Browser) -> None:
    assert reader.path == "/how-it-went"
    assert re.findall(r'name="score" value="(\d+)"[^>]* checked', reader.text) == ["9"]
    assert answers(account) == []
    for word in ("Bianchi", "128/2026", "€"):
        assert word not in reader.text


def test_one_press_is_enough_and_what_was_said_is_kept_without_a_trace_of_it(
    account: Account, reader: Browser
) -> None:
    reader.submit("/how-it-went", words="Gentili e chiari, ma ho aspettato tanto", mark="5")
    assert reader.path == "/how-it-went/thanks"
    (one,) = answers(account)
    assert (one.score, one.mark, one.question, one.source) == (9, 5, "csat", "mail")
    assert "calls you" not in reader.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        found = dict(session.execute(select(AnswerTheme.theme, AnswerTheme.found)).all())
        assert found == {"tone": "Gentili", "clarity": "chiari", "speed": "aspettato"}
        told = session.scalars(select(EventRow).where(EventRow.name == "survey.answered")).one()
        assert set(told.data) == {"survey_id", "source"}


def test_an_answer_may_be_changed_for_a_fortnight(
    account: Account, reader: Browser, clocks: Any, mailbox: Mailbox
) -> None:
    reader.submit("/how-it-went", score="10")
    clocks.shift(13 * DAY)
    reader.get(address(mailbox))
    clocks.shift(timedelta(seconds=20))
    assert re.findall(r'name="score" value="(\d+)"[^>]* checked', reader.text) == ["10"]
    reader.submit("/how-it-went", score="3", words="troppe mail")
    (one,) = answers(account)
    assert (one.score, one.words) == (3, "troppe mail")
    assert one.changed_at is not None
    clocks.shift(DAY - timedelta(minutes=10))
    reader.get(address(mailbox))
    clocks.shift(timedelta(minutes=20))
    reader.submit("/how-it-went", score="8")
    assert reader.status == 409
    reader.get("/how-it-went")
    assert "non si può più cambiare" in reader.text
    assert answers(account)[0].score == 3


def test_who_is_unhappy_is_offered_a_human(account: Account, reader: Browser) -> None:
    reader.submit("/how-it-went", score="2", words="Nessuno risponde al telefono")
    reader.submit("/how-it-went/call", phone="")
    assert reader.status == 422
    reader.submit("/how-it-went/call", phone="333 1234567")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        case = session.scalars(select(Case).where(Case.kind == "feedback")).one()
        assert case.words == "333 1234567\n\nNessuno risponde al telefono"
    assert answers(account)[0].case_id == case.id
    assert "/how-it-went/call" not in reader.text, "asked once"


def test_what_is_not_chosen_is_said_and_nothing_is_lost(
    account: Account, app: PortalFlask, mailbox: Mailbox, clocks: Any
) -> None:
    browser = Browser(app)
    browser.get(address(mailbox))
    clocks.shift(timedelta(seconds=5))
    browser.submit("/how-it-went", words="Molto bene")
    assert browser.status == 422
    assert "Molto bene" in browser.text
    browser.submit("/how-it-went", score="11")
    assert browser.status == 422
    assert answers(account) == []


def test_a_machine_that_follows_and_presses_everything_says_nothing(
    account: Account, app: PortalFlask, mailbox: Mailbox, prepared: Prepared
) -> None:
    before = snapshots.business(prepared)
    bot = Bot(app, guesses=3)
    for number in (None, 0, 10):
        bot.run(address(mailbox, number))
    assert "/how-it-went" in {path.partition("?")[0] for path in bot.visited} | {bot.browser.path}
    assert bot.sent >= 11
    assert snapshots.differences(before, snapshots.business(prepared)) == {}
    assert not [status for status in bot.statuses if status >= 500]


def test_who_fills_in_what_nobody_sees_is_asked_again(account: Account, reader: Browser) -> None:
    reader.submit("/how-it-went", website="https://x.example")
    assert reader.status == 422
    assert answers(account) == []


def test_its_link_opens_nothing_else_and_no_other_opens_it(
    account: Account, app: PortalFlask, mailbox: Mailbox
) -> None:
    token = address(mailbox).rsplit("/", 1)[1]
    browser = Browser(app)
    for path in (f"/l/{token}", f"/q/{token}", f"/s/{account.link().rsplit('/', 1)[1]}", "/s/" + "A" * 32):
        assert browser.get(path).status_code == 404
    browser.get(f"/s/{token}")
    browser.get("/d/")
    assert browser.status == 403
    assert Browser(app).get("/how-it-went").status_code == 404


def test_a_revoked_link_and_one_that_has_had_its_time(
    account: Account, app: PortalFlask, mailbox: Mailbox, clocks: Any
) -> None:
    browser = Browser(app)
    clocks.shift(31 * DAY)
    browser.get(address(mailbox, 9))
    assert "chiusa" in browser.text
    assert browser.status == 200
    clocks.shift(-31 * DAY)

    def revoke() -> None:
        link_id = db.session().scalars(select(Survey.link_id)).one()
        found = links.by_id(link_id or 0, SURVEY)
        assert found
        found.link.revoked_at = clock.now()

    within(account, revoke)
    assert browser.get(address(mailbox, 9)).status_code == 404


def test_the_creditors_own_question(account: Account, app: PortalFlask, mailbox: Mailbox, clocks: Any) -> None:
    own = {"it": "Il tecnico è arrivato in orario?", "en": "Was the technician on time?"}
    within(account, lambda: policies.write(Version(question="yes_no", own=own), by=None, after=0))
    browser = Browser(app)
    browser.get(address(mailbox, 9))
    assert own["it"] in browser.text
    browser.get("/language/en", headers={"Referer": "http://portal.test/how-it-went"})
    assert own["en"] in browser.text
    clocks.shift(timedelta(seconds=5))
    browser.submit("/how-it-went", mark="0")
    (one,) = answers(account)
    assert (one.question, one.mark, one.policy_number) == ("yes_no", 0, 1)


def test_the_reminder_does_not_go_to_who_has_answered(
    account: Account, reader: Browser, clocks: Any, mailbox: Mailbox
) -> None:
    reader.submit("/how-it-went")
    clocks.move_to(MONDAY + 9 * DAY)
    asking.ask()
    jobs.work_off()
    assert len(mailbox.messages) == 1
    assert [one.status for one in surveys(account)] == ["answered"]


def test_an_answer_goes_to_the_question_that_stood_on_the_page(
    account: Account, reader: Browser, clocks: Any, mailbox: Mailbox
) -> None:
    """A 5 of five is no 5 of seven, whatever the creditor asks by the time it is sent, or changed."""
    within(account, lambda: policies.write(Version(question="ces"), by=None, after=0))
    reader.submit("/how-it-went", score="9", mark="5")
    (one,) = answers(account)
    assert (one.question, one.mark, one.policy_number) == ("csat", 5, 0)
    reader.get(address(mailbox))
    clocks.shift(timedelta(seconds=20))
    assert re.findall(r'name="mark" value="(\d+)"[^>]* checked', reader.text) == ["5"]
    assert 'name="mark" value="7"' not in reader.text
    reader.submit("/how-it-went", score="8")
    (one,) = answers(account)
    assert (one.score, one.question, one.mark) == (8, "csat", 5)
    for forged in ("99", "x", "-1", "٣"):
        reader.get("/how-it-went")
        clocks.shift(timedelta(seconds=20))
        reader.submit("/how-it-went", score="8", mark="7", asked=forged)
        assert reader.path == "/how-it-went/thanks"
