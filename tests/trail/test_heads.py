"""The chain and its exported ends: every touch is found, a whole new history too (rule D-30)."""

import base64
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, events, ids, installation, key_ring, queue, scope, signing
from portal.core.events import EventRow
from portal.core.jobs import PERIODIC
from portal.core.signing import Keys
from portal.privacy.events import RetentionRan
from portal.trail import heads, jobs
from portal.trail.heads import Signature
from tests.core.test_events import Owner, edit, happen, insert, renumber
from tests.factories.world import Account, make_account, make_creditor
from tests.trail.conftest import House

LENGTH = 7
PLACES = {"first": 1, "middle": 4, "last": LENGTH}


def delete(seq: int) -> Callable[[Owner], None]:
    return lambda owner: owner.run(f"DELETE FROM events WHERE seq = {seq}")


def delete_and_close(seq: int) -> Callable[[Owner], None]:
    """The records behind it move up, and the kept end with them."""

    def tamper(owner: Owner) -> None:
        owner.run(f"DELETE FROM events WHERE seq = {seq}", "UPDATE event_heads SET seq = seq - 1")
        if seq < LENGTH:
            renumber(owner, *((old, old - 1) for old in range(seq + 1, LENGTH + 1)))

    return tamper


def swap(seq: int) -> Callable[[Owner], None]:
    """With the record behind it, the last with the one before it."""
    pair = (seq, seq + 1) if seq < LENGTH else (seq - 1, seq)
    return lambda owner: renumber(owner, pair, (pair[1], pair[0]))


def first_bad_of_swap(seq: int) -> int:
    return min(seq, LENGTH - 1)


TOUCHES: dict[str, tuple[Callable[[int], Callable[[Owner], None]], Callable[[int], int]]] = {
    "edit": (lambda seq: edit("data", '\'{"number":"9"}\'', seq), lambda seq: seq),
    "edit of who": (lambda seq: edit("actor_kind", "'staff'", seq), lambda seq: seq),
    "delete": (delete, lambda seq: seq),
    "delete and close the gap": (delete_and_close, lambda seq: seq if seq < LENGTH else LENGTH - 1),
    "insert": (insert, lambda seq: seq),
    "insert behind": (lambda seq: insert(seq + 1), lambda seq: seq + 1),
    "swap": (swap, first_bad_of_swap),
}


def write(account: Account, count: int = LENGTH) -> None:
    for number in range(count):
        with db.transaction():
            scope.enter(account.creditor_id)
            happen(account, str(number))


@pytest.fixture
def account(house: Any) -> Account:
    """A chain of seven records."""
    events.forget_reactions()
    creditor = make_creditor()
    with db.transaction():
        scope.enter(creditor.id)
    made = Account(creditor.id, ids.new_id(), 0, "")
    write(made)
    return made


def first_bad(at_home: House, *arguments: str) -> tuple[int | None, str] | None:
    done = at_home.audit("verify", "--json", *arguments)
    assert isinstance(done.exception, SystemExit | None), done.exception
    answer = json.loads(done.stdout)
    assert set(answer) == {"ok", "records", "sealed_to", "first_bad"}, "decision 37"
    assert done.exit_code == (0 if answer["ok"] else 1)
    found = answer["first_bad"]
    return None if found is None else (found["seq"], found["why"])


def test_a_touch_of_the_first_a_middle_or_the_last_record_is_named(
    account: Account, owner: Owner, at_home: House
) -> None:
    kept = owner.copy()
    found, expected = {}, {}
    for name, (touch, bad) in TOUCHES.items():
        for place, seq in PLACES.items():
            touch(seq)(owner)
            found[name, place] = (first_bad(at_home) or (None,))[0]
            expected[name, place] = bad(seq)
            owner.restore(kept)
    assert first_bad(at_home) is None
    assert found == expected


def rebuild(account: Account, owner: Owner, kept: int, length: int) -> None:
    """The history from record `kept` + 1 on is made anew, well: what only an end kept elsewhere can tell."""
    owner.run(f"DELETE FROM events WHERE seq > {kept}")
    last = next((row for row in owner.copy()[0] if row["seq"] == kept), {"hash": events.GENESIS})
    owner.run(f"UPDATE event_heads SET seq = {kept}, hash = '{last['hash']}'")
    with db.transaction():
        scope.enter(account.creditor_id)
        for number in range(length - kept):
            happen(account, f"other {number}")


