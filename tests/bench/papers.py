"""Payment receipts made in a second of CPU, from the books to the PDF, against bare typst with the very same data.

CPU and turn by turn: on a machine that others use too, two runs one after the other compare the neighbours.
"""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import typst
from sqlalchemy import select

from portal.core import db, scope
from portal.creditors import queries as creditors
from portal.debtors import gate
from portal.debtors.models import AccessLink, Debtor
from portal.debtors.visits import Current
from portal.documents.typst import TEMPLATES
from portal.invoices import queries as invoices
from portal.invoices.payable import payable_now
from portal.payments import actions, queries, receipts
from portal.payments.models import PaymentAttempt
from portal.web import i18n
from tests.bench.setting_up import installed
from tests.factories.world import Account, make_account

RECEIPTS, TURNS = 30, 5


def measure() -> list[dict[str, Any]]:
    i18n.use("it")
    with tempfile.TemporaryDirectory() as folder, installed("sqlite", Path(folder)):
        account = make_account()
        visit, attempts = _paid(account)
        with db.transaction(writes=False):
            scope.enter(account.creditor_id, account.debtor_id)
            inputs = _recorded(visit, attempts)
            ours, bare = _rates(
                lambda number: receipts.pdf(visit, attempts[number]), lambda number: _bare(inputs[number])
            )
    return [
        {
            "name": "payment receipts as PDF (per second of CPU)",
            "ours": round(ours, 1),
            "reference": round(bare, 1),
            "ratio": round(bare / ours, 2),
        }
    ]


def _rates(ours: Callable[[int], bytes], bare: Callable[[int], bytes]) -> tuple[float, float]:
    """Papers in a second of CPU, the median turn of each; every paper is another, for typst remembers the last."""
    spent: dict[Callable[[int], bytes], list[float]] = {ours: [], bare: []}
    for _ in range(TURNS):
        for make, times in spent.items():
            began = time.process_time()
            for number in range(RECEIPTS):
                make(number)
            times.append(time.process_time() - began)
    return RECEIPTS / median(spent[ours]), RECEIPTS / median(spent[bare])


def _recorded(visit: Current, attempts: list[PaymentAttempt]) -> list[str]:
    """What each receipt hands to its template."""
    found: list[str] = []

    def keep(_template: str, data: Mapping[str, Any], _language: str) -> bytes:
        found.append(json.dumps(data))
        return b""

    with mock.patch.object(receipts, "render_pdf", keep):
        for attempt in attempts:
            receipts.pdf(visit, attempt)
    return found


def _paid(account: Account) -> tuple[Current, list[PaymentAttempt]]:
    """Somebody who has paid one invoice after another by card."""
    numbers = [account.add_invoice(f"{number}/2026", f"{100 + number}.50") for number in range(RECEIPTS)]
    account.link()
    with db.transaction() as session:
        scope.enter(account.creditor_id, account.debtor_id)
        visit = gate.admit(session.scalars(select(AccessLink)).one(), 2)
        assert visit is not None
        debtor = session.get_one(Debtor, account.debtor_id)
        face = creditors.face(account.creditor_id)
        current = Current(visit.id, debtor.id, visit.link_id, 2, None, debtor.name, debtor.kind, face)
        made = []
        for invoice_id in numbers:
            lines = payable_now(invoices.items_of_debtor(debtor.id, invoice_id)).payable_lines
            attempt = actions.open_attempt(current, lines, queries.CARD, "it")
            assert attempt is not None
            actions.settle_payment(attempt)
            made.append(attempt)
    return current, made


def _bare(data: str) -> bytes:
    """The same template, the same standards, nothing to look up and nothing to check."""
    pdf: bytes = typst.compile(
        TEMPLATES / "receipt.typ",
        root=TEMPLATES,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data, "language": "it"},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=1_795_219_200,
    )
    return pdf
