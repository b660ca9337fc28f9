"""Whose turn it is while a feature has something under way: portal.features lists them, so a case never knows why.

A call that is booked stays the creditor's until its hour, a promise the customer's until its day, whatever is written
in between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.cases.models import Case
from portal.cases.states import CaseStatus


@dataclass(frozen=True, slots=True)
class Turn:
    """`status` says who acts next (OURS or THEIRS), `act_by` by when."""

    status: CaseStatus
    act_by: datetime


WhoseTurn = Callable[[Case], Turn | None]
# By kind (portal.cases.kinds); None where nothing is under way any more. From portal.features.
by_kind: dict[str, WhoseTurn] = {}


def of(case: Case) -> Turn | None:
    ask = by_kind.get(case.kind)
    return ask(case) if ask is not None else None
