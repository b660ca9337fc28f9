"""Taking objective data in: each line new, other than before, or as before; the same file twice changes nothing."""

from dataclasses import dataclass

from portal.core import bulk, clock, db, events, ids, scope
from portal.core.text import Text, t
from portal.credit_lines import alerts, queries
from portal.credit_lines.events import CreditRatingTakenIn
from portal.credit_lines.models import CreditRating
from portal.credit_lines.ratings_file import Rated, Reading, Refused

SOME = 200  # customers looked at in one go


@dataclass(frozen=True, slots=True)
class Counts:
    created: int
    changed: int
    unchanged: int
    refused: tuple[Refused, ...]


def unknown() -> Text:
    return t("There is no customer with this code.")


def take_in(reading: Reading, *, write: bool = True) -> Counts:
    """Keeps what a file says about the creditor's customers; without `write` it only says what it would do."""
    known = queries.codes(sorted({one.code for one in reading.rated}))
    refused = [*reading.refused, *(Refused(one.line, unknown()) for one in reading.rated if one.code not in known)]
    kept = queries.ratings_of(sorted(set(known.values())))
    fresh, changed, unchanged = [], [], reading.same
    for one in reading.rated:
        if one.code not in known:
            continue
        before = kept.get((known[one.code], one.source, one.day))
        if before is None:
            fresh.append(one)
        elif (before.score, before.note or "") != (one.score, one.note):
            changed.append((before, one))
        else:
            unchanged += 1
    if write:
        _keep(fresh, known)
        _replace(changed)
        touched = sorted({known[one.code] for one in fresh} | {before.debtor_id for before, _ in changed})
        for begin in range(0, len(touched), SOME):
            alerts.look(touched[begin : begin + SOME])
    refused.sort(key=lambda one: one.line)
    return Counts(len(fresh), len(changed), unchanged, tuple(refused))


def _keep(fresh: list[Rated], known: dict[str, int]) -> None:
    now, creditor_id = clock.now(), scope.current().creditor_id
    rows = [
        {
            "id": ids.new_id(), "creditor_id": creditor_id, "debtor_id": known[one.code], "source": one.source,
            "rated_on": one.day, "score": one.score, "note": one.note or None, "taken_in_at": now,
        }
        for one in fresh
    ]  # fmt: skip
    bulk.insert(CreditRating, rows)
    for row, one in zip(rows, fresh, strict=True):
        _tell(int(str(row["id"])), known[one.code], one)


def _replace(changed: list[tuple[CreditRating, Rated]]) -> None:
    for before, one in changed:
        before.score, before.note, before.taken_in_at = one.score, one.note or None, clock.now()
        _tell(before.id, before.debtor_id, one)
    db.session().flush()


def _tell(rating_id: int, debtor_id: int, one: Rated) -> None:
    events.record(CreditRatingTakenIn(credit_rating_id=rating_id, debtor_id=debtor_id, rated_on=one.day))
