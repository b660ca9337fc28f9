"""Where a customer's data stands outside their own rows: kept files, reports of imports, unmatched bank movements."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, false, func, or_, select, update

from portal.bank_statements.models import BankMovement, PayerAccount, StatementBatch, StatementRemark
from portal.cases.models import CaseFile
from portal.core import db, ids, scope
from portal.creditors import queries as creditors
from portal.debtors.models import ContactPoint, Debtor
from portal.documents import store
from portal.documents.models import StoredFile
from portal.imports.models import ImportBatch, ImportRow
from portal.invoices.models import Invoice
from portal.plans.models import PlanPaper

SHORTEST = 4  # characters: a shorter word finds too much
LARGEST_UNPACKED = 200 * 1024**2
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """By which words a customer is found: name, numbers, addresses; and by which accounts they paid."""

    words: tuple[str, ...]
    accounts: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        folded = text.casefold()
        return any(word in folded for word in self.words)


def identity(debtor_id: int) -> Identity:
    """Taken before anything is erased."""
    debtor = db.session().get_one(Debtor, debtor_id)
    addresses = db.session().scalars(select(ContactPoint.address).where(ContactPoint.debtor_id == debtor_id))
    accounts = db.session().scalars(select(PayerAccount.iban).where(PayerAccount.debtor_id == debtor_id)).all()
    bare_vat = (debtor.vat_number or "").removeprefix(debtor.country or "IT")
    known = (debtor.name, bare_vat, debtor.tax_code, *addresses, *accounts)
    words = {word.casefold().strip() for word in known if word and len(word.strip()) >= SHORTEST}
    return Identity(tuple(sorted(words)), tuple(accounts))


def erase_files(debtor_id: int, who: Identity) -> int:
    """Lets go of every kept file with this customer in it: their invoices' originals, what they sent as evidence, and
    whole import files.

    The content goes before the row: a job that dies between the two comes again and finds the row.
    """
    mine = select(Invoice.file_id).where(Invoice.debtor_id == debtor_id, Invoice.file_id.is_not(None))
    gone = {file_id for file_id in db.session().scalars(mine) if file_id is not None}
    logo = creditors.by_id(scope.current().creditor_id).logo_file_id
    others = select(Invoice.file_id).where(Invoice.debtor_id != debtor_id, Invoice.file_id.is_not(None))
    sent = select(CaseFile.file_id).where(CaseFile.debtor_id == debtor_id, CaseFile.file_id.is_not(None))
    gone |= {file_id for file_id in db.session().scalars(sent) if file_id is not None}
    sent_by_others = select(CaseFile.file_id).where(CaseFile.debtor_id != debtor_id, CaseFile.file_id.is_not(None))
    kept = {file_id for file_id in db.session().scalars(others) if file_id is not None} | {logo}
    kept |= {file_id for file_id in db.session().scalars(sent_by_others) if file_id is not None}
    agreed = select(PlanPaper.file_id).where(PlanPaper.file_id.is_not(None))  # proof for ten years (rule C-24)
    kept |= {file_id for file_id in db.session().scalars(agreed) if file_id is not None}
    gone -= kept
    named = _files_that_brought(debtor_id)
    for file in db.session().scalars(select(StoredFile)).all():
        if file.id in gone or file.id in kept:
            continue
        if file.id in named or who.is_in(file.name) or _holds(store.path_of(file), who):
            gone.add(file.id)
    db.changed(update(Invoice).where(Invoice.debtor_id == debtor_id).values(file_id=None))
    db.changed(update(CaseFile).where(CaseFile.debtor_id == debtor_id).values(file_id=None))
    for mapped in (ImportBatch, StatementBatch):
        _let_go_in_batches(mapped, gone, who)
    return forget_files(sorted(gone))


def forget_files(file_ids: list[int]) -> int:
    """Deletes contents and rows; whoever points at one finds none."""
    files = db.session().scalars(select(StoredFile).where(StoredFile.id.in_(file_ids))).all()
    for file in files:
        store.path_of(file).unlink(missing_ok=True)
        db.session().delete(file)
    db.session().flush()
    return len(files)


def _files_that_brought(debtor_id: int) -> set[int]:
    """The files of the imports that made or changed one of this customer's invoices."""
    invoices = select(Invoice.id).where(Invoice.debtor_id == debtor_id)
    batches = select(ImportRow.batch_id).where(ImportRow.invoice_id.in_(invoices)).distinct()
    lists = db.session().scalars(select(ImportBatch.files).where(ImportBatch.id.in_(batches)))
    return {ids.read(one["file_id"]) for files in lists for one in files if "file_id" in one}