@pytest.mark.parametrize("kept", [0, 3, LENGTH - 1])
def test_a_chain_cut_off_and_made_anew_is_found_by_an_exported_end(
    account: Account, owner: Owner, at_home: House, kept: int
) -> None:
    jobs.export_heads()
    assert first_bad(at_home) is None
    rebuild(account, owner, kept, LENGTH + 2)
    seq, why = first_bad(at_home) or (None, "")
    assert seq == LENGTH
    assert "was exported on" in why
    assert "from 1 on" in why, "nothing between is kept elsewhere"


def test_two_exported_ends_say_between_which_records(account: Account, owner: Owner, at_home: House) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        jobs.export_heads()
        traveller.shift(timedelta(days=1))
        write(account, 3)
        jobs.export_heads()
        assert first_bad(at_home) is None
        rebuild(account, owner, LENGTH + 1, LENGTH + 5)
        seq, why = first_bad(at_home) or (None, "")
    assert seq == LENGTH + 3
    assert f"from {LENGTH + 1} on" in why


def test_a_chain_that_is_shorter_than_it_was_is_found(account: Account, owner: Owner, at_home: House) -> None:
    jobs.export_heads()
    rebuild(account, owner, 3, 3 + 1)
    assert first_bad(at_home) == (5, f"is missing: on {clock.iso(clock.now())[:10]} the chain had {LENGTH} records")


def test_a_creditor_that_is_gone_is_missed(account: Account, owner: Owner, at_home: House) -> None:
    jobs.export_heads()
    owner.run("DELETE FROM events", "DELETE FROM event_heads", "DELETE FROM creditors")
    assert (first_bad(at_home) or ("", ""))[1].startswith("there is no such creditor any more")


def test_each_day_has_its_file_and_none_is_written_over(account: Account, at_home: House) -> None:
    names = []
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(3):
            jobs.export_heads()
            before = {path: path.read_bytes() for path, _ in heads.kept()}
            write(account, 1)
            jobs.export_heads()
            assert {path: path.read_bytes() for path, _ in heads.kept()} == before
            names.append(clock.iso(clock.now())[:10])
            traveller.shift(timedelta(days=1))
    found = [(path, one) for path, one in heads.kept() if one is not None]
    assert [path.name for path, _ in found] == [f"{name}.json" for name in names]
    assert [one.head.seq for _, one in found] == [LENGTH, LENGTH + 1, LENGTH + 2]
    assert {one.signature for _, one in found} == {Signature.HOLDS}
    assert first_bad(at_home) is None
    assert f"{LENGTH + 3} records hold, 3 exported ends" in at_home.audit("verify").output


def test_the_worker_exports_by_itself(account: Account) -> None:
    assert PERIODIC["portal.trail.jobs.export_heads"].every <= timedelta(days=1)


def test_a_worker_has_exported_when_it_has_started(account: Account, tmp_path: Path) -> None:
    assert list(heads.kept()) == []
    queue.start_worker(queue.make(f"sqlite:///{tmp_path / 'queue.sqlite'}", b"k" * 32))()
    ((_, found),) = heads.kept()
    assert found is not None
    assert found.head.seq == LENGTH


@pytest.mark.parametrize("left", ["links", "books"])
def test_no_records_beside_links_or_books_are_records_that_are_missing(
    house: Any, owner: Owner, at_home: House, left: str
) -> None:
    """Nothing was exported yet, and all records are gone, the kept end with them."""
    made = make_account()
    if left == "links":
        made.link()
    else:
        made.add_invoice()
    owner.run("DELETE FROM events", "DELETE FROM event_heads")
    assert (first_bad(at_home) or ("", ""))[0] == 1
    make_creditor("nuova")
    assert "links or books" in (first_bad(at_home) or ("", ""))[1]


def test_the_kind_of_a_record_without_a_subject_is_sealed_too(account: Account, owner: Owner, at_home: House) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        events.record(RetentionRan(rows=1))
    assert first_bad(at_home) is None
    owner.run(f"UPDATE events SET subject_kind = 'invoice' WHERE seq = {LENGTH + 1}")
    assert (first_bad(at_home) or (0,))[0] == LENGTH + 1


