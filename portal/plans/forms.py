"""Reading the page on which a plan is chosen: one of the computed ways, or what the customer can pay each time."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from portal.core.money import Money
from portal.core.text import t
from portal.plans import schedules
from portal.plans.rules import Wish
from portal.plans.schedules import Schedule
from portal.web import i18n
from portal.web.forms import HOW_TO_WRITE, Form

Reckon = Callable[[Wish], Schedule]
OWN = "own"
MOST_ASKED = 120
_SPELLED = re.compile(r"([1-9][0-9]{0,2})_([0-9]{4}-[0-9]{2}-[0-9]{2})_(month|2weeks|week)_([0-9]{1,12})", re.ASCII)


def spelled(wish: Wish) -> str:
    """A wish as the value of a form's field; read again it is a wish and nothing more (rule B-72)."""
    down = wish.down.minor if wish.down else 0
    return f"{wish.instalments}_{wish.first_on.isoformat()}_{wish.every}_{down}"


def read_spelled(value: str, currency: str) -> Wish | None:
    found = _SPELLED.fullmatch(value)
    if found is None:
        return None
    try:
        first = date.fromisoformat(found[2])
    except ValueError:
        return None
    down = Money(int(found[4]), currency) if int(found[4]) else None
    return Wish(int(found[1]), first, found[3], down)


@dataclass(slots=True)
class WishForm:
    """What was chosen or typed; `wish` stands only where nothing has to be mended."""

    form: Form
    wish: Wish | None = None

    @classmethod
    def blank(cls) -> "WishForm":
        return cls(Form())

    @classmethod
    def read(cls, debt: Money, reckon: Reckon | None = None) -> "WishForm":
        """`debt` is what the chosen documents come to; `reckon` makes the schedule of a wish, with its interest."""
        form = Form()
        way = form.text("way", longest=60)
        for name in ("each", "every", "first_on", "down"):
            form.text(name, longest=20)
        if not way:
            form.wrong["way"] = t("Please choose how you would like to pay.")
            return cls(form)
        if way != OWN:
            wish = read_spelled(way, debt.currency)
            if wish is None:
                form.wrong["way"] = t("Please choose how you would like to pay.")
            return cls(form, wish)
        return cls(form, _own(form, debt, reckon))


def _own(form: Form, debt: Money, reckon: Reckon | None) -> Wish | None:
    each, down, first = _amount(form, "each", debt), _amount(form, "down", debt), form.day("first_on")
    if each is None and "each" not in form.wrong:
        form.wrong["each"] = t("Please write how much you can pay each time.")
    if first is None and "first_on" not in form.wrong:
        form.wrong["first_on"] = t("Please choose the first day.")
    every = form.typed["every"] or schedules.MONTH
    if every not in schedules.EVERY:
        form.wrong["every"] = t("Please choose one of the answers.")
    if down is not None and down >= debt and "down" not in form.wrong:
        form.wrong["down"] = t("The first payment has to be less than the whole.")
    if form.wrong or each is None or first is None:
        return None
    rest = debt - down if down else debt
    count = schedules.fitting(rest, min(each, rest), MOST_ASKED)
    if count and reckon is not None:
        count = _no_more_than(each, Wish(count, first, every, down), reckon)
    if not count:
        form.wrong["each"] = t("Like this it would take too long. Please write a little more, or talk to us.")
        return None
    return Wish(count, first, every, down)


def _no_more_than(each: Money, wish: Wish, reckon: Reckon) -> int:
    """How many instalments it takes with what is paid for paying like this; 0 where none are enough. What they can
    pay each time is a most."""
    for count in range(wish.instalments, MOST_ASKED + 1):
        try:
            rows = reckon(replace(wish, instalments=count)).instalments
        except (schedules.TooSmall, OverflowError, ValueError):
            return wish.instalments  # why that is no schedule is said where it is decided
        if max(row.amount for row in rows) <= each:
            return count
    return 0


def _amount(form: Form, name: str, debt: Money) -> Money | None:
    typed = form.typed[name].removeprefix("€").removesuffix("€").strip()
    if not typed or name in form.wrong:
        return None
    amount = form.amount(name, typed, debt.currency)
    if amount is None:
        return None
    if not amount:
        form.wrong[name] = HOW_TO_WRITE
    elif amount > debt:
        form.wrong[name] = t("At most %(most)s is open. Please write that or less.", most=i18n.money(debt))
    return amount
