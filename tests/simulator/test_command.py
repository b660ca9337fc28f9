"""`portal simulate`: one seed or many, for people and for programs, and its exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.commands.line import Context
from portal.commands.simulate import simulate
from portal.core import outbox
from portal.simulator import ground
from portal.wiring import create_app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(simulate, arguments, obj=Context(create_app=create_app))


def test_one_seed_as_json() -> None:
    done = run("--seed", "3", "--steps", "5", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert (said["seed"], said["steps"], said["violations"]) == (3, 5, [])
    assert isinstance(said["faults"], dict)
    assert set(said) == {"seed", "steps", "faults", "violations"}


def test_the_digest_is_there_where_runs_are_compared(tmp_path: Path) -> None:
    traced = run("--seed", "3", "--steps", "5", "--json", "--trace")
    said = json.loads(traced.stdout)
    assert len(said["digest"]) == 64
    kept = tmp_path / "done.jsonl"
    run("--seeds", "1", "--first", "3", "--steps", "5", "--keep", str(kept))
    assert json.loads(kept.read_text())["digest"] == said["digest"]


def test_what_did_not_hold_is_said_and_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "put", lambda *_, **__: 0)  # nothing ever follows from anything
    for as_json in ([], ["--json"]):
        done = run("--seed", "3", "--steps", "5", *as_json)
        assert done.exit_code == 1, done.output
        assert "what_waits_has_a_row" in done.output


def test_many_seeds_go_on_where_they_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "done.jsonl"
    first = run("--seeds", "2", "--steps", "2", "--keep", str(kept))
    assert first.exit_code == 0, first.output
    assert "2 of 2 seeds" in first.output
    again = run("--seeds", "3", "--steps", "2", "--keep", str(kept), "--json")
    said = json.loads(again.output)
    assert (said["seeds"], said["failed"]) == (3, [])
    assert [json.loads(line)["seed"] for line in kept.read_text().splitlines()] == [1, 2, 3]


def test_one_seed_or_many_must_be_said() -> None:
    assert run().exit_code == 2
    assert run("--seed", "1", "--seeds", "2").exit_code == 2


def test_without_postgresql_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ground.SERVER_VARIABLE, raising=False)
    monkeypatch.setattr(ground, "_WHEEL", "no_such_wheel")
    done = run("--seed", "1", "--engine", "postgres")
    assert done.exit_code == 2
    assert "no PostgreSQL here" in done.output
