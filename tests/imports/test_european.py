"""Invoices after EN 16931, as UBL and as CII: what is due and when, who owes it, what is refused with which path."""

from datetime import date

import pytest

from portal.imports.einvoices import lines
from portal.imports.formats import cii, ubl
from tests.imports.files import Read, due, read, signed, warned

CII_SETTLED = "/CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
SUMS = "/Invoice/LegalMonetaryTotal"
DAY = "<cbc:DueDate>2026-04-30</cbc:DueDate>"
PAYABLE = '<cbc:PayableAmount currencyID="EUR">1000.00'
PREPAID = '<cbc:PrepaidAmount currencyID="EUR">220.00</cbc:PrepaidAmount>'
TOTAL = '<cbc:TaxInclusiveAmount currencyID="EUR">1220.00'
MEANS = "<cac:PaymentMeans>"
TERMS = "<cac:PaymentTerms>"
NAME = "<cbc:RegistrationName>Officine Brenta s.r.l.</cbc:RegistrationName>"


def changed(example: bytes, *changes: tuple[str, str]) -> bytes:
    text = example.decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def in_ubl(*changes: tuple[str, str]) -> Read:
    found = read(changed(ubl.example(), *changes), "a.xml")
    assert found.format == "ubl"
    return found


def in_cii(*changes: tuple[str, str]) -> Read:
    found = read(changed(cii.example(), *changes), "a.xml")
    assert found.format == "cii"
    return found


def term(inner: str) -> tuple[str, str]:
    """Payment terms before the tax total."""
    return "<cac:TaxTotal>", f"{inner}<cac:TaxTotal>"


def instalment(due_on: str, size: str) -> str:
    return f"{TERMS}{size}<cbc:InstallmentDueDate>{due_on}</cbc:InstallmentDueDate></cac:PaymentTerms>"


def as_credit_note(content: bytes, *changes: tuple[str, str]) -> bytes:
    return changed(
        content,
        ("<Invoice ", "<CreditNote "), ("</Invoice>", "</CreditNote>"), ("xsd:Invoice-2", "xsd:CreditNote-2"),
        ("InvoiceTypeCode>380</cbc:InvoiceTypeCode", "CreditNoteTypeCode>381</cbc:CreditNoteTypeCode"),
        ("cac:InvoiceLine>", "cac:CreditNoteLine>"), *changes,
    )  # fmt: skip


def test_both_spellings_say_the_same_of_who_owes_what() -> None:
    one, other = in_ubl().one, in_cii().one
    assert (one.number, one.kind, one.issued_on, one.currency, one.total.minor) == (
        "2026/201", "invoice", date(2026, 3, 2), "EUR", 122000,
    )  # fmt: skip
    assert due(one) == [("2026-04-30", 100000)], "what was paid before is in the payable amount already"
    assert due(other) == [("2026-04-30", 50000), ("2026-05-31", 50000)]
    assert {item.iban for item in one.due_items} == {"IT60X0542811101000000123456"}
    assert {item.iban for item in other.due_items} == {"FR7630006000011234567890189"}
    for document, who in ((one, "Officine Brenta s.r.l."), (other, "Ateliers de la Brenne SAS")):
        debtor = document.debtor
        assert (debtor.name, debtor.kind, document.warnings) == (who, "business", ())
        assert debtor.email
        assert debtor.phone
        assert debtor.postcode
    assert (one.debtor.vat_number, one.debtor.tax_code, one.debtor.country) == ("07973780013", "07973780013", "IT")
    assert (other.debtor.vat_number, other.debtor.tax_code, other.debtor.country) == ("83404833048", None, "FR")
    assert one.seller is not None
    assert (one.seller.name, one.seller.vat_number) == ("Fonderia Esempio s.r.l.", "00743110157")


