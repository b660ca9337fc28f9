"""How likely a due item is to be paid late, in whole per cent and in words; without a database, a clock or a page.

The start is the share of this customer's own items that came late, drawn towards what all customers do while little
is known. What else was known when the document was issued, and what has happened to it since, moves that by points.
Nobody outside the creditor ever reads it, and it only ever makes somebody care earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from portal.core.text import Text, t

PRIOR_ITEMS = 2  # what all customers do counts as much as so many items of one's own
LEAST, MOST = 1, 99
HIGH_FROM, MIDDLE_FROM = 50, 25
REMEMBERED = 5  # the newest outcomes that count by themselves
AUGUST, DECEMBER = 8, 12
FEW_DAYS, MANY_DAYS = 3, 10  # that they usually pay before the due date
_UNTOLD = 20  # per cent that pay late where nobody has ever paid


@dataclass(frozen=True, slots=True)
class Past:
    """What was known of how a customer pays on a day. Sums are over `items`, the due items that were settled by then.

    `margin_days` counts from the due date to the payment, below nought before it; `recent` says of the newest
    outcomes, newest first, whether they were late; `open_late` counts what was open and past its day.
    """

    items: int = 0
    late: int = 0
    margin_days: int = 0
    days_late: int = 0
    amount_minor: int = 0
    recent: tuple[bool, ...] = ()
    open_late: int = 0

    @property
    def usual_minor(self) -> int | None:
        return self.amount_minor // self.items if self.items else None


@dataclass(frozen=True, slots=True)
class Everyone:
    """All customers of the creditor together: how many due items were settled, and how many of them late."""

    items: int = 0
    late: int = 0


class Answer(StrEnum):
    """What the customer said about the receipt of the document."""

    FINE = "fine"
    NOT_FINE = "not_fine"  # not received, or something is wrong with it


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened since the document was issued: nothing where nobody has looked."""

    unanswered_days: int = 0  # since they were first asked whether it arrived
    answer: Answer | None = None
    will_pay_on: date | None = None  # the day that they named
    moved: int = 0  # times that they named another day for it
    broken: int = 0  # named days of theirs that passed without payment, within a year


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a score is reckoned from. Amounts are minor units of the item's own currency."""

    amount_minor: int
    issued_on: date
    due_on: date
    past: Past = field(default_factory=Past)
    everyone: Everyone = field(default_factory=Everyone)
    since: Since = field(default_factory=Since)


class Code(StrEnum):
    """What a reason is about."""

    HISTORY = "history"
    FIRST = "first"
    RECENT = "recent"
    MARGIN = "margin"
    OPEN_LATE = "open_late"
    AMOUNT = "amount"
    AUGUST = "august"
    DECEMBER = "december"
    MONTH_END = "month_end"
    UNANSWERED = "unanswered"
    FINE = "fine"
    NOT_FINE = "not_fine"
    WILL_PAY_LATE = "will_pay_late"
    MOVED = "moved"
    BROKEN = "broken"


