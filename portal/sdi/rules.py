"""Where an invoice stands at the SdI: read from what was said of it, in whatever order that came. No database.

An invoice may be sent more than once, each time under a number of the SdI's. It is issued once one sending went
through and was not refused: that later copies of it are rejected as copies changes nothing. Where none did, the
newest sending says how it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from portal.core.text import Text, t
from portal.sdi import documents as d


class Said(Protocol):
    """One message about the invoice, as it is kept (portal.sdi.models.SdiMessage)."""

    @property
    def kind(self) -> str: ...
    @property
    def sdi_id(self) -> str: ...
    @property
    def file_name(self) -> str | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def tells_office(self) -> bool: ...


class At(StrEnum):
    """Where a sending is; NOTHING: nobody has said anything of the newest one yet."""

    NOTHING = "nothing"
    PASSED = "passed"
    TRYING = "trying"
    AVAILABLE = "available"
    TRANSMITTED = "transmitted"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REJECTED = "rejected"


LABELS: dict[At, Text] = {
    At.NOTHING: t("sent anew, no word yet"),
    At.PASSED: t("taken by the SdI"),
    At.TRYING: t("not delivered yet: the SdI tries again"),
    At.AVAILABLE: t("not delivered: it waits in the customer's tax area"),
    At.TRANSMITTED: t("transmitted, but it could not be delivered"),
    At.DELIVERED: t("delivered by the SdI"),
    At.EXPIRED: t("delivered; the time to answer has passed"),
    At.ACCEPTED: t("accepted by the office it is for"),
    At.REFUSED: t("refused by the office it is for"),
    At.REJECTED: t("rejected by the SdI: not issued"),
}
BAD = frozenset({At.REJECTED, At.REFUSED})
UNDELIVERED = frozenset({At.AVAILABLE, At.TRANSMITTED})
_BY_KIND = ((d.DT, At.EXPIRED), (d.RC, At.DELIVERED), (d.AT, At.TRANSMITTED), (d.MC, At.AVAILABLE))


@dataclass(frozen=True, slots=True)
class Standing:
    """`sending` is the SdI's number, or the file's name where the SdI has said nothing of it yet."""

    at: At
    sending: str


def standing(files: Sequence[str], said: Sequence[Said]) -> Standing | None:
    """How the invoice stands; None where the SdI has said nothing.

    `files` are the stems of the files that it came in, the first one first (portal.sdi.documents.stem).
    """
    if not said:
        return None
    sendings: dict[str, list[Said]] = {}
    for one in said:
        sendings.setdefault(one.sdi_id, []).append(one)
    order = sorted(sendings, key=lambda sdi_id: _rank(files, sdi_id, sendings[sdi_id]))
    found = [Standing(_of_sending(sendings[sdi_id]), sdi_id) for sdi_id in order]
    through = [one for one in found if one.at not in BAD]
    if through:
        return through[-1]
    unspoken = files[-1] if files else ""
    if len(files) > 1 and all(unspoken != d.stem(one.file_name or "") for one in said):
        return Standing(At.NOTHING, unspoken)
    return found[-1]


def _rank(files: Sequence[str], sdi_id: str, said: Sequence[Said]) -> tuple[int, int]:
    """The later its file came in, the newer a sending is; else the higher its number."""
    places = [files.index(name) for one in said if (name := d.stem(one.file_name or "")) in files]
    return max(places, default=-1), int(sdi_id)


def _of_sending(said: Sequence[Said]) -> At:
    """What went through cannot have been rejected, whichever message comes first."""
    answers = [one.outcome for one in said if one.kind == d.NE]
    if answers:
        return At.REFUSED if d.REFUSED in answers else At.ACCEPTED
    kinds = {one.kind for one in said}
    for kind, at in _BY_KIND:
        if kind in kinds:
            waits = kind == d.MC and any(one.tells_office for one in said if one.kind == d.MC)
            return At.TRYING if waits else at
    return At.REJECTED if d.NS in kinds else At.PASSED


# Why a case is in the queue (portal.cases.causes).
REJECTED, REFUSED, UNREACHED = "rejected", "refused", "not_delivered"
CAUSES: dict[str, Text] = {
    REJECTED: t("The tax system sent it back"),
    REFUSED: t("The office it is for refused it"),
    UNREACHED: t("The tax system could not deliver it"),
}
SENT_ANEW, TOLD, ARRIVED = "sent_anew", "customer_told", "has_arrived"  # how such a case ends (portal.cases.kinds)
