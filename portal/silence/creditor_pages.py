"""Who may be spoken to: everything that rests with start, end, reason and who; setting a silence, and ending it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for

from portal.core import clock, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.silence import actions, presenting, queries, rules
from portal.silence.models import Silence
from portal.silence.states import SilenceStatus
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("silence_creditor", __name__)

_FIELDS = ("why", "about", "until", "speaks_for", "reached_at", "words")


@blueprint.get("/debtors/<id:debtor_id>/silence")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, Form())


def _page(debtor_id: int, form: Form) -> Any:
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    may = presenting.may_know()
    page = render_template(
        "silence/staff_silence.html",
        title=i18n.gettext("Who may be spoken to"),
        name=debtor.name,
        now=presenting.rows(debtor_id),
        before=presenting.past(debtor_id),
        set_url=url_for(".begin", debtor_id=debtor_id) if may else None,
        reasons=[(key, i18n.say(label), i18n.say(rules.HINTS[key])) for key, label in rules.REASONS.items()],
        abouts=_abouts(debtor_id) if may else [],
        typed={name: form.typed.get(name, "") for name in _FIELDS},
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _abouts(debtor_id: int) -> list[tuple[str, str]]:
    """The customer, or one of what is open."""
    items = [
        (ids.spell(item_id),
         i18n.say(t("Invoice %(number)s, due %(day)s", number=one.number, day=i18n.short_day(one.due_on))))
        for item_id, one in queries.open_items(debtor_id)
    ]  # fmt: skip
    return [("", i18n.say(presenting.EVERYTHING)), *items]


@blueprint.post("/debtors/<id:debtor_id>/silence")
@allow(Permission.HARDSHIP)
def begin(debtor_id: int) -> Any:
    """Nobody writes from now on; what waits to leave is held back at once."""
    only_own(debtors.debtor(debtor_id))
    form = Form()
    wanted = _wanted(debtor_id, form)
    if wanted is None or form.wrong:
        return _page(debtor_id, form)
    actions.begin(debtor_id, wanted, person().staff_id)
    flash(i18n.say(t("Done. Nobody writes from now on, and what waited to leave is held back.")), "done")
    return redirect(url_for(".show", debtor_id=debtor_id), 303)


def _wanted(debtor_id: int, form: Form) -> actions.Wanted | None:
    reason = form.choice("why", frozenset(rules.REASONS), t("Please choose why."))
    about = form.text("about", longest=20)
    until = form.day("until")
    speaks_for = form.text("speaks_for", longest=200)
    reached_at, words = form.text("reached_at", longest=300), form.text("words", longest=MAX_WORDS)
    item_id = _item(debtor_id, about)
    wrong_day = rules.why_not_until(until, clock.today(person().creditor.time_zone))
    if wrong_day is not None:
        form.wrong["until"] = wrong_day
    if reason is None:
        return None
    for field, said in rules.why_not_set(reason, of_one_item=item_id is not None, speaks_for=speaks_for).items():
        form.wrong.setdefault(field, said)
    represented = reason == rules.REPRESENTED
    return actions.Wanted(
        reason=reason,
        until=_end_of(until) if until is not None else None,
        item_id=item_id,
        words=words,
        speaks_for=speaks_for if represented else None,
        reached_at=reached_at if represented else None,
    )


def _item(debtor_id: int, spelled: str) -> int | None:
    """The due item that was chosen; one that is not this customer's is not there."""
    if not spelled:
        return None
    named = (item_id for item_id, _ in queries.open_items(debtor_id) if ids.spell(item_id) == spelled)
    found: int = only_own(next(named, None))
    return found


def _end_of(day: date) -> datetime:
    """The first instant after the last day."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(person().creditor.time_zone)).astimezone(UTC)


@blueprint.post("/silences/<id:silence_id>/end")
@allow(Permission.HARDSHIP)
def end(silence_id: int) -> Any:
    """We may write again; 409 where a colleague or its day was faster."""
    row: Silence = only_own(queries.one(silence_id, lock=True))
    if row.status is not SilenceStatus.SET:
        raise NotAllowedNow(t("This is over already. Nobody need do anything."))
    actions.end(row, actions.BY_HAND, person().staff_id)
    if queries.now_of(row.debtor_id) is not None:
        flash(i18n.say(t("Done. Something else still stands, so nobody writes yet.")), "done")
    else:
        flash(i18n.say(t("Done. Messages go out again as agreed.")), "done")
    return redirect(url_for(".show", debtor_id=row.debtor_id), 303)
