"""What the simulator says of a plan under which older money goes back; its seeds rarely come by there."""

from types import SimpleNamespace
from typing import Any

import pytest

from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.plans.models import Instalment, Plan, PlanLine
from portal.plans.states import InstalmentStatus, PlanStatus
from portal.simulator.invariants import planned

OLDER, SINCE = ("bank", 1), ("bank", 2)


def _transfer(number: int, origin: tuple[str, int], debit: str, credit: str) -> Any:
    return SimpleNamespace(id=number, receivable_id=7, kind="transfer", debit=debit, credit=credit, amount_minor=100,
                           origin_kind=origin[0], origin_id=origin[1])  # fmt: skip


def _said(monkeypatch: pytest.MonkeyPatch, paid: int, last: int) -> list[str]:
    """100 came before a plan over 200 and go back under it, 100 came since: the instalments say so much is paid."""
    rows: dict[type, list[Any]] = {
        Plan: [SimpleNamespace(id=10, status=PlanStatus.ACTIVE, discount_minor=0)],
        PlanLine: [SimpleNamespace(plan_id=10, due_item_id=7)],
        Receivable: [SimpleNamespace(id=7, open_minor=200)],
        Instalment: [
            SimpleNamespace(id=20 + number, plan_id=10, number=number, due_on=number, amount_minor=amount,
                            paid_minor=came, status=InstalmentStatus.SCHEDULED)
            for number, amount, came in ((1, 100, paid), (2, last, 0))
        ],
        Transfer: [
            _transfer(5, OLDER, accounts.BANK, accounts.RECEIVABLE),
            _transfer(30, OLDER, accounts.RECEIVABLE, accounts.BANK),
            _transfer(31, SINCE, accounts.BANK, accounts.RECEIVABLE),
        ],
    }  # fmt: skip
    picture = SimpleNamespace(of=lambda model: rows.get(model, []), house=SimpleNamespace(slug="here"))
    monkeypatch.setattr(planned, "pictures", lambda _world: [picture])
    return list(planned.a_plan_adds_up_to_what_came_and_what_is_left(SimpleNamespace()))  # type: ignore[arg-type]


def test_what_came_since_counts_whatever_older_money_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(monkeypatch, paid=100, last=200) == []


def test_older_money_that_eats_what_came_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said = " ".join(_said(monkeypatch, paid=0, last=100))
    assert "a plan asks 200, 100 came and 200 is left" in said
    assert "counts other money than came" in said
