"""The nightly comparison: what the provider moved in a day against our books, to the cent (rule B-07).

Compared payment by payment, so that two mistakes never hide each other. A movement that one side has just
before midnight and the other just after is no difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from portal.core import clock, db, ids, outbox
from portal.ledger import accounts as ledger_accounts
from portal.ledger.models import Transfer
from portal.payments import books
from portal.payments import events as happened
from portal.payments.methods import Movement
from portal.payments.models import BalanceCheck, CardDispute, PaymentAttempt, Refund
from portal.payments.states import CHECKS, CheckStatus

TELL = "payments.tell_difference"
ONE = timedelta(days=1)
NIGHT_HOUR = 3  # where the creditor is
_OF_REFUND = (books.REFUND_SENT, books.REFUND_BACK)
Moved = dict[tuple[str, str, date], list[int]]  # (currency, payment, day) → minor units each, money in positive


@dataclass(frozen=True, slots=True)
class Difference:
    """One payment of which the provider and the books say something else; minor units."""

    payment: str
    provider: int
    ledger: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One day in one currency. `difference` is what the provider has beyond the books."""

    currency: str
    provider: int
    ledger: int
    differences: tuple[Difference, ...]

    @property
    def difference(self) -> int:
        return sum(one.provider - one.ledger for one in self.differences)


