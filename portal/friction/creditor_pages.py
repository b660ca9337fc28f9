"""The friction meter as a page: how far people come, how long it takes, where they leave; and the ways behind it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, render_template, request, url_for

from portal.core import clock, spreadsheets
from portal.core.text import Text, t
from portal.friction import presenting, queries, rules
from portal.friction.rules import Funnel, Way
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n, lists, paging
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("friction_creditor", __name__)

PERIODS: dict[str, Text] = {"30": t("The last 30 days"), "90": t("The last 90 days"), "365": t("The last year")}
USUAL = "90"
ALL = "friction_creditor.show"
ROWS = "friction_creditor.show_ways"
NAMES = ("days", "by", *presenting.KINDS)


def _days() -> str:
    return lists.chosen("days", PERIODS, USUAL)


def _found() -> tuple[list[rules.Sent], list[Way]]:
    """What the address asks for: the messages and the ways, narrowed by each kind that it names."""
    since = clock.now() - timedelta(days=int(_days()))
    sent, ways = queries.sent(since), queries.ways(since)
    for kind in presenting.KINDS:
        wanted = lists.asked(kind)
        if not wanted:
            continue
        value = None if wanted == presenting.UNKNOWN else wanted
        ways = [one for one in ways if presenting.value_of(kind, one) == value]
        # Of what it is opened on no message knows beforehand: of one kind of device there is no "of what was sent".
        sent = [] if kind == "device" else [one for one in sent if presenting.value_of(kind, one) == value]
    return sent, ways


@blueprint.get("/friction")
@allow(Permission.READ_MESSAGES)
def show() -> Any:
    sent, ways = _found()
    kind = lists.chosen("by", presenting.KINDS, "key")
    by_message = [one for one in ways if one.key is not None]
    return render_template(
        "friction/staff_friction.html",
        title=i18n.gettext("From link to settled"),
        filter_url=url_for(ALL),
        fields=[
            lists.choice("days", t("Since"), PERIODS, _days()),
            lists.choice("by", t("Compare by"), presenting.KINDS, kind),
        ],
        keep=[(name, lists.asked(name)) for name in presenting.KINDS if lists.asked(name)],
        clear_url=url_for(ALL) if any(map(lists.asked, NAMES)) else None,
        narrowed=_narrowed(),
        tiles=_tiles(ways),
        steps=presenting.steps(rules.funnel(sent, by_message)) if sent or by_message else [],
        otherwise=len(ways) - len(by_message),
        otherwise_url=_rows(key=presenting.UNKNOWN),
        compared_by=i18n.say(presenting.KINDS[kind]),
        compared=[
            _compared(kind, value, one)
            for value, one in rules.by(
                sent, ways, lambda one: presenting.value_of(kind, one), lambda one: presenting.value_of(kind, one)
            ).items()
            if value is not None or one.entered
        ],
        ends=[
            {"label": i18n.say(rules.ENDS[key]), "count": str(count), "share": presenting.percent(count, len(ways)),
             "bar": rules.share(count, len(ways)) or 0, "href": _rows(end=key)}
            for key, count in rules.ends(ways).items()
        ],
        tries=[
            {"method": presenting.method(code), "begun": str(one.begun), "paid": str(one.paid),
             "declined": str(one.declined), "left": str(one.left)}
            for code, one in rules.tries(ways).items()
        ],
        announced=sum(any(act.name == "transfer.announced" for act in way.acts) for way in ways),
        terms_declined=rules.declined(ways),
        rows=len(ways),
        csv_url=lists.address(".take_csv", NAMES, by=None) if person().may(Permission.EXPORT) else None,
        as_of=i18n.moment(clock.now(), person().creditor.time_zone),
    )  # fmt: skip


def _narrowed() -> list[str]:
    """What the address narrows the figures to, in words."""
    return [
        f"{i18n.say(text)}: {presenting.label(kind, None if asked == presenting.UNKNOWN else asked)}"
        for kind, text in presenting.KINDS.items()
        if (asked := lists.asked(kind))
    ]


def _rows(**changes: str) -> str:
    return lists.address(ROWS, NAMES, by=None, **changes)


def _tiles(ways: Sequence[Way]) -> list[dict[str, str]]:
    seconds, steps = [one.seconds for one in ways], [one.steps for one in ways]
    paid = sum(one is not None for one in seconds)
    settled = sum(one.is_settled for one in ways)
    href = _rows(end=rules.SETTLED)
    half = rules.middle(steps)
    nobody = i18n.gettext("nobody has paid here yet")
    pace = t(
        "half were faster; nine in ten took no more than %(time)s",
        time=presenting.duration(rules.nine_in_ten(seconds)),
    )
    counted = t("half took no more; counted over %(count)s who paid here", count=paid)
    return [
        {"label": i18n.gettext("Settled"), "value": presenting.percent(settled, len(ways)), "href": href,
         "note": i18n.say(t("%(count)s of %(all)s who came in", count=settled, all=len(ways)))},
        {"label": i18n.gettext("From the fact to paying"), "value": presenting.duration(rules.middle(seconds)),
         "href": href, "note": i18n.say(pace) if paid else nobody},
        {"label": i18n.gettext("Steps to paying"), "value": str(half) if half is not None else "–", "href": href,
         "note": i18n.say(counted) if paid else nobody},
    ]  # fmt: skip


def _compared(kind: str, value: str | None, one: Funnel) -> dict[str, str]:
    knows = kind != "device" and one.sent > 0
    return {
        "label": presenting.label(kind, value),
        "href": _rows(**{kind: value or presenting.UNKNOWN}),
        "sent": str(one.sent) if knows else "–",
        "delivered": presenting.percent(one.delivered, one.sent) if knows else "–",
        "entered": f"{one.entered} ({presenting.percent(one.entered, one.sent)})" if knows else str(one.entered),
        "acted": presenting.percent(one.acted, one.entered),
        "settled": presenting.percent(one.settled, one.entered),
    }


@blueprint.get("/friction.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_csv() -> Response:
    """Every comparison as rows, narrowed as the address asks: what is compared, and how many came how far."""
    sent, ways = _found()
    rows: list[tuple[str, ...]] = [("by", "value", "sent", "delivered", "entered", "looked", "acted", "settled")]
    for kind in presenting.KINDS:
        of = partial(presenting.value_of, kind)
        for value, one in rules.by(sent, ways, of, of).items():
            counts = (one.sent, one.delivered, one.entered, one.looked, one.acted, one.settled)
            known = [str(count) for count in counts] if kind != "device" else ["", "", *map(str, counts[2:])]
            rows.append((kind, presenting.label(kind, value), *known))
    day = clock.today(person().creditor.time_zone)
    name = f"{person().creditor.slug}-friction-{day.isoformat()}.csv"
    return saved(spreadsheets.file(rows), name, spreadsheets.MEDIA_TYPE)


@blueprint.get("/friction/ways")
@allow(Permission.READ_MESSAGES)
def show_ways() -> Any:
    """The ways behind a figure, the latest first."""
    _sent, ways = _found()
    end = lists.chosen("end", rules.ENDS)
    place = paging.read_cursor(request.args.get("after"))
    wanted = [one for one in ways if not end or one.end == end]
    rows = [one for one in wanted if place is None or one.link_id < place[1]][: paging.PAGE_SIZE + 1]
    page = paging.page(rows, lambda one: (one.link_id, one.link_id))
    names = queries.names([one.debtor_id for one in page.rows])
    carried = (*NAMES, "end")
    return render_template(
        "friction/staff_ways.html",
        title=i18n.gettext("Ways from a link"),
        intro=" · ".join([i18n.say(PERIODS[_days()]), *_narrowed()]),
        back_url=lists.address(ALL, NAMES),
        filter_url=url_for(ROWS),
        fields=[lists.choice("end", t("Where it ended"), {"": t("All"), **rules.ENDS}, end)],
        keep=[(name, lists.asked(name)) for name in NAMES if lists.asked(name)],
        clear_url=lists.address(ROWS, NAMES) if end else None,
        rows=[_row(one, names) for one in page.rows],
        shown=i18n.say(t("%(count)s shown of %(all)s", count=len(page.rows), all=len(wanted))),
        newer_url=lists.address(ROWS, carried) if place is not None else None,
        older_url=lists.address(ROWS, carried, after=page.next_cursor) if page.next_cursor else None,
    )


def _row(one: Way, names: dict[int, str]) -> dict[str, Any]:
    return {
        "debtor": names.get(one.debtor_id, ""),
        "href": url_for("debtors_creditor.show", debtor_id=one.debtor_id),
        "entered": i18n.moment(one.entered_at, person().creditor.time_zone),
        "message": presenting.label("key", one.key) if one.key else presenting.label("purpose", one.purpose),
        "device": presenting.label("device", one.device),
        "steps": str(one.steps) if one.steps is not None else "–",
        "time": presenting.duration(one.seconds),
        "end": rules.ENDS[one.end],
        "tint": "good" if one.is_settled else "plain",
    }
