"""Every door, every method, everybody: the answers are those of the reviewed file, cell by cell (issue 4, 4).

On SQLite: what holds between rows holds on PostgreSQL too (test_route_matrix.py, on both).
"""

import pytest

from portal.web.edge import PortalFlask
from tests.databases import Prepared
from tests.security import matrix

AGAIN = "`python -m tests.security.matrix` writes the file anew: read its difference"


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", range(matrix.PARTS))
def test_every_cell_is_as_it_was_reviewed(app: PortalFlask, prepared: Prepared, part: int) -> None:
    kept = matrix.read(matrix.FILE.read_text(encoding="utf-8"))
    assert list(kept) == list(matrix.addresses(app)), f"an address came or went: {AGAIN}"
    room = matrix.furnish(app, prepared)
    differing = [
        f"{method} {rule} as {actor}: {now}, was {was}"
        for rule, methods in matrix.table(room, part, matrix.PARTS).items()
        for method, cells in methods.items()
        for actor, now, was in zip(matrix.ACTORS, cells, kept[rule].get(method, [""] * len(cells)), strict=True)
        if now != was
    ]
    assert differing == [], AGAIN
    assert room.differing == [], "another's and nobody's answers differ"


def test_the_file_is_read_as_it_is_written() -> None:
    text = matrix.FILE.read_text(encoding="utf-8")
    assert matrix.written(matrix.read(text)) == text


SYSTEMS = {"key", "alien-k"}  # without a form's number they are refused before anybody looks who asks


def _let_in(rule: str) -> set[str]:
    """What says that a foreign thing was found. A system's body is read before anything is looked for (422)."""
    return {"303", "409"} if rule.startswith("/api/") else {"303", "409", "422"}


def test_no_debtor_is_let_in_on_the_creditors_side_nor_the_other_way_round() -> None:
    """What must hold of any table, however it was reviewed."""
    kept = matrix.read(matrix.FILE.read_text(encoding="utf-8"))
    let_in = [
        f"{method} {rule} as {actor}: {cell}"
        for rule, methods in kept.items()
        for method, cells in methods.items()
        for actor, cell in zip(matrix.ACTORS, cells, strict=True)
        if (
            rule.startswith("/d/")
            and rule != "/d/leave"
            and actor not in matrix.DEBTORS[1:]
            and cell not in {"403", "405", "303>gate"} | ({"400"} if actor in SYSTEMS else set())
        )
        or ("<id:" in rule and actor in matrix.FOREIGN.get(rule[:2], ()) and cell[:3] in _let_in(rule))
        or "500" in cell
    ]
    assert let_in == []
