"""What the sources may and may not hold (house.md): one place that commits, one writer of a status, sizes, gates."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"
FILES = sorted(PORTAL.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
TOP_LEVEL = {
    "app.py", "pyproject.toml", "portal", "templates", "translations", "migrations", "tests", "README.md",
    "Makefile", "requirements", "docs", ".ci",
}  # fmt: skip
FORBIDDEN_NAMES = {"service", "utils", "helpers", "common", "base", "manager", "handler"}
NETWORK_PLACES = {"portal/core/db.py", "portal/web/gates.py", "portal/payments/checkout.py"}
NETWORK_PLACES.add("portal/payments/off_session.py")  # the same for what customers saved, with nobody there
NETWORK_PLACES.add("portal/documents/scanning.py")  # the virus scanner, before anything is written


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_with(pattern: str, *, outside: set[str]) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{relative(path)}:{number}"
        for path in FILES
        if relative(path) not in outside
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if found.search(line)
    ]


def test_only_one_file_commits() -> None:
    assert lines_with(r"\.commit\(", outside={"portal/core/db.py", "portal/web/edge.py"}) == []
    edge = (PORTAL / "web" / "edge.py").read_text()
    assert edge.count(".commit(") == edge.count("unit.commit(") == 1, "the edge ends a unit of core/db, nothing else"


def test_the_web_server_is_started_within_its_bounds_alone() -> None:
    assert lines_with(r"\bwaitress\b.*import|import waitress", outside={"portal/web/listening.py"}) == []


def test_nobody_goes_past_the_session() -> None:
    """What neither the scope's guard nor its check of a flush would see (portal.core.shapes)."""
    past = r"exec_driver_sql|\.connection\(|bulk_save_objects|bulk_insert_mappings|bulk_update_mappings"
    outside = {f"portal/core/{name}.py" for name in ("bulk", "db", "migrations", "scope")}
    outside.add("portal/trail/postgres_copies.py")  # the owner's own connection, not the application's
    assert lines_with(past, outside=outside) == []


def test_only_the_machine_writes_a_status() -> None:
    found = lines_with(r"\.status ?= ", outside={"portal/core/states.py"})
    assert [place for place in found if "/doubles/" not in place] == []


def test_the_network_is_used_in_few_places() -> None:
    found = {place.split(":")[0] for place in lines_with(r"outside_transaction\(\)", outside=NETWORK_PLACES)}
    assert {place for place in found if not place.endswith("/jobs.py")} == set()


def test_blueprints_are_made_by_the_gates_alone() -> None:
    outside = {"portal/web/gates.py"}
    assert [p for p in lines_with(r"\bBlueprint\(", outside=outside) if "/doubles/" not in p] == []


def test_time_comes_from_the_clock() -> None:
    allowed = {"portal/core/clock.py", "portal/core/ids.py", "portal/web/limits.py", "portal/web/gates.py"}
    allowed.add("portal/simulator/timekeeping.py")  # where the clock is taken over
    pattern = r"datetime\.now\(|date\.today\(|utcnow\(|time\.time\("
    assert [p for p in lines_with(pattern, outside=allowed) if "/doubles/" not in p] == []


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_says_what_it_is_for_and_stays_short(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    if source.strip():
        assert ast.get_docstring(tree), f"{relative(path)} does not say what it is for"
    assert len(source.splitlines()) <= LONGEST_FILE, relative(path)
    assert path.stem not in FORBIDDEN_NAMES, relative(path)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{relative(path)}:{node.lineno} {node.name} has {length} lines"


def test_the_top_level_is_the_one_agreed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    top = {line.split("/")[0] for line in tracked}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_locks_have_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pinned
        assert all("==" in line for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_tokens_never_come_from_a_uuid() -> None:
    assert [
        p for p in lines_with(r"uuid[14]\(", outside=set()) if "/doubles/" not in p and "/imports/" not in p
    ] == []


def test_signing_never_relies_on_defaults() -> None:
    """itsdangerous' own defaults are SHA-1 and django-concat (rule A-03)."""
    for path in FILES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            keywords = {word.arg for word in node.keywords}
            if name in {"URLSafeTimedSerializer", "URLSafeSerializer", "Signer", "TimestampSigner"}:
                assert {"salt", "signer_kwargs"} <= keywords, f"{relative(path)}:{node.lineno}"
            if name == "loads" and "portal/core/signing" in relative(path) and "json" not in ast.dump(node.func):
                assert "max_age" in keywords, f"{relative(path)}:{node.lineno}"
