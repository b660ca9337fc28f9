"""How customers are: when they order, when they pay, what they say. Pure; every choice comes from the given lot."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Character(StrEnum):
    PUNCTUAL = "punctual"
    MONTH_END = "month_end"  # a little late, at the month's end
    FORGETFUL = "forgetful"
    IN_DIFFICULTY = "in_difficulty"
    DISPUTER = "disputer"
    BIG_AND_SLOW = "big_and_slow"


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares in per cent; `days` the usual and the most days from the due date, below nought before it."""

    share: int  # of all customers
    orders: int  # how much more than others they order
    amounts: int  # … and for how much more
    days: tuple[int, int, int]  # the least, the usual and the most
    opens: int  # the link in a courtesy message
    heeds: int  # a word before the day: then they pay nearer to it
    disputes: int
    promises: int  # who is late and opens the link names a day
    keeps: int  # … and keeps it
    parts: int  # pays in parts
    never: int  # does not pay at all


HABITS: dict[Character, Habits] = {
    Character.PUNCTUAL: Habits(44, 2, 2, (-12, -3, 1), 50, 80, 1, 40, 97, 0, 0),
    Character.MONTH_END: Habits(20, 3, 3, (-8, 1, 18), 40, 30, 2, 30, 90, 1, 0),
    Character.FORGETFUL: Habits(15, 2, 2, (-2, 11, 45), 35, 60, 2, 45, 75, 2, 1),
    Character.IN_DIFFICULTY: Habits(8, 2, 2, (5, 40, 140), 30, 15, 3, 65, 40, 35, 9),
    Character.DISPUTER: Habits(5, 2, 3, (-4, 12, 60), 55, 30, 22, 35, 80, 10, 1),
    Character.BIG_AND_SLOW: Habits(8, 14, 6, (18, 32, 65), 60, 10, 4, 25, 92, 2, 0),
}

# How much is ordered in each month, of twelve: nobody works in August, December closes the year.
SECTORS: dict[str, tuple[int, ...]] = {
    "building": (6, 7, 9, 10, 11, 11, 12, 3, 11, 10, 9, 7),
    "tourism": (4, 4, 6, 9, 11, 13, 15, 14, 9, 6, 3, 6),
    "retail": (7, 6, 7, 8, 8, 8, 8, 4, 9, 10, 13, 16),
    "machines": (8, 9, 10, 9, 10, 10, 10, 2, 9, 10, 9, 7),
    "food": (8, 8, 9, 9, 9, 9, 9, 6, 9, 9, 10, 12),
    "services": (9, 8, 9, 9, 9, 9, 9, 3, 9, 9, 9, 9),
}
TERMS = ((30, 45), (60, 35), (90, 12), (15, 8))  # days, and how usual


@dataclass(frozen=True, slots=True)
class Nature:
    """What one customer is like, drawn once."""

    character: Character
    sector: str
    terms: int
    end_of_month: bool  # terms that end with a month ("fine mese")
    usual_minor: int
    has_address: bool

    @property
    def habits(self) -> Habits:
        return HABITS[self.character]


def draw(lot: random.Random) -> Nature:
    """One customer's nature."""
    character = lot.choices(list(HABITS), [one.share for one in HABITS.values()])[0]
    usual = lot.lognormvariate(6.4, 0.9) * HABITS[character].amounts
    days = lot.choices([one for one, _ in TERMS], [share for _, share in TERMS])[0]
    big = character is Character.BIG_AND_SLOW
    return Nature(
        character,
        lot.choice(list(SECTORS)),
        60 if big and days < 60 else days,
        lot.random() < (0.8 if big else 0.25),
        max(3_000, int(usual * 100)),
        lot.random() < 0.92,
    )


def weight(lot: random.Random) -> float:
    """How many documents a customer gets beside others: a few get very many. Draws the nature from the same lot."""
    return HABITS[draw(lot).character].orders * min(60.0, lot.paretovariate(1.3))


def amount(nature: Nature, lot: random.Random) -> int:
    """One document's total in minor units."""
    return max(500, int(nature.usual_minor * lot.lognormvariate(0, 0.55)))


def shared_out(weights: Sequence[float], documents: int) -> list[int]:
    """So many documents by weight, one each at least where there are enough; they add up exactly."""
    least = 1 if documents >= len(weights) else 0
    left, whole = documents - least * len(weights), sum(weights)
    exact = [left * one / whole for one in weights]
    found = [int(one) for one in exact]
    by_rest = sorted(range(len(weights)), key=lambda at: (found[at] - exact[at], at))
    for at in by_rest[: left - sum(found)]:
        found[at] += 1
    return [least + one for one in found]


def days_late(nature: Nature, lot: random.Random, *, heard: bool) -> int:
    """Days from the due date to the payment; who was spoken to beforehand and heeds it pays nearer to the day."""
    least, usual, most = nature.habits.days
    days = int(lot.triangular(least, most, usual))
    if nature.character is Character.FORGETFUL and lot.random() < 0.55:
        days = lot.randint(-8, 0)  # this time they thought of it
    if heard and days > 0 and lot.random() * 100 < nature.habits.heeds:
        days = lot.randint(-3, 0)
    return days


def happens(per_cent: int, lot: random.Random) -> bool:
    return lot.random() * 100 < per_cent
