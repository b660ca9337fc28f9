"""Reading the pages on which a day is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import request

from portal.core.money import Money, total
from portal.core.text import t
from portal.invoices.payable import ONLINE_CURRENCY, Line, allocate
from portal.invoices.queries import Item
from portal.promises import rules
from portal.web import i18n
from portal.web.forms import Form


@dataclass(slots=True)
class PromiseForm:
    """What was typed; `parts` and `pay_on` stand only where nothing has to be mended."""

    form: Form
    chosen: list[int]
    parts: list[tuple[Item, Money]]
    pay_on: date | None = None
    remind: bool = False

    @classmethod
    def blank(cls, chosen: list[int]) -> "PromiseForm":
        return cls(Form(), chosen, [])

    @classmethod
    def read(cls, lines: Sequence[Line], found: rules.Bounds | None, today: date, last: date) -> "PromiseForm":
        """`lines` are the due items that were chosen, as far as they are payable."""
        form = Form()
        chosen = [line.item.item_id for line in lines]
        pay_on = form.day("pay_on")
        if "pay_on" not in form.wrong and (why := rules.why_not_day(pay_on, today, last)) is not None:
            form.wrong["pay_on"] = why
        remind = request.form.get("remind") == "yes"
        form.typed["remind"] = "yes" if remind else ""
        if not lines:
            form.wrong["items"] = t("Please choose at least one document.")
        part = _part(form, lines, found) if lines and found is not None else None
        if form.wrong or part is None:
            return cls(form, chosen, [])
        parts = [(line.item, line.amount) for line in allocate(lines, part)]
        return cls(form, chosen, parts, pay_on, remind)


def _part(form: Form, lines: Sequence[Line], found: rules.Bounds) -> Money | None:
    """All of it where nothing was typed; None, with what to mend, for what is no part."""
    most = total([line.amount for line in lines], ONLINE_CURRENCY)
    typed = form.text("amount", longest=15)
    if not typed or "amount" in form.wrong:
        return most
    part = form.amount("amount", typed.removeprefix("€").removesuffix("€").strip(), most.currency)
    if part is None:
        return None
    smallest = rules.least(found, most)
    if part > most:
        form.wrong["amount"] = t("At most %(most)s is open here now. Please write that or less.",
                                 most=i18n.money(most))  # fmt: skip
    elif part != most and (smallest is None or part < smallest):
        form.wrong["amount"] = (
            t("Please write at least %(least)s.", least=i18n.money(smallest))
            if smallest is not None
            else t("Please write the whole amount: it is too small for parts.")
        )
    return part
