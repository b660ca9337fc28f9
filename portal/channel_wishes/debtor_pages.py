""" "How we write to you": which way first, and stop or allow each, with one tap and at once (rules A-36, C-50)."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.channel_wishes import actions, presenting, queries, rules
from portal.core import db, ids
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.debtors.visits import answering
from portal.messages import courtesy
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint

blueprint = debtor_blueprint("channel_wishes_debtor", __name__)

ANY = "any"
_STOPPED: dict[str, Text] = {
    rules.EMAIL: t("Done. From now on we send you no more e-mails of our own accord."),
    rules.MOBILE: t("Done. From now on we send you no more text messages of our own accord."),
    rules.LETTER: t("Done. We have noted that you want no letters."),
    rules.PHONE: t("Done. We have noted that you want no calls."),
}


@blueprint.get("/how-we-write")
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    visit, zone = answering(), answering().creditor.time_zone
    debtor, contacts = db.session().get_one(Debtor, visit.debtor_id), debtors.contacts(visit.debtor_id)
    there, stopped = queries.on_file(debtor, contacts), queries.stopped(visit.debtor_id)
    ways = [(one, i18n.say(rules.FIRST[one]), "") for one in presenting.firsts(there, stopped)]
    page = render_template(
        "channel_wishes/debtor_how_we_write.html",
        title=i18n.gettext("How we write to you"),
        rows=presenting.rows(there, stopped, zone, masked=True),
        ways=[*ways, (ANY, i18n.gettext("As it suits you"), "")] if len(ways) > 1 else [],
        first=form.typed.get("first", debtor.preferred_channel or ANY),
        first_url=url_for(".choose_first"),
        stop_url=url_for(".stop"),
        again_url=url_for(".allow"),
        courtesy=_courtesy(contacts, queries.courtesy_stops(visit.debtor_id)),
        courtesy_url=url_for(".allow_courtesy"),
        goes=_goes(rules.way(debtor.preferred_channel, there.contacts, stopped)),
        back_url=url_for("home_debtor.show"),
        data_url=url_for("contacts_debtor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _courtesy(contacts: list[ContactPoint], stops: dict[int, Any]) -> list[dict[str, str]]:
    """Addresses at which courtesy messages were stopped through a mail's own address (portal.messages.courtesy)."""
    return [
        {"address": debtors.masked(one.address), "contact": ids.spell(one.id)}
        for one in contacts
        if one.id in stops and one.stopped_at is None and not one.colleague
    ]


def _goes(way: rules.Way) -> str:
    """How what we send of our own accord comes now, in a sentence."""
    if way.channel == rules.MOBILE:
        return i18n.gettext("What we write of our own accord comes by text message now.")
    if way.channel == rules.EMAIL:
        return i18n.gettext("What we write of our own accord comes by e-mail now.")
    return i18n.gettext("We write nothing of our own accord now.")


def _channel(form: Form) -> str | None:
    return form.choice("channel", frozenset(rules.NAMES), t("Please choose one of these."))


@blueprint.post("/how-we-write/stop")
def stop() -> Any:
    """Honoured at once, for every address of that channel and for what was planned before."""
    visit, form = answering(), Form()
    channel = _channel(form)
    if channel is None:
        return _page(form)
    actions.stop(visit.debtor_id, channel)
    return _done(_STOPPED[channel])


@blueprint.post("/how-we-write/again")
def allow() -> Any:
    visit, form = answering(), Form()
    channel = _channel(form)
    if channel is None:
        return _page(form)
    actions.allow(visit.debtor_id, channel)
    return _done(t("Done. This way may be used again."))


@blueprint.post("/how-we-write/first")
def choose_first() -> Any:
    visit, form = answering(), Form()
    chosen = form.choice("first", frozenset({*rules.FIRST, ANY}), t("Please choose one of these."))
    if chosen is None:
        return _page(form)
    changed = actions.prefer(visit.debtor_id, None if chosen == ANY else chosen, by_customer=True)
    return _done(t("Done. It holds from now on.") if changed else t("Nothing was different."))


@blueprint.post("/how-we-write/courtesy")
def allow_courtesy() -> Any:
    """Takes back a stop that was said through a mail's own address; another's address changes nothing."""
    visit, form = answering(), Form()
    stops = {ids.spell(contact_id): contact_id for contact_id in queries.courtesy_stops(visit.debtor_id)}
    chosen = form.choice("contact", frozenset(stops), t("Please choose one of these."))
    if chosen is None:
        return _page(form)
    wish = courtesy.Wish(visit.creditor.id, visit.debtor_id, stops[chosen], courtesy.CARING, i18n.language().code)
    courtesy.resume(wish)
    return _done(t("Done. Courtesy messages come to this address again."))


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)
