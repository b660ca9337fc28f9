"""What the cadence plans in the books: levels, one contact a day, cases for people, pauses, versions, the command."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.channel_wishes import actions as wishes
from portal.channel_wishes import queries as wish_queries
from portal.commands.cadence import cadence
from portal.commands.line import Context
from portal.core import clock, db, ids, scope
from portal.core import jobs as core_jobs
from portal.creditors import queries as creditors
from portal.debtors import actions as debtors
from portal.debtors import queries as debtor_queries
from portal.debtors.models import ContactPoint
from portal.invoices import actions as invoices
from portal.invoices import holds, queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.people.roles import Role
from portal.postal import actions as letters
from portal.postal import jobs as letter_jobs
from portal.postal.models import LetterBatch
from portal.reminders import actions, jobs, policies
from portal.reminders import queries as touched
from portal.reminders.levels import Medium
from portal.reminders.models import Outlook, Touch
from portal.reminders.policies import Rule
from portal.settings import Settings
from portal.silence import policies as limits
from portal.web.edge import PortalFlask
from tests.factories.messages import plan as plan_message
from tests.factories.messages import went_out
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # ten in Rome


@pytest.fixture(autouse=True)
def monday(house: Settings) -> Any:
    with time_machine.travel(MONDAY, tick=False) as clocks:
        yield clocks


def within(account: Account, ask: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return ask()


def plan(account: Account) -> actions.Planned:
    return within(account, lambda: actions.plan(creditors.in_scope()))  # type: ignore[no-any-return]


def said(account: Account) -> list[tuple[str, str, str]]:
    """Level, medium and reason of every touch, the oldest first."""
    rows = within(account, lambda: db.session().scalars(select(Touch).order_by(Touch.id)).all())
    return [(row.level, row.medium, row.because) for row in rows]


def keys(account: Account) -> list[str]:
    return within(account, lambda: list(db.session().scalars(select(Message.key).order_by(Message.id))))  # type: ignore[no-any-return]


def settle(account: Account, invoice_id: int) -> None:
    def book() -> None:
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
        source = ledger.Source("test", item.item_id)
        invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=source,
                             value_on=clock.today())  # fmt: skip

    within(account, book)


def fail(account: Account) -> None:
    def mark() -> None:
        for row in db.session().scalars(select(Message).where(Message.status == "planned")).all():
            assert messages.begin_sending(row) is None
            messages.mark_failed(row, "the mailbox is full")

    within(account, mark)


def test_one_contact_names_everything_at_its_own_level(monday: Any) -> None:
    account = make_account()
    account.add_invoice("late", due_in=-4)
    account.add_invoice("soon", due_in=2)
    account.add_invoice("far", due_in=20)
    assert plan(account).contacts == 1
    assert keys(account) == ["reminder_gentle"]
    assert said(account) == [
        ("reminder_gentle", "message", "as_planned"), ("caring_soon", "message", "as_planned"),
    ]  # fmt: skip
    assert plan(account).contacts == 0


def test_levels_follow_what_was_delivered_up_to_the_people_who_decide(monday: Any) -> None:
    account = make_account()
    invoice_id = account.add_invoice("one", due_in=-3)
    seen: list[tuple[int, str]] = []
    for day in range(75):
        monday.move_to(MONDAY + timedelta(days=day))
        before = len(said(account))
        plan(account)
        went_out(account)
        seen += [(day + 3, level) for level, _medium, _why in said(account)[before:]]
    assert [level for _day, level in seen] == [
        "reminder_gentle", "call", "internal", "find_a_way", "before_legal", "decision",
    ]  # fmt: skip
    days = [day for day, _level in seen]
    apart = [later - earlier for earlier, later in pairwise(days)]
    assert days[0] == 3
    assert all(found >= wanted for found, wanted in zip(apart, (4, 8, 10, 15, 10), strict=True)), days
    assert days[-1] < 60
    assert keys(account) == ["reminder_gentle", "reminder_gentle", "find_a_way", "before_legal"], (
        "no phone is on file"
    )
    found = within(account, lambda: [row.kind for row in db.session().scalars(select(Case).order_by(Case.id))])
    assert found == [kinds.ESCALATION, kinds.DECISION]
    settle(account, invoice_id)
    states = within(account, lambda: [row.status for row in db.session().scalars(select(Case))])
    assert states == [CaseStatus.CLOSED, CaseStatus.CLOSED], "who has paid is looked at no more"


def test_what_failed_is_tried_again_on_another_day_and_three_times_at_most(monday: Any) -> None:
    account = make_account()
    account.add_invoice("one", due_in=-3)
    for day in range(10):
        monday.move_to(MONDAY + timedelta(days=day))
        plan(account)
        fail(account)
    assert [level for level, _medium, _why in said(account)] == ["reminder_gentle"] * 3
    tries = within(account, lambda: list(db.session().scalars(select(Touch.attempt).order_by(Touch.id))))
    assert tries == [1, 2, 3]


def test_a_consumer_without_agreement_is_not_reminded_by_mail_first(monday: Any) -> None:
    account = make_account(kind="consumer", vat_number=None, tax_code="RSSMRA80A01F205X", postcode=None)
    account.add_invoice("late", due_in=-4)
    planned = plan(account)
    assert (planned.contacts, dict(planned.left_out)) == (0, {"no_consent": 1})
    within(account, lambda: wishes.prefer(account.debtor_id, "email", by_customer=True))
    assert plan(account).contacts == 1


def test_a_call_is_a_case_and_what_came_of_it_counts(monday: Any) -> None:
    account = make_account()
    within(account, lambda: debtors.add_contact(account.debtor_id, "phone", "+39 051 123456", source="creditor"))
    account.add_invoice("one", due_in=-3)
    plan(account)
    went_out(account)
    monday.move_to(MONDAY + timedelta(days=4))
    plan(account)
    assert said(account)[-1] == ("call", "call", "as_planned")
    monday.move_to(MONDAY + timedelta(days=7))
    assert plan(account).contacts == 0, "somebody is to call: nothing else is said"

    def end(outcome: str) -> None:
        case = (
            db.session().scalars(select(Case).where(Case.kind == kinds.CALL_TO_MAKE, Case.closed_at.is_(None))).one()
        )
        cases.close(case, outcome)

    within(account, lambda: end("not_reached"))
    monday.move_to(MONDAY + timedelta(days=8))
    assert plan(account).contacts == 1
    assert keys(account)[-1] == "reminder_second", "we tried to call you"
    fail(account)
    monday.move_to(MONDAY + timedelta(days=9))
    plan(account)
    assert said(account)[-1][1] == "letter", "each other way once before one is tried again"


def test_what_a_call_brings_to_light_is_kept(monday: Any) -> None:
    account = make_account()
    within(account, lambda: debtors.add_contact(account.debtor_id, "phone", "+39 051 123456", source="creditor"))

    def call(outcome: str) -> None:
        cases.close(cases.open_case(kinds.CALL_TO_MAKE, account.debtor_id), outcome)

    within(account, lambda: call("wrong_number"))
    stopped = within(account, lambda: [row.stopped_why for row in debtor_queries.contacts(account.debtor_id)])
    assert stopped == [None, "wrong_number"]
    within(account, lambda: call("no_calls"))
    assert within(account, lambda: wish_queries.is_stopped(account.debtor_id, "phone"))


def test_a_private_persons_first_reminder_is_a_letter_that_counts_when_it_arrives(monday: Any) -> None:
    account = make_account(kind="consumer", vat_number=None, tax_code="RSSMRA80A01F205X")
    account.add_invoice("late", due_in=-4)
    assert plan(account).contacts == 1
    assert said(account) == [("reminder_gentle", "letter", "no_agreement")]
    monday.move_to(MONDAY + timedelta(days=7))
    assert plan(account).contacts == 0, "it lies here still"
    batch = within(account, lambda: letters.print_waiting(None).id)
    within(account, lambda: letters.post(db.session().get_one(LetterBatch, batch), clock.today()))
    monday.move_to(MONDAY + timedelta(days=8))
    assert "waiting" in plan(account).left_out, "it is on its way"
    monday.move_to(MONDAY + timedelta(days=14))
    letter_jobs.hear_arrivals()
    assert "waiting" not in plan(account).left_out


def test_a_hold_a_pause_and_a_paid_item_are_left_alone(monday: Any) -> None:
    account = make_account()
    held, open_one = account.add_invoice("held", due_in=-4), account.add_invoice("open", due_in=-4)

    def hold() -> None:
        (item,) = queries.items_of_debtor(account.debtor_id, held)
        invoices.hold(item, holds.DISPUTED, 1, None)

    within(account, hold)
    within(account, lambda: actions.pause(account.debtor_id, clock.today() + timedelta(days=1), None))
    assert plan(account).left_out == {"paused": 1}
    monday.move_to(MONDAY + timedelta(days=2))
    planned = plan(account)
    assert (planned.contacts, dict(planned.left_out)) == (1, {"held": 1})
    settle(account, open_one)
    went_held = within(account, lambda: [actions.why_not_send(row) for row in db.session().scalars(select(Message))])
    assert went_held == ["what it speaks of is settled"]


def test_what_waits_is_stopped_in_the_moment_in_which_a_hold_begins_or_the_money_comes(house: Settings) -> None:
    """Not only at the hour of sending: who looks at the message a minute later sees that it does not go (item 2)."""
    for number, stop in (("held", "hold"), ("paid", "settle")):
        account = make_account(make_creditor(number))
        invoice_id = account.add_invoice(number, due_in=-4)
        assert plan(account).contacts == 1
        assert state_of_the_last(account) == ("planned", None)
        if stop == "settle":
            settle(account, invoice_id)
        else:
            within(account, lambda of=account, what=invoice_id: hold(of, what))
        status, why = state_of_the_last(account)
        assert status == "suppressed", stop
        assert why


def hold(account: Account, invoice_id: int) -> None:
    (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
    invoices.hold(item, holds.TRANSFER_ON_ITS_WAY, 1, clock.today() + timedelta(days=3))


def state_of_the_last(account: Account) -> tuple[str, str | None]:
    last = select(Message.status, Message.why).order_by(Message.id.desc()).limit(1)
    return tuple(within(account, lambda: db.session().execute(last).one()))  # type: ignore[return-value]


def test_a_pause_stops_what_waits_and_ends_by_hand(monday: Any) -> None:
    account = make_account()
    account.add_invoice("one", due_in=-4)
    plan(account)
    row = within(account, lambda: actions.pause(None, None, None))

    def why() -> list[str | None]:
        return [actions.why_not_send(one) for one in db.session().scalars(select(Message))]

    assert within(account, why) == ["the creditor has paused it"]
    within(account, lambda: actions.resume(db.session().merge(row, load=True), None))
    assert within(account, why) == [None]


def test_each_creditor_has_its_own_days_and_every_touch_cites_its_version(monday: Any) -> None:
    account, other = make_account(), make_account(make_creditor("due"))
    for one in (account, other):
        one.add_invoice("one", due_in=-2)

    def sooner() -> policies.Version:
        rules = {who: dict(rules) for who, rules in policies.FIRST.rules.items()}
        rules["business"]["reminder_gentle"] = Rule(True, 1)
        return policies.write(policies.Version(0, rules, Medium.CALL, 2, True), by=None, after=0)

    assert within(account, sooner).number == 1
    assert plan(account).contacts == 1
    assert plan(other).contacts == 0
    assert within(account, lambda: db.session().scalars(select(Touch.policy_number)).one()) == 1
    assert within(account, policies.current) == within(account, lambda: policies.version(1))


def test_the_round_goes_on_where_it_stopped_and_keeps_the_outlook(
    monday: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    creditor = make_creditor()
    accounts_ = [make_account(creditor, f"c{n}") for n in range(5)]
    for n, account in enumerate(accounts_):
        account.add_invoice(f"{n}", due_in=-4 if n else 25)
    monkeypatch.setattr("portal.reminders.reading.AT_ONCE", 2)
    jobs.plan()
    jobs.plan()
    first = accounts_[0]
    assert len(within(first, lambda: db.session().scalars(select(Message)).all())) == 4
    coming = within(first, lambda: touched.coming(date(2026, 11, 23), date(2026, 12, 31)))
    assert (date(2026, 12, 9), "caring", 1) in coming, "the eighth is a holiday"
    settle(first, first.invoice_ids[0])
    jobs.plan()
    seen = within(first, lambda: set(db.session().scalars(select(Outlook.debtor_id))))
    assert seen == {one.debtor_id for one in accounts_[1:]}


def listed(app: PortalFlask, *more: str) -> dict[str, Any]:
    answer = CliRunner().invoke(
        cadence, ["--creditor", "rossi", "--json", *more], obj=Context(create_app=lambda _settings: app)
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)  # type: ignore[no-any-return]


def test_the_command_lists_what_is_due_and_why_everything_else_is_not(app: PortalFlask, monday: Any) -> None:
    creditor = make_creditor("rossi")
    late, resting, far = (make_account(creditor, code) for code in ("late", "resting", "far"))
    late.add_invoice("1/2026", due_in=-4)
    rests = resting.add_invoice("2/2026", due_in=-4)
    far.add_invoice("3/2026", due_in=20)

    def hold() -> None:
        (item,) = queries.items_of_debtor(resting.debtor_id, rests)
        invoices.hold(item, holds.TRANSFER_ON_ITS_WAY, 1, clock.today() + timedelta(days=3))

    within(resting, hold)
    found = listed(app)
    assert found["due"] == [
        {"debtor": "late", "level": "reminder_gentle", "channel": "email", "at": "2026-11-23T09:00:00Z", "items": ["1/2026"]}
    ]  # fmt: skip
    reasons = {one["debtor"]: (one["reason"], one["until"]) for one in found["not_due"]}
    assert reasons["far"] == ("not_yet", "2026-12-03")
    assert reasons["resting"][0] == "held: transfer_on_its_way"
    assert reasons["resting"][1] is not None
    sunday = listed(app, "--as-of", "2026-11-29T09:00")
    assert sunday["due"] == []
    assert {"debtor": "late", "items": ["1/2026"], "reason": "outside_hours", "until": "2026-11-30T07:30:00Z"} in sunday["not_due"]  # fmt: skip
    later = listed(app, "--as-of", "2026-12-01T09:00")
    assert {one["debtor"] for one in later["due"]} == {"late", "resting"}, (
        "a hold that has run out by then holds nothing"
    )
    assert within(late, lambda: db.session().scalars(select(Message)).all()) == [], "looking plans nothing"


def test_who_cannot_be_written_to_comes_before_our_own_people(monday: Any) -> None:
    """No address, or a call that nobody makes: their time comes all the same."""
    account = make_account()
    account.add_invoice("one", due_in=0)
    within(account, lambda: debtors.stop_contact(db.session().get_one(ContactPoint, account.contact_id), "bounced"))
    within(account, lambda: setattr(debtor_queries.debtor(account.debtor_id), "postcode", None))
    for day in range(80):
        monday.move_to(MONDAY + timedelta(days=day))
        plan(account)
    assert [level for level, _medium, _because in said(account)] == ["internal", "decision"]


def test_a_consumer_whom_only_our_people_looked_at_has_had_no_reminder(monday: Any) -> None:
    """C-11: what nobody said to them is no first reminder by letter or call."""
    account = make_account(kind="consumer", vat_number=None, tax_code="RSSMRA80A01A944I")
    account.add_invoice("one", due_in=-20)

    def only_late_ones() -> policies.Version:
        rules = {who: dict(rules) for who, rules in policies.FIRST.rules.items()}
        for level in ("reminder_gentle", "call"):
            rules["consumer"][level] = replace(rules["consumer"][level], on=False)
        return policies.write(policies.Version(0, rules, Medium.LETTER, 3, True), by=None, after=0)

    within(account, only_late_ones)
    for day in range(30):
        monday.move_to(MONDAY + timedelta(days=day))
        plan(account)
    first = next(row for row in said(account) if row[1] != "case")
    assert first[1:] == ("letter", "no_agreement")


def test_a_call_about_what_rests_meanwhile_says_so(app: PortalFlask, monday: Any) -> None:
    account = make_account()
    invoice_id = account.add_invoice("17/2026", due_in=-4)
    within(account, lambda: debtors.add_contact(account.debtor_id, "mobile", "+393331234567", source="creditor"))
    case = within(account, lambda: cases.open_case(kinds.CALL_TO_MAKE, account.debtor_id))

    def touch() -> None:
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
        db.session().add(
            Touch(id=1, debtor_id=account.debtor_id, due_item_id=item.item_id, level="call", attempt=1, medium="call",
                  because="as_planned", policy_number=0, planned_at=clock.now(), at=clock.now(), case_id=case.id)
        )  # fmt: skip

    within(account, touch)
    browser = signed_in(app, account.creditor_id, Role.MANAGER)
    browser.get(f"/c/cases/{ids.spell(case.id)}")
    assert "17/2026" in browser.text
    assert "do not speak of it" not in browser.text
    within(account, lambda: hold(account, invoice_id))
    browser.get(f"/c/cases/{ids.spell(case.id)}")
    assert "There is nothing to call about now." in browser.text
    assert "Please do not speak of it: a transfer is on its way." in browser.text


def test_what_time_ran_out_for_since_it_was_planned_is_not_said(monday: Any) -> None:
    """C-14, at the moment of sending: planned on the last day, sent on the day after."""
    account = make_account()
    invoice_id = account.add_invoice("old", due_in=-4)
    within(account, lambda: limits.write(limits.Version(years={"consumer": 10, "business": 2}), by=None, after=0))
    message = written(account, invoice_id)
    assert within(account, lambda: actions.why_not_send(message)) is None
    monday.move_to(MONDAY + timedelta(days=2 * 366))
    assert within(account, lambda: actions.why_not_send(message)) == "held back for now"


def test_our_own_messages_are_one_contact_a_day_and_three_in_seven(monday: Any, mailbox: Any) -> None:
    """C-10 for all outbound, asked as each leaves: what piled up over a weekend does not leave together."""
    account = make_account()
    rows = [message_of(account) for _ in range(4)]
    for day in range(9):
        monday.move_to(MONDAY + timedelta(days=day))
        core_jobs.work_off()
    sent = sorted(clock.day_of(one, "Europe/Rome") for one in sent_at(account) if one is not None)
    assert len(rows) == len(sent) == 4
    assert sent == [(MONDAY + timedelta(days=n)).date() for n in (0, 1, 2, 7)]


def message_of(account: Account) -> int:
    message_id = plan_message(account)
    within(account, lambda: setattr(db.session().get_one(Message, message_id), "asked_for", False))
    return message_id


def sent_at(account: Account) -> list[datetime | None]:
    return within(account, lambda: list(db.session().scalars(select(Message.sent_at))))  # type: ignore[no-any-return]


def written(account: Account, invoice_id: int) -> Message:
    assert plan(account).contacts == 1
    assert invoice_id
    return within(account, lambda: db.session().scalars(select(Message)).one())  # type: ignore[no-any-return]
