"""Once a day the end of every chain leaves the database.

Looked after when a worker starts and every hour, so that a missed one is made up.
"""

import logging

from portal.core import jobs
from portal.creditors import rounds
from portal.trail import heads

log = logging.getLogger(__name__)


@jobs.every(minutes=60, at_start=True)
def export_heads() -> None:
    """Each creditor on its own: one whose file cannot be written keeps no other from theirs."""
    for creditor_id in rounds.everyone():
        if heads.kept_today(creditor_id):
            continue
        try:
            with rounds.at(creditor_id, writes=False):
                head = heads.of_creditor()
            if head.seq:  # an empty end proves nothing, and would be the only one of its day
                heads.keep(head)
        except OSError as error:
            log.error(  # noqa: TRY400 - a path is all there is to say
                "the end of a chain could not be exported", extra={"creditor": creditor_id, "error": str(error)}
            )
