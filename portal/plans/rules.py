"""Who may agree a plan by themselves, and which: asked again on the server whatever was shown (rules B-72, C-45)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money
from portal.core.text import Text, t
from portal.plans import schedules
from portal.plans.policies import Policy
from portal.plans.schedules import Schedule, TooSmall
from portal.web import i18n

REMEMBERED = timedelta(days=730)  # a plan that ended unkept counts for two years
ANSWER = timedelta(days=7)  # an offer and a counter-proposal stand for a week
ANSWER_DAYS = 3  # working days in which the creditor answers a proposal
TAKE_BACK = timedelta(hours=24)  # rule C-44
RETRIES, RETRY_AFTER = 2, timedelta(days=3)
MOST = 120  # instalments that anybody agrees
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a customer and what they ask about, for deciding whether a person has to."""

    debt: Money
    broken: int = 0
    contested: bool = False
    resting: bool = False  # they said that it is hard just now (rule C-32)
    represented: bool = False
    time_barred: bool = False
    asked: bool = False  # a proposal of theirs waits
    agreed: bool = False  # a plan about one of these stands
    paying: bool = False  # a payment of one of these is open
    other_currency: bool = False
    changes: bool = False  # it would take the place of a plan that stands


TOO_OLD = t("It is so old that no plan is made for it any more. You may pay it if you wish.")  # rule C-14

# Why no plan can be agreed on the page at all, the weightiest first.
_WHY_NOT: tuple[tuple[str, Text], ...] = (
    ("time_barred", TOO_OLD),
    ("other_currency", t("For amounts in another currency we find a plan together. Please talk to us.")),
    ("contested", t("Something about it is being looked into. As soon as that is settled, a plan can be made.")),
    ("represented", t("Somebody speaks for you. We agree it with them.")),
    ("agreed", t("A plan for it stands already.")),
    ("asked", t("You have proposed something already. We answer by the day that we told you.")),
    ("paying", t("A payment of it is open right now. When it is through, or stopped, a plan can be made.")),
)


def why_not_here(policy: Policy, one: Standing) -> Text | None:
    """Why no plan can be agreed on the page at all, or None; a person is always named beside it (rule C-34)."""
    found = next((said for name, said in _WHY_NOT if getattr(one, name)), None)
    if found is None and one.debt.minor < policy.from_minor:
        least = Money(policy.from_minor, one.debt.currency)
        return t("Plans begin at %(least)s. You can tell us a day, or pay a part now.", least=i18n.money(least))
    return found


def why_a_person(policy: Policy, one: Standing) -> Text | None:
    """Why a person has to decide, though anything may be proposed; None where the portal may agree at once."""
    if one.changes:
        return t("A plan that stands is changed with a person. What you have paid stays paid.")
    if policy.most_instalments < 2:
        return t("Plans are agreed with a person here.")
    if policy.up_to_minor and one.debt.minor > policy.up_to_minor:
        return t("For an amount like this a person decides. Tell us what you can pay.")
    if one.broken > policy.most_broken:
        return t("After plans that did not work out a person decides. Tell us what you can pay.")
    if one.resting:
        return t("You told us that it is hard just now. A person looks at it with you.")
    return None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer chose or wrote: how many, from when, how often, how much at once."""

    instalments: int
    first_on: date
    every: str
    down: Money | None = None
    discount: Money | None = None  # saldo e stralcio: let go of when all else is paid; only staff offer it


def why_outside(policy: Policy, debt: Money, wish: Wish, today: date) -> Text | None:
    """Why the portal may not agree this by itself, or None: the words say what would be inside (rule B-72)."""
    if wish.every not in policy.every:
        return t("This rhythm is agreed with a person.")
    nobody = why_no_schedule(debt, wish, today)
    if nobody is not None:
        return nobody
    if wish.instalments > policy.most_instalments:
        return t("Up to %(most)s instalments we can agree at once.", most=policy.most_instalments)
    return _why_day_or_amount(policy, debt, wish, today)


def _why_day_or_amount(policy: Policy, debt: Money, wish: Wish, today: date) -> Text | None:
    latest, last = today + timedelta(days=policy.first_days), today + timedelta(days=policy.longest_days)
    least = schedules.part_of(debt, Decimal(policy.down_percent))
    smallest = Money(policy.least_minor, debt.currency)
    if wish.first_on > latest:
        return t("The first instalment falls by %(day)s at the latest.", day=i18n.day(latest))
    if least and (wish.down is None or wish.down < least):
        return t("At least %(least)s are paid at the beginning.", least=i18n.money(least))
    try:
        ends = made(debt, wish, today, smallest).last_on
    except TooSmall:
        return t("An instalment is at least %(least)s.", least=i18n.money(smallest))
    return None if ends <= last else t("All of it is paid by %(day)s at the latest.", day=i18n.day(last))


def why_no_schedule(debt: Money, wish: Wish, today: date) -> Text | None:
    """Why nobody could agree this, not even a person, or None."""
    if wish.first_on < today:
        return t("The first day is over. Please choose a later one.")
    if wish.first_on > today + timedelta(days=366):
        return t("Please choose a first day within a year.")
    if not 1 <= wish.instalments <= MOST:
        return t("Please choose from 1 to %(most)s instalments.", most=MOST)
    let_go = wish.discount.minor if wish.discount is not None else 0
    if wish.down is not None and not 0 < wish.down.minor < debt.minor - let_go:
        return t("The first payment has to be less than the whole.")
    try:
        made(debt, wish, today, None)
    except TooSmall:
        return t("That is less than a cent for each instalment.")
    return None


def why_not_discount(policy: Policy, debt: Money, wish: Wish, *, may_exceed: bool) -> Text | None:
    """Why so much may not be let go of, or None: up to the policy's share by everybody, beyond it by a manager."""
    if wish.discount is None:
        return None
    if not 0 < wish.discount.minor < debt.minor:
        return t("What is let go of has to be less than the whole.")
    most = schedules.part_of(debt, Decimal(policy.discount_percent))
    if wish.discount > most and not may_exceed:
        return t("Up to %(most)s can be let go of here. A manager may agree to more.", most=i18n.money(most))
    return None


