"""The demo's world is believable on any day: everybody is invented and valid, every situation occurs."""

from collections import Counter
from datetime import date, timedelta

import phonenumbers
import pytest
from stdnum import iban
from stdnum.ch import uid
from stdnum.it import codicefiscale, iva

from portal.demo.company import CREDITOR, World, world
from portal.demo.identifiers import personal_tax_code
from portal.demo.invoices import Invoice
from portal.demo.people import CAST, Kind

DAYS = [date(2026, 11, 21), date(2027, 1, 1), date(2027, 8, 15), date(2028, 2, 29), date(2028, 12, 31)]


@pytest.fixture(params=DAYS, ids=str, scope="module")
def made(request: pytest.FixtureRequest) -> World:
    return world(request.param)


def open_items(made: World, first: int, last: int) -> list[tuple[Invoice, date]]:
    """Unpaid due items between `first` and `last` days from today."""
    return [
        (invoice, item.due_on)
        for invoice in made.invoices
        for item in invoice.due_items
        if item.settled_on is None and first <= (item.due_on - made.today).days <= last
    ]


def test_the_same_day_and_seed_give_the_same_world():
    assert world(DAYS[0], 7) == world(DAYS[0], 7)
    assert world(DAYS[0], 7) != world(DAYS[0], 8)
    assert world(DAYS[0], 7) != world(DAYS[1], 7)


def test_the_creditor_can_be_paid():
    assert iva.is_valid(CREDITOR.vat_number)
    assert iban.is_valid(CREDITOR.iban)
    assert CREDITOR.legal_name == CREDITOR.account_holder
    assert CREDITOR.email.endswith(".example")


def test_every_number_of_everybody_is_valid_and_nobodys(made):
    for debtor in made.debtors:
        if debtor.kind is Kind.FOREIGN:
            assert uid.is_valid(debtor.vat_number)
            continue
        assert debtor.vat_number is None or iva.is_valid(debtor.vat_number)
        assert codicefiscale.is_valid(debtor.tax_code)
        # Registration numbers of 99… and birthplaces of …999 have never been given out.
        assert debtor.vat_number is None or debtor.vat_number.startswith("99")
        assert debtor.tax_code.startswith("99") or debtor.tax_code[12:15] == "999"
    for kind in ("code", "vat_number", "tax_code", "email"):
        known = [getattr(debtor, kind) for debtor in made.debtors if getattr(debtor, kind)]
        assert len(known) == len(set(known))


def test_nobody_can_be_reached_outside(made):
    for debtor in made.debtors:
        domain = (debtor.email or "@x.example").split("@")[1]
        assert domain in {"example.com", "example.org", "example.net"} or domain.endswith(".example")
        if debtor.phone:
            assert debtor.phone.startswith(("+39399555", "+39039000"))
            assert phonenumbers.is_possible_number(phonenumbers.parse(debtor.phone))


def test_tax_codes_follow_the_published_examples():
    """Letters of the examples that every description of D.M. 23/12/1976 gives."""
    assert personal_tax_code("Rossi", "Mario", date(1980, 1, 1), "M").startswith("RSSMRA80A01M999")
    assert personal_tax_code("Fo", "Dario", date(1926, 3, 24), "M").startswith("FOXDRA26C24")
    assert personal_tax_code("Redaelli", "Niccolò", date(1997, 9, 9), "M").startswith("RDLNCL97P09")
    assert personal_tax_code("O'Connor", "Gianfranca", date(1981, 12, 5), "F").startswith("CNNGFR81T45")


def test_the_people_of_the_story_are_there(made):
    assert 40 <= len(made.debtors) <= 45
    consumers = [debtor for debtor in made.debtors if debtor.consumer]
    assert len(consumers) == 14
    assert sum(debtor.language == "en" for debtor in consumers) == 3
    assert {debtor.kind for debtor in made.debtors} == set(Kind)
    for part in CAST:
        assert made.debtor(part).code == CAST[part]
    born = made.debtor("elderly").born
    today = made.today
    assert today.year - born.year - ((today.month, today.day) < (born.month, born.day)) == 78
    assert made.debtor("english").language == "en"
    assert made.debtor("no_email").email is None
    with pytest.raises(KeyError):
        made.debtor("nobody")


