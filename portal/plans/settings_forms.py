"""The fields of a creditor's policy for plans: what stands in them, and reading them back with what is wrong."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from portal.core.money import Money
from portal.core.text import Text, t
from portal.invoices.payable import ONLINE_CURRENCY
from portal.plans import policies, rules
from portal.plans.agreement import EVERY
from portal.plans.policies import Policy, Version
from portal.web import i18n
from portal.web.forms import Form

NUMBER, AMOUNT, RATE = "number", "amount", "rate"
LICENSED = "licensed_lender"
_MOST_RATE = 20
_RATE = re.compile(r"[0-9]{1,2}(?:[.,][0-9]{1,2})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One typed bound of a segment: its name in Policy, how it is said, and for numbers from where to where."""

    name: str
    kind: str
    label: Text
    hint: Text
    low: int = 0
    high: int = 0


FIELDS = (
    Field("most_instalments", NUMBER, t("Most instalments"), t("1: every plan is agreed with a person."),
          1, rules.MOST),
    Field("longest_days", NUMBER, t("Longest time, in days"), t("From today to the last instalment."), 1, 3660),
    Field("first_days", NUMBER, t("Days until the first instalment"), t("At the latest, from today."), 0, 365),
    Field("least_minor", AMOUNT, t("Smallest instalment"), t("Not counting what is paid at the beginning."), 1),
    Field("down_percent", NUMBER, t("Paid at the beginning, in per cent"), t("At least so much of it. 0: nothing."),
          0, 90),
    Field("from_minor", AMOUNT, t("Plans begin at"), t("Less is paid at once, or a day is named.")),
    Field("up_to_minor", AMOUNT, t("The portal agrees up to"), t("Above it a person decides. 0: no limit.")),
    Field("most_broken", NUMBER, t("Plans that ended unkept"),
          t("After more than so many in two years a person decides."), 0, 9),
    Field("interest_percent", RATE, t("Interest a year, in per cent"), t("On what is left. 0: none.")),
    Field("grace_days", NUMBER, t("Days after a missed instalment"),
          t("Then they are written to. After as many days again the plan ends."), 5, 60),
    Field("move_days", NUMBER, t("Days by which an instalment may move"), t("Each one once. 0: none may."), 0, 90),
    Field("discount_percent", NUMBER, t("The most to let go of, in per cent"),
          t("To settle all of it. A colleague may go up to here, a manager further. 0: nothing."), 0, 90),
)  # fmt: skip
_CONSUMERS_RATE = t("Private persons pay none. Only a licensed lender may ask for it.")
LARGE_FROM: dict[str, Text] = {
    policies.BUSINESS: t("Companies: large from"),
    policies.CONSUMER: t("Private persons: large from"),
}


def id_of(segment: str, name: str) -> str:
    """What a field is called on the page."""
    return f"{segment}-{name}"


def box_of(segment: str, rhythm: str) -> str:
    return f"{segment}-every-{rhythm}"


BOXES = frozenset({LICENSED, *(box_of(segment, rhythm) for segment in policies.SEGMENTS for rhythm in EVERY)})


def shown(version: Version) -> dict[str, str]:
    """A version as it stands in the fields, by their names."""
    found = {_large(kind): _amount(minor) for kind, minor in version.large_from.items()}
    found[LICENSED] = "yes" if version.licensed_lender else ""
    for segment, policy in version.segments.items():
        found |= {id_of(segment, one.name): _written(one, policy) for one in FIELDS}
        found |= {box_of(segment, rhythm): "yes" if rhythm in policy.every else "" for rhythm in EVERY}
        found[id_of(segment, "acknowledgement")] = policy.acknowledgement
    return found


def _large(kind: str) -> str:
    return f"large-{kind}"


def _written(field: Field, policy: Policy) -> str:
    value = getattr(policy, field.name)
    if field.kind == AMOUNT:
        return _amount(value)
    return i18n.decimal(str(value)) if field.kind == RATE else str(value)


