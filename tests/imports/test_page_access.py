"""Who may bring invoices in, whose imports one sees, and what cannot be brought in (rules A-60, A-63, A-65)."""

import pytest
from sqlalchemy import select

from portal.core import db, ids, scope
from portal.creditors.models import Creditor
from portal.documents.models import StoredFile
from portal.imports import forms
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.conftest import CORPUS, need
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.files import pdf, zipped
from tests.imports.uploads import ONE, TWO, all_of, bring_in, count, table, upload

PAGES = ["", "/{batch}", "/samples/csv"]


ACTS = ["", "/{batch}/options", "/{batch}/confirm", "/{batch}/discard", "/{batch}/go-on"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_who_may_not_bring_in_sees_and_changes_nothing(
    app: PortalFlask, creditor: Creditor, clerk: Browser, role: Role
) -> None:
    batch = upload(clerk, ("a.csv", table(ONE))).rsplit("/", 1)[1]
    looker = signed_in(app, creditor, role)
    for page in PAGES:
        looker.get("/c/imports" + page.format(batch=batch))
        assert looker.status == 200, page
        if page != "/samples/csv":
            assert "/confirm" not in looker.text
            assert 'type="file"' not in looker.text
    looker.get("/c/imports")
    fields = {"csrf_token": looker.csrf()}
    for act in ACTS:
        looker.post("/c/imports" + act.format(batch=batch), fields | {"command_id": ids.spell(ids.new_id())})
        assert looker.status == 403, act
    looker.get(f"/c/imports/{batch}/report.csv")
    assert looker.status == 403
    assert all_of(creditor, ImportBatch.status) == [BatchStatus.UPLOADED]


def test_nobody_sees_anything_without_signing_in(app: PortalFlask, clerk: Browser) -> None:
    batch = upload(clerk, ("a.csv", table(ONE))).rsplit("/", 1)[1]
    stranger = Browser(app)
    for page in (*PAGES, "/{batch}/report.csv"):
        stranger.get("/c/imports" + page.format(batch=batch))
        assert stranger.path == "/c/login"


def test_anothers_import_looks_like_none(app: PortalFlask, clerk: Browser, creditor: Creditor) -> None:
    theirs = bring_in(clerk, ("segreto.csv", table(ONE, TWO.replace("80,00", "x"))))
    waiting = upload(clerk, ("segreto2.csv", table(TWO)))
    other = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    unknown = f"/c/imports/{ids.spell(ids.new_id())}"
    other.get("/c/imports")
    assert "segreto" not in other.text
    fields = {"csrf_token": other.csrf()}
    for path in (theirs, waiting):
        for page in ("", "/report.csv"):
            found, none = other.get(path + page).data, other.get(unknown + page).data
            assert other.status == 404
            assert found == none
        for act in ACTS[1:]:
            tail = act.removeprefix("/{batch}")
            other.post(path + tail, fields | {"command_id": ids.spell(ids.new_id())})
            assert other.status == 404, tail
    assert all_of(creditor, ImportBatch.status) == [BatchStatus.DONE, BatchStatus.UPLOADED]
    upload(other, ("segreto.csv", table(ONE, TWO.replace("80,00", "x"))))
    assert "the same file" not in other.text, "what another creditor brought in is nobody's business"


def test_an_upload_of_nothing_says_what_to_do(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("", b""))
    assert clerk.status == 422
    assert "Choose at least one file." in clerk.text
    assert 'href="#files"' in clerk.text
    assert count(creditor, ImportBatch) == 0


USELESS = {
    "vuoto.csv": (b"", "There is nothing in this file."),
    "bianco.csv": (b" \r\n\r\n ", "There is nothing in this file."),
    "rotta.pdf": (b"%PDF-1.7 ...", "The PDF is damaged."),
    "lettera.pdf": (pdf({}), "This is a PDF without an invoice"),
    "vecchio.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook"),
    "rotto.zip": (b"PK\x03\x04" + bytes(100), "The archive is damaged"),
    "scatola.zip": (zipped({"__MACOSX/a": b""}), "There is no file in this archive."),
    "prosa.txt": (b"Caro cliente,\nle scrivo per dirle che...", "No line names the columns."),
    "bomba.xml": (b'<!DOCTYPE x [<!ENTITY a "b">]><FatturaElettronica>&a;</FatturaElettronica>', ""),
    "pagina.xml": (b"<html><body>ciao</body></html>", "This is a web page."),
    "foto.jpg": (b"\xff\xd8\xff\xe0" + bytes(50), "This is none of CSV, XLSX, FatturaPA"),
}


