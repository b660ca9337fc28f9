"""Bringing files in over the pages as a person does, and what is there afterwards."""

import io
from typing import Any

from sqlalchemy import func, select

from portal.core import db, jobs, scope
from portal.creditors.models import Creditor
from portal.imports.models import ImportBatch
from tests.actors import Browser

HEAD = "Numero;Data;Scadenza;Importo;Valuta;Codice cliente;Cliente"


ONE = "1/26;2026-10-01;2026-12-01;1.220,00;EUR;C1;Officine Brenta"


TWO = "2/26;2026-10-02;2026-12-31;80,00;EUR;C2;Bar Centrale"


def table(*rows: str, head: str = HEAD) -> bytes:
    return "\r\n".join([head, *rows, ""]).encode()


def upload(browser: Browser, *files: tuple[str, bytes], **typed: str) -> str:
    """Sends the upload form as a browser does; answers where it led."""
    browser.get("/c/imports")
    form = browser.form("/c/imports")
    sent = [(io.BytesIO(content), name) for name, content in files]
    browser.post(form.action, {**form.fields, **typed, "files": sent}, content_type="multipart/form-data")
    return browser.path


def bring_in(browser: Browser, *files: tuple[str, bytes], **typed: str) -> str:
    """Upload, yes, and the work done; the browser ends on the report."""
    where = upload(browser, *files, **typed)
    assert browser.status == 200, browser.text
    browser.submit("/confirm")
    jobs.work_off()
    browser.get(where)
    return where


def count(creditor: Creditor, model: Any) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        return session.scalar(select(func.count(model.id))) or 0


def all_of(creditor: Creditor, column: Any) -> list[Any]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        return list(session.scalars(select(column).order_by(column)))


def counts(creditor: Creditor) -> tuple[int, int, int]:
    """What the newest import did: (created, unchanged, refused)."""
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()
        return batch.created, batch.unchanged, batch.refused
