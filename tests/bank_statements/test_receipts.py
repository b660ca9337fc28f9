"""The receipt of a bank transfer: on the page, as a PDF, within the visit alone (journey 2, rule A-09)."""

from datetime import timedelta
from pathlib import Path

import pytest

from portal.bank_statements import queries, returning
from portal.core import db, ids, scope
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.account_papers.reading import text_of
from tests.actors import Debtor
from tests.bank_statements.world import Treasury, euro, make_treasury
from tests.factories.world import make_account


@pytest.fixture
def treasury(app: PortalFlask, tmp_path: Path) -> Treasury:
    folder = tmp_path / "statements"
    folder.mkdir()
    return make_treasury(folder, language="en")


def visitor(app: PortalFlask, url: str, fact: str) -> Debtor:
    debtor = Debtor(app)
    debtor.get("/language/en", follow=False)
    debtor.enter(url, fact)
    return debtor


@pytest.fixture
def payer(app: PortalFlask, treasury: Treasury) -> Debtor:
    treasury.due("40.00", "7/2026")
    return visitor(app, treasury.account.link(), treasury.account.fact)


def arrived(treasury: Treasury, amount: str, *items: int) -> str:
    """A transfer that names these due items; the address of its page."""
    text = " ".join(treasury.reference(item) for item in items)
    treasury.bank.credit(euro(amount), treasury.day, text=text)
    treasury.bring(treasury.bank.statement(treasury.day))
    return f"/d/transfers/arrived/{ids.spell(treasury.movements()[-1].id)}"


