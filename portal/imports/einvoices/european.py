"""What an invoice after EN 16931 means, whichever way it is spelled: UBL or CII, alone or inside a PDF.

The amount that the document asks for decides what is due. What was paid before is in it already, and so is what the
customer keeps back (the Italian Peppol writes withholding and split payment there). Sums that do not add up are
remarked, as for FatturaPA; instalments that do not are refused, because nothing says which of them is wrong.
"""

from collections.abc import Iterator
from dataclasses import replace

from portal.core.money import Money
from portal.core.text import t
from portal.imports.documents import Document, Item, Kind, Party, Seller, Where
from portal.imports.einvoices.attached import carries_pdf
from portal.imports.einvoices.european_due import due_items
from portal.imports.einvoices.fattura import SELF_ISSUED
from portal.imports.einvoices.fields import Fields
from portal.imports.einvoices.parties import checked_numbers
from portal.imports.einvoices.signs import kind_by_sign, refuse_contradiction
from portal.imports.einvoices.stated import Amounts, Stated, StatedParty, StatedReader
from portal.imports.einvoices.xml import Element, path_of
from portal.imports.identifiers import clean, kind_of, read_country, read_email, read_phone
from portal.imports.options import ReadOptions

# UNTDID 1001 as far as EN 16931 uses it.
_INVOICES = frozenset({
    "71", "80", "82", "84", "102", "130", "202", "203", "204", "211", "218", "219", "295", "326", "331", "380", "382",
    "383", "384", "385", "386", "387", "388", "389", "390", "393", "394", "395", "456", "457", "471", "472", "473",
    "500", "501", "527", "553", "575", "623", "633", "751", "780", "817", "870", "875", "876", "877", "935",
})  # fmt: skip
_CREDIT_NOTES = frozenset({
    "81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532",
})  # fmt: skip
_PRO_FORMA, _CORRECTED = "325", "384"
_LONGEST_NUMBER = 60
_SHORTEST_REMITTANCE, _LONGEST_REMITTANCE = 6, 35


def read_european(root: Element, read: StatedReader, options: ReadOptions) -> Iterator[Item]:
    """The document that `read` finds below `root`, or its refusals."""
    fields = Fields()
    stated = read(root, options.default_currency, fields)
    document = _document(stated, fields, options) if stated is not None else None
    if document is None or fields.refusals:
        yield from fields.refusals
    else:
        yield replace(document, warnings=tuple(fields.notices))


def _document(stated: Stated, fields: Fields, options: ReadOptions) -> Document | None:
    kind, debtor = _kind(stated, fields), _debtor(stated.buyer, fields)
    if kind is None or debtor is None:
        return None
    amounts = stated.amounts
    total = _total(amounts)
    payable = amounts.payable
    overpaid = kind == "invoice" and total.minor > 0 > payable.minor
    if total.minor * payable.minor < 0 and not overpaid:
        refuse_contradiction(amounts.place.element, fields)
        return None
    _remark(stated, total, fields)
    kind = kind_by_sign(kind, total.minor, payable.minor, stated.place.element, fields)
    items = due_items(stated, kind, fields, options.default_terms_days)
    if not items:
        fields.warn(stated.place.element, "", "nothing_due", t("Nothing is due on this document."))
    return Document(
        number=clean(stated.number, _LONGEST_NUMBER),
        kind=kind,
        issued_on=stated.issued_on,
        currency=stated.currency,
        total=_positive(payable if overpaid else total),
        due_items=items,
        debtor=debtor,
        where=Where(path=path_of(stated.place.element)),
        seller=_seller(stated.seller),
        remittance=_remittance(stated),
        pdf="inside" if carries_pdf(stated.place.element) else None,
        related=tuple(clean(one, _LONGEST_NUMBER) for one in stated.related) if kind == "credit_note" else (),
    )


def _remittance(stated: Stated) -> str | None:
    """Kept where it tells more than the number does and is long enough not to stand in a text by chance."""
    compact = "".join(clean(stated.remittance).upper().split())
    telling = _SHORTEST_REMITTANCE <= len(compact) <= _LONGEST_REMITTANCE and any(one.isdigit() for one in compact)
    return compact if telling and compact != stated.number.upper() else None


def _positive(amount: Money) -> Money:
    return -amount if amount.minor < 0 else amount


