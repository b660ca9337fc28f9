"""One of everything that an address can name, made for one debtor of one creditor.

`MAKERS` has one entry for each name of an argument in an address. A new page with a new kind of id fails the
route matrix until its maker stands here: add a function from `Owner` to an id, and nothing else.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, update

from portal.already_paid import actions as already_paid
from portal.api import actions as api_keys
from portal.bank_statements import batches as statement_batches
from portal.bank_statements.models import BankMovement, BankStatement, StatementBatch
from portal.calls import actions as calls
from portal.calls import rules as calls_rules
from portal.cases import actions as cases
from portal.cases import files as case_files
from portal.cases import kinds, policies
from portal.cases.models import Case
from portal.confirmations import actions as confirmations
from portal.core import clock, db, ids, jobs, scope
from portal.core.link_addresses import QR
from portal.core.money import Money
from portal.credit_lines import actions as credit_lines
from portal.credit_lines.models import CreditAlert
from portal.creditors import queries as creditors
from portal.debtors import contacts, gate, step_up
from portal.debtors.models import AccessLink, Debtor, Visit
from portal.debtors.visits import Current
from portal.disputes import actions as disputes
from portal.disputes import reasons as dispute_reasons
from portal.documents import evidence, store
from portal.doubles.bank import BankDouble
from portal.elsewhere import actions as elsewhere
from portal.goals import actions as goals
from portal.hardship import actions as hardship
from portal.hardship.models import Rest
from portal.imports import actions as imports
from portal.imports.reading import ReadOptions
from portal.invoices import own_pdf
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem, Invoice
from portal.invoices.payable import payable_now
from portal.ledger import actions as ledger
from portal.messages import actions as messages
from portal.months import actions as months
from portal.months import rules as month_rules
from portal.months.models import MonthPaper
from portal.overpayments import actions as overpayments
from portal.payments import actions as payments
from portal.payments import queries as payment_queries
from portal.payments import reconciliation, refunds
from portal.payments.methods import Seen, Standing
from portal.people import account_changes, agencies
from portal.people import actions as people
from portal.people.models import Invitation, StaffSession
from portal.people.roles import Role
from portal.plans import accepting, papers
from portal.plans import actions as plans
from portal.plans import queries as plan_queries
from portal.postal import actions as postal
from portal.postal.models import Letter
from portal.privacy import actions as privacy
from portal.promises import actions as promises
from portal.silence import actions as silence
from portal.surveys.models import Answer
from portal.surveys.nps import LEAST_IN_PART
from portal.sync import actions as sync
from portal.sync import changes
from portal.sync import queries as sync_queries
from portal.sync.rules import Reason
from portal.webhooks import actions as webhooks
from portal.webhooks.models import Delivery
from portal.wrong_addresses import actions as wrong_addresses
from tests.factories import surveys
from tests.factories.evidence import pdf, photo
from tests.factories.people import make_person
from tests.factories.world import IBAN, Account, make_account

CSV = b"numero;data;scadenza;importo;cliente\n1/2026;01/11/2026;30/11/2026;10,00;Bianchi\n"


@dataclass
class Owner:
    """Whose things are made, through which visit, and what has been made so far."""

    account: Account
    made: dict[str, int] = field(default_factory=dict)
    _link: AccessLink | None = None
    _visit: Visit | None = None

    @property
    def creditor_id(self) -> int:
        return self.account.creditor_id

    def within(self, act: Callable[[], Any], *, as_debtor: bool = False) -> Any:
        with db.transaction():
            scope.enter(self.creditor_id, self.account.debtor_id if as_debtor else None)
            return act()

    def invoice(self) -> int:
        number = f"{100 + len(self.account.invoice_ids)}/{self.account.debtor_id % 10_000}"
        return self.account.add_invoice(number, "40.00")

    def link(self) -> AccessLink:
        if self._link is None:
            purpose_links = select(AccessLink).where(AccessLink.debtor_id == self.account.debtor_id)
            self.account.link()
            self._link = self.within(
                lambda: db.session().scalars(purpose_links.order_by(AccessLink.id.desc())).first()
            )
        return self._link

    def visit(self) -> Current:
        """A visit of the debtor's, as actions know it."""
        link = self.link()

        def act() -> Current:
            if self._visit is None:
                self._visit = gate.admit(link, 2)
            assert self._visit is not None
            debtor = db.session().get_one(Debtor, self.account.debtor_id)
            face = creditors.face(self.creditor_id)
            return Current(self._visit.id, debtor.id, link.id, 2, link.invoice_id, debtor.name, debtor.kind, face)

        return self.within(act, as_debtor=True)  # type: ignore[no-any-return]

    def id_of(self, name: str) -> int:
        """The id of this owner's thing of that kind, made when it is first asked for."""
        if name not in MAKERS:
            raise AssertionError(
                f"<id:{name}> is new in an address: say in tests/security/everything.py how one is made"
            )
        if name not in self.made:
            self.made[name] = MAKERS[name](self)
        return self.made[name]


