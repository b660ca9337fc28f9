"""The chain of what happened: gapless, in order, told once, and every touch of a kept record is found (rule D-30)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.engine import make_url

from portal.core import clock, db, events, ids, scope
from portal.core.events import ChainHead, EventRow
from portal.creditors import actions as creditors
from portal.debtors.models import Debtor
from portal.invoices.events import InvoiceImported, ItemHeld, ItemSettled
from portal.settings import Settings
from tests.databases import Prepared
from tests.factories.world import Account, make_account, make_creditor
from tests.parallel import at_once

Z = "0" * 64
PUBLISHED: list[tuple[dict[str, Any], str]] = [  # vectors.json, hash_chain
    (
        {"seq": 1, "at": "2026-11-21T10:00:00Z", "prev": Z, "type": "link.issued", "obj": "lnk_1"},
        "23bd2327ab581fae1e9f1efe05dac97a02ceb908fb3f1ba2534edba53b2b3cb9",
    ),
    (
        {
            "seq": 2, "at": "2026-11-21T10:00:01Z", "type": "receipt.confirmed", "obj": "inv_1",
            "prev": "23bd2327ab581fae1e9f1efe05dac97a02ceb908fb3f1ba2534edba53b2b3cb9",
        },
        "005c7c2d2219756353593c2fbd35ae8e07faaca2835dc26e5bf0c612985fc242",
    ),
    (
        {
            "seq": 3, "at": "2026-11-21T10:00:02Z", "type": "plan.accepted", "obj": "plan_1",
            "prev": "005c7c2d2219756353593c2fbd35ae8e07faaca2835dc26e5bf0c612985fc242",
        },
        "4f887ecad48eee395551d0a444ec5947a84b2f3b599abca74b6269fd2317d0a3",
    ),
]  # fmt: skip


def test_the_published_records_hash_to_the_published_heads() -> None:
    for record, head in PUBLISHED:
        assert events.digest(record) == head
        assert events.digest(dict(reversed(record.items()))) == head, "the order of the keys does not matter"
    assert PUBLISHED[1][0]["prev"] == PUBLISHED[0][1]


def test_the_canonical_form_is_json_with_sorted_keys_no_blanks_and_plain_letters() -> None:
    assert events.canonical({"b": "è€", "a": [1, None]}) == '{"a":[1,null],"b":"è€"}'.encode()


def happen(account: Account, number: str = "1", **values: Any) -> int:
    defaults: dict[str, Any] = {"kind": "invoice", "total_minor": 100, "currency": "EUR"}
    return events.record(
        InvoiceImported(invoice_id=ids.new_id(), debtor_id=account.debtor_id, number=number, **defaults | values)
    )


def verified(account: Account) -> events.ChainReport:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return events.verify()


def rows(account: Account) -> list[EventRow]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(EventRow).order_by(EventRow.seq)))


@pytest.fixture
def account(house: Settings) -> Account:
    """An account with nothing in its history."""
    events.forget_reactions()
    with db.transaction() as session:
        creditor_id = creditors.add("rossi", "Rossi Impianti S.r.l.").id
        scope.enter(creditor_id)
        debtor_id = ids.new_id()
        session.add(Debtor(id=debtor_id, code="1", name="B", kind="business", language="it", created_at=clock.now()))
    return Account(creditor_id, debtor_id, 0, "")


def test_records_follow_each_other_and_say_who_did_it(account: Account) -> None:
    assert verified(account) == events.ChainReport(0, Z, None)
    with db.transaction():
        scope.enter(account.creditor_id)
        events.act_as(events.Actor("debtor", 5, 9))
        first = happen(account)
        happen(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        third = events.record(ItemHeld(item_id=7, debtor_id=account.debtor_id, reason="x", until=date(2026, 11, 30)))
    kept = rows(account)
    assert [row.seq for row in kept] == [1, 2, 3]
    assert [kept[0].id, kept[2].id] == [first, third]
    assert [row.prev for row in kept] == [Z, kept[0].hash, kept[1].hash]
    assert (kept[0].actor_kind, kept[0].actor_id, kept[0].link_id) == ("debtor", 5, 9)
    assert (kept[2].actor_kind, kept[2].actor_id) == ("system", None), "who acts is said for one unit of work"
    assert kept[2].data == {"item_id": ids.spell(7), "reason": "x", "until": "2026-11-30"}
    assert (kept[2].subject_kind, kept[2].subject_id) == ("item", 7)
    assert verified(account) == events.ChainReport(3, kept[2].hash, None)


def test_outside_a_scope_nothing_can_happen(account: Account) -> None:
    with pytest.raises(scope.Unscoped), db.transaction():
        happen(account)
    assert rows(account) == []


def test_what_is_rolled_back_did_not_happen(account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "kept")
    before = verified(account)
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "gone")
        1 / 0  # noqa: B018
    assert verified(account) == before
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "next")
    assert [row.data["number"] for row in rows(account)] == ["kept", "next"]
    assert verified(account).records == 2


def test_twenty_writers_at_once_leave_no_gap_even_on_a_chain_that_does_not_exist_yet(account: Account) -> None:
    """Every third transaction is rolled back; the places of the others follow each other all the same."""

    def write(number: int) -> int:
        written = 0
        for turn in range(4):
            try:
                with db.transaction():
                    scope.enter(account.creditor_id)
                    for _ in range(1 + number % 3):
                        happen(account, f"{number}.{turn}")
                    if (number + turn) % 3 == 0:
                        1 / 0  # noqa: B018
            except ZeroDivisionError:
                continue
            written += 1 + number % 3
        return written

    outcomes = at_once(20, write)
    assert all(isinstance(one, int) for one in outcomes), outcomes
    kept = rows(account)
    assert [row.seq for row in kept] == list(range(1, sum(outcomes) + 1))
    assert verified(account).first_bad is None
    together = [row.data["number"] for row in kept]
    for number in {one for one in together if int(one.split(".")[0]) % 3 == 2}:
        places = [place for place, one in enumerate(together) if one == number]
        assert places == list(range(places[0], places[0] + 3)), "one transaction's records stand together"


def test_two_creditors_chains_do_not_know_each_other(account: Account) -> None:
    other = make_account(make_creditor("verdi"))
    for one in (account, other, account):
        with db.transaction():
            scope.enter(one.creditor_id)
            happen(one)
    assert [row.seq for row in rows(account)] == [1, 2]
    assert verified(account).first_bad is None
    assert verified(other).first_bad is None


def test_a_long_history_is_walked_page_by_page(account: Account, owner: "Owner") -> None:
    many = events.MAX_CHAIN_PAGE + 3
    with db.transaction():
        scope.enter(account.creditor_id)
        for number in range(many):
            happen(account, str(number))
    assert verified(account).records == many
    owner.run(f"UPDATE events SET name = 'link.issued' WHERE seq = {events.MAX_CHAIN_PAGE + 1}")
    assert verified(account).first_bad == (events.MAX_CHAIN_PAGE + 1, "was changed after it was written")


# --- What follows: reactions and their silence ---


def test_what_follows_runs_in_the_same_transaction_and_falls_with_it(account: Account) -> None:
    heard: list[tuple[str, int]] = []

    def react(happened: Any, event_id: int) -> None:
        heard.append((happened.number, event_id))
        if happened.number == "1":
            happen(account, "follows")

    events.when(InvoiceImported, react)
    with db.transaction():
        scope.enter(account.creditor_id)
        first = happen(account)
    assert [number for number, _ in heard] == ["1", "follows"]
    assert heard[0][1] == first
    assert [row.data["number"] for row in rows(account)] == ["1", "follows"]

    def fail(_happened: Any, _event_id: int) -> None:
        1 / 0  # noqa: B018

    events.when(InvoiceImported, fail)
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "2")
    assert len(rows(account)) == 2


def settled(account: Account) -> ItemSettled:
    return ItemSettled(
        item_id=1, invoice_id=2, debtor_id=account.debtor_id, amount_minor=1, open_minor=0, currency="EUR", by="x",
        value_on=date(2026, 11, 21),
    )  # fmt: skip


def test_only_public_events_are_told(account: Account) -> None:
    told: list[str] = []
    events.when_public(lambda happened, _id: told.append(happened.name))
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account)
        events.record(settled(account))
    assert told == ["item.settled"]


def test_an_event_keeps_ids_dates_and_amounts_never_a_value_it_cannot_write(account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "è 128/2026 \u202e")
    kept = rows(account)[0]
    assert json.loads(events.canonical(kept.data)) == kept.data
    assert verified(account).first_bad is None


# --- Tampering, as whoever owns the database could ---


@dataclass
class Owner:
    """Raw SQL as the owner of the tables, beside the application."""

    connection: Connection

    def run(self, *statements: str) -> None:
        for statement in statements:
            assert self.connection.execute(text(statement)).rowcount > 0, statement
        self.connection.commit()

    def copy(self) -> tuple[list[Any], list[Any]]:
        found = self.connection.execute(text("SELECT * FROM events ORDER BY seq")).mappings().all()
        heads = self.connection.execute(text("SELECT * FROM event_heads")).mappings().all()
        self.connection.commit()
        return [dict(row) for row in found], [dict(row) for row in heads]

    def restore(self, copied: tuple[list[Any], list[Any]]) -> None:
        for table, kept in zip(("events", "event_heads"), copied, strict=True):
            self.connection.execute(text(f"DELETE FROM {table}"))
            for row in kept:
                self.insert(table, row)
        self.connection.commit()

    def insert(self, table: str, row: dict[str, Any]) -> None:
        values = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()}
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        self.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


@pytest.fixture
def owner(prepared: Prepared, house: Settings) -> Iterator[Owner]:
    url = make_url(prepared.migration_url or prepared.url)
    if prepared.migration_url:
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.connect() as connection:
        yield Owner(connection)
    engine.dispose()


def edit(column: str, value: str, seq: int = 3) -> Callable[[Owner], None]:
    return lambda owner: owner.run(f"UPDATE events SET {column} = {value} WHERE seq = {seq}")


def renumber(owner: Owner, *pairs: tuple[int, int]) -> None:
    """Moves records to other places, by way of places far away: a place is taken once."""
    owner.run(*(f"UPDATE events SET seq = seq + 1000 WHERE seq = {old}" for old, _ in pairs))
    owner.run(*(f"UPDATE events SET seq = {new} WHERE seq = {old + 1000}" for old, new in pairs))


def insert(seq: int) -> Callable[[Owner], None]:
    def tamper(owner: Owner) -> None:
        kept = owner.copy()[0]
        if seq > 0:
            renumber(owner, *((old, old + 1) for old in range(len(kept), seq - 1, -1)))
        owner.insert("events", {**kept[max(0, min(seq, len(kept)) - 1)], "id": 12345, "seq": seq})
        owner.connection.commit()

    return tamper


def forge_well(owner: Owner) -> None:
    """One more record behind the end that follows well, made by somebody who has read our sources."""
    last = owner.copy()[0][-1]
    fresh = {**last, "id": 12345, "seq": last["seq"] + 1, "prev": last["hash"]}
    with db.transaction(writes=False) as session:
        scope.enter(last["creditor_id"])
        row = session.scalars(select(EventRow).where(EventRow.seq == last["seq"])).one()
        values = {column.name: getattr(row, column.name) for column in EventRow.__table__.columns}
    values |= {"id": 12345, "seq": fresh["seq"], "prev": fresh["prev"]}
    owner.insert("events", fresh | {"hash": events.digest(events.chained(values))})
    owner.connection.commit()


def add_half_a_second(owner: Owner) -> None:
    """The canonical form says seconds: what is less than one must not hide behind it."""
    (at,) = owner.connection.execute(text("SELECT at FROM events WHERE seq = 3")).one()
    later = f"{at[:19]}.500000" if isinstance(at, str) else at + timedelta(microseconds=500_000)
    owner.connection.execute(text("UPDATE events SET at = :at WHERE seq = 3"), {"at": later})
    owner.connection.commit()


LENGTH = 6
TAMPERED: dict[str, tuple[Callable[[Owner], None], int]] = {
    "id": (edit("id", "12345"), 3),
    "moment": (edit("at", "'2020-01-01 00:00:00'"), 3),
    "fraction of a second": (add_half_a_second, 3),
    "name": (edit("name", "'invoice.settled'"), 3),
    "kind of subject": (edit("subject_kind", "'item'"), 3),
    "subject": (edit("subject_id", "subject_id + 1"), 3),
    "no subject": (edit("subject_id", "NULL"), 3),
    "debtor": (edit("debtor_id", "debtor_id + 1"), 3),
    "who": (edit("actor_kind", "'staff'"), 3),
    "which": (edit("actor_id", "5"), 3),
    "link": (edit("link_id", "5"), 3),
    "amount": (edit("data", "'{}'"), 3),
    "hash": (edit("hash", f"'{'0' * 64}'"), 3),
    "prev": (edit("prev", f"'{'1' * 64}'"), 3),
    "first": (edit("name", "'x'", 1), 1),
    "last": (edit("name", "'x'", LENGTH), LENGTH),
    "delete first": (lambda o: o.run("DELETE FROM events WHERE seq = 1"), 1),
    "delete middle": (lambda o: o.run("DELETE FROM events WHERE seq = 3"), 3),
    "delete and close the gap": (
        lambda o: (o.run("DELETE FROM events WHERE seq = 3"), renumber(o, (4, 3), (5, 4), (6, 5)))[0],
        3,
    ),
    "delete last": (lambda o: o.run(f"DELETE FROM events WHERE seq = {LENGTH}"), LENGTH),
    "delete all": (lambda o: o.run("DELETE FROM events"), 1),
    "swap places": (lambda o: renumber(o, (3, 4), (4, 3)), 3),
    "swap ends": (lambda o: renumber(o, (1, LENGTH), (LENGTH, 1)), 1),
    "insert first": (insert(1), 1),
    "insert before the first": (insert(0), 0),
    "insert middle": (insert(4), 4),
    "insert behind the end": (insert(LENGTH + 1), LENGTH + 1),
    "insert behind the end, well made": (forge_well, LENGTH + 1),
    "move the head on": (lambda o: o.run("UPDATE event_heads SET seq = seq + 1"), LENGTH + 1),
    "move the head back": (lambda o: o.run("UPDATE event_heads SET seq = seq - 1"), LENGTH),
    "other head": (lambda o: o.run(f"UPDATE event_heads SET hash = '{'2' * 64}'"), LENGTH),
    "no head": (lambda o: o.run("DELETE FROM event_heads"), LENGTH + 1),
    "no head, and no last record": (
        lambda o: o.run("DELETE FROM event_heads", f"DELETE FROM events WHERE seq = {LENGTH}"), LENGTH,
    ),
}  # fmt: skip


def test_every_touch_of_a_record_is_found_at_the_first_record_that_does_not_hold(
    account: Account, owner: Owner
) -> None:
    for number in range(LENGTH):
        with db.transaction():
            scope.enter(account.creditor_id)
            happen(account, str(number))
    good, kept = verified(account), owner.copy()
    assert good == events.ChainReport(LENGTH, kept[0][-1]["hash"], None)
    found = {}
    for name, (tamper, _) in TAMPERED.items():
        tamper(owner)
        report = verified(account)
        found[name] = report.first_bad[0] if report.first_bad else None
        owner.restore(kept)
        assert verified(account) == good, f"not put back after {name}"
    assert found == {name: seq for name, (_, seq) in TAMPERED.items()}


def test_a_whole_new_history_is_consistent_and_has_another_head(account: Account, owner: Owner) -> None:
    """Why the creditor holds a head of its own (decision 36): within the database this cannot be told."""
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "true")
    head = verified(account).head
    owner.run("DELETE FROM events", "DELETE FROM event_heads")
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account, "false")
    report = verified(account)
    assert report.first_bad is None
    assert report.head != head


def test_a_check_while_others_write_raises_no_alarm(account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        happen(account)

    def write_or_look(number: int) -> Any:
        if number % 2:
            return [verified(account).first_bad for _ in range(6)]
        for _ in range(6):
            with db.transaction():
                scope.enter(account.creditor_id)
                happen(account)
        return [None]

    outcomes = at_once(8, write_or_look)
    assert {bad for one in outcomes for bad in one} == {None}
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalar(select(func.count(EventRow.id))) == session.scalar(select(ChainHead.seq)) == 25
