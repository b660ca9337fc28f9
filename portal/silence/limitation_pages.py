"""Until when an invoice may be asked for, a formal notice that lets it count anew, and the creditor's years."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import clock
from portal.core.text import t
from portal.creditors import versions
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.silence import actions, limitation, policies, presenting, queries
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("limitation_creditor", __name__)

_SEGMENTS = {"business": t("Businesses"), "consumer": t("Consumers")}


@blueprint.get("/invoices/<id:invoice_id>/limitation")
@allow(Permission.READ)
def show(invoice_id: int) -> Any:
    return _page(_invoice(invoice_id), Form())


def _invoice(invoice_id: int) -> Invoice:
    found = invoices.invoice(invoice_id)
    invoice: Invoice = only_own(found if found is not None and found.kind == "invoice" else None)
    return invoice


def _page(invoice: Invoice, form: Form) -> Any:
    items = invoices.items_of_debtor(invoice.debtor_id, invoice.id)
    found = queries.limits_of([item.item_id for item in items])
    may = person().may(Permission.HOLD_BACK) and any(not one.is_over for one in found.values())
    page = render_template(
        "silence/staff_limitation.html",
        title=i18n.gettext("The time to ask for it"),
        number=invoice.number,
        rows=[
            {
                "due": i18n.day(one.due_on),
                "said": presenting.limit(one),
                "kind": "problem" if one.is_over else "plain",
                "restarts": [
                    i18n.say(t("%(day)s: %(how)s", day=i18n.short_day(day), how=presenting.restart(how)))
                    for how, day in one.restarts
                ],
            }
            for one in found.values()
        ],
        notice_url=url_for(".give_notice", invoice_id=invoice.id) if may else None,
        reached_on=form.typed.get("reached_on", ""),
        back_url=url_for("invoices_creditor.show", invoice_id=invoice.id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/invoices/<id:invoice_id>/limitation")
@allow(Permission.HOLD_BACK)
def give_notice(invoice_id: int) -> Any:
    """A formal notice reached the customer on a day: the time counts anew from then, where it was not over."""
    invoice, form = _invoice(invoice_id), Form()
    day = form.day("reached_on")
    items = queries.limits_of([item.item_id for item in invoices.items_of_debtor(invoice.debtor_id, invoice.id)])
    if day is None:
        form.wrong.setdefault("reached_on", t("Please write the day on which it reached them."))
    elif day > clock.today(person().creditor.time_zone):
        form.wrong["reached_on"] = t("This day has not come yet. Write the day on which it reached them.")
    elif day < invoice.issued_on:
        form.wrong["reached_on"] = t("On that day the invoice was not written yet.")
    elif not any(day <= one.last_day for one in items.values()):
        form.wrong["reached_on"] = t("On that day the time was over already, so it does not count anew.")
    if form.wrong or day is None:
        return _page(invoice, form)
    actions.restart([one.item_id for one in items.values() if day <= one.last_day], limitation.NOTICE, day,
                    person().staff_id)  # fmt: skip
    flash(i18n.say(t("Done. The time counts anew from %(day)s.", day=i18n.day(day))), "done")
    return redirect(url_for(".show", invoice_id=invoice_id), 303)


@blueprint.get("/settings/limitation")
@allow(Permission.PLANS)
def show_settings() -> Any:
    return _settings(Form(), policies.current())


@blueprint.post("/settings/limitation")
@allow(Permission.PLANS)
def save_settings() -> Any:
    """A new version, which holds for everything that is open."""
    form, now = Form(), policies.current()
    allowed = frozenset(str(years) for years in limitation.YEARS)
    chosen = {kind: form.choice(kind, allowed, t("Please choose one.")) for kind in policies.SEGMENTS}
    after = form.text("after", longest=9)
    if form.wrong:
        return _settings(form, now)
    try:
        number = int(after) if after.isascii() and after.isdigit() else -1
        wanted = policies.Version(years={kind: int(years) for kind, years in chosen.items() if years})
        written = policies.write(wanted, by=person().staff_id, after=number)
    except versions.Overtaken as faster:
        form.wrong = {"after": faster.text}
        return _settings(form, faster.now, status=409)
    if written.number != now.number:
        flash(i18n.say(t("Done. Version %(number)s holds from now on.", number=written.number)), "done")
    else:
        flash(i18n.gettext("Nothing was different."), "done")
    return redirect(url_for(".show_settings"), 303)


def _settings(form: Form, now: policies.Version, *, status: int = 422) -> Any:
    written = policies.history()
    names = people.names([one.made_by for one in written])
    page = render_template(
        "silence/staff_limitation_settings.html",
        title=i18n.gettext("How long you may ask"),
        save_url=url_for(".save_settings"),
        back_url=url_for("settings_creditor.show") if person().may(Permission.SETTINGS) else None,
        after=str(now.number),
        segments=[
            {"id": kind, "label": i18n.say(label), "value": form.typed.get(kind, str(now.of(kind)))}
            for kind, label in _SEGMENTS.items()
        ],
        choices=[(str(years), i18n.say(label), "") for years, label in limitation.YEARS.items()],
        versions=[
            {
                "number": str(one.number),
                "at": i18n.moment(one.made_at, person().creditor.time_zone),
                "by": names.get(one.made_by or 0, "–"),
            }
            for one in written
        ],
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if form.wrong else 200
