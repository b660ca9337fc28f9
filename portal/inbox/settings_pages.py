"""How the creditor appears and what it has chosen. Where money goes has a page of its own (people.account_pages)."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.mail_addresses import is_mail_address
from portal.core.money import Money, from_typed
from portal.core.text import Text, t
from portal.creditors import actions, colours, rules
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import facts
from portal.documents import logos, store
from portal.people import account_changes, grave_settings
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, recently_proved_if

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
    "default_terms_days": (0, 365),
    "transfer_days": (1, 30),
    "already_paid_days": (1, 30),
    "post_days": (1, 15),
    "promise_days": (0, 180),
    "promise_times": (1, 20),
}
_AMOUNTS = {"least_partial": "least_partial_minor", "promise_least": "promise_least_minor"}
_GRAVE = ("phone", "email", "gate_fact")  # of portal.people.grave_settings
_YES_OR_NO = ("partial_payments", "overpayments_kept")
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
    names = (*_LINES, *_NUMBERS, *_YES_OR_NO, "gate_fact", "accent")
    if form.typed:  # a box without its tick is not sent
        form.typed = {**dict.fromkeys(_YES_OR_NO, ""), **form.typed}
    page = render_template(
        "creditors/staff_settings.html",
        title=i18n.gettext("Settings"),
        save_url=url_for(".save"),
        values={name: form.typed.get(name, _shown(getattr(creditor, name))) for name in names}
        | {name: form.typed.get(name, _amount(creditor, column)) for name, column in _AMOUNTS.items()},
        facts=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in GATE_FACTS.items()],
        logo_url=person().creditor.logo_url,
        account=[(i18n.gettext("Account holder"), creditor.account_holder or creditor.name)],
        iban=creditor.iban,
        account_url=url_for("account_creditor.show"),
        account_change=_account_change(),
        payments_url=url_for("payments_creditor.show_settings"),
        interest_url=url_for("interest_creditor.show_settings"),
        privacy_url=url_for("privacy_creditor.show_retention"),
        doors_url=url_for("doors_creditor.show_settings"),
        answers_url=url_for("case_settings_creditor.show"),
        calls_url=url_for("calls_creditor.show_hours"),
        plans_url=url_for("plans_settings.show"),
        disputes_url=url_for("disputes_settings.show"),
        credit_url=url_for("credit_settings.show"),
        cadence_url=url_for("cadence_settings.show"),
        limitation_url=url_for("limitation_creditor.show_settings"),
        texts_url=url_for("texts_creditor.show_list"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _account_change() -> str:
    """How another bank account that was asked for stands, in words; nothing where none is open."""
    change = account_changes.open_change()
    return i18n.say(t("Another account: %(state)s", state=change.status.label)) if change is not None else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _amount(creditor: Creditor, column: str) -> str:
    """As a person writes it in the language of the page."""
    return i18n.decimal(Money(getattr(creditor, column), creditor.currency).plain)


def _is_grave() -> bool:
    """Whether it is another number or address than customers know, or another fact than they are asked for."""
    creditor = _creditor()
    sent = {name: request.form.get(name, "").strip() for name in _GRAVE}
    return any(sent[name] != _shown(getattr(creditor, name)) for name in _GRAVE)


@blueprint.post("/settings")
@allow(Permission.SETTINGS)
@recently_proved_if(_is_grave)
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
    grave_settings.tell(changed, by=person().staff_id)
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
    for name in _YES_OR_NO:
        form.typed[name] = "yes" if request.form.get(name) == "yes" else ""
        values[name] = bool(form.typed[name])
    for field, column in _AMOUNTS.items():
        values[column] = _least(form, field)
    return values


def _least(form: Form, name: str) -> int:
    """The least part of an amount that may be paid or promised, in minor units (rule B-11)."""
    typed = form.text(name, longest=12)
    try:
        return from_typed(typed or "0", person().creditor.currency).minor
    except ValueError:
        form.wrong[name] = t("Write an amount like 120,50, without dots between the thousands.")
        return 0


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
