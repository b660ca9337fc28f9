"""The figures: what their sums are kept at is what the books say, whatever happened and whatever broke."""

from collections.abc import Iterator

from portal.simulator.invariants import CALM, invariant
from portal.simulator.world import World
from portal.summaries import actions


@invariant(CALM)
def figures_are_what_the_books_say(world: World) -> Iterator[str]:
    """The sums that postings keep are those of a full count, by every value date (portal.summaries)."""
    for house in world.houses:
        with world.looking(house):
            wrong = actions.recount().wrong
        for grain, key in sorted(wrong)[:3]:
            yield f"{house.slug}: {wrong[grain, key]} is missing of {grain} {':'.join(map(str, key))}"
