"""Learning from a creditor's own history, and keeping what was learned with how good it was."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.core import clock, db, ids
from portal.late_risk import evaluating, queries
from portal.late_risk.evaluating import Report, TooLittle
from portal.late_risk.models import LateModel
from portal.late_risk.past import Owed


def judge(items: Sequence[Owed], today: date) -> Report | None:
    """How good the rules and the model are on this history; None where there is too little of it. No database."""
    try:
        return evaluating.evaluate(items, until=today)
    except TooLittle:
        return None


def keep(items: Sequence[Owed], report: Report | None) -> LateModel:
    """Puts what was learned in the place of what was before; the model is used only where it beat the rules."""
    settled = [one for one in items if one.settled_on is not None]
    model = report.model if report is not None and report.is_better else None
    found: dict[str, Any] = {
        "learned_at": clock.now(),
        "items": len(settled),
        "late": sum(1 for one in settled if one.settled_on is not None and one.settled_on > one.due_on),
        "coefficients": model.as_json() if model is not None else None,
        "judgement": report.as_json() if report is not None else None,
        "used": model is not None,
    }
    row = queries.kept()
    if row is None:
        row = LateModel(id=ids.new_id(), **found)
        db.session().add(row)
    else:
        for name, value in found.items():
            setattr(row, name, value)
    db.session().flush()
    return row
