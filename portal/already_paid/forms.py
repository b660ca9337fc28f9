"""Reading when and how something was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.already_paid import rules
from portal.cases import file_forms
from portal.core.text import t
from portal.documents.evidence import Checked
from portal.web.forms import MAX_WORDS, Form


@dataclass(slots=True)
class PaidForm:
    """What was typed; `paid_on` stands only where nothing has to be mended."""

    form: Form
    paid_on: date | None = None
    reference: str | None = None
    words: str | None = None
    files: Sequence[Checked] = ()

    @classmethod
    def blank(cls) -> "PaidForm":
        return cls(Form())

    @classmethod
    def read(cls, today: date, *, items: Sequence[int] | None = None) -> "PaidForm":
        """`items` are those that were named, where some must be: what was sent along is looked at last."""
        form = Form()
        if items is not None and not items:
            form.wrong["items"] = t("Please choose at least one document.")
        paid_on = form.day("paid_on")
        if "paid_on" not in form.wrong and (why := rules.why_not_day(paid_on, today)) is not None:
            form.wrong["paid_on"] = why
        typed = form.text("reference", longest=60)
        clean = rules.reference(typed)
        if "reference" not in form.wrong and (why := rules.why_not_reference(clean)) is not None:
            form.wrong["reference"] = why
        words = form.text("words", longest=MAX_WORDS)
        files = file_forms.read(form) if items is not None else ()
        return cls(form) if form.wrong else cls(form, paid_on, clean or None, words or None, files)
