"""What the creditor's people see of a credit booked here, and of the credit notes that came or may be it."""

from typing import Any

from flask import url_for

from portal.core import ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.disputes import closing, rules
from portal.disputes.models import Dispute
from portal.invoices import covering
from portal.invoices.models import Invoice
from portal.web import i18n


def in_doubt(dispute: Dispute) -> list[str]:
    """Credit notes that came since: said before the case is closed, for they count for it unless a person knows
    better."""
    named = Money(dispute.credited_minor, dispute.currency)
    said = (
        [i18n.say(t("Credit notes for this invoice, %(amount)s in all", amount=i18n.money(named)))] if named else []
    )
    return said + [_note(one.note, one.free + one.spent) for one in closing.notes_in_doubt(dispute)]


def credit(dispute: Dispute, *, may: bool) -> dict[str, Any] | None:
    """How the credit stands, and what may be decided about it; None where nothing was credited here."""
    one = covering.of_dispute(dispute.id)
    if one is None:
        return None
    open_still = may and one.ended_at is None and bool(one.waits)
    return {
        "url": url_for("disputes_creditor.decide_credit", dispute_id=dispute.id),
        "says": [i18n.say(said) for said in _stands(one.waits, ended=one.ended_at is not None)],
        "came": [
            _row(note, Money(cover.amount_minor, cover.currency), cover.id, rules.NOT_THIS_NOTE,
                 may=may and covering.may_undo(note))
            for cover, note in covering.covers(one.id)
        ],
        "others": [
            _row(came.note, came.free, came.note.id, rules.IT_IS_THIS_NOTE, may=True)
            for came in (covering.came_without_invoice(one.debtor_id, one.currency) if open_still else [])
            if came.free
        ],
        "none": i18n.say(rules.CREDIT_ACTS[rules.NO_NOTE]) if open_still else "",
        "none_act": rules.NO_NOTE,
    }  # fmt: skip


def _stands(waits: Money, *, ended: bool) -> list[Text]:
    if not waits:
        return [t("Its credit note has come, and has taken the place of the credit.")]
    if ended:
        return [t("No credit note comes for %(amount)s of it.", amount=i18n.money(waits))]
    return [t("A credit note over %(amount)s is still to come from your system.", amount=i18n.money(waits))]


def _row(note: Invoice, amount: Money, which: int, act: str, *, may: bool) -> dict[str, str]:
    return {
        "words": _note(note, amount),
        "which": ids.spell(which),
        "act": act,
        "label": i18n.say(rules.CREDIT_ACTS[act]) if may else "",
    }


def _note(note: Invoice, amount: Money) -> str:
    of_all = note.credited
    said = t("Credit note %(number)s of %(day)s, %(amount)s", number=note.number, day=i18n.day(note.issued_on),
             amount=i18n.money(amount))  # fmt: skip
    part = i18n.say(t("of %(amount)s", amount=i18n.money(of_all))) if of_all != amount else ""
    return f"{i18n.say(said)} {part}".rstrip()