def invoice_id(owner: Owner) -> int:
    """With its original document, a PDF inside that, and a code that was printed on it."""
    made = owner.invoice()
    owner.account.link(invoice_id=made, purpose=QR)

    def act() -> None:
        number = db.session().get_one(Invoice, made).number
        body = (
            f"<FatturaElettronica><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><Numero>{number}</Numero>"
            "</DatiGeneraliDocumento></DatiGenerali><Allegati><Attachment>"
            f"{base64.b64encode(pdf()).decode()}</Attachment></Allegati></FatturaElettronicaBody></FatturaElettronica>"
        )
        file = store.keep(body.encode(), "IT01234567890_00001.xml", "application/xml")
        db.session().execute(update(Invoice).where(Invoice.id == made).values(file_id=file.id, pdf=own_pdf.INSIDE))

    owner.within(act)
    return made


def answer_id(owner: Owner) -> int:
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        invoice = db.session().get_one(Invoice, about)
        said = confirmations.Said("received")
        return confirmations.answer(visit, invoice, said, shown_text="As shown", language="it").id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def rest_id(owner: Owner) -> int:
    visit = owner.visit()

    def act() -> int:
        hardship.say(visit, ["more_time"])
        return db.session().scalars(select(Rest.id)).one()

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def silence_id(owner: Owner) -> int:
    wanted = silence.Wanted("by_us", words="Words of their own")
    return owner.within(lambda: silence.begin(owner.account.debtor_id, wanted, 1).id)  # type: ignore[no-any-return]


def letter_id(owner: Owner) -> int:
    about = owner.invoice()

    def act() -> int:
        message = postal.write(owner.account.debtor_id, [about], key="reminder_gentle")
        return db.session().scalars(select(Letter.id).where(Letter.message_id == message.id)).one()

    return owner.within(act)  # type: ignore[no-any-return]


def letter_batch_id(owner: Owner) -> int:
    letter_id(owner)
    return owner.within(lambda: postal.print_waiting(None).id)  # type: ignore[no-any-return]


def call_id(owner: Owner) -> int:
    visit = owner.visit()

    def act() -> int:
        calls.set_hours(calls_rules.Hours(tuple((day, 540, 1080) for day in range(6)), 20, 3))
        return calls.book(visit, calls.free()[0], "+393331234567", None).id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def call_case_id(owner: Owner) -> int:
    owner.invoice()
    return owner.within(lambda: cases.open_case(kinds.CALL_TO_MAKE, owner.account.debtor_id).id)  # type: ignore[no-any-return]


def case_id(owner: Owner) -> int:
    visit = owner.visit()
    return owner.within(lambda: cases.ask(visit, "Words of their own").id, as_debtor=True)  # type: ignore[no-any-return]


def wrong_address_id(owner: Owner) -> int:
    visit = owner.visit()
    return owner.within(lambda: wrong_addresses.say(visit, "left", "Chieda ad Ada").id, as_debtor=True)  # type: ignore[no-any-return]