def test_the_first_page_leads_to_it_and_it_says_what_was_paid(treasury: Treasury, payer: Debtor) -> None:
    items = treasury.due("100.00", "1/2026"), treasury.due("50.00", "2/2026", due_in=40)
    page = arrived(treasury, "150.00", *items)
    assert f'href="{page}"' in payer.get("/d/").text, "from the list of what happened"
    shown = payer.get(page)
    assert (shown.status_code, "Paid. Thank you" in shown.text) == (200, True)
    assert f'href="{page}/receipt.pdf"' in shown.text
    answer = payer.get(f"{page}/receipt.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert "no-store" in answer.headers["Cache-Control"]
    text = text_of(answer.data)
    for piece in ("Payment receipt", "Rossi Impianti", "Bianchi", "Bank transfer", "Invoice 1/2026", "€100.00",
                  "Invoice 2/2026", "€50.00", "Paid in all", "€150.00"):  # fmt: skip
        assert piece in text, piece
    assert payer.get(f"{page}/receipt.pdf").data == answer.data, "the same facts give the same bytes"


def test_a_link_that_is_settled_leads_to_it_too(treasury: Treasury, app: PortalFlask) -> None:
    item = treasury.due("100.00", "1/2026")
    other = treasury.due("100.00", "2/2026")
    page, foreign = arrived(treasury, "100.00", item), arrived(treasury, "100.00", other)
    url = treasury.account.link(invoice_id=treasury.account.invoice_ids[0])
    reader = visitor(app, url, treasury.account.fact)
    assert "is settled" in reader.page.text
    assert f'href="{page}"' in reader.page.text
    assert reader.get(f"{page}/receipt.pdf").status_code == 200
    assert foreign not in reader.get("/d/").text
    for path in (foreign, f"{foreign}/receipt.pdf"):
        assert reader.get(path).status_code == 404, "the link is about one document"


def test_one_over_two_documents_is_not_for_the_link_of_one(treasury: Treasury, app: PortalFlask) -> None:
    page = arrived(treasury, "200.00", treasury.due("100.00", "1"), treasury.due("100.00", "2"))
    url = treasury.account.link(invoice_id=treasury.account.invoice_ids[0])
    assert visitor(app, url, treasury.account.fact).get(f"{page}/receipt.pdf").status_code == 404


def test_it_is_nobody_elses(treasury: Treasury, app: PortalFlask) -> None:
    page = arrived(treasury, "100.00", treasury.due("100.00", "1/2026"))
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        creditor = creditors.by_id(treasury.creditor_id)
    other = make_account(creditor, "0043", vat_number="IT07643520567")
    other.add_invoice("9/2026")
    stranger = visitor(app, other.link(), other.fact)
    paper = visitor(
        app, treasury.account.link(purpose=links.QR, invoice_id=treasury.account.invoice_ids[0]), "1/2026"
    )
    for path in (page, f"{page}/receipt.pdf"):
        assert stranger.get(path).status_code == 404
        assert paper.get(path).status_code == 404, "the paper's code shows no history (decision 5)"
        assert Debtor(app).get(path).status_code != 200


def test_what_waits_for_a_colleague_has_none(treasury: Treasury, payer: Debtor) -> None:
    page = arrived(treasury, "3.00")
    assert payer.get(page).status_code == 404


@pytest.mark.parametrize("language", ["it", "en"])
def test_it_speaks_the_visits_language(treasury: Treasury, payer: Debtor, language: str) -> None:
    page = arrived(treasury, "100.00", treasury.due("100.00", "1/2026"))
    payer.get(f"/language/{language}", follow=False)
    answer = payer.get(f"{page}/receipt.pdf")
    text = text_of(answer.data)
    assert ("Ricevuta di pagamento" if language == "it" else "Payment receipt") in text
    assert ("Bonifico" if language == "it" else "Bank transfer") in text
    assert ("ricevuta-" if language == "it" else "receipt-") in answer.headers["Content-Disposition"]


def test_what_was_too_much_is_said_to_be_kept(treasury: Treasury, payer: Debtor) -> None:
    page = arrived(treasury, "130.00", treasury.due("100.00", "1/2026"))
    assert "Part of it was no longer open" in payer.get(page).text
    text = text_of(payer.get(f"{page}/receipt.pdf").data)
    assert "Kept as your credit" in text
    assert "€30.00" in text
    assert "€130.00" in text


def test_a_transfer_that_was_taken_back_has_none_any_more(treasury: Treasury, payer: Debtor) -> None:
    page = arrived(treasury, "100.00", treasury.due("100.00", "1/2026"))
    later = treasury.day + timedelta(days=1)
    treasury.bank.return_(treasury.bank.booked[0], later)
    treasury.bring(treasury.bank.statement(later))
    shown = payer.get(page)
    assert (shown.status_code, "was taken back" in shown.text, "receipt.pdf" in shown.text) == (200, True, False)
    assert payer.get(f"{page}/receipt.pdf").status_code == 404


def test_what_went_back_in_part_is_on_it(treasury: Treasury, payer: Debtor) -> None:
    page = arrived(treasury, "100.00", treasury.due("100.00", "1/2026"))
    before = payer.get(f"{page}/receipt.pdf").data
    later = treasury.day + timedelta(days=1)
    treasury.bank.return_(treasury.bank.booked[0], later)
    treasury.bring(treasury.bank.statement(later).replace(b">100.00<", b">97.00<"))
    with db.transaction():
        scope.enter(treasury.creditor_id)
        original, debit = (queries.locked(one.id) for one in treasury.movements())
        assert original is not None
        assert debit is not None
        returning.accept(debit, original)
    assert "took a part of it back" in payer.get(page).text
    answer = payer.get(f"{page}/receipt.pdf").data
    assert answer != before
    assert "Stays paid" in text_of(answer)
    assert "€3.00" in text_of(answer)


def test_the_mail_leads_to_it(treasury: Treasury, app: PortalFlask) -> None:
    arrived(treasury, "100.00", treasury.due("100.00", "1/2026"))
    with db.transaction(writes=False) as session:
        scope.enter(treasury.creditor_id)
        (mail,) = session.query(Message).all()
        assert (mail.key, mail.link_id is not None) == ("transfer_received", True)
        url = links.address(mail.link_id or 0, links.PORTAL)
    reader = visitor(app, url, treasury.account.fact)
    assert "/d/transfers/arrived/" in reader.page.text
