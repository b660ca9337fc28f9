"""Periodic work goes its rounds: from creditor to creditor, each thing in a transaction of its own.

What goes wrong with one keeps no other waiting, and is tried again on the next round.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from portal.core import db, scope
from portal.creditors import queries

log = logging.getLogger("portal.rounds")


def everyone() -> list[int]:
    """Every creditor's id."""
    with db.transaction(writes=False):
        return queries.all_ids()


@contextmanager
def at(creditor_id: int, *, writes: bool = True) -> Iterator[None]:
    """A transaction in the scope of this creditor; to look what is to be done, one without `writes`."""
    with db.transaction(writes=writes):
        scope.enter(creditor_id)
        yield


def each(creditor_id: int, subjects: Iterable[int], act: Callable[[int], object], name: str) -> None:
    """Does `act` for each of the creditor's `subjects`; `name` is what the log calls one that it fails for."""
    for subject_id in subjects:
        try:
            with at(creditor_id):
                act(subject_id)
        except Exception:
            log.exception("could not be seen to", extra={"creditor": creditor_id, name: subject_id})