def promise_id(owner: Owner) -> int:
    """Open, of an invoice that is not late."""
    about, day = owner.invoice(), clock.today()

    def act() -> int:
        item = invoices.items_of_debtor(owner.account.debtor_id, about)[0]
        return promises.make(owner.account.debtor_id, [(item, item.open)], day, remind=True).id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def claim_id(owner: Owner) -> int:
    """Said to be paid today."""
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        items = invoices.items_of_debtor(visit.debtor_id, about)
        return already_paid.claim(visit, items, paid_on=clock.today(), reference="CRO1", words="By my bank").id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def dispute_id(owner: Owner) -> int:
    """Of a part of an invoice, with a photograph beside it."""
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        invoice = db.session().get_one(Invoice, about)
        said = disputes.Contested(dispute_reasons.reasons()["price"], "amount", Money(700, "EUR"), "Too dear")
        return disputes.raise_dispute(visit, invoice, said, evidence.checked([photo()])).id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def case_file_id(owner: Owner) -> int:
    """A photograph that the customer added to the case."""
    visit, about = owner.visit(), owner.id_of("case_id")

    def act() -> int:
        case_files.keep(visit, db.session().get_one(Case, about), evidence.checked([photo()]))
        return case_files.of(about)[0].id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def comment_id(owner: Owner) -> int:
    """What the owner wrote when they were asked how it went, among so many others that words may be read."""
    for number in range(LEAST_IN_PART - 1):
        other = make_account(
            SimpleNamespace(id=owner.creditor_id), f"HEARD{number}", vat_number=f"IT000777{number:05d}"
        )
        surveys.asked(other, 9)
    surveys.asked(owner.account, 3)
    return owner.within(lambda: db.session().scalars(select(Answer.id).order_by(Answer.id.desc()).limit(1)).one())  # type: ignore[no-any-return]


def instalment_id(owner: Owner) -> int:
    """The first instalment of the owner's plan."""
    plan = owner.id_of("plan_id")
    return owner.within(lambda: plan_queries.instalments(plan)[0].id)


def plan_id(owner: Owner) -> int:
    """Accepted, with its papers."""
    visit, about = owner.visit(), owner.account.add_invoice(f"P{owner.account.debtor_id % 10_000}", "400.00")

    def act() -> int:
        debtor = db.session().get_one(Debtor, owner.account.debtor_id)
        room = plans.room(debtor, invoices.items_of_debtor(debtor.id, about))
        plan = plans.offer(debtor, room, room.choices()[0], visit_id=visit.id)
        proof = step_up.begin(visit, contacts.ACTION, contacts.Change(email="a@bianchi.example").as_kept(), "it")
        accepting.accept(plan, acknowledged=False, step_up_id=proof.id, terms_sha256=proof.terms_sha256)
        return plan.id

    made: int = owner.within(act, as_debtor=True)
    owner.within(lambda: papers.keep(made))
    return made


def notice_id(owner: Owner) -> int:
    visit, about = owner.visit(), owner.invoice()

    def act() -> int:
        return payments.announce_transfer(visit, invoices.items_of_debtor(visit.debtor_id, about)).id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def attempt_id(owner: Owner, visit: Current | None = None) -> int:
    visit, about = visit or owner.visit(), owner.invoice()

    def act() -> int:
        lines = payable_now(invoices.items_of_debtor(visit.debtor_id, about)).payable_lines
        attempt = payments.open_attempt(visit, lines, "stripe", "it")
        assert attempt is not None
        return attempt.id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def visit_id(owner: Owner) -> int:
    return owner.visit().id


