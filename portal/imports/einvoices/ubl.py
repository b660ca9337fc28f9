"""Where things stand in a UBL 2 invoice or credit note: plain UBL, Peppol BIS 3, XRechnung, the Italian Peppol."""

from collections.abc import Iterator
from decimal import Decimal

from portal.imports.einvoices.fields import Fields, Place
from portal.imports.einvoices.stated import Amounts, Means, Stated, StatedParty, Term
from portal.imports.einvoices.xml import Element, children, find, text_at

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
ROOTS = frozenset({"Invoice", "CreditNote"})
_SUMS = "LegalMonetaryTotal"
_TYPE_OF_SDI = "urn:fdc:agid.gov.it:fatturapa:TipoDocumento"
_ITALIAN_CODES = frozenset({"0210", "9907", "IT:CF"})  # schemes of the Italian tax code


def read(root: Element, default_currency: str, fields: Fields) -> Stated | None:
    """The document, or None when what it needs was refused (`fields`)."""
    name = "CreditNote" if root.tag.endswith("}CreditNote") else "Invoice"
    number, issued_on = fields.text(root, "ID"), fields.date(root, "IssueDate")
    currency = fields.currency(root, "DocumentCurrencyCode", default_currency)
    seller = _party(root, "AccountingSupplierParty", fields)
    buyer = _party(root, "AccountingCustomerParty", fields)
    if currency is None:
        return None
    amounts = _amounts(root, f"{name}Line", currency, fields)
    due_on = fields.date(root, "DueDate", needed=False)
    terms = tuple(_terms(root, currency, fields))
    means = tuple(_means(root, fields))
    if number is None or issued_on is None or seller is None or buyer is None or amounts is None or fields.refusals:
        return None
    national = _type_of_sdi(root)
    return Stated(
        place=Place(root),
        number=number,
        type_code=text_at(root, f"{name}TypeCode"),
        type_place=Place(root, f"{name}TypeCode"),
        type_needed=False,
        credit_note=name == "CreditNote",
        national_code=text_at(national, "ExtensionContent/TypeCode") if national is not None else "",
        national_place=Place(national if national is not None else root, "ExtensionContent/TypeCode"),
        issued_on=issued_on,
        currency=currency,
        due_on=due_on,
        due_place=Place(root, "DueDate"),
        terms=terms,
        means=means,
        amounts=amounts,
        seller=seller,
        buyer=buyer,
        payee=text_at(root, "PayeeParty/PartyName/Name")
        or text_at(root, "PayeeParty/PartyLegalEntity/RegistrationName"),
        payee_place=Place(root, "PayeeParty"),
        remittance=next(
            (one for means in children(root, "PaymentMeans") if (one := text_at(means, "PaymentID"))), ""
        ),
        related=tuple(_related(root)),
    )


def _type_of_sdi(root: Element) -> Element | None:
    """The extension in which an Italian seller names the type of document that the SdI knows."""
    extensions = find(root, "UBLExtensions")
    if extensions is None:
        return None
    found = children(extensions, "UBLExtension")
    return next((one for one in found if text_at(one, "ExtensionURI") == _TYPE_OF_SDI), None)


def _party(root: Element, role: str, fields: Fields) -> StatedParty | None:
    party = fields.present(root, f"{role}/Party")
    if party is None:
        return None
    vat = next((one for one in children(party, "PartyTaxScheme") if _is_vat(one)), None)
    tax, tax_path = _italian_code(party)
    person = " ".join(filter(None, (text_at(party, f"Person/{part}") for part in ("FirstName", "FamilyName"))))
    return StatedParty(
        place=Place(party),
        name=_unlabelled(text_at(party, "PartyLegalEntity/RegistrationName"))
        or text_at(party, "PartyName/Name")
        or person,
        vat=text_at(vat, "CompanyID") if vat is not None else "",
        vat_place=Place(vat if vat is not None else party, "CompanyID"),
        tax_code=tax,
        tax_place=Place(party, tax_path),
        country=text_at(party, "PostalAddress/Country/IdentificationCode"),
        postcode=text_at(party, "PostalAddress/PostalZone"),
        email=text_at(party, "Contact/ElectronicMail"),
        email_place=Place(party, "Contact/ElectronicMail"),
        phone=text_at(party, "Contact/Telephone"),
        phone_place=Place(party, "Contact/Telephone"),
    )


