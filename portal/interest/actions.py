"""Booking the interest and costs that are due and are not in the books yet, or taking back what is too much.

`count_invoices` is the only thing that books them. It asks the whole history each time and books the difference,
so that twice, late, or after an outage it ends in the same books.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from portal.core import clock, db, ids, outbox, scope
from portal.core.events import Event, record
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.interest import counting, due_dates, queries, rules
from portal.interest import events as happened
from portal.interest.models import InterestPolicy
from portal.interest.queries import History
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.events import ItemSettled
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger.rules import COSTS, CREDIT_NOTE, INTEREST, Line, extra_of

COUNT = "interest.count"  # an outbox row: the invoice of that id
RECOUNT = "interest_recount"  # whose credit it is that was paid for what is not due after all (portal.ledger.sources)
_ACCOUNTS = {INTEREST: accounts.INTEREST, COSTS: accounts.COSTS}


def count_invoices(chosen: InterestPolicy, invoice_ids: Sequence[int], until: date, zone: str) -> None:
    """Books what is due through `until` (included) on the due items of these invoices, and on nothing else."""
    found = queries.histories(invoice_ids, zone, lock=True)
    for _, group in groupby(sorted(found, key=lambda one: (one.invoice_id, one.due_on)), lambda one: one.invoice_id):
        items = [one for one in group if one.due_on >= chosen.due_from]
        if chosen.costs_on:
            _count_costs(items, until)
        if chosen.interest_on:
            for item in items:
                _count_interest(chosen, item, until)


def _count_costs(items: Sequence[History], until: date) -> None:
    """Once for an invoice, on the part that was late first (rule B-57); what was let off stays off."""
    if any(COSTS in item.waived for item in items):
        return
    late: dict[int, date] = {}
    for item in items:
        if rules.may_have_costs(rules.regime_of(item.debtor_kind)):
            first = counting.late_from(
                [*item.lines, *item.credit], due_dates.last_day(item.due_on), item.pauses, until
            )
            if first is not None:
                late[item.item_id] = first
    bearer = min(late, key=lambda item_id: late[item_id], default=None)
    for item in items:
        due = rules.COSTS.minor if item.item_id == bearer else 0
        change = due - item.stands(COSTS)
        if change:
            on = late[item.item_id] if change > 0 else item.booked[COSTS][-1].on
            _book(item, COSTS, [(on, change)], until)
            item.lines.append(Line(on, COSTS, Money(change, queries.CURRENCY)))


def _count_interest(chosen: InterestPolicy, item: History, until: date) -> None:
    if INTEREST in item.waived:
        return
    counted = counting.count(item.lines, terms_of(chosen, item), item.pauses, until, item.credit)
    changes = counting.differences(counted.entries, item.booked[INTEREST])
    if changes:
        _book(item, INTEREST, changes, until)
    if counted.waits_from != item.waits_from:
        ledger.wait_for_rate(item.item_id, counted.waits_from)


def terms_of(chosen: InterestPolicy, item: History) -> counting.Terms:
    """What the creditor's choice, the debtor's kind and the calendar say of one due item."""
    regime = rules.regime_of(item.debtor_kind)
    return counting.Terms(item.due_on, due_dates.last_day(item.due_on), regime, chosen.consumer_rate)


def _book(item: History, what: str, changes: Sequence[tuple[date, int]], until: date) -> None:
    """Posts dated lines and says what they come to together; closes the due item where nothing is left."""
    source, account, was_open = ledger.Source(what, item.item_id), _ACCOUNTS[what], item.open_minor
    places = list(enumerate(changes, start=item.postings[what]))
    more = [ledger.Extra(Money(minor, queries.CURRENCY), on, place) for place, (on, minor) in places if minor > 0]
    if more:  # before anything is taken back: what is too much then is too much in truth
        ledger.charge_more(item.item_id, item.debtor_id, more, account=account, kind=what, source=source)
        item.open_minor += sum(one.amount.minor for one in more)
    closed_on = max((line.on for line in item.lines if extra_of(line.kind) is None), default=until)
    recount, too_much = ledger.Source(RECOUNT, ids.new_id()), 0
    for place, (on, minor) in places:
        if minor < 0:
            settled = ledger.settle(
                item.item_id, Money(-minor, queries.CURRENCY), account=account, kind=what, source=source,
                value_on=on, position=place, closed_on=closed_on, origin=recount,
            )  # fmt: skip
            item.open_minor -= settled.applied.minor
            too_much += settled.excess.minor
    change = sum(minor for _, minor in changes)
    if change:
        record(_event(item, what, change, until))
    if too_much:
        record(_paid_too_much(item, what, recount.id, too_much))
    if item.open_minor == 0 and was_open:
        invoices.item_closed(invoice_queries.items([item.item_id])[0], closed_on)


def _paid_too_much(item: History, what: str, recount_id: int, minor: int) -> Event:
    return happened.InterestCredited(
        item_id=item.item_id,
        invoice_id=item.invoice_id,
        debtor_id=item.debtor_id,
        recount_id=recount_id,
        what=what,
        amount_minor=minor,
        currency=queries.CURRENCY,
    )


def _event(item: History, what: str, change: int, until: date) -> Event:
    about: dict[str, Any] = {
        "item_id": item.item_id,
        "invoice_id": item.invoice_id,
        "debtor_id": item.debtor_id,
        "amount_minor": abs(change),
        "open_minor": item.open_minor,
        "currency": queries.CURRENCY,
    }
    if what == COSTS:
        return happened.CostsCharged(**about) if change > 0 else happened.CostsReduced(**about)
    if change > 0:
        return happened.InterestCharged(**about, until=until)
    return happened.InterestReduced(**about, until=until)


def look_again(event: ItemSettled, _event_id: int = 0) -> None:
    """A late due item was settled in part or whole: its interest is counted anew when that day is over.

    At once for a credit note: what it takes back bears no interest from the beginning.
    """
    zone = creditors.in_scope().time_zone
    today = clock.today(zone)
    over = min(event.value_on, today) + timedelta(days=1)
    at_once = over <= today or event.by == CREDIT_NOTE
    at = None if at_once else datetime.combine(over, time(0, 10), ZoneInfo(zone))
    _put_late([event.item_id], today, at)


def look_again_at(item_ids: Collection[int]) -> None:
    """Credit came for these due items that they did not need: those that are late are counted anew, at once."""
    _put_late(item_ids, queries.today(), None)


def _put_late(item_ids: Collection[int], today: date, at: datetime | None) -> None:
    chosen = queries.policy()
    if chosen is None or not chosen.is_on or not item_ids:
        return
    items = invoice_queries.items(sorted(item_ids))
    late = {item.invoice_id for item in items if chosen.due_from <= item.due_on < today}
    for invoice_id in sorted(late):
        outbox.put(COUNT, invoice_id, due_at=at)


CHANGEABLE = frozenset({"interest_on", "costs_on", "due_from", "consumer_hundredths"})


def choose_policy(values: Mapping[str, Any], today: date) -> tuple[str, ...]:
    """Keeps whether and how the creditor in scope asks for interest and costs; says what changed.

    What is booked already stays when it is switched off; everything is counted anew within the hour otherwise.
    Raises ValueError for a name that is not in CHANGEABLE.
    """
    if not CHANGEABLE.issuperset(values):
        raise ValueError(f"not to be chosen: {sorted(set(values) - CHANGEABLE)}")
    chosen = queries.policy()
    if chosen is None:
        chosen = InterestPolicy(
            creditor_id=scope.current().creditor_id, interest_on=False, costs_on=False, due_from=today
        )
        db.session().add(chosen)
    changed = tuple(sorted(name for name, value in values.items() if getattr(chosen, name) != value))
    for name in changed:
        setattr(chosen, name, values[name])
    if changed:
        chosen.counted_to = None
        record(happened.InterestPolicyChanged(creditor_id=chosen.creditor_id, fields=changed))
    db.session().flush()
    if not chosen.interest_on:
        ledger.wait_for_no_rate()
    return changed