# What is the same whichever of a customer's documents it is about.
OF_THE_CUSTOMER = frozenset({Code.HISTORY, Code.FIRST, Code.RECENT, Code.MARGIN, Code.OPEN_LATE, Code.BROKEN})


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moved the score: up by `points` per cent, or down where they are below nought."""

    code: Code
    points: int
    text: Text


class Level(StrEnum):
    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


LEVELS: dict[str, Text] = {
    Level.LOW: t("probably on time"),
    Level.MIDDLE: t("perhaps late"),
    Level.HIGH: t("probably late"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """Out of a hundred such items so many are paid late; the reasons with the most weight first."""

    percent: int
    reasons: tuple[Reason, ...]
    learned: bool = False  # by the creditor's own model, else by the rules

    @property
    def level(self) -> Level:
        return level_of(self.percent)


def level_of(percent: int) -> Level:
    if percent >= HIGH_FROM:
        return Level.HIGH
    return Level.MIDDLE if percent >= MIDDLE_FROM else Level.LOW


def score(facts: Facts) -> Score:
    """The score by the rules: what was known at issue, then what has happened since."""
    percent, reasons = at_issue(facts)
    return afterwards(percent, reasons, facts)


def afterwards(percent: int, reasons: list[Reason], facts: Facts, *, learned: bool = False) -> Score:
    """The score with what has happened since the document was issued, on top of what was known then."""
    later = _later(facts)
    ordered = sorted((*reasons, *later), key=lambda one: -abs(one.points))
    return Score(_within(percent + sum(one.points for one in later)), tuple(ordered), learned)


def at_issue(facts: Facts) -> tuple[int, list[Reason]]:
    """What was to be expected when the document was issued, in per cent, and why."""
    common = everyone_percent(facts.everyone)
    start = own_percent(facts)
    first = facts.past.items == 0
    reasons = [Reason(Code.FIRST if first else Code.HISTORY, start - common, _start_in_words(facts))]
    percent = start
    for code, find in _MOVES.items():
        moved = _moved(percent, find(facts))
        if moved != percent:
            reasons.append(Reason(code, moved - percent, words(code, facts)))
        percent = moved
    return _within(percent), reasons


def _moved(percent: int, by: int) -> int:
    """So many per cent of the way to certainty, up or (below nought) down: what is sure already is moved little."""
    return percent + ((100 - percent) if by > 0 else percent) * by // 100


def everyone_percent(everyone: Everyone) -> int:
    """Out of a hundred items of all customers so many were late; a cautious guess where there are none yet."""
    return (100 * everyone.late + _UNTOLD * PRIOR_ITEMS) // (everyone.items + PRIOR_ITEMS)


def own_percent(facts: Facts) -> int:
    """Out of a hundred items of this customer so many were late, drawn towards what everybody does."""
    past, common = facts.past, everyone_percent(facts.everyone)
    return (100 * past.late + common * PRIOR_ITEMS) // (past.items + PRIOR_ITEMS)


def margin(past: Past) -> int | None:
    """How many days before the due date they usually pay; below nought after it. None where nothing was paid."""
    return -past.margin_days // past.items if past.items else None


def _within(percent: int) -> int:
    return min(MOST, max(LEAST, percent))


def _recent(facts: Facts) -> int:
    recent = facts.past.recent[:REMEMBERED]
    if len(recent) < 3:
        return 0
    if all(recent[:3]):
        return 8
    return -5 if not any(recent) and facts.past.late else 0


def _margin(facts: Facts) -> int:
    days = margin(facts.past)
    if days is None or facts.past.items < 3:
        return 0
    if days < 0:
        return 8
    if days <= FEW_DAYS:
        return 4
    return -8 if days >= MANY_DAYS else 0


def _open_late(facts: Facts) -> int:
    return min(15, 8 * facts.past.open_late) if facts.past.open_late else 0


def _amount(facts: Facts) -> int:
    usual = facts.past.usual_minor
    if usual is None or facts.past.items < 3 or usual <= 0:
        return 0
    if facts.amount_minor >= 2 * usual:
        return 8
    if 2 * facts.amount_minor >= 3 * usual:
        return 4
    return -4 if 2 * facts.amount_minor <= usual else 0


def is_month_end(due_on: date) -> bool:
    return (due_on + timedelta(days=5)).month != due_on.month


_MOVES: dict[Code, Callable[[Facts], int]] = {
    Code.RECENT: _recent,
    Code.MARGIN: _margin,
    Code.OPEN_LATE: _open_late,
    Code.AMOUNT: _amount,
    Code.AUGUST: lambda facts: 5 if facts.due_on.month == AUGUST else 0,
    Code.DECEMBER: lambda facts: 3 if facts.due_on.month == DECEMBER else 0,
}


def _later(facts: Facts) -> list[Reason]:
    since = facts.since
    found: list[tuple[Code, int]] = []
    if since.answer is Answer.NOT_FINE:
        found.append((Code.NOT_FINE, 15))
    elif since.answer is Answer.FINE:
        found.append((Code.FINE, -10))
    elif since.unanswered_days >= 5:
        found.append((Code.UNANSWERED, 10))
    if since.will_pay_on is not None and since.will_pay_on > facts.due_on:
        found.append((Code.WILL_PAY_LATE, 40))
    if since.moved:
        found.append((Code.MOVED, min(20, 10 * since.moved)))
    if since.broken:
        found.append((Code.BROKEN, min(20, 10 * since.broken)))
    return [Reason(code, points, words(code, facts)) for code, points in found]


def _start_in_words(facts: Facts) -> Text:
    return words(Code.HISTORY if facts.past.items else Code.FIRST, facts)


def words(code: Code, facts: Facts) -> Text:
    """What a reason says to the creditor's people: the fact itself, with its figures."""
    return _WORDS[code](facts)


def _history_in_words(facts: Facts) -> Text:
    past = facts.past
    if past.items == 1:
        return t("The only one paid so far came late.") if past.late else t("The only one paid so far came in time.")
    if not past.late:
        return t("All %(items)s paid so far came in time.", items=past.items)
    return t("Of %(items)s paid so far, %(late)s came late.", items=past.items, late=past.late)


def _recent_in_words(facts: Facts) -> Text:
    recent = facts.past.recent[:REMEMBERED]
    if len(recent) >= 3 and all(recent[:3]):
        return t("The last three all came late.")
    return t("Of the last %(items)s, %(late)s came late.", items=len(recent), late=sum(recent))


def _margin_in_words(facts: Facts) -> Text:
    days = margin(facts.past)
    if days is None:
        return t("Nothing has been paid yet.")
    if days < 0:
        return t("They usually pay after the due date: days after it, on average: %(days)s.", days=-days)
    return t("Days before the due date that they usually pay: %(days)s.", days=days)


def _amount_in_words(facts: Facts) -> Text:
    usual = facts.past.usual_minor
    if usual and facts.amount_minor >= usual:
        return t("The amount is larger than usual for them.")
    return t("The amount is smaller than usual for them.")


_WORDS: dict[Code, Callable[[Facts], Text]] = {
    Code.HISTORY: _history_in_words,
    Code.FIRST: lambda _facts: t("Nothing of theirs has been paid yet: it starts from what all customers do."),
    Code.RECENT: _recent_in_words,
    Code.MARGIN: _margin_in_words,
    Code.OPEN_LATE: lambda facts: t("Others of theirs that are open and late: %(items)s.",
                                    items=facts.past.open_late),
    Code.AMOUNT: _amount_in_words,
    Code.AUGUST: lambda _facts: t("It falls due in August."),
    Code.DECEMBER: lambda _facts: t("It falls due in December."),
    Code.MONTH_END: lambda _facts: t("It falls due at the end of a month."),
    Code.UNANSWERED: lambda facts: t("They have not said whether it arrived. Days since they were asked: %(days)s.",
                                     days=facts.since.unanswered_days),
    Code.FINE: lambda _facts: t("They said that it arrived and is fine."),
    Code.NOT_FINE: lambda _facts: t("They said that it did not arrive, or that something is wrong."),
    Code.WILL_PAY_LATE: lambda _facts: t("They named a day after the due date."),
    Code.MOVED: lambda facts: t("Times that they named another day: %(times)s.", times=facts.since.moved),
    Code.BROKEN: lambda facts: t("Named days that passed without payment, in a year: %(times)s.",
                                 times=facts.since.broken),
}  # fmt: skip
