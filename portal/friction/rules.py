"""A person's way from a link to settled, folded into figures; without a database.

A way begins where somebody typed the right fact: what fetches links and presses buttons never gets there, so scanners
are in no figure after “delivered” (rules A-33, E-18).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.text import Text, t

WINDOW = timedelta(days=30)  # what is settled later is not counted as this link's doing

# What a person did by a link, by the names of events: it counts as acted.
ACTS = frozenset({
    "receipt.confirmed", "receipt.problem_reported", "receipt.denied", "question.asked", "reason.given",
    "promise.made", "already_paid.claimed", "dispute.raised", "plan.proposed", "plan.accepted", "call.booked",
    "transfer.announced", "case.written",
})  # fmt: skip
CODE_ASKED, CODE_PROVED = "step_up.asked", "step_up.proved"
DECLINES = frozenset({"step_up.declined", "plan.rejected"})  # terms that were shown and not taken
TOLD = frozenset({*ACTS, *DECLINES, CODE_ASKED, CODE_PROVED})

SETTLED, ACTED, PAYING, CODE, LOOKED, ENTERED = "settled", "acted", "paying", "code", "looked", "entered"
ENDS: dict[str, Text] = {
    SETTLED: t("Something was settled"),
    ACTED: t("They answered, and nothing is settled yet"),
    PAYING: t("They began to pay and did not finish"),
    CODE: t("They stopped at the one-time code"),
    LOOKED: t("They looked at a document and left"),
    ENTERED: t("They came in and left at the first page"),
}


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """One try to pay; `paid_at` when the money came."""

    method: str
    begun_at: datetime
    paid_at: datetime | None
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One person's way through one link. `key`, `channel`, `language`: of the message that brought it, if one did."""

    link_id: int
    debtor_id: int
    purpose: str
    key: str | None
    channel: str | None
    language: str | None
    device: str | None
    entered_at: datetime
    views: tuple[datetime, ...] = ()
    acts: tuple[Act, ...] = ()
    payments: tuple[Payment, ...] = ()
    settled_at: datetime | None = None  # when something of theirs was first settled by money, within WINDOW

    @property
    def has_looked(self) -> bool:
        return bool(self.views)

    @property
    def has_acted(self) -> bool:
        """Answered something, or tried to pay."""
        return bool(self.payments) or any(one.name in ACTS for one in self.acts)

    @property
    def paid_at(self) -> datetime | None:
        """When a payment that was begun here came in."""
        return min((one.paid_at for one in self.payments if one.paid_at is not None), default=None)

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None or self.paid_at is not None

    @property
    def seconds(self) -> int | None:
        """From the gate to the beginning of the payment that came in; what the bank takes is not theirs."""
        paid = [one.begun_at for one in self.payments if one.paid_at is not None]
        return max(0, int((min(paid) - self.entered_at).total_seconds())) if paid else None

    @property
    def steps(self) -> int | None:
        """What they did until then: the gate, each document looked at, each answer, each try to pay."""
        paid = [one.begun_at for one in self.payments if one.paid_at is not None]
        if not paid:
            return None
        until = min(paid)
        moments = [*self.views, *(one.at for one in self.acts), *(one.begun_at for one in self.payments)]
        return 1 + sum(at <= until for at in moments)

    @property
    def end(self) -> str:
        """Where it ended, a key of ENDS: the furthest that they came."""
        names = {one.name for one in self.acts}
        if self.is_settled:
            return SETTLED
        if self.payments:
            return PAYING
        if CODE_ASKED in names and CODE_PROVED not in names:
            return CODE
        if self.has_acted:
            return ACTED
        return LOOKED if self.has_looked else ENTERED


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages with a link of one kind, counted by link: `delivered` as the network said, or as the visit proves."""

    purpose: str
    key: str
    channel: str
    language: str
    sent: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many links came how far. Shares: delivered and entered of sent; the rest of entered."""

    sent: int
    delivered: int
    entered: int
    looked: int
    acted: int
    settled: int


def funnel(sent: Iterable[Sent], ways: Sequence[Way]) -> Funnel:
    kinds = list(sent)
    return Funnel(
        sum(one.sent for one in kinds),
        sum(one.delivered for one in kinds),
        len(ways),
        sum(one.has_looked for one in ways),
        sum(one.has_acted for one in ways),
        sum(one.is_settled for one in ways),
    )


def by(
    sent: Sequence[Sent],
    ways: Sequence[Way],
    of_sent: Callable[[Sent], str | None],
    of_way: Callable[[Way], str | None],
) -> dict[str | None, Funnel]:
    """One funnel for each value, the most entered first."""
    names = {*map(of_sent, sent), *map(of_way, ways)}
    found = {
        name: funnel([one for one in sent if of_sent(one) == name], [one for one in ways if of_way(one) == name])
        for name in names
    }
    return dict(sorted(found.items(), key=lambda one: (-one[1].entered, -one[1].sent, one[0] or "~")))


def ends(ways: Iterable[Way]) -> dict[str, int]:
    """How many ended where, in the order of ENDS."""
    found = dict.fromkeys(ENDS, 0)
    for one in ways:
        found[one.end] += 1
    return found


@dataclass(frozen=True, slots=True)
class Tried:
    """Of one way to pay: tries begun, paid, declined, and left without an end."""

    begun: int
    paid: int
    declined: int

    @property
    def left(self) -> int:
        return self.begun - self.paid - self.declined


def tries(ways: Iterable[Way]) -> dict[str, Tried]:
    """By way to pay, the most used first."""
    found: dict[str, list[Payment]] = {}
    for way in ways:
        for one in way.payments:
            found.setdefault(one.method, []).append(one)
    counted = {
        method: Tried(
            len(some),
            sum(one.paid_at is not None for one in some),
            sum(one.declined and one.paid_at is None for one in some),
        )
        for method, some in found.items()
    }
    return dict(sorted(counted.items(), key=lambda one: (-one[1].begun, one[0])))


def declined(ways: Iterable[Way]) -> int:
    """Ways on which terms were shown and not taken."""
    return sum(any(act.name in DECLINES for act in way.acts) for way in ways)


def middle(values: Iterable[int | None]) -> int | None:
    """The median of what is known, the lower of two; None of nothing."""
    known = sorted(one for one in values if one is not None)
    return known[(len(known) - 1) // 2] if known else None


def nine_in_ten(values: Iterable[int | None]) -> int | None:
    """What nine in ten do not exceed (nearest rank); None of nothing."""
    known = sorted(one for one in values if one is not None)
    return known[-(-9 * len(known) // 10) - 1] if known else None


def share(part: int, whole: int) -> int | None:
    """In whole per cent, rounded half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole > 0 else None
