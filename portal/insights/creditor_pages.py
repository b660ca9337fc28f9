"""The figures on one page, the rows behind each step of the aging, and all of it as files."""

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter
from flask import render_template, request, url_for

from portal.core import clock, ids, spreadsheets
from portal.core.money import Money
from portal.core.spreadsheets import Figure
from portal.core.text import t
from portal.excuses import presenting as excuses
from portal.insights import (
    contested,
    expected,
    figures,
    kpis,
    reading,
    relation,
    summed,
    supervision,
    supervision_pages,
)
from portal.insights.figures import Figures
from portal.insights.presenting import STEPS, asked, felt, number, percent
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.summaries import queries as summaries
from portal.texts.rules import Share
from portal.web import i18n, lists
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("figures_creditor", __name__)

# Where nobody says otherwise; a habit of practice, no law and no standard.
RATES = dict(zip(kpis.BUCKETS, (Decimal(n) for n in ("0.5", "2", "5", "15", "30", "60")), strict=True))


@blueprint.get("/figures")
@allow(Permission.READ)
def show() -> Any:
    """What a credit manager opens with coffee, and a CFO prints."""
    day, currency, known = asked()
    zone, today = person().creditor.time_zone, clock.today(person().creditor.time_zone)
    found = figures.figures(day, currency, zone)
    rates = _rates()
    weeks = expected.forecast(today, currency, found.promises.by_value, found.instalments.by_value)
    return render_template(
        "insights/staff_figures.html",
        title=i18n.gettext("Figures"),
        filter_url=url_for(".show"),
        as_of=day.isoformat(),
        last=today.isoformat(),
        currency=currency,
        currencies=known,
        day=i18n.day(day),
        period=i18n.say(t("%(first)s to %(last)s, %(days)s days", first=i18n.day(found.books.period[-1][0].first),
                          last=i18n.day(day), days=found.books.days)),
        money=_money_tiles(found),
        relation=felt(relation.relation(day, zone)),
        tiles=_tiles(found),
        steps=_steps(found, day),
        whole={"amount": _said(found, found.books.open_minor), "count": found.books.items},
        apart=_said(found, found.books.apart_minor) if found.books.apart_minor else "",
        trend=_trend(day, currency, zone),
        rolls=[(i18n.say(STEPS[a]), i18n.say(STEPS[b]), percent(rate))
               for a, b, rate in kpis.roll_rates(found.books.month_ago, found.steps)],
        kept=_kept(found),
        in_time=_in_time(summed.in_time(day, currency, zone)),
        disputes=_disputes(found, day, currency, zone),
        excuses=excuses.section(
            found.books.period[-1][0].first, day, zone, private=person().may(Permission.HARDSHIP)
        ),
        weeks=[_week(one, currency) for one in weeks if one.expected_minor] if day == today else [],
        rates=[(name, i18n.say(STEPS[name]), str(rates[name])) for name in kpis.BUCKETS],
        provision=_said(found, kpis.provision(found.steps, rates)),
        counted=_counted(zone),
        formulas={name: i18n.say(text) for name, text in kpis.FORMULAS.items()},
        goals_url=url_for("goals_creditor.show"),
        months_url=url_for("months_creditor.show"),
        people_url=url_for("supervision_creditor.show_people", as_of=day.isoformat(), currency=currency),
        agencies_url=url_for("supervision_creditor.show_agencies", as_of=day.isoformat(), currency=currency),
        csv_url=_file_url(".take_csv", day, currency),
        xlsx_url=_file_url(".take_xlsx", day, currency),
    )  # fmt: skip


def _counted(zone: str) -> str:
    """What the night's count of all books came to (portal.summaries); empty where it was not of what is shown."""
    last = summaries.counted()
    if last is None:
        return ""
    when = i18n.moment(last.at, zone)
    if last.differed:
        return i18n.say(t(
            "Counted anew from all bookings: %(when)s. Sums that differed and were put right: %(count)s.",
            when=when, count=last.differed,
        ))  # fmt: skip
    return i18n.say(t("Counted anew from all bookings: %(when)s. Every sum was right.", when=when))


def _file_url(endpoint: str, day: date, currency: str) -> str | None:
    if not person().may(Permission.EXPORT):
        return None
    return url_for(endpoint, as_of=day.isoformat(), currency=currency)


def _rates() -> dict[str, Decimal]:
    """The rates that the address names, in per cent; what is no number from 0 to 100 stays as it was."""
    found = dict(RATES)
    for place, name in enumerate(kpis.BUCKETS):
        typed = request.args.get(f"rate{place}", "").replace(",", ".")
        if typed.replace(".", "", 1).isdigit() and typed.isascii() and len(typed) <= 6 and Decimal(typed) <= 100:
            found[name] = Decimal(typed)
    return found