def message_id(owner: Owner) -> int:
    """As it was sent."""
    link = owner.link()

    def act() -> int:
        message = messages.plan(
            "new_link", debtor_id=owner.account.debtor_id, to_address="a@bianchi.example", language="it",
            link_id=link.id,
            contact_point_id=owner.account.contact_id, asked_for=True,
        )  # fmt: skip
        assert messages.begin_sending(message) is None
        messages.mark_sent(message, messages.AsSent("Subject", "Text", "<p>Text</p>", "0" * 64))
        return message.id

    return owner.within(act)  # type: ignore[no-any-return]


def batch_id(owner: Owner) -> int:
    return owner.within(lambda: imports.upload([("rows.csv", CSV)], ReadOptions(), None).id)  # type: ignore[no-any-return]


def staff_id(owner: Owner) -> int:
    return make_person(owner.creditor_id, Role.AGENT).staff_id


def invitation_id(owner: Owner) -> int:
    def act() -> int:
        staff = people.add_person(f"new.{ids.spell(owner.account.debtor_id)}@rossi.example")
        people.invite(staff, owner.creditor_id, Role.VIEWER)
        return db.session().scalars(select(Invitation.id).where(Invitation.staff_id == staff.id)).one()

    return owner.within(act)  # type: ignore[no-any-return]


def mandate_id(owner: Owner) -> int:
    """What an agency of theirs may see."""
    admin = make_person(owner.creditor_id, Role.ADMIN, email=f"mandate.{owner.account.debtor_id}@rossi.example")

    def act() -> int:
        agency = agencies.organisation("Agenzia Alfa", f"IT{owner.account.debtor_id % 10**11:011}")
        given = {
            "name": "Agenzia Alfa",
            "from_at": clock.now(),
            "until_at": None,
            "debtor_ids": [owner.account.debtor_id],
        }
        return agencies.give(agency, by=admin.staff_id, **given).id

    return owner.within(act)  # type: ignore[no-any-return]


def change_id(owner: Owner) -> int:
    """Another bank account that is asked for."""
    admin = make_person(owner.creditor_id, Role.ADMIN, email=f"account.{owner.account.debtor_id}@rossi.example")

    def act() -> int:
        creditor = creditors.by_id(owner.creditor_id)
        asked = {"iban": "DE89370400440532013000", "bic": None, "holder": "Rossi Impianti"}
        return account_changes.ask(creditor, by=admin.staff_id, **asked).id

    return owner.within(act)  # type: ignore[no-any-return]


def session_id(owner: Owner) -> int:
    """A place where the owner's clerk is signed in."""
    return owner.within(
        lambda: db.session().scalars(select(StaffSession.id).order_by(StaffSession.id.desc())).first()
    )  # type: ignore[no-any-return]


def connector_id(owner: Owner) -> int:
    """A way back into the owner's system."""
    return owner.within(lambda: sync.add("rest", url="https://erp.example/api").id)


def told_id(owner: Owner) -> int:
    """An invoice of which that system refused to be told."""
    way, about = owner.id_of("connector_id"), owner.invoice()

    def act() -> int:
        connector = sync_queries.connector(way, lock=True)
        assert connector is not None
        sync.mark(connector, {about: changes.last() + 1})
        told = sync_queries.known(way, [about])[about]
        sync.leave(connector, told, Reason.PERMANENT)
        return told.id

    return owner.within(act)


def endpoint_id(owner: Owner) -> int:
    return owner.within(lambda: webhooks.add_endpoint("https://erp.example.com/in").endpoint.id)  # type: ignore[no-any-return]


def delivery_id(owner: Owner) -> int:
    owner.id_of("endpoint_id")
    case_id(owner)  # a public event: it is owed to the endpoint
    newest = select(Delivery.id).order_by(Delivery.id.desc())
    found = owner.within(lambda: db.session().scalars(newest).first())
    assert found is not None, "nothing was owed to the endpoint"
    return int(found)


def overpayment_id(owner: Owner) -> int:
    def act() -> int:
        source, amount = ledger.Source("bank_movement", ids.new_id()), Money(700, "EUR")
        debtor_id = owner.account.debtor_id
        ledger.keep_as_credit(debtor_id, amount, account="bank", kind="payment", source=source,
                              value_on=clock.today())  # fmt: skip
        return overpayments.open_from(debtor_id, source, amount, came_by="bank").id

    return owner.within(act)  # type: ignore[no-any-return]


