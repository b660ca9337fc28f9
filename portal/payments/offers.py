"""The road to paying: first once the due date is past, second to the three answers before it."""

from collections.abc import Sequence

from flask import url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices.payable import Payable, payable_now, proposed
from portal.invoices.queries import Item
from portal.payments import accounts, presenting, queries, rules
from portal.web.offers import Offer

KIND = "pay"
LATE, EARLY = 80, 70


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """Pay what is open of these due items; or go on with a payment of them that is open."""
    payable = payable_now(items)
    lines = payable.payable_lines
    if not lines:
        if payable.reserved_by:
            return [Offer(t("Go on with your payment"), t("You began one that is still open"),
                          url_for("payments_debtor.show_choices"), LATE, KIND)]  # fmt: skip
        return []
    by_transfer = any(rules.payee(visit.creditor, line.item.iban) for line in lines)
    by_card = accounts.may_be_offered(queries.CARD)
    if not by_transfer and not by_card:
        return []
    hint = t("By bank transfer")
    if by_card:
        hint = t("By card or bank transfer") if by_transfer else t("By card")
    late = any(line.item.due_on < clock.today(visit.creditor.time_zone) for line in lines)
    return [Offer(t("Pay now"), hint, _address(visit, payable), LATE if late else EARLY, KIND)]


def _address(visit: Current, payable: Payable) -> str:
    """With one invoice of several in hand, what is proposed of that one is chosen beforehand."""
    address = url_for("payments_debtor.show_choices")
    named = [line.item for line in proposed(payable, presenting.today(visit))]
    if visit.invoice_id is not None or len({item.invoice_id for item in named}) > 1:
        return address
    return presenting.naming(address, named)
