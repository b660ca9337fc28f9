"""Reading when and how something was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.already_paid import rules
from portal.core import ids
from portal.core.errors import NotFound
from portal.core.text import t
from portal.web.forms import MAX_WORDS, Form


def chosen_ids(written: Sequence[str]) -> list[int]:
    """The due items named in a form or an address; anything that is no id is not there (404)."""
    try:
        return list(dict.fromkeys(ids.read(one) for one in written))
    except ValueError:
        raise NotFound(t("There is nothing here.")) from None


@dataclass(slots=True)
class PaidForm:
    """What was typed; `paid_on` stands only where nothing has to be mended."""

    form: Form
    paid_on: date | None = None
    reference: str | None = None
    words: str | None = None

    @classmethod
    def blank(cls) -> "PaidForm":
        return cls(Form())

    @classmethod
    def read(cls, today: date) -> "PaidForm":
        form = Form()
        paid_on = form.day("paid_on")
        if "paid_on" not in form.wrong and (why := rules.why_not_day(paid_on, today)) is not None:
            form.wrong["paid_on"] = why
        typed = form.text("reference", longest=60)
        clean = rules.reference(typed)
        if "reference" not in form.wrong and (why := rules.why_not_reference(clean)) is not None:
            form.wrong["reference"] = why
        words = form.text("words", longest=MAX_WORDS)
        return cls(form) if form.wrong else cls(form, paid_on, clean or None, words or None)
