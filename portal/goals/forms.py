"""What was typed about a goal: by how much, or to what, and until when."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.core.money import Money
from portal.core.text import Text, t
from portal.goals import measures, rules
from portal.web.forms import Form

CHANGE, VALUE = "change", "value"
HOW: dict[str, Text] = {
    CHANGE: t("by so many per cent of where it begins"),
    VALUE: t("to this value"),
}
_NUMBER = re.compile(r"[-+]?[0-9]{1,7}([.,][0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Begun:
    figure: str
    currency: str
    baseline_on: date
    how: str
    typed: str
    target_on: date


def read_new(form: Form, currencies: list[str], today: date) -> Begun | None:
    """A whole new goal; None with what is wrong beside its fields."""
    figure = form.choice("figure", frozenset(measures.MEASURES), t("Please choose a figure."))
    currency = form.choice("currency", frozenset(currencies), t("Please choose a currency."))
    how = form.choice("how", frozenset(HOW), t("Please choose one."))
    typed = form.text("target", longest=20, needed=t("Please write a number, like 5 or -4,5."))
    baseline_on = _day(form, "baseline_on", lambda day: rules.why_not_baseline_on(day, today))
    target_on = read_target_on(form, today)
    if figure is None or currency is None or how is None or baseline_on is None or target_on is None or form.wrong:
        return None
    return Begun(figure, currency, baseline_on, how, typed, target_on)


def read_target_on(form: Form, today: date) -> date | None:
    return _day(form, "target_on", lambda day: rules.why_not_target_on(day, today))


def _day(form: Form, name: str, why_not: Callable[[date], Text | None]) -> date | None:
    day = form.day(name)
    if name in form.wrong:
        return None
    wrong = t("Please choose a day.") if day is None else why_not(day)
    if wrong is not None:
        form.wrong[name] = wrong
        return None
    return day


def read_target(form: Form, figure: str, currency: str, how: str, baseline: int) -> int | None:
    """The target in minor units or hundredths; None with what is wrong beside the field."""
    typed = form.text("target", longest=20).replace("\u2212", "-").replace(" ", "")
    target: int | None = None
    if how == CHANGE:
        if _NUMBER.fullmatch(typed):
            target = rules.changed_by(baseline, Decimal(typed.replace(",", ".")))
        else:
            form.wrong["target"] = t("Please write a number, like 5 or -4,5.")
    elif measures.MEASURES[figure].unit == rules.MONEY:
        amount: Money | None = form.amount("target", typed, currency)
        target = None if amount is None else amount.minor
    elif _NUMBER.fullmatch(typed):
        target = int(Decimal(typed.replace(",", ".")) * 100)
    else:
        form.wrong["target"] = t("Please write a number, like 5 or -4,5.")
    if target is None:
        return None
    why_not = rules.why_not_target(baseline, target)
    if why_not is not None:
        form.wrong["target"] = why_not
        return None
    return target
