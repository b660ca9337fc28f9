"""How one customer wants to be reached, before the creditor's people: to look at, and to note what they said."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.channel_wishes import actions, presenting, queries, rules
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("channel_wishes_creditor", __name__)

ANY = "any"
_NOTED = t("Done. It is noted, and holds from now on.")


@blueprint.get("/debtors/<id:debtor_id>/writing")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, Form())


def _page(debtor_id: int, form: Form) -> Any:
    debtor: Debtor = only_own(debtors.debtor(debtor_id))
    zone, may = person().creditor.time_zone, person().may(Permission.CONTACTS)
    there, stopped = queries.on_file(debtor, debtors.contacts(debtor_id)), queries.stopped(debtor_id)
    ways = [(one, i18n.say(rules.FIRST[one])) for one in presenting.firsts(there, stopped)]
    rows = presenting.rows(there, stopped, zone, masked=False)
    for row in rows:
        row["state"] = presenting.not_wanted(stopped, row["channel"], zone)
    page = render_template(
        "channel_wishes/staff_wishes.html",
        title=i18n.gettext("How to write to them"),
        name=debtor.name,
        rows=rows,
        preferred=i18n.say(rules.FIRST.get(debtor.preferred_channel or "", t("They have not said."))),
        ways=[(ANY, i18n.gettext("No wish")), *ways],
        first=form.typed.get("first", debtor.preferred_channel or ANY),
        first_url=url_for(".note_first", debtor_id=debtor_id) if may else None,
        stop_url=url_for(".note_stop", debtor_id=debtor_id) if may else None,
        again_url=url_for(".note_again", debtor_id=debtor_id) if may else None,
        texts=queries.texts_are_sent(),
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _read(debtor_id: int, form: Form, name: str, allowed: frozenset[str]) -> str | None:
    only_own(debtors.debtor(debtor_id))
    return form.choice(name, allowed, t("Please choose one of these."))


@blueprint.post("/debtors/<id:debtor_id>/writing/stop")
@allow(Permission.CONTACTS)
def note_stop(debtor_id: int) -> Any:
    """A customer said so, on the telephone or in a letter: it holds as if they had done it themselves."""
    form = Form()
    channel = _read(debtor_id, form, "channel", frozenset(rules.NAMES))
    if channel is None:
        return _page(debtor_id, form)
    actions.stop(debtor_id, channel)
    return _done(debtor_id, _NOTED)


@blueprint.post("/debtors/<id:debtor_id>/writing/again")
@allow(Permission.CONTACTS)
def note_again(debtor_id: int) -> Any:
    form = Form()
    channel = _read(debtor_id, form, "channel", frozenset(rules.NAMES))
    if channel is None:
        return _page(debtor_id, form)
    actions.allow(debtor_id, channel)
    return _done(debtor_id, _NOTED)


@blueprint.post("/debtors/<id:debtor_id>/writing/first")
@allow(Permission.CONTACTS)
def note_first(debtor_id: int) -> Any:
    form = Form()
    chosen = _read(debtor_id, form, "first", frozenset({*rules.FIRST, ANY}))
    if chosen is None:
        return _page(debtor_id, form)
    changed = actions.prefer(debtor_id, None if chosen == ANY else chosen, by_customer=False)
    return _done(debtor_id, _NOTED if changed else t("Nothing was different."))


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", debtor_id=debtor_id), 303)