def _said(found: Figures, minor: int) -> str:
    return i18n.money(Money(minor, found.books.currency))


def _money_tiles(found: Figures) -> list[dict[str, str]]:
    books, day = found.books, found.books.as_of.isoformat()
    month = i18n.say(t("this month, up to the day"))
    rows = (
        (t("Sold"), books.months[0][1], month,
         url_for("figure_rows_creditor.show_sold", as_of=day, currency=books.currency)),
        (t("Cashed"), books.cashed_minor, month,
         url_for("figure_rows_creditor.show_cashed", as_of=day, currency=books.currency)),
        (t("Open"), books.open_minor, i18n.say(t("%(count)s due items", count=books.items)),
         url_for(".show_rows", as_of=day, currency=books.currency)),
        (t("Late"), books.late_minor, percent(kpis.share(books.late_minor, books.open_minor)),
         url_for(".show_rows", step=kpis.LATE, as_of=day, currency=books.currency)),
    )  # fmt: skip
    return [
        {"label": i18n.say(label), "value": _said(found, minor), "note": note, "href": href}
        for label, minor, note, href in rows
    ]


def _tiles(found: Figures) -> list[dict[str, str]]:
    rows = (
        ("dso", t("DSO"), found.dso, t("days")),
        ("dso_countback", t("DSO, counted back"), found.dso_countback, t("days")),
        ("bpdso", t("Best possible DSO"), found.bpdso, t("days")),
        ("add", t("Average days late (DSO less best)"), found.add, t("days")),
        ("add_weighted", t("Average days late of what was paid"), found.add_weighted, t("days")),
        ("cei", t("Collection effectiveness (CEI)"), found.cei, t("per cent")),
    )
    return [
        {"name": name, "label": i18n.say(label), "value": number(value), "unit": i18n.say(unit),
         "formula": i18n.say(kpis.FORMULAS[name])}
        for name, label, value, unit in rows
    ]  # fmt: skip


def _steps(found: Figures, day: date) -> list[dict[str, Any]]:
    most = max((one.amount_minor for one in found.steps), default=0) or 1
    return [
        {
            "label": i18n.say(STEPS[one.name]),
            "amount": _said(found, one.amount_minor),
            "count": one.count,
            "share": percent(kpis.share(one.amount_minor, found.books.open_minor)),
            "width": round(one.amount_minor * 300 / most),
            "href": url_for(".show_rows", step=one.name, as_of=day.isoformat(), currency=found.books.currency),
        }
        for one in found.steps
    ]


def _trend(day: date, currency: str, zone: str) -> list[dict[str, Any]]:
    found = []
    for on, was_open, sold in summed.trend(day, currency, zone):
        first = kpis.months_until(on)[0].first
        value = kpis.dso(was_open, sold, (on - first).days + 1)
        found.append((on, value))
    most = max((value for _on, value in found if value is not None), default=Decimal(1)) or Decimal(1)
    return [
        {
            "label": i18n.month(on),
            "value": number(value),
            "height": None if value is None else float(round(value * 100 / most, 1)),
        }
        for on, value in found
    ]


def _kept(found: Figures) -> list[dict[str, str]]:
    rows = (("promise_kept", t("Promises"), found.promises), ("plan_kept", t("Instalments"), found.instalments))
    return [
        {
            "label": i18n.say(label),
            "count": i18n.say(t("%(kept)s of %(due)s", kept=rate.kept, due=rate.due)),
            "by_count": percent(rate.by_count),
            "by_value": percent(rate.by_value),
            "formula": i18n.say(kpis.FORMULAS[name]),
        }
        for name, label, rate in rows
    ]


def _in_time(found: expected.InTime) -> list[dict[str, str]]:
    rows = ((t("Receipt confirmed before the due date"), found.confirmed), (t("Nothing heard before"), found.others))
    return [{"label": i18n.say(label), **_share(share)} for label, share in rows]


def _share(share: Share) -> dict[str, str]:
    """With its interval; nothing is shown of fewer than thirty."""
    count = i18n.say(t("%(hits)s of %(of)s", hits=share.hits, of=share.of))
    if share.of < _FEW or share.interval is None:
        return {"count": count, "value": i18n.gettext("too few to say"), "interval": ""}
    low, high = share.interval
    said = t("between %(low)s and %(high)s", low=percent(Decimal(low * 100)), high=percent(Decimal(high * 100)))
    return {"count": count, "value": percent(kpis.share(share.hits, share.of)), "interval": i18n.say(said)}


_FEW = 30