def is_yesterday_whole(now: datetime, zone: str) -> bool:
    """Whether the night is so far on that the provider has booked all of yesterday."""
    return now.astimezone(ZoneInfo(zone)).hour >= NIGHT_HOUR


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The instants between which a day and its two neighbours lie, where the creditor is."""
    first, last = day - ONE, day + 2 * ONE
    return _midnight(first, zone), _midnight(last, zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def compare(
    day: date, movements: Sequence[Movement], zone: str, currency: str = "EUR", account_id: int | None = None
) -> list[Compared]:
    """What differs on `day`: `movements` are those of the day and its neighbours. `currency` is always there.

    With `account_id` our books are those of the payments that were begun on this account of the creditor's.
    """
    theirs, ours = _theirs(movements, zone), _ours(day, account_id)
    currencies = sorted({currency, *(key[0] for key in theirs | ours if key[2] == day)})
    return [_compared(one, day, theirs, ours) for one in currencies]


def _compared(currency: str, day: date, theirs: Moved, ours: Moved) -> Compared:
    around = (day - ONE, day, day + ONE)
    payments = sorted({key[1] for key in theirs | ours if key[0] == currency and key[2] == day})
    found, sums = [], [0, 0]
    for payment in payments:
        that_day = [sorted(side.get((currency, payment, day), ())) for side in (theirs, ours)]
        whole = [
            sorted(m for one in around for m in side.get((currency, payment, one), ())) for side in (theirs, ours)
        ]
        provider, ledger = map(sum, that_day)
        sums = [sums[0] + provider, sums[1] + ledger]
        if that_day[0] != that_day[1] and whole[0] != whole[1]:
            found.append(Difference(payment, provider, ledger))
    return Compared(currency, sums[0], sums[1], tuple(found))


def _theirs(movements: Sequence[Movement], zone: str) -> Moved:
    """The provider's movements that are ours: by its payment, else by the reference that it shows.

    The creditor's other sales on the same account are left out. What names a payment that we do not have is
    counted: nobody else gives such names, so it may be one that was lost here.
    """
    known = {one.payment_id for one in movements if one.payment_id is not None}
    by_payment = _attempts(known)
    moved: Moved = defaultdict(list)
    for one in movements:
        payment = by_payment.get(one.payment_id or "") or _named(one.reference)
        if payment is not None:
            moved[one.amount.currency, payment, clock.day_of(one.at, zone)].append(one.amount.minor)
    return moved


def _attempts(payment_ids: set[str]) -> dict[str, str]:
    wanted = select(PaymentAttempt.provider_payment_id, PaymentAttempt.id)
    rows = db.session().execute(wanted.where(PaymentAttempt.provider_payment_id.in_(sorted(payment_ids))))
    return {payment_id: ids.spell(attempt_id) for payment_id, attempt_id in rows if payment_id is not None}


def _named(reference: str | None) -> str | None:
    try:
        return ids.spell(ids.read(reference or ""))
    except ValueError:
        return None


def _ours(day: date, account_id: int | None) -> Moved:
    """What the books say moved on the card account on that day and its neighbours, by payment.

    A payment of several documents is one movement of the provider's and several lines here.
    """
    card = ledger_accounts.CARD
    rows = db.session().execute(
        select(
            Transfer.source_kind, Transfer.source_id, Transfer.value_on, Transfer.currency, Transfer.amount_minor,
            Transfer.debit, Transfer.position,
        ).where(
            or_(Transfer.debit == card, Transfer.credit == card),
            Transfer.value_on.between(day - ONE, day + ONE),
        )
    ).all()  # fmt: skip
    refunds = _payments_of(Refund, {row[1] for row in rows if row[0] in _OF_REFUND})
    disputes = _payments_of(CardDispute, {row[1] for row in rows if row[0] == books.DISPUTE})
    owners = refunds | disputes
    elsewhere = _on_other_accounts({owners.get(row[1], row[1]) for row in rows}, account_id)
    each: dict[tuple[Any, ...], int] = defaultdict(int)
    for kind, source_id, value_on, currency, minor, debit, position in rows:
        attempt_id = owners.get(source_id, source_id)
        if attempt_id in elsewhere:
            continue
        payment = ids.spell(attempt_id)
        place = position if source_id in owners else -1
        each[currency, payment, value_on, kind, source_id, place, debit == card] += minor
    moved: Moved = defaultdict(list)
    for (currency, payment, value_on, *_, comes_in), minor in each.items():
        moved[currency, payment, value_on].append(minor if comes_in else -minor)
    return moved


def _payments_of(table: type[Refund] | type[CardDispute], row_ids: set[int]) -> dict[int, int]:
    rows = db.session().execute(select(table.id, table.attempt_id).where(table.id.in_(sorted(row_ids))))
    return {row_id: attempt_id for row_id, attempt_id in rows}  # noqa: C416 - rows are not pairs to mypy


def _on_other_accounts(attempt_ids: set[int], account_id: int | None) -> set[int]:
    if account_id is None:
        return set()
    other = PaymentAttempt.account_id.is_not(None) & (PaymentAttempt.account_id != account_id)
    return set(db.session().scalars(select(PaymentAttempt.id).where(PaymentAttempt.id.in_(attempt_ids), other)))


def attempts_named(compared: Iterable[Compared]) -> list[int]:
    """The payments that differ: worth asking about once more before anybody is alarmed."""
    return sorted({ids.read(one.payment) for found in compared for one in found.differences})


def keep(method: str, account: str, day: date, compared: Compared) -> BalanceCheck:
    """One row a day, account and currency, however often it is compared; a new difference is said once."""
    check = _row(method, account, day, compared.currency)
    is_new = check is None
    if check is None:
        check = BalanceCheck(id=ids.new_id(), method=method, account=account, day=day, currency=compared.currency)
    told_before = None if is_new else check.difference_minor
    check.provider_minor, check.ledger_minor = compared.provider, compared.ledger
    check.difference_minor, check.checked_at = compared.difference, clock.now()
    check.details = [[one.payment, one.provider, one.ledger] for one in compared.differences]
    _move(check, is_different=bool(compared.differences), is_new=is_new, told_before=told_before)
    db.session().add(check)
    db.session().flush()
    return check


def _move(check: BalanceCheck, *, is_different: bool, is_new: bool, told_before: int | None) -> None:
    target = CheckStatus.DIFFERENT if is_different else CheckStatus.EQUAL
    event = _differs(check) if is_different else _agrees(check)
    if is_new:
        CHECKS.begin(check, target, event if is_different else None)
    elif target is not check.status or (is_different and told_before != check.difference_minor):
        CHECKS.move(check, target, event)
    else:
        return
    if is_different:
        check.told_at = None
        outbox.put(TELL, check.id)


def _differs(check: BalanceCheck) -> happened.BalanceDiffers:
    return happened.BalanceDiffers(
        check_id=check.id,
        method=check.method,
        day=check.day,
        provider_minor=check.provider_minor,
        ledger_minor=check.ledger_minor,
        difference_minor=check.difference_minor,
        currency=check.currency,
    )


def _agrees(check: BalanceCheck) -> happened.BalanceAgrees:
    return happened.BalanceAgrees(check_id=check.id, method=check.method, day=check.day, currency=check.currency)


def _row(method: str, account: str, day: date, currency: str) -> BalanceCheck | None:
    wanted = select(BalanceCheck).where(
        BalanceCheck.method == method,
        BalanceCheck.account == account,
        BalanceCheck.day == day,
        BalanceCheck.currency == currency,
    )
    return db.session().scalars(wanted.with_for_update()).one_or_none()


def one(check_id: int) -> BalanceCheck | None:
    return db.session().scalars(select(BalanceCheck).where(BalanceCheck.id == check_id)).one_or_none()


def missing_days(method: str, account: str, today: date, first: date) -> list[date]:
    """The days before `today`, from `first` on, that were never compared: a night that was missed is made up."""
    days = [first + ONE * offset for offset in range((today - first).days)]
    done = set(
        db.session().scalars(
            select(BalanceCheck.day).where(
                BalanceCheck.method == method,
                BalanceCheck.account == account,
                BalanceCheck.day.between(first, today),
            )
        )
    )
    return [one for one in days if one not in done]
