"""The names that banks give to their columns, and what each means for us; names are compared as invoices' are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from portal.bank_statements.documents import FileRefused, Where
from portal.core.text import t
from portal.imports.identifiers import clean
from portal.imports.options import ReadOptions
from portal.imports.tables.headers import squeeze, unit_of

SEARCHED_LINES = 60
FIELDS: Final = (
    "booked_on", "value_on", "amount", "credit", "debit", "currency", "text", "counterparty_name",
    "counterparty_iban", "creditor_reference", "end_to_end_id", "bank_reference", "account",
)  # fmt: skip
DATES: Final = ("booked_on", "value_on")
AMOUNTS: Final = ("amount", "credit", "debit")
_NAMES: Final[Mapping[str, str]] = {
    "booked_on": (
        "datacontabile datacont datacontab dataoperazione dataoper datamovimento dataregistrazione datareg "
        "dataesecuzione contabile bookingdate bookedon bookdate postingdate posteddate entrydate transactiondate "
        "operationdate completeddate buchungstag data date"
    ),
    "value_on": "datavaluta valuedate valueon valuta wertstellung",
    "amount": (
        "importo importooperazione importoeuro importomovimento ammontare somma entrateuscite amount "
        "transactionamount value betrag"
    ),
    "credit": (
        "avere accredito accrediti entrata entrate importoavere credito credit credits deposit deposits paidin "
        "moneyin creditamount"
    ),
    "debit": (
        "dare addebito addebiti uscita uscite importodare debito debit debits withdrawal withdrawals paidout "
        "moneyout debitamount"
    ),
    "currency": "divisa codicedivisa coddivisa currency currencycode ccy waehrung",
    "text": (
        "descrizione descrizioneoperazione descrizioneestesa descrizionemovimento causale causaleabi "
        "causalemovimento dettagli dettaglio note operazione description label details detail memo narrative "
        "remittanceinformation paymentreference purpose verwendungszweck"
    ),
    "counterparty_name": (
        "controparte ordinante nomeordinante ordinantebeneficiario beneficiario nomecontroparte debitore "
        "counterparty counterpartyname partnername payer payername debtorname payee nome name"
    ),
    "counterparty_iban": (
        "ibancontroparte ibanordinante ibandebitore contocontroparte bankaccount counterpartyiban "
        "counterpartyaccount payeriban payeraccount debtoriban"
    ),
    "creditor_reference": (
        "riferimentocreditore codiceriferimento rf rfreference creditorreference structuredreference"
    ),
    "end_to_end_id": "endtoend endtoendid e2e e2eid idendtoend riferimentoendtoend endtoendreference",
    "bank_reference": (
        "numerooperazione idoperazione idmovimento riferimentobanca cro trn crotrn riferimento transactionid "
        "operationnumber bankreference accountservicerreference reference ref id"
    ),
    "account": (
        "rapporto numerorapporto conto contocorrente numeroconto ibanconto iban account accountnumber accountiban"
    ),
}
MEANINGS: Final = {name: field for field, names in _NAMES.items() for name in names.split()}
_SEVERAL: Final = frozenset({"text"})  # what stands in two columns is read from both


@dataclass(frozen=True, slots=True)
class Columns:
    """A line of headers understood: `at` maps a field to its positions, the first of them decides.

    `currency` is the one that the amount's header names.
    """

    line: int
    headers: tuple[str, ...]
    at: Mapping[str, tuple[int, ...]]
    currency: str | None

    def header(self, position: int) -> str:
        return self.headers[position][:80] or str(position + 1)

    def where(self, line: int, field: str) -> Where:
        return Where(line, self.header(self.at[field][0]))

    @property
    def lacking(self) -> str | None:
        if not any(name in self.at for name in DATES):
            return "booked_on"
        return None if any(name in self.at for name in AMOUNTS) else "amount"


def find(lines: Iterable[tuple[int, Sequence[object]]], options: ReadOptions) -> Columns:
    """The line among the first sixty that names most. Raises FileRefused where a date or an amount is lacking."""
    best: Columns | None = None
    for columns in _candidates(islice(lines, SEARCHED_LINES), options):
        better = best is None or (columns.lacking is None, len(columns.at)) > (best.lacking is None, len(best.at))
        best = columns if better else best
    if best is None or len(best.at) < 2:
        raise FileRefused(
            "header_missing",
            t(
                "No line names the columns. The first line should have headers such as Data, Valuta, Importo, "
                "Descrizione; or say which is which with --columns."
            ),
        )
    if best.lacking is not None:
        known = ", ".join(header for header in best.headers if header)[:400]
        text = t(
            "No column for %(field)s. The headers are: %(headers)s. Say which one it is with --columns %(field)s=….",
            field=best.lacking,
            headers=known,
        )
        raise FileRefused("column_missing", text, Where(line=best.line))
    missing = [theirs for theirs in options.columns.values() if theirs and squeeze(theirs) not in _squeezed(best)]
    if missing:
        text = t(
            "The file has no column %(header)s. Its headers are: %(headers)s.",
            header=clean(missing[0], 80),
            headers=", ".join(header for header in best.headers if header)[:400],
        )
        raise FileRefused("column_unknown", text, Where(line=best.line))
    return best


def _squeezed(columns: Columns) -> set[str]:
    return {squeeze(header) for header in columns.headers}


def _candidates(lines: Iterable[tuple[int, Sequence[object]]], options: ReadOptions) -> Iterator[Columns]:
    asked = {squeeze(theirs): ours for ours, theirs in options.columns.items() if theirs}
    for line, cells in lines:
        headers = tuple(clean(str(cell), 120) for cell in cells)
        at: dict[str, list[int]] = {}
        for position, header in enumerate(headers):
            meaning = asked.get(squeeze(header)) or _meaning(header)
            if meaning is None or (meaning in options.columns and squeeze(header) not in asked):
                continue
            at.setdefault(meaning, []).append(position)
        if at:
            chosen = {name: tuple(places if name in _SEVERAL else places[:1]) for name, places in at.items()}
            yield Columns(line, headers, chosen, _unit(headers, at))


def _meaning(header: str) -> str | None:
    return MEANINGS.get(squeeze(header)) or MEANINGS.get(squeeze(unit_of(header)[0]))


def _unit(headers: Sequence[str], at: Mapping[str, Sequence[int]]) -> str | None:
    return next((unit for name in AMOUNTS if name in at and (unit := unit_of(headers[at[name][0]])[1])), None)
