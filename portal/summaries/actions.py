"""The sums follow every posting in its own transaction, and are put right where a count finds otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, func, inspect, select, tuple_, update
from sqlalchemy import event as listened
from sqlalchemy.orm import Session

from portal.confirmations.events import ReceiptConfirmed
from portal.core import bulk, clock, db, events, ids, scope
from portal.invoices.events import InvoiceWithdrawn
from portal.invoices.models import DueItem
from portal.ledger import noted
from portal.ledger.models import Receivable
from portal.summaries import queries
from portal.summaries.events import SumsPutRight
from portal.summaries.models import FigureCount, FigureSum
from portal.summaries.queries import Told
from portal.summaries.rules import Key, Posting, Sums, by_grain, tell_item, tell_posting

Changes = Mapping[tuple[str, Key], tuple[int, int]]
_PIECE = 2_000  # due items that are looked at in one go


@dataclass(slots=True)
class _Retold:
    """What this transaction changed of due items besides posting on them, as it was before."""

    due_on: dict[int, date] = field(default_factory=dict)  # by due item
    invoices: dict[int, set[int]] = field(default_factory=dict)  # and the answers that confirmed its receipt
    withdrawn: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.due_on or self.invoices)


def _retold(session: Session) -> _Retold:
    found: _Retold = session.info.setdefault("retold", _Retold())
    return found


def hear_withdrawn(event: InvoiceWithdrawn, _event_id: int) -> None:
    found = _retold(db.session())
    found.invoices.setdefault(event.invoice_id, set())
    found.withdrawn.add(event.invoice_id)


def hear_confirmed(event: ReceiptConfirmed, _event_id: int) -> None:
    _retold(db.session()).invoices.setdefault(event.invoice_id, set()).add(event.answer_id)


@listened.listens_for(DueItem.due_on, "set")
def _hear_moved(item: DueItem, _due_on: date, _before: object, _initiator: object) -> None:
    """No event says from which day a due date was moved; nor does the row as it was read, where another moved it
    since: it is asked for once more, and held."""
    at = inspect(item)
    session = at.session
    if not at.persistent or session is None or item.id in _retold(session).due_on:
        return
    with session.no_autoflush:
        before = session.scalar(select(DueItem.due_on).where(DueItem.id == item.id).with_for_update())
    if before is not None:
        _retold(session).due_on[item.id] = before


@db.first_before_commit
def _add_up(session: Session) -> None:
    """What this transaction has changed of any sum is added as it commits."""
    posted, retold = noted.taken(session), session.info.pop("retold", _Retold())
    if not (posted or retold):
        return
    session.flush()
    sums, new = Sums(), {row["id"] for row in posted}
    for row in posted:
        tell_posting(row["currency"], _posting(row), sums)
    item_ids = {row["receivable_id"] for row in posted if row["receivable_id"] is not None} | set(retold.due_on)
    if retold:
        item_ids.update(queries.of_invoices(retold.invoices))
        _hold(item_ids)
    wanted = sorted(item_ids)
    for at in range(0, len(wanted), _PIECE):
        _tell_changes(queries.items(wanted[at : at + _PIECE]), new, retold, sums)
    _add(by_grain(sums.there()))


def _posting(row: Mapping[str, Any]) -> Posting:
    return Posting(row["value_on"], row["debit"], row["credit"], row["kind"], row["amount_minor"])


def _hold(item_ids: Iterable[int]) -> None:
    """Who posts on them at the same moment sees what was changed, or is seen: postings hold their due item too."""
    held = select(Receivable.id).where(Receivable.id.in_(sorted(item_ids))).order_by(Receivable.id)
    db.session().execute(held.with_for_update())


def _tell_changes(found: list[Told], new: set[int], retold: _Retold, sums: Sums) -> None:
    """The course of each with what this transaction did, less its course without it."""
    calendar = queries.Calendar()
    heard = queries.heard({one.invoice_id for one in found})
    answers = [answer for given in retold.invoices.values() for answer in given]
    heard_before = queries.heard(retold.invoices, answers) if answers else {}
    before = Sums()
    for told in found:
        heard_at, gone_at = heard.get(told.invoice_id), told.withdrawn_at
        item = calendar.item(told, told.due_on, gone_at, heard_at)
        tell_item(item, (posting for _id, posting in told.postings), sums)
        old = [posting for posting_id, posting in told.postings if posting_id not in new]
        if not old:
            continue
        if told.invoice_id in retold.withdrawn:
            gone_at = None
        if retold.invoices.get(told.invoice_id):
            heard_at = heard_before.get(told.invoice_id)
        due_on = retold.due_on.get(told.item_id, told.due_on)
        tell_item(calendar.item(told, due_on, gone_at, heard_at), old, before)
    sums.take_off(before)


def _add(changes: Changes) -> None:
    creditor_id = scope.current().creditor_id
    bulk.insert(
        FigureSum,
        [
            {"id": ids.new_id(), "creditor_id": creditor_id, "currency": key.currency, "kind": key.kind,
             "grain": grain, "on_day": key.on, "key_day": key.of, "amount_minor": minor, "items": items}
            for (grain, key), (minor, items) in sorted(changes.items())
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recount:
    """What a count of everything found wrong, to be added; `run` is the count that it follows."""

    run: int | None
    was_whole: bool
    wrong: Changes


def recount() -> Recount:
    """Counts the creditor in scope anew. Belongs into a frozen transaction: postings go on meanwhile, and what they
    add comes on top of what is found here."""
    head = queries.head()
    right, there = by_grain(queries.count().there()), queries.kept()
    wrong = {}
    for key in right.keys() | there.keys():
        (minor, items), (kept_minor, kept_items) = right.get(key, _NOUGHT), there.get(key, _NOUGHT)
        if (minor, items) != (kept_minor, kept_items):
            wrong[key] = minor - kept_minor, items - kept_items
    if head is None:
        return Recount(None, was_whole=False, wrong=wrong)
    return Recount(head.run, head.counted_at is not None, wrong)


_NOUGHT = (0, 0)


def put_right(found: Recount) -> bool:
    """Adds what was missing, and says so where the sums had been whole; False where another count came first."""
    run = (found.run or 0) + 1
    differed = len(found.wrong) if found.was_whole else 0
    if found.run is None:
        if queries.head() is not None:
            return False
        db.session().add(FigureCount(run=run, counted_at=clock.now(), differed=differed))
        db.session().flush()
    else:
        first = update(FigureCount).where(FigureCount.run == found.run)
        if not db.changed(first.values(run=run, counted_at=clock.now(), differed=differed)):
            return False
    _add(found.wrong)
    if differed:
        kinds = sorted({key.kind for _grain, key in found.wrong})
        since = min(key.on for _grain, key in found.wrong)
        events.record(SumsPutRight(sums=differed, kinds=",".join(kinds), since=since))
    return True


def set_back() -> None:
    """The sums are not whole until they are counted again: rows are written past the books' own places
    (portal.histories)."""
    if queries.head() is None:
        db.session().add(FigureCount(run=1, counted_at=None, differed=0))
    else:
        db.changed(update(FigureCount).values(run=FigureCount.run + 1, counted_at=None))


def fold(most: int) -> int:
    """Rows of the same key become one, of up to so many keys; how many keys that were.

    What is deleted is what is added up, so neither a posting nor another fold at the same moment is lost or doubled.
    """
    one = FigureSum
    key = (one.grain, one.currency, one.kind, one.on_day, one.key_day)
    several = db.session().execute(select(*key).group_by(*key).having(func.count(one.id) > 1).limit(most)).all()
    if not several:
        return 0
    gone = delete(one).where(tuple_(*key).in_([tuple(row) for row in several]))
    rows = db.session().execute(
        gone.returning(*key, one.amount_minor, one.items), execution_options={"synchronize_session": False}
    )
    sums: dict[tuple[str, Key], tuple[int, int]] = {}
    for grain, currency, kind, on, of, minor, items in rows:
        place = grain, Key(currency, kind, on, of)
        was = sums.get(place, _NOUGHT)
        sums[place] = was[0] + minor, was[1] + items
    _add({place: found for place, found in sums.items() if found != _NOUGHT})
    return len(several)