def test_instalments_with_amounts_are_due_each_on_its_day() -> None:
    amounts = [f'<cbc:Amount currencyID="EUR">{one}</cbc:Amount>' for one in ("400.00", "600.00")]
    found = in_ubl(term(instalment("2026-05-31", amounts[1]) + instalment("2026-04-30", amounts[0])))
    assert due(found.one) == [("2026-04-30", 40000), ("2026-05-31", 60000)], "by date"
    shares = "".join(
        instalment(day, f"<cbc:PaymentPercent>{share}</cbc:PaymentPercent>")
        for day, share in (("2026-04-30", "33.33"), ("2026-05-31", "33.33"), ("2026-06-30", "33.34"))
    )
    by_share = in_ubl(term(shares), (PAYABLE, '<cbc:PayableAmount currencyID="EUR">1000.01'))
    assert due(by_share.one) == [("2026-04-30", 33330), ("2026-05-31", 33330), ("2026-06-30", 33341)]
    assert warned(by_share.one) == {"total_mismatch"}


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (instalment("2026-04-30", '<cbc:Amount currencyID="EUR">400.00</cbc:Amount>'), "instalments_differ"),
        (
            instalment("2026-04-30", '<cbc:Amount currencyID="EUR">400.00</cbc:Amount>')
            + instalment("2026-05-31", ""),
            "due_dates_open",
        ),
    ],
)
def test_instalments_that_leave_open_what_is_due_when_are_refused(terms: str, code: str) -> None:
    found = in_ubl(term(terms))
    assert found.documents == []
    assert [(one, where.partition("[")[0]) for one, where in found.refused] == [(code, "/Invoice/PaymentTerms")]


def test_several_days_without_amounts_are_refused_unless_the_document_names_one() -> None:
    two = instalment("2026-04-30", "") + instalment("2026-05-31", "")
    assert in_ubl(term(two), (DAY, "")).refused == [("due_dates_open", "/Invoice/PaymentTerms[1]")]
    named = in_ubl(term(two)).one
    assert due(named) == [("2026-04-30", 100000)]
    assert warned(named) == {"due_dates_differ"}


def test_a_day_with_a_discount_is_an_offer() -> None:
    early = (
        f"{TERMS}<cbc:SettlementDiscountPercent>2</cbc:SettlementDiscountPercent>"
        "<cbc:PaymentDueDate>2026-03-10</cbc:PaymentDueDate></cac:PaymentTerms>"
    )
    late = f"{TERMS}<cbc:PaymentDueDate>2026-05-15</cbc:PaymentDueDate></cac:PaymentTerms>"
    assert due(in_ubl(term(early + late), (DAY, "")).one) == [("2026-05-15", 100000)]


def test_the_day_of_the_way_of_paying_counts_where_no_other_is_named() -> None:
    of_means = (MEANS, f"{MEANS}<cbc:PaymentDueDate>2026-05-20</cbc:PaymentDueDate>")
    assert due(in_ubl(of_means, (DAY, "")).one) == [("2026-05-20", 100000)]
    assumed = in_ubl((DAY, "")).one
    assert (due(assumed), warned(assumed)) == ([("2026-04-01", 100000)], {"due_date_assumed"})
    assert [str(one.where) for one in assumed.warnings] == ["/Invoice/DueDate"]


def test_words_about_the_terms_are_never_read_for_a_day() -> None:
    words = f"{TERMS}<cbc:Note>Zahlbar bis zum 24.01.2027, 3% Skonto bis 15.04.2026</cbc:Note></cac:PaymentTerms>"
    assert warned(in_ubl(term(words), (DAY, "")).one) == {"due_date_assumed"}


def test_the_payable_amount_counts_and_sums_that_differ_are_remarked() -> None:
    odd = in_ubl((PAYABLE, '<cbc:PayableAmount currencyID="EUR">990.00')).one
    assert (odd.total.minor, due(odd)) == (122000, [("2026-04-30", 99000)])
    assert [(one.code, str(one.where)) for one in odd.warnings] == [("total_mismatch", f"{SUMS}/PayableAmount")]
    rounded = in_ubl(
        (PREPAID, f'{PREPAID}<cbc:PayableRoundingAmount currencyID="EUR">0.22</cbc:PayableRoundingAmount>'),
        (PAYABLE, '<cbc:PayableAmount currencyID="EUR">1000.22'),
    ).one
    assert (due(rounded), rounded.warnings) == ([("2026-04-30", 100022)], ())
    of_tax = in_ubl(('<cbc:TaxAmount currencyID="EUR">220.00', '<cbc:TaxAmount currencyID="EUR">210.00')).one
    assert [(one.code, str(one.where)) for one in of_tax.warnings] == [
        ("total_mismatch", f"{SUMS}/TaxInclusiveAmount")
    ]
    line = '<cbc:ID>1</cbc:ID>\n    <cbc:LineExtensionAmount currencyID="EUR">'
    assert warned(in_ubl((f"{line}1000.00", f"{line}900.00")).one) == {"lines_differ"}


