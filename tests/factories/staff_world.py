"""Creditors with a debtor who did things, so that every page of the staff's side has rows, and rows to hide."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.cases.models import Case
from portal.core import db, ids, scope
from portal.creditors.models import Creditor
from portal.debtors.models import AccessLink, Visit
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account, make_creditor

HOSTILE = "<script>alert('x')</script> \"'><img src=x onerror=alert(1)> {{ 7*7 }} %(number)s"


@dataclass
class Busy:
    """A debtor who opened a link, asked something and said that something is wrong."""

    creditor: Creditor
    account: Account
    invoice_id: int
    browser: Debtor
    question_id: int = 0
    link_id: int = 0
    visit_id: int = 0

    @property
    def card(self) -> str:
        return f"/c/debtors/{ids.spell(self.account.debtor_id)}"

    @property
    def case(self) -> str:
        """The page of what they asked."""
        return f"/c/cases/{ids.spell(self.question_id)}"

    @property
    def invoice(self) -> str:
        return f"/c/invoices/{ids.spell(self.invoice_id)}"

    def answer(self, **typed: str) -> None:
        """Answers about receipt of the invoice."""
        self.browser.get(f"/d/invoices/{ids.spell(self.invoice_id)}/receipt")
        self.browser.submit("/receipt", **typed)
        assert self.browser.status == 200, self.browser.text

    def ask(self, words: str) -> None:
        self.browser.get("/d/help")
        self.browser.submit("/d/help", question=words)
        assert self.browser.status == 200, self.browser.text


def make_busy(app: PortalFlask, slug: str = "rossi", *, words: str = "Quando arriva?", **values: str) -> Busy:
    """A creditor called `slug` with one such debtor."""
    creditor = make_creditor(slug, display_name=values.pop("display_name", slug.title()))
    account = make_account(creditor, **values)
    invoice_id = account.add_invoice()
    browser = Debtor(app)
    browser.get(account.link(invoice_id=invoice_id))
    browser.submit("/gate", fact=account.fact)
    assert browser.path == "/d/", browser.text
    busy = Busy(creditor, account, invoice_id, browser)
    busy.ask(words)
    busy.answer(answer="wrong", category="amount", words=words)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        busy.question_id = session.scalars(select(Case.id).where(Case.kind == "question")).one()
        busy.link_id = session.scalars(select(AccessLink.id)).one()
        busy.visit_id = session.scalars(select(Visit.id)).one()
    return busy


def messages_of(creditor_id: int) -> list[Message]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        return list(session.scalars(select(Message).order_by(Message.id)))
