"""What a posting comes from, and what can be wrong with one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """What a posting comes from: with its id it is unique, so that a fact is booked once.

    It also names an origin: whose money a posting moves (`Transfer.origin_kind`, `origin_id`).
    """

    kind: str
    id: int


class AlreadyPosted(Exception):
    """This source has been booked before."""


class Overdrawn(Exception):
    """More would be taken than is there: of an origin's credit, or of what its money settled on a due item."""
