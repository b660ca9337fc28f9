"""A customer with plans, and money that comes or goes back on days of one's choice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.plans import accepting, actions, policies, queries, talking
from portal.plans.models import Instalment, Plan
from portal.plans.rules import Wish
from tests.factories.world import Account


@dataclass
class Planning:
    """Acts on one account within its creditor's scope, as the features around would."""

    account: Account
    invoices: list[int] = field(default_factory=list)

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def owe(self, total: str, due_in: int = -5, number: str | None = None) -> int:
        found = self.account.add_invoice(number or f"{len(self.invoices) + 1}/2026", total, due_in)
        self.invoices.append(found)
        return found

    def room(self, only: Sequence[int] = ()) -> actions.Room:
        """What may be agreed about all that is open, or these due items alone."""
        debtor = db.session().get_one(Debtor, self.account.debtor_id)
        items = invoice_queries.items_of_debtor(debtor.id)
        return actions.room(debtor, [item for item in items if not only or item.item_id in only])

    def offer(self, count: int, first: date, **more: Any) -> int:
        def act() -> int:
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            wish = Wish(count, first, more.pop("every", "month"), more.pop("down", None))
            return actions.offer(debtor, self.room(more.pop("only", ())), wish, visit_id=None).id

        return self.within(act)

    def change(self, plan_id: int, count: int, first: date) -> int:
        """A proposal for another plan in place of one that stands."""

        def act() -> int:
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            former = queries.plan(plan_id, lock=True)
            items = invoice_queries.items(queries.item_ids(plan_id))
            found = actions.room(debtor, items, former)
            return actions.offer(debtor, found, Wish(count, first, "month"), visit_id=None, replaces=former).id

        return self.within(act)

    def asks(self, count: int) -> int:
        """A proposal that a person has to look at."""
        return self.offer(count, clock.today() + timedelta(days=5))

    def counter(self, plan_id: int, count: int, first: date, discount: int = 0, *, may_exceed: bool = False) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            let_go = Money(discount, "EUR") if discount else None
            talking.counter(plan, Wish(count, first, "month", None, let_go), None, may_exceed=may_exceed)

        self.within(act)

    def policy(self, **values: Any) -> None:
        """Companies may agree this from now on."""

        def act() -> None:
            now = policies.current()
            changed = {**now.segments, "business": replace(now.segments["business"], **values)}
            policies.write(policies.Version(0, changed, now.large_from), by=None, after=now.number)

        self.within(act)

    def take_back(self, plan_id: int) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            accepting.take_back(plan)

        self.within(act)

    def take(self, plan_id: int) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            talking.take_counter(plan)

        self.within(act)

    def mails_leave(self) -> None:
        """What was planned has left at this moment."""
        waiting = Message.status == MessageStatus.PLANNED
        left = {"status": MessageStatus.SENT, "sent_at": clock.now()}
        self.within(lambda: db.session().execute(update(Message).where(waiting).values(**left)))

    def open(self) -> int:
        ids_ = [one for invoice in self.invoices for one in self.account.item_ids(invoice)]
        return int(self.within(lambda: sum(item.open.minor for item in invoice_queries.items(ids_))))

    def agree(self, plan_id: int) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            talking.agree(plan, None)

        self.within(act)

    def accept(self, plan_id: int, *, acknowledged: bool = False) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            accepting.accept(plan, acknowledged=acknowledged, step_up_id=ids.new_id(), terms_sha256="0" * 64)

        self.within(act)

    def agreed(self, count: int, first: date, **more: Any) -> int:
        plan_id = self.offer(count, first, **more)
        self.accept(plan_id)
        return plan_id

    def pay(self, minor: int, on: date | None = None, invoice: int = 0) -> Source:
        """Money for an invoice, with that value date."""
        source = Source("test", ids.new_id())

        def act() -> None:
            item = invoice_queries.items(self.account.item_ids(self.invoices[invoice]))[0]
            invoices.settle_item(
                item, Money(minor, "EUR"), account=accounts.BANK, kind="bank_transfer", source=source,
                value_on=on or clock.today(), origin=Source("payer", item.item_id),
            )  # fmt: skip

        self.within(act)
        return source

    def bounce(self, minor: int, invoice: int = 0) -> None:
        def act() -> None:
            item = invoice_queries.items(self.account.item_ids(self.invoices[invoice]))[0]
            invoices.reopen_item(item, Money(minor, "EUR"), account=accounts.BANK, kind="bank_return",
                                 source=Source("test_back", ids.new_id()), value_on=clock.today(),
                                 origin=Source("payer", item.item_id))  # fmt: skip

        self.within(act)

    def credit(self, minor: int, invoice: int = 0) -> None:
        def act() -> None:
            item = invoice_queries.items(self.account.item_ids(self.invoices[invoice]))[0]
            invoices.settle_item(item, Money(minor, "EUR"), account=accounts.CREDIT_NOTES, kind="credit_note",
                                 source=Source("test_note", ids.new_id()), value_on=clock.today())  # fmt: skip

        self.within(act)

    def one(self, plan_id: int) -> Plan:
        return self.within(lambda: db.session().get_one(Plan, plan_id))

    def status(self, plan_id: int) -> str:
        return self.one(plan_id).status.value

    def rows(self, plan_id: int) -> list[Instalment]:
        return self.within(lambda: queries.instalments(plan_id))

    def asked(self, plan_id: int) -> list[tuple[int, int, str]]:
        """Amount, paid and status of each instalment that counts."""
        found: Sequence[Instalment] = self.within(lambda: queries.asked(plan_id))
        return [(row.amount_minor, row.paid_minor, row.status.value) for row in found]

    def holds(self) -> list[str]:
        mine = Hold.debtor_id == self.account.debtor_id
        running = select(Hold.reason).where(mine, Hold.ended_at.is_(None)).order_by(Hold.id)
        return self.within(lambda: list(db.session().scalars(running)))

    def names(self, like: str) -> list[str]:
        wanted = select(EventRow.name).where(EventRow.name.like(like)).order_by(EventRow.seq)
        return self.within(lambda: list(db.session().scalars(wanted)))

    def messages(self) -> list[str]:
        wanted = select(Message.key).order_by(Message.id)
        return self.within(lambda: list(db.session().scalars(wanted)))