def _unlabelled(name: str) -> str:
    """The Italian Peppol writes `Denominazione:Rossi s.r.l.` and `Nome#Cognome:Mario#Rossi`: the name alone."""
    labels, _, values = name.partition(":")
    if labels in {"Denominazione", "Nome#Cognome"}:
        return " ".join(values.split("#"))
    return name


def _is_vat(scheme: Element) -> bool:
    return text_at(scheme, "TaxScheme/ID").upper() in {"VAT", ""}


def _italian_code(party: Element) -> tuple[str, str]:
    """An Italian tax code and where it stands: told from other numbers by its scheme, never by its look."""
    for path in ("PartyIdentification/ID", "PartyLegalEntity/CompanyID", "EndpointID"):
        block, _, last = path.rpartition("/")
        for holder in children(party, block) if block else [party]:
            for one in children(holder, last):
                if (one.get("schemeID") or "").upper() in _ITALIAN_CODES and one.text:
                    return one.text.strip(), path
    return "", ""


def _amounts(root: Element, line: str, currency: str, fields: Fields) -> Amounts | None:
    sums = fields.present(root, _SUMS)
    if sums is None:
        return None
    payable = fields.amount(sums, "PayableAmount", currency)
    if payable is None:
        return None
    return Amounts(
        place=Place(sums),
        lines=fields.amount(sums, "LineExtensionAmount", currency, needed=False),
        allowances=fields.amount(sums, "AllowanceTotalAmount", currency, needed=False),
        charges=fields.amount(sums, "ChargeTotalAmount", currency, needed=False),
        net=fields.amount(sums, "TaxExclusiveAmount", currency, needed=False),
        tax=fields.amount_in(root, "TaxTotal/TaxAmount", currency),
        total=fields.amount(sums, "TaxInclusiveAmount", currency, needed=False),
        prepaid=fields.amount(sums, "PrepaidAmount", currency, needed=False),
        rounding=fields.amount(sums, "PayableRoundingAmount", currency, needed=False),
        payable=payable,
        total_place=Place(sums, "TaxInclusiveAmount"),
        payable_place=Place(sums, "PayableAmount"),
        each_line=_each_line(root, line, fields),
    )


def _each_line(root: Element, line: str, fields: Fields) -> tuple[Decimal, ...] | None:
    found = [fields.plain_number(text_at(one, "LineExtensionAmount")) for one in children(root, line)]
    return None if None in found else tuple(one for one in found if one is not None)


def _terms(root: Element, currency: str, fields: Fields) -> Iterator[Term]:
    for terms in children(root, "PaymentTerms"):
        due_on = None
        for name in ("InstallmentDueDate", "PaymentDueDate"):
            due_on = due_on or fields.date(terms, name, needed=False)
        yield Term(
            place=Place(terms),
            due_on=due_on,
            amount=fields.amount(terms, "Amount", currency, needed=False),
            percent=fields.plain_number(text_at(terms, "PaymentPercent")),
            discount=bool(text_at(terms, "SettlementDiscountPercent") or text_at(terms, "SettlementDiscountAmount")),
        )


def _means(root: Element, fields: Fields) -> Iterator[Means]:
    for means in children(root, "PaymentMeans"):
        yield Means(
            place=Place(means),
            code=text_at(means, "PaymentMeansCode"),
            account=text_at(means, "PayeeFinancialAccount/ID"),
            account_place=Place(means, "PayeeFinancialAccount/ID"),
            due_on=fields.date(means, "PaymentDueDate", needed=False),
        )


def _related(root: Element) -> Iterator[str]:
    for billing in children(root, "BillingReference"):
        for name in ("InvoiceDocumentReference", "CreditNoteDocumentReference", "SelfBilledInvoiceDocumentReference"):
            if number := text_at(billing, f"{name}/ID"):
                yield number


def attachments(root: Element) -> Iterator[Element]:
    """What is attached, each still packed in base64."""
    for reference in children(root, "AdditionalDocumentReference"):
        packed = find(reference, "Attachment/EmbeddedDocumentBinaryObject")
        if packed is not None:
            yield packed
