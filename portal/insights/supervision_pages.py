"""The figures by who looks after the customers, on a page and as a file: by salesperson, and by agency."""

from datetime import date
from typing import Any

from flask import Response, render_template, url_for

from portal.core import clock, ids, spreadsheets
from portal.core.money import Money
from portal.core.spreadsheets import Figure
from portal.core.text import t
from portal.insights import kpis, relation, supervision
from portal.insights.figures import rounded
from portal.insights.presenting import asked, felt, number, percent
from portal.insights.supervision import Group, Sums, Table
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys.nps import LEAST_SHOWN
from portal.surveys.showing import Shown
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("supervision_creditor", __name__)

NOBODY = t("Nobody by name")
_COLUMNS = (
    "who", "customers", "sold", "cashed", "open", "late", "late_percent", "days_late", "promises_due",
    "promises_kept", "disputes", "complaints", "answers", "nps", "nps_low", "nps_high", "currency", "as_of",
)  # fmt: skip


@blueprint.get("/figures/people")
@allow(Permission.READ)
def show_people() -> Any:
    return _page(agencies=False)


@blueprint.get("/figures/agencies")
@allow(Permission.READ)
def show_agencies() -> Any:
    return _page(agencies=True)


@blueprint.get("/figures/people.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_people() -> Any:
    return _file(agencies=False)


@blueprint.get("/figures/agencies.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_agencies() -> Any:
    return _file(agencies=True)


def of_agency() -> int | None:
    """Somebody of an agency sees their own mandate alone."""
    return person().staff_id if person().agency is not None else None


def _found(day: date, currency: str, *, agencies: bool) -> Table:
    zone = person().creditor.time_zone
    if agencies:
        return supervision.by_agency(day, currency, zone, staff_id=of_agency())
    return supervision.by_salesperson(day, currency, zone)


def _page(*, agencies: bool) -> Any:
    day, currency, known = asked()
    zone = person().creditor.time_zone
    found = _found(day, currency, agencies=agencies)
    period = kpis.months_until(day)
    rows = [_row(one, day, currency, agencies=agencies) for one in found.groups]
    if found.whole is not None and found.felt is not None and len(rows) > 1:
        rows.append(_cells(i18n.gettext("In all"), found.whole, found.felt, currency))
    here = ".show_agencies" if agencies else ".show_people"
    other = ".show_people" if agencies else ".show_agencies"
    same: dict[str, Any] = {"as_of": day.isoformat(), "currency": currency}
    return render_template(
        "insights/staff_supervision.html",
        title=i18n.gettext("By agency") if agencies else i18n.gettext("Who looks after the customers"),
        filter_url=url_for(here),
        as_of=day.isoformat(),
        last=clock.today(zone).isoformat(),
        currency=currency,
        currencies=known,
        day=i18n.day(day),
        period=i18n.say(t("%(first)s to %(last)s", first=i18n.day(period[0].first), last=i18n.day(day))),
        agencies=agencies,
        relation=felt(relation.relation(day, zone)),
        rows=rows,
        least=LEAST_SHOWN,
        csv_url=url_for(".take_agencies" if agencies else ".take_people", **same)
        if person().may(Permission.EXPORT)
        else None,
        other_url=url_for(other, **same),
        back_url=url_for("figures_creditor.show", **same),
    )


def _name(group: Group) -> str:
    if group.folded:
        return i18n.say(t("%(count)s others", count=group.folded))
    return i18n.say(NOBODY) if group.name is None else group.name


def _row(group: Group, day: date, currency: str, *, agencies: bool) -> dict[str, Any]:
    row = _cells(_name(group), group.sums, group.felt, currency)
    named: dict[str, Any]
    if agencies:
        named = {"mandate": ids.spell(int(group.key or 0))}
    elif group.one_of is not None:
        named = {"with": ids.spell(group.one_of)}
    else:
        return row
    row["href"] = url_for("figures_creditor.show_rows", as_of=day.isoformat(), currency=currency, **named)
    return row


def _cells(name: str, sums: Sums, said: Shown, currency: str) -> dict[str, Any]:
    def money(minor: int) -> str:
        return i18n.money(Money(minor, currency))

    customers = i18n.ngettext("%(count)s customer", "%(count)s customers", sums.customers)
    complaints = i18n.ngettext("%(count)s complaint", "%(count)s complaints", sums.complaints)
    kept = t("%(kept)s of %(due)s", kept=sums.promises_kept, due=sums.promises_due)
    score, note = _score(said)
    return {
        "name": name,
        "customers": customers % {"count": sums.customers},
        "href": None,
        "sold": money(sums.sold_minor),
        "cashed": i18n.say(t("cashed: %(money)s", money=money(sums.cashed_minor))),
        "open": money(sums.open_minor),
        "late": money(sums.late_minor),
        "share": percent(kpis.share(sums.late_minor, sums.open_minor)),
        "days": number(sums.days_late),
        "kept": i18n.say(kept) if sums.promises_due else "–",
        "disputes": str(sums.disputes),
        "complaints": complaints % {"count": sums.complaints},
        "nps": score,
        "note": note,
    }


def _score(said: Shown) -> tuple[str, str]:
    """The score with how many answered and its interval, or why there is none."""
    if said.tally is None:
        return "–", i18n.gettext("too few to say")
    if said.nps is None:
        return "–", i18n.say(t("%(n)s answers of %(least)s", n=said.tally.n, least=LEAST_SHOWN))
    of = said.nps
    note = t("%(n)s answers, %(low)s to %(high)s", n=of.n, low=round(of.low), high=round(of.high))
    return str(round(of.nps)), i18n.say(note)


def _file(*, agencies: bool) -> Response:
    """The same groups as the page: any other parting of the same answers could tell what few of them said."""
    day, currency, _known = asked()
    found = _found(day, currency, agencies=agencies)
    content = spreadsheets.file([_COLUMNS, *(_line(group, day, currency) for group in found.groups)])
    name = f"{person().creditor.slug}-{'agencies' if agencies else 'people'}-{day.isoformat()}.csv"
    return saved(content, name, spreadsheets.MEDIA_TYPE)


def _line(group: Group, day: date, currency: str) -> tuple[Any, ...]:
    sums, said = group.sums, group.felt
    score = said.nps
    money = (sums.sold_minor, sums.cashed_minor, sums.open_minor, sums.late_minor)
    return (
        _name(group),
        sums.customers,
        *(Figure(Money(minor, currency).plain) for minor in money),
        rounded(kpis.share(sums.late_minor, sums.open_minor)),
        rounded(sums.days_late),
        sums.promises_due,
        sums.promises_kept,
        sums.disputes,
        sums.complaints,
        said.tally.n if said.tally is not None else None,
        *((round(score.nps), round(score.low), round(score.high)) if score is not None else (None, None, None)),
        currency,
        day.isoformat(),
    )