def test_what_was_paid_in_full_is_read_with_nothing_due() -> None:
    paid = in_ubl((PREPAID, PREPAID.replace("220.00", "1220.00")), (PAYABLE, PAYABLE.replace("1000.00", "0.00"))).one
    assert (paid.due_items, warned(paid)) == ((), {"nothing_due"})


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        (
            [(TOTAL, TOTAL.replace("1220", "-1220")), (PREPAID, ""), (PAYABLE, PAYABLE.replace("1000", "-1220"))],
            122000,
        ),
        ([(PREPAID, PREPAID.replace("220.00", "1420.00")), (PAYABLE, PAYABLE.replace("1000", "-200"))], 20000),
    ],
)
def test_a_payable_amount_below_nought_is_credit(changes: list[tuple[str, str]], total: int) -> None:
    document = in_ubl(*changes).one
    assert (document.kind, document.total.minor, [one for _, one in due(document)]) == ("credit_note", total, [total])
    assert "negative_amount" in warned(document)


def test_a_total_below_nought_with_something_to_pay_is_refused() -> None:
    assert in_ubl((TOTAL, TOTAL.replace("1220", "-1220"))).refused == [("signs_disagree", SUMS)]


def test_a_credit_note_names_the_invoice_that_it_corrects() -> None:
    named = "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>2026/7</cbc:ID>"
    head = "<cac:AccountingSupplierParty>"
    content = as_credit_note(
        ubl.example(),
        (head, f"{named}</cac:InvoiceDocumentReference></cac:BillingReference>{head}"),
        (DAY, ""),
        (PREPAID, ""),
        (PAYABLE, PAYABLE.replace("1000.00", "1220.00")),
    )
    document = read(content, "n.xml").one
    assert (document.kind, document.total.minor, document.related) == ("credit_note", 122000, ("2026/7",))
    assert str(document.where) == "/CreditNote"
    of_cii = in_cii(
        ("<ram:TypeCode>380", "<ram:TypeCode>381"),
        (
            "</ram:ApplicableHeaderTradeSettlement>",
            "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>2026/7</ram:IssuerAssignedID>"
            "</ram:InvoiceReferencedDocument></ram:ApplicableHeaderTradeSettlement>",
        ),
    ).one
    assert (of_cii.kind, of_cii.total.minor, of_cii.related) == ("credit_note", 120000, ("2026/7",))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ([("<cbc:ID>2026/201</cbc:ID>", "")], ("missing", "/Invoice/ID")),
        ([("<cbc:IssueDate>2026-03-02</cbc:IssueDate>", "")], ("missing", "/Invoice/IssueDate")),
        ([("2026-03-02", "2026-02-30")], ("date_unreadable", "/Invoice/IssueDate")),
        ([(DAY, "<cbc:DueDate>30/04/2026</cbc:DueDate>")], ("date_unreadable", "/Invoice/DueDate")),
        ([("Code>EUR<", "Code>EURO<")], ("currency_unknown", "/Invoice/DocumentCurrencyCode")),
        ([(PAYABLE, PAYABLE.replace("EUR", "USD"))], ("currency_differs", f"{SUMS}/PayableAmount")),
        ([(PAYABLE, PAYABLE.replace("1000.00", "1.000,00"))], ("amount_unreadable", f"{SUMS}/PayableAmount")),
        ([(PAYABLE, PAYABLE.replace("1000.00", "1000.001"))], ("amount_decimals", f"{SUMS}/PayableAmount")),
        ([("PayableAmount", "PaidAmount")], ("missing", f"{SUMS}/PayableAmount")),
        ([("LegalMonetaryTotal", "RequestedMonetaryTotal")], ("missing", SUMS)),
        ([("AccountingCustomerParty", "BuyerCustomerParty")], ("missing", "/Invoice/AccountingCustomerParty/Party")),
        ([("TypeCode>380<", "TypeCode>325<")], ("not_a_receivable", "/Invoice/InvoiceTypeCode")),
        ([("TypeCode>380<", "TypeCode>9999<")], ("kind_unknown", "/Invoice/InvoiceTypeCode")),
        (
            [(NAME, ""), ("IT07973780013", ""), ("07973780013", "")],
            ("debtor_missing", "/Invoice/AccountingCustomerParty/Party"),
        ),
    ],
)
def test_a_broken_ubl_invoice_is_refused_with_its_path(
    changes: list[tuple[str, str]], refused: tuple[str, str]
) -> None:
    found = in_ubl(*changes)
    assert (found.documents, found.refused) == ([], [refused])


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ([('format="102">20260302', 'format="102">20260230')], "ExchangedDocument/IssueDateTime/DateTimeString"),
        ([(">20260531<", ">2026-05-31<")], "SpecifiedTradePaymentTerms[2]/DueDateDateTime/DateTimeString"),
        ([("<ram:TypeCode>380</ram:TypeCode>", "")], "ExchangedDocument/TypeCode"),
        ([("DuePayableAmount", "PayableAmount")], "MonetarySummation/DuePayableAmount"),
        ([("<ram:PartialPaymentAmount>500.00", "<ram:PartialPaymentAmount>400.00")], "SpecifiedTradePaymentTerms[1]"),
        ([("ApplicableHeaderTradeSettlement", "HeaderTradeSettlement")], "ApplicableHeaderTradeSettlement"),
    ],
)
def test_a_broken_cii_invoice_is_refused_with_its_path(changes: list[tuple[str, str]], refused: str) -> None:
    found = in_cii(*changes)
    assert found.documents == []
    assert len(found.refused) == 1
    assert found.refused[0][1].startswith("/CrossIndustryInvoice/")
    assert found.refused[0][1].endswith(refused)


