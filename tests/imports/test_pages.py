"""Bringing invoices in over the pages: upload, preview, yes, progress, report (issue 2 §2, A-60, A-63, A-64)."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.core import db, ids, jobs, outbox, scope
from portal.core.outbox import OutboxRow
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.documents import store
from portal.documents.models import StoredFile
from portal.imports import actions, forms, preview, report_csv, steering
from portal.imports.formats import all_formats
from portal.imports.models import ImportBatch, ImportRow
from portal.imports.options import ReadOptions
from portal.imports.states import BatchStatus
from portal.invoices.models import DueItem, Invoice
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.conftest import CORPUS, need
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.files import fattura, workbook, zipped

HEAD = "Numero;Data;Scadenza;Importo;Valuta;Codice cliente;Cliente"
ONE = "1/26;2026-10-01;2026-12-01;1.220,00;EUR;C1;Officine Brenta"
TWO = "2/26;2026-10-02;2026-12-31;80,00;EUR;C2;Bar Centrale"


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def clerk(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor, Role.MANAGER)


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


def test_a_list_comes_in_from_upload_to_report(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("marzo.csv", table(ONE, TWO)))
    assert "This is what we understood" in clerk.text
    assert "Save 2 documents" in clerk.text
    assert "2 new customers" in clerk.text
    assert "€1,300.00" in clerk.text
    assert count(creditor, Invoice) == 0, "nothing is saved before the yes"

    clerk.submit("/confirm")
    assert clerk.path == where
    assert clerk.page is not None
    assert clerk.page.headers["Refresh"] == "2"
    assert '<progress id="progress" value="0" max="2">' in clerk.text
    assert count(creditor, Invoice) == 0

    jobs.work_off()
    clerk.get(where)
    assert "Refresh" not in clerk.page.headers
    assert "2 documents saved" in clerk.text
    assert all_of(creditor, Invoice.number) == ["1/26", "2/26"]
    for invoice_id in all_of(creditor, Invoice.id):
        clerk.get(where)
        assert f"/c/invoices/{ids.spell(invoice_id)}" in clerk.text
        clerk.get(f"/c/invoices/{ids.spell(invoice_id)}")
        assert clerk.status == 200
    clerk.get("/c/imports")
    assert "marzo.csv" in clerk.text
    assert "2 new" in clerk.text


ROWS = [
    ["Numero", "Data", "Scadenza", "Importo", "Cliente"],
    ["9/A", date(2026, 10, 1), date(2026, 12, 1), 122.5, "Carta & Penna"],
]


@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        ("fatture.xlsx", workbook(ROWS), ["9/A"]),
        ("fattura.xml", fattura(), None),
        ("insieme.zip", zipped({"a.xml": fattura(), "b.csv": table(ONE)}), None),
    ],
    ids=["xlsx", "fatturapa", "zip"],
)
def test_every_kind_of_file_comes_in(
    clerk: Browser, creditor: Creditor, name: str, content: bytes, numbers: list[str] | None
) -> None:
    bring_in(clerk, (name, content))
    created, _, refused = counts(creditor)
    assert refused == 0
    assert created >= 1
    assert f"{created} document" in clerk.text
    found = all_of(creditor, Invoice.number)
    assert len(found) == created
    if numbers is not None:
        assert found == numbers
    if name.endswith(".zip"):
        assert "1/26" in found
        assert "insieme.zip!b.csv, line 2" in clerk.text


def test_several_files_come_in_together(clerk: Browser, creditor: Creditor) -> None:
    bring_in(clerk, ("a.csv", table(ONE)), ("b.csv", table(TWO)), ("c.xml", fattura()))
    assert counts(creditor)[0] == 4
    assert "a.csv, line 2" in clerk.text


UNCLEAR = table(
    "1/26;03/04/2026;05/06/2026;1.234;EUR;C1;Uno", "2/26;02/04/2026;06/07/2026;2.500;EUR;C2;Due"
)  # every date and amount with two meanings


def test_dates_with_two_meanings_are_settled_in_the_preview(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("dubbio.csv", UNCLEAR))
    assert "Some dates have two meanings" in clerk.text
    assert "Some amounts have two meanings" in clerk.text
    assert "please say how to read these files" in clerk.text
    assert "/confirm" not in clerk.text
    assert "--" not in clerk.text.split("<main", 1)[1], "advice for the command line is of no use here"

    clerk.submit("/options", date_format="dmy", decimal=".")
    assert clerk.path == where
    assert "Save 1 document" in clerk.text
    assert "amount_decimals" in clerk.text, "1.234 with a decimal point has three decimals"

    clerk.get(where)
    clerk.submit("/options", date_format="dmy", decimal=",")
    assert "€1,234.00" in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    assert all_of(creditor, Invoice.issued_on) == [date(2026, 4, 2), date(2026, 4, 3)]
    assert all_of(creditor, DueItem.amount_minor) == [123400, 250000]
    assert count(creditor, StoredFile) == 1, "nothing was uploaded again"


NAMED = {"number": "Alfa", "issued_on": "Beta", "due_on": "Gamma", "amount": "Delta", "debtor_name": "Épsilon"}
UNKNOWN = [
    list(NAMED.values()),
    ["7", date(2026, 10, 1), date(2026, 12, 1), 10.5, "Uno"],
    ["8", date(2026, 10, 2), date(2026, 12, 2), 20.5, "Due"],
]
UNKNOWN_CSV = "\n".join(["Elenco clienti", *(";".join(str(c).replace(".", ",") for c in row) for row in UNKNOWN)])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ignoto.csv", UNKNOWN_CSV.encode()),
        ("ignoto.csv", UNKNOWN_CSV.replace(";", "\t").encode("cp1252")),
        ("ignoto.xlsx", workbook(UNKNOWN)),
        ("ignoto.zip", zipped({"dentro/ignoto.csv": UNKNOWN_CSV.encode()})),
    ],
    ids=["csv", "tab-cp1252", "xlsx", "zip"],
)
def test_unknown_headers_are_named_by_hand(clerk: Browser, creditor: Creditor, name: str, content: bytes) -> None:
    where = upload(clerk, (name, content))
    assert "We do not know all these headers" in clerk.text
    for header in NAMED.values():
        assert f'<option value="={header}">' in clerk.text
    clerk.submit("/options", **{f"column-{ours}": f"={theirs}" for ours, theirs in NAMED.items()})
    assert clerk.path == where
    assert "Save 2 documents" in clerk.text
    assert "We do not know all these headers" not in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    assert all_of(creditor, DueItem.amount_minor) == [1050, 2050]
    assert all_of(creditor, Debtor.name) == ["Due", "Uno"]


def test_a_column_can_be_taken_away_and_given_back(clerk: Browser) -> None:
    upload(clerk, ("a.csv", table(ONE)))
    assert "by its name: Scadenza" in clerk.text
    clerk.submit("/options", **{"column-due_on": forms.NONE})
    assert "due_date_assumed" in clerk.text
    clerk.submit("/options", **{"column-due_on": forms.AUTO})
    assert "due_date_assumed" not in clerk.text


def test_a_header_that_the_file_does_not_have_is_said(clerk: Browser) -> None:
    upload(clerk, ("a.csv", table(ONE)))
    clerk.submit("/options", **{"column-amount": "=Totale"})
    assert clerk.status == 200
    assert "The file has no column Totale, which was named for Amount." in clerk.text
    assert "/confirm" not in clerk.text


def test_tables_with_different_columns_are_not_named_together(clerk: Browser) -> None:
    upload(clerk, ("insieme.zip", zipped({"a.csv": table(ONE), "b.csv": UNKNOWN_CSV.encode()})))
    assert "bring them in one at a time" in clerk.text
    assert 'name="column-amount"' not in clerk.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"currency": "X1"}, "currency"),
        ({"date_format": "ydm"}, "date_format"),
        ({"column-amount": "x"}, "column-amount"),
    ],
)
def test_a_choice_that_means_nothing_stands_beside_its_field(
    clerk: Browser, creditor: Creditor, typed: dict[str, str], field: str
) -> None:
    where = upload(clerk, ("a.csv", table(ONE)))
    clerk.submit("/options", **typed)
    assert clerk.status == 422
    assert f'id="{field}-error"' in clerk.text
    clerk.get(where)
    assert f'id="{field}-error"' not in clerk.text
    assert all_of(creditor, ImportBatch.id)


def test_a_yes_is_a_yes_to_what_was_shown(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("a.csv", table(ONE)))
    old = clerk.form("/confirm")
    clerk.submit("/options", currency="CHF")
    clerk.post(old.action, old.fields)
    assert clerk.status == 409
    jobs.work_off()
    assert count(creditor, Invoice) == 0
    clerk.get(where)
    clerk.submit("/confirm")
    assert clerk.status == 200


def test_an_import_begins_once(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("a.csv", table(ONE)))
    form = clerk.form("/confirm")
    again = clerk.form("/options")
    clerk.post(form.action, form.fields)
    clerk.post(form.action, form.fields)
    assert clerk.path == where, "the same form twice gives the same answer"
    clerk.post(form.action, form.fields | {"command_id": ids.spell(ids.new_id())})
    assert clerk.status == 409
    clerk.post(again.action, again.fields)
    assert clerk.status == 409
    jobs.work_off()
    assert counts(creditor) == (1, 0, 0)
    with db.transaction(writes=False) as session:
        assert session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.kind == "imports.run")) == 1


def test_the_same_file_again_says_so_and_changes_nothing(clerk: Browser, creditor: Creditor) -> None:
    first = bring_in(clerk, ("marzo.csv", table(ONE, TWO)))
    invoices, debtors = all_of(creditor, Invoice.id), all_of(creditor, Debtor.id)
    second = upload(clerk, ("copia di marzo.csv", table(ONE, TWO)))
    assert second != first
    assert "copia di marzo.csv is the same file that was brought in on" in clerk.text
    assert f'href="{first}"' in clerk.text
    assert "There is nothing new to save" in clerk.text
    assert count(creditor, StoredFile) == 1
    with db.transaction():
        scope.enter(creditor.id)
        batch = db.session().get(ImportBatch, ids.read(second.rsplit("/", 1)[1]))
        assert batch is not None
        batch_options = batch.options
    assert batch_options["default_currency"] == "EUR"
    third = bring_in_anyway(clerk, creditor, second)
    assert third == (0, 2, 0)
    assert (all_of(creditor, Invoice.id), all_of(creditor, Debtor.id)) == (invoices, debtors)


def bring_in_anyway(browser: Browser, creditor: Creditor, where: str) -> tuple[int, int, int]:
    """Sends the yes although the page offers none, with what its form would hold."""
    discard = browser.form("/discard").fields
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        batch = session.get(ImportBatch, ids.read(where.rsplit("/", 1)[1]))
        assert batch is not None
        shown = steering.fingerprint(batch)
    browser.post(f"{where}/confirm", {**discard, "fingerprint": shown})
    jobs.work_off()
    return counts(creditor)


def test_a_file_that_waits_or_was_discarded_is_told_apart(clerk: Browser) -> None:
    first = upload(clerk, ("marzo.csv", table(ONE)))
    upload(clerk, ("marzo.csv", table(ONE)))
    assert "the same file that is waiting for a yes" in clerk.text
    clerk.submit("/discard")
    assert "Discarded. Nothing was saved." in clerk.text
    clerk.get(first)
    clerk.submit("/discard")
    upload(clerk, ("marzo.csv", table(ONE)))
    assert "the same file" not in clerk.text


def test_a_discarded_import_saves_nothing_and_stays_discarded(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("marzo.csv", table(ONE)))
    form = clerk.form("/confirm")
    clerk.submit("/discard")
    clerk.post(form.action, form.fields)
    assert clerk.status == 409
    jobs.work_off()
    assert count(creditor, Invoice) == 0
    clerk.get(where)
    assert clerk.status == 200
    assert "Nothing was saved" in clerk.text


def test_differences_are_shown_before_and_after(clerk: Browser, creditor: Creditor) -> None:
    bring_in(clerk, ("a.csv", table(ONE, TWO)))
    later = ONE.replace("2026-12-01", "2026-12-24")
    dearer = TWO.replace("80,00", "95,00")
    where = upload(clerk, ("b.csv", table(later, dearer)))
    assert "Take over 1 change" in clerk.text
    assert "will be taken over" in clerk.text
    assert "<del>€80.00</del>" in clerk.text
    assert "<ins>€95.00</ins>" in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    clerk.get(where)
    assert "due date: Dec 1, 2026 before, now Dec 24, 2026." in clerk.text
    assert "total: €80.00 in the books, €95.00 in the file. The books stay as they are." in clerk.text
    assert all_of(creditor, DueItem.amount_minor) == [8000, 122000]
    assert date(2026, 12, 24) in all_of(creditor, DueItem.due_on)


def test_what_was_refused_stands_with_its_place_and_a_sentence(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("a.csv", table(ONE, TWO.replace("80,00", "ottanta"))))
    assert "line 3, column Importo" in clerk.text
    assert "amount_unreadable" in clerk.text
    assert "“ottanta” is not an amount." in clerk.text
    assert "Save 1 document" in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    clerk.get(where + "?outcome=refused")
    assert "line 3, column Importo" in clerk.text
    assert "“ottanta” is not an amount." in clerk.text
    assert "1/26" not in clerk.text.split("Row by row", 1)[1]
    clerk.get(where + "?outcome=created")
    assert "ottanta" not in clerk.text
    assert "1/26" in clerk.text


def test_the_report_pages_by_cursor_and_survives_made_up_ones(clerk: Browser, creditor: Creditor) -> None:
    rows = [f"{n}/26;2026-10-01;2026-12-01;{n},00;EUR;C{n % 7};Nome {n % 7}" for n in range(1, 121)]
    where = bring_in(clerk, ("a.csv", table(*rows)))
    seen: list[str] = []
    while True:
        block = clerk.text.split("Row by row", 1)[1]
        seen += [n for n in (f"{i}/26" for i in range(1, 121)) if f">{n}</a>" in block]
        following = [part.split('"')[0] for part in block.split('rel="next" href="')[1:]]
        if not following:
            break
        clerk.get(following[0].replace("&amp;", "&"))
    assert sorted(seen) == sorted(f"{n}/26" for n in range(1, 121))
    huge = "WyJ2IiwgOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTksIDk5OTk5OTk5OTk5OTk5OTk5OTk5OTld"
    for cursor in ("x", huge, "WyJ2IiwgImEiLCAxXQ", "WyJ2IiwgMSwgLTVd", "A" * 1000):
        for path in (where, "/c/imports"):
            clerk.get(f"{path}?after={cursor}&outcome=' OR 1=1")
            assert clerk.status == 200


def test_the_list_of_imports_pages_by_cursor(clerk: Browser, creditor: Creditor) -> None:
    with db.transaction():
        scope.enter(creditor.id)
        for number in range(52):
            actions.upload([(f"file{number}.csv", table(ONE))], ReadOptions(), None)
    clerk.get("/c/imports")
    assert "file51.csv" in clerk.text
    assert "file1.csv" not in clerk.text
    older = clerk.text.split('rel="next" href="')[1].split('"')[0]
    clerk.get(older)
    assert "file1.csv" in clerk.text
    assert "file51.csv" not in clerk.text


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


HOSTILE = "<script>alert(1)</script>\"'&"
FORMULA = "=cmd|' /C calc'!A0"


def test_hostile_words_are_shown_and_never_run(clerk: Browser, creditor: Creditor) -> None:
    cell = '"' + HOSTILE.replace('"', '""') + '"'
    rows = (
        f"{cell};2026-10-01;2026-12-01;10,00;EUR;{cell};{cell}",
        f"{FORMULA};2026-10-01;2026-12-01;10,00;EUR;C9;{FORMULA}",
        f"3;2026-10-01;2026-12-01;{FORMULA};EUR;C9;x",
        f"4;2026-10-01;2026-12-01;{cell};EUR;C9;x",
    )
    head = HEAD + ';"<b>Note</b>"'
    where = upload(clerk, (f"<img src=x>{FORMULA}.csv", table(*(row + ";n" for row in rows), head=head)))
    pages = [clerk.text]
    clerk.submit("/confirm")
    pages.append(clerk.text)
    jobs.work_off()
    clerk.get(where)
    pages.append(clerk.text)
    clerk.get("/c/imports")
    pages.append(clerk.text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>Note" not in page
    assert "&lt;script&gt;alert(1)" in pages[0]
    assert "&lt;script&gt;alert(1)" in pages[2]
    answer = clerk.get(f"{where}/report.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(read) == 1 + count(creditor, ImportRow)
    assert FORMULA in all_of(creditor, Invoice.number)
    for row in read[1:]:
        assert not any(c.startswith(("=", "+", "-", "@", "\t", "\r")) for c in row), row
    assert "'" + FORMULA in {row[2] for row in read}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "\0=", "\0\0@"])
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert report_csv.safe(start + "1+1").startswith("'")
    assert "\0" not in report_csv.safe(start)
    assert report_csv.safe("10-2=8") == "10-2=8"


def test_the_report_is_written_out_whole(clerk: Browser, creditor: Creditor) -> None:
    rows = [f"{n}/26;2026-10-01;2026-12-01;1{n},00;EUR;C{n % 9};Nome {n % 9}" for n in range(report_csv.PAGE + 20)]
    where = bring_in(clerk, ("a.csv", table(*rows)))
    answer = clerk.get(f"{where}/report.csv")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(read) == len(rows) + 1
    assert len({row[2] for row in read[1:]}) == len(rows)


def test_an_upload_of_nothing_says_what_to_do(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("", b""))
    assert clerk.status == 422
    assert "Choose at least one file." in clerk.text
    assert 'href="#files"' in clerk.text
    assert count(creditor, ImportBatch) == 0


USELESS = {
    "vuoto.csv": (b"", "There is nothing in this file."),
    "bianco.csv": (b" \r\n\r\n ", "There is nothing in this file."),
    "lettera.pdf": (b"%PDF-1.7 ...", "This is a PDF."),
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
    upload(clerk, ("insieme.zip", zipped({"a.csv": table(ONE), "lettera.pdf": b"%PDF-1.7"})))
    assert clerk.status == 200
    assert "insieme.zip!lettera.pdf, the whole file" in clerk.text
    assert "This is a PDF." in clerk.text
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


def test_too_much_at_once_is_said(app: PortalFlask, clerk: Browser, creditor: Creditor) -> None:
    assert app.config["MAX_CONTENT_LENGTH"] == int(forms.LARGEST.split()[0]) * 1024**2
    app.config["MAX_CONTENT_LENGTH"] = 2000
    upload(clerk, ("a.csv", table(*[ONE] * 100)))
    assert clerk.status == 413
    assert "That file is too large" in clerk.text
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024**2
    upload(clerk, *((f"{n}.csv", table(ONE)) for n in range(forms.MOST_FILES + 1)))
    assert clerk.status == 422
    assert "Put them in a ZIP" in clerk.text
    assert count(creditor, ImportBatch) == 0


@pytest.mark.parametrize("each", all_formats(), ids=lambda each: each.CODE)
def test_every_format_has_a_sample_to_begin_with(clerk: Browser, creditor: Creditor, each: Any) -> None:
    clerk.get("/c/imports")
    assert f"/c/imports/samples/{each.CODE}" in clerk.text
    answer = clerk.get(f"/c/imports/samples/{each.CODE}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="example.')
    bring_in(clerk, ("esempio" + each.SUFFIXES[0], answer.data))
    created, _, refused = counts(creditor)
    assert created > 0
    assert refused == 0


def test_a_sample_that_does_not_exist_is_not_found(clerk: Browser) -> None:
    clerk.get("/c/imports/samples/nothing")
    assert clerk.status == 404


def test_a_long_file_is_previewed_in_part(clerk: Browser) -> None:
    """Saving it whole is what test_taking_in.py shows."""
    total = preview.MOST_ITEMS + 3
    rows = [f"{n};2026-10-01;2026-12-01;1,00;EUR;C{n % 50};Nome {n % 50}" for n in range(total)]
    upload(clerk, ("lungo.csv", table(*rows)))
    assert f"only the first {preview.MOST_ITEMS} are shown" in clerk.text
    assert "Save all documents" in clerk.text
    clerk.submit("/confirm")
    assert '<progress id="progress"></progress>' in clerk.text, "nobody knows how much there is"


def test_a_file_that_is_gone_is_said_and_the_import_goes_on_later(clerk: Browser, creditor: Creditor) -> None:
    where = upload(clerk, ("a.csv", table(ONE)))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        path = store.path_of(session.scalars(select(StoredFile)).one())
    content = path.read_bytes()
    form = clerk.form("/confirm")
    path.unlink()
    clerk.get(where)
    assert "This file is no longer kept" in clerk.text
    clerk.post(form.action, form.fields)
    jobs.work_off()
    clerk.get(where)
    assert "There was a hitch. We try again by ourselves at" in clerk.text
    too_early = {"csrf_token": clerk.csrf(), "command_id": ids.spell(ids.new_id())}
    clerk.post(f"{where}/go-on", too_early)
    assert clerk.status == 409

    with db.transaction() as session:
        outbox.give_up(session.scalars(select(OutboxRow.id).where(OutboxRow.kind == "imports.run")).one(), "gone")
    clerk.get(where)
    assert "This import has stopped" in clerk.text
    path.write_bytes(content)
    clerk.submit("/go-on")
    jobs.work_off()
    clerk.get(where)
    assert "1 document saved" in clerk.text


def test_pages_are_in_the_readers_language(app: PortalFlask, clerk: Browser, creditor: Creditor) -> None:
    where = bring_in(clerk, ("a.csv", table(ONE, TWO.replace("80,00", "x"))))
    clerk.get("/c/language/it")
    clerk.get(where)
    assert '<html lang="it"' in clerk.text
    answer = clerk.get(f"{where}/report.csv")
    assert "riga 3, colonna Importo" in answer.data.decode("utf-8-sig")
