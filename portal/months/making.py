"""The paper of a month as a PDF: what the page of figures says of its last day, beside the month before."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.documents.typst import render_pdf
from portal.excuses import presenting as excuses
from portal.excuses import queries as excuse_queries
from portal.goals import measures
from portal.goals import presenting as goals
from portal.goals import queries as goal_queries
from portal.goals import rules as goal_rules
from portal.insights import contested, expected, figures, kpis, reading, relation
from portal.insights.figures import Figures
from portal.insights.presenting import STEPS, felt, number, percent
from portal.months import rules
from portal.web import i18n

MOST_REASONS = 8

_DAYS: tuple[tuple[str, Text, Callable[[Figures], Decimal | None]], ...] = (
    ("dso", t("DSO"), lambda found: found.dso),
    ("dso_countback", t("DSO, counted back"), lambda found: found.dso_countback),
    ("bpdso", t("Best possible DSO"), lambda found: found.bpdso),
    ("add", t("Average days late (DSO less best)"), lambda found: found.add),
    ("add_weighted", t("Average days late of what was paid"), lambda found: found.add_weighted),
)
_SHARES: tuple[tuple[str, Text, Callable[[Figures], Decimal | None]], ...] = (
    ("cei", t("Collection effectiveness (CEI)"), lambda found: found.cei),
    ("promise_kept", t("Promises kept"), lambda found: found.promises.by_count),
    ("plan_kept", t("Instalments kept"), lambda found: found.instalments.by_count),
)
_SUMS: tuple[tuple[Text, Callable[[Figures], int]], ...] = (
    (t("Sold"), lambda found: found.books.months[0][1]),
    (t("Cashed"), lambda found: found.books.cashed_minor),
    (t("Open"), lambda found: found.books.open_minor),
    (t("Late"), lambda found: found.books.late_minor),
)


def pdf(face: Face, month: date, zone: str) -> bytes:
    """The PDF in the current language, of the month that begins on `month`; one part for each currency."""
    last, today = rules.last_day(month), clock.today(zone)
    before = rules.last_day(rules.month_before(month))
    parts = [_part(currency, last, before, zone, today) for currency in reading.currencies(last) or [face.currency]]
    data: dict[str, Any] = {
        "made_at": papers.made_at(today),
        "title": i18n.whole_month(month).capitalize(),
        "creditor": papers.sender(face),
        "intro": i18n.say(
            t("As of %(last)s, beside %(before)s: both as the books stood on %(today)s.",
              last=i18n.day(last), before=i18n.day(before), today=i18n.day(today))
        ),
        "felt": _felt(last, zone),
        "parts": parts,
        "reasons": _reasons(month, last, zone),
        "formulas": {
            "heading": i18n.gettext("How it is counted"),
            "lines": [
                f"{i18n.say(label)}: {i18n.say(kpis.FORMULAS[name])}" for name, label, _read in (*_DAYS, *_SHARES)
            ],
        },
        **papers.foot(face, last),
    }  # fmt: skip
    return render_pdf("month", data, i18n.language().code)


def _part(currency: str, last: date, before: date, zone: str, today: date) -> dict[str, Any]:
    now, then = figures.figures(last, currency, zone), figures.figures(before, currency, zone)
    return {
        "heading": i18n.say(t("In %(currency)s", currency=currency)),
        "sums": _table(t("Amounts"), [(label, read(now), read(then), currency) for label, read in _SUMS], _money_row),
        "figures": _table(
            t("Figures"),
            [(label, read(now), read(then), " %" if row is _SHARES else "") for row in (_DAYS, _SHARES)
             for _name, label, read in row],
            _figure_row,
        ),
        "aging": _aging(now, currency),
        "weeks": _weeks(now, currency, today),
        "disputes": _disputes(now, last, currency, zone),
        "goals": _goals(now, currency, last),
    }  # fmt: skip


def _table(heading: Text, rows: list[Any], write: Callable[..., list[str]]) -> dict[str, Any]:
    columns = [
        i18n.say(heading),
        i18n.gettext("This month"),
        i18n.gettext("The month before"),
        i18n.gettext("Difference"),
    ]
    return {"columns": columns, "rows": [write(*row) for row in rows]}


def _money_row(label: Text, now: int, then: int, currency: str) -> list[str]:
    change = Money(now - then, currency)
    sign = "+" if change.minor > 0 else ""
    return [i18n.say(label), i18n.money(Money(now, currency)), i18n.money(Money(then, currency)),
            f"{sign}{i18n.money(change)}"]  # fmt: skip


def _figure_row(label: Text, now: Decimal | None, then: Decimal | None, unit: str) -> list[str]:
    change = "–"
    if now is not None and then is not None:
        difference = now - then
        change = f"{'+' if difference > 0 else ''}{number(difference)}"
    return [i18n.say(label), *(f"{number(one)}{unit if one is not None else ''}" for one in (now, then)), change]


def _aging(found: Figures, currency: str) -> dict[str, Any]:
    most = max((one.amount_minor for one in found.steps), default=0) or 1
    return {
        "heading": i18n.gettext("How old what is open is"),
        "columns": [i18n.gettext("Days past due"), "", i18n.gettext("Amount"), i18n.gettext("Due items"),
                    i18n.gettext("Share")],
        "rows": [
            [
                i18n.say(STEPS[one.name]),
                f"{max(0, one.amount_minor * 1000 // most) / 1000:.3f}",
                i18n.money(Money(one.amount_minor, currency)),
                str(one.count),
                percent(kpis.share(one.amount_minor, found.books.open_minor)),
            ]
            for one in found.steps
        ],
        "total": [
            i18n.gettext("In all"), i18n.money(Money(found.books.open_minor, currency)), str(found.books.items),
        ],
    }  # fmt: skip


def _weeks(found: Figures, currency: str, today: date) -> dict[str, Any]:
    weeks = expected.forecast(today, currency, found.promises.by_value, found.instalments.by_value)
    return {
        "heading": i18n.say(t("What will probably come, as seen on %(day)s", day=i18n.day(today))),
        "columns": [i18n.gettext("Week from"), i18n.gettext("Promises"), i18n.gettext("Instalments"),
                    i18n.gettext("Expected")],
        "rows": [
            [i18n.day(one.begins), *(i18n.money(Money(minor, currency)) for minor in
                                     (one.promised_minor, one.instalments_minor, one.expected_minor))]
            for one in weeks if one.expected_minor
        ],
    }  # fmt: skip


def _disputes(found: Figures, last: date, currency: str, zone: str) -> str:
    held = contested.of_period(found.books.period[-1][0].first, last, currency, zone)
    if not held.raised:
        return i18n.gettext("Nobody said that something is wrong.")
    return i18n.say(
        t("%(count)s were raised, %(rate)s of what was sold. They took %(days)s days to close.", count=held.raised,
          rate=percent(kpis.share(held.minor, found.books.sales_minor)), days=number(held.days_to_close))
    )  # fmt: skip


def _goals(found: Figures, currency: str, last: date) -> dict[str, Any]:
    rows = []
    for row in goal_queries.under_way():
        if row.currency != currency or row.baseline_on > last:
            continue
        now = measures.value(row.figure, found)
        done = None if now is None else goal_rules.progress(row.baseline, row.target, now)
        rows.append([goals.label(row), goals.said(row, row.baseline), goals.said(row, now),
                     f"{goals.said(row, row.target)} · {i18n.short_day(row.target_on)}",
                     "–" if done is None else percent(done)])  # fmt: skip
    return {
        "heading": i18n.gettext("Goals"),
        "columns": [i18n.gettext("Figure"), i18n.gettext("Began at"), i18n.gettext("Now"), i18n.gettext("Shall be"),
                    i18n.gettext("Of the way")],
        "rows": rows,
    }  # fmt: skip


def _felt(last: date, zone: str) -> dict[str, str]:
    """Never left out: what came in stands beside how it felt and who complained (the relation guard)."""
    said = felt(relation.relation(last, zone))
    return {
        "heading": i18n.gettext("How customers felt"),
        "score": said["score"],
        "note": " · ".join(filter(None, (said["when"], said["note"]))),
        "complaints_label": i18n.gettext("Complaints"),
        "complaints": said["complaints"],
    }


def _reasons(month: date, last: date, zone: str) -> dict[str, Any]:
    """Difficulties are left out: the paper is read by more people than may know of them (rule C-26)."""
    found = excuse_queries.figures(excuse_queries.Period.of_days(month, last, zone), private=False)[:MOST_REASONS]
    return {
        "heading": i18n.gettext("Why it was not paid"),
        "columns": [i18n.gettext("Reason"), i18n.gettext("Said"), i18n.gettext("Gone before the due date")],
        "rows": [[excuses.reason(one.kind, one.cause), str(one.said), str(one.in_time)] for one in found],
    }
