"""Bringing invoices in over the pages: upload, preview, how to read, yes, progress (issue 2 §2, pain 17)."""

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
from portal.imports import forms, preview, steering
from portal.imports.formats import all_formats, facturx, ubl
from portal.imports.models import ImportBatch
from portal.invoices.models import DueItem, Invoice
from tests.actors import Browser
from tests.imports.files import fattura, workbook, zipped
from tests.imports.uploads import ONE, TWO, all_of, bring_in, count, counts, table, upload


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
    assert "The file gives no due date; Oct 31, 2026 was assumed." in clerk.text
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


def test_a_pdf_with_an_invoice_in_it_is_brought_in_like_any_file(clerk: Browser, creditor: Creditor) -> None:
    clerk.get("/c/imports")
    assert ".pdf" in clerk.text
    upload(clerk, ("rechnung.pdf", facturx.example()), ("peppol.xml", ubl.example()))
    assert "Factur-X" in clerk.text
    assert "UBL" in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    assert sorted(all_of(creditor, Invoice.number)) == ["2026/201", "2026/301"]
    assert sorted(all_of(creditor, Invoice.pdf), key=str) == [None, "around"]
