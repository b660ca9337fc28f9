"""What a creditor chose about its doors; one who chose nothing has the careful answers."""

from dataclasses import dataclass

from portal.core import db, events, scope
from portal.creditors.events import CreditorChanged
from portal.debtors.models import DoorPolicy

WAIT, SAME = "wait", "same"


@dataclass(frozen=True, slots=True)
class Policy:
    """`no_other_channel`: what happens where a code can go nowhere but the way the link came."""

    no_other_channel: str = WAIT
    hand_over: bool = True


def policy() -> Policy:
    """The policy of the creditor in scope."""
    row = db.session().get(DoorPolicy, scope.current().creditor_id)
    return Policy() if row is None else Policy(row.no_other_channel, row.hand_over)


def choose(chosen: Policy) -> tuple[str, ...]:
    """Keeps what differs and says which; raises ValueError for a word that is no choice."""
    if chosen.no_other_channel not in {WAIT, SAME}:
        raise ValueError("wait or same")
    before, creditor_id = policy(), scope.current().creditor_id
    changed = tuple(
        name for name in ("hand_over", "no_other_channel") if getattr(before, name) != getattr(chosen, name)
    )
    if not changed:
        return ()
    row = db.session().get(DoorPolicy, creditor_id)
    if row is None:
        row = DoorPolicy(creditor_id=creditor_id)
        db.session().add(row)
    row.no_other_channel, row.hand_over = chosen.no_other_channel, chosen.hand_over
    db.session().flush()
    events.record(CreditorChanged(creditor_id=creditor_id, fields=changed))
    return changed
