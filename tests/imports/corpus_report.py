"""What the readers make of the shared corpus, as the table in docs/corpus.md.

python -m tests.imports.corpus_report > docs/corpus.md
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from portal.imports.documents import Remark
from tests.conftest import CORPUS
from tests.imports.files import Read, read_all

FOLDERS = ("einvoice-ubl-cii-facturx", "fatturapa", "receivables-datasets")
_SHOWN_REFUSALS = 3

_HEAD = """# What was read of the corpus

Made by `python -m tests.imports.corpus_report > docs/corpus.md` from `../shared/corpus`, which is not part of the
project; a test fails when this page and the readers disagree. Every file of `einvoice-ubl-cii-facturx`, `fatturapa`
and `receivables-datasets` is read with no options, as `portal import invoices FILE --dry-run` would.

- *read*: documents, with the number of credit notes in brackets where there are any
- *warned*: documents, or the file as a whole, that carry each warning
- *refused*: code and place of each refusal, and what the person is told
"""

_NOTES = """
## Why

**Refused on purpose.** Schemas and messages of SdI (receipts, metadata) are no invoices. TD16–TD23 and TD27–TD29 are
written by the buyer for the tax office: nobody owes them to the creditor (the Italian Peppol names these types in an
extension, and they are refused there too). A file with a document type or entities is
not opened. A file without what its schema demands of sender, seller or summary is refused with the path of what is
missing, also where the portal could have done without. Dates that no calendar has, document types and currencies that
do not exist, XML that breaks off: refused with line or path. A table without an amount is refused as a whole.

**Read with a warning.** Identifiers with wrong check digits are kept as written: sample files are full of them. What
is due is what the payment block says, so a block that adds up to something else than the document is only remarked
(`payments_differ`); sums less withholding or less VAT under split payment need no remark. A stated total that differs
from its summary is kept as stated (`total_mismatch`). Where no due date is given, thirty days after the issue were
assumed (`due_date_assumed`). RIBA and direct debits are due, but the seller's bank collects them
(`collected_by_seller`). Where a payment block says *cash* or *card*, nothing says that it was paid, and it stays due.

**UBL, CII and Factur-X.** Known by root and namespace; `unit-en16931` and `unit-it` hold sets of test fragments, which
are no invoices. Order-X is an order. ZUGFeRD 1.0 has other names for everything and was replaced in 2018: refused. What
the document asks for is due (`PayableAmount`, `DuePayableAmount`): what was paid before is in it already, and in the
Italian Peppol so is what the customer keeps back. Words about terms (*30 Tage netto*, *TP02#60*) are not read for a
date. An account that is no valid IBAN is left out (`iban_check`), another payee is remarked (`payee_other`), a direct
debit too. Sums that do not add up are remarked (`total_mismatch`, `lines_differ`) and what is stated counts.

**The KO files of the Italian Peppol** break rules of its network that do not touch what is owed by whom, so they are
read: an address in more parts or longer than allowed (`2900000021`, `DC141`), an IBAN with wrong check digits (`DC291`:
left out), a customer's tax code that is none (`DC520B`, `IT520B`: kept and remarked), a way of paying that is not used
there (`IT330`), a withholding under an unknown scheme (`de013`). Refusing them is the network's work, not the portal's.
"""


def files() -> list[Path]:
    """Every file of the folders that are read, in the order of their names."""
    return sorted(path for folder in FOLDERS for path in (CORPUS / folder).rglob("*") if path.is_file())


def report(paths: Iterable[Path]) -> Iterator[str]:
    """The page, line by line."""
    yield from _HEAD.splitlines()
    folder = None
    totals: Counter[str] = Counter()
    for path in paths:
        if path.parent != folder:
            folder = path.parent
            yield from ("", f"## {folder.relative_to(CORPUS)}", "", "| file | format | read | warned | refused |")
            yield "|---|---|---|---|---|"
        for found in read_all(path, path.name):
            yield _line(found)
            totals.update(files=1, documents=len(found.documents), refusals=len(found.refusals))
    yield from (
        "",
        f"Together: {totals['files']} files, {totals['documents']} documents, {totals['refusals']} refusals.",
    )
    yield from _NOTES.splitlines()


def _line(found: Read) -> str:
    credits_ = sum(document.kind == "credit_note" for document in found.documents)
    read = f"{len(found.documents)}{f' ({credits_})' if credits_ else ''}" if found.documents else "–"
    warned = Counter(code for document in found.documents for code in {w.code for w in document.warnings})
    warned.update(f"{note.code} (file)" for note in found.notes)
    warnings = "<br>".join(f"{code} × {count}" if count > 1 else code for code, count in sorted(warned.items()))
    refusals = [_refusal(refusal) for refusal in found.refusals[:_SHOWN_REFUSALS]]
    if len(found.refusals) > _SHOWN_REFUSALS:
        refusals.append(f"and {len(found.refusals) - _SHOWN_REFUSALS} more")
    return f"| {_cell(found.file)} | {found.format or '–'} | {read} | {warnings} | {'<br>'.join(refusals)} |"


def _refusal(refusal: Remark) -> str:
    place = str(refusal.where).replace("/FatturaElettronica/FatturaElettronica", "…")
    return _cell(f"`{refusal.code}` at {place}: {refusal.message}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    if not CORPUS.exists():
        sys.exit(f"{CORPUS} is not here")
    sys.stdout.writelines(f"{line}\n" for line in report(files()))
