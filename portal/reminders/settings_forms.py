"""The fields of a cadence: what stands in them, and reading them back with what is wrong."""

from portal.core.text import Text, t
from portal.reminders.levels import STANDARD, Level, Medium
from portal.reminders.policies import BUSINESS, CONSUMER, MOST_PER_WEEK, SEGMENTS, Rule, Version
from portal.web.forms import Form

FIRST_BY: dict[str, Text] = {Medium.LETTER.value: t("A letter"), Medium.CALL.value: t("A telephone call")}
LABELS: dict[str, Text] = {BUSINESS: t("Businesses"), CONSUMER: t("Private persons")}
FARTHEST = 365  # days from the due date
MOST_EARLY = 60  # days before it, for what will probably be late


def box_of(segment: str, level: Level) -> str:
    """Whether the level is used, as a field is called."""
    return f"{segment}-{level.code}-on"


def days_of(segment: str, level: Level) -> str:
    """How many days before or after, as a field is called."""
    return f"{segment}-{level.code}-days"


BOXES = frozenset({"saturdays", *(box_of(who, level) for who in SEGMENTS for level in STANDARD)})


def shown(version: Version) -> dict[str, str]:
    """A version as it stands in the fields, by their names; days without a sign, for each level knows its side."""
    found = {
        "first_by": version.first_by.value,
        "per_week": str(version.per_week),
        "saturdays": "yes" if version.saturdays else "",
        "early_days": str(version.early_days),
    }
    for who in SEGMENTS:
        for level in STANDARD:
            rule = version.rules[who][level.code]
            found[box_of(who, level)] = "yes" if rule.on else ""
            found[days_of(who, level)] = str(abs(rule.days))
    return found


def read(form: Form, before: Version) -> Version:
    """What was typed, as a version on top of `before`; `form.wrong` says what is no cadence."""
    rules = {who: _rules(form, who) for who in SEGMENTS}
    first_by = form.choice("first_by", set(FIRST_BY), t("Please choose one."))
    per_week = form.number("per_week", 1, MOST_PER_WEEK)
    saturdays = form.ticked("saturdays")
    early = form.number("early_days", 0, MOST_EARLY)
    medium = Medium(first_by) if first_by is not None else before.first_by
    return Version(before.number, rules, medium, per_week, saturdays, early)


def _rules(form: Form, who: str) -> dict[str, Rule]:
    """Each level on its own side of the due date, and none on the day of another or before it."""
    found: dict[str, Rule] = {}
    last: int | None = None
    for level in STANDARD:
        name = days_of(who, level)
        days = _days(form, name, level)
        on = form.ticked(box_of(who, level))
        found[level.code] = Rule(on, days)
        if not on or name in form.wrong:
            continue
        if last is not None and days <= last:
            form.wrong[name] = t("This must come after the one above.")
        last = days
    return found


def _days(form: Form, name: str, level: Level) -> int:
    if level.days == 0:
        return 0
    low = 1
    typed = form.number(name, low, FARTHEST)
    return typed if level.is_after else -typed


def differing(typed: Version, now: Version) -> dict[str, Text]:
    """By field what somebody else saved meanwhile where it is not what was typed here."""
    ours, theirs = shown(typed), shown(now)
    return {
        name: t("Meanwhile a colleague saved: %(value)s", value=_said(name, value))
        for name, value in theirs.items()
        if ours[name] != value
    }


def _said(name: str, value: str) -> Text | str:
    if name in BOXES:
        return t("on") if value else t("off")
    return FIRST_BY.get(value, value) if name == "first_by" else value
