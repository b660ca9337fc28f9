"""A FatturaPA file, ordinary (FPR12, FPA12, 1.0, 1.1) or simplified (FSM10), read into documents body by body."""

from collections.abc import Iterator
from dataclasses import replace

from portal.core.text import t
from portal.imports.documents import Document, Item, Kind, Notice, Party, Seller, Where
from portal.imports.einvoices.attached import carries_pdf
from portal.imports.einvoices.due import PaymentReader
from portal.imports.einvoices.fields import Fields
from portal.imports.einvoices.parties import read_debtor, read_seller
from portal.imports.einvoices.signs import kind_by_sign, refuse_contradiction
from portal.imports.einvoices.totals import DOCUMENT, Totals, read_simplified_totals, read_totals
from portal.imports.einvoices.xml import Element, children, find, local_name, path_of, text_at
from portal.imports.identifiers import clean
from portal.imports.options import ReadOptions

_INVOICES = frozenset({"TD01", "TD02", "TD03", "TD05", "TD06", "TD07", "TD09", "TD24", "TD25", "TD26"})
_CREDIT_NOTES = frozenset({"TD04", "TD08"})
# Written by the buyer to itself or to the tax office, for VAT: nobody owes them to anybody.
SELF_ISSUED = frozenset({"TD16", "TD17", "TD18", "TD19", "TD20", "TD21", "TD22", "TD23", "TD27", "TD28", "TD29"})
_LONGEST_NUMBER = 60
_NEEDED_IN_HEADER = ("IdTrasmittente/IdPaese", "IdTrasmittente/IdCodice", "ProgressivoInvio", "FormatoTrasmissione")


def read_fattura(root: Element, options: ReadOptions) -> Iterator[Item]:
    """One document, or its refusals, for each FatturaElettronicaBody."""
    simplified = local_name(root) == "FatturaElettronicaSemplificata"
    fields = Fields()
    header = fields.present(root, "FatturaElettronicaHeader")
    if header is None:
        yield from fields.refusals
        return
    transmission = fields.present(header, "DatiTrasmissione")
    if transmission is not None:
        for path in _NEEDED_IN_HEADER:
            fields.text(transmission, path)
    seller = read_seller(header, fields, simplified)
    debtor = read_debtor(header, fields, simplified)
    bodies = list(children(root, "FatturaElettronicaBody"))
    if not bodies:
        fields.present(root, "FatturaElettronicaBody")
    if fields.refusals or debtor is None:
        yield from fields.refusals
        return
    for body in bodies:
        yield from _Body(body, simplified, options).read(seller, debtor, fields.notices)


class _Body:
    """One invoice of the file; `fields` gathers its refusals and warnings."""

    def __init__(self, body: Element, simplified: bool, options: ReadOptions) -> None:
        self.body, self.simplified, self.options = body, simplified, options
        self.fields = Fields()

    def read(self, seller: Seller | None, debtor: Party, about_debtor: list[Notice]) -> Iterator[Item]:
        document = self._document(seller, debtor)
        if document is None or self.fields.refusals:
            yield from self.fields.refusals
        else:
            yield replace(document, warnings=(*about_debtor, *self.fields.notices))

    def _document(self, seller: Seller | None, debtor: Party) -> Document | None:
        fields, body = self.fields, self.body
        general = fields.present(body, DOCUMENT)
        if general is None:
            return None
        number = clean(fields.text(general, "Numero") or "", _LONGEST_NUMBER)
        kind = self._kind(general)
        currency = fields.currency(general, "Divisa", self.options.default_currency)
        issued_on = fields.date(general, "Data")
        if kind is None or currency is None or issued_on is None:
            return None
        totals = self._totals(currency)
        reader = PaymentReader(body, issued_on, self.options.default_terms_days, fields)
        payments = reader.payments(currency)
        if totals is None or fields.refusals:
            return None
        stated, paid = totals.total.minor, sum(payment.amount.minor for payment in payments)
        if kind == "invoice" and stated * (paid or totals.payable.minor) < 0:
            refuse_contradiction(body, fields)
        kind = kind_by_sign(kind, stated, paid, body, fields)
        items = reader.due_items(payments, totals)
        if not items:
            fields.warn(body, "", "nothing_due", t("Nothing is due on this document."))
        return Document(
            number=number,
            kind=kind,
            issued_on=issued_on,
            currency=currency,
            total=-totals.total if totals.total.minor < 0 else totals.total,
            due_items=items,
            debtor=debtor,
            where=Where(path=path_of(body)),
            seller=seller,
            pdf="inside" if carries_pdf(body) else None,
            related=tuple(self._related()) if kind == "credit_note" else (),
        )

    def _kind(self, general: Element) -> Kind | None:
        code = (self.fields.text(general, "TipoDocumento") or "").upper()
        if code in _INVOICES:
            return "invoice"
        if code in _CREDIT_NOTES:
            return "credit_note"
        if code in SELF_ISSUED:
            text = t("%(code)s is written by the buyer for the tax office; nobody owes it to you.", code=code)
            self.fields.refuse(general, "TipoDocumento", "not_a_receivable", text)
        elif code:
            text = t("“%(code)s” is no type of document that FatturaPA knows.", code=clean(code, 20))
            self.fields.refuse(general, "TipoDocumento", "kind_unknown", text)
        return None

    def _totals(self, currency: str) -> Totals | None:
        if self.simplified:
            return read_simplified_totals(self.body, currency, self.fields)
        return read_totals(self.body, currency, self.fields)

    def _related(self) -> Iterator[str]:
        """The numbers of the invoices that a credit note names."""
        general = find(self.body, "DatiGenerali")
        if general is None:
            return
        for block, name in (("DatiFattureCollegate", "IdDocumento"), ("DatiFatturaRettificata", "NumeroFR")):
            for related in children(general, block):
                number = clean(text_at(related, name), _LONGEST_NUMBER)
                if number:
                    yield number
