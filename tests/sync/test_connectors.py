"""State back over REST: whenever it changes, once for several changes, again where it failed, never lost or doubled."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.core import clock, db, ids, jobs, scope
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.money import Money
from portal.doubles.serving import LoopbackServer
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.settings import ROOT, Settings
from portal.sync import actions, changes, mapping, queries
from portal.sync import jobs as sync_jobs
from portal.sync.documents import digest, documents
from portal.sync.models import Push
from portal.sync.states import ConnectorStatus
from tests.factories import webhooks
from tests.factories.world import Account, make_account, make_creditor
from tests.queries_counted import counted
from tests.sync.system import System, World, connect

SOON = timedelta(seconds=21)
ROME = "Europe/Rome"


@pytest.fixture
def clocks(house: Settings) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def world(clocks: Any) -> Iterator[World]:
    account, system = make_account(make_creditor()), System()
    account.add_invoice("1/26", "100.00", due_in=10)
    account.add_invoice("2/26", "60.00", due_in=-5, parts=2)
    with LoopbackServer(system) as server:  # type: ignore[arg-type]
        webhooks.allow_loopback(server.url)
        yield World(account, system, server, connect(account, f"{server.url}/api", key="s3cret"))


def pay(account: Account, invoice_id: int, minor: int, ref: int | None = None) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        item = invoice_queries.items_of_debtor(account.debtor_id, invoice_id)[0]
        source = Source("test", ref or ids.new_id())
        invoices.settle_item(
            item, Money(minor, "EUR"), account=accounts.BANK, kind="payment", source=source, value_on=clock.today()
        )


def settle(world: World, clocks: time_machine.Traveller) -> None:
    """Time passes until what waits has gone, round after round."""
    for _ in range(4):
        world.goes_on()
        clocks.shift(SOON)
    world.goes_on()


def test_nothing_goes_before_something_changes(world: World, clocks: Any) -> None:
    settle(world, clocks)
    assert world.system.came == []


def test_several_changes_are_told_once_and_as_they_are_then(world: World, clocks: Any) -> None:
    first, second = world.account.invoice_ids
    pay(world.account, first, 4_000)
    pay(world.account, first, 6_000)
    pay(world.account, second, 3_000)
    settle(world, clocks)
    assert len(world.system.came) == 2
    states = world.system.states()
    one = states["1/26"]
    assert (one["open"], one["state"], [each["amount"] for each in one["payments"]]) == (
        "0.00",
        "settled",
        ["40.00", "60.00"],
    )
    assert one["items"][0]["settled_on"] == clock.today().isoformat()
    assert states["2/26"]["open"] == "30.00"
    came = world.system.came[0]
    assert came.method == "POST"
    assert came.headers["Authorization"] == "Bearer s3cret"
    assert came.headers["Idempotency-Key"] == digest(came.body)
    settle(world, clocks)
    assert len(world.system.came) == 2, "what is told is not told again"


def test_a_change_while_it_is_sent_is_told_after_it(
    world: World, clocks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.account.invoice_ids[0]
    pay(world.account, first, 1_000)
    world.goes_on()
    clocks.shift(SOON)
    real = sync_jobs.outgoing.post

    def meanwhile(*given: Any, **more: Any) -> Any:
        if not world.system.came:
            pay(world.account, first, 2_000)
            sync_jobs.notice_changes()
        return real(*given, **more)

    monkeypatch.setattr(sync_jobs.outgoing, "post", meanwhile)
    settle(world, clocks)
    assert [one.body["open"] for one in world.system.came] == ["90.00", "70.00"]
    assert not world.told(first).waits


@pytest.mark.parametrize(
    ("status", "why"),
    [(400, "permanent"), (404, "permanent"), (409, "permanent"), (422, "permanent"), (410, "permanent")],
)
def test_what_they_refuse_waits_for_a_person(world: World, clocks: Any, status: int, why: str) -> None:
    first = world.account.invoice_ids[0]
    world.system.answers.append((status, None))
    pay(world.account, first, 1_000)
    settle(world, clocks)
    assert len(world.system.came) == 1
    assert (world.told(first).why, world.told(first).next_at) == (why, None)
    told_id = world.told(first).id
    world.within(lambda: actions.try_again(queries.connector(world.connector_id), queries.told(told_id)))  # type: ignore[arg-type]
    settle(world, clocks)
    assert len(world.system.came) == 2
    assert world.told(first).why is None


def test_another_change_tries_again_what_was_refused(world: World, clocks: Any) -> None:
    first = world.account.invoice_ids[0]
    world.system.answers.append((422, None))
    pay(world.account, first, 1_000)
    settle(world, clocks)
    pay(world.account, first, 1_000)
    settle(world, clocks)
    assert [one.body["open"] for one in world.system.came] == ["90.00", "80.00"]
    assert world.told(first).why is None


@pytest.mark.parametrize("status", [500, 502, 504, 408])
def test_what_broke_is_tried_again_and_then_left_to_a_person(world: World, clocks: Any, status: int) -> None:
    first = world.account.invoice_ids[0]
    world.system.answers.extend([(status, None)] * 20)
    pay(world.account, first, 1_000)
    for _ in range(40):
        world.goes_on()
        clocks.shift(timedelta(hours=2))
    assert len(world.system.came) == 7, "seven attempts within some eighteen hours"
    assert world.told(first).why in {"internal", "timeout"}
    results = world.within(lambda: [one.result for one, _number in queries.pushes(world.connector_id)])
    assert set(results) <= {"internal", "timeout"}


def test_quiet_is_kept(world: World, clocks: Any) -> None:
    first, second = world.account.invoice_ids
    world.system.answers.append((429, 600))
    pay(world.account, first, 1_000)
    settle(world, clocks)
    pay(world.account, second, 1_000)
    settle(world, clocks)
    assert len(world.system.came) == 1, "nothing else goes there meanwhile"
    for _ in range(4):
        clocks.shift(timedelta(minutes=5))
        world.goes_on()
    assert set(world.system.states()) == {"1/26", "2/26"}


@pytest.mark.parametrize("status", [401, 403, 301, 405])
def test_a_key_that_does_not_fit_stops_the_way_and_loses_nothing(world: World, clocks: Any, status: int) -> None:
    first = world.account.invoice_ids[0]
    world.system.answers.append((status, None))
    pay(world.account, first, 1_000)
    settle(world, clocks)
    assert (world.connector().status, world.connector().stopped_why) == (ConnectorStatus.STOPPED, "config")
    pay(world.account, world.account.invoice_ids[1], 1_000)
    settle(world, clocks)
    assert len(world.system.came) == 1
    with pytest.raises(NotAllowedNow):
        world.within(lambda: actions.resend(queries.connector(world.connector_id)))  # type: ignore[arg-type]
    world.within(lambda: actions.resume(queries.connector(world.connector_id)))  # type: ignore[arg-type]
    settle(world, clocks)
    assert set(world.system.states()) == {"1/26", "2/26"}, "what waited and what changed meanwhile"


def test_everything_once_more_is_safe(world: World, clocks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PIECE", 1)
    pay(world.account, world.account.invoice_ids[0], 1_000)
    settle(world, clocks)
    keys = {one.headers["Idempotency-Key"] for one in world.system.came}
    for _ in range(2):
        world.within(lambda: actions.resend(queries.connector(world.connector_id)))  # type: ignore[arg-type]
        settle(world, clocks)
    assert len(world.system.came) == 1 + 2 * 2
    assert set(world.system.states()) == {"1/26", "2/26"}
    assert {one.headers["Idempotency-Key"] for one in world.system.came} > keys
    assert len({one.headers["Idempotency-Key"] for one in world.system.came}) == 2, "the same state, the same key"
    assert world.connector().resend_behind is None


def test_a_worker_that_dies_sends_again_with_the_same_key(world: World, clocks: Any) -> None:
    first = world.account.invoice_ids[0]
    pay(world.account, first, 1_000)
    world.goes_on()
    clocks.shift(SOON)
    told = world.told(first)

    def dies() -> None:
        sync_jobs.push(jobs.Task(0, told.id, 1))
        raise SystemExit

    with pytest.raises(SystemExit):
        world.within(dies)
    settle(world, clocks)
    assert {one.headers["Idempotency-Key"] for one in world.system.came} == {digest(world.system.came[0].body)}
    assert not world.told(first).waits


def test_another_creditors_changes_go_nowhere_else(world: World, clocks: Any) -> None:
    other = make_account(make_creditor("verdi"), code="9")
    pay(other, other.add_invoice("9/26", "10.00"), 500)
    settle(world, clocks)
    assert world.system.came == []


def test_their_own_fields(world: World, clocks: Any) -> None:
    wanted = """