def _disputes(found: Figures, day: date, currency: str, zone: str) -> dict[str, Any]:
    first = found.books.period[-1][0].first
    held = contested.of_period(first, day, currency, zone)
    return {
        "raised": held.raised,
        "rate": percent(kpis.share(held.minor, found.books.sales_minor)),
        "days": number(held.days_to_close),
        "causes": [(i18n.say(label), count) for label, count in held.causes],
        "formula": i18n.say(kpis.FORMULAS["disputes"]),
    }


def _week(one: expected.Week, currency: str) -> dict[str, str]:
    return {
        "begins": i18n.day(one.begins),
        "promised": i18n.money(Money(one.promised_minor, currency)),
        "instalments": i18n.money(Money(one.instalments_minor, currency)),
        "expected": i18n.money(Money(one.expected_minor, currency)),
    }


@blueprint.get("/figures/open")
@allow(Permission.READ)
def show_rows() -> Any:
    """The due items behind one step of the aging, all that is late, or all that is open."""
    day, currency, _known = asked()
    step = request.args.get("step", "")
    known = {"": t("All that is open"), kpis.LATE: t("All that is late"), **STEPS}
    if step not in known:
        only_own(None)
    of = _group(day)
    page = reading.open_items(
        day,
        currency,
        person().creditor.time_zone,
        step,
        lists.asked("after") or None,
        among=None if of is None else of.debtor_ids,
    )
    names = ("step", "as_of", "currency", "with", "mandate")
    said = t("Open on %(day)s, in %(currency)s", day=i18n.day(day), currency=currency)
    whose = "" if of is None else f"{i18n.say(supervision_pages.NOBODY) if of.name is None else of.name}. "
    return render_template(
        "insights/staff_rows.html",
        title=i18n.say(known[step]),
        intro=whose + i18n.say(said),
        rows=[
            {
                "number": one.number,
                "customer": one.debtor,
                "href": url_for("debtors_creditor.show", debtor_id=one.debtor_id),
                "due_on": i18n.day(one.due_on),
                "days": max(0, (day - one.due_on).days),
                "open": i18n.money(Money(one.open_minor, currency)),
            }
            for one in page.rows
        ],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(".show_rows", names) if lists.asked("after") else None,
        older_url=lists.address(".show_rows", names, after=page.next_cursor) if page.next_cursor else None,
        back_url=url_for(".show", as_of=day.isoformat(), currency=currency),
    )


def _group(day: date) -> supervision.Of | None:
    """The customers whose rows are asked for: of a salesperson, by one customer of theirs, or of a mandate."""
    with_, mandate = lists.asked("with"), lists.asked("mandate")
    if not (with_ or mandate):
        return None
    try:
        named = ids.read(with_ or mandate)
    except ValueError:
        named = 0
    if with_:
        found = supervision.of_customers_salesperson(named)
    else:
        zone, own = person().creditor.time_zone, supervision_pages.of_agency()
        found = supervision.of_mandate(named, day, zone, staff_id=own)
    group: supervision.Of = only_own(found)
    return group


def _table() -> tuple[str, Sequence[Sequence[str | float | int | None]]]:
    """The figures as rows of a file: name, value, unit or count, formula."""
    day, currency, _known = asked()
    found = figures.figures(day, currency, person().creditor.time_zone)
    said = figures.as_json(found)
    rows: list[Sequence[str | float | int | None]] = [
        ("figure", "value", "items", "formula"),
        ("as_of", day.isoformat(), None, ""),
        ("currency", currency, None, ""),
    ]
    days = ("dso", "dso_countback", "bpdso", "add", "add_weighted", "cei", "promise_kept", "plan_kept")
    rows += [(name, said[name], None, str(kpis.FORMULAS[name])) for name in days]
    sums = ("open", "current", "overdue", "unallocated", "sales", "cashed")
    rows += [(name, Figure(Money(said[f"{name}_minor"], currency).plain), None, "") for name in sums]
    formula = str(kpis.FORMULAS["aging"])
    rows += [
        (f"aging {one.name}", Figure(Money(one.amount_minor, currency).plain), one.count, formula)
        for one in found.steps
    ]
    return f"{person().creditor.slug}-figures-{day.isoformat()}", rows


@blueprint.get("/figures.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_csv() -> Any:
    name, rows = _table()
    return saved(spreadsheets.file(rows), f"{name}.csv", spreadsheets.MEDIA_TYPE)


@blueprint.get("/figures.xlsx")
@allow(Permission.EXPORT)
@recently_proved
def take_xlsx() -> Any:
    name, rows = _table()
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("figures")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, ["" if cell is None else cell for cell in row])
    sheet.set_column(0, 0, 22)
    sheet.set_column(3, 3, 70)
    book.close()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return saved(content.getvalue(), f"{name}.xlsx", kind)
