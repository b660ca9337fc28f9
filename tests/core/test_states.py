"""Every machine, from every status to every status: what is no edge is refused and leaves nothing (rule D-01)."""

import dataclasses
import typing
from datetime import date, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.cases import actions as cases
from portal.cases.kinds import ANSWERED, TAKEN_BACK
from portal.cases.models import Case
from portal.confirmations.models import Receipt
from portal.confirmations.states import MACHINE as RECEIPT
from portal.confirmations.states import ReceiptStatus
from portal.core import clock, db, events, ids, scope, states
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.core.states import MACHINES, Machine, Status, StatusColumn, each
from portal.invoices.models import Invoice
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.settings import Settings
from portal.wiring import load_models
from tests.factories.world import Account, make_account
from tests.parallel import at_once

load_models()
NAMES = sorted(MACHINES)
SAMPLES: dict[Any, Any] = {int: 7, str: "x", bool: True, date: date(2026, 11, 21), type(None): None}
SAMPLES[datetime] = clock.now()


def sample(kind: type[events.Event]) -> events.Event:
    """An event of `kind` with something in each field."""
    hints = typing.get_type_hints(kind)
    values = {}
    for one in dataclasses.fields(kind):
        if one.default is not dataclasses.MISSING:
            continue
        options = typing.get_args(hints[one.name]) or (hints[one.name],)
        if typing.get_origin(hints[one.name]) is tuple:
            values[one.name] = ()
            continue
        first = options[0]
        values[one.name] = (
            next(iter(first)) if isinstance(first, type) and issubclass(first, Enum) else SAMPLES[first]
        )
    return kind(**values)


def kinds(expected: Any) -> tuple[type[events.Event], ...]:
    return expected if isinstance(expected, tuple) else (expected,)


def all_kinds(machine: Machine) -> set[type[events.Event]]:
    return {kind for expected in [*machine.begins.values(), *machine.edges.values()] for kind in kinds(expected)}


@pytest.fixture
def quiet(house: Settings) -> Account:
    """An account within whose scope machines may be tried; nothing follows from what they record."""
    events.forget_reactions()
    return make_account()


def recorded() -> list[dict[str, Any]]:
    return list(db.session().info.get("events", []))


def test_the_machines_of_issue_2_are_all_here() -> None:
    assert {"receipt", "case", "payment", "message", "endpoint", "delivery", "import"} <= set(NAMES)


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_from_every_status_to_every_status_with_every_event(quiet: Account, name: str) -> None:
    """What is an edge moves, says when, and records its event; anything else changes nothing and records nothing."""
    machine = MACHINES[name]
    tried = 0
    with pytest.raises(ZeroDivisionError), db.transaction():  # rolled back: it was a trial
        scope.enter(quiet.creditor_id)
        for old in machine.statuses:
            for new in machine.statuses:
                for kind in sorted(all_kinds(machine), key=lambda k: k.name):
                    row = SimpleNamespace(status=old, status_at=None)
                    before = len(recorded())
                    if kind in kinds(machine.edges.get((old, new), ())):
                        assert machine.may(row, new)
                        machine.move(row, new, sample(kind))
                        assert (row.status, row.status_at is not None) == (new, True)
                        assert [e["name"] for e in recorded()[before:]] == [kind.name]
                    else:
                        with pytest.raises(NotAllowedNow) as refused:
                            machine.move(row, new, sample(kind))
                        assert refused.value.status == 409
                        assert (row.status, row.status_at) == (old, None)
                        assert len(recorded()) == before
                    tried += 1
        assert tried == len(list(machine.statuses)) ** 2 * len(all_kinds(machine))
        1 / 0  # noqa: B018


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_rows_begin_only_where_rows_begin(quiet: Account, name: str) -> None:
    machine = MACHINES[name]
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(quiet.creditor_id)
        for status in machine.statuses:
            for kind in all_kinds(machine):
                row = SimpleNamespace(status=None, status_at=None)
                if kind in each(machine.begins.get(status, ())):
                    machine.begin(row, status, sample(kind))
                    assert row.status is status
                else:
                    with pytest.raises(ValueError, match="does not begin"):
                        machine.begin(row, status, sample(kind))
                    assert row.status is None
        1 / 0  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_every_status_can_be_reached_and_has_a_label(name: str) -> None:
    machine = MACHINES[name]
    reached = set(machine.begins)
    while more := {new for (old, new) in machine.edges if old in reached} - reached:
        reached |= more
    assert reached == set(machine.statuses)
    assert all(str(status.label) and status.public for status in machine.statuses)
    assert len({status.value for status in machine.statuses}) == len(list(machine.statuses))


def test_an_event_of_another_machine_moves_nothing(quiet: Account) -> None:
    with db.transaction():
        scope.enter(quiet.creditor_id)
        row = SimpleNamespace(status=ReceiptStatus.CONFIRMED, status_at=None)
        with pytest.raises(NotAllowedNow):
            RECEIPT.move(row, ReceiptStatus.DENIED, sample(events.EVENTS["question.asked"]))
        assert row.status is ReceiptStatus.CONFIRMED
        RECEIPT.correct(row, ReceiptStatus.DENIED, sample(events.EVENTS["receipt.denied"]))
        assert row.status is ReceiptStatus.DENIED


