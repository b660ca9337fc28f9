"""The lines of one invoice in a FatturaPA file, each with what the customer owes for it."""

import re
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money, digits
from portal.imports.documents import FileRefused
from portal.imports.einvoices.signature import starts_like_signature, unwrap
from portal.imports.einvoices.totals import DOCUMENT
from portal.imports.einvoices.xml import Element, children, find, parse, text_at
from portal.imports.identifiers import clean
from portal.invoices.lines import InvoiceLine

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", re.ASCII)
_LONGEST = 200


def lines_of(content: bytes, number: str, currency: str) -> tuple[InvoiceLine, ...]:
    """The lines of the invoice with this number; none where there is no such body, or a line cannot be read."""
    try:
        root, _ = parse(unwrap(content) if starts_like_signature(content[:400]) else content)
    except FileRefused:
        return ()
    for body in children(root, "FatturaElettronicaBody"):
        document, goods = find(body, DOCUMENT), find(body, "DatiBeniServizi")
        if document is not None and goods is not None and clean(text_at(document, "Numero"), 60) == number:
            return _lines(goods, currency)
    return ()


def _lines(goods: Element, currency: str) -> tuple[InvoiceLine, ...]:
    """Every line of the goods. The customer keeps the VAT of split payment back: it is no part of what they owe."""
    split = any(text_at(one, "EsigibilitaIVA").upper() == "S" for one in children(goods, "DatiRiepilogo"))
    found = []
    for place, line in enumerate(children(goods, "DettaglioLinee"), start=1):
        net, rate = _decimal(text_at(line, "PrezzoTotale")), _decimal(text_at(line, "AliquotaIVA") or "0")
        if net is None or rate is None:
            return ()
        if net <= 0:  # a discount, or words between the lines
            continue
        owed = net if split else net * (1 + rate / 100)
        cent = Decimal(1).scaleb(-digits(currency))
        minor = int(owed.quantize(cent, ROUND_HALF_UP).scaleb(digits(currency)))
        words = clean(text_at(line, "Descrizione"), _LONGEST)
        if minor:
            found.append(InvoiceLine(place, words or str(place), Money(minor, currency)))
    return tuple(found)


def _decimal(raw: str) -> Decimal | None:
    compact = raw.replace(" ", "")
    return Decimal(compact) if _NUMBER.fullmatch(compact) else None
