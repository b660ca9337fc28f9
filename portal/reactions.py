"""When this happens, that follows: the one table. Both sides stay ignorant of each other (house.md §1)."""

from portal.core import events


def connect() -> None:
    """Fills the table; called once per application."""
    events.forget_reactions()
