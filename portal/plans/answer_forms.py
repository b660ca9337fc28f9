"""Reading the terms that one of the creditor's people proposes."""

from datetime import date

from portal.core.money import Money
from portal.core.text import Text, t
from portal.plans.rules import Wish
from portal.plans.schedules import EVERY
from portal.web.forms import Form

_HOW_MANY = t("Write how many instalments, from 1 to 120.")


def wish(form: Form, currency: str) -> Wish | None:
    """The terms that were typed; None where the form says what to mend."""
    count = _count(form)
    first = form.day("first_on")
    if first is None:
        form.wrong.setdefault("first_on", t("Please choose the first day."))
    every = form.text("every", longest=10)
    if every not in EVERY:
        form.wrong["every"] = t("Please choose how often.")
    down, discount = _amount(form, "down", currency), _amount(form, "discount", currency)
    if form.wrong or first is None or count is None:
        return None
    return Wish(count, first, every, down, discount)


def _count(form: Form) -> int | None:
    typed = form.text("instalments", longest=5)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and 1 <= int(typed) <= 120):
        form.wrong["instalments"] = _HOW_MANY
        return None
    return int(typed)


def _amount(form: Form, name: str, currency: str) -> Money | None:
    typed = form.text(name, longest=15).removeprefix("€").removesuffix("€").strip()
    if not typed or name in form.wrong:
        return None
    return form.amount(name, typed, currency) or None


def field_of(why: Text) -> str:
    """Beside which field a reason stands that a schedule is none: days by their words, all else by the count."""
    said = why.msgid
    if "first day" in said or "later one" in said:
        return "first_on"
    return "down" if "first payment" in said else "instalments"


def typed(one: Wish, today: date) -> dict[str, str]:
    """The terms as the fields begin with them; a first day that is over is left to be chosen."""
    return {
        "instalments": str(one.instalments),
        "first_on": one.first_on.isoformat() if one.first_on >= today else "",
        "every": one.every,
        "down": _plain(one.down),
        "discount": _plain(one.discount),
    }


def _plain(amount: Money | None) -> str:
    return amount.plain.replace(".", ",") if amount is not None else ""
