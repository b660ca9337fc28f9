"""Reading what a customer contests, what they add, and how the creditor's people close it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request

from portal.cases import file_forms
from portal.core.money import Money, from_typed
from portal.core.text import Text, t
from portal.disputes import rules
from portal.disputes.actions import Contested
from portal.disputes.closing import Verdict
from portal.disputes.reasons import Offered
from portal.documents.evidence import Checked
from portal.invoices.lines import InvoiceLine
from portal.web.forms import MAX_WORDS, Form

HOW_TO_WRITE = t("Please write the amount like this: 120,50")


@dataclass(slots=True)
class DisputeForm:
    """What was typed; `said` is None where something must be mended first."""

    form: Form
    said: Contested | None = None
    files: Sequence[Checked] = field(default_factory=tuple)

    @classmethod
    def blank(cls, words: str = "") -> "DisputeForm":
        form = Form()
        form.typed.setdefault("words", words)
        return cls(form)

    @classmethod
    def read(cls, offered: Mapping[str, Offered], lines: Sequence[InvoiceLine], most: Money) -> "DisputeForm":
        """`offered` are the reasons to choose from, `lines` those of the invoice, `most` what is open on it."""
        form = Form()
        reason = form.choice("reason", set(offered), t("Please choose what is wrong."))
        abouts = set(rules.ABOUT) if lines else {rules.WHOLE, rules.AMOUNT}
        about = form.choice("about", abouts, t("Please choose how much of it is wrong."))
        typed = form.text("amount", longest=20)
        ticked = request.form.getlist("lines[]")
        words = form.text("words", longest=MAX_WORDS)
        chosen = tuple(line for line in lines if str(line.number) in ticked) if about == rules.LINES else ()
        form.typed["lines"] = " ".join(str(line.number) for line in chosen)
        amount = _amount(form, about, typed, chosen, most)
        if reason == rules.OTHER and not words:
            form.wrong["words"] = t("Please say in your words what is wrong.")
        files = file_forms.read(form)
        if form.wrong or reason is None or about is None or amount is None:
            return cls(form)
        said = Contested(offered[reason], about, amount, words or None, chosen)
        return cls(form, said, files)


def _amount(form: Form, about: str | None, typed: str, lines: Sequence[InvoiceLine], most: Money) -> Money | None:
    if about == rules.WHOLE:
        form.wrong.pop("amount", None)
        return most
    if about == rules.LINES:
        form.wrong.pop("amount", None)
        if lines:
            return rules.sum_of_lines([line.amount for line in lines], most)
        form.wrong["lines"] = t("Please choose at least one line.")
        return None
    if about is None or "amount" in form.wrong:
        return None
    amount = read_amount(typed, most.currency)
    why_not = HOW_TO_WRITE if amount is None else rules.why_not_amount(amount, most)
    if why_not is not None:
        form.wrong["amount"] = why_not
    return amount


def read_amount(typed: str, currency: str) -> Money | None:
    """The amount as a person wrote it, with or without the sign of the euro; None for anything else."""
    try:
        return from_typed(typed.strip().removeprefix("€").removesuffix("€").strip(), currency)
    except ValueError:
        return None


def read_verdict(form: Form, contested: Money) -> Verdict | None:
    """How the creditor's people close it; None where something must be mended first."""
    outcome = form.choice("outcome", set(rules.OUTCOMES), t("Please choose how it ended."))
    words = form.text("verdict", longest=MAX_WORDS, needed=t("Please say why. The customer reads it."))
    typed, upheld = form.text("upheld", longest=20), None
    if outcome == rules.PARTIALLY_UPHELD:
        upheld = read_amount(typed, contested.currency)
        why_not: Text | None = rules.why_not_upheld(outcome, upheld, contested)
        if why_not is not None:
            form.wrong["upheld"] = why_not
    credit = form.choice("credit", set(rules.CREDITS), None)
    if outcome in {rules.UPHELD, rules.PARTIALLY_UPHELD} and credit is None:
        form.wrong["credit"] = t("Please choose who sends the credit.")
    if form.wrong or outcome is None:
        return None
    others = request.form.get("others") == "yes"
    form.typed["others"] = "yes" if others else ""
    return Verdict(outcome, words, upheld, credit if outcome != rules.REJECTED else None, others)
