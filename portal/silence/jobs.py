"""Silences end by their day."""

from portal.core import clock, jobs
from portal.creditors import rounds
from portal.silence import actions, queries
from portal.silence.states import SilenceStatus


@jobs.every(minutes=30)
def end_silences() -> None:
    """What has run out is over, each in a transaction of its own: one that fails keeps no other waiting."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            over = queries.run_out(clock.now())
        rounds.each(creditor_id, over, _end, "silence")


def _end(silence_id: int) -> None:
    row = queries.one(silence_id, lock=True)
    if row is not None and row.status is SilenceStatus.SET:
        actions.end(row, actions.OVER)
