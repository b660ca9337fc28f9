"""Invented histories hold together as if the portal had written them: books, chain, statuses; the same from a seed."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.cases import idle
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.commands import generate as command
from portal.commands.line import Context
from portal.core import db, events, jobs, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.debtors import gate
from portal.debtors.models import Debtor, LinkTrace
from portal.disputes import holding
from portal.disputes.models import Dispute
from portal.histories import running
from portal.histories.running import AnotherHistory, Progress, Wanted
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts, origins
from portal.ledger import queries as ledger
from portal.ledger.models import Receivable, Transfer
from portal.promises import actions as promises
from portal.promises.models import Promise
from portal.settings import Settings
from tests.databases import Prepared

LAST = date(2026, 11, 20)
EVENING = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
WANTED = Wanted("storia", 60, 900, 2, 7, LAST)


def quiet(_progress: Progress) -> None:
    """Nobody watches."""


@pytest.fixture
def written(house: Settings) -> Iterator[None]:
    with time_machine.travel(EVENING, tick=False):
        running.write(WANTED, quiet)
        with db.transaction():
            found = creditors.by_slug("storia")
            assert found is not None
            scope.enter(found.id)
            yield


def count(model: Any) -> int:
    return int(db.session().scalar(select(func.count(model.id))) or 0)


def test_the_chain_and_the_books_hold(written: None) -> None:
    report = events.verify()
    assert report.first_bad is None
    assert report.records == count(EventRow) > 4000
    assert (ledger.unbalanced(), origins.unbalanced(), ledger.above_charges()) == ([], [], [])


def test_what_was_asked_for_is_there_and_adds_up(written: None) -> None:
    assert (count(Debtor), count(DueItem)) == (60, 900)
    charged = db.session().scalar(select(func.sum(DueItem.amount_minor)))
    lowered = db.session().scalar(
        select(func.sum(Transfer.amount_minor)).where(Transfer.credit == accounts.RECEIVABLE)
    )
    still_open = db.session().scalar(select(func.sum(Receivable.open_minor)))
    assert charged - lowered == still_open > 0
    notes = db.session().scalar(select(func.sum(Invoice.total_minor)).where(Invoice.kind == "credit_note")) or 0
    credited = db.session().scalar(
        select(func.sum(Transfer.amount_minor)).where(Transfer.debit == accounts.CREDIT_NOTES)
    )
    assert notes == (credited or 0)


def test_nothing_is_of_later_than_its_end_or_of_before_its_beginning(written: None) -> None:
    first, last = db.session().execute(select(func.min(EventRow.at), func.max(EventRow.at))).one()
    assert WANTED.first <= first.date()
    assert last <= EVENING
    assert db.session().scalar(select(func.max(Receivable.closed_on))) <= LAST


def test_what_is_closed_says_when_and_nothing_holds_it(written: None) -> None:
    closed = select(func.count(Receivable.id)).where(
        (Receivable.open_minor == 0) != Receivable.closed_on.is_not(None)
    )
    assert db.session().scalar(closed) == 0
    held = (
        select(func.count(Hold.id))
        .join(Receivable, Receivable.id == Hold.due_item_id)
        .where(Receivable.open_minor == 0, Hold.ended_at.is_(None))
    )
    assert db.session().scalar(held) == 0
    assert idle.resting() == [], "whatever rests has a case that says who ends it"


def test_the_portals_own_judgement_changes_nothing(written: None) -> None:
    """Promises judged by the books, disputes spread over what is open: all stands as it would."""
    before = {one.id: (one.status, one.paid_minor) for one in db.session().scalars(select(Promise))}
    assert Counter(status.value for status, _paid in before.values())["broken"] > 0
    for one in before:
        promises.judge(one)
    assert {one.id: (one.status, one.paid_minor) for one in db.session().scalars(select(Promise))} == before
    holds = count(Hold)
    disputes = db.session().execute(select(Dispute.debtor_id, Dispute.invoice_id)).all()
    assert disputes
    for debtor_id, invoice_id in disputes:
        holding.spread(debtor_id, invoice_id)
    assert count(Hold) == holds


def test_every_status_is_told_by_an_event(written: None) -> None:
    told = Counter(db.session().scalars(select(EventRow.name)))
    assert told["invoice.imported"] == count(Invoice)
    assert told["promise.made"] == count(Promise)
    assert told["case.opened"] == count(Case)
    closed = select(func.count(Case.id)).where(Case.status == CaseStatus.CLOSED)
    assert told["case.closed"] == db.session().scalar(closed)
    assert told["item.held"] == told["item.released"] + _running()
    settled = select(func.count(Receivable.id)).where(Receivable.open_minor == 0)
    assert told["invoice.settled"] == db.session().scalar(settled)


def test_the_way_from_a_message_to_an_answer_is_walked_in_order(written: None) -> None:
    """Sent, arrived, through the gate, answered: fewer at each step, each later than the one before."""
    told = Counter(db.session().scalars(select(EventRow.name)))
    answered = told["receipt.confirmed"] + told["receipt.denied"] + told["receipt.problem_reported"]
    assert told["message.sent"] > told["message.delivered"] > told["gate.passed"] > answered > 0
    passed = {
        row.link_id: row.at for row in db.session().scalars(select(EventRow).where(EventRow.name == "gate.passed"))
    }
    issued = {
        row.subject_id: row.at for row in db.session().scalars(select(EventRow).where(EventRow.name == "link.issued"))
    }
    assert all(issued[link_id] < at for link_id, at in passed.items() if link_id is not None)
    viewed = db.session().execute(
        select(LinkTrace.link_id, func.min(LinkTrace.at))
        .where(LinkTrace.kind == gate.VIEWED)
        .group_by(LinkTrace.link_id)
    )
    assert all(passed[link_id] < at for link_id, at in viewed)
    scanned = select(func.count(LinkTrace.id)).where(LinkTrace.client == "scanner")
    assert db.session().scalar(scanned) > 0


def _running() -> int:
    return int(db.session().scalar(select(func.count(Hold.id)).where(Hold.ended_at.is_(None))) or 0)


def test_a_night_of_the_portals_own_work_goes_over_it(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every periodic job looks at it; what is old is forgotten, alerts are raised, and all still holds together."""
    with time_machine.travel(EVENING, tick=False):
        running.write(WANTED, quiet)
        before = Counter(name for _seq, _at, name, *_ in told())
        failed = []
        monkeypatch.setattr("logging.Logger.exception", lambda _log, message, *_, **__: failed.append(message))
        for one in jobs.PERIODIC.values():
            one.work()
        assert failed == []
        after = Counter(name for _seq, _at, name, *_ in told())
        grown = after - before
        assert not before - after
        assert {name.split(".")[0] for name in grown} <= {"credit_alert", "month_paper", "retention"}
        assert grown["retention.ran"] == 1
        with db.transaction(writes=False):
            found = creditors.by_slug("storia")
            assert found is not None
            scope.enter(found.id)
            assert events.verify().first_bad is None
            assert (ledger.unbalanced(), origins.unbalanced()) == ([], [])


