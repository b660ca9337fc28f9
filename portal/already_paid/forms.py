"""Reading when and how something was paid."""

from dataclasses import dataclass
from datetime import date

from portal.already_paid import rules
from portal.web.forms import MAX_WORDS, Form


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
