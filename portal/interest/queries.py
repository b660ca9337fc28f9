"""What the counting of interest reads: whose interest is to be counted, and the history of those due items."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from portal.core import clock, db, scope
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.interest import came_late
from portal.interest.counting import Pause
from portal.interest.models import InterestPolicy, InterestWaiver
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.invoices.payable import ONLINE_CURRENCY
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.ledger.rules import COSTS, INTEREST, Line

# Rates and costs are in euro: other currencies are shown, not reckoned with (decision 27).
CURRENCY = ONLINE_CURRENCY
# Days on which nobody can say that the debtor is late: contested, or paid and with the bank.
NOT_COUNTED = (
    holds.PROBLEM_REPORTED,
    holds.DISPUTED,
    holds.DISPUTE,
    holds.CREDIT_EXPECTED,
    holds.PAYMENT_PROCESSING,
    holds.PLAN,
    holds.SDI_REJECTED,
    holds.SDI_REFUSED,
)


def policy() -> InterestPolicy | None:
    """The choice of the creditor in scope; None is: nothing is asked for."""
    return db.session().scalars(select(InterestPolicy)).one_or_none()


def today() -> date:
    """The day it is where the creditor in scope is."""
    return clock.today(creditors.by_id(scope.current().creditor_id).time_zone)


def yesterday() -> date:
    """The last day that is over there: interest is counted through it."""
    return today() - timedelta(days=1)


def booked_of(item_id: int, what: str) -> int:
    """Minor units of interest or costs that were booked on a due item and not taken back by the counting."""
    taken_back = Transfer.debit.in_((accounts.INTEREST, accounts.COSTS))
    signed = func.sum(case((taken_back, -Transfer.amount_minor), else_=Transfer.amount_minor))
    own = select(signed).where(Transfer.source_kind == what, Transfer.source_id == item_id)
    return int(db.session().scalar(own) or 0)


def waivers(item_ids: Sequence[int]) -> list[InterestWaiver]:
    """What was let off on these due items."""
    return list(
        db.session().scalars(
            select(InterestWaiver).where(InterestWaiver.due_item_id.in_(item_ids)).order_by(InterestWaiver.id)
        )
    )


@dataclass(slots=True)
class History:
    """All that is known of one due item; `booked` are the lines of interest and costs that the counting made.

    `credit` are no lines of its own: credit that came for it and was not needed there (portal.interest.came_late).
    """

    item_id: int
    invoice_id: int
    debtor_id: int
    debtor_kind: str
    due_on: date
    open_minor: int
    waits_from: date | None
    lines: list[Line] = field(default_factory=list)
    credit: list[Line] = field(default_factory=list)
    booked: dict[str, list[Line]] = field(default_factory=lambda: {INTEREST: [], COSTS: []})
    postings: dict[str, int] = field(default_factory=lambda: {INTEREST: 0, COSTS: 0})
    pauses: list[Pause] = field(default_factory=list)
    waivers: list[InterestWaiver] = field(default_factory=list)

    @property
    def waived(self) -> set[str]:
        return {one.what for one in self.waivers}

    def stands(self, what: str) -> int:
        """What of interest or costs the counting has booked and not taken back, in minor units."""
        return sum(line.amount.minor for line in self.booked[what])


def late_invoices(chosen: InterestPolicy, until: date, behind: int, limit: int) -> list[int]:
    """Ids above `behind` of invoices with an open due item that fell due before `until` or on it, by id."""
    return list(
        db.session().scalars(
            select(DueItem.invoice_id)
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(
                Receivable.open_minor > 0,
                Invoice.withdrawn_at.is_(None),
                DueItem.due_on >= chosen.due_from,
                DueItem.due_on <= until,
                DueItem.currency == CURRENCY,
                DueItem.invoice_id > behind,
            )
            .distinct()
            .order_by(DueItem.invoice_id)
            .limit(limit)
        )
    )


def histories(invoice_ids: Sequence[int], zone: str, *, lock: bool = False) -> list[History]:
    """The due items of these invoices with their history, part by part; withdrawn ones and others' money left out.

    With `lock` nobody books on them until this transaction ends.
    """
    wanted = (
        select(
            DueItem.id, DueItem.invoice_id, DueItem.debtor_id, Debtor.kind, DueItem.due_on, Receivable.open_minor,
            Receivable.interest_waits_from,
        )
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .where(
            DueItem.invoice_id.in_(invoice_ids), DueItem.currency == CURRENCY, Invoice.withdrawn_at.is_(None)
        )
        .order_by(DueItem.id)
    )  # fmt: skip
    if lock:  # in the order of ids, as whoever pays does: no two wait for each other
        wanted = wanted.with_for_update(of=Receivable)
    found = {row[0]: History(*row) for row in db.session().execute(wanted)}
    for row in db.session().execute(_booked(list(found))):
        _take_line(found, row)
    owners = {one.item_id: one.debtor_id for one in found.values()}
    for item_id, added in came_late.of_items(owners, {one.item_id: one.lines for one in found.values()}).items():
        found[item_id].credit += added
    for row in db.session().execute(_paused(list(found))):
        found[row.due_item_id].pauses.append(_pause(row, zone))
    for one in waivers(list(found)):
        found[one.due_item_id].waivers.append(one)
    return list(found.values())


def _booked(item_ids: Sequence[int]) -> Any:
    """The lines on these due items, and what of their interest went to the debtor's credit when taken back."""
    own = and_(Transfer.source_kind.in_((INTEREST, COSTS)), Transfer.source_id.in_(item_ids))
    return (
        select(
            Transfer.receivable_id, Transfer.source_kind, Transfer.source_id, Transfer.value_on, Transfer.kind,
            Transfer.debit, Transfer.credit, Transfer.amount_minor, Transfer.currency,
        )
        .where(or_(Transfer.receivable_id.in_(item_ids), own))
        .order_by(Transfer.posted_at, Transfer.id)
    )  # fmt: skip


def _take_line(found: dict[int, History], row: Any) -> None:
    if row.source_kind in {INTEREST, COSTS}:
        whose = found[row.source_id]
        back = row.debit in {accounts.INTEREST, accounts.COSTS}
        minor = -row.amount_minor if back else row.amount_minor
        whose.booked[row.source_kind].append(Line(row.value_on, row.kind, Money(minor, row.currency)))
        whose.postings[row.source_kind] += 1
    if row.receivable_id is not None:
        signed = row.amount_minor if row.debit == accounts.RECEIVABLE else -row.amount_minor
        found[row.receivable_id].lines.append(Line(row.value_on, row.kind, Money(signed, row.currency)))


def _paused(item_ids: Sequence[int]) -> Any:
    return select(Hold.due_item_id, Hold.since, Hold.until, Hold.ended_at, Hold.amount_minor).where(
        Hold.due_item_id.in_(item_ids), Hold.reason.in_(NOT_COUNTED)
    )


def _pause(row: Any, zone: str) -> Pause:
    """The days that a hold touches, where the creditor is."""
    ends: list[datetime] = [at for at in (row.until, row.ended_at) if at is not None]
    return Pause(clock.day_of(row.since, zone), clock.day_of(min(ends), zone) if ends else None, row.amount_minor)
