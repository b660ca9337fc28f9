"""A creditor's chain checked in itself and against its ends that were exported before (rule D-30)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import func, select

from portal.core import db, events, ids
from portal.core.events import ChainReport, EventRow
from portal.debtors.models import AccessLink
from portal.ledger.models import Transfer
from portal.trail.heads import Exported, Head, Signature

AT_ONCE = 500


def verify(exported: Sequence[Exported]) -> ChainReport:
    """Names the first record of the creditor in scope that does not hold, by itself or by what was exported."""
    report = events.verify()
    if report.first_bad is None and report.records == 0 and _has_rows():
        return replace(report, first_bad=(1, "is missing: there are links or books, and no record of how they came"))
    found = _against(sorted(exported, key=lambda one: one.head.seq))
    if found is None or (report.first_bad is not None and report.first_bad[0] <= found[0]):
        return report
    return replace(report, first_bad=found)


def _has_rows() -> bool:
    """Whether there is something that never comes without a record."""
    return any(db.session().scalar(select(kind.id).limit(1)) is not None for kind in (AccessLink, Transfer))


def of(creditor_id: int, exported: Iterable[Exported]) -> list[Exported]:
    """Those that speak of this creditor."""
    return [one for one in exported if one.head.creditor_id == ids.spell(creditor_id)]


def strangers(creditor_ids: Iterable[int], exported: Iterable[Exported]) -> list[Head]:
    """Ends of chains whose creditor is not there."""
    known = {ids.spell(one) for one in creditor_ids}
    return [one.head for one in exported if one.head.creditor_id not in known]


def _against(exported: Sequence[Exported]) -> tuple[int, str] | None:
    """The first exported end that the chain has not; what was rewritten lies behind the last one that it has."""
    last = db.session().scalar(select(func.max(EventRow.seq))) or 0
    hashes = _hashes([one.head.seq for one in exported])
    held = 0
    for one in exported:
        head = one.head
        if one.signature is Signature.FORGED:
            return head.seq, f"the signature of the end exported on {one.day} {one.signature.value}"
        if head.seq not in hashes:
            return min(head.seq, last + 1), f"is missing: on {one.day} the chain had {head.seq} records"
        if hashes[head.seq] != head.hash:
            since = f"; a record from {held + 1} on was rewritten" if held + 1 < head.seq else ""
            return head.seq, f"is not the record that was exported on {one.day}{since}"
        held = head.seq
    return None


def _hashes(places: Sequence[int]) -> dict[int, str]:
    found = {0: events.GENESIS}
    for start in range(0, len(places), AT_ONCE):
        rows = db.session().execute(
            select(EventRow.seq, EventRow.hash).where(EventRow.seq.in_(places[start : start + AT_ONCE]))
        )
        found.update((seq, kept) for seq, kept in rows)
    return found