def refund_id(owner: Owner) -> int:
    """Asked for by a colleague, of a payment that has arrived."""
    paid = attempt_id(owner)

    def act() -> int:
        attempt = payment_queries.locked(paid)
        assert attempt is not None
        payments.learn(attempt, Seen(standing=Standing.SUCCEEDED, received=Money(attempt.amount_minor, "EUR")))
        return refunds.request(attempt, Money(100, "EUR"), by="staff:1", reason="Paid twice").id

    return owner.within(act)  # type: ignore[no-any-return]


def check_id(owner: Owner) -> int:
    """A day that differs by a cent."""

    def act() -> int:
        differs = reconciliation.Difference(ids.spell(ids.new_id()), 1, 0)
        compared = reconciliation.Compared("EUR", 1, 0, (differs,))
        return reconciliation.keep("stripe", "own", clock.today(), compared).id

    return owner.within(act)  # type: ignore[no-any-return]


def step_up_id(owner: Owner) -> int:
    """A change of contact data that waits for the creditor's people."""
    visit = owner.visit()

    def act() -> int:
        kept = contacts.Change(email="nuovo@bianchi.example").as_kept()
        row = step_up.begin(visit, contacts.ACTION, kept, "it")
        step_up.leave_to_staff(row, step_up.NO_CHANNEL)
        return row.id

    return owner.within(act, as_debtor=True)  # type: ignore[no-any-return]


def upload_id(owner: Owner) -> int:
    """A bank statement with one credit that waits for a person."""

    def upload() -> int:
        bank = BankDouble(IBAN)
        bank.credit(Money(1234, "EUR"), clock.today(), text="words without a reference", name="Somebody")
        return statement_batches.upload([("s.xml", bank.statement(clock.today()))], ReadOptions(), None).id

    made: int = owner.within(upload)
    owner.within(lambda: statement_batches.confirm(db.session().get_one(StatementBatch, made)))
    jobs.work_off()
    return made


def transfer_id(owner: Owner) -> int:
    """A bank transfer that has settled an invoice."""
    (item,) = owner.account.item_ids(owner.invoice())

    def upload() -> int:
        bank = BankDouble(IBAN, with_references=False)
        reference = db.session().scalars(select(DueItem.reference).where(DueItem.id == item)).one()
        bank.credit(Money(4000, "EUR"), clock.today(), reference=reference, end_to_end_id=reference)
        return statement_batches.upload([("t.xml", bank.statement(clock.today()))], ReadOptions(), None).id

    made: int = owner.within(upload)
    owner.within(lambda: statement_batches.confirm(db.session().get_one(StatementBatch, made)))
    jobs.work_off()
    booked = select(BankMovement.id).where(BankMovement.debtor_id == owner.account.debtor_id)
    return owner.within(lambda: db.session().scalars(booked).one())  # type: ignore[no-any-return]


def _of_statement(model: type[Any]) -> Callable[[Owner], int]:
    """The id of the newest row of `model` that the statement brought."""

    def found(owner: Owner) -> int:
        owner.id_of("upload_id")
        newest = select(model.id).order_by(model.id.desc()).limit(1)
        return owner.within(lambda: db.session().scalars(newest).one())  # type: ignore[no-any-return]

    return found


def alert_id(owner: Owner) -> int:
    """Over a line of nothing."""
    owner.invoice()

    def act() -> int:
        credit_lines.set_line(owner.account.debtor_id, 0, "EUR", words="-", by=1)
        found = select(CreditAlert.id).where(CreditAlert.debtor_id == owner.account.debtor_id, CreditAlert.is_open)
        return db.session().scalars(found.limit(1)).one()

    return owner.within(act)  # type: ignore[no-any-return]


