"""Which due items the money of a movement came for: what it names, whether that was open or not."""

from collections.abc import Sequence

from portal.bank_statements import queries, returning


def came_for(movement_ids: Sequence[int]) -> dict[int, list[int]]:
    """Ids that the payment references of each movement spell, whether such due items exist or not (rule B-35)."""
    found = queries.movements_by_id(movement_ids)
    return {movement_id: returning.items_named(movement) for movement_id, movement in found.items()}