def test_an_account_that_is_no_iban_is_left_out_and_the_next_is_taken() -> None:
    local = "<cbc:ID>0003434323213231</cbc:ID>"
    iban = "<cbc:ID>IT60X0542811101000000123456</cbc:ID>"
    found = in_ubl((iban, local)).one
    assert (found.due_items[0].iban, warned(found)) == (None, {"iban_check"})
    another = (
        "<cac:PaymentMeans><cac:PayeeFinancialAccount>" + iban + "</cac:PayeeFinancialAccount></cac:PaymentMeans>"
    )
    second = in_ubl((iban, local), ("<cac:TaxTotal>", f"{another}<cac:TaxTotal>")).one
    assert (second.due_items[0].iban, second.warnings) == ("IT60X0542811101000000123456", ())


def test_direct_debits_other_payees_and_corrections_are_remarked() -> None:
    assert warned(in_ubl(("MeansCode>58<", "MeansCode>59<")).one) == {"collected_by_seller"}
    payee = "<cac:PayeeParty><cac:PartyName><cbc:Name>{}</cbc:Name></cac:PartyName></cac:PayeeParty>"
    assert warned(in_ubl((MEANS, payee.format("Factor Uno S.p.A.") + MEANS)).one) == {"payee_other"}
    assert in_ubl((MEANS, payee.format("Fonderia Esempio s.r.l.") + MEANS)).one.warnings == ()
    assert warned(in_ubl(("TypeCode>380<", "TypeCode>384<")).one) == {"corrects_another"}


def test_what_a_buyer_writes_to_itself_for_the_tax_office_is_owed_by_nobody() -> None:
    space = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
    extension = (
        f'<e:UBLExtensions xmlns:e="{space}"><e:UBLExtension>'
        "<e:ExtensionURI>urn:fdc:agid.gov.it:fatturapa:TipoDocumento</e:ExtensionURI>"
        "<e:ExtensionContent><cbc:TypeCode>TD27</cbc:TypeCode></e:ExtensionContent></e:UBLExtension></e:UBLExtensions>"
    )
    path = "/Invoice/UBLExtensions/UBLExtension/ExtensionContent/TypeCode"
    head = "<cbc:CustomizationID>"
    assert in_ubl((head, extension + head)).refused == [("not_a_receivable", path)]
    assert in_ubl((head, extension.replace("TD27", "TD24") + head)).one.kind == "invoice"


@pytest.mark.parametrize(
    ("written", "name"),
    [("Denominazione:Rossi s.r.l.", "Rossi s.r.l."), ("Nome#Cognome:Mario#Rossi", "Mario Rossi"), ("A: B", "A: B")],
)
def test_the_labels_of_the_italian_peppol_are_no_part_of_a_name(written: str, name: str) -> None:
    assert in_ubl((NAME, f"<cbc:RegistrationName>{written}</cbc:RegistrationName>")).one.debtor.name == name


