"""The question itself, as the first page shows it: only after a due date, and never in the way of paying."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices.queries import Item
from portal.reasons import queries, rules
from portal.web import i18n

ASKED_AGAIN_AFTER = timedelta(days=14)
# Who has said one of these has answered already.
_ANSWERED = frozenset(
    {
        holds.PROMISED, holds.ALREADY_PAID, holds.PLAN, holds.PLAN_ASKED, holds.TRANSFER_ON_ITS_WAY,
        holds.PAYMENT_PROCESSING, holds.DISPUTED, holds.DISPUTE, holds.CREDIT_EXPECTED, holds.PROBLEM_REPORTED,
        holds.NOT_RECEIVED, holds.CONTESTED,
    }
)  # fmt: skip


def late(visit: Current, items: Sequence[Item]) -> list[Item]:
    """What is past its date and about which nobody has said anything."""
    today = clock.today(visit.creditor.time_zone)
    return [item for item in items if item.is_open and item.due_on < today and item.held_for not in _ANSWERED]


def question(visit: Current, items: Sequence[Item]) -> dict[str, Any] | None:
    """What the page shows: the five answers, or the one that was given lately; None where there is nothing to ask."""
    if not visit.may_answer or not late(visit, items):
        return None
    said = queries.latest(visit.debtor_id, visit.invoice_id)
    lately = said is not None and said.given_at > clock.now() - ASKED_AGAIN_AFTER
    told = ""
    if lately and said is not None:
        when = i18n.day(clock.day_of(said.given_at, visit.creditor.time_zone))
        answer = i18n.say(rules.REASONS[said.reason])
        told = i18n.say(t("On %(day)s you told us: %(answer)s.", day=when, answer=answer))
    return {
        "url": url_for("reasons_debtor.give"),
        "answers": [(key, i18n.say(label)) for key, label in rules.REASONS.items()],
        "told": told,
    }
