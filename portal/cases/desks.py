"""Where a case lands: the creditor's desk for its kind, and who owns it there."""

from collections.abc import Mapping

from sqlalchemy import select

from portal.cases import kinds
from portal.cases.models import Desk
from portal.core import db, scope
from portal.core.text import Text, t
from portal.people import queries as people
from portal.people.roles import Permission

ACCOUNTS, TECHNICAL, ADMINISTRATION = "accounts", "technical", "administration"
# What a creditor has that has set up nothing: names of departments as every firm has them.
DEFAULTS: Mapping[str, Text] = {
    ACCOUNTS: t("Credit and payments"),
    ADMINISTRATION: t("Invoices and data"),
    TECHNICAL: t("Goods and services"),
}
_OF_KIND: Mapping[str, str] = {
    kinds.NOT_RECEIVED: ADMINISTRATION,
    kinds.PROBLEM: ADMINISTRATION,
    kinds.SDI: ADMINISTRATION,
    kinds.UNREACHED: ADMINISTRATION,
}


def of_kind(kind: str) -> str:
    """The key of the desk where such a case lands unless its feature knows better."""
    return _OF_KIND.get(kind, ACCOUNTS)


def desks() -> dict[str, Desk]:
    """The creditor's own settings of its desks, by key."""
    return {desk.key: desk for desk in db.session().scalars(select(Desk).order_by(Desk.id))}


def name(key: str, own: Mapping[str, Desk]) -> Text:
    """How a desk is called: as the creditor calls it, else as every firm does."""
    desk = own.get(key)
    return Text(desk.name) if desk is not None else DEFAULTS.get(key, Text(key))


def permission(kind: str) -> Permission:
    """What somebody must be allowed to own such a case: few may know of some (rule C-26)."""
    return Permission.HARDSHIP if kind in kinds.PRIVATE else Permission.ANSWER


def owner_at(desk: Desk | None, kind: str) -> int | None:
    """Who owns such a case at a desk that the creditor has set up, or at none: the desk's own person, else the
    creditor's first who may; None where nobody works here yet."""
    creditor_id, needed = scope.current().creditor_id, permission(kind)
    if desk is not None and desk.owner_id is not None and people.works_at(desk.owner_id, creditor_id, needed):
        return desk.owner_id
    return people.first_to_answer(creditor_id, needed)