def goal_id(owner: Owner) -> int:
    """One on what is open today, which every creditor has a figure for."""

    def make() -> int:
        today = clock.today()
        begins = goals.standing("exposure", "EUR", today, "Europe/Rome")
        until = today + timedelta(days=90)
        return goals.set_goal("exposure", "EUR", begins, -1, until, today=today, by=None).id

    return owner.within(make)


def month_paper_id(owner: Owner) -> int:
    """Of last month, once there was something to say of it."""

    def find() -> int | None:
        return db.session().scalar(select(MonthPaper.id))

    if owner.within(find) is None:
        owner.account.add_invoice("MONTH", issued_days_ago=40)
        first = clock.today().replace(day=1)
        owner.within(lambda: months.see_to(month_rules.month_before(first), "Europe/Rome"))
    return owner.within(find)  # type: ignore[no-any-return]


def api_key_id(owner: Owner) -> int:
    """For reading alone: it opens nothing that the matrix asks for."""
    return owner.within(lambda: api_keys.make("ERP", ["read"], by=owner.id_of("staff_id")).key.id)  # type: ignore[no-any-return]


def elsewhere_payment_id(owner: Owner) -> int:
    """A part of an invoice, paid at the counter."""
    about = owner.invoice()

    def act() -> int:
        told = elsewhere.Told("counter-1", Money(500, "EUR"), clock.today())
        return elsewhere.book(db.session().get_one(Invoice, about), told)[0].id

    return owner.within(act)  # type: ignore[no-any-return]


MAKERS: dict[str, Callable[[Owner], int]] = {
    "api_key_id": api_key_id,
    "elsewhere_payment_id": elsewhere_payment_id,
    "alert_id": alert_id,
    "call_id": call_id,
    "call_case_id": call_case_id,
    "case_id": case_id,
    "answer_id": answer_id,
    "attempt_id": attempt_id,
    "batch_id": batch_id,
    "change_id": change_id,
    "check_id": check_id,
    "claim_id": claim_id,
    "comment_id": comment_id,
    "contact_id": lambda owner: owner.account.contact_id,
    "creditor_id": lambda owner: owner.creditor_id,
    "debtor_id": lambda owner: owner.account.debtor_id,
    "delivery_id": delivery_id,
    "dispute_id": dispute_id,
    "connector_id": connector_id,
    "told_id": told_id,
    "endpoint_id": endpoint_id,
    "case_file_id": case_file_id,
    "erasure_id": lambda owner: owner.within(
        lambda: privacy.ask(owner.account.debtor_id, "courtesy", "asked", by="staff:1").id
    ),
    "goal_id": goal_id,
    "invitation_id": invitation_id,
    "invoice_id": invoice_id,
    "item_id": lambda owner: owner.account.item_ids(owner.invoice())[0],
    "link_id": lambda owner: owner.link().id,
    "mandate_id": mandate_id,
    "letter_batch_id": letter_batch_id,
    "letter_id": letter_id,
    "message_id": message_id,
    "month_paper_id": month_paper_id,
    "movement_id": _of_statement(BankMovement),
    "notice_id": notice_id,
    "overpayment_id": overpayment_id,
    "instalment_id": instalment_id,
    "plan_id": plan_id,
    "promise_id": promise_id,
    "refund_id": refund_id,
    "rest_id": rest_id,
    "silence_id": silence_id,
    "session_id": session_id,
    "staff_id": staff_id,
    "statement_id": _of_statement(BankStatement),
    "step_up_id": step_up_id,
    "transfer_id": transfer_id,
    "wrong_address_id": wrong_address_id,
    "text_id": lambda owner: owner.within(lambda: policies.keep_text("it", "A text", "Words of their own").id),
    "upload_id": upload_id,
    "visit_id": visit_id,
}

# What an address may name besides ids: one of each that exists.
WORDS: dict[str, str] = {
    "code": "en",
    "colour": "a1b2c3",
    "filename": "portal.css",
    "place": "caring-email-business-it",
}
