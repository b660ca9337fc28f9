"""The fields of a creditor's credit policy: what stands in them, and reading them back with what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.core import ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.credit_lines import kinds
from portal.credit_lines.policies import Tell, Version
from portal.people.roles import Role
from portal.web import i18n
from portal.web.forms import Form


@dataclass(frozen=True, slots=True)
class Field:
    """One typed value: its name in Weights or Bounds, how it is said; without `high` it is an amount."""

    name: str
    label: Text
    hint: Text | str = ""
    low: int = 0
    high: int | None = None


WEIGHTS = (
    Field("turnover_percent", t("Of a year's turnover, in per cent"), t("For those who pay best."), 0, 100),
    Field("full_on_time", t("Paid on time: full from, in per cent"), "", 1, 100),
    Field("no_on_time", t("Paid on time: nothing up to, in per cent"), "", 0, 99),
    Field("weight_on_time", t("Paid on time: weight"), t("0: it has no say."), 0, 100),
    Field("free_days", t("Days late: full up to"), t("On average."), 0, 365),
    Field("most_days", t("Days late: nothing from"), "", 1, 730),
    Field("weight_days", t("Days late: weight"), t("0: it has no say."), 0, 100),
    Field("full_score", t("Objective data: full from"), t("Scores go from 0 to 100."), 1, 100),
    Field("no_score", t("Objective data: nothing up to"), "", 0, 99),
    Field("weight_score", t("Objective data: weight"), t("0: it has no say."), 0, 100),
    Field("most_minor", t("No more than"), t("No higher line is suggested. A person may set one."), 1),
    Field("step_minor", t("Rounded down to whole"), "", 1),
)
BOUNDS = (
    Field("late_days", t("Late: more than so many days"), "", 0, 365),
    Field("repeated_items", t("Late again and again: so many items"), "", 2, 99),
    Field("repeated_days", t("… within so many days"), "", 7, 365),
    Field("idle_days", t("Nobody moves it: so many days"), "", 1, 365),
    Field("stale_days", t("Data is old after so many days"), "", 1, 1825),
    Field("stale_from_minor", t("… where more than this is open"), "", 0),
)
# Which fields must be smaller than which.
_BELOW = (("no_on_time", "full_on_time"), ("free_days", "most_days"), ("no_score", "full_score"))


def box_of(kind: str, name: str) -> str:
    """What a field of an alert is called on the page."""
    return f"{kind}-{name}"


BOXES = frozenset(box_of(kind, name) for kind in kinds.KINDS for name in ("on", "mail"))


def people(own: Sequence[tuple[Any, Role]]) -> list[tuple[str, str]]:
    """(value, label) of whom alerts may be for: a role, or one of the creditor's own people."""
    roles = [(role.value, i18n.say(t("Everybody who is: %(role)s", role=role.label))) for role in Role]
    return [*roles, *((ids.spell(staff.id), staff.name) for staff, _ in own)]


def shown(version: Version, currency: str) -> dict[str, str]:
    """A version as it stands in the fields, by their names."""
    found = {one.name: _written(getattr(version.weights, one.name), one, currency) for one in WEIGHTS}
    found |= {one.name: _written(getattr(version.bounds, one.name), one, currency) for one in BOUNDS}
    for kind, rule in version.tell.items():
        found[box_of(kind, "on")] = "yes" if rule.on else ""
        found[box_of(kind, "mail")] = "yes" if rule.mail else ""
        found[box_of(kind, "to")] = ids.spell(int(rule.to)) if rule.to.isdigit() else rule.to
    return found


def _written(value: int, field: Field, currency: str) -> str:
    if field.high is not None:
        return str(value)
    return i18n.decimal(Money(value, currency).plain)


def read(form: Form, before: Version, allowed: Sequence[str], currency: str) -> Version:
    """What was typed, as a version on top of `before`; `form.wrong` says what is no policy."""
    weights = replace(before.weights, **{one.name: _read(form, one, currency) for one in WEIGHTS})
    bounds = replace(before.bounds, **{one.name: _read(form, one, currency) for one in BOUNDS})
    for low, high in _BELOW:
        if getattr(weights, low) >= getattr(weights, high):
            form.wrong.setdefault(low, t("Please write less than %(high)s.", high=getattr(weights, high)))
    if not any(getattr(weights, name) for name in ("weight_on_time", "weight_days", "weight_score")):
        form.wrong.setdefault("weight_on_time", t("At least one weight must be more than 0."))
    return Version(before.number, weights, bounds, _tell(form, before, allowed))


def _tell(form: Form, before: Version, allowed: Sequence[str]) -> Mapping[str, Tell]:
    found = {}
    for kind in kinds.KINDS:
        name = box_of(kind, "to")
        to = form.choice(name, set(allowed), t("Please choose one."))
        whom = before.tell[kind].to if to is None else str(ids.read(to)) if to not in {r.value for r in Role} else to
        found[kind] = Tell(form.ticked(box_of(kind, "on")), whom, form.ticked(box_of(kind, "mail")))
    return found


def _read(form: Form, field: Field, currency: str) -> int:
    if field.high is not None:
        return form.number(field.name, field.low, field.high)
    amount = form.amount(field.name, form.text(field.name, longest=12), currency)
    if amount is None:
        return max(1, field.low)
    if amount.minor < field.low:
        form.wrong[field.name] = t("Please write more than nothing.")
    return max(amount.minor, 1) if field.name == "step_minor" else amount.minor


def differing(typed: Version, now: Version, currency: str) -> dict[str, Text]:
    """By field what somebody else saved meanwhile where it is not what was typed here."""
    ours, theirs = shown(typed, currency), shown(now, currency)
    return {
        name: t("Meanwhile a colleague saved: %(value)s",
                value=(t("on") if value else t("off")) if name in BOXES else value)
        for name, value in theirs.items()
        if ours[name] != value
    }  # fmt: skip
