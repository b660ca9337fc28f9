"""One answer for whoever writes or charges: may anybody speak to this customer, or about this due item?

It reads what stands elsewhere (holds of due items, customers' own rests) together with what is set here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from portal.core import clock, db
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.hardship import queries as hardship
from portal.hardship.models import Rest
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.invoices.queries import Item
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.messages.models import Message
from portal.messages.rules import HELD_BACK
from portal.silence import limitation, policies, rules
from portal.silence.models import LimitationPolicy, LimitationRestart, Silence
from portal.silence.rules import Silent, silent, weightiest
from portal.silence.states import SilenceStatus

DEBTOR, ITEM = "debtor", "item"
MOST = 50


def _stands(now: datetime) -> ColumnElement[bool]:
    """By its moments too: a silence whose day has come is over before anybody has written that down."""
    return and_(Silence.status == SilenceStatus.SET, or_(Silence.until.is_(None), Silence.until > now))


@dataclass(frozen=True, slots=True)
class Known:
    """Of some customers and their due items everything that stands at one moment."""

    debtors: dict[int, list[Silent]] = field(default_factory=dict)
    items: dict[int, list[Silent]] = field(default_factory=dict)

    def of_debtor(self, debtor_id: int) -> Silent | None:
        return weightiest(self.debtors.get(debtor_id, ()))

    def of_item(self, item_id: int) -> Silent | None:
        return weightiest(self.items.get(item_id, ()))

    def why_not(self, debtor_id: int, item_id: int) -> Silent | None:
        """Why nobody speaks to this customer about this due item, or None: what is the customer's goes first."""
        return self.of_debtor(debtor_id) or self.of_item(item_id)


def known(debtor_ids: Collection[int]) -> Known:
    """For so many customers at once; the number of statements does not grow with them."""
    found, wanted, now = Known(), list(debtor_ids), clock.now()
    if not wanted:
        return found
    for debtor_id, item_id, reason, since, until in db.session().execute(
        select(Silence.debtor_id, Silence.due_item_id, Silence.reason, Silence.since, Silence.until).where(
            Silence.debtor_id.in_(wanted), _stands(now)
        )
    ):
        if item_id is None:
            found.debtors.setdefault(debtor_id, []).append(silent(reason, since, until, DEBTOR))
        else:
            found.items.setdefault(item_id, []).append(silent(reason, since, until, ITEM))
    for debtor_id, since, until in db.session().execute(
        select(Rest.debtor_id, Rest.status_at, Rest.until).where(Rest.debtor_id.in_(wanted), hardship.runs(now))
    ):
        found.debtors.setdefault(debtor_id, []).append(silent(rules.DIFFICULTY, since, until, DEBTOR))
    for item_id, reason, since, until in db.session().execute(
        select(Hold.due_item_id, Hold.reason, Hold.since, Hold.until).where(
            Hold.debtor_id.in_(wanted), holds.running(now)
        )
    ):
        found.items.setdefault(item_id, []).append(
            Silent(reason, holds.LABELS.get(reason, HELD_BACK), since, until, ITEM)
        )
    for one in _over(DueItem.debtor_id.in_(wanted)):
        found.items.setdefault(one.item_id, []).append(one.silent)
    return found


