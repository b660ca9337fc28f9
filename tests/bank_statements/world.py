"""A creditor with open invoices and a bank; statements go in as files through the product's own road."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from portal.bank_statements import batches, queries, taking_in
from portal.bank_statements.models import BankMovement, StatementBatch
from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.doubles.bank import BankDouble
from portal.imports.options import ReadOptions
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem
from portal.invoices.queries import Item
from portal.ledger import queries as ledger
from portal.ledger.models import Transfer
from portal.messages.models import Message
from tests.factories.world import IBAN, Account, make_account, make_creditor

OPTIONS = ReadOptions()


def euro(amount: str | float) -> Money:
    return Money(round(float(amount) * 100), "EUR")


@dataclass
class Treasury:
    """One creditor, one debtor, one bank account."""

    account: Account
    folder: Path
    bank: BankDouble = field(default_factory=lambda: BankDouble(IBAN))
    day: date = field(default_factory=clock.today)
    files: int = 0

    @property
    def creditor_id(self) -> int:
        return self.account.creditor_id

    def due(self, amount: str = "100.00", number: str = "1/2026", **values: Any) -> int:
        """An invoice with one due item; the item's id."""
        return self.account.item_ids(self.account.add_invoice(number, amount, **values))[0]

    def reference(self, item_id: int) -> str:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            return session.scalars(select(DueItem.reference).where(DueItem.id == item_id)).one()

    def bring(self, *contents: bytes, name: str = "statement.xml") -> taking_in.Counts:
        """Takes files in, all in one batch, as the command line does."""
        paths = []
        for content in contents:
            self.files += 1
            path = self.folder / f"{self.files}-{name}"
            path.write_bytes(content)
            paths.append(path)
        with db.transaction():
            scope.enter(self.creditor_id)
            batch_id = batches.begin(OPTIONS, paths)
        return taking_in.run(self.creditor_id, batch_id, OPTIONS, [(path.name, path) for path in paths])

    def go_on(self) -> taking_in.Counts:
        """The newest batch once more, as after its process died."""
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            batch = session.scalars(select(StatementBatch).order_by(StatementBatch.id.desc()).limit(1)).one()
        paths = [(Path(one["name"]).name, Path(one["name"])) for one in batch.files]
        return taking_in.run(self.creditor_id, batch.id, OPTIONS, paths, already_read=batch.read)

    def movements(self) -> list[BankMovement]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            return list(session.scalars(select(BankMovement).order_by(BankMovement.id)))

    @property
    def movement(self) -> BankMovement:
        (one,) = self.movements()
        return one

    def item(self, item_id: int) -> Item:
        with db.transaction(writes=False):
            scope.enter(self.creditor_id)
            (one,) = invoices.items([item_id])
            return one

    def item_now(self, item_id: int) -> Item:
        """Within a running transaction."""
        (one,) = invoices.items([item_id])
        return one

    def open(self, item_id: int) -> int:
        return self.item(item_id).open.minor

    def credit(self) -> int:
        """The debtor's unallocated credit in cents."""
        with db.transaction(writes=False):
            scope.enter(self.creditor_id)
            return sum(one.minor for one in ledger.unallocated(self.account.debtor_id))

    def books(self) -> list[tuple[Any, ...]]:
        """Every posting that a bank movement made, without ids and times."""
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            assert ledger.unbalanced() == []
            rows = session.execute(
                select(Transfer.debit, Transfer.credit, Transfer.receivable_id, func.sum(Transfer.amount_minor))
                .where(Transfer.source_kind.in_((queries.SOURCE, queries.RETURN)))
                .group_by(Transfer.debit, Transfer.credit, Transfer.receivable_id)
            )
            return sorted(tuple(str(cell) for cell in row) for row in rows)

    def mails(self) -> list[str]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            return list(session.scalars(select(Message.key).order_by(Message.id)))

    def events(self, name: str) -> list[dict[str, Any]]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            return list(session.scalars(select(EventRow.data).where(EventRow.name == name).order_by(EventRow.seq)))

    def statuses(self) -> list[str]:
        return [one.status.value for one in self.movements()]


def make_treasury(folder: Path, **values: Any) -> Treasury:
    return Treasury(make_account(make_creditor(), **values), folder)


def files_of(bank: BankDouble, days: Iterable[date]) -> list[bytes]:
    return [bank.statement(day) for day in days]