[request]
method = "put"
path = "/fatture/{number}"
header = "X-Api-Key"
[fields]
Numero = "number"
Saldo = "open"
Stato = "state"
UltimoPagamento = "payments.-1.amount"
Detto = "receipt.status"
[values.Stato]
settled = "CHIUSA"
"""
    world.within(
        lambda: actions.change(
            queries.connector(world.connector_id, lock=True), url=f"{world.server.url}/api/", wanted=wanted
        )  # type: ignore[arg-type]
    )
    pay(world.account, world.account.invoice_ids[0], 10_000)
    settle(world, clocks)
    (came,) = world.system.came
    assert (came.method, came.headers["X-Api-Key"], came.path) == ("PUT", "s3cret", "/api/fatture/1%2F26")
    assert came.body == {
        "Numero": "1/26", "Saldo": "0.00", "Stato": "CHIUSA", "UltimoPagamento": "100.00", "Detto": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[request", "cannot be read"), ("[other]", "no part called"), ('[request]\nmethod = "GET"', "POST, PUT or PATCH"),
        ('[request]\npath = "x"', "begins with a slash"), ('[request]\npath = "/{name}"', "no field"),
        ('[request]\npath = "/../x"', "slash"), ('[request]\nheader = "Host"', "header"), ('[request]\nheader = "a b"', "header"),
        ('[fields]\nA = "name"', "no field"), ("[fields]\nA = 1", "no field"), ("fields = 1", "part of its own"),
        ('[values.B]\nopen = "x"', "no such field"), ("x" * 9000, "too long"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_list_of_fields_is_said(wrong: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        mapping.read(wrong)
    assert said in str(error.value.text)


def test_the_document_of_many_takes_few_statements(world: World) -> None:
    with db.transaction(writes=False), counted() as seen:
        scope.enter(world.account.creditor_id)
        documents(world.account.invoice_ids, ROME)
    few = len(seen)
    for number in range(20):
        world.account.add_invoice(f"M{number}", "10.00")
    with db.transaction(writes=False), counted() as seen:
        scope.enter(world.account.creditor_id)
        found = documents(world.account.invoice_ids, ROME)
    assert len(found) == 22
    assert len(seen) == few <= 10


def test_a_document_names_no_person(world: World) -> None:
    found = world.within(lambda: documents(world.account.invoice_ids, ROME))
    written = str(found)
    assert "Bianchi" not in written
    assert "@" not in written
    assert all(set(one) == set(mapping.FIELDS) for one in found.values())


def test_changes_are_read_without_a_gap(world: World) -> None:
    before = world.within(changes.last)
    for number in range(5):
        pay(world.account, world.account.invoice_ids[0], 100 + number)
    seen: dict[int, int] = {}
    more, seq = True, before
    while more:
        found = world.within(lambda seq=seq: changes.since(seq, most=1))
        seen.update(found.invoices)
        more, seq = found.more, found.until
    assert set(seen) == {world.account.invoice_ids[0]}
    assert seq == world.within(changes.last)


def test_each_attempt_is_kept(world: World, clocks: Any) -> None:
    world.system.answers.extend([(500, None), (204, None)])
    pay(world.account, world.account.invoice_ids[0], 1_000)
    for _ in range(6):
        settle(world, clocks)
    kept = world.within(
        lambda: [(one.result, one.http_status, number) for one, number in queries.pushes(world.connector_id)]
    )
    assert kept == [("done", 204, "1/26"), ("internal", 500, "1/26")]
    assert world.within(lambda: db.session().query(Push).count()) == 2


def test_the_docs_name_every_field(world: World) -> None:
    told = (ROOT / "docs" / "systems.md").read_text()
    told = told[told.index("## State back") : told.index("## The file of results")]
    assert all(f"`{name}`" in told for name in mapping.FIELDS)
    found = world.within(lambda: documents(world.account.invoice_ids, ROME))
    parts = {name for one in found.values() for part in ("items", "payments") for each in one[part] for name in each}
    assert all(f"`{name}`" in told for name in parts)