# The time to ask


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when a due item may be asked for, and what let that time count anew: (how, day), `paid` among them; and
    whether it is left alone meanwhile."""

    item_id: int
    due_on: date
    last_day: date
    is_over: bool
    restarts: tuple[tuple[str, date], ...]
    zone: str
    quiet: Silent | None = None  # set about this due item alone

    @property
    def silent(self) -> Silent:
        day_after = datetime.combine(self.last_day + timedelta(days=1), time(), ZoneInfo(self.zone))
        return Silent(rules.TIME_BARRED, rules.TIME_IS_OVER, day_after, None, ITEM)


PAID = "paid"
_SHORTEST = timedelta(days=365 * min(limitation.YEARS) - 2)


def _limits(*which: ColumnElement[bool], zone: str | None = None) -> list[Limit]:
    """In one statement: the due items, the policy in force, what was written down, and the customer's money."""
    settings = select(LimitationPolicy.settings).order_by(LimitationPolicy.number.desc()).limit(1).scalar_subquery()
    paid = and_(
        Transfer.receivable_id == DueItem.id,
        Transfer.credit == accounts.RECEIVABLE,
        Transfer.debit.in_((accounts.CARD, accounts.BANK)),
    )
    each, now = aliased(Silence), clock.now()
    stands = each.status == SilenceStatus.SET, or_(each.until.is_(None), each.until > now)
    newest = (
        select(each.id).where(each.due_item_id == DueItem.id, *stands).order_by(each.id.desc()).limit(1)
    ).scalar_subquery()
    rows = db.session().execute(
        select(
            DueItem.id, DueItem.due_on, Debtor.kind, settings,
            LimitationRestart.how, LimitationRestart.counts_from, Transfer.value_on,
            Silence.reason, Silence.since, Silence.until,
        )
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .outerjoin(LimitationRestart, LimitationRestart.due_item_id == DueItem.id)
        .outerjoin(Transfer, paid)
        .outerjoin(Silence, Silence.id == newest)
        .where(Receivable.open_minor > 0, *which)
    ).all()  # fmt: skip
    about: dict[int, tuple[date, int]] = {}
    restarts: dict[int, set[tuple[str, date]]] = {}
    quiet: dict[int, Silent] = {}
    for item_id, due_on, kind, kept, how, counts_from, value_on, reason, since, until in rows:
        if since is not None:
            quiet[item_id] = silent(reason, since, until, ITEM)
        about[item_id] = due_on, policies.read(kept).get(kind, limitation.ORDINARY)
        begun = restarts.setdefault(item_id, set())
        if counts_from is not None:
            begun.add((how, counts_from))
        if value_on is not None:
            begun.add((PAID, value_on))
    zone = zone or creditors.in_scope().time_zone
    today = clock.today(zone)
    found = []
    for item_id, (due_on, years) in about.items():
        known_days = tuple(sorted(restarts[item_id], key=lambda one: one[1]))
        last = limitation.last_day(due_on, years, [day for _, day in known_days])
        found.append(Limit(item_id, due_on, last, today > last, known_days, zone, quiet.get(item_id)))
    return found


def _over(*which: ColumnElement[bool]) -> list[Limit]:
    """Those for which it is over; nothing younger than the shortest time is looked at."""
    oldest = clock.today() - _SHORTEST
    return [one for one in _limits(DueItem.due_on <= oldest, *which) if one.is_over]


def limits_of(item_ids: Collection[int], zone: str | None = None) -> dict[int, Limit]:
    """Of these due items, as far as they are open; `zone` is the creditor's, where it is known already."""
    found = _limits(DueItem.id.in_(list(item_ids)), zone=zone) if item_ids else []
    return {one.item_id: one for one in found}


def time_barred(item_ids: Collection[int]) -> set[int]:
    """Those of these due items that nobody may be asked for any more (rule C-14)."""
    return {one.item_id for one in _over(DueItem.id.in_(list(item_ids)))} if item_ids else set()


def any_barred(items: Iterable[Item]) -> bool:
    """Whether it is over for one of these."""
    return bool(barred_among({item.item_id: item.due_on for item in items}))


def barred_among(due_on: Mapping[int, date]) -> set[int]:
    """Those for which it is over; no statement where all of them are younger than the shortest time."""
    oldest = clock.today() - _SHORTEST
    return time_barred([item_id for item_id, day in due_on.items() if day <= oldest])


# At the moment of sending, and of charging


def debtor_is_silent(debtor_id: ColumnElement[int]) -> ColumnElement[bool]:
    """That nobody speaks to the customer of the statement around it at this moment."""
    set_here = exists().where(Silence.debtor_id == debtor_id, Silence.due_item_id.is_(None), _stands(clock.now()))
    return or_(set_here, hardship.rests(debtor_id))


def item_is_silent() -> ColumnElement[bool]:
    """That nobody speaks of the due item of the statement around it: something holds it, or somebody said so here."""
    return or_(holds.item_is_held(), exists().where(Silence.due_item_id == DueItem.id, _stands(clock.now())))


def set_for(debtor_id: int) -> set[str]:
    """The reasons set here that stand for the whole customer."""
    stands = Silence.debtor_id == debtor_id, Silence.due_item_id.is_(None), _stands(clock.now())
    return set(db.session().scalars(select(Silence.reason).where(*stands)))


def why_not_send(message: Message) -> str | None:
    """Nothing of ours goes to who must be left alone. What they asked for does, where it is they who ask (C-13)."""
    stand = set_for(message.debtor_id)
    if message.asked_for:
        stand &= rules.NOTHING_AT_ALL
    if stand or (not message.asked_for and hardship.running(message.debtor_id) is not None):
        return str(HELD_BACK)  # one word for all: who reads it may know of some and not of others
    return None


