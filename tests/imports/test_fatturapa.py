"""What is due on a FatturaPA document: payment block, totals, what is kept back, kinds and signs."""

from datetime import date

import pytest

from tests.imports.files import detail, due, fattura, invoice, paid_by, summarised, warned, xml

BODY = "/FatturaElettronica/FatturaElettronicaBody"
GENERAL = f"{BODY}/DatiGenerali/DatiGeneraliDocumento"
S = "<EsigibilitaIVA>S</EsigibilitaIVA>"


def withheld(amount: str) -> str:
    return f"<DatiRitenuta><ImportoRitenuta>{amount}</ImportoRitenuta></DatiRitenuta>"


def total(amount: str) -> str:
    return f"<ImportoTotaleDocumento>{amount}</ImportoTotaleDocumento>"


def test_several_bodies_with_instalments_and_a_credit_note() -> None:
    found = xml(fattura())
    bill, credit = found.documents
    assert (bill.number, bill.kind, bill.issued_on, bill.total.minor) == (
        "2026/101",
        "invoice",
        date(2026, 3, 2),
        122000,
    )
    assert due(bill) == [("2026-04-30", 61000), ("2026-05-31", 61000)]
    assert {item.iban for item in bill.due_items} == {"IT60X0542811101000000123456"}
    assert bill.warnings == ()
    assert (credit.kind, credit.total.minor, credit.related) == ("credit_note", 12200, ("2026/101",))
    assert warned(credit) == {"due_date_assumed"}
    assert str(credit.where) == f"{BODY}[2]"
    debtor = bill.debtor
    assert (debtor.name, debtor.vat_number, debtor.tax_code, debtor.country, debtor.postcode, debtor.kind) == (
        "Officine Brenta s.r.l.", "07973780013", "07973780013", "IT", "35121", "business",
    )  # fmt: skip
    assert debtor.email == "brenta@pec.example"
    assert bill.seller is not None
    assert (bill.seller.name, bill.seller.vat_number) == ("Fonderia Esempio s.r.l.", "00743110157")


def test_without_a_payment_block_the_total_is_due_after_the_usual_terms() -> None:
    document = xml(invoice(total("1220.00")), default_terms_days=60).one
    assert due(document) == [("2026-05-01", 122000)]
    assert [(w.code, str(w.where)) for w in document.warnings] == [("due_date_assumed", f"{BODY}/DatiPagamento")]


@pytest.mark.parametrize(
    ("general", "summary", "stated", "payable", "mismatch"),
    [
        ("", "", 122000, 122000, False),
        (total("1220.00"), "", 122000, 122000, False),
        (total("1220.00") + withheld("200.00"), "", 122000, 102000, False),
        (withheld("200.00") + withheld("40.00"), "", 122000, 98000, False),
        (total("1220.00"), summarised("1000.00", "220.00", S), 122000, 100000, False),
        (withheld("200.00"), summarised("1000.00", "220.00", S), 122000, 80000, False),
        ("", summarised("1000.00", "220.00", S) + summarised("100.00", "22.00"), 134200, 112200, False),
        ("<Arrotondamento>0.04</Arrotondamento>", summarised("999.96", "220.00"), 122000, 122000, False),
        (
            total("1220.00") + "<Arrotondamento>0.04</Arrotondamento>",
            summarised("999.96", "220.00"),
            122000,
            122000,
            False,
        ),
        (total("1020.00") + withheld("200.00"), "", 102000, 102000, True),
        (total("1000.00"), summarised("1000.00", "220.00", S), 100000, 100000, True),
        (total("1222.00"), "", 122200, 122200, True),
        (total("1222.00") + withheld("200.00"), "", 122200, 102200, True),
    ],
)
def test_what_the_customer_keeps_back_is_not_due(
    general: str, summary: str, stated: int, payable: int, mismatch: bool
) -> None:
    document = xml(invoice(general, summary)).one
    assert (document.total.minor, [amount for _, amount in due(document)]) == (stated, [payable])
    assert ("total_mismatch" in warned(document)) is mismatch


def test_the_payment_block_counts_before_any_total() -> None:
    document = xml(invoice(total("1220.00"), payment=paid_by(detail("900.00", "2026-04-30")))).one
    assert (document.total.minor, due(document)) == (122000, [("2026-04-30", 90000)])
    assert warned(document) == {"payments_differ"}
    net = xml(invoice(total("1220.00") + withheld("200.00"), payment=paid_by(detail("1020.00", "2026-04-30")))).one
    assert due(net) == [("2026-04-30", 102000)]
    assert net.warnings == ()


REFERENCE = "<DataRiferimentoTerminiPagamento>2026-03-10</DataRiferimentoTerminiPagamento>"
DAYS = "<GiorniTerminiPagamento>60</GiorniTerminiPagamento>"


@pytest.mark.parametrize(
    ("more", "due_on", "assumed"),
    [
        (REFERENCE + DAYS, "2026-05-09", False),
        (DAYS, "2026-05-01", True),
        (REFERENCE, "2026-04-01", True),
        ("", "2026-04-01", True),
    ],
)
def test_a_due_date_said_in_days(more: str, due_on: str, assumed: bool) -> None:
    document = xml(invoice(payment=paid_by(detail("1220.00", more=more)))).one
    assert due(document) == [(due_on, 122000)]
    assert ("due_date_assumed" in warned(document)) is assumed


