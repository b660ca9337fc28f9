"""What the database holds right now, as plain rows: read once for a round of invariants, whoever asks first."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, select

from portal.core import db, scope
from portal.core.events import EventRow
from portal.simulator.cast import House
from portal.simulator.world import World

Rows = Sequence[Row[Any]]


@lru_cache(maxsize=64)
def _all_of(model: type[db.Base]) -> Select[Any]:
    columns = [getattr(model, one.key) for one in model.__mapper__.column_attrs]
    return select(*columns).order_by(columns[0])


# Which tables were asked for once are asked for again: what must be read anew is read in one transaction.
_ASKED_FOR: dict[type[db.Base], None] = {}


class Picture:
    """One creditor's rows by table, and those of the global tables. Rows answer to their columns' names."""

    def __init__(self, world: World, house: House) -> None:
        self.world, self.house = world, house
        self._rows: dict[type[db.Base], Rows] = {}
        self._history: list[Row[Any]] = []
        self._is_whole = False
        self._read_by: dict[str, int] = {}

    def forget(self, tables: AbstractSet[str]) -> None:
        """These tables were written to: what was read of them is of yesterday."""
        for model in [one for one in self._rows if one.__tablename__ in tables]:
            del self._rows[model]
        self._is_whole = self._is_whole and EventRow.__tablename__ not in tables

    def of(self, model: type[db.Base]) -> Rows:
        """Every row of a table that this creditor has; of a global table, those that name it."""
        if model not in self._rows:
            _ASKED_FOR[model] = None
            with self.world.looking(self.house) as session:
                for one in _ASKED_FOR:
                    if one not in self._rows:
                        self._rows[one] = self._own(one, session.execute(_all_of(one)).all())
        return self._rows[model]

    def _own(self, model: type[db.Base], found: Rows) -> Rows:
        if model.__tablename__ not in scope.GLOBAL_TABLES:
            return found
        return [row for row in found if row.creditor_id == self.house.creditor_id]

    def by_id(self, model: type[db.Base]) -> dict[int, Row[Any]]:
        return {row.id: row for row in self.of(model)}

    @property
    def history(self) -> list[Row[Any]]:
        """Every event, oldest first; only the new ones are read."""
        if not self._is_whole:
            columns = [getattr(EventRow, one.key) for one in EventRow.__mapper__.column_attrs]
            last = self._history[-1].seq if self._history else 0
            with self.world.looking(self.house) as session:
                newer = select(*columns).where(EventRow.seq > last).order_by(EventRow.seq)
                self._history.extend(session.execute(newer).all())
            self._is_whole = True
        return self._history

    def news(self, reader: str) -> list[Row[Any]]:
        """The events that `reader` has not had yet."""
        had = self._read_by.get(reader, 0)
        self._read_by[reader] = len(self.history)
        return self._history[had:]


def pictures(world: World) -> tuple[Picture, ...]:
    """One for each creditor, as the database is now."""
    taken: tuple[Picture, ...] | None = world.seen.get("pictures")
    if taken is None:
        taken = world.seen["pictures"] = tuple(Picture(world, house) for house in world.houses)
    written = world.written.take()
    if written:
        for picture in taken:
            picture.forget(written)
    return taken
