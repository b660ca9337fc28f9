"""Where things stand in a UN/CEFACT Cross Industry Invoice: XRechnung-CII, Factur-X and ZUGFeRD 2, every profile."""

from collections.abc import Iterator
from decimal import Decimal

from portal.imports.einvoices.fields import Fields, Place
from portal.imports.einvoices.stated import Amounts, Means, Stated, StatedParty, Term
from portal.imports.einvoices.xml import Element, children, find, text_at

NAMESPACE = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:"
ROOT = "CrossIndustryInvoice"
_DEAL = "SupplyChainTradeTransaction"
_AGREED, _SETTLED = f"{_DEAL}/ApplicableHeaderTradeAgreement", f"{_DEAL}/ApplicableHeaderTradeSettlement"
_SUMS = "SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE_SUM = "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
_ITALIAN_CODES = frozenset({"0210", "9907"})


def read(root: Element, default_currency: str, fields: Fields) -> Stated | None:
    """The document, or None when what it needs was refused (`fields`)."""
    head = fields.present(root, "ExchangedDocument")
    agreed, settled = fields.present(root, _AGREED), fields.present(root, _SETTLED)
    if head is None or agreed is None or settled is None:
        return None
    number, issued_on = fields.text(head, "ID"), fields.date(head, "IssueDateTime/DateTimeString", compact=True)
    currency = fields.currency(settled, "InvoiceCurrencyCode", default_currency)
    seller, buyer = _party(agreed, "SellerTradeParty", fields), _party(agreed, "BuyerTradeParty", fields)
    if currency is None:
        return None
    amounts = _amounts(root, settled, currency, fields)
    terms = tuple(_terms(settled, currency, fields))
    if number is None or issued_on is None or seller is None or buyer is None or amounts is None or fields.refusals:
        return None
    return Stated(
        place=Place(root),
        number=number,
        type_code=text_at(head, "TypeCode"),
        type_place=Place(head, "TypeCode"),
        type_needed=True,
        credit_note=False,
        national_code="",
        national_place=Place(head, "TypeCode"),
        issued_on=issued_on,
        currency=currency,
        due_on=None,
        due_place=Place(settled, "SpecifiedTradePaymentTerms/DueDateDateTime"),
        terms=terms,
        means=tuple(_means(settled)),
        amounts=amounts,
        seller=seller,
        buyer=buyer,
        payee=text_at(settled, "PayeeTradeParty/Name"),
        payee_place=Place(settled, "PayeeTradeParty"),
        remittance=text_at(settled, "PaymentReference"),
        related=tuple(_related(settled)),
    )


def _party(agreed: Element, role: str, fields: Fields) -> StatedParty | None:
    party = fields.present(agreed, role)
    if party is None:
        return None
    registered = {(one.get("schemeID") or "").upper(): one for one in _numbers(party, "SpecifiedTaxRegistration")}
    vat = registered.get("VA")
    tax = next(
        (one for path in ("SpecifiedLegalOrganization", "") for one in _numbers(party, path)
         if (one.get("schemeID") or "") in _ITALIAN_CODES), None,
    )  # fmt: skip
    email = "DefinedTradeContact/EmailURIUniversalCommunication/URIID"
    phone = "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"
    organisation = text_at(party, "SpecifiedLegalOrganization/TradingBusinessName")
    return StatedParty(
        place=Place(party),
        name=text_at(party, "Name") or organisation or text_at(party, "DefinedTradeContact/PersonName"),
        vat=(vat.text or "").strip() if vat is not None else "",
        vat_place=Place(vat) if vat is not None else Place(party, "SpecifiedTaxRegistration/ID"),
        tax_code=(tax.text or "").strip() if tax is not None else "",
        tax_place=Place(tax) if tax is not None else Place(party, "ID"),
        country=text_at(party, "PostalTradeAddress/CountryID"),
        postcode=text_at(party, "PostalTradeAddress/PostcodeCode"),
        email=text_at(party, email),
        email_place=Place(party, email),
        phone=text_at(party, phone),
        phone_place=Place(party, phone),
    )


def _numbers(party: Element, block: str) -> Iterator[Element]:
    for holder in children(party, block) if block else [party]:
        yield from children(holder, "ID")
        yield from children(holder, "GlobalID")


def _amounts(root: Element, settled: Element, currency: str, fields: Fields) -> Amounts | None:
    sums = fields.present(settled, _SUMS)
    if sums is None:
        return None
    payable = fields.amount(sums, "DuePayableAmount", currency)
    if payable is None:
        return None
    return Amounts(
        place=Place(sums),
        lines=fields.amount(sums, "LineTotalAmount", currency, needed=False),
        allowances=fields.amount(sums, "AllowanceTotalAmount", currency, needed=False),
        charges=fields.amount(sums, "ChargeTotalAmount", currency, needed=False),
        net=fields.amount(sums, "TaxBasisTotalAmount", currency, needed=False),
        tax=fields.amount_in(sums, "TaxTotalAmount", currency),
        total=fields.amount(sums, "GrandTotalAmount", currency, needed=False),
        prepaid=fields.amount(sums, "TotalPrepaidAmount", currency, needed=False),
        rounding=fields.amount(sums, "RoundingAmount", currency, needed=False),
        payable=payable,
        total_place=Place(sums, "GrandTotalAmount"),
        payable_place=Place(sums, "DuePayableAmount"),
        each_line=_each_line(root, fields),
    )


def _each_line(root: Element, fields: Fields) -> tuple[Decimal, ...] | None:
    """What each line comes to; none where the profile has lines within lines, which count twice."""
    found: list[Decimal] = []
    deal = find(root, _DEAL)
    for line in children(deal, "IncludedSupplyChainTradeLineItem") if deal is not None else ():
        one = fields.plain_number(text_at(line, _LINE_SUM))
        if one is None or text_at(line, "AssociatedDocumentLineDocument/ParentLineID"):
            return None
        found.append(one)
    return tuple(found)


def _terms(settled: Element, currency: str, fields: Fields) -> Iterator[Term]:
    for terms in children(settled, "SpecifiedTradePaymentTerms"):
        due_on = fields.date(terms, "DueDateDateTime/DateTimeString", needed=False, compact=True)
        yield Term(
            place=Place(terms),
            due_on=due_on,
            amount=fields.amount(terms, "PartialPaymentAmount", currency, needed=False),
            percent=None,
            discount=due_on is None or (find(terms, "ApplicableTradePaymentDiscountTerms") is not None),
        )


def _means(settled: Element) -> Iterator[Means]:
    account = "PayeePartyCreditorFinancialAccount"
    for means in children(settled, "SpecifiedTradeSettlementPaymentMeans"):
        yield Means(
            place=Place(means),
            code=text_at(means, "TypeCode"),
            account=text_at(means, f"{account}/IBANID") or text_at(means, f"{account}/ProprietaryID"),
            account_place=Place(means, f"{account}/IBANID"),
            due_on=None,
        )


def _related(settled: Element) -> Iterator[str]:
    for reference in children(settled, "InvoiceReferencedDocument"):
        if number := text_at(reference, "IssuerAssignedID"):
            yield number


def attachments(root: Element) -> Iterator[Element]:
    """What is attached, each still packed in base64."""
    agreed = find(root, _AGREED)
    for reference in children(agreed, "AdditionalReferencedDocument") if agreed is not None else ():
        packed = find(reference, "AttachmentBinaryObject")
        if packed is not None:
            yield packed
