"""What is open of a due item, apart: capital, interest and costs; payments imputed as art. 1194 c.c. has it (B-11).

Pure: a due item's dated lines go in, in any order; what is left of each part comes out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.core.money import Money

CAPITAL, INTEREST, COSTS = "capital", "interest", "costs"
INTEREST_WAIVED, COSTS_WAIVED = "interest_waived", "costs_waived"
CHARGE, CREDIT_NOTE = "invoice", "credit_note"
_AHEAD = "ahead"

# What a line lowers first. Interest and costs come before capital (art. 1194 c.c.); a credit note corrects capital.
_BY_MONEY = (INTEREST, COSTS, CAPITAL)
_BY_CREDIT_NOTE = (CAPITAL, INTEREST, COSTS)
_OFF_COSTS = (COSTS, INTEREST, CAPITAL)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on a due item as a reader sees it: positive raises what is owed, negative lowers it."""

    on: date
    kind: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Apart:
    """What is open, by what it is; the three together are what is open."""

    capital: Money
    interest: Money
    costs: Money

    @property
    def total(self) -> Money:
        return self.capital + self.interest + self.costs

    def __add__(self, other: "Apart") -> "Apart":
        return Apart(self.capital + other.capital, self.interest + other.interest, self.costs + other.costs)


def extra_of(kind: str) -> str | None:
    """INTEREST or COSTS for a line that adds to one of them or takes it back, None for every other."""
    return next((extra for extra in (INTEREST, COSTS) if kind == extra or kind.startswith(f"{extra}_")), None)


@dataclass(slots=True)
class Balance:
    """The fold of a due item's lines, in minor units of one currency."""

    open: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_BY_MONEY, 0))
    ahead: int = 0  # money with a value date before what it pays
    taken: list[dict[str, int]] = field(default_factory=list)  # of which part each settlement took how much

    @property
    def capital(self) -> int:
        return self.open[CAPITAL]

    @property
    def total(self) -> int:
        return sum(self.open.values())

    def apply(self, line: Line) -> None:
        """Takes the next line in. What raises is charged; any other rise is money that went back."""
        minor, extra = line.amount.minor, extra_of(line.kind)
        if minor < 0:
            taken = self._lower(-minor, _order(line.kind, extra))
            if extra is None:
                self.taken.append(taken)
        elif extra is not None or line.kind == CHARGE:
            self._raise(extra or CAPITAL, minor)
        else:
            self._give_back(minor)

    def _raise(self, part: str, minor: int) -> None:
        paid = min(self.ahead, minor)
        self.ahead -= paid
        self.open[part] += minor - paid

    def _lower(self, minor: int, order: Sequence[str]) -> dict[str, int]:
        taken = {}
        for part in order:
            taken[part] = min(self.open[part], minor)
            self.open[part] -= taken[part]
            minor -= taken[part]
        self.ahead += minor
        return {**taken, _AHEAD: minor}

    def _give_back(self, minor: int) -> None:
        """A payment that went back leaves every part as it would be without it; other payments stay."""
        whole = [place for place, taken in enumerate(self.taken) if sum(taken.values()) == minor]
        while minor and self.taken:
            taken = self.taken.pop(whole.pop() if whole else -1)
            for part in reversed(list(taken)):
                back = min(taken[part], minor)
                taken[part] -= back
                minor -= back
                self._restore(part, back)
            if any(taken.values()):
                self.taken.append(taken)
        self._raise(CAPITAL, minor)

    def _restore(self, part: str, minor: int) -> None:
        if part == _AHEAD:  # what has been used since is open again
            unused = min(self.ahead, minor)
            self.ahead -= unused
            part, minor = CAPITAL, minor - unused
        self._raise(part, minor)


def _order(kind: str, extra: str | None) -> Sequence[str]:
    if kind == CREDIT_NOTE:
        return _BY_CREDIT_NOTE
    return _OFF_COSTS if extra == COSTS else _BY_MONEY


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By value date; within a day what is charged, then credit notes, then payments, then what went back."""
    return sorted(lines, key=lambda line: (line.on, _rank(line)))


def _rank(line: Line) -> int:
    if line.kind == CHARGE:
        return 0
    if extra_of(line.kind) is not None:
        return 1
    if line.amount.minor > 0:
        return 4
    return 2 if line.kind == CREDIT_NOTE else 3


def fold(lines: Iterable[Line]) -> Balance:
    """The balance after all of these lines, by value date."""
    balance = Balance()
    for line in in_order(lines):
        balance.apply(line)
    return balance


def open_apart(lines: Sequence[Line], currency: str) -> Apart:
    """What is open of one due item: capital, interest, costs (vector I9)."""
    found = fold(lines).open
    return Apart(*(Money(found[part], currency) for part in (CAPITAL, INTEREST, COSTS)))


def add_up(parts: Iterable[Apart], currency: str) -> Apart:
    """The parts of several due items together; nought for none."""
    nothing = Money(0, currency)
    return sum(parts, Apart(nothing, nothing, nothing))


def open_apart_of_all(items: Iterable[Sequence[Line]], currency: str) -> Apart:
    """What is open of several due items, each imputed for itself."""
    return add_up((open_apart(lines, currency) for lines in items), currency)


def gathered(lines: Sequence[Line]) -> list[Line]:
    """The lines for a reader, oldest first: interest booked day by day is one line between two other lines."""
    found: list[Line] = []
    for line in in_order(lines):
        last = found[-1] if found else None
        if last is not None and last.kind == line.kind == INTEREST:
            found[-1] = Line(line.on, INTEREST, last.amount + line.amount)
        else:
            found.append(line)
    return [line for line in found if line.amount or line.kind == CHARGE]
