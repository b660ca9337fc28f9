"""docs/security.md stays true to the tree: each ASVS id of rules A.10 once, and whatever it names is there."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"

# Rules A.10, ASVS 5.0.0: level 2, and level 3 where a star says that it is adopted.
IDS = (
    "1.2.1 1.2.2 1.2.4 1.2.10* 1.3.7 1.3.11 1.5.1",
    "2.1.3 2.2.1 2.2.2 2.2.3 2.3.1 2.3.2 2.3.3 2.3.4 2.3.5* 2.4.1",
    "3.2.1 3.3.1–3.3.4 3.4.1–3.4.6 3.4.8* 3.5.1 3.5.3 3.5.4 3.6.1* 3.7.2 3.7.3*",
    "4.1.1 4.1.2 4.1.3 4.1.4* 4.1.5*",
    "5.1.1 5.2.1–5.2.6 5.3.1 5.3.2 5.4.1–5.4.3",
    "6.1.1 6.2.1–6.2.12 6.3.1–6.3.4 6.3.6* 6.3.7* 6.3.8* 6.4.2 6.4.3 6.5.1–6.5.5 6.6.1–6.6.3",
    "7.1.1 7.1.2 7.2.1–7.2.4 7.3.1 7.3.2 7.4.1–7.4.5 7.5.1 7.5.2 7.5.3* 7.6.2",
    "8.1.1 8.1.2 8.2.1–8.2.3 8.3.1 8.3.2* 8.4.1",
    "9.1.1 9.1.2 9.2.1–9.2.4",
    "11.1.1 11.2.1–11.2.3 11.2.4* 11.4.1 11.5.1",
    "12.1.1 12.2.1 12.2.2 12.3.1",
    "13.2.1 13.2.4 13.3.1 13.3.4* 13.4.2 13.4.5",
    "14.1.1 14.1.2 14.2.1–14.2.4 14.2.6* 14.2.7* 14.2.8* 14.3.1–14.3.3",
    "15.1.1 15.1.2 15.2.1 15.3.1–15.3.5 15.3.7 15.4.2*",
    "16.1.1 16.2.1–16.2.5 16.3.1–16.3.4 16.4.1–16.4.3 16.5.1–16.5.3",
)
INCIDENTS = range(1, 16)
HONEST = ("not met: ", "document: ", "operator: ", "no test: ")
MOST_WORDS = 12
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+\*?) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:portal|templates|tests|docs|requirements|migrations)/[\w./-]*")


def expanded(written: str) -> list[str]:
    """`3.3.1–3.3.4 3.4.8*` as five ids."""
    found = []
    for part in written.split():
        first, _, last = part.partition("–")
        if not last:
            found.append(first)
            continue
        section, start = first.rsplit(".", 1)
        found += [f"{section}.{number}" for number in range(int(start), int(last.rsplit(".", 1)[1]) + 1)]
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(page: str) -> list[tuple[str, str, str, str]]:
    return _ROW.findall(page)


@lru_cache(maxsize=256)
def names_in(path: Path) -> frozenset[str]:
    """Functions, classes and values that stand at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return frozenset(found)


def missing(quoted: str) -> str | None:
    """What a quotation names that is not in the tree; None where it names nothing, or all is there."""
    named, _, name = quoted.partition("::")
    if not _PATH.fullmatch(named):
        return f"{quoted}: in no folder of ours" if name else None
    path = ROOT / named
    if not path.exists():
        return f"{named} does not exist"
    return f"{named} has no {name}" if name and name not in names_in(path) else None


def test_ranges_are_read_as_they_are_meant() -> None:
    assert expanded("3.3.1–3.3.4 3.4.8*") == ["3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.8*"]
    assert expanded(IDS[5])[1:13] == [f"6.2.{number}" for number in range(1, 13)]


def test_every_id_has_exactly_one_row_in_order(rows: list[tuple[str, str, str, str]]) -> None:
    assert [asvs_id for asvs_id, *_ in rows] == expanded(" ".join(IDS))


def test_a_row_says_what_is_asked_where_and_by_which_test(rows: list[tuple[str, str, str, str]]) -> None:
    for asvs_id, asks, where, proof in rows:
        assert len(asks.split()) <= MOST_WORDS, asvs_id
        assert where.strip(), asvs_id
        tests = [one for one in _QUOTED.findall(proof) if one.startswith("tests/") and "::test_" in one]
        honest = proof.startswith(HONEST)
        assert tests or honest, f"{asvs_id}: neither a test nor a reason"
        if not honest:
            assert tests == _QUOTED.findall(proof), f"{asvs_id}: {proof}"


def test_whatever_the_page_names_is_there(page: str) -> None:
    quoted = _QUOTED.findall(page)
    assert sum(one.startswith("tests/") and "::" in one for one in quoted) > len(expanded(" ".join(IDS)))
    assert [found for one in quoted if (found := missing(one)) is not None] == []


def test_what_is_not_there_would_be_noticed() -> None:
    assert missing("tests/architecture/test_security_document.py::test_ranges_are_read_as_they_are_meant") is None
    assert missing("portal/debtors/gate.py::MAX_TRIES") is None
    assert missing("tests/architecture/test_security_document.py::test_nothing") is not None
    assert missing("tests/nowhere/test_x.py::test_y") is not None
    assert missing("nowhere/test_x.py::test_y") is not None
    assert missing("portal/web/nowhere.py") is not None


def test_every_incident_has_its_row(page: str) -> None:
    written = re.findall(
        r"^\| R(\d+) \| .+ \| `tests/security/test_incidents\.py::test_r(\d+)_\w+` \|$", page, re.MULTILINE
    )
    assert written == [(str(number), str(number)) for number in INCIDENTS]


def test_what_is_open_is_numbered_and_every_mention_of_it_is_there(page: str) -> None:
    section = page.partition("\n## Open\n")[2].partition("\n## ")[0]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(number) for number in re.findall(r"\bOpen (\d+)\b", page)} <= set(numbers)
