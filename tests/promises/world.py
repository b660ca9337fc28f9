"""A debtor who names days, and money that comes or goes back on days of one's choice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.cases.models import Case
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.messages.models import Message
from portal.promises import actions
from portal.promises.models import Promise, PromiseTerm
from tests.factories.world import Account


@dataclass
class Promising:
    """Acts on one account within its creditor's scope, as the features around would."""

    account: Account

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def items(self, *invoice_ids: int) -> list[invoice_queries.Item]:
        wanted = [item_id for invoice_id in invoice_ids for item_id in self.account.item_ids(invoice_id)]
        return self.within(lambda: invoice_queries.items(wanted))  # type: ignore[no-any-return]

    def promise(self, invoice_id: int, days: int, minor: int | None = None, **more: Any) -> int:
        """The id of a promise of an invoice's (only) due item, for so many days from now."""

        def act() -> int:
            item = invoice_queries.items_of_debtor(self.account.debtor_id, invoice_id)[0]
            part = Money(minor, "EUR") if minor is not None else item.open
            made = actions.make(self.account.debtor_id, [(item, part)], clock.today() + timedelta(days=days), **more)
            return made.id

        return self.within(act)  # type: ignore[no-any-return]

    def pay(self, invoice_id: int, minor: int, on: date | None = None, account: str = accounts.BANK) -> Source:
        """Money for the invoice with that value date."""
        source = Source("test", ids.new_id())
        kind = "credit_note" if account == accounts.CREDIT_NOTES else "bank_transfer"

        def act() -> None:
            item = invoice_queries.items(self.account.item_ids(invoice_id))[0]
            invoices.settle_item(
                item, Money(minor, "EUR"), account=account, kind=kind, source=source, value_on=on or clock.today(),
                origin=Source("payer", item.item_id),
            )  # fmt: skip

        self.within(act)
        return source

    def bounce(self, invoice_id: int, minor: int) -> None:
        """The bank takes so much of it back."""

        def act() -> None:
            item = invoice_queries.items(self.account.item_ids(invoice_id))[0]
            invoices.reopen_item(item, Money(minor, "EUR"), account=accounts.BANK, kind="bank_return",
                                 source=Source("test_back", ids.new_id()), value_on=clock.today(),
                                 origin=Source("payer", item.item_id))  # fmt: skip

        self.within(act)

    def one(self, promise_id: int) -> Promise:
        return self.within(lambda: db.session().get_one(Promise, promise_id))  # type: ignore[no-any-return]

    def status(self, promise_id: int) -> str:
        return self.one(promise_id).status.value

    def case(self, promise_id: int) -> Case:
        return self.within(lambda: db.session().scalars(select(Case).where(Case.subject_id == promise_id)).one())  # type: ignore[no-any-return]

    def terms(self, promise_id: int) -> list[date]:
        wanted = select(PromiseTerm.pay_on).where(PromiseTerm.promise_id == promise_id).order_by(PromiseTerm.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def holds(self) -> list[str]:
        """Why what rests now, by reasons."""
        running = select(Hold.reason).where(Hold.ended_at.is_(None), Hold.until > clock.now())
        return self.within(lambda: list(db.session().scalars(running)))  # type: ignore[no-any-return]

    def names(self, like: str) -> list[str]:
        wanted = select(EventRow.name).where(EventRow.name.like(like)).order_by(EventRow.seq)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def messages(self) -> list[str]:
        wanted = select(Message.key).order_by(Message.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]
