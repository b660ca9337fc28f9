"""What the preview and the report say, row by row, in words that nobody can abuse (rule A-64)."""

import csv
import io
from datetime import date

import pytest

from portal.core import db, jobs, scope, spreadsheets
from portal.creditors.models import Creditor
from portal.imports import actions, report_csv
from portal.imports.models import ImportRow
from portal.imports.options import ReadOptions
from portal.invoices.models import DueItem, Invoice
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.imports.uploads import HEAD, ONE, TWO, all_of, bring_in, count, table, upload


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


def test_sums_are_by_currency_and_credit_notes_stand_apart(clerk: Browser) -> None:
    head = HEAD + ";Tipo documento"
    rows = (
        ONE + ";Fattura",
        TWO.replace("EUR", "CHF") + ";Fattura",
        "3/26;2026-10-02;2026-11-30;20,00;EUR;C2;Bar Centrale;Nota di credito",
    )
    upload(clerk, ("a.csv", table(*rows, head=head)))
    figures = clerk.text.split('<ul class="stats">', 1)[1].split("</ul>", 1)[0]
    assert "€1,220.00" in figures
    assert "CHF80.00" in figures
    assert "€20.00 of credit notes" in figures
    assert "€1,240.00" not in clerk.text
    assert "Dec 1, 2026" in figures, "what is due first is an invoice"


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
    assert spreadsheets.safe(start + "1+1").startswith("'")
    assert "\0" not in spreadsheets.safe(start)
    assert spreadsheets.safe("10-2=8") == "10-2=8"


def test_the_report_is_written_out_whole(clerk: Browser, creditor: Creditor) -> None:
    rows = [f"{n}/26;2026-10-01;2026-12-01;1{n},00;EUR;C{n % 9};Nome {n % 9}" for n in range(report_csv.PAGE + 20)]
    where = bring_in(clerk, ("a.csv", table(*rows)))
    answer = clerk.get(f"{where}/report.csv")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(read) == len(rows) + 1
    assert len({row[2] for row in read[1:]}) == len(rows)


def test_pages_are_in_the_readers_language(app: PortalFlask, clerk: Browser, creditor: Creditor) -> None:
    where = bring_in(clerk, ("a.csv", table(ONE, TWO.replace("80,00", "x"))))
    clerk.get("/c/language/it")
    clerk.get(where)
    assert '<html lang="it"' in clerk.text
    answer = clerk.get(f"{where}/report.csv")
    assert "riga 3, colonna Importo" in answer.data.decode("utf-8-sig")
