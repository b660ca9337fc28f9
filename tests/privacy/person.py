"""A customer who does everything there is to do; their words are such that they are found wherever they stand."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db, ids, jobs, scope
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors.models import ContactPoint
from portal.invoices import queries as invoices
from portal.invoices.actions import settle_item
from portal.ledger.accounts import BANK
from portal.ledger.actions import Source
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor, today_plus
from tests.imports.uploads import bring_in, table

CODE = "K-77001"
NAME = "Mariangela Quattrocchi"
TAX_CODE = "QTTMNG80A41H501X"
EMAIL = "mariangela.quattrocchi@posta.example"
OTHER_EMAIL = "zia.nuova@posta.example"
MOBILE = "+393331239876"
PAYER_IBAN = "IT28W8000000292100645211151"
WORDS = "Il gatto Zefirino ha mangiato la ricevuta"
QUESTION = "Posso parlare con Ermenegildo della scala C?"
REPLY = "Ermenegildo la richiama domani"
# What must stand nowhere once they are erased, and never in a log.
TRACES = (
    NAME, "Quattrocchi", "quattrocchi", TAX_CODE, EMAIL, OTHER_EMAIL, MOBILE, "3331239876", PAYER_IBAN, "Zefirino",
    "Ermenegildo", CODE,
)  # fmt: skip

HEAD = "Numero;Data;Scadenza;Importo;Valuta;Codice cliente;Cliente;Codice fiscale;Email"


@dataclass
class Person:
    """Mariangela, a consumer of Rossi's, and the colleague who sees to her."""

    app: PortalFlask
    creditor: Creditor
    account: Account
    clerk: Browser
    link: str = ""
    tokens: list[str] = field(default_factory=list)

    @property
    def debtor_id(self) -> int:
        return self.account.debtor_id

    def browser(self) -> Debtor:
        browser = Debtor(self.app)
        browser.get("/language/en", follow=False)
        return browser

    def new_link(self) -> str:
        self.link = self.account.link()
        self.tokens.append(self.link.rpartition("/")[2])
        return self.link

    def settle(self) -> None:
        """Everything open is paid by transfer."""
        with db.transaction():
            scope.enter(self.creditor.id)
            for item in invoices.items_of_debtor(self.debtor_id):
                source = Source("test", ids.new_id())
                settle_item(item, item.open, account=BANK, kind="transfer", source=source, value_on=clock.today())


def make_person(app: PortalFlask) -> Person:
    """Rossi's customer with one invoice from a file that somebody imported, and another customer beside her."""
    creditor = make_creditor()
    account = make_account(
        creditor, code=CODE, name=NAME, kind="consumer", vat_number=None, tax_code=TAX_CODE, email=EMAIL
    )
    make_account(creditor, code="0043", vat_number="IT98765432109", name="Verdi Serramenti S.r.l.")
    with db.transaction():
        scope.enter(creditor.id)
        debtors.add_contact(account.debtor_id, "mobile", MOBILE, source="creditor")
    clerk = signed_in(app, creditor)
    person = Person(app, creditor, account, clerk)
    row = f"7/26;{today_plus(-20)};{today_plus(12)};80,00;EUR;{CODE};{NAME};{TAX_CODE};{EMAIL}"
    bad = f"8/26;{today_plus(-20)};nessuna {NAME};80,00;EUR;{CODE};{NAME};{TAX_CODE};{EMAIL}"
    bring_in(clerk, ("clienti.csv", table(row, bad, head=HEAD)))
    account.add_invoice()
    return person


def says_everything(person: Person, while_inside: Callable[[Debtor], None] | None = None) -> None:
    """Link, a wrong fact, the right one, an answer in words, a question, a transfer announced, a wrong address."""
    browser = person.browser()
    browser.get(person.new_link())
    browser.submit("/gate", fact="ZZ99")
    browser.submit("/gate", fact=person.account.fact)
    assert browser.path == "/d/", browser.text[:2000]
    invoice = ids.spell(person.account.invoice_ids[0])
    browser.get(f"/d/invoices/{invoice}/receipt")
    browser.submit("/receipt", answer="wrong", category="other", words=WORDS)
    assert browser.status == 200, browser.text[:2000]
    browser.get("/d/help")
    browser.submit("/d/help", question=f"{QUESTION} {MOBILE}")
    assert browser.status == 200, browser.text[:2000]
    browser.get("/d/pay/transfer")
    notice = next(form for form in re.findall(r'action="([^"]+)"', browser.text) if "transfer" in form)
    browser.submit(notice)
    jobs.work_off()
    if while_inside is not None:
        while_inside(browser)
    jobs.work_off()


def open_question(person: Person) -> None:
    """The colleague has the customer's question before them."""
    with db.transaction(writes=False) as session:
        scope.enter(person.account.creditor_id)
        asked = select(Case.id).where(Case.debtor_id == person.debtor_id, Case.kind == kinds.QUESTION)
        case_id = session.scalars(asked.order_by(Case.id.desc())).first()
    assert case_id is not None
    person.clerk.get(f"/c/cases/{ids.spell(case_id)}")


def answers(person: Person) -> None:
    """The colleague answers the question, and corrects the address."""
    open_question(person)
    person.clerk.submit("/answer", words=REPLY)
    assert person.clerk.status == 200, person.clerk.text[:2000]
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(person.account.creditor_id)
        mails = select(ContactPoint.id).where(
            ContactPoint.debtor_id == person.debtor_id,
            ContactPoint.channel == "email",
            ContactPoint.stopped_at.is_(None),
        )
        mail_id = session.scalars(mails.order_by(ContactPoint.id.desc())).first()
    person.clerk.get(f"/c/debtors/{ids.spell(person.debtor_id)}")
    person.clerk.submit(f"/contacts/{ids.spell(mail_id)}/correct", address=OTHER_EMAIL)
    assert person.clerk.status == 200, person.clerk.text[:2000]
    jobs.work_off()
