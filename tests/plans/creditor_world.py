"""Plans as their creditor meets them: proposed, answered, accepted, paid or not, on days of one's choice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.cases.models import Case, CaseEntry
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold
from portal.messages.models import Message
from portal.plans import accepting, actions, following, queries
from portal.plans.models import Instalment, Plan
from portal.plans.rules import Wish
from portal.plans.states import PlanStatus
from tests.factories.world import Account
from tests.promises.world import Promising


@dataclass
class Planning:
    """Acts on one account within its creditor's scope, as the features around would."""

    account: Account

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def ask(self, invoice_id: int, instalments: int = 12, *, first_in: int = 20, every: str = "month") -> int:
        """Asks for so many instalments; by a policy that nobody wrote a business gets six, more are a proposal."""

        def act() -> int:
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            room = actions.room(debtor, invoice_queries.items_of_debtor(debtor.id, invoice_id))
            wish = Wish(instalments, clock.today() + timedelta(days=first_in), every)
            return actions.offer(debtor, room, wish, visit_id=None).id

        return self.within(act)  # type: ignore[no-any-return]

    def agreed(self, invoice_id: int, instalments: int = 3, *, first_in: int = 20) -> int:
        """A plan inside the policy, accepted."""
        plan_id = self.ask(invoice_id, instalments, first_in=first_in)
        self.accept(plan_id)
        return plan_id

    def accept(self, plan_id: int) -> None:
        def act() -> None:
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            accepting.accept(plan, acknowledged=False, step_up_id=1, terms_sha256="0" * 64)

        self.within(act)

    def follow(self, plan_id: int) -> None:
        self.within(lambda: following.follow(plan_id))

    def end(self, plan_id: int, to: PlanStatus, event: Any, **more: Any) -> None:
        self.within(lambda: following.end(queries.plan(plan_id, lock=True), to, event, **more))  # type: ignore[arg-type]

    def pay(self, invoice_id: int, minor: int, on: date | None = None) -> None:
        Promising(self.account).pay(invoice_id, minor, on)

    def bounce(self, invoice_id: int, minor: int) -> None:
        Promising(self.account).bounce(invoice_id, minor)

    def one(self, plan_id: int) -> Plan:
        return self.within(lambda: db.session().get_one(Plan, plan_id))  # type: ignore[no-any-return]

    def status(self, plan_id: int) -> str:
        return self.one(plan_id).status.value

    def instalments(self, plan_id: int) -> list[Instalment]:
        return self.within(lambda: queries.asked(plan_id))  # type: ignore[no-any-return]

    def case(self, plan_id: int) -> Case:
        return self.within(lambda: db.session().scalars(select(Case).where(Case.subject_id == plan_id)).one())  # type: ignore[no-any-return]

    def said(self) -> list[str]:
        wanted = select(CaseEntry.words).order_by(CaseEntry.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def holds(self) -> list[str]:
        running = select(Hold.reason).where(
            Hold.ended_at.is_(None), (Hold.until.is_(None)) | (Hold.until > clock.now())
        )
        return self.within(lambda: list(db.session().scalars(running)))  # type: ignore[no-any-return]

    def names(self, like: str) -> list[str]:
        wanted = select(EventRow.name).where(EventRow.name.like(like)).order_by(EventRow.seq)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def messages(self) -> list[str]:
        wanted = select(Message.key).order_by(Message.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def address(self, plan_id: int) -> str:
        return f"/c/plans/{ids.spell(plan_id)}"

    def case_address(self, plan_id: int) -> str:
        return f"/c/cases/{ids.spell(self.case(plan_id).id)}"


def euro(minor: int) -> Money:
    return Money(minor, "EUR")
