"""What happened: one append-only table that is history, audit chain, webhook source and figure source.

A feature declares frozen dataclasses with `@event("dispute.raised", …)` and calls `record()`. The rows are
chained per creditor just before the commit (rule D-30): gapless `seq`, `hash = SHA256(canonical JSON)`. An
event carries ids, dates and amounts, never a name or words that a person wrote: erasure must not break it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, TypeVar

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import bulk, clock, db, ids, scope

GENESIS = "0" * 64
MAX_CHAIN_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that has happened; subclasses add plain values. `about` names the field with the subject's id."""

    name: ClassVar[str] = ""
    public: ClassVar[bool] = False
    about: ClassVar[str] = ""

    debtor_id: int | None = None

    @property
    def subject_id(self) -> int | None:
        return getattr(self, f"{self.about}_id") if self.about else None


E = TypeVar("E", bound=type[Event])
EVENTS: dict[str, type[Event]] = {}


def event(name: str, *, about: str, public: bool = False) -> Callable[[E], E]:
    """Declares an event's name on the wire, the kind of its subject, and whether creditors' systems hear it."""

    def declare(cls: E) -> E:
        cls.name, cls.about, cls.public = name, about, public
        if name in EVENTS and EVENTS[name].__qualname__ != cls.__qualname__:
            raise ValueError(f"two events are called {name}")
        EVENTS[name] = cls
        return cls

    return declare


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `debtor`, `staff`, `system`, `provider` or `api`, which one, and through which link."""

    kind: str
    id: int | None = None
    link_id: int | None = None


SYSTEM = Actor("system")


def act_as(actor: Actor) -> None:
    """Says who acts for the rest of this unit of work."""
    db.session().info["actor"] = actor


def actor() -> Actor:
    found: Actor = db.session().info.get("actor", SYSTEM)
    return found


class EventRow(scope.PerhapsDebtorOwned, db.Base):
    """One link of a creditor's chain."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("creditor_id", "seq"),
        Index("ix_events_subject", "creditor_id", "subject_kind", "subject_id", "seq"),
        Index("ix_events_debtor", "creditor_id", "debtor_id", "seq"),
        Index("ix_events_name", "creditor_id", "name", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int | None]
    debtor_id: Mapped[int | None]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None]
    link_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ChainHead(scope.CreditorOwned, db.Base):
    """The end of a creditor's chain; its row lock is what makes `seq` gapless."""

    __tablename__ = "event_heads"

    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"), primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


# Reactions: what follows when something happens, in the same transaction. Filled by portal.reactions.
_reactions: dict[type[Event], list[Callable[[Any, int], None]]] = {}
_for_public: list[Callable[[Event, int], None]] = []


def when(kind: type[Event], react: Callable[[Any, int], None]) -> None:
    """`react(event, event_id)` runs whenever an event of exactly this kind is recorded."""
    _reactions.setdefault(kind, []).append(react)


def when_public(react: Callable[[Event, int], None]) -> None:
    """`react(event, event_id)` runs for each event that creditors' systems hear of."""
    _for_public.append(react)


def forget_reactions() -> None:
    """Empties the tables, so that an application built twice in one process reacts once."""
    _reactions.clear()
    _for_public.clear()


def plain(value: Any) -> Any:
    """A field's value as it stands in the chain and on the wire: ids spelled by their field, dates ISO."""
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def payload(happened: Event) -> dict[str, Any]:
    """The event's own fields as plain JSON values; ids are spelled (`portal.core.ids.spell`)."""
    data: dict[str, Any] = {}
    for one in dataclasses.fields(happened):
        value = getattr(happened, one.name)
        if value is None or one.name == "debtor_id":
            continue
        if one.name.endswith("_id"):
            value = ids.spell(value)
        elif one.name.endswith("_ids"):
            value = [ids.spell(item) for item in value]
        data[one.name] = plain(value)
    return data


def record(happened: Event) -> int:
    """Keeps `happened` for the commit and runs what follows from it now. Returns the event's id.

    Raises portal.core.scope.Unscoped outside a creditor's scope.
    """
    event_id = ids.new_id()
    row = _row(happened, event_id, clock.now().replace(microsecond=0), actor())
    db.session().info.setdefault("events", []).append(row)
    for react in _reactions.get(type(happened), ()):
        react(happened, event_id)
    if happened.public:
        for react in _for_public:
            react(happened, event_id)
    return event_id


def chronicle(happened: Event, event_id: int, at: datetime, who: Actor) -> None:
    """Keeps what happened at a moment of the past, for the commit: an invented history (portal.histories) alone.

    Nothing follows from it: whoever writes a history writes what followed, too.
    """
    db.session().info.setdefault("events", []).append(_row(happened, event_id, at, who))


def _row(happened: Event, event_id: int, at: datetime, who: Actor) -> dict[str, Any]:
    return {
        "id": event_id,
        "creditor_id": scope.current().creditor_id,
        "at": at,
        "name": happened.name,
        "subject_kind": happened.about,
        "subject_id": happened.subject_id,
        "debtor_id": happened.debtor_id,
        "actor_kind": who.kind,
        "actor_id": who.id,
        "link_id": who.link_id,
        "data": payload(happened),
    }