def test_a_status_that_is_none_can_neither_be_written_nor_read() -> None:
    column = StatusColumn(ReceiptStatus)
    for word in ("nonsense", "", "CONFIRMED", "confirmed "):
        with pytest.raises(ValueError, match="not a ReceiptStatus"):
            column.process_bind_param(word, None)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not a ReceiptStatus"):
            column.process_result_value(word, None)  # type: ignore[arg-type]
    assert column.process_result_value("confirmed", None) is ReceiptStatus.CONFIRMED  # type: ignore[arg-type]


def stateful() -> list[Any]:
    """Every mapped class with a status, in one order: the runs side by side must collect the same."""
    found = [
        mapper.class_
        for mapper in db.Base.registry.mappers
        if any(isinstance(column.type, StatusColumn) for column in mapper.columns)
    ]
    return sorted(found, key=lambda model: model.__name__)


@pytest.mark.parametrize("model", stateful(), ids=lambda model: model.__name__)
def test_every_row_with_a_status_counts_its_versions(model: Any) -> None:
    """D-01: without the count a stale write would win over the newer one."""
    assert model.__mapper__.version_id_col is not None


@pytest.mark.parametrize("model", stateful(), ids=lambda model: model.__name__)
def test_every_column_of_a_status_belongs_to_a_machine(model: Any) -> None:
    enums = {column.type.enum_class for column in model.__mapper__.columns if isinstance(column.type, StatusColumn)}
    assert enums <= {machine.statuses for machine in MACHINES.values()}


def test_a_stale_write_is_refused(house: Settings) -> None:
    """Somebody read the row, somebody else changed it, the first one writes: 409 (portal.web.errors)."""
    account = make_account()
    invoice_id = account.add_invoice()
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        stale = session.get(Invoice, invoice_id)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.get(Invoice, invoice_id).number = "129/2026"
    with pytest.raises(StaleDataError), db.transaction() as session:
        scope.enter(account.creditor_id)
        merged = session.merge(stale, load=False)
        merged.number = "130/2026"
        session.flush()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get(Invoice, invoice_id).number == "129/2026"


def asked(account: Account) -> int:
    with db.transaction():
        scope.enter(account.creditor_id, account.debtor_id)
        visit: Any = SimpleNamespace(id=ids.new_id(), debtor_id=account.debtor_id)
        return cases.ask(visit, "Come mai?").id


def test_of_twenty_that_close_a_case_at_once_exactly_one_does(house: Settings) -> None:
    account = make_account()
    case_id = asked(account)

    def close(number: int) -> str:
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            cases.close(session.get(Case, case_id), ANSWERED if number % 2 else TAKEN_BACK)
        return ANSWERED if number % 2 else TAKEN_BACK

    outcomes = at_once(20, close)
    won = [one for one in outcomes if isinstance(one, str)]
    assert len(won) == 1
    assert {type(one) for one in outcomes if one not in won} <= {NotAllowedNow, StaleDataError}
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get(Case, case_id).outcome == won[0]
        assert len(session.scalars(select(EventRow).where(EventRow.name == "case.closed")).all()) == 1


def test_of_twenty_that_send_one_message_exactly_one_takes_it(house: Settings) -> None:
    account = make_account()
    with db.transaction():
        scope.enter(account.creditor_id)
        message_id = messages.plan(
            "caring", debtor_id=account.debtor_id, to_address="a@b.example", language="it",
            contact_point_id=account.contact_id,
        ).id  # fmt: skip

    def give_up(number: int) -> bool:
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            message = session.get(Message, message_id)
            messages.MACHINE.move(
                message,
                messages.MessageStatus.SUPPRESSED,
                messages.happened.MessageSuppressed(
                    message_id=message_id, debtor_id=account.debtor_id, why=str(number)
                ),
            )
        return True

    outcomes = at_once(20, give_up)
    assert outcomes.count(True) == 1
    assert {type(one) for one in outcomes if one is not True} <= {NotAllowedNow, StaleDataError}
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(EventRow).where(EventRow.name == "message.suppressed")).all()) == 1


def test_a_first_answer_about_receipt_given_twenty_times_at_once_is_one_row(house: Settings) -> None:
    account = make_account()
    invoice_id = account.add_invoice()

    def begin(number: int) -> bool:
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            if session.get(Receipt, invoice_id) is not None:
                return False
            receipt = Receipt(id=invoice_id, debtor_id=account.debtor_id, answer_id=number)
            happened = sample(events.EVENTS["receipt.confirmed"])
            RECEIPT.begin(receipt, ReceiptStatus.CONFIRMED, happened)
            session.add(receipt)
            session.flush()
        return True

    assert at_once(20, begin).count(True) == 1
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(EventRow).where(EventRow.name == "receipt.confirmed")).all()) == 1


def test_the_tables_of_the_machines_show_every_edge() -> None:
    shown = states.as_tables()
    assert list(shown) == NAMES
    for name, rows in shown.items():
        machine = MACHINES[name]
        edges = {(row["from"], row["to"]) for row in rows if row["from"]}
        assert edges == {(old.value, new.value) for old, new in machine.edges}
        assert {row["to"] for row in rows if not row["from"]} == {status.value for status in machine.begins}


def test_statuses_say_outside_words_outside() -> None:
    class Weather(Status):
        SUN = "sun", states.t("sunny")
        DRIZZLE = "drizzle", states.t("drizzling"), "rain"

    assert (Weather.SUN.public, Weather.DRIZZLE.public) == ("sun", "rain")
    assert Weather("drizzle") is Weather.DRIZZLE
    assert clock.now().tzinfo is not None
