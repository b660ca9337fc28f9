"""Results to take away."""

from datetime import date
from typing import Any

from flask import request

from portal.core import clock, ids, scope, spreadsheets
from portal.core.errors import Invalid
from portal.core.text import t
from portal.invoices import filters
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sync import results
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("sync_creditor", __name__)

_NO_SUCH_FILTER = t("This choice of due items cannot be read. Please choose again on the page of due items.")


@blueprint.get("/results.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_results() -> Any:
    """Every due item with what was said and paid; `?since=2027-03-01` leaves out what has been quiet since.

    The filters of the list of due items (q, state, when, currency, debtor) leave out what it would not show.
    """
    face = person().creditor
    wanted = _wanted(clock.today(face.time_zone))
    pieces = results.lines(face.id, face.time_zone, _since(), wanted, reach=scope.current().reach)
    return saved(pieces, f"{face.slug}-{clock.today(face.time_zone).isoformat()}.csv", spreadsheets.MEDIA_TYPE)


def _since() -> date | None:
    typed = request.args.get("since", "")
    if not typed:
        return None
    try:
        return date.fromisoformat(typed) if len(typed) == 10 and typed.isascii() else _refuse()
    except ValueError:
        return _refuse()


def _refuse() -> date:
    raise Invalid(t("Write the day like this: 2027-03-01.")) from None


def _wanted(today: date) -> filters.Filter:
    """What the address asks for. What cannot be read is refused: a file must not hold more than was asked for."""
    state, when = request.args.get("state") or filters.ALL, request.args.get("when", "")
    currency, debtor = request.args.get("currency", ""), request.args.get("debtor", "")
    if state not in filters.STATES or when not in filters.WHEN | {""}:
        raise Invalid(_NO_SUCH_FILTER)
    if currency and not filters.is_currency(currency):
        raise Invalid(_NO_SUCH_FILTER)
    try:
        debtor_id = ids.read(debtor) if debtor else None
    except ValueError:
        raise Invalid(_NO_SUCH_FILTER) from None
    words = filters.searchable(request.args.get("q", ""))
    return filters.Filter(today, words, when, state, currency, debtor_id)
