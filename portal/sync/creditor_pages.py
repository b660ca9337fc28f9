"""Results to take away."""

from datetime import date
from typing import Any

from flask import Response, request

from portal.core import clock
from portal.core.errors import Invalid
from portal.core.text import t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sync import results
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("sync_creditor", __name__)


@blueprint.get("/results.csv")
@allow(Permission.EXPORT)
def take_results() -> Any:
    """Every due item with what was said and paid; `?since=2027-03-01` leaves out what has been quiet since."""
    face = person().creditor
    answer = Response(
        results.lines(face.id, face.time_zone, _since()),
        content_type="text/csv; charset=utf-8",
        direct_passthrough=True,
    )
    name = f"{face.slug}-{clock.today(face.time_zone).isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


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
