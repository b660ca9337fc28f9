"""The total of a FatturaPA body and what of it the customer owes the seller.

The customer keeps withholding tax back for the State (DatiRitenuta), and under split payment the VAT too
(EsigibilitaIVA S, art. 17-ter DPR 633/72). Some programs state a total that is already net of these.
"""

from dataclasses import dataclass

from portal.core.money import Money
from portal.core.text import t
from portal.imports.einvoices.fields import Fields
from portal.imports.einvoices.xml import Element, children, find, text_at

DOCUMENT = "DatiGenerali/DatiGeneraliDocumento"


@dataclass(frozen=True, slots=True)
class Totals:
    """With the file's sign: what the document states (or its summary's sum), and what is to be paid of it."""

    total: Money
    payable: Money
    acceptable: frozenset[int]  # sums of payments, in minor units, that need no explanation


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the summary adds up to, VAT included, and what of it the customer keeps back."""

    gross: Money
    rounding: Money
    withheld: Money
    split_vat: Money

    @property
    def kept_back(self) -> Money:
        return self.withheld + self.split_vat


def read_totals(body: Element, currency: str, fields: Fields) -> Totals | None:
    """Totals of an ordinary invoice. Refused without a summary (DatiRiepilogo)."""
    goods = fields.present(body, "DatiBeniServizi")
    document = find(body, DOCUMENT)
    if goods is None or document is None:
        return None
    if find(goods, "DatiRiepilogo") is None:
        fields.present(goods, "DatiRiepilogo")
        return None
    sums = _sums(goods, document, currency, fields)
    stated = fields.money(document, "ImportoTotaleDocumento", currency, needed=False)
    return None if fields.refusals else _weigh(document, stated, sums, fields)


def _sums(goods: Element, document: Element, currency: str, fields: Fields) -> _Sums:
    nought = Money(0, currency)
    gross = split_vat = withheld = nought
    for summary in children(goods, "DatiRiepilogo"):
        net = fields.money(summary, "ImponibileImporto", currency) or nought
        vat = fields.money(summary, "Imposta", currency) or nought
        gross = gross + net + vat
        if text_at(summary, "EsigibilitaIVA").upper() == "S":
            split_vat = split_vat + vat
    for withholding in children(document, "DatiRitenuta"):
        withheld = withheld + (fields.money(withholding, "ImportoRitenuta", currency) or nought)
    if (gross.minor < 0) != (withheld.minor < 0):
        withheld = -withheld  # some credit notes write it with the other sign
    rounding = fields.money(document, "Arrotondamento", currency, needed=False) or nought
    return _Sums(gross, rounding, withheld, split_vat)


def _weigh(document: Element, stated: Money | None, sums: _Sums, fields: Fields) -> Totals:
    """The stated total against the summary: equal, already less what is kept back, or different."""
    whole = sums.gross + sums.rounding
    total = whole if stated is None else stated
    payable = total - sums.kept_back
    if total not in {sums.gross, whole}:
        already = {sums.gross - part for part in (sums.withheld, sums.split_vat, sums.kept_back) if part}
        if total in already:
            payable = sums.gross - sums.kept_back
            text = t(
                "The stated total of %(stated)s is already less what the customer keeps back; the summary adds up to "
                "%(sum)s.",
                stated=total.plain,
                sum=sums.gross.plain,
            )
        else:
            text = t(
                "The document states a total of %(stated)s, its summary adds up to %(sum)s.",
                stated=total.plain,
                sum=whole.plain,
            )
        fields.warn(document, "ImportoTotaleDocumento", "total_mismatch", text)
    usual = {total, total - sums.withheld, total - sums.split_vat, payable, sums.gross, whole}
    return Totals(total, payable, frozenset(abs(amount.minor) for amount in usual))


def read_simplified_totals(body: Element, currency: str, fields: Fields) -> Totals | None:
    """A simplified invoice states prices with VAT included, line by line."""
    total = Money(0, currency)
    lines = list(children(body, "DatiBeniServizi"))
    if not lines:
        fields.present(body, "DatiBeniServizi")
    for line in lines:
        total = total + (fields.money(line, "Importo", currency) or Money(0, currency))
    return None if fields.refusals else Totals(total, total, frozenset({abs(total.minor)}))
