"""Everything that is held about one customer, for them: a ZIP of JSON, their documents and a summary to read.

`person.json` holds one list per table, `fields.json` says of each field what it is, why it is held and how long;
both follow the register. No secret leaves, no colleague's id, and a handed-over link's address only in part.
"""

import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import IO, Any

from sqlalchemy import select

from portal.cases.models import CaseFile
from portal.core import clock, db, ids
from portal.creditors.faces import Face
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.documents import store
from portal.documents.models import StoredFile
from portal.invoices import downloads
from portal.invoices.models import Invoice
from portal.plans.models import PlanPaper
from portal.privacy import queries, summary
from portal.privacy.register import Table, register

FORMAT = "portal.person/1"
Rows = list[dict[str, Any]]


def write(debtor: Debtor, face: Face, into: IO[bytes]) -> None:
    """Writes the ZIP; the summary in the customer's language, which must be the current one (portal.web.i18n)."""
    tables = {table.name: _rows(table, debtor.id) for table in register().of_debtors()}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", _json(_person(debtor, face, tables)))
        archive.writestr("fields.json", _json(_fields()))
        archive.writestr("summary.pdf", summary.pdf(debtor, face, tables))
        for name, content in chain(_documents(debtor.id), _evidence(debtor.id), _agreed(debtor.id)):
            archive.writestr(name, content)


def readable(debtor: Debtor, face: Face) -> bytes:
    """The summary alone, as a PDF in the current language."""
    return summary.pdf(debtor, face, {table.name: _rows(table, debtor.id) for table in register().of_debtors()})


def _person(debtor: Debtor, face: Face, tables: dict[str, Rows]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": clock.iso(clock.now()),
        "held_by": {"name": face.name, "address": face.address, "email": face.email, "phone": face.phone},
        "customer_code": debtor.code,
        "tables": {name: rows for name, rows in tables.items() if rows},
    }


def _fields() -> dict[str, Any]:
    """What the fields of `person.json` are: the part of the register that speaks of customers."""
    found = register()
    return {
        table.name: {
            "basis": found.bases[table.basis],
            "kept": found.periods[table.keep].says,
            "fields": {name: table.columns[name].holds for name in table.given_out},
        }
        for table in found.of_debtors()
    }


def _rows(table: Table, debtor_id: int) -> Rows:
    mapped = queries.model(table.name)
    mapper = mapped.__mapper__
    key = mapper.get_property_by_column(mapper.primary_key[0]).class_attribute
    mine = select(mapped).where(queries.of_person(table, debtor_id)).order_by(key)
    colleagues = _colleagues(debtor_id)
    return [
        {name: _shown(table.name, name, row, colleagues) for name in table.given_out}
        for row in db.session().scalars(mine).all()
    ]


def _colleagues(debtor_id: int) -> set[int]:
    """Addresses of others, to whom a visitor handed a document over."""
    handed = select(ContactPoint.id).where(ContactPoint.debtor_id == debtor_id, ContactPoint.colleague.is_(True))
    return set(db.session().scalars(handed))


def _shown(table: str, name: str, row: Any, colleagues: set[int]) -> Any:
    value = getattr(row, name)
    of_another = (table == "contact_points" and row.id in colleagues) or (
        table == "messages" and row.contact_point_id in colleagues
    )
    if of_another and name in {"address", "to_address"}:
        return debtors.masked(value)
    if of_another and name in {"subject", "text_body", "html_body", "params"}:
        return None
    return plain(name, value)


def plain(name: str, value: Any) -> Any:
    """As JSON writes it: ids spelled, instants in UTC, statuses as their word."""
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if (name == "id" or name.endswith("_id")) and isinstance(value, int):
        return ids.spell(value)
    return value


def _evidence(debtor_id: int) -> Iterator[tuple[str, bytes]]:
    """What they sent with what they said."""
    sent = (
        select(StoredFile, CaseFile.name)
        .join(CaseFile, CaseFile.file_id == StoredFile.id)
        .where(CaseFile.debtor_id == debtor_id)
        .order_by(CaseFile.id)
    )
    for file, name in db.session().execute(sent).all():
        yield f"documents/{name}", store.content(file)


def _agreed(debtor_id: int) -> Iterator[tuple[str, bytes]]:
    """The papers of what they agreed to."""
    kept = (
        select(StoredFile, PlanPaper.plan_id)
        .join(PlanPaper, PlanPaper.file_id == StoredFile.id)
        .where(PlanPaper.debtor_id == debtor_id)
        .order_by(PlanPaper.id)
    )
    for file, plan_id in db.session().execute(kept).all():
        yield f"documents/agreement-{ids.spell(plan_id)}.pdf", store.content(file)


def _documents(debtor_id: int) -> Iterator[tuple[str, bytes]]:
    """The originals of their invoices, each once."""
    files = (
        select(StoredFile, Invoice.number)
        .join(Invoice, Invoice.file_id == StoredFile.id)
        .where(Invoice.debtor_id == debtor_id)
        .order_by(Invoice.id)
    )
    told: set[int] = set()
    for file, number in db.session().execute(files).all():
        if file.id in told:
            continue
        told.add(file.id)
        safe = "".join(one if one.isascii() and one.isalnum() else "-" for one in number)
        yield f"documents/{safe}-{ids.spell(file.id)}{downloads.suffix(file)}", store.content(file)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