def told() -> list[tuple[Any, ...]]:
    """All that the chain says."""
    with db.transaction(writes=False):
        found = creditors.by_slug("storia")
        assert found is not None
        scope.enter(found.id)
        rows = db.session().execute(
            select(EventRow.seq, EventRow.at, EventRow.name, EventRow.data, EventRow.hash).order_by(EventRow.seq)
        )
        return [(seq, at, name, json.dumps(data, sort_keys=True), hash_) for seq, at, name, data, hash_ in rows]


def dump() -> list[Any]:
    """That, and what is open: all else follows the same lots."""
    events_ = told()
    with db.transaction(writes=False):
        found = creditors.by_slug("storia")
        assert found is not None
        scope.enter(found.id)
        rows = db.session().execute(select(Receivable.id, Receivable.open_minor).order_by(Receivable.id))
        return [events_, [tuple(one) for one in rows]]


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def test_stopped_and_gone_on_with_it_is_the_same_as_in_one_go(
    house: Settings, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 100)

    def stop(done: Progress) -> None:
        if done.documents > 300:
            raise Stopped

    with pytest.raises(Stopped):
        running.write(WANTED, stop)
    assert running.begun("storia", 2) == LAST
    gone_on = running.write(WANTED, quiet)
    assert (gone_on.debtors, gone_on.documents) == (60, 900)
    stopped = dump()
    prepared.reset()
    in_one_go = running.write(WANTED, quiet)
    assert dump() == stopped
    assert 0 < gone_on.rows < in_one_go.rows
    assert running.write(WANTED, quiet).rows == 0


def test_begun_anew_the_same_stands_there_a_second_time(house: Settings) -> None:
    """Nothing is deleted: what was there has another slug, and its rows their own ids."""
    running.write(WANTED, quiet)
    first = [one[1:4] for one in told()]
    assert running.set_aside("storia") == "storia-1"
    running.write(WANTED, quiet)
    again = [one[1:4] for one in told()]
    assert [one[:2] for one in again] == [one[:2] for one in first]
    assert again != first


def test_another_history_is_refused_and_nothing_is_written(house: Settings) -> None:
    running.write(WANTED, quiet)
    before = dump()
    for other in (Wanted("storia", 60, 900, 2, 8, LAST), Wanted("storia", 30, 900, 2, 7, LAST)):
        with pytest.raises(AnotherHistory):
            running.write(other, quiet)
    assert dump() == before


def test_the_command(own_app: Any) -> None:
    context = Context(create_app=lambda _settings: own_app)
    run = CliRunner()
    words = ["--creditor", "storia", "--debtors", "10", "--invoices", "60", "--years", "1", "--until", "2026-11-20"]
    first = run.invoke(command.generate, words, obj=context)
    assert first.exit_code == 0, first.output
    assert "storia: 10 customers, 60 invoices until 2026-11-20" in first.output
    again = run.invoke(command.generate, words[:-2], obj=context)
    assert "60 invoices until 2026-11-20; 0 rows written" in again.output
    other = run.invoke(command.generate, [*words, "--seed", "2"], obj=context)
    assert other.exit_code == 2
    assert "This creditor has other customers already" in other.output
    fresh = run.invoke(command.generate, [*words, "--seed", "2", "--fresh"], obj=context)
    assert "What was there is called storia-1 now." in fresh.output
    assert fresh.exit_code == 0


def test_not_in_production(own_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "in_production", property(lambda _self: True))
    context = Context(create_app=lambda _settings: own_app)
    refused = CliRunner().invoke(command.generate, ["--creditor", "storia"], obj=context)
    assert refused.exit_code == 2
    assert "do not belong into production" in refused.output
