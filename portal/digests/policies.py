"""At which hour the morning mail goes and to which roles; every version is kept."""

from dataclasses import dataclass
from typing import Any

from portal.creditors.versions import Series
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


def _holds(one: Version) -> dict[str, Any]:
    return {"settings": {"hour": one.hour, "roles": list(one.roles)}}


def _read(row: DigestPolicy) -> Version:
    return Version(row.number, int(row.settings["hour"]), tuple(row.settings["roles"]))


def _told(row_id: int, number: int) -> DigestPolicyChanged:
    return DigestPolicyChanged(digest_policy_id=row_id, number=number)


_series = Series(DigestPolicy, FIRST, _read, _holds, _told)
current, write = _series.current, _series.write
