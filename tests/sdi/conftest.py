"""A creditor whose e-invoices came in as files, and what the SdI sends about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases import idle
from portal.cases import kinds as case_kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.confirmations.models import Receipt
from portal.core import db, scope
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.imports import actions as imports
from portal.imports.options import ReadOptions
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem, Hold, Invoice
from portal.sdi import queries, rules, taking_in
from portal.sdi.models import SdiMessage
from portal.sdi.reading import read_files
from portal.web.edge import PortalFlask
from tests.factories.world import make_creditor
from tests.imports.files import detail, invoice, paid_by

VAT = "IT01234567890"
FILE = f"{VAT}_00001.xml"


def bill(number: str = "7", due_on: str = "2027-03-31", amount: str = "1220.00") -> bytes:
    """An e-invoice over `amount` with one due date, of 2 March 2026."""
    content = invoice(payment=paid_by(detail(amount, due_on)))
    return content.replace(b"<Numero>7</Numero>", f"<Numero>{number}</Numero>".encode())


def lot(*numbers: str) -> bytes:
    """One file with several invoices."""
    first, rest = bill(numbers[0]).decode(), []
    body = first[first.index("  <FatturaElettronicaBody>") : first.index("</p:FatturaElettronica>")]
    for number in numbers[1:]:
        rest.append(body.replace(f"<Numero>{numbers[0]}</Numero>", f"<Numero>{number}</Numero>"))
    return first.replace("</p:FatturaElettronica>", "".join(rest) + "</p:FatturaElettronica>").encode()


@dataclass
class World:
    creditor: Creditor
    folder: Path

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.creditor.id)
            return act()

    def keep(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def bring(self, *files: tuple[str, bytes]) -> None:
        """Brings e-invoices in as the command line does."""
        paths = [(str(path), path) for path in (self.keep(*one) for one in files)]
        with db.transaction():
            scope.enter(self.creditor.id)
            batch = imports.begin(ReadOptions(), [name for name, _ in paths])
        assert imports.run(self.creditor.id, batch, ReadOptions(), paths).refused == 0

    def take(self, *messages: bytes, keep: bool = True) -> taking_in.Report:
        """Takes messages in, each in a file of its own."""
        paths = [self.keep(f"{VAT}_00001_XX_{place:03}.xml", one) for place, one in enumerate(messages)]
        return taking_in.run(self.creditor.id, read_files([(path.name, path) for path in paths]), keep=keep)

    def taken(self, *messages: bytes) -> list[str]:
        """The outcomes, where nothing was refused."""
        report = self.take(*messages)
        assert report.refusals == [], [str(one.why) for one in report.refusals]
        return [one.outcome for one in report.told]

    def why_not(self, *messages: bytes) -> list[str]:
        report = self.take(*messages)
        return [str(one.why) for one in report.refusals]

    def invoice(self, number: str = "7") -> Invoice:
        return self.within(  # type: ignore[no-any-return]
            lambda: db.session().scalars(select(Invoice).where(Invoice.number == number)).one()
        )

    def said(self, number: str = "7") -> list[str]:
        found = self.invoice(number).id
        return self.within(lambda: [one.kind for one in queries.of_invoice(found)])  # type: ignore[no-any-return]

    def at(self, number: str = "7") -> rules.At | None:
        def look() -> rules.At | None:
            one = db.session().scalars(select(Invoice).where(Invoice.number == number)).one()
            now = rules.standing(queries.files_of(one), queries.of_invoice(one.id))
            return now.at if now is not None else None

        return self.within(look)  # type: ignore[no-any-return]

    def held(self, number: str = "7") -> set[str]:
        wanted = (
            select(Hold.reason)
            .join(DueItem, DueItem.id == Hold.due_item_id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Invoice.number == number, Hold.ended_at.is_(None))
        )
        return set(self.within(lambda: db.session().scalars(wanted).all()))

    def item(self, number: str = "7") -> invoices.Item:
        one = self.invoice(number)
        return self.within(  # type: ignore[no-any-return]
            lambda: invoices.items_of_debtor(one.debtor_id, one.id, only_open=False)[0]
        )

    def cases(self, *, open_ones: bool = True) -> Sequence[Case]:
        wanted = select(Case).where(Case.kind == case_kinds.SDI).order_by(Case.id)
        if open_ones:
            wanted = wanted.where(Case.status != CaseStatus.CLOSED)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def resting(self) -> list[str]:
        return self.within(idle.resting)  # type: ignore[no-any-return]

    def receipt(self, number: str = "7") -> str | None:
        found = self.invoice(number).id
        row = self.within(lambda: db.session().get(Receipt, found))
        return row.status.value if row is not None else None

    def debtor(self) -> Debtor:
        return self.within(lambda: db.session().scalars(select(Debtor)).one())  # type: ignore[no-any-return]

    def count(self) -> int:
        return len(self.within(lambda: db.session().scalars(select(SdiMessage.id)).all()))


@pytest.fixture
def world(app: PortalFlask, tmp_path: Path) -> World:
    assert app
    return World(make_creditor(vat_number=VAT), tmp_path)


@pytest.fixture
def billed(world: World) -> World:
    """One invoice, number 7, in a file of its own."""
    world.bring((FILE, bill()))
    return world