def _kind(stated: Stated, fields: Fields) -> Kind | None:
    """By the type of document; plain UBL may leave it out, its root says as much."""
    code, national = stated.type_code, stated.national_code.upper()
    if national in SELF_ISSUED:
        text = t("%(code)s is written by the buyer for the tax office; nobody owes it to you.", code=national)
        fields.refuse(*stated.national_place, "not_a_receivable", text)
        return None
    if code == _PRO_FORMA:
        text = t("This is a pro forma invoice: nothing is owed on it. Send the invoice itself.")
        fields.refuse(*stated.type_place, "not_a_receivable", text)
        return None
    if not code and not stated.type_needed:
        return "credit_note" if stated.credit_note else "invoice"
    if not code:
        fields.text(*stated.type_place)
        return None
    if code not in _INVOICES | _CREDIT_NOTES:
        text = t("“%(code)s” is no type of invoice or credit note (UNTDID 1001).", code=clean(code, 20))
        fields.refuse(*stated.type_place, "kind_unknown", text)
        return None
    if code == _CORRECTED:
        text = t("This invoice corrects another. Make sure that only what is still owed of both is taken in.")
        fields.warn(*stated.type_place, "corrects_another", text)
    return "credit_note" if stated.credit_note or code in _CREDIT_NOTES else "invoice"


def _total(amounts: Amounts) -> Money:
    """The stated total with taxes; where none is, what makes the payable amount up."""
    if amounts.total is not None:
        return amounts.total
    nought = Money(0, amounts.payable.currency)
    return amounts.payable + (amounts.prepaid or nought) - (amounts.rounding or nought)


def _remark(stated: Stated, total: Money, fields: Fields) -> None:
    """Warns of sums that do not add up; what is stated counts all the same."""
    amounts = stated.amounts
    nought = Money(0, total.currency)
    if amounts.each_line and amounts.lines is not None and sum(amounts.each_line) != amounts.lines.decimal:
        text = t(
            "The lines add up to %(sum)s, the document states %(stated)s for them.",
            sum=f"{sum(amounts.each_line):f}",
            stated=amounts.lines.plain,
        )
        fields.warn(amounts.place.element, "", "lines_differ", text)
    net = amounts.net
    if amounts.lines is not None:
        net = amounts.lines - (amounts.allowances or nought) + (amounts.charges or nought)
    if net is not None and amounts.tax is not None and net + amounts.tax != total:
        text = t(
            "The document states a total of %(stated)s, its summary adds up to %(sum)s.",
            stated=total.plain,
            sum=(net + amounts.tax).plain,
        )
        fields.warn(*amounts.total_place, "total_mismatch", text)
    left = total - (amounts.prepaid or nought) + (amounts.rounding or nought)
    if left != amounts.payable:
        text = t(
            "The total less what was paid before comes to %(sum)s, the document asks for %(payable)s; that counts.",
            sum=left.plain,
            payable=amounts.payable.plain,
        )
        fields.warn(*amounts.payable_place, "total_mismatch", text)
    if stated.payee and clean(stated.payee) != clean(stated.seller.name):
        text = t(
            "The invoice names %(name)s as the one to be paid. Make sure that it is still yours to collect.",
            name=clean(stated.payee, 80),
        )
        fields.warn(*stated.payee_place, "payee_other", text)


def _debtor(buyer: StatedParty, fields: Fields) -> Party | None:
    country = read_country(buyer.country)
    vat, tax, vat_country = checked_numbers(
        (buyer.vat, buyer.tax_code), country, fields, buyer.vat_place, buyer.tax_place
    )
    name = clean(buyer.name)
    if not (name or vat or tax):
        text = t("Nothing says who the customer is: no name, VAT number or tax code.")
        fields.refuse(*buyer.place, "debtor_missing", text)
        return None
    if not name:
        fields.warn(*buyer.place, "debtor_name_missing", t("The customer has no name; the number stands for it."))
    email, doubt = read_email(buyer.email) if buyer.email else (None, None)
    fields.heed(doubt, *buyer.email_place)
    phone, doubt = read_phone(buyer.phone) if buyer.phone else (None, None)
    fields.heed(doubt, *buyer.phone_place)
    return Party(
        name=name or vat or tax or "",
        vat_number=vat,
        tax_code=tax,
        country=country or vat_country,
        email=email,
        phone=phone,
        postcode=clean(buyer.postcode, 16) or None,
        kind=kind_of(vat, tax),
    )


def _seller(seller: StatedParty) -> Seller:
    country = read_country(seller.country)
    vat, tax, _ = checked_numbers(
        (seller.vat, seller.tax_code), country, Fields(), seller.vat_place, seller.tax_place
    )
    return Seller(name=clean(seller.name) or None, vat_number=vat, tax_code=tax, country=country)
