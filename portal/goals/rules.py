"""How far a goal has come and where it is going: pure, in whole minor units or hundredths."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.core.text import Text, t

MONEY, DAYS, PER_CENT = "money", "days", "per_cent"
LEAST_DAYS = 28  # of history before anything is said of a pace: a month has a rhythm of its own
MOST = 20  # goals at a time
FARTHEST = timedelta(days=5 * 366)
WHOLE = 100_00  # a hundred per cent in hundredths


def changed_by(baseline: int, per_cent: Decimal) -> int:
    """The first value and so much of it more, or less."""
    return int((baseline * (100 + per_cent) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def progress(baseline: int, target: int, now: int) -> Decimal:
    """How much of the way is done, in per cent: below nought where it went the other way."""
    return Decimal(now - baseline) / (target - baseline) * 100


def is_reached(baseline: int, target: int, now: int) -> bool:
    return now >= target if target > baseline else now <= target


def at_this_pace(baseline: tuple[date, int], now: tuple[date, int], on: date, unit: str) -> int | None:
    """The value on that day if it goes on changing as it did from the baseline until now, on a straight line; None
    where less than LEAST_DAYS lie between them. What cannot be below nought, or above a hundred, stops there."""
    (begins, first), (today, value) = baseline, now
    if (today - begins).days < LEAST_DAYS or on <= today:
        return None
    moved = Decimal(value - first) * (on - today).days / (today - begins).days
    reckoned = int((value + moved).quantize(Decimal(1), ROUND_HALF_UP))
    if unit == PER_CENT:
        return min(max(reckoned, 0), max(WHOLE, value))
    return max(reckoned, 0) if value >= 0 else reckoned


def pace_known_from(baseline_on: date) -> date:
    return baseline_on + timedelta(days=LEAST_DAYS)


def why_not_one_more(open_goals: int) -> Text | None:
    return t("There are %(most)s goals already. Please end one first.", most=MOST) if open_goals >= MOST else None


def why_not_target(baseline: int, target: int) -> Text | None:
    """A goal that begins where it ends has no way between."""
    return t("That is where it begins. A goal is something else.") if target == baseline else None


def why_not_target_on(target_on: date, today: date) -> Text | None:
    if target_on <= today:
        return t("Please choose a day that is still to come.")
    return t("Please choose a day within five years.") if target_on - today > FARTHEST else None


def why_not_baseline_on(baseline_on: date, today: date) -> Text | None:
    if baseline_on > today:
        return t("What the figure will be on that day nobody knows yet. Please choose one until today.")
    return t("Please choose a day within five years.") if today - baseline_on > FARTHEST else None
