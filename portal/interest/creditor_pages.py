"""Whether the creditor asks for interest and costs, with an example; and letting a customer off them."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.money import Money
from portal.core.text import t
from portal.interest import actions, presenting, queries, rates, waiving
from portal.interest.models import InterestPolicy
from portal.interest.rates import Regime
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("interest_creditor", __name__)

_RATE = re.compile(r"[0-9]{1,2}(?:[.,][0-9]{1,2})?", re.ASCII)
_CHOICES = ("interest_on", "costs_on")


@blueprint.get("/settings/interest")
@allow(Permission.SETTINGS)
def show_settings() -> Any:
    return _settings(Form())


def _settings(form: Form) -> Any:
    chosen = queries.policy()
    kept = _kept(chosen)
    page = render_template(
        "interest/staff_settings.html",
        title=i18n.gettext("Interest and costs"),
        save_url=url_for(".save_settings"),
        back_url=url_for("settings_creditor.show"),
        values={name: form.typed.get(name, value) for name, value in kept.items()},
        verified_to=i18n.day(rates.latest(Regime.B2B).last),
        business=presenting.example(Regime.B2B, chosen),
        consumer=presenting.example(Regime.CONSUMER, chosen),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _kept(chosen: InterestPolicy | None) -> dict[str, str]:
    """What stands in the fields: nothing is asked for until somebody chooses it."""
    rate = chosen.consumer_rate if chosen is not None else None
    due_from = chosen.due_from if chosen is not None else queries.today()
    return {
        "interest_on": "yes" if chosen is not None and chosen.interest_on else "",
        "costs_on": "yes" if chosen is not None and chosen.costs_on else "",
        "due_from": due_from.isoformat(),
        "consumer_rate": "" if rate is None else f"{rate:f}",
    }


@blueprint.post("/settings/interest")
@allow(Permission.SETTINGS)
def save_settings() -> Any:
    form = Form()
    values: dict[str, Any] = {name: request.form.get(name) == "yes" for name in _CHOICES}
    form.typed.update({name: "yes" if values[name] else "" for name in _CHOICES})
    values["due_from"] = _due_from(form)
    values["consumer_hundredths"] = _consumer_rate(form)
    if form.wrong:
        return _settings(form)
    changed = actions.choose_policy(values, queries.today())
    sentence = t("Done. It is counted anew within the hour.") if changed else t("Nothing was different.")
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show_settings"), 303)


def _due_from(form: Form) -> date | None:
    found = form.day("due_from")
    if found is None and "due_from" not in form.wrong:
        form.wrong["due_from"] = t("Please write from which due date on.")
    return found


def _consumer_rate(form: Form) -> int | None:
    """Hundredths of a per cent a year; nothing typed is the legal rate."""
    typed = form.text("consumer_rate", longest=5)
    if not typed or "consumer_rate" in form.wrong:
        return None
    if not _RATE.fullmatch(typed):
        form.wrong["consumer_rate"] = t("Please write the rate like this: 1,50")
        return None
    return int(Decimal(typed.replace(",", ".")) * 100)


@blueprint.get("/items/<id:item_id>/waive")
@allow(Permission.WAIVE)
def show_waive(item_id: int) -> Any:
    return _waive(_item(item_id), Form())


def _item(item_id: int) -> Item:
    item: Item = only_own(next(iter(invoice_queries.items([item_id])), None))
    return item


def _waive(item: Item, form: Form) -> Any:
    waived = {one.what for one in queries.waivers([item.item_id])}
    choices = [
        (what, i18n.say(label), _booked(item, what))
        for what, label in waiving.WHATS.items()
        if waiving.why_not(item, waived, what) is None
    ]
    refused = None if choices else waiving.why_not(item, waived, next(iter(waiving.WHATS)))
    page = render_template(
        "interest/staff_waive.html",
        title=i18n.gettext("Let the customer off"),
        document=invoices.title(item),
        save_url=url_for(".waive", item_id=item.item_id),
        back_url=url_for("invoices_creditor.show", invoice_id=item.invoice_id),
        whats=choices,
        refused=refused,
        whys=[(why, i18n.say(label), "") for why, label in waiving.WHY.items()],
        typed=form.typed,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _booked(item: Item, what: str) -> str:
    """What stands booked of it, said beside the choice."""
    minor = queries.booked_of(item.item_id, what)
    if not minor:
        return i18n.gettext("Nothing is booked yet.")
    return i18n.say(t("%(amount)s booked so far.", amount=i18n.money(Money(minor, item.open.currency))))


@blueprint.post("/items/<id:item_id>/waive")
@allow(Permission.WAIVE)
def waive(item_id: int) -> Any:
    """No more of it is asked for: what stands open comes off now, and the history says who and why."""
    item, form = _item(item_id), Form()
    what = form.choice("what", frozenset(waiving.WHATS), t("Please choose what is not asked for any more."))
    why = form.choice("why", frozenset(waiving.WHY), t("Please choose why."))
    if what is None or why is None:
        return _waive(item, form)
    waiving.waive(item, what, why, person().staff_id)
    flash(i18n.gettext("Done. It is not asked for any more, and the history says why."), "done")
    return redirect(url_for("invoices_creditor.show", invoice_id=item.invoice_id), 303)