def stops_charges(debtor_id: int) -> bool:
    """That nothing may be taken from what this customer saved: others come first, or another speaks."""
    return bool(set_for(debtor_id) & rules.NO_CHARGES)


# Rows


@dataclass(frozen=True, slots=True)
class About:
    """The document of a due item, as colleagues call it."""

    invoice_id: int
    number: str
    due_on: date


def documents(item_ids: Collection[int]) -> dict[int, About]:
    wanted = select(DueItem.id, Invoice.id, Invoice.number, DueItem.due_on).join(
        Invoice, Invoice.id == DueItem.invoice_id
    )
    rows = db.session().execute(wanted.where(DueItem.id.in_(list(item_ids)))) if item_ids else ()
    return {item_id: About(invoice_id, number, due_on) for item_id, invoice_id, number, due_on in rows}


def open_items(debtor_id: int) -> list[tuple[int, About]]:
    """What a silence may be about besides the customer: due items on which something is open, the earliest first."""
    rows = db.session().execute(
        select(DueItem.id, Invoice.id, Invoice.number, DueItem.due_on)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(DueItem.debtor_id == debtor_id, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None))
        .order_by(DueItem.due_on, DueItem.id)
        .limit(MOST)
    )
    return [(item_id, About(invoice_id, number, due_on)) for item_id, invoice_id, number, due_on in rows]


def with_standing(statement: Any, now: datetime) -> Any:
    """The statement about one Debtor with five columns more, for `standing_of`: no further statement is asked."""
    each = aliased(Silence)
    order = case(
        {reason: place for place, reason in enumerate(rules.WEIGHT)}, value=each.reason, else_=len(rules.WEIGHT)
    )
    stands = each.status == SilenceStatus.SET, or_(each.until.is_(None), each.until > now)
    heaviest = (
        select(each.id)
        .where(each.debtor_id == Debtor.id, each.due_item_id.is_(None), *stands)
        .order_by(order, each.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        statement.outerjoin(Silence, Silence.id == heaviest)
        .outerjoin(Rest, and_(Rest.debtor_id == Debtor.id, hardship.runs(now)))
        .add_columns(Silence.reason, Silence.since, Silence.until, Rest.status_at, Rest.until)
    )


def standing_of(columns: Sequence[Any]) -> Silent | None:
    """Why nobody speaks to that customer, or None."""
    reason, since, until, rests_since, rests_until = columns
    found = [silent(reason, since, until, DEBTOR)] if since is not None else []
    if rests_since is not None:
        found.append(silent(rules.DIFFICULTY, rests_since, rests_until, DEBTOR))
    return weightiest(found)


def now_of(debtor_id: int) -> Silent | None:
    """Why nobody speaks to this customer at this moment, or None."""
    wanted = with_standing(select(Debtor.id).select_from(Debtor), clock.now()).where(Debtor.id == debtor_id)
    row = db.session().execute(wanted).one_or_none()
    return standing_of(row[1:]) if row is not None else None


def one(silence_id: int, *, lock: bool = False) -> Silence | None:
    wanted = select(Silence).where(Silence.id == silence_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def of_debtor(debtor_id: int, *, private: bool) -> Sequence[Silence]:
    """What was set about a customer and their due items, the newest first; `private`: also what few may know."""
    wanted = select(Silence).where(Silence.debtor_id == debtor_id)
    if not private:
        wanted = wanted.where(Silence.reason.not_in(sorted(rules.PRIVATE)))
    return db.session().scalars(wanted.order_by(Silence.id.desc()).limit(MOST)).all()


def standing(debtor_id: int, item_id: int | None, reason: str) -> Silence | None:
    """The same that stands already."""
    about = Silence.due_item_id == item_id if item_id is not None else Silence.due_item_id.is_(None)
    wanted = select(Silence).where(Silence.debtor_id == debtor_id, about, Silence.reason == reason)
    return db.session().scalars(wanted.where(_stands(clock.now())).limit(1)).one_or_none()


def run_out(now: datetime) -> list[int]:
    """Those whose day has come and that still stand as set."""
    wanted = select(Silence.id).where(Silence.status == SilenceStatus.SET, Silence.until <= now)
    return list(db.session().scalars(wanted))
