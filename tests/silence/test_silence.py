"""Nobody speaks to who must be left alone: one answer for many, at the moment of sending and of charging."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from portal.core import clock, db, ids, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.hardship.models import Rest
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.people.roles import Role
from portal.reminders import actions as reminders
from portal.silence import actions, queries, rules
from portal.silence.models import Silence
from portal.silence.states import SilenceStatus
from portal.web.edge import PortalFlask
from portal.webhooks.models import Delivery
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.webhooks import add_endpoint
from tests.factories.world import Account, make_account, make_creditor, today_plus

INSIDE = "Detto da Carla, che non va ripetuto"


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2026", "600.00", due_in=5)
    made.add_invoice("2/2026", "400.00", due_in=5)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def begin(account: Account, reason: str, **wanted: Any) -> int:
    if reason == rules.REPRESENTED:
        wanted.setdefault("speaks_for", "Avv. Verdi")
    return within(  # type: ignore[no-any-return]
        account, lambda: actions.begin(account.debtor_id, actions.Wanted(reason, words=INSIDE, **wanted), 1).id
    )


def written(account: Account, **values: Any) -> int:
    """A message that waits to leave; its id."""

    def act() -> int:
        values.setdefault("at", clock.now() + timedelta(hours=6))
        return messages.plan(
            "new_link", debtor_id=account.debtor_id, to_address="ada@example.it", language="it", **values
        ).id

    return within(account, act)  # type: ignore[no-any-return]


def message(account: Account, message_id: int) -> tuple[MessageStatus, str | None]:
    def act() -> tuple[MessageStatus, str | None]:
        row = db.session().get_one(Message, message_id)
        return row.status, row.why

    return within(account, act)  # type: ignore[no-any-return]


def item(account: Account, place: int = 0) -> int:
    return account.item_ids(account.invoice_ids[place])[0]


def known(account: Account) -> queries.Known:
    return within(account, lambda: queries.known([account.debtor_id]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("reason", sorted(rules.REASONS))
def test_each_reason_holds_back_what_waits_at_once_and_what_comes_later(account: Account, reason: str) -> None:
    waits, asked = written(account), written(account, asked_for=True)
    begin(account, reason)
    assert message(account, waits) == (MessageStatus.SUPPRESSED, "held back for now"), "seen at once, not at sending"
    nothing = reason in rules.NOTHING_AT_ALL
    assert (message(account, asked)[0] is MessageStatus.SUPPRESSED) is nothing
    now = {"at": None, "params": {"whatever_the_hour": True}}
    later, asked_later = written(account, **now), written(account, **now, asked_for=True)
    jobs.work_off()
    assert message(account, later) == (MessageStatus.SUPPRESSED, "held back for now")
    assert (message(account, asked_later)[0] is MessageStatus.SUPPRESSED) is nothing
    one = known(account).of_debtor(account.debtor_id)
    assert one is not None
    assert (one.reason, one.until, one.scope, one.private) == (reason, None, "debtor", reason in rules.PRIVATE)


def test_what_waits_is_sent_where_nobody_objects(account: Account) -> None:
    waits = written(account)
    begin(account, rules.BY_US, item_id=item(account))
    assert message(account, waits)[0] is MessageStatus.PLANNED, "one document rests, the customer does not"
    assert within(account, lambda: queries.why_not_send(db.session().get_one(Message, waits))) is None


def test_it_ends_by_hand_or_by_its_day_even_before_anybody_wrote_it_down(account: Account) -> None:
    first = begin(account, rules.BY_US)
    with pytest.raises(NotAllowedNow):
        begin(account, rules.BY_US)
    within(account, lambda: actions.end(queries.one(first), actions.BY_HAND, 7))  # type: ignore[arg-type]
    assert known(account).of_debtor(account.debtor_id) is None
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.end(queries.one(first), actions.BY_HAND, 7))  # type: ignore[arg-type]
    second = begin(account, rules.INSOLVENCY, until=clock.now() + timedelta(days=2))
    assert known(account).of_debtor(account.debtor_id) is not None
    within(account, lambda: db.changed(update(Silence).where(Silence.id == second).values(until=clock.now())))
    assert known(account).of_debtor(account.debtor_id) is None, "its day has come, whatever the row says"
    waits = written(account)
    jobs.PERIODIC["portal.silence.jobs.end_silences"].work()
    row = within(account, lambda: queries.one(second))
    assert (row.status, row.ended_why, row.ended_by) == (SilenceStatus.ENDED, "over", None)
    assert message(account, waits)[0] is MessageStatus.PLANNED


def test_one_answer_for_the_customer_and_the_document(account: Account) -> None:
    first, second = item(account), item(account, 1)

    def hold() -> None:
        (one,) = invoice_queries.items([first])
        invoices.hold(one, holds.PLAN_ASKED, 1, None, "Europe/Rome")

    within(account, hold)
    begin(account, rules.REPRESENTED, item_id=second)
    found = known(account)
    assert found.of_debtor(account.debtor_id) is None
    held, quiet = found.why_not(account.debtor_id, first), found.why_not(account.debtor_id, second)
    assert held is not None
    assert quiet is not None
    assert (held.reason, held.scope) == (holds.PLAN_ASKED, "item")
    assert (quiet.reason, quiet.scope) == (rules.REPRESENTED, "item")
    begin(account, rules.DECEASED)
    both = known(account).why_not(account.debtor_id, first)
    assert both is not None
    assert both.reason == rules.DECEASED


def test_a_customers_own_word_is_part_of_it(app: PortalFlask, account: Account) -> None:
    browser = Debtor(app)
    browser.enter(account.link(), account.fact)
    waits = written(account)
    browser.get("/d/difficulty")
    browser.submit("/d/difficulty")
    assert message(account, waits)[0] is MessageStatus.SUPPRESSED, "at once"
    one = known(account).of_debtor(account.debtor_id)
    assert one is not None
    assert (one.reason, one.private, one.until is not None) == (rules.DIFFICULTY, True, True)
    within(account, lambda: db.changed(update(Rest).values(until=clock.now())))
    assert known(account).of_debtor(account.debtor_id) is None


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are asked meanwhile."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            said.append(statement)

    engine = db.session().get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_five_statements_however_many_customers(app: PortalFlask) -> None:
    creditor = make_creditor()
    everyone = [make_account(creditor, code=f"C{n}") for n in range(12)]
    for n, one in enumerate(everyone):
        one.add_invoice(f"{n}/2010", "10.00", due_in=-4100)
        if n % 3 == 0:
            begin(one, rules.INSOLVENCY)
    with db.transaction(writes=False):
        scope.enter(everyone[0].creditor_id)
        creditors.in_scope()
        counts = []
        for some in (everyone[:1], everyone):
            with counted() as said:
                found = queries.known([one.debtor_id for one in some])
            counts.append(len(said))
    assert counts[0] == counts[1] <= 5
    silent = [found.of_debtor(one.debtor_id) is not None for one in everyone]
    assert silent == [n % 3 == 0 for n in range(12)]
    assert app


def test_nothing_is_planned_for_who_is_left_alone(account: Account) -> None:
    def plan() -> int:
        creditor = creditors.in_scope()
        return reminders.plan(creditor, any_hour=True).contacts

    begin(account, rules.BY_US, item_id=item(account))
    begin(account, rules.BREATHING_SPACE)
    assert within(account, plan) == 0
    row = within(account, lambda: queries.standing(account.debtor_id, None, rules.BREATHING_SPACE))
    within(account, lambda: actions.end(queries.one(row.id), actions.BY_HAND, 1))  # type: ignore[arg-type]
    assert within(account, plan) == 1
    touched = within(account, lambda: [row.due_item_id for row in db.session().scalars(select(reminders.Touch))])
    assert touched == [item(account, 1)], "the document that rests is not spoken of"


@pytest.mark.parametrize("reason", sorted(rules.REASONS))
def test_what_stops_charges(account: Account, reason: str) -> None:
    begin(account, reason)
    stopped = within(account, lambda: queries.stops_charges(account.debtor_id))
    assert stopped is (reason in rules.NO_CHARGES)


def test_systems_hear_the_harmless_ones_and_never_what_few_may_know(account: Account) -> None:
    add_endpoint(account.creditor_id, "https://erp.example.com/hooks")
    begin(account, rules.VULNERABLE)
    begin(account, rules.INSOLVENCY, until=datetime(2030, 5, 1, tzinfo=UTC))

    def heard() -> dict[str, dict[str, Any]]:
        told = select(EventRow).where(EventRow.id.in_(select(Delivery.event_id)))
        return {row.name: row.data for row in db.session().scalars(told)}

    public = within(account, heard)
    assert public["silence.began"]["reason"] == "insolvency"
    assert public["silence.began"]["until"] == "2030-05-01", "the last day, in the creditor's zone"
    assert "quiet.began" not in public
    everything = within(account, lambda: [str(row.data) for row in db.session().scalars(select(EventRow))])
    assert not any("vulnerable" in data or INSIDE in data for data in everything)


# Pages


def page(account: Account) -> str:
    return f"/c/debtors/{ids.spell(account.debtor_id)}/silence"


def staff(app: PortalFlask, account: Account, role: Role) -> Browser:
    browser = signed_in(app, account.creditor_id, role)
    browser.get(page(account))
    return browser


def test_setting_one_with_a_form_and_ending_it(app: PortalFlask, account: Account) -> None:
    manager = staff(app, account, Role.MANAGER)
    assert "Nothing rests." in manager.text
    manager.submit("/silence", why="represented", reached_at="studio@verdi.example", words=INSIDE)
    assert manager.status == 422
    assert "Please write who speaks for them." in manager.text
    assert INSIDE in manager.text, "nothing that was typed is lost"
    manager.submit("/silence", why="represented", speaks_for="Avv. Verdi", reached_at="studio@verdi.example",
                   words=INSIDE, until=today_plus(30).isoformat())  # fmt: skip
    assert manager.path == page(account)
    for said in ("Somebody speaks for them", "Avv. Verdi", "studio@verdi.example", INSIDE, "Until"):
        assert said in manager.text
    card = signed_in(app, account.creditor_id, Role.AGENT)
    card.get(page(account).removesuffix("/silence"))
    assert "Somebody speaks for them, until" in card.text
    card.get(page(account))
    assert "Leave them alone" not in card.text
    manager.get(page(account))
    end = manager.form("/end")
    manager.submit("/end")
    assert "Nothing rests." in manager.text
    manager.post(end.action, {**end.fields, "command_id": ids.spell(ids.new_id())})
    assert manager.status == 409


def test_what_few_may_know_is_held_back_for_others(app: PortalFlask, account: Account) -> None:
    begin(account, rules.VULNERABLE)
    agent, manager = staff(app, account, Role.AGENT), staff(app, account, Role.MANAGER)
    assert "held back for now" in agent.text
    assert "They need special care" not in agent.text
    assert INSIDE not in agent.text
    assert "They need special care" in manager.text
    card = page(account).removesuffix("/silence")
    agent.get(card)
    assert "held back for now" in agent.text
    assert "special care" not in agent.text
    assert "left alone" not in agent.text, "nor by the history"
    manager.get(card)
    assert "They need special care" in manager.text


def test_the_invoice_says_what_is_set_about_it_alone(app: PortalFlask, account: Account) -> None:
    begin(account, rules.BY_US, item_id=item(account))
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/invoices/{ids.spell(account.invoice_ids[0])}")
    assert "Nobody writes about it" in agent.text
    assert "We have decided so" in agent.text
    agent.get(f"/c/invoices/{ids.spell(account.invoice_ids[1])}")
    assert agent.status == 200
    assert "Nobody writes about it" not in agent.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Please choose why."),
        ({"why": "nonsense"}, "Please choose why."),
        ({"why": "by_us", "until": "01/01/2020"}, "Please choose a day after today"),
        ({"why": "by_us", "until": "soon"}, "Write the date as"),
        ({"why": "by_us", "words": "x" * 4001}, "at most 4000 characters"),
    ],
)
def test_bad_input_says_so(app: PortalFlask, account: Account, typed: dict[str, str], said: str) -> None:
    manager = staff(app, account, Role.MANAGER)
    manager.submit("/silence", **typed)
    assert manager.status == 422
    assert said in manager.text
    assert within(account, lambda: db.session().scalars(select(Silence)).all()) == []


def test_another_customers_document_is_not_there(app: PortalFlask, account: Account) -> None:
    other = make_account(make_creditor("bianchi"), code="0042")
    other.add_invoice("9/2026", "10.00")
    manager = staff(app, account, Role.MANAGER)
    fields = manager.form("/silence").fields
    manager.post(page(account), {**fields, "why": "by_us", "about": ids.spell(item(other))})
    assert manager.status == 404


def test_the_customer_reads_one_calm_sentence_and_whom_to_reach(app: PortalFlask, account: Account) -> None:
    browser = Debtor(app)
    browser.enter(account.link(), account.fact)
    browser.get("/language/en")
    browser.get("/d/")
    assert "We do not write to you" not in browser.text
    begin(account, rules.VULNERABLE)
    browser.get("/d/")
    assert "We do not write to you" not in browser.text, "nothing tells that somebody called them so"
    begin(account, rules.INSOLVENCY)
    browser.get("/d/")
    assert "We do not write to you for now." in browser.text
    assert INSIDE not in browser.text
    assert "nsolvency" not in browser.text
    one = Debtor(app)
    one.enter(account.link(invoice_id=account.invoice_ids[0]), account.fact)
    one.get("/language/en")
    one.get("/d/")
    assert one.status == 200
    assert "We do not write to you" not in one.text, "a link to one document is not about the person"
