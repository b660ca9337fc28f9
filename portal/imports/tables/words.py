"""Cells with a small vocabulary: kind of document, yes and no, words that mark a line of totals."""

import re

from portal.core.text import t
from portal.imports.documents import Kind, Unreadable
from portal.imports.identifiers import clean
from portal.imports.tables.headers import squeeze

_INVOICES = (
    "fattura fatture ft fatt fat fv fe fattimm fatturaimmediata fatturadifferita fatturaaccompagnatoria "
    "fatturadivendita fatturavendita fatturaelettronica fatturasemplificata acconto fatturadiacconto "
    "fatturaacconto parcella notadidebito notadebito nd ndd notadd invoice inv in salesinvoice bill debitnote dn "
    "td01 td02 td03 td05 td06 td07 td09 td24 td25 td26 "
    "rechnung re rg schlussrechnung abschlagsrechnung facture fac factura fra"
)
_CREDIT_NOTES = (
    "notadicredito notacredito notacr nc ndc nac notadiaccredito notaaccredito accredito storno notavariazione "
    "notacreditosemplificata creditnote creditmemo creditinvoice credit cn cm td04 td08 "
    "gutschrift rechnungskorrektur avoir facturedavoir notedecredit notadeabono abono facturarectificativa"
)
_AFFIRMATIVE = "si s yes y true vero 1 x ja oui contestata contestato incontestazione disputed indispute"
_NEGATIVE = "no n nein non false falso 0 noncontestata noncontestato notdisputed none nessuna"
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_INVOICES.split(), "invoice"),
    **dict.fromkeys(_CREDIT_NOTES.split(), "credit_note"),
}
_YES, _NO = frozenset(_AFFIRMATIVE.split()), frozenset(_NEGATIVE.split())
_TOTAL = re.compile(
    r"(?:sub|gran(?:d)? ?)?total[ei]?\b|somma\b|sommano\b|saldo\b|riporto\b|a riportare\b|sum\b", re.IGNORECASE
)


def read_kind(raw: str) -> Kind:
    """`Fattura`, `FT`, `TD01`, `invoice` or `Nota di credito`, `NC`, `TD04`, `credit note`. Raises Unreadable."""
    kind = _KINDS.get(squeeze(raw))
    if kind is None:
        raise Unreadable(
            "kind_unknown",
            t(
                "“%(value)s” is neither an invoice nor a credit note. Write Fattura or Nota di credito, or leave the "
                "column out with --columns kind=.",
                value=clean(raw, 40),
            ),
        )
    return kind


def read_yes_no(raw: str) -> bool:
    """`Sì`, `yes`, `1`, `x` or `No`, `0`, nothing. Raises Unreadable."""
    word = squeeze(raw)
    if word in _YES:
        return True
    if word in _NO or not raw.strip(" -–—"):
        return False
    raise Unreadable(
        "disputed_unreadable",
        t("“%(value)s” is neither yes nor no. Write sì or no.", value=clean(raw, 40)),
    )


def marks_a_total(raw: object) -> bool:
    """Whether a cell begins like the label of a line of totals."""
    return type(raw) is str and _TOTAL.match(raw) is not None
