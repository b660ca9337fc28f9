"""A case as both sides read it: the same words for where it stands, who acts next, and by when."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from portal.cases import kinds, numbers
from portal.cases.models import Case, CaseEntry, CaseFile
from portal.cases.states import CaseStatus
from portal.core import clock
from portal.core.text import Text, t
from portal.documents.evidence import PDF
from portal.web import i18n, ladder
from portal.web.ladder import Rung, Side

TINTS = {CaseStatus.OURS: "wait", CaseStatus.THEIRS: "good", CaseStatus.CLOSED: "plain"}


def standing(case: Case) -> Text:
    """Where it stands, in words that both sides read: `waits for an answer`, `answered`, `valid`."""
    kind = kinds.KINDS[case.kind]
    by_side = {CaseStatus.OURS: kind.ours, CaseStatus.THEIRS: kind.theirs}
    return kinds.outcome(case.kind, case.outcome) or by_side.get(case.status) or case.status.label


_SIDES = {CaseStatus.OURS: Side.CREDITOR, CaseStatus.THEIRS: Side.CUSTOMER}


def rung(case: Case, zone: str) -> Rung:
    """Where it stands on the one ladder of cases and documents (portal.web.ladder)."""
    by = clock.day_of(case.act_by, zone) if case.act_by is not None else None
    is_late = case.status is CaseStatus.OURS and case.act_by is not None and case.act_by <= clock.now()
    return Rung(standing(case), _SIDES.get(case.status), by, is_late)


def next_step(case: Case, creditor: str, customer: str, zone: str) -> str:
    """Who acts next and by when, with both sides' names; that nobody has to, once it is closed."""
    return ladder.next_step(rung(case, zone), creditor, customer)


def summary(case: Case, zone: str) -> dict[str, Any]:
    """As lists and headings show it."""
    return {
        "number": numbers.spoken(case.number),
        "kind": i18n.say(kinds.KINDS[case.kind].label),
        "state": standing(case),
        "tint": TINTS[case.status],
        "opened": i18n.moment(case.opened_at, zone),
    }


def thread(case: Case, entries: Sequence[CaseEntry], you: str, customer: str, zone: str) -> list[dict[str, Any]]:
    """What was written, the oldest first; `you` says whose page it is: `customer` or `staff`."""
    said: list[tuple[datetime, str, str | None, str]]
    said = [(case.opened_at, "customer", None, case.words)] if case.words else []
    said += [(one.at, one.author, one.name, one.words) for one in entries]
    return [
        {
            "who": i18n.gettext("You wrote") if you == author == "customer" else name or customer,
            "when": i18n.moment(at, zone),
            "words": words,
            "ours": author == "staff",
        }
        for at, author, name, words in said
    ]


def files(kept: Sequence[CaseFile], address: Callable[[int], str]) -> list[dict[str, str]]:
    """Each file by what it is, for its own name is not kept; `address` makes its link from its id."""
    return [
        {
            "name": i18n.say(t("File %(place)s", place=place)),
            "what": f"{'PDF' if one.media_type == PDF else i18n.gettext('Picture')}, {_size(one.bytes)}",
            "href": address(one.id) if one.file_id is not None else "",
        }
        for place, one in enumerate(kept, start=1)
    ]


def _size(size: int) -> str:
    return f"{max(1, round(size / 1024))} kB" if size < 1024 * 1024 else f"{round(size / 1024 / 1024)} MB"
