"""What a model is told of a due item: the same facts that the rules read, as numbers. Pure."""

import math

from portal.late_risk import rules
from portal.late_risk.rules import Code, Facts

# The order is that of the coefficients that are kept: a change here makes older models unreadable.
NAMES: tuple[Code, ...] = (
    Code.HISTORY, Code.RECENT, Code.MARGIN, Code.OPEN_LATE, Code.AMOUNT, Code.FIRST, Code.AUGUST, Code.DECEMBER,
    Code.MONTH_END,
)  # fmt: skip


def of(facts: Facts) -> tuple[float, ...]:
    """One number for each of NAMES."""
    past = facts.past
    own = min(rules.MOST, max(rules.LEAST, rules.own_percent(facts))) / 100
    common = rules.everyone_percent(facts.everyone) / 100
    recent = (sum(past.recent) + common) / (len(past.recent) + 1)
    usual = past.usual_minor
    days = past.margin_days / past.items if past.items else 0.0
    return (
        math.log(own / (1 - own)),
        recent,
        max(-60.0, min(60.0, days)) / 10,
        float(min(3, past.open_late)),
        math.log(max(1, facts.amount_minor) / usual) if usual else 0.0,
        float(not past.items),
        float(facts.due_on.month == rules.AUGUST),
        float(facts.due_on.month == rules.DECEMBER),
        float(rules.is_month_end(facts.due_on)),
    )
