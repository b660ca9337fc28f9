"""What of the figures may be shown, and in which words: pure (rules E-01, E-02)."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from portal.core.text import Text, t
from portal.surveys import nps
from portal.surveys.nps import LEAST_IN_PART, LEAST_SHOWN, Nps, Tally

K = TypeVar("K", bound=Hashable)
Month = tuple[int, int]  # year, month


@dataclass(frozen=True, slots=True)
class Shown:
    """`tally` None: so few that nothing of it is shown. `nps` None: not enough answers yet."""

    tally: Tally | None
    nps: Nps | None


def shown(tally: Tally) -> Shown:
    if tally.n < LEAST_IN_PART:
        return Shown(None, None)
    return Shown(tally, nps.score(tally) if tally.n >= LEAST_SHOWN else None)


def too_near(narrowed: Tally, wider: Iterable[Tally]) -> bool:
    """Whether a choice leaves out so few that what is shown without it, less what is shown with it, says what they
    said."""
    return narrowed.n >= LEAST_IN_PART and any(0 < one.n - narrowed.n < LEAST_IN_PART for one in wider)


def parts(tallies: Mapping[K, Tally], near: Collection[K] = ()) -> dict[K, Shown]:
    """A breakdown. Where what is hidden is itself below ten, the smallest of the rest is hidden with it: else one
    subtraction would say what the hidden ones said. `near`: those that are `too_near`; one alone of them would be
    what the others leave of the total."""
    hidden = {key for key, one in tallies.items() if one.n < LEAST_IN_PART or key in near}
    while hidden and len(hidden) < len(tallies):
        held = sum(tallies[key].n for key in hidden)
        if not held:
            break  # nobody answered there: nothing can be made out
        if held >= LEAST_IN_PART and (not near or sum(tallies[key].n > 0 for key in hidden) > 1):
            break
        hidden.add(min((key for key in tallies if key not in hidden), key=lambda key: tallies[key].n))
    return {key: Shown(None, None) if key in hidden else shown(one) for key, one in tallies.items()}


def stretches(months: Mapping[Month, Tally]) -> list[tuple[Month, Month, Tally]]:
    """Months one after the other, put together until there are enough answers to be shown: (first, last, counts).

    A last stretch below ten goes with the one before it: else the total above less the stretches would say what those
    few said. Nothing overlaps, so no difference of two says it either.
    """
    found: list[tuple[Month, Month, Tally]] = []
    for month, tally in sorted(months.items()):
        if found and found[-1][2].n < LEAST_SHOWN:
            first, _last, before = found.pop()
            found.append((first, month, before + tally))
        else:
            found.append((month, month, tally))
    if len(found) > 1 and 0 < found[-1][2].n < LEAST_IN_PART:
        _first, last, few = found.pop()
        first, _last, before = found.pop()
        found.append((first, last, before + few))
    return found


def too_few(tally: Tally) -> Text:
    """Why no score is shown."""
    if tally.n < LEAST_IN_PART:
        return t("Not enough answers yet: fewer than %(least)s.", least=LEAST_IN_PART)
    return t("Not enough answers yet: %(n)s of %(least)s.", n=tally.n, least=LEAST_SHOWN)


LEAVES_OUT_FEW = t(
    "This choice leaves out so few that one could make out what they said. Please choose less closely."
)


def change(before: Tally, after: Tally) -> Text | None:
    """How two waves differ, in words; None where one of them is too small to be compared."""
    if min(before.n, after.n) < LEAST_SHOWN:
        return None
    found = nps.compare(before, after)
    points = f"{abs(found.delta):.0f}"
    if not found.significant:
        return t("No significant change against the time before (%(points)s points may be chance).", points=points)
    if found.delta > 0:
        return t("Better than the time before, by %(points)s points: more than chance.", points=points)
    return t("Worse than the time before, by %(points)s points: more than chance.", points=points)