def canonical(record_: dict[str, Any]) -> bytes:
    """Keys sorted, no blanks, UTF-8 (decision 31)."""
    return json.dumps(record_, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(record_: dict[str, Any]) -> str:
    """The chain hash of one record, which holds `seq`, `at`, `prev` and what happened (rule D-30)."""
    return hashlib.sha256(canonical(record_)).hexdigest()


def chained(row: dict[str, Any]) -> dict[str, Any]:
    """The part of an event row that the hash covers; of a record without a subject, what kind it would be of too."""
    subject = "" if row["subject_id"] is None else ids.spell(row["subject_id"])
    return {
        "id": ids.spell(row["id"]),
        "seq": row["seq"],
        "at": clock.iso(row["at"]),
        "prev": row["prev"],
        "type": row["name"],
        "obj": f"{row['subject_kind']}:{subject}",
        "debtor": None if row["debtor_id"] is None else ids.spell(row["debtor_id"]),
        "actor": [row["actor_kind"], None if row["actor_id"] is None else ids.spell(row["actor_id"])],
        "link": None if row["link_id"] is None else ids.spell(row["link_id"]),
        "data": row["data"],
    }


def is_sealed_by(row: dict[str, Any]) -> bool:
    """Whether the row's hash is that of what stands in it.

    Until November 2026 a record without a subject said nothing of its kind: of such a one the kind is its event's.
    A newer record's hash never fits that older form, so nothing is lost by knowing both.
    """
    if row["at"].microsecond:  # the hash covers whole seconds, and nothing else is ever written
        return False
    record_ = chained(row)
    if row["hash"] == digest(record_):
        return True
    known = EVENTS.get(row["name"])
    kind_fits = known is None or known.about == row["subject_kind"]
    return row["subject_id"] is None and kind_fits and bool(row["hash"] == digest({**record_, "obj": None}))


@db.before_commit
def _chain(session: Session) -> None:
    """Gives this transaction's events their places in the creditor's chain; holds the head until the commit."""
    rows: list[dict[str, Any]] = session.info.pop("events", [])
    if not rows:
        return
    creditor_id = rows[0]["creditor_id"]
    session.flush()
    head = _move_head(session, len(rows))
    if head is None:
        _begin_chain(session, creditor_id)
        head = _move_head(session, len(rows))
    if head is None:
        raise RuntimeError("the chain's head can neither be made nor moved")
    seq, prev = head.seq - len(rows), head.hash
    for row in rows:
        seq += 1
        row.update(seq=seq, prev=prev)
        row["hash"] = prev = digest(chained(row))
    bulk.insert(EventRow, rows)
    session.execute(update(ChainHead).values(hash=prev), execution_options={"synchronize_session": False})


def _move_head(session: Session, by: int) -> Any:
    """Takes the next `by` places; the row stays locked until the commit, so that none is left empty."""
    return session.execute(
        update(ChainHead).values(seq=ChainHead.seq + by).returning(ChainHead.seq, ChainHead.hash),
        execution_options={"synchronize_session": False},
    ).one_or_none()


def _begin_chain(session: Session, creditor_id: int) -> None:
    """The head of a creditor's first records; another may be making it at this moment."""
    with suppress(IntegrityError), session.begin_nested():
        session.add(ChainHead(creditor_id=creditor_id, seq=0, hash=GENESIS))


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of one creditor's chain found; `first_bad` is (seq, why) or None."""

    records: int
    head: str
    first_bad: tuple[int, str] | None


def verify() -> ChainReport:
    """Walks the chain of the creditor in scope and names the first record that does not hold (rule D-30).

    What is added while it walks is left to the next time.
    """
    first, last, kept_seq, kept_hash = db.session().execute(_ENDS).one()
    if first is not None and first < 1:
        return ChainReport(0, GENESIS, (first, "stands before the first record"))
    found = _walk(kept_seq or last or 0)
    if found.first_bad is not None:
        return found
    if kept_seq is None and last is not None:
        return dataclasses.replace(found, first_bad=(last + 1, "the end of the chain is not kept"))
    if last is not None and kept_seq is not None and last > kept_seq:
        return dataclasses.replace(found, first_bad=(kept_seq + 1, "was added behind the end"))
    if kept_hash is not None and found.head != kept_hash:
        return dataclasses.replace(found, first_bad=(found.records, "is not the end that was kept"))
    return found


# In one statement, so that records written at this moment cannot come in between.
_ENDS = select(
    select(func.min(EventRow.seq)).scalar_subquery(),
    select(func.max(EventRow.seq)).scalar_subquery(),
    select(ChainHead.seq).scalar_subquery(),
    select(ChainHead.hash).scalar_subquery(),
)


def _walk(until: int) -> ChainReport:
    """Checks the records from the first to number `until`, each against the one before it."""
    session, seq, prev = db.session(), 0, GENESIS
    while seq < until:
        page = session.scalars(
            select(EventRow)
            .where(EventRow.seq > seq, EventRow.seq <= until)
            .order_by(EventRow.seq)
            .limit(MAX_CHAIN_PAGE)
            .execution_options(populate_existing=True)
        ).all()
        for row in page:
            values = {column.name: getattr(row, column.name) for column in EventRow.__table__.columns}
            if row.seq != seq + 1:
                return ChainReport(seq, prev, (seq + 1, "a record is missing"))
            if row.prev != prev:
                return ChainReport(seq, prev, (row.seq, "does not follow the record before it"))
            if not is_sealed_by(values):
                return ChainReport(seq, prev, (row.seq, "was changed after it was written"))
            seq, prev = row.seq, row.hash
            session.expunge(row)
        if not page:
            return ChainReport(seq, prev, (seq + 1, "records are missing at the end"))
    return ChainReport(seq, prev, None)