@pytest.mark.parametrize("name", USELESS)
def test_a_file_of_no_use_is_refused_beside_the_field(clerk: Browser, creditor: Creditor, name: str) -> None:
    content, sentence = USELESS[name]
    upload(clerk, (name, content), decimal=",")
    assert clerk.status == 422
    beside = clerk.text.split('id="files-error"', 1)[1].split("</span>", 2)
    assert name in beside[1]
    assert sentence in beside[1]
    assert '<option value="," selected>' in clerk.text, "what was chosen is kept"
    assert count(creditor, ImportBatch) == 0
    assert count(creditor, StoredFile) == 0


def test_one_bad_file_does_not_spoil_the_others(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("insieme.zip", zipped({"a.csv": table(ONE), "lettera.pdf": pdf({})})))
    assert clerk.status == 200
    assert "insieme.zip!lettera.pdf, the whole file" in clerk.text
    assert "This is a PDF without an invoice" in clerk.text
    assert "Save 1 document" in clerk.text


@pytest.mark.corpus
@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_hostile_files_of_the_corpus_get_a_sentence(clerk: Browser) -> None:
    need(None if CORPUS.exists() else "the shared corpus is not here")
    paths = sorted(p for p in (CORPUS / "bad-input").rglob("*") if p.is_file())
    assert len(paths) > 30
    for path in paths:
        for name in (path.name, path.stem + ".csv"):
            where = upload(clerk, (name, path.read_bytes()))
            assert clerk.status in {200, 422}, path
            if clerk.status == 422:
                assert 'id="files-error"' in clerk.text
            else:
                assert where != "/c/imports"
                assert "We do not know all these headers" in clerk.text or "is no" in clerk.text, path


@pytest.mark.corpus
@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_hostile_file_names_are_only_names(clerk: Browser, creditor: Creditor) -> None:
    names = [
        "../../etc/passwd",
        "C:\\x\\..\\con.csv",
        "\u202egnp.csv",
        "x" * 5000 + ".csv",
        "!",
        "a!b.csv",
    ]
    source = CORPUS / "bad-input" / "upload-names" / "fuzzdb__file-ul-filter-bypass-x-platform-generic.txt"
    if source.exists():
        names += source.read_text("utf-8", "replace").split()[:10]
    for name in names:
        upload(clerk, (name, table(ONE)))
        assert clerk.status == 200, name
        assert "Save 1 document" in clerk.text, name
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        kept = [one["name"] for batch in session.scalars(select(ImportBatch)) for one in batch.files]
    assert not any("/" in name or "\\" in name or "\u202e" in name or "\n" in name for name in kept)
    assert max(map(len, kept)) <= 200


def test_too_much_at_once_is_said(
    app: PortalFlask, clerk: Browser, creditor: Creditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.config["MAX_CONTENT_LENGTH"] == int(forms.LARGEST.split()[0]) * 1024**2
    with monkeypatch.context() as small:
        small.setitem(app.config, "MAX_CONTENT_LENGTH", 2000)
        upload(clerk, ("a.csv", table(*[ONE] * 100)))
    assert clerk.status == 413
    assert "That file is too large" in clerk.text
    upload(clerk, *((f"{n}.csv", table(ONE)) for n in range(forms.MOST_FILES + 1)))
    assert clerk.status == 422
    assert "Put them in a ZIP" in clerk.text
    assert count(creditor, ImportBatch) == 0
