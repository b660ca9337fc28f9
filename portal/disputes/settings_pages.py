"""What customers may choose from, where it lands, and who answers there: set by the creditor (issue 5, 2)."""

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.cases import desks, kinds
from portal.cases.models import Desk
from portal.core.text import t
from portal.disputes import reasons, rules
from portal.disputes.reasons import Offered
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("disputes_settings", __name__)

_LONGEST_DAYS = 30


@blueprint.get("/settings/disputes")
@allow(Permission.SETTINGS)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    own, known = desks.desks(), reasons.reasons()
    answerers = [(str(staff_id), name) for staff_id, name in people.answerers(person().creditor.id)]
    names = [(key, i18n.say(desks.name(key, own))) for key in desks.DEFAULTS]
    page = render_template(
        "disputes/staff_settings.html",
        title=i18n.gettext("When something is wrong"),
        save_url=url_for(".save"),
        add_url=url_for(".add"),
        back_url=url_for("settings_creditor.show"),
        desks=[_desk(key, own, form) for key in desks.DEFAULTS],
        owners=[("", i18n.gettext("Who has been here longest")), *answerers],
        desk_names=names,
        categories=[(key, i18n.say(name)) for key, name in rules.CATEGORIES.items()],
        groups=[
            (i18n.say(name), [_reason(one, form) for one in known.values() if one.category == category])
            for category, name in rules.CATEGORIES.items()
        ],
        new={name: form.typed.get(name, "") for name in ("label", "category", "desk")},
        usual=kinds.KINDS[kinds.DISPUTE].answer_days,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _desk(key: str, own: Mapping[str, Desk], form: Form) -> dict[str, str]:
    row = own.get(key)
    owner = str(row.owner_id) if row is not None and row.owner_id is not None else ""
    days = str(row.answer_days) if row is not None and row.answer_days is not None else ""
    return {
        "key": key,
        "name": form.typed.get(f"name-{key}", i18n.say(desks.name(key, own))),
        "owner": form.typed.get(f"owner-{key}", owner),
        "days": form.typed.get(f"days-{key}", days),
    }


def _reason(one: Offered, form: Form) -> dict[str, Any]:
    return {
        "key": one.key,
        "label": form.typed.get(f"label-{one.key}", i18n.say(one.label)),
        "category": form.typed.get(f"category-{one.key}", one.category),
        "desk": form.typed.get(f"desk-{one.key}", one.desk),
        "offered": form.typed.get(f"offered-{one.key}", "yes" if one.offered else "") == "yes",
    }


@blueprint.post("/settings/disputes")
@allow(Permission.SETTINGS)
def save() -> Any:
    """Every field by itself: what else a form may hold is not looked at (rule A-63)."""
    form, known = Form(), reasons.reasons()
    owners = {str(staff_id): staff_id for staff_id, _ in people.answerers(person().creditor.id)}
    wanted_desks = {key: _read_desk(form, key, owners) for key in desks.DEFAULTS}
    wanted = {key: _read_reason(form, one) for key, one in known.items()}
    if form.wrong:
        return _page(form)
    changed = [key for key, values in wanted_desks.items() if reasons.change_desk(key, **values)]
    changed += [key for key, values in wanted.items() if reasons.change(key, **values)]
    reasons.say_changed(tuple(changed))
    flash(i18n.say(t("Done. Customers see it from now on.") if changed else t("Nothing was different.")), "done")
    return redirect(url_for(".show"), 303)


def _read_desk(form: Form, key: str, owners: Mapping[str, int]) -> dict[str, Any]:
    name = form.text(f"name-{key}", longest=60, needed=t("Please write a name."))
    ours = desks.DEFAULTS[key]
    owner = form.choice(f"owner-{key}", {"", *owners}, t("Please choose a colleague."))
    typed, days = form.text(f"days-{key}", longest=2), None
    if typed and re.fullmatch(r"[0-9]{1,2}", typed, re.ASCII) and 1 <= int(typed) <= _LONGEST_DAYS:
        days = int(typed)
    elif typed:
        form.wrong[f"days-{key}"] = t("Please write a number of days from %(low)s to %(high)s.", low=1,
                                      high=_LONGEST_DAYS)  # fmt: skip
    return {
        "name": ours.msgid if name == i18n.say(ours) else name,  # ours stays ours, in every language
        "owner_id": owners.get(owner or ""),
        "answer_days": days,
    }


def _read_reason(form: Form, one: Offered) -> dict[str, Any]:
    """A reason of ours that was given no other words goes on being said in every language."""
    ours = rules.REASONS.get(one.key)
    label = form.text(f"label-{one.key}", longest=80, needed=t("Please write what customers choose from."))
    category = form.choice(f"category-{one.key}", set(rules.CATEGORIES), t("Please choose one."))
    desk = form.choice(f"desk-{one.key}", set(desks.DEFAULTS), t("Please choose one."))
    offered = form.choice(f"offered-{one.key}", {"yes", "no"}, t("Please choose one."))
    return {
        "category": category or one.category,
        "own_label": "" if ours is not None and label == i18n.say(ours.label) else label,
        "desk": desk or one.desk,
        "is_offered": offered == "yes",
    }


@blueprint.post("/settings/disputes/reasons")
@allow(Permission.SETTINGS)
def add() -> Any:
    """A reason of the creditor's own, in its own words."""
    form = Form()
    label = form.text("label", longest=80, needed=t("Please write what customers choose from."))
    category = form.choice("category", set(rules.CATEGORIES), t("Please choose one."))
    desk = form.choice("desk", set(desks.DEFAULTS), t("Please choose one."))
    if sum(key.startswith(rules.OWN) for key in reasons.reasons()) >= rules.MOST_OWN:
        form.wrong["label"] = t("There are %(most)s reasons of your own. Please change one of them.",
                                most=rules.MOST_OWN)  # fmt: skip
    if form.wrong or category is None or desk is None:
        return _page(form)
    reasons.say_changed((reasons.add(category, label, desk),))
    flash(i18n.say(t("Done. Customers see it from now on.")), "done")
    return redirect(url_for(".show"), 303)