def test_another_currency_is_read_as_it_is() -> None:
    document = in_ubl(("EUR", "JPY"), ("220.00", "220"), ("1000.00", "1000")).one
    assert (document.currency, due(document)) == ("JPY", [("2026-04-30", 1000)])


def test_the_smallest_profile_has_neither_lines_nor_a_due_date() -> None:
    text = cii.example().decode()
    head, _, rest = text.partition("    <ram:IncludedSupplyChainTradeLineItem>")
    _, _, rest = rest.partition("</ram:IncludedSupplyChainTradeLineItem>\n")
    before, _, rest = rest.partition("      <ram:SpecifiedTradeSettlementPaymentMeans>")
    after = rest.rpartition("</ram:SpecifiedTradePaymentTerms>\n")[2]
    line = "<ram:LineTotalAmount>1000.00</ram:LineTotalAmount>"
    content = (head + before + after).replace(line, "").encode()
    document = read(content, "a.xml").one
    assert (document.total.minor, due(document)) == (120000, [("2026-04-01", 100000)])
    assert (warned(document), document.due_items[0].iban) == ({"due_date_assumed"}, None)


def test_the_envelope_of_peppol_and_a_signature_are_opened() -> None:
    space = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    plain = ubl.example().partition(b"?>")[2]
    packed = f'<StandardBusinessDocument xmlns="{space}"><StandardBusinessDocumentHeader/>'.encode()
    found = read(packed + plain + b"</StandardBusinessDocument>", "sbd.xml")
    assert (found.format, str(found.one.where)) == ("ubl", "/StandardBusinessDocument/Invoice")
    assert due(found.one) == due(in_ubl().one)
    assert read(signed(ubl.example()), "a.xml.p7m").one == in_ubl().one


def test_a_file_is_known_by_its_root_behind_comments_and_in_utf_16() -> None:
    text = ubl.example().decode().partition("?>")[2]
    remark = f"<?xml version='1.0'?><!-- <CrossIndustryInvoice> {'x' * 9000} --><?a b?>"
    for content in ((remark + text).encode(), ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")):
        found = read(content, "csv.csv")
        assert (found.format, len(found.documents)) == ("ubl", 1)


def test_entities_are_not_opened_here_either() -> None:
    text = ubl.example().decode()
    content = text.replace("<Invoice ", '<!DOCTYPE Invoice [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice ', 1)
    found = read(content.replace("2026/201", "&a;"), "a.xml")
    assert (found.documents, [code for code, _ in found.refused]) == ([], ["xml_dtd"])


def test_the_lines_of_an_invoice_with_their_vat() -> None:
    of_ubl = lines.lines_of(ubl.example(), "2026/201", "EUR")
    assert [(one.number, one.description, one.amount.minor) for one in of_ubl] == [
        (1, "Bronze bushings, 40 pieces", 122000)
    ]
    of_cii = lines.lines_of(cii.example(), "2026/301", "EUR")
    assert [one.amount.minor for one in of_cii] == [120000]
    split = changed(ubl.example(), ("<cbc:ID>S</cbc:ID>", "<cbc:ID>B</cbc:ID>"))
    assert [one.amount.minor for one in lines.lines_of(split, "2026/201", "EUR")] == [100000]


def test_the_reference_to_name_with_a_payment_is_kept_where_it_tells_something() -> None:
    head = "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>"
    for written, kept in (
        ("RF45 TRT7 9001", "RF45TRT79001"),
        ("0003434323213231", "0003434323213231"),
        ("2026/201", None),  # the number itself
        ("Snippet", None),  # no digit
        ("12345", None),  # stands in many texts
        ("1" * 36, None),
    ):
        named = in_ubl((head, f"{head}<cbc:PaymentID>{written}</cbc:PaymentID>")).one
        assert named.remittance == kept, written
    before = "<ram:InvoiceCurrencyCode>"
    of_cii = in_cii((before, f"<ram:PaymentReference>rf45trt79001</ram:PaymentReference>{before}"))
    assert of_cii.one.remittance == "RF45TRT79001"
