"""The figures of a creditor as of a day: what the page, the command line and the exports say, from one place."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.insights import kpis, summed
from portal.insights.kpis import Bucket
from portal.insights.reading import Books
from portal.plans import keeping
from portal.promises import queries as promises
from portal.promises.rules import KeptRate

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one currency. Days and per cents are Decimal, None where not defined."""

    books: Books
    dso: Decimal | None
    dso_countback: Decimal | None
    bpdso: Decimal | None
    add: Decimal | None
    add_weighted: Decimal | None
    add_weighted_signed: Decimal | None
    add_late_only: Decimal | None
    cei: Decimal | None
    promises: KeptRate
    instalments: KeptRate

    @property
    def steps(self) -> tuple[Bucket, ...]:
        return self.books.steps


def figures(as_of: date, currency: str, zone: str) -> Figures:
    found = summed.books(as_of, currency, zone)
    sales, days = found.sales_minor, found.days
    standard = kpis.dso(found.open_minor, sales, days)
    best = kpis.best_possible_dso(found.current_minor, sales, days)
    of_month = found.months[0][1]
    first = found.period[-1][0].first
    return Figures(
        found,
        standard,
        kpis.dso_countback(found.open_minor, [(sold, month.days) for month, sold in found.months]),
        best,
        kpis.average_days_delinquent(standard, best),
        kpis.days_late_weighted(found.paid),
        kpis.days_late_weighted(found.paid, floor=None),
        kpis.days_late_of_late(found.paid),
        kpis.effectiveness(found.opening_minor, of_month, found.open_minor, found.current_minor),
        promises.kept_rate(currency, first=first, last=as_of),
        keeping.instalments(currency, as_of),
    )


def by_currency(as_of: date, zone: str) -> tuple[str, dict[str, Figures]]:
    """The currency that stands first (the euro, where there is any), and the figures of each."""
    names = summed.currencies(as_of)
    main = "EUR" if "EUR" in names or not names else names[0]
    return main, {name: figures(as_of, name, zone) for name in {main, *names}}


def as_json(found: Figures) -> dict[str, Any]:
    """For programs: numbers to two places, None where a figure is not defined (decision 29)."""
    held = found.books
    return {
        "dso": rounded(found.dso),
        "dso_countback": rounded(found.dso_countback),
        "bpdso": rounded(found.bpdso),
        "add": rounded(found.add),
        "add_weighted": rounded(found.add_weighted),
        "add_weighted_signed": rounded(found.add_weighted_signed),
        "add_late_only": rounded(found.add_late_only),
        "cei": rounded(found.cei),
        "aging": [{"bucket": one.name, "amount_minor": one.amount_minor, "count": one.count} for one in found.steps],
        "open_minor": held.open_minor,
        "current_minor": held.current_minor,
        "overdue_minor": held.late_minor,
        "unallocated_minor": held.apart_minor,
        "sales_minor": held.sales_minor,
        "cashed_minor": held.cashed_minor,
        "period": {
            "from": held.period[-1][0].first.isoformat(),
            "to": held.as_of.isoformat(),
            "days": held.days,
        },
        "promise_kept": rounded(found.promises.by_count),
        "promise_kept_value": rounded(found.promises.by_value),
        "plan_kept": rounded(found.instalments.by_count),
        "plan_kept_value": rounded(found.instalments.by_value),
        "roll_rates": [
            {"from": a, "to": b, "percent": rounded(rate)}
            for a, b, rate in kpis.roll_rates(held.month_ago, held.steps)
        ],
    }


def rounded(value: Decimal | None) -> float | None:
    return float(value.quantize(CENT, ROUND_HALF_UP)) if value is not None else None
