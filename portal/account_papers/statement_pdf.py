"""The statement of account as a PDF: what stands in the books on one day, per currency; interest and costs apart."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.account_papers import presenting
from portal.account_papers.statements import Account
from portal.core.money import Money
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors.models import Debtor
from portal.documents.typst import render_pdf
from portal.web import i18n
from portal.web.i18n import gettext as _

Section = dict[str, Any]


def pdf(face: Face, debtor: Debtor, day: date, accounts: Sequence[Account]) -> bytes:
    """The PDF in the current language; the same bytes for the same books and day."""
    several = len(accounts) > 1
    data: dict[str, Any] = {
        "made_at": papers.made_at(day),
        "title": _("Statement of account"),
        "creditor": papers.sender(face),
        "debtor": papers.reader(debtor),
        "facts": [[_("As of"), i18n.day(day)]],
        "notice": _("It counts what had arrived by that day. A payment that is still on its way is not in it."),
        "sections": [section for one in accounts for section in _sections(one, several)] or [_nothing()],
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, day),
    }
    return render_pdf("statement", data, i18n.language().code)


def _nothing() -> Section:
    return _section(_("There is nothing in the books up to that day."))


def _or_dash(amount: Money) -> str:
    return i18n.money(amount) if amount else "–"


def _section(heading: str, columns: Sequence[str] = (), rows: Sequence[Any] = (), totals: Any = ()) -> Section:
    return {"heading": heading, "columns": list(columns), "rows": list(rows), "totals": list(totals)}


def _sections(account: Account, several: bool) -> list[Section]:
    """Where it stands, then what it is made of; what is empty is left out."""

    def titled(heading: str) -> str:
        return f"{heading} · {account.currency}" if several else heading

    found = [_section(titled(_("Where it stands")), totals=_totals(account))]
    if account.lines:
        found.append(_documents(account, titled(_("Documents"))))
    if account.notes:
        found.append(_notes(account, titled(_("Credit notes"))))
    if account.movements:
        found.append(_movements(account, titled(_("Payments and credits"))))
    if account.extras:
        found.append(_extras(account, titled(_("Interest and costs"))))
    return found


def _totals(account: Account) -> list[list[str]]:
    amount = i18n.money
    rows = [[_("Documents"), amount(account.documents)]]
    if account.interest:
        rows.append([_("Interest for late payment"), amount(account.interest)])
    if account.costs:
        rows.append([_("Costs"), amount(account.costs)])
    rows.append([_("Settled"), amount(-account.settled)])
    rows.append([_("Still open"), amount(account.open)])
    if account.credit:
        rows.append([_("Your credit that belongs to no document yet"), amount(-account.credit)])
        owed = account.balance.minor >= 0
        rows.append([_("Balance") if owed else _("Balance in your favour"), amount(_size(account.balance))])
    return rows


def _size(amount: Money) -> Money:
    return amount if amount.minor >= 0 else -amount


def _documents(account: Account, heading: str) -> Section:
    amount = i18n.money
    extra = any(line.interest or line.costs for line in account.lines)
    columns = [_("Document"), _("Date"), _("Due on"), _("Amount")]
    columns += [_("Interest and costs")] if extra else []
    columns += [_("Settled"), _("Still open"), _("Days late")]
    rows = []
    for line in account.lines:
        row = [
            presenting.document(line.due),
            i18n.short_day(line.due.issued_on),
            i18n.short_day(line.due.due_on),
            amount(line.amount),
        ]
        row += [_or_dash(line.interest + line.costs)] if extra else []
        late = str(line.days_late) if line.days_late else "–"
        rows.append([*row, _or_dash(line.settled), _or_dash(line.open), late])
    return _section(heading, columns, rows, _open(account))


def _open(account: Account) -> list[list[str]]:
    """What is open, by what it is, and how much of it is past its date."""
    apart, rows = account.apart, []
    if apart.interest or apart.costs:
        parts = ((_("Capital"), apart.capital), (_("Interest for late payment"), apart.interest))
        rows += [[label, i18n.money(part)] for label, part in (*parts, (_("Costs"), apart.costs)) if part]
    if account.late:
        rows.append([_("Past its date"), i18n.money(account.late)])
    return [*rows, [_("Still open"), i18n.money(account.open)]]


def _notes(account: Account, heading: str) -> Section:
    amount = i18n.money
    rows = [
        [
            one.note.number,
            one.note.related_number or "–",
            i18n.short_day(one.note.issued_on),
            amount(-one.note.amount),
            _or_dash(one.used),
            _or_dash(one.left),
        ]
        for one in account.notes
    ]
    columns = [_("Document"), _("Corrects"), _("Date"), _("Amount"), _("Used"), _("Left as your credit")]
    return _section(heading, columns, rows)


def _movements(account: Account, heading: str) -> Section:
    """Two columns of amounts, so that each sums to a total above: what was settled, what is the debtor's credit."""
    amount = i18n.money
    kept = any(one.kept for one in account.movements)
    columns = [_("What"), _("Document"), _("Date"), _("Settled")] + ([_("Your credit")] if kept else [])
    rows = []
    for one in account.movements:
        row = [i18n.say(presenting.movement(one)), one.about or "–", i18n.short_day(one.on), _or_dash(one.settled)]
        rows.append(row + ([_or_dash(one.kept)] if kept else []))
    return _section(heading, columns, rows, [[_("Settled"), amount(account.settled)]])


def _extras(account: Account, heading: str) -> Section:
    rows = [
        [i18n.say(presenting.charge(one)), one.about, i18n.short_day(one.on), i18n.money(one.amount)]
        for one in account.extras
    ]
    return _section(heading, [_("What"), _("Document"), _("Date"), _("Amount")], rows)
