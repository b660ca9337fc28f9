"""A customer with an invoice to contest, and somebody at the creditor's who answers."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.disputes import actions, closing, queries, reasons
from portal.disputes.models import Dispute
from portal.invoices import actions as actions_of_invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.ledger.sources import Source
from portal.people.models import Staff
from portal.people.roles import Role
from tests.factories.people import make_person
from tests.factories.world import make_account
from tests.security.everything import Owner

NUMBER = "128/2026"


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


class Contesting:
    """The acts of both sides, each in a transaction of its own."""

    def __init__(self, amount: str = "1000.00", parts: int = 1) -> None:
        self.owner = Owner(make_account())
        self.account = self.owner.account
        self.invoice_id = self.account.add_invoice(NUMBER, amount, due_in=-5, parts=parts)
        self.staff_id = make_person(self.account.creditor_id, Role.AGENT).staff_id
        self.visit = self.owner.visit()

    def within(self, act: Callable[[], Any], *, as_debtor: bool = False) -> Any:
        return self.owner.within(act, as_debtor=as_debtor)

    def raise_dispute(self, minor: int | None = None, words: str = "Too much", reason: str = "price") -> int:
        def act() -> int:
            invoice = db.session().get_one(Invoice, self.invoice_id)
            _, most = actions.contestable(invoice)
            about, amount = ("whole", most) if minor is None else ("amount", euro(minor))
            said = actions.Contested(reasons.reasons()[reason], about, amount, words)
            return actions.raise_dispute(self.visit, invoice, said).id

        return self.within(act, as_debtor=True)  # type: ignore[no-any-return]

    def close(
        self,
        dispute_id: int,
        outcome: str,
        upheld: int | None = None,
        credit: str | None = None,
        *,
        others: bool = False,
    ) -> None:
        def act() -> None:
            part = None if upheld is None else euro(upheld)
            verdict = closing.Verdict(outcome, "Because", part, credit, others)
            closing.close(dispute_id, verdict, db.session().get_one(Staff, self.staff_id))

        self.within(act)

    def pay(self, minor: int) -> int:
        """Money comes by the bank, for the earliest first; how much of it was needed."""

        def act() -> int:
            left = minor
            source = Source("bank_movement", ids.new_id())
            for place, item in enumerate(invoices.items_of_debtor(self.account.debtor_id, self.invoice_id)):
                part = min(left, item.open.minor)
                if part:
                    actions_of_invoices.settle_item(item, euro(part), account="bank", kind="payment", source=source,
                                                    value_on=clock.today(), position=place)  # fmt: skip
                    left -= part
            return minor - left

        return self.within(act)  # type: ignore[no-any-return]

    def note(self, minor: int, related: str | None = NUMBER, number: str = "") -> int:
        """A credit note of the creditor's system has come; its id."""

        def act() -> int:
            named = number or f"N{ids.spell(ids.new_id())}"
            new = actions_of_invoices.NewInvoice(ids.new_id(), self.account.debtor_id, "credit_note", named,
                                                 clock.today(), euro(minor), (), related_number=related)  # fmt: skip
            actions_of_invoices.add_invoices([new])
            credit_notes.apply_credit_note(db.session().get_one(Invoice, new.invoice_id))
            return new.invoice_id

        return self.within(act)  # type: ignore[no-any-return]

    def items(self) -> list[invoices.Item]:
        return self.within(  # type: ignore[no-any-return]
            lambda: invoices.items_of_debtor(self.account.debtor_id, self.invoice_id, only_open=False)
        )

    def open_minor(self) -> int:
        return sum(item.open.minor for item in self.items())

    def dispute(self, dispute_id: int) -> Dispute:
        return self.within(lambda: queries.dispute(dispute_id))  # type: ignore[no-any-return]

    def rows(self, model: type[Any]) -> list[Any]:
        with db.transaction(writes=False) as session:
            scope.enter(self.account.creditor_id)
            return list(session.scalars(select(model).order_by(model.id)))

    def names(self) -> list[str]:
        """What happened, by the events' names."""
        with db.transaction(writes=False) as session:
            scope.enter(self.account.creditor_id)
            return list(session.scalars(select(EventRow.name).order_by(EventRow.seq)))
