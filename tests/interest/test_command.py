"""`portal explain interest` and `portal explain due-date` as a shell sees them: answers, tables, exits."""

import json
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.commands import explain
from tests.interest.test_vectors import INTEREST, VECTORS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain.group, arguments)


def asked(name: str) -> list[str]:
    """The command line for a vector, read from its name: `I1 B2B 10000.00 due 2023-05-31 paid 2024-02-15`."""
    words = name.split()
    regime = "b2b" if "B2B" in words else "consumer"
    at = words.index("due")
    return [
        "interest",
        "--capital",
        words[at - 1],
        "--due",
        words[at + 1],
        "--paid",
        words[at + 3],
        "--regime",
        regime,
    ]


@pytest.mark.parametrize("name", [name for name in INTEREST if " due 20" in name])
def test_the_vectors(name: str) -> None:
    wanted: dict[str, Any] = INTEREST[name]
    ended = run(*asked(name), "--json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert set(found) == {"rows", "total", "sources"}
    assert [(r["from"], r["to"], r["days"], Decimal(r["rate"]), r["amount"]) for r in found["rows"]] == [
        (first, last, days, Decimal(rate), amount) for first, last, days, rate, amount in wanted["rows"]
    ]
    assert found["total"] == wanted["total"]
    assert len(found["sources"]) == len(found["rows"])
    assert all(one["source"] and one["verified_by"] for one in found["sources"])


def test_the_table_says_the_same() -> None:
    ended = run(*asked(next(iter(INTEREST))))
    lines = ended.stdout.splitlines()
    assert ended.exit_code == 0
    assert lines[1].split() == ["2023-06-01", "2023-06-30", "30", "10.50", "86.30"]
    assert lines[4].split() == ["total", "848.76"]
    assert "Gazzetta Ufficiale 14/18.1.2023" in lines[5]


def test_paid_on_the_day_costs_nothing() -> None:
    ended = run(
        "interest", "--capital", "5", "--due", "2024-01-31", "--paid", "2024-01-31", "--regime", "b2b", "--json"
    )
    assert json.loads(ended.stdout) == {"rows": [], "total": "0.00", "sources": []}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_unverified_period_is_one_line_and_exit_1(form: list[str]) -> None:
    ended = run(
        "interest", "--capital", "1000", "--due", "2026-05-31", "--paid", "2026-08-31", "--regime", "b2b", *form
    )
    assert ended.exit_code == 1
    assert ended.stdout == ""
    assert ended.stderr == f"Error: {INTEREST['I7 B2B paid 2026-08-31']}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--capital", "0", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "1.000,00", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "-5", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "1e3", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "5.001", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "5", "--due", "01/01/2026", "--paid", "2026-02-01", "--regime", "b2b"],
        ["--capital", "5", "--due", "2026-02-30", "--paid", "2026-03-01", "--regime", "b2b"],
        ["--capital", "5", "--due", "2026-01-01", "--paid", "2026-02-01", "--regime", "231"],
        ["--capital", "5", "--due", "2026-01-01", "--paid", "2026-02-01"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    ended = run("interest", *arguments)
    assert ended.exit_code == 2
    assert ended.stdout == ""


@pytest.mark.parametrize(("stated", "effective"), VECTORS["effective_due"])
def test_due_dates(stated: str, effective: str) -> None:
    found = json.loads(run("due-date", stated, "--json").stdout)
    assert (found["stated"], found["effective"]) == (stated, effective)
    assert found["why"]
    assert effective in run("due-date", stated).stdout


def test_no_day_is_exit_2() -> None:
    assert run("due-date", "soon").exit_code == 2
