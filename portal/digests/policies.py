"""At which hour the morning mail goes and to which roles; every version is kept."""

from dataclasses import dataclass
from typing import Any

from portal.core import db, events
from portal.creditors import versions
from portal.creditors.versions import Overtaken
from portal.digests import rules
from portal.digests.events import DigestPolicyChanged
from portal.digests.models import DigestPolicy
from portal.people.roles import Role


@dataclass(frozen=True, slots=True)
class Version:
    number: int = 0
    hour: int = rules.USUAL
    roles: tuple[str, ...] = (Role.MANAGER.value,)


FIRST = Version()


def current() -> Version:
    """The version in force for the creditor in scope; number 0 where it never wrote one."""
    row = versions.newest(DigestPolicy)
    return FIRST if row is None else _read(row)


def write(hour: int, to: tuple[str, ...], *, by: int | None, after: int) -> Version:
    """A new version after version `after`; the one in force where nothing differs from it. Raises Overtaken."""
    before = current()
    if (before.hour, before.roles) == (hour, to):
        return before
    if before.number != after:
        raise Overtaken(before)
    settings: dict[str, Any] = {"hour": hour, "roles": list(to)}
    row = versions.add(DigestPolicy, before.number + 1, by, {"settings": settings})
    if row is None:
        raise Overtaken(current())
    events.record(DigestPolicyChanged(digest_policy_id=row.id, number=row.number))
    db.session().flush()
    return _read(row)


def _read(row: DigestPolicy) -> Version:
    return Version(row.number, int(row.settings["hour"]), tuple(row.settings["roles"]))