def _amount(minor: int) -> str:
    return i18n.decimal(Money(minor, ONLINE_CURRENCY).plain)


def hint(field: Field, segment: str) -> Text:
    is_consumers = field.kind == RATE and segment.startswith(policies.CONSUMER)
    return _CONSUMERS_RATE if is_consumers else field.hint


def read(form: Form, before: Version, *, may_license: bool) -> Version:
    """What was typed, as a version on top of `before`; `form.wrong` says what is no policy.

    Whether it is a licensed lender's is read only from who may say so: otherwise it stays as it is (rule A-63).
    """
    licensed = form.ticked(LICENSED) if may_license else before.licensed_lender
    segments = {name: _segment(form, name, before.segments[name], licensed=licensed) for name in policies.SEGMENTS}
    large = {kind: _read_amount(form, _large(kind), 1) for kind in LARGE_FROM}
    return Version(before.number, segments, large, licensed)


def _segment(form: Form, segment: str, before: Policy, *, licensed: bool) -> Policy:
    values: dict[str, Any] = {one.name: _READ[one.kind](form, id_of(segment, one.name), one) for one in FIELDS}
    values["every"] = tuple([rhythm for rhythm in EVERY if form.ticked(box_of(segment, rhythm))])
    ack = form.choice(id_of(segment, "acknowledgement"), set(policies.ACKNOWLEDGEMENTS), t("Please choose one."))
    values["acknowledgement"] = ack or before.acknowledgement
    policy = replace(before, **values)
    for name, wrong in _at_odds(segment, policy, licensed=licensed).items():
        form.wrong.setdefault(id_of(segment, name), wrong)
    return policy


def _at_odds(segment: str, policy: Policy, *, licensed: bool) -> Mapping[str, Text]:
    """What does not go together, by the field beside which it is said."""
    found = {}
    if not policy.every:
        found["every"] = t("Please choose at least one.")
    if policy.first_days > policy.longest_days:
        found["first_days"] = t("The first instalment cannot come after the last one.")
    if 0 < policy.up_to_minor < policy.from_minor:
        found["up_to_minor"] = t("Please write more than where plans begin, or 0.")
    if policy.interest and segment.startswith(policies.CONSUMER) and not licensed:
        found["interest_percent"] = _CONSUMERS_RATE
    return found


def _read_amount(form: Form, name: str, low: int) -> int:
    typed = form.text(name, longest=12)
    amount = form.amount(name, typed, ONLINE_CURRENCY)
    if amount is None:
        return low
    found = amount.minor
    if found < low:
        form.wrong[name] = t("Please write more than nothing.")
    return found


def _read_rate(form: Form, name: str, _field: Field) -> str:
    typed = form.text(name, longest=5)
    found = Decimal(typed.replace(",", ".")) if _RATE.fullmatch(typed) else None
    if found is None or found > _MOST_RATE:
        form.wrong[name] = t("Please write a rate from 0 to %(most)s, for example 4,50.", most=_MOST_RATE)
        return "0"
    return f"{found.normalize():f}"


_READ: Mapping[str, Callable[[Form, str, Field], Any]] = {
    NUMBER: lambda form, name, field: form.number(name, field.low, field.high),
    AMOUNT: lambda form, name, field: _read_amount(form, name, field.low),
    RATE: _read_rate,
}


def differing(typed: Version, now: Version) -> dict[str, Text]:
    """By field what somebody else saved meanwhile where it is not what was typed here."""
    ours, theirs = shown(typed), shown(now)
    found = {}
    for name, value in theirs.items():
        if ours[name] == value:
            continue
        beside = name.rpartition("-")[0] if "-every-" in name else name
        said = value if name not in BOXES else t("on") if value else t("off")
        found[beside] = t("Meanwhile a colleague saved: %(value)s", value=said) if beside == name else t(
            "A colleague has changed this meanwhile."
        )  # fmt: skip
    return found
