"""A customer who agrees on a plan with a code by text, through the product's own actions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from portal.core import db, ids, jobs
from portal.creditors import queries as creditors
from portal.debtors import step_up
from portal.debtors.models import Debtor, StepUp
from portal.debtors.visits import Current
from portal.documents import store
from portal.doubles.phone import Phone
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.messages.models import Message
from portal.plans import accepting, actions, agreement, papers, queries
from portal.plans.models import Plan, PlanPaper
from tests.factories import doors
from tests.factories.world import Account, make_account
from tests.security.everything import Owner

ORIGINAL = b"<FatturaElettronica>as it came</FatturaElettronica>"
ACTION = "test.plan"
SIGNER = step_up.Signatory(
    "Maria Bianchi", "owner", "I am entitled to do this, and what I have written here is true."
)


def _perform(row: StepUp) -> None:
    plan = queries.plan(ids.read(row.kept["plan"]), lock=True)
    assert plan is not None
    acknowledged = bool(row.kept["acknowledged"])
    accepting.accept(plan, acknowledged=acknowledged, step_up_id=row.id, terms_sha256=row.terms_sha256)


def _terms(debtor_id: int, kept: dict[str, Any], language: str) -> str:
    assert debtor_id
    plan = queries.plan(ids.read(kept["plan"]))
    assert plan is not None
    face = creditors.face(plan.creditor_id)
    items = invoices.items(queries.item_ids(plan.id))
    words = agreement.text(face, plan, items, queries.asked(plan.id), language)
    return f"{words}\n{agreement.acknowledgement(face, plan, language)}" if kept["acknowledged"] else words


def register() -> None:
    step_up.KINDS[ACTION] = step_up.Kind(
        action=ACTION, title=step_up.t("Done."), terms=_terms, perform=_perform, back_url=lambda _row: "/d/"
    )  # fmt: skip


@dataclass
class Agreeing:
    """One account with two invoices, one of them with its original, and the acts of whoever agrees."""

    account: Account
    owner: Owner
    visit: Current
    phone: Phone

    def within(self, act: Callable[[], Any], *, as_debtor: bool = False) -> Any:
        return self.owner.within(act, as_debtor=as_debtor)

    def offer(self, *invoice_ids: int, instalments: int = 4) -> int:
        def act() -> int:
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            items = [
                one for one in invoices.items_of_debtor(debtor.id) if not invoice_ids or one.invoice_id in invoice_ids
            ]
            room = actions.room(debtor, items)
            wish = next(one for one in room.choices() if one.instalments == instalments)
            return actions.offer(debtor, room, wish, visit_id=self.visit.id).id

        return self.within(act, as_debtor=True)  # type: ignore[no-any-return]

    def sign(self, plan_id: int, *, acknowledged: bool = True, language: str = "it") -> int:
        """Up to the code's leaving; the id of the act."""

        def act() -> int:
            kept = {"plan": ids.spell(plan_id), "acknowledged": acknowledged}
            row = step_up.begin(self.visit, ACTION, kept, language)
            step_up.sign(row, SIGNER)
            return row.id

        made: int = self.within(act, as_debtor=True)
        self.within(lambda: step_up.send_code(db.session().get_one(StepUp, made), self.visit), as_debtor=True)
        return made

    def accept(self, plan_id: int, *, acknowledged: bool = True, language: str = "it", work: bool = True) -> None:
        """With the code that went out; then the worker does what follows, unless told not to."""
        act_id = self.sign(plan_id, acknowledged=acknowledged, language=language)

        def type_code() -> None:
            row = step_up.try_code(act_id, self.visit, self.phone.texts[-1].code)
            assert row.proved_at is not None
            step_up.perform(row)

        jobs.work_off()
        self.within(type_code, as_debtor=True)
        if work:
            jobs.work_off()

    def agreed(self, *, acknowledged: bool = True, language: str = "it") -> int:
        plan_id = self.offer()
        self.accept(plan_id, acknowledged=acknowledged, language=language)
        return plan_id

    def plan(self, plan_id: int) -> Plan:
        return self.within(lambda: queries.plan(plan_id))  # type: ignore[no-any-return]

    def paper(self, plan_id: int) -> PlanPaper:
        found = self.within(lambda: papers.of_plan(plan_id))
        assert found is not None
        return found  # type: ignore[no-any-return]

    def pdf(self, plan_id: int) -> bytes:
        def read() -> bytes:
            paper = papers.of_plan(plan_id)
            assert paper is not None
            file = papers.file_of(paper)
            assert file is not None
            return store.content(file)

        return self.within(read)  # type: ignore[no-any-return]

    def messages(self, key: str) -> list[Message]:
        wanted = select(Message).where(Message.key == key).order_by(Message.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def agreeing(phone: Phone, account: Account | None = None, number: str = "128/2026") -> Agreeing:
    """Somebody with two open invoices and a mobile for codes."""
    register()
    account = account or make_account()
    first = account.add_invoice(number, "1234.56", due_in=-5)
    account.add_invoice(number.replace("128", "131"), "765.44", due_in=12)
    doors.add_mobile(account)
    owner = Owner(account)

    def with_original() -> None:
        file = store.keep(ORIGINAL, "IT01234567890_00128.xml", "application/xml")
        db.session().execute(update(Invoice).where(Invoice.id == first).values(file_id=file.id))

    owner.within(with_original)
    return Agreeing(account, owner, owner.visit(), phone)
