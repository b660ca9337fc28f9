"""What customers may agree in instalments by themselves: bounds, versions, and three customers to see it by."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import Text, t
from portal.creditors import versions
from portal.invoices.payable import ONLINE_CURRENCY
from portal.people import grave_settings
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.plans import agreement, examples, policies, rules, settings_forms
from portal.plans.examples import Example
from portal.plans.policies import Version
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, changed_nothing, creditor_blueprint, recently_proved_if

blueprint = creditor_blueprint("plans_settings", __name__)

_AFTER = "after"  # the version that the page showed


@blueprint.get("/settings/plans")
@allow(Permission.PLANS)
def show() -> Any:
    now = policies.current()
    return _page(Form(), now, now)


def _may_license() -> bool:
    """Whether the creditor is a licensed lender is for an administrator to say."""
    return person().may(Permission.SETTINGS)


def _is_grave() -> bool:
    """Whether somebody switches the licence, and with it interest from private persons, on or off."""
    switched = (request.form.get(settings_forms.LICENSED) == "yes") != policies.current().licensed_lender
    return "recompute" not in request.form and _may_license() and switched


@blueprint.post("/settings/plans")
@allow(Permission.PLANS)
@recently_proved_if(_is_grave)
def save() -> Any:
    """A new version; or, where somebody only tries, the same page reckoned with what they typed."""
    form, now = Form(), policies.current()
    wanted = settings_forms.read(form, now, may_license=_may_license())
    after = form.text(_AFTER, longest=9)
    if "recompute" in request.form:
        changed_nothing()
        return _page(form, now, now if form.wrong else wanted, after)
    if form.wrong:
        return _page(form, now, now, after)
    try:
        number = int(after) if after.isascii() and after.isdigit() else -1
        written = policies.write(wanted, by=person().staff_id, after=number)
    except versions.Overtaken as faster:
        return _overtaken(form, wanted, faster)
    if written.licensed_lender != now.licensed_lender:
        grave_settings.tell([settings_forms.LICENSED], by=person().staff_id)
    is_new = written.number != now.number
    flash(i18n.say(_saved(written.number) if is_new else t("Nothing was different.")), "done")
    return redirect(url_for(".show"), 303)


def _saved(number: int) -> Text:
    return t("Done. Version %(number)s holds from now on. Plans of before keep theirs.", number=number)


def _overtaken(form: Form, wanted: Version, faster: versions.Overtaken) -> Any:
    """Both stand side by side: what was typed in the fields, what the colleague saved beside them."""
    form.wrong = {_AFTER: faster.text, **settings_forms.differing(wanted, faster.now)}
    return _page(form, faster.now, wanted, status=409)


def _page(form: Form, now: Version, tried: Version, after: str = "", *, status: int = 422) -> Any:
    """`now` is saved; `tried` is what the examples are reckoned with."""
    if form.typed:  # a box without its tick is not sent
        form.typed = {**dict.fromkeys(settings_forms.BOXES, ""), **form.typed}
    values = {name: form.typed.get(name, value) for name, value in settings_forms.shown(now).items()}
    if not _may_license():
        values[settings_forms.LICENSED] = "yes" if now.licensed_lender else ""
    page = render_template(
        "plans/staff_settings.html",
        title=i18n.gettext("Plans in instalments"),
        save_url=url_for(".save"),
        promise_days=person().creditor.promise_days,
        back_url=url_for("settings_creditor.show") if person().may(Permission.SETTINGS) else None,
        after=after or form.typed.get(_AFTER, "") if status == 422 else "",
        number=now.number,
        currency=ONLINE_CURRENCY,
        segments=[_segment(name, values, form) for name in policies.SEGMENTS],
        large=[
            (f"large-{kind}", i18n.say(label), values[f"large-{kind}"])
            for kind, label in settings_forms.LARGE_FROM.items()
        ],
        licensed=bool(values[settings_forms.LICENSED]),
        may_license=_may_license(),
        tried=tried is not now,
        examples=[_example(one) for one in examples.reckon(examples.pick(now), tried)],
        versions=_versions(),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if form.wrong else 200


def _segment(segment: str, values: dict[str, str], form: Form) -> dict[str, Any]:
    fields = [
        {
            "id": settings_forms.id_of(segment, one.name),
            "label": i18n.say(one.label),
            "hint": i18n.say(settings_forms.hint(one, segment)),
            "value": values[settings_forms.id_of(segment, one.name)],
            "mode": "numeric" if one.kind == settings_forms.NUMBER else "decimal",
        }
        for one in settings_forms.FIELDS
    ]
    boxes = [
        (settings_forms.box_of(segment, rhythm), i18n.say(label), values[settings_forms.box_of(segment, rhythm)])
        for rhythm, label in agreement.EVERY.items()
    ]
    acknowledgement = settings_forms.id_of(segment, "acknowledgement")
    return {
        "name": i18n.say(policies.SEGMENTS[segment]),
        "fields": fields,
        "every_id": settings_forms.id_of(segment, "every"),
        "boxes": boxes,
        "acknowledgement_id": acknowledgement,
        "acknowledgement": values[acknowledgement],
        "acknowledgements": [(value, i18n.say(label)) for value, label in policies.ACKNOWLEDGEMENTS.items()],
        "open": segment == policies.BUSINESS or any(name.startswith(f"{segment}-") for name in form.wrong),
    }


def _example(one: Example) -> dict[str, Any]:
    """Which segment decides, whether it is agreed at once or a person decides and why, and the choices."""
    room = one.room
    choices = room.choices()
    not_here = rules.why_not_here(room.policy, room.standing)
    by_person = rules.why_a_person(room.policy, room.standing)
    if not_here is not None:
        says, why = t("No plan on the page"), not_here
    elif by_person is not None:
        says, why = t("A person decides"), by_person
    elif not choices:
        says, why = t("A person decides"), t("No number of instalments keeps all these bounds.")
    else:
        says, why = t("Agreed at once"), None
    return {
        "name": i18n.say(one.name),
        "href": url_for("debtors_creditor.show", debtor_id=one.debtor_id) if one.debtor_id is not None else None,
        "debt": i18n.money(room.debt),
        "segment": i18n.say(examples.segment_name(one)),
        "says": i18n.say(says),
        "kind": "good" if choices else "wait",
        "why": i18n.say(why) if why is not None else "",
        "quoted": not_here is not None or by_person is not None,
        "choices": [_choice(one, wish) for wish in choices],
    }


def _choice(one: Example, wish: rules.Wish) -> dict[str, str]:
    schedule, interest = one.room.schedule(wish)
    rows = schedule.instalments
    return {
        "count": str(len(rows)),
        "every": i18n.say(agreement.EVERY[schedule.every]),
        "amount": i18n.money(rows[0].amount),
        "down": i18n.money(schedule.down) if schedule.down else "–",
        "first": i18n.short_day(schedule.first_on),
        "last": i18n.short_day(schedule.last_on),
        "total": i18n.money(schedule.total),
        "interest": i18n.say(t("%(interest)s of it interest", interest=i18n.money(interest))) if interest else "",
    }


def _versions() -> list[dict[str, str]]:
    written = policies.history()
    names, zone = people.names(one.made_by for one in written), person().creditor.time_zone
    return [
        {
            "number": str(one.number),
            "at": i18n.moment(one.made_at, zone),
            "by": names.get(one.made_by, "–") if one.made_by is not None else "–",
        }
        for one in written
    ]
