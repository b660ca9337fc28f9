"""Letting a customer off interest or costs of one due item: who, why, and what came off at once."""

from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.interest import events as happened
from portal.interest import queries
from portal.interest.models import InterestWaiver
from portal.invoices import actions as invoices
from portal.invoices.queries import Item
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger.models import Receivable
from portal.ledger.rules import COSTS, COSTS_WAIVED, INTEREST, INTEREST_WAIVED

SOURCE = "interest_waiver"
WHATS: dict[str, Text] = {INTEREST: t("Interest"), COSTS: t("Costs of late payment")}
# A choice and no words of their own: history is kept for good (rule C-26).
WHY: dict[str, Text] = {
    "courtesy": t("as a courtesy"),
    "our_fault": t("the delay was ours"),
    "agreed": t("we agreed on it with the customer"),
    "small": t("it is too small to ask for"),
}
_KINDS = {INTEREST: (INTEREST_WAIVED, accounts.INTEREST), COSTS: (COSTS_WAIVED, accounts.COSTS)}


def why_not(item: Item, waived: set[str], what: str) -> Text | None:
    """Why this cannot be let off now, or None."""
    if not item.is_open:
        return t("It is closed: there is nothing left to let off.")
    if what in waived:
        return t("They have been let off this already.")
    if item.reserved_by is not None:
        return t("A payment of it is open right now. Please wait until it has ended.")
    return None


def waive(item: Item, what: str, why: str, staff_id: int) -> InterestWaiver:
    """No more of `what` is asked for on this due item; what stands open of it comes off now.

    What was paid for it before stays paid: at most what is open on the due item comes off, and nothing becomes
    the debtor's credit. Raises NotAllowedNow where nothing can be let off, ValueError for an unknown word.
    """
    if what not in WHATS or why not in WHY:
        raise ValueError(f"not to be let off: {what!r}, {why!r}")
    receivable = db.session().get(Receivable, item.item_id, with_for_update=True, populate_existing=True)
    refused = why_not(item, {one.what for one in queries.waivers([item.item_id])}, what)
    if receivable is None or refused is not None:
        raise NotAllowedNow(refused or t("There is nothing here."))
    kind, account = _KINDS[what]
    off = Money(min(queries.booked_of(item.item_id, what), receivable.open_minor), item.open.currency)
    waiver = InterestWaiver(
        id=ids.new_id(),
        debtor_id=item.debtor_id,
        due_item_id=item.item_id,
        what=what,
        amount_minor=off.minor,
        currency=off.currency,
        why=why,
        staff_id=staff_id,
        at=clock.now(),
    )
    db.session().add(waiver)
    db.session().flush()
    if off:
        source, today = ledger.Source(SOURCE, waiver.id), queries.today()
        ledger.settle(item.item_id, off, account=account, kind=kind, source=source, value_on=today)
    if what == INTEREST:
        ledger.wait_for_rate(item.item_id, None)
    _tell(item, waiver)
    return waiver


def _tell(item: Item, waiver: InterestWaiver) -> None:
    left = db.session().get(Receivable, item.item_id, populate_existing=True)
    open_minor = left.open_minor if left is not None else 0
    events.record(
        happened.InterestWaived(
            item_id=item.item_id,
            invoice_id=item.invoice_id,
            debtor_id=item.debtor_id,
            what=waiver.what,
            why=waiver.why,
            amount_minor=waiver.amount_minor,
            open_minor=open_minor,
            currency=waiver.currency,
        )
    )
    if open_minor == 0:
        invoices.item_closed(item, queries.today())
