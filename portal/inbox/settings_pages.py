"""How the creditor appears and what it has chosen. The account that money goes to is not changed here (rule A-66)."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import Text, t
from portal.creditors import actions, colours, rules
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import facts
from portal.documents import logos, store
from portal.people.forms import is_mail_address
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("settings_creditor", __name__)

GATE_FACTS: dict[str, tuple[Text, Text]] = {
    facts.VAT_OR_TAX_CODE: (
        t("The last four characters of the VAT number or tax code"),
        t("Most of your customers know it, or find it on any invoice."),
    ),
    facts.CUSTOMER_CODE: (t("The customer code"), t("As it stands on your invoices.")),
    facts.POSTCODE: (t("The postcode"), t("Of the address that your invoices carry.")),
}
_LINES: dict[str, tuple[int, Text | None]] = {
    "display_name": (100, t("Please write the name that customers know.")),
    "phone": (40, t("Please write a number: whoever has a question must reach a person.")),
    "email": (254, None),
    "contact_name": (100, None),
    "hours": (100, None),
}
_NUMBERS: dict[str, tuple[int, int]] = {
    "caring_days_before": (0, 60),
    "default_terms_days": (0, 365),
    "transfer_days": (1, 30),
}
_NOT_A_LOGO: dict[str, Text] = {
    "format": t("Please take a picture as PNG or JPEG."),
    "bytes": t("This picture is too large: at most 1 MB."),
    "size": t("Please take a picture of at most 4000 by 4000 pixels."),
    "damaged": t("This picture cannot be read. Please save it once more and try again."),
}


@blueprint.get("/settings")
@allow(Permission.SETTINGS)
def show() -> Any:
    return _page(_creditor(), Form())


def _creditor() -> Creditor:
    return creditors.by_id(person().creditor.id)


def _page(creditor: Creditor, form: Form) -> Any:
    names = (*_LINES, *_NUMBERS, "gate_fact", "accent")
    page = render_template(
        "creditors/staff_settings.html",
        title=i18n.gettext("Settings"),
        save_url=url_for(".save"),
        values={name: form.typed.get(name, _shown(getattr(creditor, name))) for name in names},
        facts=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in GATE_FACTS.items()],
        logo_url=person().creditor.logo_url,
        account=[(i18n.gettext("Account holder"), creditor.account_holder or creditor.name)],
        iban=creditor.iban,
        payments_url=url_for("payments_creditor.show_settings"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


@blueprint.post("/settings")
@allow(Permission.SETTINGS)
def save() -> Any:
    creditor, form = _creditor(), Form()
    values = _values(form)
    png = _logo(form)
    if form.wrong:
        return _page(creditor, form)
    if png is not None:
        values["logo_file_id"] = store.keep(png, "logo.png", "image/png").id
    elif request.form.get("no_logo") == "yes":
        values["logo_file_id"] = None
    changed = actions.change_settings(creditor, values)
    sentence = t("Done. Customers see it from now on.") if changed else t("Nothing was different.")
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)


def _values(form: Form) -> dict[str, Any]:
    """Every field by itself: what else a form may hold is not looked at (rule A-63)."""
    values: dict[str, Any] = {
        name: form.text(name, longest=longest, needed=needed) or None for name, (longest, needed) in _LINES.items()
    }
    of_debt = rules.why_not_display_name(values["display_name"] or "")
    if of_debt is not None:
        form.wrong["display_name"] = of_debt
    if values["email"] and not is_mail_address(values["email"]):
        form.wrong["email"] = t("Please write the address like this: name@company.it")
    values |= {name: _number(form, name, low, high) for name, (low, high) in _NUMBERS.items()}
    values["gate_fact"] = form.choice("gate_fact", frozenset(GATE_FACTS), t("Please choose what the page asks for."))
    values["accent"] = _accent(form)
    return values


def _number(form: Form, name: str, low: int, high: int) -> int:
    typed = form.text(name, longest=3)
    if re.fullmatch(r"[0-9]{1,3}", typed, re.ASCII) and low <= int(typed) <= high:
        return int(typed)
    form.wrong[name] = t("Please write a number of days from %(low)s to %(high)s.", low=low, high=high)
    return low


def _accent(form: Form) -> str | None:
    """A colour that can be read on light ground, or none: the portal's own."""
    typed = form.text("accent", longest=7)
    if not typed or "accent" in form.wrong:
        return None
    colour = colours.read(typed)
    if colour is None:
        form.wrong["accent"] = t("Please write the colour like this: #0f5f59")
    elif not colours.is_readable(colour):
        form.wrong["accent"] = t(
            "This colour is too light to be read on white. %(colour)s is near it and works.",
            colour=colours.on_light(colour),
        )
    return colour


def _logo(form: Form) -> bytes | None:
    """The uploaded picture made anew; nothing where none was chosen."""
    upload = request.files.get("logo")
    if upload is None or not upload.filename:
        return None
    try:
        return logos.as_png(upload.stream.read(logos.MAX_BYTES + 1))
    except logos.NotALogo as wrong:
        form.wrong["logo"] = _NOT_A_LOGO[wrong.reason]
        return None
