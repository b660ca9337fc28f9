"""Rows and events of invented histories, gathered for some customers and written in one go.

Ids come from the seed, so that the same history is the same to the last digit; they rise with time as real ones do.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Table

from portal.core import bulk, db, events
from portal.core.events import Actor, Event

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_COUNT_BITS = 22  # as in portal.core.ids
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    at: datetime
    event_id: int
    happened: Event
    who: Actor


@dataclass(slots=True)
class Pen:
    """What is being written for one creditor; `end` is the last moment.

    Both lots are the customer's own, from the seed: one decides what happens, the other what its rows are called.
    """

    creditor_id: int
    end: datetime
    lot: random.Random = field(default_factory=random.Random)
    ids: random.Random = field(default_factory=random.Random)
    rows: dict[type[db.Base], list[Row]] = field(default_factory=dict)
    told: list[_Told] = field(default_factory=list)

    def moment(self, day: date, *, after: datetime | None = None) -> datetime:
        """A moment of that day in working hours, and some minutes after `after` where that is the same day."""
        hour, minute, second = self.lot.randint(7, 16), self.lot.randint(0, 59), self.lot.randint(0, 59)
        found = datetime.combine(day, time(hour, minute, second, tzinfo=UTC))
        if after is not None and found <= after:
            return after + timedelta(minutes=self.lot.randint(1, 90))
        return found

    def new_id(self, at: datetime) -> int:
        since = at - _EPOCH
        milliseconds = (since.days * 86_400 + since.seconds) * 1000 + self.ids.randrange(1000)
        return milliseconds << _COUNT_BITS | self.ids.getrandbits(_COUNT_BITS)

    def write(self, model: type[db.Base], **values: Any) -> Row:
        """A row of this creditor's, to be changed until it is written; what is not said has its default."""
        row = {**_empty(model), "creditor_id": self.creditor_id, **values}
        self.rows.setdefault(model, []).append(row)
        return row

    def tell(self, at: datetime, happened: Event, who: Actor = events.SYSTEM) -> int:
        event_id = self.new_id(at)
        self.told.append(_Told(at, event_id, happened, who))
        return event_id

    def put_down(self) -> int:
        """Writes all that was gathered, those first whom others name; how many rows it was."""
        written = len(self.told)
        for table in db.Base.metadata.sorted_tables:
            for model in [one for one in self.rows if one.__table__ is table]:
                rows = self.rows.pop(model)
                bulk.insert(model, rows)
                written += len(rows)
        for one in sorted(self.told, key=lambda one: one.at):
            events.chronicle(one.happened, one.event_id, one.at, one.who)
        self.told.clear()
        return written


_EMPTY: dict[type[db.Base], Mapping[str, Any]] = {}


def _empty(model: type[db.Base]) -> Mapping[str, Any]:
    """Every column with its plain default, so that all rows of a table name the same columns."""
    if model not in _EMPTY:
        table = model.__table__
        assert isinstance(table, Table)
        _EMPTY[model] = {
            one.name: one.default.arg if one.default is not None and one.default.is_scalar else None
            for one in table.columns
        }
    return _EMPTY[model]
