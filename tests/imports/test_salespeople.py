"""Who looks after a customer, as a file names them: filled in, changed by a later file, never taken away."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.core import db, scope
from portal.core.events import EventRow
from portal.debtors.models import SALESPERSON_LENGTH, Debtor
from portal.imports.tables.headers import meaning
from portal.settings import Settings
from tests.factories.world import make_creditor
from tests.imports.test_taking_in import run


def named(folder: Path, name: str, *salespeople: str, header: str = "Agente") -> Path:
    """One invoice each, of one customer."""
    path = folder / name
    rows = [f"{name}{n};2026-10-01;2026-12-01;100,00;C1;Bianchi;{who}" for n, who in enumerate(salespeople)]
    path.write_text("\n".join([f"numero;data;scadenza;importo;codice cliente;cliente;{header}", *rows]))
    return path


def held(creditor_id: int) -> tuple[str | None, int]:
    """Who looks after the one customer there is, and how often that was said to have changed."""
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        changes = session.scalars(select(EventRow).where(EventRow.name == "debtor.salesperson_changed")).all()
        assert all(not row.data for row in changes), "no name stands in the chain"
        return session.scalars(select(Debtor)).one().salesperson, len(changes)


@pytest.mark.parametrize(
    "header",
    ["Agente", "AGENTE", "Venditore", "Commerciale", "Agente di vendita", "Salesperson", "Sales rep", "sales_rep"],
)
def test_what_programs_call_them(header: str) -> None:
    assert meaning(header) == ("salesperson", True)


def test_a_later_file_that_names_somebody_changes_it_and_one_that_does_not_leaves_it(
    house: Settings, tmp_path: Path
) -> None:
    creditor = make_creditor()
    run(creditor.id, named(tmp_path, "a", " Anna  Neri "))
    assert held(creditor.id) == ("Anna Neri", 0), "who comes with their customer is no change"
    run(creditor.id, named(tmp_path, "b", ""))
    run(creditor.id, named(tmp_path, "c", "Bianchi", header="Altro"))
    run(creditor.id, named(tmp_path, "d", "Anna Neri"))
    assert held(creditor.id) == ("Anna Neri", 0)
    run(creditor.id, named(tmp_path, "e", "Ugo Blu", "Bruno Rossi"))
    assert held(creditor.id) == ("Bruno Rossi", 1), "what the file says last, once"
    run(creditor.id, named(tmp_path, "f", "x" * 300))
    assert held(creditor.id) == ("x" * SALESPERSON_LENGTH, 2)


def test_two_in_the_file_that_makes_the_customer(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, named(tmp_path, "a", "Anna", "Bruno"))
    assert held(creditor.id) == ("Bruno", 0)


def test_an_invoice_that_comes_again_still_says_who_looks_after_its_customer(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, named(tmp_path, "a", ""))
    run(creditor.id, named(tmp_path, "a", "Anna"))
    assert held(creditor.id) == ("Anna", 1)
