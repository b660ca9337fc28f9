"""The reasons that a creditor offers: ours, as it has changed them, and its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from portal.cases import desks as case_desks
from portal.cases.models import Desk
from portal.core import db, events, ids
from portal.core.text import Text
from portal.disputes import events as happened
from portal.disputes import rules
from portal.disputes.models import DisputeReason


@dataclass(frozen=True, slots=True)
class Offered:
    """A reason as it counts for the creditor in scope; `own_label` is what it wrote in place of ours."""

    key: str
    category: str
    label: Text
    desk: str
    offered: bool
    own_label: str = ""


def reasons() -> dict[str, Offered]:
    """Every reason of the creditor in scope by its key: ours in their order, then its own."""
    changed = {row.key: row for row in db.session().scalars(select(DisputeReason).order_by(DisputeReason.id))}
    found = {}
    for key, ours in rules.REASONS.items():
        row = changed.pop(key, None)
        found[key] = (
            Offered(key, ours.category, ours.label, ours.desk, offered=True)
            if row is None
            else Offered(key, row.category, _label(row, ours.label), row.desk, row.offered, row.label or "")
        )
    for key, row in changed.items():
        label = row.label or ""
        found[key] = Offered(key, row.category, _label(row, Text(key)), row.desk, row.offered, label)
    return found


def _label(row: DisputeReason, ours: Text) -> Text:
    """A percent sign in the creditor's own words is a percent sign."""
    return Text("%(label)s", {"label": row.label}) if row.label else ours


def offered() -> dict[str, Offered]:
    """What a customer may choose from; never nothing: with all of them switched off, there is something else."""
    found = {key: one for key, one in reasons().items() if one.offered}
    return found or {rules.OTHER: reasons()[rules.OTHER]}


def label(key: str, known: Mapping[str, Offered]) -> Text:
    """How a reason is called, also one that is not offered any more."""
    return known[key].label if key in known else rules.REASONS[rules.OTHER].label


def name(key: str) -> Text | None:
    """How the creditor in scope calls a reason; None for one that is not there."""
    found = reasons().get(key)
    return found.label if found is not None else None


def change(key: str, *, category: str, own_label: str, desk: str, is_offered: bool) -> bool:
    """Keeps what a creditor wants of one reason; False when nothing was different."""
    row = db.session().scalars(select(DisputeReason).where(DisputeReason.key == key)).one_or_none()
    before = reasons().get(key)
    wanted = (category, own_label, desk, is_offered)
    if before is not None and (before.category, before.own_label, before.desk, before.offered) == wanted:
        return False
    if row is None:
        row = DisputeReason(id=ids.new_id(), key=key)
        db.session().add(row)
    row.category, row.label, row.desk, row.offered = category, own_label or None, desk, is_offered
    db.session().flush()
    return True


def add(category: str, own_label: str, desk: str) -> str:
    """A reason of the creditor's own; its key."""
    key = f"{rules.OWN}{ids.spell(ids.new_id())}"
    change(key, category=category, own_label=own_label, desk=desk, is_offered=True)
    return key


def change_desk(key: str, *, name: str, owner_id: int | None, answer_days: int | None) -> bool:
    """Keeps how a desk is called, who owns what lands there and how fast it answers; False: nothing was different."""
    row = case_desks.desks().get(key)
    ours = str(case_desks.DEFAULTS[key]) if key in case_desks.DEFAULTS else ""
    if row is None:
        if (name, owner_id, answer_days) == (ours, None, None):
            return False
        row = Desk(id=ids.new_id(), key=key, name=name)
        db.session().add(row)
    elif (row.name, row.owner_id, row.answer_days) == (name, owner_id, answer_days):
        return False
    row.name, row.owner_id, row.answer_days = name, owner_id, answer_days
    db.session().flush()
    return True


def say_changed(fields: tuple[str, ...]) -> None:
    if fields:
        events.record(happened.ReasonsChanged(fields=fields))