def test_instalments_of_several_blocks_are_ordered_and_added_by_day_and_account() -> None:
    iban = "<IBAN>IT60X0542811101000000123456</IBAN>"
    document = xml(
        invoice(
            payment=paid_by(detail("320.00", "2026-05-31"), detail("300.00", "2026-04-30", iban))
            + paid_by(detail("500.00", "2026-04-30", iban), detail("100.00", "2026-04-30"))
        )
    ).one
    assert [(i.due_on.isoformat(), i.amount.minor, bool(i.iban)) for i in document.due_items] == [
        ("2026-04-30", 80000, True),
        ("2026-04-30", 10000, False),
        ("2026-05-31", 32000, False),
    ]
    assert document.warnings == ()


def test_complete_payment_named_for_two_accounts_is_due_once() -> None:
    both = detail("1220.00", "2026-04-30"), detail("1220.00", "2026-04-30", method="MP01")
    document = xml(invoice(payment=paid_by(*both, terms="TP02"))).one
    assert due(document) == [("2026-04-30", 122000)]
    assert warned(document) == {"alternative_payments"}
    halves = detail("610.00", "2026-04-30"), detail("610.00", "2026-04-30", method="MP01")
    assert due(xml(invoice(payment=paid_by(*halves, terms="TP02"))).one) == [("2026-04-30", 122000)]


def test_minus_amounts_lower_their_own_day_and_no_other() -> None:
    same = paid_by(detail("1220.00", "2026-04-30"), detail("-220.00", "2026-04-30", method="MP22"))
    document = xml(invoice(payment=same)).one
    assert due(document) == [("2026-04-30", 100000)]
    assert warned(document) == {"payments_differ", "perhaps_settled"}
    other = paid_by(detail("1220.00", "2026-04-30"), detail("-220.00", "2026-05-31"))
    assert [code for code, _ in xml(invoice(payment=other)).refused] == ["mixed_signs"]


@pytest.mark.parametrize(
    ("kind", "net", "vat", "payment", "read_as", "warning"),
    [
        ("TD04", "1000.00", "220.00", "", "credit_note", None),
        ("TD04", "-1000.00", "-220.00", "", "credit_note", "negative_amount"),
        ("TD04", "1000.00", "220.00", "-1220.00", "credit_note", "negative_amount"),
        ("TD08", "1000.00", "220.00", "", "credit_note", None),
        ("TD01", "-1000.00", "-220.00", "", "credit_note", "negative_amount"),
        ("TD01", "-1000.00", "-220.00", "-1220.00", "credit_note", "negative_amount"),
        ("TD05", "1000.00", "220.00", "", "invoice", None),
        ("TD02", "1000.00", "220.00", "", "invoice", None),
        ("TD06", "1000.00", "220.00", "", "invoice", None),
        ("TD24", "1000.00", "220.00", "", "invoice", None),
        ("TD25", "1000.00", "220.00", "", "invoice", None),
        ("TD26", "1000.00", "220.00", "", "invoice", None),
    ],
)
def test_kinds_and_signs(kind: str, net: str, vat: str, payment: str, read_as: str, warning: str | None) -> None:
    block = paid_by(detail(payment, "2026-04-30")) if payment else ""
    document = xml(invoice("", summarised(net, vat), block, kind)).one
    assert (document.kind, document.total.minor) == (read_as, 122000)
    assert [item.amount.minor for item in document.due_items] == [122000]
    assert warned(document) - {"due_date_assumed"} == ({warning} if warning else set())


def test_withholding_on_a_credit_note_lowers_the_credit_whatever_its_sign() -> None:
    for ours, theirs in (("1000.00", "200.00"), ("-1000.00", "-200.00"), ("-1000.00", "200.00")):
        document = xml(invoice(withheld(theirs), summarised(ours, "0.00"), kind="TD04")).one
        assert [item.amount.minor for item in document.due_items] == [80000]


def test_total_and_payment_that_contradict_each_other_are_refused() -> None:
    found = xml(invoice(total("1220.00"), payment=paid_by(detail("-1220.00", "2026-04-30"))))
    assert found.refused == [("signs_disagree", BODY)]


@pytest.mark.parametrize(
    "kind", ["TD16", "TD17", "TD18", "TD19", "TD20", "TD21", "TD22", "TD23", "TD27", "TD28", "TD29"]
)
def test_what_the_buyer_writes_to_itself_is_owed_by_nobody(kind: str) -> None:
    assert xml(invoice(kind=kind)).refused == [("not_a_receivable", f"{GENERAL}/TipoDocumento")]


def test_nothing_due_is_said() -> None:
    document = xml(invoice(summary=summarised("0.00", "0.00"))).one
    assert (document.total.minor, document.due_items, warned(document)) == (0, (), {"nothing_due"})
    paid = xml(invoice(payment=paid_by(detail("0.00", "2026-04-30")))).one
    assert paid.due_items == ()
    assert warned(paid) == {"nothing_due", "payments_differ"}


def test_how_a_payment_is_made_never_means_that_it_was_made() -> None:
    cash = xml(invoice(payment=paid_by(detail("1220.00", "2026-04-30", method="MP01")))).one
    assert due(cash) == [("2026-04-30", 122000)]
    assert cash.settled_on is None
    assert cash.warnings == ()
    riba = xml(invoice(payment=paid_by(detail("1220.00", "2026-04-30", method="MP12")))).one
    assert due(riba) == [("2026-04-30", 122000)]
    assert warned(riba) == {"collected_by_seller"}


def test_doubtful_accounts_and_dates_are_warned_of() -> None:
    iban = "<IBAN>it61 x054 2811 1010 0000 0123 456</IBAN>"
    document = xml(invoice(payment=paid_by(detail("1220.00", "2026-01-31", iban)))).one
    assert warned(document) == {"iban_check", "due_before_issue"}
    assert document.due_items[0].iban == "IT61X0542811101000000123456"
