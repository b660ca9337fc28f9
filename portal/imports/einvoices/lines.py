"""The lines of one invoice in an e-invoice of any family, each with what the customer owes for it."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money, digits
from portal.imports.documents import FileRefused
from portal.imports.einvoices.inside_pdf import invoice_in, starts_like_pdf
from portal.imports.einvoices.roots import family, unwrapped
from portal.imports.einvoices.signature import starts_like_signature, unwrap
from portal.imports.einvoices.totals import DOCUMENT
from portal.imports.einvoices.xml import Element, children, find, local_name, parse, text_at
from portal.imports.identifiers import clean
from portal.invoices.lines import InvoiceLine

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", re.ASCII)
_LONGEST = 200


def lines_of(content: bytes, number: str, currency: str) -> tuple[InvoiceLine, ...]:
    """The lines of the invoice with this number; none where there is no such body, or a line cannot be read."""
    try:
        root, _ = parse(_xml_in(content))
    except FileRefused:
        return ()
    invoice = unwrapped(root)
    if family(invoice) == "ubl":
        return _priced(_of_ubl(invoice), currency)
    if family(invoice) == "cii":
        return _priced(_of_cii(invoice), currency)
    for body in children(root, "FatturaElettronicaBody"):
        document, goods = find(body, DOCUMENT), find(body, "DatiBeniServizi")
        if document is not None and goods is not None and clean(text_at(document, "Numero"), 60) == number:
            return _priced(_of_fattura(goods), currency)
    return ()


def _xml_in(content: bytes) -> bytes:
    if starts_like_pdf(content):
        return invoice_in(content)
    return unwrap(content) if starts_like_signature(content[:400]) else content


# Of a line: what it is for, its net amount, its VAT rate, and whether the customer keeps the VAT back.
_Line = tuple[str, str, str, bool]


def _of_fattura(goods: Element) -> Iterator[_Line]:
    """The customer keeps the VAT of split payment back: it is no part of what they owe."""
    split = any(text_at(one, "EsigibilitaIVA").upper() == "S" for one in children(goods, "DatiRiepilogo"))
    for line in children(goods, "DettaglioLinee"):
        yield text_at(line, "Descrizione"), text_at(line, "PrezzoTotale"), text_at(line, "AliquotaIVA"), split


def _of_ubl(invoice: Element) -> Iterator[_Line]:
    tax = "Item/ClassifiedTaxCategory"
    for line in children(invoice, f"{local_name(invoice)}Line"):
        words = text_at(line, "Item/Name") or text_at(line, "Item/Description")
        yield (
            words,
            text_at(line, "LineExtensionAmount"),
            text_at(line, f"{tax}/Percent"),
            _is_split(line, f"{tax}/ID"),
        )


def _of_cii(invoice: Element) -> Iterator[_Line]:
    """Those of the whole document; a group of others, or a mere remark, is no line that is owed."""
    settled, about = "SpecifiedLineTradeSettlement", "AssociatedDocumentLineDocument"
    deal = find(invoice, "SupplyChainTradeTransaction")
    for line in children(deal, "IncludedSupplyChainTradeLineItem") if deal is not None else ():
        if text_at(line, f"{about}/LineStatusReasonCode").upper() not in {"GROUP", "INFORMATION"}:
            net = text_at(line, f"{settled}/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount")
            rate = text_at(line, f"{settled}/ApplicableTradeTax/RateApplicablePercent")
            split = _is_split(line, f"{settled}/ApplicableTradeTax/CategoryCode")
            yield text_at(line, "SpecifiedTradeProduct/Name"), net, rate, split


def _is_split(line: Element, path: str) -> bool:
    return text_at(line, path).upper() == "B"  # split payment, of EN 16931's categories


def _priced(lines: Iterator[_Line], currency: str) -> tuple[InvoiceLine, ...]:
    """Every line that is owed; none at all when one of them cannot be read."""
    found = []
    for place, (words, amount, percent, split) in enumerate(lines, start=1):
        net, rate = _decimal(amount), _decimal(percent or "0")
        if net is None or rate is None:
            return ()
        if net <= 0:  # a discount, or words between the lines
            continue
        owed = net if split else net * (1 + rate / 100)
        cent = Decimal(1).scaleb(-digits(currency))
        minor = int(owed.quantize(cent, ROUND_HALF_UP).scaleb(digits(currency)))
        if minor:
            found.append(InvoiceLine(place, clean(words, _LONGEST) or str(place), Money(minor, currency)))
    return tuple(found)


def _decimal(raw: str) -> Decimal | None:
    compact = raw.replace(" ", "")
    return Decimal(compact) if _NUMBER.fullmatch(compact) else None