def test_records_from_before_the_kind_was_sealed_still_hold(account: Account, owner: Owner, at_home: House) -> None:
    """Written as the release of before wrote them: without a word of the kind where there is no subject."""
    with db.transaction():
        scope.enter(account.creditor_id)
        events.record(RetentionRan(rows=1))
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        row = session.scalars(select(EventRow).where(EventRow.seq == LENGTH + 1)).one()
        values = {column.name: getattr(row, column.name) for column in EventRow.__table__.columns}
    old = events.digest({**events.chained(values), "obj": None})
    owner.run(f"UPDATE events SET hash = '{old}' WHERE seq = {LENGTH + 1}", f"UPDATE event_heads SET hash = '{old}'")
    assert first_bad(at_home) is None
    owner.run(f"UPDATE events SET subject_kind = 'invoice' WHERE seq = {LENGTH + 1}")
    assert (first_bad(at_home) or (0,))[0] == LENGTH + 1, "a known event is about what it is about"


def test_an_end_can_be_asked_for_and_checked_against_later(
    account: Account, owner: Owner, at_home: House, tmp_path: Path
) -> None:
    file = tmp_path / "rossi.json"
    assert at_home.audit("export", "--creditor", "rossi", "--out", str(file)).exit_code == 0
    kept = file.read_bytes()
    assert at_home.audit("export", "--creditor", "rossi", "--out", str(file)).exit_code == 2, "it is there already"
    assert file.read_bytes() == kept
    shown = json.loads(at_home.audit("export", "--creditor", "rossi").output)
    assert (shown["creditor"], shown["seq"]) == ("rossi", LENGTH)
    assert set(shown) == {"creditor", "creditor_id", "seq", "hash", "at", "exported_at", "key", "signature"}
    assert at_home.audit("export", "--creditor", "nobody").exit_code == 2
    assert first_bad(at_home, "--head", str(file)) is None
    rebuild(account, owner, 0, LENGTH)
    assert first_bad(at_home) is None, "well made, and nothing was exported into the directory"
    assert (first_bad(at_home, "--head", str(file)) or (0,))[0] == LENGTH


def test_an_empty_chain_has_an_end_too(house: Any, at_home: House) -> None:
    events.forget_reactions()
    make_creditor("nuova")
    jobs.export_heads()
    assert first_bad(at_home) is None


def changed(path: Path, **values: Any) -> None:
    path.chmod(0o644)
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    "values", [{"seq": 2}, {"hash": "0" * 64}, {"at": "2020-01-01T00:00:00Z"}, {"signature": "0"}]
)
def test_a_changed_file_is_not_believed(account: Account, at_home: House, values: dict[str, Any]) -> None:
    jobs.export_heads()
    [(path, _)] = heads.kept()
    changed(path, **values)
    assert "signature" in (first_bad(at_home) or ("", ""))[1]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"key":1,"signature":2}', b"\xff\xfe"])
def test_a_damaged_file_is_said(account: Account, at_home: House, content: bytes, tmp_path: Path) -> None:
    jobs.export_heads()
    [(path, _)] = heads.kept()
    path.chmod(0o644)
    path.write_bytes(content)
    assert "damaged" in (first_bad(at_home) or ("", ""))[1]
    given = tmp_path / "given.json"
    given.write_bytes(content)
    assert at_home.audit("verify", "--head", str(given)).exit_code == 2


def test_a_retired_key_raises_no_alarm_and_hides_no_new_history(
    account: Account, owner: Owner, at_home: House
) -> None:
    old = installation.keys()
    lost = Keys((secrets.token_bytes(48),), old.sealing)
    installation.install(installation.settings(), lost)
    jobs.export_heads()
    installation.install(installation.settings(), old)
    [(_, one)] = heads.kept()
    assert one is not None
    assert one.signature is Signature.UNKNOWN_KEY
    assert first_bad(at_home) is None
    rebuild(account, owner, 2, LENGTH)
    assert (first_bad(at_home) or (0,))[0] == LENGTH


def test_a_key_is_called_what_the_list_of_keys_calls_it(keys_file: Path) -> None:
    keys = signing.read_keys_file(keys_file)
    listed = [key.fingerprint for key in key_ring.listed(keys_file) if key.kind == "signing"]
    assert [heads.fingerprint(key) for key in keys.signing] == listed
    assert base64.b64encode(keys.signing[0]).decode() not in str(listed)


def test_one_creditor_s_file_that_cannot_be_written_keeps_no_other_from_theirs(account: Account) -> None:
    other = make_creditor("verdi")
    write(Account(other.id, ids.new_id(), 0, ""), 1)
    blocked = installation.settings().trail_dir / ids.spell(account.creditor_id)
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")
    jobs.export_heads()
    assert [path.parent.name for path, _ in heads.kept()] == [ids.spell(other.id)]
