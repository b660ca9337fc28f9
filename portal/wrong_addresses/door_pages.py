""" "This is not for me", before the gate: a trace always, a case where a person wrote words of their own."""

from typing import Any

from flask import redirect, render_template, request, session, url_for

from portal.core import events
from portal.core.text import t
from portal.debtors import gate
from portal.debtors.entry_pages import common_values, no_link, pre_visit
from portal.debtors.links import Found
from portal.web import i18n, limits
from portal.web.forms import Form
from portal.web.gates import no_duplicate_fields, open_blueprint
from portal.wrong_addresses import actions, rules

blueprint = open_blueprint("not_me", __name__, why="whoever it is not for has no fact to type (decision 7)")
blueprint.before_request(no_duplicate_fields)

LONGEST = 500
_HEARD = "heard"  # in the cookie: a person is told that a colleague has their words


@blueprint.get("/gate/not-me")
def show() -> Any:
    found = pre_visit()
    return no_link() if found is None else _page(found, Form())


def _page(found: Found, form: Form) -> Any:
    return _written(found, form), 422 if form.wrong else 200


def _written(found: Found, form: Form) -> str:
    return render_template(
        "wrong_addresses/not_me.html",
        not_me_url=url_for(".say"),
        gate_url=url_for("entry.show_gate"),
        options=[(name, i18n.say(label), i18n.say(hint)) for name, (label, hint) in rules.AT_THE_DOOR.items()],
        value=form.typed.get("reason", ""),
        words=form.typed.get("words", ""),
        pauses=_is_to_an_address(found),
        errors=form.errors,
        error_of=dict(form.errors),
        **common_values(found),
    )


@blueprint.post("/gate/not-me")
def say() -> Any:
    """Our messages to this address pause until a colleague decides; no link dies by itself (decision 7)."""
    found = pre_visit()
    if found is None:
        return no_link()
    form = Form()
    reason = form.choice("reason", frozenset(rules.AT_THE_DOOR), t("Please choose the one that fits best."))
    words = form.text("words", longest=LONGEST)
    if reason is None or form.wrong:
        return _page(found, form)
    client = gate.client_label(request.user_agent.string)
    gate.note(found.link, gate.NOT_ME, client)
    heard = client is None and rules.are_a_persons(words, _written(found, Form()) + request.full_path)
    if heard:
        limits.check(limits.NOT_MINE, "not-me")
        limits.count(limits.NOT_MINE, "not-me")
        events.act_as(events.Actor("debtor", None, found.link.id))
        actions.say_at_the_door(found.link, reason, words)
    session[_HEARD] = heard
    return redirect(url_for(".show_done"), 303)


@blueprint.get("/gate/thank-you")
def show_done() -> Any:
    found = pre_visit()
    return render_template(
        "wrong_addresses/not_me_done.html",
        paused=_is_to_an_address(found),
        words_url=url_for(".show") if found is not None and not session.get(_HEARD) else None,
        **common_values(found),
    )


def _is_to_an_address(found: Found | None) -> bool:
    """A code on paper went to no address of ours: there is nothing to pause."""
    return found is not None and found.link.contact_point_id is not None
