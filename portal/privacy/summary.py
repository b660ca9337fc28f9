"""What is held about a customer, as a PDF to read: who they are to us, how we reach them, what was said and paid."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors.models import Debtor
from portal.documents.typst import render_pdf
from portal.web import i18n
from portal.web.i18n import gettext as _

MOST = 300  # rows of one list on paper; the JSON beside it has them all
Row = dict[str, Any]
SOURCES: dict[str, Text] = {"creditor": t("from the creditor's records"), "debtor": t("given by you")}


def pdf(debtor: Debtor, face: Face, tables: dict[str, list[Row]]) -> bytes:
    """In the current language."""
    today = clock.today(face.time_zone)
    sections = [_who(debtor), *(made for made in (one(tables) for one in _PARTS) if made is not None)]
    data: dict[str, Any] = {
        "made_at": papers.made_at(today),
        "title": _("What we hold about you"),
        "creditor": papers.sender(face),
        "debtor": papers.reader(debtor),
        "facts": [[_("As of"), i18n.day(today)]],
        "notice": _("The files beside this page say the same for programs, field by field, and why we hold it."),
        "sections": sections,
        "closing": [
            papers.whom_to_ask(face),
            _("You may have mistakes corrected and object, and you may complain to the data protection authority."),
        ],
        **papers.foot(face, today),
    }
    return render_pdf("statement", data, i18n.language().code)


def _section(heading: str, columns: Sequence[str], rows: list[list[str]]) -> Row | None:
    if not rows:
        return None
    more = len(rows) - MOST
    if more > 0:
        heading = i18n.say(t("%(what)s (the newest %(count)s)", what=heading, count=MOST))
    return {"heading": heading, "columns": list(columns), "rows": rows[-MOST:], "totals": []}


def _who(debtor: Debtor) -> Row:
    known = (
        (_("Name"), debtor.name),
        (_("Customer code"), debtor.code),
        (_("VAT number"), debtor.vat_number),
        (_("Tax code"), debtor.tax_code),
        (_("Country"), debtor.country),
        (_("Postcode"), debtor.postcode),
        (_("Language"), debtor.language),
    )
    rows = [[label, str(value)] for label, value in known if value]
    return {"heading": _("Who you are to us"), "columns": [_("What"), _("As we hold it")], "rows": rows, "totals": []}


def _day(written: Any) -> str:
    if not written:
        return "–"
    day = datetime.fromisoformat(str(written)).date() if "T" in str(written) else date.fromisoformat(str(written))
    return i18n.short_day(day)


def _amount(row: Row, name: str = "amount_minor") -> str:
    return i18n.money(Money(row[name], row["currency"]))


def _contacts(tables: dict[str, list[Row]]) -> Row | None:
    rows = [
        [row["address"], i18n.say(SOURCES[row["source"]]), _day(row["added_at"]), _day(row["stopped_at"])]
        for row in tables["contact_points"]
    ]
    return _section(_("How we reach you"), [_("Address"), _("Where it came from"), _("Since"), _("Until")], rows)


def _invoices(tables: dict[str, list[Row]]) -> Row | None:
    rows = [[row["number"], _day(row["issued_on"]), _amount(row, "total_minor")] for row in tables["invoices"]]
    return _section(_("Documents"), [_("Document"), _("Date"), _("Amount")], rows)


def _payments(tables: dict[str, list[Row]]) -> Row | None:
    rows = [[_day(row["created_at"]), row["method"], _amount(row)] for row in tables["payment_attempts"]]
    rows += [[_day(row["said_at"]), _("Transfer announced"), _amount(row)] for row in tables["transfer_notices"]]
    rows += [[_day(row["value_on"]), _("Transfer"), _amount(row)] for row in tables["bank_movements"]]
    return _section(_("Payments"), [_("Date"), _("How"), _("Amount")], rows)


def _said(tables: dict[str, list[Row]]) -> Row | None:
    rows = [[_day(row["at"]), _("Answer"), row["words"] or row["answer"]] for row in tables["receipt_answers"]]
    rows += [[_day(row["opened_at"]), _("Your question"), row["words"]] for row in tables["cases"] if row["words"]]
    for row in tables["case_entries"]:
        rows.append([_day(row["at"]), _("You") if row["author"] == "customer" else _("Our answer"), row["words"]])
    return _section(_("What was said"), [_("Date"), _("What"), _("Words")], rows)


def _messages(tables: dict[str, list[Row]]) -> Row | None:
    rows = [
        [_day(row["sent_at"] or row["planned_at"]), row["to_address"], row["subject"] or "–"]
        for row in tables["messages"]
    ]
    return _section(_("What we wrote to you"), [_("Date"), _("To"), _("Subject")], rows)


def _visits(tables: dict[str, list[Row]]) -> Row | None:
    """With the device as its browser calls itself, taken from the door through which it came."""
    devices = {row["link_id"]: row["client"] for row in tables["link_traces"] if row["client"]}
    rows = [[_day(row["started_at"]), str(devices.get(row["link_id"], "–"))] for row in tables["visits"]]
    return _section(_("Your visits"), [_("Date"), _("Device")], rows)


_PARTS: tuple[Callable[[dict[str, list[Row]]], Row | None], ...] = (
    _contacts,
    _invoices,
    _payments,
    _said,
    _messages,
    _visits,
)
