"""What the books hold of one payment; taking some of it back, and giving it again (rules B-12, B-13).

The caller has the attempt's row locked, so nobody else takes of the same payment meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select

from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.core.money import Money, total
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices import reversing
from portal.invoices.queries import Item
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.models import Transfer
from portal.ledger.origins import Held
from portal.ledger.sources import Source
from portal.payments import queries
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus

# What a posting comes from, and so its kind: a refund takes back, leaves, comes back, is undone.
REFUND, REFUND_SENT, REFUND_BACK, REFUND_UNDONE = "refund", "refund_sent", "refund_back", "refund_undone"
DISPUTE, DISPUTE_LOST, BOUNCED = "card_dispute", "card_dispute_lost", "payment_bounced"

# Told of every payment of which money was taken back, once the books say so (portal.reactions fills it).
taken_back: list[Callable[[int], None]] = []


def has_bounced(attempt: PaymentAttempt) -> bool:
    """The money came and went: nothing that is heard later brings it back."""
    return attempt.status is AttemptStatus.FAILED and attempt.why == BOUNCED


def origin_of(attempt_id: int) -> Source:
    """Whose money it is that a payment brought, in the books."""
    return Source(queries.SOURCE, attempt_id)


def captured(attempt: PaymentAttempt) -> Money:
    """All that came in with this payment."""
    return total([one.amount for one in queries.booked(attempt)], attempt.currency)


def day(attempt: PaymentAttempt, at: datetime | None = None) -> date:
    """The value date of something that happened `at` (by default now), where the creditor is."""
    return clock.day_of(at or clock.now(), creditors.by_id(attempt.creditor_id).time_zone)


def held(attempt: PaymentAttempt) -> Held:
    """What of this payment nobody has taken back yet."""
    return origins.held(origin_of(attempt.id))


def is_short(attempt: PaymentAttempt, amount: Money) -> bool:
    """Whether the books cannot give so much of this payment without undoing what its credit was used on."""
    found = held(attempt)
    return amount.minor > sum(found.settled.values()) + found.free


def take_back(
    attempt: PaymentAttempt, amount: Money, *, into: str, source: Source, value_on: date, forced: bool = False
) -> tuple[int, ...]:
    """Moves `amount` of what this payment settled to the account `into`: its free credit first, then its due
    items, the last settled first. Other payments of the same items stay. Returns the due items that reopened.

    `forced`: the provider has decided, so what is not there is recalled from the documents that this payment's
    credit was used on; else NotAllowedNow.
    """
    if not forced and is_short(attempt, amount):
        raise NotAllowedNow(t("Part of this money has been used for another document. Please undo that first."))
    taken = reversing.take_back(
        attempt.debtor_id,
        origin_of(attempt.id),
        amount,
        into=into,
        kind=source.kind,
        source=source,
        value_on=value_on,
    )
    if taken.missing and into != accounts.WITHHELD:  # nobody here has it: it stays visible until a person sees to it
        ledger.move(attempt.debtor_id, taken.missing, debit=accounts.WITHHELD, credit=into, kind=source.kind,
                    source=source, value_on=value_on, position=ledger_queries.next_place(source))  # fmt: skip
    for tell in taken_back:
        tell(attempt.id)
    return taken.item_ids


def give_again(attempt: PaymentAttempt, refund_id: int, value_on: date) -> tuple[int, ...]:
    """A refund that did not happen: what it took settles its due items once more, else is credit again.

    Whatever has been paid on an item meanwhile stays; what is then too much becomes the debtor's credit. Of a
    payment that bounced nothing counts again: the payer's bank took all of it, so this is what was still missing.
    """
    back = _GivenAgain(attempt, refund_id, value_on)
    taken = _of(Source(REFUND, refund_id))
    left = -balance(accounts.REFUNDS, (Source(REFUND, refund_id), back.source))
    if has_bounced(attempt):
        if left > 0:
            back.move(left, accounts.WITHHELD)
        return ()
    items = {one.item_id: one for one in invoice_queries.items([o.receivable_id for o in taken if o.receivable_id])}
    credit = 0
    for one in taken:
        part = min(left, one.amount_minor) if one.credit == accounts.REFUNDS else 0
        if part <= 0:
            continue
        left -= part
        if one.receivable_id is not None:
            back.settle(items[one.receivable_id], part, accounts.REFUNDS)
        elif one.debit == accounts.UNALLOCATED:
            back.move(part, accounts.UNALLOCATED)
            credit += part
        else:
            back.move(part, one.debit)
    for one in reversed(taken):  # what its credit had been used on has it again
        part = min(credit, one.amount_minor) if one.credit == accounts.UNALLOCATED else 0
        if part > 0 and one.receivable_id is not None:
            credit -= back.settle(items[one.receivable_id], part, accounts.UNALLOCATED)
    return tuple(sorted(items))


@dataclass(frozen=True, slots=True)
class _GivenAgain:
    """What every line says by which a refund is undone."""

    attempt: PaymentAttempt
    refund_id: int
    value_on: date

    @property
    def source(self) -> Source:
        return Source(REFUND_UNDONE, self.refund_id)

    def settle(self, item: Item, minor: int, account: str) -> int:
        settled = invoices.settle_item(
            item,
            Money(minor, self.attempt.currency),
            account=account,
            kind=REFUND_UNDONE,
            source=self.source,
            value_on=self.value_on,
            position=ledger_queries.next_place(self.source),
            origin=origin_of(self.attempt.id),
        )
        return settled.applied.minor

    def move(self, minor: int, to: str) -> None:
        ledger.move(self.attempt.debtor_id, Money(minor, self.attempt.currency), debit=accounts.REFUNDS, credit=to,
                    kind=REFUND_UNDONE, source=self.source, value_on=self.value_on,
                    position=ledger_queries.next_place(self.source), origin=origin_of(self.attempt.id))  # fmt: skip


def _of(source: Source) -> list[Transfer]:
    wanted = and_(Transfer.source_kind == source.kind, Transfer.source_id == source.id)
    return list(db.session().scalars(select(Transfer).where(wanted).order_by(Transfer.position)))


def balance(account: str, sources: Iterable[Source]) -> int:
    """What these sources left on one account: debits less credits, in minor units."""
    return sum(
        one.amount_minor * ((one.debit == account) - (one.credit == account))
        for source in sources
        for one in _of(source)
    )
