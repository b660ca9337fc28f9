"""Papers as downloads: in one language, under a neutral name, kept by no cache (rules A-09, C-21)."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from flask import Response

from portal.account_papers import queries, quietanza, statement_pdf, statement_xlsx
from portal.account_papers.settlements import Settlement
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors.models import Debtor
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import Form

EARLIEST = date(2000, 1, 1)
MOST_ROWS = 2000  # of a PDF: some three seconds of one core; the table takes any number
TOO_LONG = t("This account has too many lines for a PDF. Please take the table instead.")
NOT_YET = t("There is no settlement letter yet: something is still open, or not certain.")
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Reader(NamedTuple):
    """Who writes, to whom, in which language."""

    face: Face
    debtor: Debtor
    language: str


def day(form: Form, zone: str) -> date:
    """The day that was asked for, today where none was; what is wrong with it stands in the form."""
    today = clock.today(zone)
    asked = form.day("day") or today
    if asked > today:
        form.wrong["day"] = t("Choose today or a day before.")
    if asked < EARLIEST:
        form.wrong["day"] = t("Choose a day from the year 2000 on.")
    return asked


def statement(reader: Reader, on: date, suffix: str) -> Response:
    """The statement of account as of that day: `suffix` is pdf or xlsx. Raises NotAllowedNow for too long a PDF."""
    accounts = queries.account(reader.debtor.id, on, reader.face.time_zone)
    rows = sum(len(one.lines) + len(one.movements) + len(one.extras) for one in accounts)
    if suffix == "pdf" and rows > MOST_ROWS:
        raise NotAllowedNow(TOO_LONG)
    make = statement_pdf.pdf if suffix == "pdf" else statement_xlsx.xlsx
    return _download(
        reader, lambda: make(reader.face, reader.debtor, on, accounts), t("account statement"), on, suffix
    )


def settlement(reader: Reader, settled: Settlement) -> Response:
    """The settlement letter."""
    return _download(
        reader,
        lambda: quietanza.pdf(reader.face, reader.debtor, settled),
        t("settlement letter"),
        settled.settled_on,
        "pdf",
    )


def _download(reader: Reader, make: Callable[[], bytes], name: Text, on: date, suffix: str) -> Response:
    with i18n.speaking(reader.language):  # the paper's language is not the page's
        content, said = make(), i18n.file_word(i18n.say(name))
    return saved(content, f"{said}-{on.isoformat()}.{suffix}", "application/pdf" if suffix == "pdf" else SPREADSHEET)
