"""Which figures may have a goal: each with its name, its unit, its formula, and how it is read from the figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from portal.core.text import Text, t
from portal.goals.rules import DAYS, MONEY, PER_CENT
from portal.insights import kpis
from portal.insights.figures import Figures


@dataclass(frozen=True, slots=True)
class Measure:
    """`read` gives minor units of an amount, else days or per cent; None where the figure is not defined."""

    label: Text
    unit: str
    formula: Text
    read: Callable[[Figures], Decimal | int | None]


def _recovered(found: Figures) -> Decimal | None:
    """Of what was late to be had in the period: how much of it came."""
    came = sum(amount for amount, days in found.books.paid if days > 0)
    return kpis.share(came, came + found.books.late_minor)


MEASURES: Mapping[str, Measure] = {
    "recovery": Measure(
        t("Recovery"), PER_CENT, t("came late in the period ÷ (came late in the period + late now)"), _recovered
    ),
    "exposure": Measure(t("Exposure"), MONEY, t("open in all"), lambda found: found.books.open_minor),
    "unpaid": Measure(
        t("Unpaid to revenue"), PER_CENT, t("late now ÷ sales of the period"),
        lambda found: kpis.share(found.books.late_minor, found.books.sales_minor),
    ),
    "dso": Measure(t("DSO"), DAYS, kpis.FORMULAS["dso"], lambda found: found.dso),
    "dso_countback": Measure(
        t("DSO, counted back"), DAYS, kpis.FORMULAS["dso_countback"], lambda found: found.dso_countback
    ),
    "add": Measure(t("Average days late (DSO less best)"), DAYS, kpis.FORMULAS["add"], lambda found: found.add),
    "add_weighted": Measure(
        t("Average days late of what was paid"), DAYS, kpis.FORMULAS["add_weighted"],
        lambda found: found.add_weighted,
    ),
    "cei": Measure(t("Collection effectiveness (CEI)"), PER_CENT, kpis.FORMULAS["cei"], lambda found: found.cei),
    "overdue": Measure(
        t("Share that is late"), PER_CENT, t("late now ÷ open in all"),
        lambda found: kpis.share(found.books.late_minor, found.books.open_minor),
    ),
    "promise_kept": Measure(
        t("Promises kept, by amount"), PER_CENT, kpis.FORMULAS["promise_kept"],
        lambda found: found.promises.by_value,
    ),
}  # fmt: skip

# What a finance director is often measured by: the figure, and by how much of its first value it shall change.
PRESETS: Mapping[str, Decimal] = {"recovery": Decimal(10), "exposure": Decimal(-5), "unpaid": Decimal(-4)}


def value(code: str, found: Figures) -> int | None:
    """As a goal keeps it: minor units, or hundredths of a day or of a per cent; None where it is not defined."""
    measure = MEASURES[code]
    read = measure.read(found)
    if read is None:
        return None
    return int((Decimal(read) * (1 if measure.unit == MONEY else 100)).quantize(Decimal(1), ROUND_HALF_UP))
