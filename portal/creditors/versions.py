"""Rules that a creditor writes down in versions: numbered from 1, never changed, a change is a new version.

A feature keeps them in a table of its own (`Kept`: number, made_at, made_by and what it holds) and says what they
mean; here is how they are looked up, written one after the other, and listed (`Series`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, events, ids, scope
from portal.core.errors import StaleWrite
from portal.core.text import t


class Kept(Protocol):
    """A table of versions; (creditor_id, number) is unique."""

    id: Any
    number: Any
    made_at: Any
    made_by: Any

    def __init__(self, **columns: Any) -> None: ...


K = TypeVar("K", bound=Kept)


class Overtaken(StaleWrite):
    """Somebody else wrote a version meanwhile: `now` is the one in force, as its feature reads it."""

    def __init__(self, now: Any) -> None:
        super().__init__(t("Somebody else has changed this meanwhile. Look at both, then save again."))
        self.now = now


def newest(kind: type[K]) -> K | None:
    """The version in force for the creditor in scope; None where it never wrote one."""
    return db.session().scalars(select(kind).order_by(kind.number.desc()).limit(1)).one_or_none()


def numbered(kind: type[K], number: int) -> K:
    """The version of that number. Raises LookupError for one that never was."""
    row = db.session().scalars(select(kind).where(kind.number == number)).one_or_none()
    if row is None:
        raise LookupError(number)
    return row


def add(kind: type[K], number: int, by: int | None, held: Mapping[str, Any]) -> K | None:
    """Writes the version of that number; None where somebody wrote it at this very moment."""
    who = scope.current().creditor_id
    row = kind(id=ids.new_id(), creditor_id=who, number=number, made_at=clock.now(), made_by=by, **held)
    try:
        with db.session().begin_nested():
            db.session().add(row)
    except IntegrityError:
        return None
    return row


@dataclass(frozen=True, slots=True)
class Written:
    """One version in the list of them: when it was written, and by whom."""

    number: int
    made_at: datetime
    made_by: int | None


def history(kind: type[Kept], most: int = 50) -> list[Written]:
    """The versions that were written, the newest first."""
    rows = db.session().execute(
        select(kind.number, kind.made_at, kind.made_by).order_by(kind.number.desc()).limit(most)
    )
    return [Written(*row) for row in rows]


class Numbered(Protocol):
    """A version as its feature reads it; number 0 is what holds where nothing was ever written."""

    @property
    def number(self) -> int: ...


V = TypeVar("V", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Series(Generic[V]):
    """A creditor's rules of one kind: the table that keeps them, what holds `first`, how a row is `read`, what a
    version `holds` of its table's own columns, and the event that `tells` of a new one by its row's id and number."""

    table: type[Kept]
    first: V
    read: Callable[[Any], V]
    holds: Callable[[V], Mapping[str, Any]]
    tells: Callable[[int, int], events.Event]

    def current(self) -> V:
        """The version in force for the creditor in scope; number 0 where it never wrote one."""
        row = newest(self.table)
        return self.first if row is None else self.read(row)

    def version(self, number: int) -> V:
        """The version that a decision cites. Raises LookupError for one that never was."""
        return self.first if number == self.first.number else self.read(numbered(self.table, number))

    def write(self, wanted: V, *, by: int | None, after: int) -> V:
        """A new version after version `after`; the one in force where nothing differs from it.

        Raises Overtaken where another version is in force by now, also when it comes at this very moment: then the
        number is taken, which the unique key says.
        """
        before, held = self.current(), self.holds(wanted)
        if self.holds(before) == held:
            return before
        if before.number != after:
            raise Overtaken(before)
        row = add(self.table, before.number + 1, by, held)
        if row is None:
            raise Overtaken(self.current())
        events.record(self.tells(row.id, row.number))
        db.session().flush()
        return self.read(row)

    def history(self) -> list[Written]:
        """The versions that were written, the newest first."""
        return history(self.table)
