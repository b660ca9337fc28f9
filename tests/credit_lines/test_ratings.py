"""Objective data: read line by line, taken in once, refused with the line and the reason; page and command line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from portal.commands.import_ratings import take
from portal.commands.line import Context
from portal.core import clock
from portal.credit_lines import queries, ratings, ratings_file
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.credit_lines.world import Crediting
from tests.factories.people import signed_in
from tests.factories.world import make_account, make_creditor

GOOD = "cliente;fonte;data;punteggio;nota\n0042;Cerved;02/11/2025;71;Bilancio depositato\n0042;Crif;2025-10-01;60;\n"
HEAD = "customer;source;date;score;note\n"


@pytest.fixture
def world(app: PortalFlask) -> Crediting:
    assert app
    return Crediting(make_account())


def read(text: str) -> ratings_file.Reading:
    return ratings_file.read(text.encode(), clock.today())


def take_in(world: Crediting, text: str, *, write: bool = True) -> tuple[int, int, int, int]:
    counts = world.within(lambda: ratings.take_in(read(text), write=write))
    return counts.created, counts.changed, counts.unchanged, len(counts.refused)


def kept(world: Crediting) -> list[tuple[str, str, int]]:
    rows = world.within(lambda: queries.ratings(world.debtor_id))
    return [(one.source, one.rated_on.isoformat(), one.score) for one in rows]


def test_the_same_file_twice_changes_nothing(world: Crediting) -> None:
    assert take_in(world, GOOD, write=False) == (2, 0, 0, 0)
    assert kept(world) == []
    assert take_in(world, GOOD) == (2, 0, 0, 0)
    assert take_in(world, GOOD) == (0, 0, 2, 0)
    assert kept(world) == [("Cerved", "2025-11-02", 71), ("Crif", "2025-10-01", 60)]
    assert len(world.names("credit_rating.%")) == 2
    assert take_in(world, GOOD.replace(";71;", ";30;")) == (0, 1, 1, 0)
    assert kept(world)[0] == ("Cerved", "2025-11-02", 30)
    assert len(world.names("credit_rating.%")) == 3


def test_another_creditors_customer_is_nobody_here(world: Crediting) -> None:
    other = Crediting(make_account(make_creditor("verdi"), "0099"))
    assert take_in(world, HEAD + "0099;Cerved;2025-11-02;71;\n0042;Cerved;2025-11-02;71;\n") == (1, 0, 0, 1)
    assert kept(other) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (";Cerved;2025-11-02;71;", "code is missing"),
        ("0042;;2025-11-02;71;", "source is missing"),
        ("0042;Cerved;2025-02-30;71;", "not a date"),
        ("0042;Cerved;11/2025;71;", "not a date"),
        ("0042;Cerved;2099-01-01;71;", "lies ahead"),
        ("0042;Cerved;1789-07-14;71;", "too far back"),
        ("0042;Cerved;2025-11-02;101;", "whole number from 0 to 100"),
        ("0042;Cerved;2025-11-02;-1;", "whole number from 0 to 100"),
        ("0042;Cerved;2025-11-02;7,5;", "whole number from 0 to 100"),
        ("0042;Cerved;2025-11-02;٧;", "whole number from 0 to 100"),
        ("0042;Cerved;2025-11-02;71;" + "x" * 501, "note is too long"),
        ("0042", "source is missing"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason_and_the_others_are_taken(line: str, why: str) -> None:
    found = read(f"{HEAD}{line}\n0042;Crif;2025-10-01;60;\n")
    assert [(one.line, why in str(one.why)) for one in found.refused] == [(2, True)], found.refused
    assert [one.source for one in found.rated] == ["Crif"]


def test_two_lines_that_contradict_each_other(world: Crediting) -> None:
    found = read(HEAD + "0042;Crif;2025-10-01;60;\n0042;Crif;2025-10-01;60;\n0042;Crif;2025-10-01;61;\n")
    assert (len(found.rated), found.same, [one.line for one in found.refused]) == (1, 1, [4])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "missing: customer, source, date, score"),
        (b"customer;source;date\n1;2;3\n", "missing: score"),
        (b"customer;code;source;date;score\n", "say the same: customer, code"),
        (HEAD.encode(), "no line"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
        (b"a" * (ratings_file.MAX_BYTES + 1), "too large"),
        (b'customer;source;date;score\n"' + b"x" * 200_000, "cannot be read as a table"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(content: bytes, why: str) -> None:
    found = ratings_file.read(content, clock.today())
    assert found.refusal is not None
    assert why in str(found.refusal), str(found.refusal)
    assert not found.rated


def test_spreadsheets_spellings() -> None:
    text = "\ufeff Codice cliente\tFONTE\tdata\tRating\tNota\n\n0042\tCerved  Spa\t2.11.2025\t071\tperché no\n"
    for content in (text.encode(), text.removeprefix("\ufeff").encode("cp1252")):
        found = ratings_file.read(content, clock.today())
        assert [(r.code, r.source, r.day.isoformat(), r.score, r.note) for r in found.rated] == [
            ("0042", "Cerved Spa", "2025-11-02", 71, "perché no")
        ]


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda one: (HEAD + one).encode("utf-8", "replace")))
def test_no_bytes_make_it_fall_over(content: bytes) -> None:
    found = ratings_file.read(content, clock.today())
    assert found.refusal is not None or found.rated or found.refused


# The page


def send(browser: Any, content: bytes, name: str = "r.csv") -> None:
    browser.get("/c/credit/ratings")
    browser.submit("/credit/ratings", file=(io.BytesIO(content), name))


def test_the_page_takes_it_in_and_says_what_was_refused(app: PortalFlask, world: Crediting) -> None:
    browser = signed_in(app, world.account.creditor_id, Role.MANAGER)
    send(browser, GOOD.encode() + b"0077;Cerved;2025-11-02;71;\n")
    assert browser.status == 200, browser.text
    assert "2 new, 0 changed, 0 as before, 1 refused." in browser.text
    assert "Line 4: There is no customer with this code." in browser.text
    assert len(kept(world)) == 2
    send(browser, b"customer;date\n1;2\n")
    assert browser.status == 422
    assert "These columns are missing" in browser.text
    send(browser, b"", "")
    assert browser.status == 422
    browser.get("/c/credit/ratings/example")
    assert ratings_file.read(browser.text.encode(), clock.today()).rated
    agent = signed_in(app, world.account.creditor_id, Role.AGENT)
    agent.get("/c/credit/ratings")
    assert agent.status == 403


# The command line


def run(*args: str) -> Any:
    return CliRunner().invoke(take, args, obj=Context(create_app=lambda _settings: None))


def test_the_command(app: PortalFlask, world: Crediting, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(GOOD)
    dry = run(str(file), "--dry-run", "--json")
    assert (dry.exit_code, json.loads(dry.output)["created"]) == (0, 2)
    assert run(str(file)).exit_code == 2
    assert run(str(file), "--creditor", "nessuno").exit_code == 2
    tried = run(str(file), "--creditor", "rossi", "--dry-run")
    assert (tried.exit_code, kept(world)) == (0, [])
    done = run(str(file), "--creditor", "rossi")
    assert (done.exit_code, done.output) == (0, "2 new, 0 changed, 0 as before, 0 refused\n")
    file.write_text(GOOD + "0099;Cerved;2025-11-02;71;\n")
    again = run(str(file), "--creditor", "rossi", "--json")
    assert again.exit_code == 1
    found = json.loads(again.output)
    assert (found["unchanged"], found["refused"]) == (2, [{"line": 4, "why": "There is no customer with this code."}])
    file.write_bytes(b"\x00")
    broken = run(str(file), "--creditor", "rossi", "--json")
    assert (broken.exit_code, json.loads(broken.output)["created"]) == (1, 0)