def test_every_situation_occurs(made):
    invoices = made.invoices
    assert 140 <= len(invoices) <= 160
    assert len({(invoice.number, invoice.debtor.code) for invoice in invoices}) == len(invoices)
    assert len(open_items(made, 1, 10)) >= 20
    assert len(open_items(made, 0, 0)) >= 3
    assert len(open_items(made, 11, 90)) >= 20
    assert len(open_items(made, -150, -3)) >= 20
    assert min(due for _, due in open_items(made, -150, -1)) == made.today - timedelta(days=150)
    paid = [item for invoice in invoices for item in invoice.due_items if item.settled_on]
    assert sum(item.settled_on <= item.due_on for item in paid) >= 12
    assert sum(item.settled_on > item.due_on for item in paid) >= 12
    assert sum(len(invoice.due_items) == 3 for invoice in invoices) == 4
    assert sum(invoice.credit_note for invoice in invoices) == 4
    assert sum(invoice.disputed for invoice in invoices) == 1
    assert any(invoice.withholding and invoice.open for invoice in invoices)
    assert any(invoice.vat.payability == "S" for invoice in invoices)
    assert any(invoice.vat.nature == "N6.7" for invoice in invoices)
    assert {invoice.currency for invoice in invoices} == {"EUR", "CHF"}
    assert len(made.part_payments) == 4


def test_the_cast_has_what_its_story_needs(made):
    caring = {invoice.debtor.code for invoice, _ in open_items(made, 1, 10)}
    for part in ("caring", "elderly", "english", "clerk", "split_payment", "condominium"):
        assert CAST[part] in caring, part
    late = {invoice.debtor.code for invoice, _ in open_items(made, -150, -1)}
    for part in ("late", "part_paid", "no_email", "english", "disputed", "clerk"):
        assert CAST[part] in late, part
    open_by_debtor = Counter(invoice.debtor.code for invoice in made.invoices if invoice.open)
    assert open_by_debtor[CAST["clerk"]] == 40


def test_amounts_are_those_of_such_a_company(made):
    for invoice in made.invoices:
        assert invoice.taxable + invoice.tax == invoice.total
        assert 5_00 <= invoice.total.minor <= 24_400_00
        if invoice.credit_note:
            assert not invoice.due_items
        else:
            assert sum(item.amount.minor for item in invoice.due_items) == invoice.payable.minor
            assert all(item.amount.minor > 0 for item in invoice.due_items)
    assert any(invoice.total.minor == 24_000_00 for invoice in made.invoices)
    assert any(invoice.total.minor == 30_00 for invoice in made.invoices)


def test_what_the_customer_keeps_back_is_not_payable(made):
    (split, *_) = [invoice for invoice in made.invoices if invoice.vat.payability == "S"]
    assert split.payable == split.taxable
    (withheld, *_) = [invoice for invoice in made.invoices if invoice.withholding]
    assert withheld.payable == withheld.total - withheld.withholding
    assert withheld.withholding.minor == (withheld.taxable.minor * 4 + 50) // 100


def test_dates_and_numbers_run_forward(made):
    by_number: dict[tuple[bool, int], list[int]] = {}
    for invoice in made.invoices:
        assert invoice.issued_on <= made.today
        assert invoice.issued_on.weekday() < 5
        for item in invoice.due_items:
            assert invoice.issued_on <= item.due_on
            assert item.settled_on is None or invoice.issued_on <= item.settled_on <= made.today
        counter, year = invoice.number.removeprefix("NC ").split("/")
        assert int(year) == invoice.issued_on.year
        by_number.setdefault((invoice.credit_note, int(year)), []).append(int(counter))
    for numbers in by_number.values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_credit_notes_and_part_payments_fit_what_they_lower(made):
    by_number = {invoice.number: invoice for invoice in made.invoices}
    notes = [invoice for invoice in made.invoices if invoice.credit_note]
    assert len({note.credits for note in notes}) == len(notes)
    for note in notes:
        credited = by_number[note.credits]
        assert credited.debtor == note.debtor
        assert credited.open
        assert credited.issued_on <= note.issued_on
        assert note.payable <= credited.payable
    for part in made.part_payments:
        invoice = by_number[part.number]
        (item,) = [item for item in invoice.due_items if item.due_on == part.due_on]
        assert item.settled_on is None
        assert 0 < part.amount.minor < item.amount.minor
        assert invoice.issued_on <= part.paid_on <= made.today