def made(debt: Money, wish: Wish, today: date, least: Money | None) -> Schedule:
    """The schedule of a wish; a down payment has as long as an offer stands, and comes first. Raises TooSmall."""
    if wish.discount is not None:
        debt = debt - wish.discount
    down_on = min(today + ANSWER, wish.first_on)
    return schedules.spread(
        debt, wish.instalments, wish.first_on, wish.every, down=wish.down, down_on=down_on, least=least
    )


def choices(policy: Policy, debt: Money, today: date) -> list[Wish]:
    """Up to three ways inside the policy, from the shortest to the gentlest, in its first rhythm that has any; none
    where none fits."""
    first = min(schedules.day_of(today, schedules.MONTH, 1), today + timedelta(days=policy.first_days))
    down = schedules.part_of(debt, Decimal(policy.down_percent)) or None
    for every in policy.every:
        wishes = [Wish(count, first, every, down) for count in range(2, min(policy.most_instalments, MOST) + 1)]
        fit = [wish for wish in wishes if why_outside(policy, debt, wish, today) is None]
        if fit:
            return [fit[place] for place in sorted({0, len(fit) // 2, len(fit) - 1})]
    return []


def why_not_move(  # noqa: PLR0917 - what is known of one instalment
    policy: Policy, due_on: date, moved_from: date | None, to: date, today: date, ends_on: date | None = None
) -> Text | None:
    """Why an instalment cannot be moved to that day, or None: each one once, by so many days, before it is missed,
    and not beyond `ends_on`, the last day that the plan may have."""
    if not policy.move_days:
        return t("To move an instalment, please talk to us.")
    if moved_from is not None:
        return t("This instalment was moved already. Please talk to us.")
    if due_on < today:
        return t("Its day is over. Please talk to us: we find a way.")
    last = min(due_on + timedelta(days=policy.move_days), ends_on or date.max)
    if last <= due_on:
        return t("It is the last one, and later the plan may not end. Please talk to us.")
    if not due_on < to <= last:
        return t("Please choose a day until %(day)s.", day=i18n.day(last))
    return None


def ends_on(policy: Policy, made_on: date, last_on: date) -> date:
    """The last day that a plan of that day may have: the policy's, or its own where a person agreed a later one."""
    return max(made_on + timedelta(days=policy.longest_days), last_on)


def interest(debt: Money, schedule: Schedule, percent: Decimal, since: date) -> Money:
    """Agreed interest: on what is left, for the days between instalments, 365 a year, each row half a cent up."""
    left, before, minor = debt.minor, since, 0
    for row in schedule.rows:
        days = max(0, (row.due_on - before).days)
        part = Decimal(left) * percent * days / (100 * _YEAR)
        minor += int(part.quantize(Decimal(1), ROUND_HALF_UP))
        left, before = left - row.amount.minor, max(before, row.due_on)
    return Money(minor, debt.currency)


def first_missed(rows: Sequence[tuple[date, int, int]], today: date) -> date | None:
    """The day of the oldest instalment whose day is over and that is not paid; rows of (day, amount, paid)."""
    return next((day for day, amount, paid in rows if paid < amount and day < today), None)
