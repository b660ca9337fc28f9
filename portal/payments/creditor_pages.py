"""How the creditor takes payments: its own Stripe account. Secrets go in here and never come out (decision 26)."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import t
from portal.payments import accounts, queries
from portal.payments.methods import IDENTIFIER
from portal.payments.models import MethodAccount
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("payments_creditor", __name__)

CONNECTED = "account"


@blueprint.get("/settings/payments")
@allow(Permission.SETTINGS)
def show_settings() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    found = accounts.row(queries.CARD)
    kept = found.sealed if found is not None else {}
    offered = accounts.is_offered(queries.CARD)
    page = render_template(
        "payments/staff_settings.html",
        title=i18n.gettext("Payments"),
        save_url=url_for(".save_settings"),
        offered=offered,
        is_set={name: bool(kept.get(name)) for name in ("secret_key", "webhook_secret")},
        account=form.typed.get(CONNECTED, (found.options.get(CONNECTED) if found is not None else None) or ""),
        identifier=form.typed.get(IDENTIFIER, (found.options.get(IDENTIFIER) if found is not None else None) or ""),
        enabled=form.typed.get("enabled", "yes" if offered else "") == "yes",
        notice_url=accounts.notice_url(queries.CARD),
        earlier=[_earlier(one) for one in accounts.kept(queries.CARD) if one.replaced_at is not None],
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _earlier(one: MethodAccount) -> str:
    name, since = one.options.get(CONNECTED), i18n.moment(one.replaced_at) if one.replaced_at is not None else ""
    if name:
        return i18n.say(t("%(account)s, until %(day)s", account=name, day=since))
    return i18n.say(t("The account in use until %(day)s", day=since))


@blueprint.post("/settings/payments")
@allow(Permission.SETTINGS)
@recently_proved
def save_settings() -> Any:
    form = Form()
    account = form.text(CONNECTED, longest=60)
    identifier = form.text(IDENTIFIER, longest=60).replace(" ", "").upper()
    enabled = request.form.get("enabled") == "yes"
    secrets = {name: request.form.get(name, "")[:300] for name in ("secret_key", "webhook_secret")}
    form.typed["enabled"] = "yes" if enabled else ""
    given = {CONNECTED: account, IDENTIFIER: identifier}
    options = {name: value for name, value in given.items() if value}
    form.wrong.update(accounts.configure(queries.CARD, secrets=secrets, options=options, enabled=enabled))
    if form.wrong:
        return _page(form)
    flash(
        i18n.say(t("Done. Cards are taken from now on.") if enabled else t("Done. Cards are not taken now.")), "done"
    )
    return redirect(url_for(".show_settings"), 303)
