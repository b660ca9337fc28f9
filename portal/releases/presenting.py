"""What deliveries wait for, as its customer reads it on their first page."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from portal.core.money import Money, total
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices.payable import why_not_payable
from portal.invoices.queries import Item
from portal.payments import presenting as payments
from portal.payments import rules as payment_rules
from portal.releases import queries, rules
from portal.web import i18n


def notice(visit: Current, items: Sequence[Item]) -> dict[str, Any] | None:
    """One calm sentence and the road to paying just that; None where nothing waits.

    Only through a link to the whole account: it is about more than one document (rule A-07).
    """
    if not visit.may_answer or visit.invoice_id is not None or not items:
        return None
    one = queries.waiting(visit.debtor_id)
    if one is None:
        return None
    here = [item for item in items if item.open.currency == one.currency]
    open_now = total([item.open for item in here], one.currency)
    left = Money(rules.left(one.least_minor, one.paid_minor, open_now.minor), one.currency)
    if not left:
        return None
    why = rules.REASONS[one.reason][1]
    said = t("Deliveries wait just now: %(why)s. As soon as %(left)s more are paid, they go on.",
             why=why, left=i18n.money(left)) if one.paid_minor else t(
             "Deliveries wait just now: %(why)s. As soon as at least %(left)s are paid, they go on.",
             why=why, left=i18n.money(left))  # fmt: skip
    return {
        "says": i18n.say(said),
        "label": i18n.say(t("Pay %(amount)s", amount=i18n.money(left))),
        "href": _road(visit, here, left),
    }


def _road(visit: Current, items: Sequence[Item], left: Money) -> str:
    """To paying exactly that; where the creditor takes no such part, to choosing what to pay.

    What nobody is asked for beforehand is named only where the rest is not enough.
    """
    payable = [item for item in items if why_not_payable(item) is None]
    free = [item for item in payable if item.free]
    named = free if total([item.free for item in free], left.currency) >= left else payable
    most = total([item.free if named is free else item.open for item in named], left.currency)
    if payment_rules.why_not_part(visit.creditor, left, most) is not None:
        return url_for("payments_debtor.show_choices")
    return payments.naming(
        url_for("payments_debtor.show_part"), [] if named is free else list(named), amount=left.plain
    )
