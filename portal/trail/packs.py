"""The evidence of a plan taken out of the portal: papers, the creditor's chain from the acceptance on, and its end.

Personal data stands in the two papers alone; the chain holds ids, days, amounts and hashes. It goes on to where it
ends now, so that any end that the creditor holds from between then and now can be laid beside it.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from portal.core import db, events
from portal.core.events import EventRow
from portal.documents import store
from portal.plans import papers
from portal.plans.models import Plan, PlanPaper
from portal.trail import checking, heads
from portal.trail.heads import Exported, Head
from portal.trail.pack_files import CHAIN, HEAD, JSON, PDF, SEALED, head_line

AT_ONCE = 500


class NoPack(Exception):
    """Nothing can be taken out; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What was written: the acceptance's record, that of its papers, and the last one."""

    accepted: int
    kept: int
    last: int


def write(plan: Plan, folder: Path, held: Exported | None = None) -> Pack:
    """The pack of a plan in scope, in a new or empty folder that only its owner reads. Raises NoPack, OSError.

    With `held`, an end that was exported before, the chain goes no further: no more of others is given away.
    """
    paper = papers.of_plan(plan.id)
    if paper is None:
        raise NoPack("this plan was not accepted, or its time is over: there is no evidence of it")
    file = papers.file_of(paper)
    if paper.made_at is None or file is None:
        raise NoPack("its papers are not made yet: is a worker running?")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NoPack(f"{folder} is there already: evidence goes into a directory of its own")
    content = store.content(file)
    accepted, kept = _places(plan.id, paper)
    head = heads.of_creditor() if held is None else _known(held, kept)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pieces: dict[str, Iterable[bytes]] = {
        PDF: [content],
        JSON: [paper.json.encode()],
        CHAIN: _chain(accepted, head.seq),
        HEAD: [head_line(head.creditor, head.creditor_id, head.seq, head.hash, head.at)],
    }
    sealed = papers.sealed_file_of(paper)
    if sealed is not None:
        pieces[SEALED] = [store.content(sealed)]
    try:
        for name, parts in pieces.items():
            _put(folder / name, parts)
    except BaseException:  # a part of it proves nothing, and says what somebody owes
        for name in pieces:
            (folder / name).unlink(missing_ok=True)
        raise
    return Pack(accepted, kept, head.seq)


def _known(held: Exported, kept: int) -> Head:
    """An end that the chain has, and that stands behind the papers."""
    if checking.verify([held]).first_bad is not None:
        raise NoPack("the chain, or the end that was given, does not hold: `portal audit verify` says where")
    if held.head.seq < kept:
        raise NoPack("the end that was given is from before these papers: take a later one")
    return held.head


def _put(path: Path, parts: Iterable[bytes]) -> None:
    """For its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _places(plan_id: int, paper: PlanPaper) -> tuple[int, int]:
    wanted = select(EventRow.name, EventRow.seq).where(
        EventRow.subject_kind == "plan",
        EventRow.subject_id == plan_id,
        EventRow.name.in_((papers.ACCEPTED, papers.KEPT)),
    )
    found = {row.name: row.seq for row in db.session().execute(wanted.order_by(EventRow.seq))}
    if set(found) != {papers.ACCEPTED, papers.KEPT}:
        raise NoPack(f"the chain has no record of it, though papers were made: {paper.json_sha256}")
    return found[papers.ACCEPTED], found[papers.KEPT]


def _chain(first: int, last: int) -> Iterator[bytes]:
    """One record a line, as its hash covers it, with that hash."""
    seq = first - 1
    while seq < last:
        page = select(EventRow).where(EventRow.seq > seq, EventRow.seq <= last).order_by(EventRow.seq).limit(AT_ONCE)
        rows = db.session().scalars(page).all()
        if not rows:
            return
        for row in rows:
            seq = row.seq
            yield events.canonical({**_sealed(row), "hash": row.hash}) + b"\n"
            db.session().expunge(row)


def _sealed(row: EventRow) -> dict[str, Any]:
    """The record in the form that its hash covers: an old one without a subject says nothing of its kind."""
    values = {column.name: getattr(row, column.name) for column in EventRow.__table__.columns}
    record = events.chained(values)
    older = {**record, "obj": None}
    return older if row.subject_id is None and events.digest(older) == row.hash else record
