"""What happened to interest and costs of a due item. Amounts in minor units; `open_minor` is all that it has open."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("interest.charged", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class InterestCharged(Event):
    """Interest through `until` was booked; `amount_minor` is what came on top of what stood there."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str
    until: date


@event("interest.reduced", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class InterestReduced(Event):
    """Less is due than had been booked: a payment or credit note came to be known of later."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str
    until: date


@event("costs.charged", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class CostsCharged(Event):
    """The fixed sum for a late invoice between businesses (rule B-57), once for each invoice."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str


@event("costs.reduced", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class CostsReduced(Event):
    """The invoice had been paid in time after all."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str


@event("interest.credited", about="item")
@dataclass(frozen=True, kw_only=True)
class InterestCredited(Event):
    """Less is due than had been paid for `what`, `interest` or `costs`: that is the debtor's credit.

    `recount_id` names it in the books (portal.interest.actions.RECOUNT).
    """

    item_id: int
    invoice_id: int
    recount_id: int
    what: str
    amount_minor: int
    currency: str


@event("interest.waived", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class InterestWaived(Event):
    """The creditor's people ask for no more of `what`: `interest` or `costs`. `why` is one word."""

    item_id: int
    invoice_id: int
    what: str
    why: str
    amount_minor: int
    open_minor: int
    currency: str


@event("interest.policy_changed", about="creditor")
@dataclass(frozen=True, kw_only=True)
class InterestPolicyChanged(Event):
    """`fields` names what changed of whether and how interest and costs are asked for."""

    creditor_id: int
    fields: tuple[str, ...]


# Each of these changes what is open on its due item.
CHANGES: tuple[type[Event], ...] = (InterestCharged, InterestReduced, CostsCharged, CostsReduced, InterestWaived)