def _let_go_in_batches(mapped: Any, gone: set[int], who: Identity) -> None:
    spelled = {ids.spell(file_id) for file_id in gone}
    for batch_id, files in db.session().execute(select(mapped.id, mapped.files)).all():
        left = [_left_of(one, spelled, who) for one in files]
        if left != files:
            db.changed(update(mapped).where(mapped.id == batch_id).values(files=left))


def _left_of(one: dict[str, Any], gone: set[str], who: Identity) -> dict[str, Any]:
    """An import's file as its report goes on showing it."""
    left = {key: value for key, value in one.items() if not (key == "file_id" and value in gone)}
    return left | {"name": "–"} if who.is_in(str(one["name"])) else left


def _holds(path: Path, who: Identity) -> bool:
    try:
        return _speaks_of(path.read_bytes(), who, DEEPEST)
    except OSError:
        return False


def _speaks_of(content: bytes, who: Identity, deep: int) -> bool:
    """Whether the text names them; of a ZIP (a spreadsheet is one) each member's."""
    if deep and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST_UNPACKED:
                return True  # not looked into: rather one file too few than one too many
            return any(_speaks_of(archive.read(one), who, deep - 1) for one in archive.infolist())
    return any(who.is_in(content.decode(encoding, "replace")) for encoding in ("utf-8", "cp1252", "utf-16"))


def erase_reports(debtor_id: int, who: Identity) -> int:
    """Empties what reports of imports quote of this customer."""
    invoices = select(Invoice.id).where(Invoice.debtor_id == debtor_id)
    rows = db.changed(
        update(ImportRow)
        .where(or_(ImportRow.invoice_id.in_(invoices), _quoted(ImportRow, who)), ImportRow.args.is_not(None))
        .values(args={}, msgid=None)
    )
    rows += db.changed(update(ImportRow).where(_in_name(ImportRow, who)).values(file="–"))
    quoted = update(StatementRemark).where(_quoted(StatementRemark, who))
    rows += db.changed(quoted.values(args={}, msgid="–"))
    return rows + db.changed(update(StatementRemark).where(_in_name(StatementRemark, who)).values(file="–"))


def _quoted(mapped: Any, who: Identity) -> Any:
    """Looked for as JSON writes it, whatever the casing."""
    written = func.lower(cast(mapped.args, String))
    return or_(false(), *(written.contains(json.dumps(word)[1:-1].lower(), autoescape=True) for word in who.words))


def _in_name(mapped: Any, who: Identity) -> Any:
    return or_(false(), *(func.lower(mapped.file).contains(word, autoescape=True) for word in who.words))


def erase_payers(who: Identity) -> int:
    """Empties who paid, in movements from this customer's accounts or in their name that were never matched."""
    named = func.lower(func.coalesce(BankMovement.counterparty_name, ""))
    written = func.lower(func.coalesce(BankMovement.text, ""))
    found = or_(
        BankMovement.counterparty_iban.in_(who.accounts),
        *(named.contains(word, autoescape=True) for word in who.words),
        *(written.contains(word, autoescape=True) for word in who.words),
    )
    return db.changed(
        update(BankMovement)
        .where(found)
        .values(counterparty_name=None, counterparty_iban=None, text=None, end_to_end_id=None, note=None)
    )
