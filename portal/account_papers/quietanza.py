"""The settlement letter (quietanza liberatoria) as a PDF: the creditor received it, and asks nothing more for it."""

from typing import Any

from portal.account_papers.settlements import Settlement
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors.models import Debtor
from portal.documents.typst import render_pdf
from portal.web import i18n
from portal.web.i18n import gettext as _

_PAID = t(
    "%(creditor)s declares to have received %(received)s from %(debtor)s, and to have nothing more to ask for the "
    "documents listed here."
)
_PAID_AND_CREDITED = t(
    "%(creditor)s declares to have received %(received)s from %(debtor)s, to have granted credit notes for "
    "%(credited)s, and to have nothing more to ask for the documents listed here."
)
_CREDITED = t(
    "%(creditor)s declares to have cancelled the documents listed here with credit notes for %(credited)s, and to "
    "have nothing more to ask of %(debtor)s for them."
)


def pdf(face: Face, debtor: Debtor, settled: Settlement) -> bytes:
    """The PDF in the current language; the same bytes whenever it is asked for, while the books say the same."""
    data: dict[str, Any] = {
        "made_at": papers.made_at(settled.settled_on),
        "title": _("Settlement letter"),
        "creditor": papers.sender(face),
        "debtor": papers.reader(debtor),
        "facts": [[_("Number"), settled.number], [_("Settled on"), i18n.day(settled.settled_on)]],
        "declaration": [i18n.say(_declaration(face, debtor, settled))],
        "lines": _lines(settled),
        "totals": _totals(settled),
        "closing": [
            _("It holds for these documents alone. If a bank takes a payment back, it does not hold for that part."),
            papers.whom_to_ask(face),
        ],
        **papers.foot(face, settled.settled_on),
    }
    return render_pdf("settlement", data, i18n.language().code)


def _declaration(face: Face, debtor: Debtor, settled: Settlement) -> Text:
    sums = settled.sums().values()
    received, credited = (_amounts([pair[side] for pair in sums]) for side in (0, 1))
    sentence = _PAID if not credited else _PAID_AND_CREDITED if received else _CREDITED
    said = {"creditor": face.name, "debtor": debtor.name, "received": received, "credited": credited}
    return Text(sentence.msgid, said)


def _amounts(amounts: list[Money]) -> str:
    return " + ".join(i18n.money(one) for one in amounts if one)


def _lines(settled: Settlement) -> dict[str, Any]:
    extra = any(one.extra for one in settled.documents)
    columns = [_("Document"), _("Date"), _("Settled on"), _("Amount")]
    rows = []
    for one in settled.documents:
        row = [one.number, i18n.short_day(one.issued_on), i18n.short_day(one.settled_on), i18n.money(one.amount)]
        rows.append(row + ([i18n.money(one.extra)] if extra else []))
    return {
        "heading": _("Settled documents"),
        "columns": columns + ([_("Interest and costs")] if extra else []),
        "rows": rows,
    }


def _totals(settled: Settlement) -> list[list[str]]:
    rows = []
    for currency, (received, credited) in settled.sums().items():
        if credited:
            rows.append([_("By credit notes"), i18n.money(credited)])
        if received or not credited:
            rows.append([_("Received"), i18n.money(received)])
        rows.append([_("Still open"), i18n.money(Money(0, currency))])
    return rows
