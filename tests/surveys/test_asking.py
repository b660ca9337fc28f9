"""After every outcome, a day later, once in ninety days, never in a silence: asked seldom or not at all (E-02)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import clock, db, events, ids, jobs, scope
from portal.creditors.models import Creditor as _Creditor
from portal.debtors import actions as debtor_actions
from portal.debtors import queries as debtors
from portal.disputes.events import DisputeClosed
from portal.doubles.mailbox import Mailbox
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.ledger import accounts
from portal.messages.models import Message
from portal.people import agencies
from portal.plans.models import Plan
from portal.plans.states import PlanStatus
from portal.reminders import actions as reminders
from portal.reminders.models import Touch
from portal.silence import actions as silence
from portal.surveys import actions, answering, outcomes, policies, whom
from portal.surveys import jobs as asking
from portal.surveys.actions import Ended
from portal.surveys.models import AgencySurvey, Survey
from portal.surveys.states import SurveyStatus
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person
from tests.factories.world import Account, make_account, make_creditor
from tests.plans.world import Planning
from tests.promises.world import Promising
from tests.surveys.conftest import MONDAY
from tests.surveys.world import Heard

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def account(app: PortalFlask, clocks: Any, mailbox: Mailbox) -> Account:
    return make_account()


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def surveys(account: Account) -> list[Survey]:
    wanted = select(Survey).where(Survey.debtor_id == account.debtor_id).order_by(Survey.id)
    return within(account, lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def noted(account: Account, outcome: str = outcomes.PAID) -> None:
    within(account, lambda: actions.note(account.debtor_id, Ended(outcome)))


def rounds(clocks: Any, after: timedelta) -> None:
    """So long after Monday morning the jobs run, and what was planned leaves."""
    clocks.move_to(MONDAY + after)
    asking.notice()
    asking.ask()
    jobs.work_off()


def asked(account: Account) -> list[Survey]:
    return [one for one in surveys(account) if one.status is SurveyStatus.ASKED]


def test_who_has_paid_is_asked_a_day_later(account: Account, clocks: Any, mailbox: Mailbox) -> None:
    invoice_id = account.add_invoice(due_in=-3)
    Promising(account).pay(invoice_id, 123456)
    rounds(clocks, 23 * HOUR)
    assert [one.status for one in surveys(account)] == [SurveyStatus.WAITING]
    rounds(clocks, 24 * HOUR)
    (one,) = asked(account)
    assert (one.outcome, one.phase, one.channel, one.segment) == ("paid", "after", "email", "business")
    assert one.asked_at == MONDAY + DAY
    mail = mailbox.messages[-1].message
    assert mail["Subject"] == "Com’è andata? Una domanda breve da Rossi Impianti"
    html = mail.get_body(("html",)).get_content()
    assert len(set(re.findall(r'href="(http://portal\.test/s/[\w-]{32}\?n=\d+)"', html))) == 11
    assert "/l/" not in html


@pytest.mark.parametrize(
    ("days_ago", "account_of", "is_asked"),
    [(0, accounts.BANK, True), (30, accounts.BANK, False), (0, accounts.CREDIT_NOTES, False)],
)
def test_history_is_no_news_and_a_credit_note_pays_nothing(
    account: Account, clocks: Any, days_ago: int, account_of: str, is_asked: bool
) -> None:
    invoice_id = account.add_invoice(due_in=10)
    on = clock.today() - timedelta(days=days_ago)
    Promising(account).pay(invoice_id, 123456, on=on, account=account_of)
    assert bool(surveys(account)) is is_asked


def test_a_part_is_no_end(account: Account) -> None:
    Promising(account).pay(account.add_invoice(), 100)
    assert surveys(account) == []


def test_either_end_of_a_dispute_counts_and_outweighs_what_waits(account: Account, clocks: Any) -> None:
    noted(account)
    invoice_id = account.add_invoice(due_in=-5)
    for outcome, expected in (("rejected", "dispute_not_valid"), ("upheld", "dispute_valid")):
        closed = DisputeClosed(
            dispute_id=1, debtor_id=account.debtor_id, invoice_id=invoice_id, outcome=outcome, currency="EUR"
        )
        within(account, lambda closed=closed: events.record(closed))
        assert [(one.outcome, one.phase) for one in surveys(account)] == [(expected, "after")]
    noted(account)
    assert [one.outcome for one in surveys(account)] == ["dispute_valid"], "what says less changes nothing"


def test_nothing_after_the_creditors_days(account: Account, clocks: Any) -> None:
    account.add_invoice(due_in=-29)
    rounds(clocks, HOUR)
    assert surveys(account) == []
    rounds(clocks, DAY)
    assert [(one.outcome, one.phase) for one in surveys(account)] == [("nothing", "after")]
    rounds(clocks, 2 * DAY)
    assert len(asked(account)) == 1


def test_once_in_ninety_days_and_one_reminder(account: Account, clocks: Any, mailbox: Mailbox) -> None:
    noted(account)
    rounds(clocks, DAY)
    rounds(clocks, 5 * DAY)
    assert len(mailbox.messages) == 1
    for day in (8, 9, 20, 60):  # the fifth day after is a Sunday
        rounds(clocks, day * DAY)
        assert len(mailbox.messages) == 2
    noted(account, outcomes.PLAN_COMPLETED)
    assert len(surveys(account)) == 1, "within ninety days nothing is even noted"
    clocks.move_to(MONDAY + 92 * DAY)
    noted(account, outcomes.PLAN_COMPLETED)
    assert len(surveys(account)) == 2


def test_one_person_under_two_codes_is_one(account: Account, clocks: Any, mailbox: Mailbox) -> None:
    creditor = within(account, lambda: db.session().get_one(_Creditor, account.creditor_id))
    twin = make_account(creditor, "0043", email="altra@bianchi.example")
    noted(account)
    rounds(clocks, DAY)
    noted(twin)
    rounds(clocks, 2 * DAY)
    assert [one.status for one in surveys(twin)] == [SurveyStatus.LET_GO]
    assert len(mailbox.messages) == 1


def _difficulty(account: Account) -> None:
    rest = Rest(id=1, debtor_id=account.debtor_id, visit_id=1, helps="", until=clock.now() + 30 * DAY)
    rest.status, rest.status_at = RestStatus.RUNNING, clock.now()
    db.session().add(rest)


@pytest.mark.parametrize("reason", ["vulnerable", "represented", "by_us", "deceased", "difficulty", "paused"])
def test_never_in_a_silence_and_not_after_it_was_too_long(
    account: Account, clocks: Any, mailbox: Mailbox, reason: str
) -> None:
    noted(account)
    who = make_person(account.creditor_id, email="capo@rossi.example").staff_id

    def stop() -> None:
        if reason == "difficulty":
            _difficulty(account)
        elif reason == "paused":
            reminders.pause(account.debtor_id, None, who)
        else:
            wanted = silence.Wanted(reason, speaks_for="Avv. Verdi" if reason == "represented" else None)
            silence.begin(account.debtor_id, wanted, who)

    within(account, stop)
    rounds(clocks, DAY)
    (one,) = surveys(account)
    assert (one.status, one.why) == (SurveyStatus.WAITING, "held back for now")
    rounds(clocks, 3 * DAY)
    (one,) = surveys(account)
    assert (one.status, one.why, one.asked_at) == (SurveyStatus.LET_GO, "held back for now", None)
    assert mailbox.messages == []


def test_what_begins_between_planning_and_sending_holds_the_question_back(
    account: Account, clocks: Any, mailbox: Mailbox
) -> None:
    noted(account)
    clocks.move_to(MONDAY + DAY)
    asking.ask()
    assert len(asked(account)) == 1
    who = make_person(account.creditor_id, email="capo@rossi.example").staff_id
    within(account, lambda: silence.begin(account.debtor_id, silence.Wanted("by_us"), who))
    jobs.work_off()
    (one,) = surveys(account)
    assert (one.status, one.asked_at) == (SurveyStatus.LET_GO, None)
    assert mailbox.messages == []


def test_one_contact_a_day(account: Account, clocks: Any, mailbox: Mailbox) -> None:
    noted(account)
    invoice_id = account.add_invoice(due_in=11)
    clocks.move_to(MONDAY + DAY)
    within(account, lambda: reminders.plan(db.session().get_one(_Creditor, account.creditor_id)))
    jobs.work_off()
    assert [one.key for one in _messages(account)] == ["caring"], invoice_id
    rounds(clocks, DAY + HOUR)
    assert asked(account) == []
    rounds(clocks, 2 * DAY)
    (one,) = asked(account)
    assert one.touch_key == "caring"


def _messages(account: Account) -> list[Message]:
    return within(account, lambda: list(db.session().scalars(select(Message).order_by(Message.id))))  # type: ignore[no-any-return]


def test_nobody_is_asked_at_night_nor_where_it_is_off(account: Account, clocks: Any) -> None:
    noted(account)
    rounds(clocks, timedelta(hours=36))  # nine in the evening
    assert asked(account) == []
    within(account, lambda: policies.write(policies.Version(on=False), by=None, after=0))
    rounds(clocks, 2 * DAY)
    assert [one.status for one in surveys(account)] == [SurveyStatus.LET_GO]


def test_an_agency_asks_one_person_once_for_all_its_creditors(
    account: Account, clocks: Any, mailbox: Mailbox
) -> None:
    other = make_account(make_creditor("due"))
    for one in (account, other):
        person = make_person(one.creditor_id, email=f"{one.creditor_id}@x.example")
        within(
            one,
            lambda one=one, person=person: agencies.give(
                agencies.organisation("Incassi gentili", "IT 0123 4567890"), name="Incassi gentili",
                from_at=clock.now() - DAY, until_at=None, debtor_ids=[one.debtor_id], by=person.staff_id,
            ),
        )  # fmt: skip
    noted(account)
    rounds(clocks, DAY)
    noted(other)
    rounds(clocks, 2 * DAY)
    assert len(asked(account)) == 1
    assert asked(account)[0].organisation_id is not None
    assert [one.status for one in surveys(other)] == [SurveyStatus.LET_GO]
    with db.transaction(writes=False) as session:
        known = session.scalars(select(AgencySurvey)).all()  # one row for each name that the agency knows them by
    assert known
    assert all(re.fullmatch(r"[0-9a-f]{64}", row.person) for row in known)
    clocks.move_to(MONDAY + 93 * DAY)
    noted(other)
    rounds(clocks, 94 * DAY)
    assert len(asked(other)) == 1


def test_an_interview_is_the_one_question_of_an_agency_too(account: Account, clocks: Any) -> None:
    other = make_account(make_creditor("due"))
    for one in (account, other):
        person = make_person(one.creditor_id, email=f"{one.creditor_id}@x.example")
        within(
            one,
            lambda one=one, person=person: agencies.give(
                agencies.organisation("Incassi gentili", "IT 0123 4567890"), name="Incassi gentili",
                from_at=clock.now() - DAY, until_at=None, debtor_ids=[one.debtor_id], by=person.staff_id,
            ),
        )  # fmt: skip
    within(account, lambda: answering.interview(account.debtor_id, _somebody(account)))
    assert "Nobody asks twice" in str(within(other, lambda: answering.why_not_interview(other.debtor_id)))
    noted(other)
    rounds(clocks, DAY)
    assert [one.status for one in surveys(other)] == [SurveyStatus.LET_GO]


def test_nobody_is_interviewed_under_another_code(app: PortalFlask, clocks: Any) -> None:
    house = make_creditor("tre")
    first, twin = make_account(house), make_account(house, "0043")  # one VAT number
    noted(first)  # it waits to be asked by mail, and is asked on the telephone first
    within(first, lambda: answering.interview(first.debtor_id, _somebody(first)))
    assert "Nobody asks twice" in str(within(twin, lambda: answering.why_not_interview(twin.debtor_id)))


def test_an_old_question_that_nobody_answered_lets_nobody_ask_again(account: Account, clocks: Any) -> None:
    heard = Heard(account)
    heard.asked(None, days_ago=200)
    assert within(account, lambda: answering.why_not_interview(account.debtor_id)) is None
    heard.asked(9, days_ago=10)
    assert "Nobody asks twice" in str(within(account, lambda: answering.why_not_interview(account.debtor_id)))
    clocks.move_to(MONDAY + 85 * DAY)
    row = within(account, lambda: answering.interview(account.debtor_id, _somebody(account)))
    assert row.asked_at == clock.now(), "a question of its own: not the old one's answer"


def _somebody(account: Account) -> int:
    return int(make_person(account.creditor_id, email=f"{ids.new_id()}@x.example").staff_id)


def test_nobody_without_an_address_is_asked(account: Account, clocks: Any) -> None:
    within(account, lambda: _stop_all(account))
    noted(account)
    rounds(clocks, DAY)
    (one,) = surveys(account)
    assert (one.status, one.why) == (SurveyStatus.LET_GO, "no way leads to them")


def _stop_all(account: Account) -> None:
    for contact in debtors.contacts(account.debtor_id):
        debtor_actions.stop_contact(contact, "bounced")


def test_who_would_rather_not_be_asked_is_not(
    account: Account, app: PortalFlask, clocks: Any, mailbox: Mailbox
) -> None:
    noted(account)
    rounds(clocks, DAY)
    address = str(mailbox.messages[0].message["List-Unsubscribe"]).strip("<>").removeprefix("http://portal.test")
    browser = Browser(app)
    assert "com’è andata" in browser.get(address).get_data(as_text=True)
    browser.client.post(address, data={"List-Unsubscribe": "One-Click"}, base_url=browser.base_url)
    clocks.move_to(MONDAY + 94 * DAY)
    noted(account)
    rounds(clocks, 95 * DAY)
    assert len(mailbox.messages) == 1
    one = surveys(account)[-1]
    assert (one.status, one.asked_at) == (SurveyStatus.LET_GO, None)


def _hold(account: Account, reason: str) -> None:
    (item,) = Promising(account).items(account.add_invoice(due_in=20))
    within(account, lambda: invoices.hold(item, reason, 1, None))


@pytest.mark.parametrize("reason", sorted(set(holds.LABELS) - whom.UNDER_WAY))
def test_nobody_is_asked_while_something_is_contested_or_wrong(account: Account, clocks: Any, reason: str) -> None:
    noted(account)
    _hold(account, reason)
    rounds(clocks, DAY)
    assert asked(account) == []


@pytest.mark.parametrize("reason", sorted(whom.UNDER_WAY))
def test_who_pays_in_instalments_or_has_named_a_day_may_be_asked(account: Account, clocks: Any, reason: str) -> None:
    noted(account)
    _hold(account, reason)
    rounds(clocks, DAY)
    assert len(asked(account)) == 1


def test_never_after_the_last_friendly_word_while_it_is_open(account: Account, clocks: Any) -> None:
    noted(account)
    (item_id,) = account.item_ids(account.add_invoice(due_in=-41))

    def say() -> None:
        db.session().add(
            Touch(
                id=1, debtor_id=account.debtor_id, due_item_id=item_id, level="before_legal", medium="message",
                because="as_planned", policy_number=0, planned_at=clock.now() - 2 * DAY, at=clock.now() - 2 * DAY,
            )
        )  # fmt: skip

    within(account, say)
    rounds(clocks, DAY)
    assert asked(account) == []


def test_an_agreed_plan_is_asked_about_and_a_missed_one_never(account: Account, clocks: Any) -> None:
    planning = Planning(account)
    planning.owe("300.00")
    plan_id = planning.agreed(3, clock.today() + timedelta(days=20))
    assert [one.outcome for one in surveys(account)] == ["plan_agreed"]
    within(account, lambda: setattr(db.session().get_one(Plan, plan_id), "status", PlanStatus.DEFAULTED))
    rounds(clocks, DAY)
    assert asked(account) == []
