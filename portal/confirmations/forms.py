"""Reading the receipt page's form."""

from dataclasses import dataclass
from datetime import date

from portal.confirmations import rules
from portal.confirmations.actions import Said
from portal.core.mail_addresses import is_mail_address
from portal.core.text import Text, t
from portal.web.forms import MAX_WORDS, Form


@dataclass(slots=True)
class ReceiptForm:
    form: Form
    said: Said | None

    @classmethod
    def blank(cls) -> "ReceiptForm":
        return cls(Form(), None)

    @classmethod
    def read(cls, today: date, *, address_on_file: bool) -> "ReceiptForm":
        """The answer as typed; `said` is None where something must be mended first."""
        form = Form()
        answer = form.choice("answer", set(rules.ANSWERS), t("Please choose one of the three answers."))
        pay_on = form.day("pay_on")
        category = form.choice("category", set(rules.CATEGORIES), None)
        words = form.text("words", longest=MAX_WORDS)
        address = form.text("address", longest=254)
        if answer != rules.RECEIVED:
            form.wrong.pop("pay_on", None)
        elif (why := rules.why_not_pay_on(pay_on, today)) is not None:
            form.wrong["pay_on"] = why
        if answer == rules.WRONG and category is None:
            form.wrong["category"] = t("Please choose what it is about.")
        if answer == rules.MISSING:
            if address and not is_mail_address(address):
                form.wrong["address"] = t("Write an e-mail address like name@example.com.")
            elif not address and not address_on_file:
                form.wrong["address"] = t("We have no address of yours. Where shall we send it?")
        if answer is None or form.wrong:
            return cls(form, None)
        return cls(form, _said(answer, pay_on, category, words, address))

    def refuse_address(self, why: Text) -> None:
        """The address is well written, and yet cannot be taken."""
        self.form.wrong["address"], self.said = why, None


def _said(answer: str, pay_on: date | None, category: str | None, words: str, address: str) -> Said:
    if answer == rules.RECEIVED:
        return Said(answer, will_pay_on=pay_on)
    if answer == rules.WRONG:
        return Said(answer, category=category, words=words or None)
    return Said(answer, address=address.lower() or None)
