"""Who is behind the gate right now: loaded in one query, from ids in the signed cookie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import g, session
from sqlalchemy import bindparam, func, select, true, update

from portal.core import clock, db, events, ids, scope
from portal.creditors import faces
from portal.creditors.models import Creditor
from portal.debtors import held
from portal.debtors.gate import IDLE
from portal.debtors.models import AccessLink, Debtor, DoorPolicy, Visit
from portal.people import agencies
from portal.web import language_pages
from portal.web.gates import only_own
from portal.web.templating import forget_session

SEEN_EVERY = timedelta(seconds=60)  # last seen is kept to the minute: a page view need not write


@dataclass(frozen=True, slots=True)
class Current:
    """The visit behind this request, with what its pages need."""

    id: int
    debtor_id: int
    link_id: int
    level: int
    invoice_id: int | None  # the link opens this invoice only; none = the debtor's account
    debtor_name: str
    debtor_kind: str
    creditor: faces.Face
    agency: str | None = None  # whose mandate covers the debtor: it works on the creditor's behalf
    may_hand_over: bool = True  # whether the creditor lets a document be handed over to a colleague (DoorPolicy)
    earlier: tuple[int, ...] = ()  # the numbers that this visit had before it was renewed

    @property
    def who(self) -> str:
        return f"visit:{self.id}"

    @property
    def may_answer(self) -> bool:
        """The paper's code pays and nothing else (decision 5)."""
        return self.level >= 2

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every number under which something may have been kept in this visit: its own, and those before it."""
        return (self.id, *self.earlier)

    def reaches(self, visit_id: int | None, invoice_id: int | None = None) -> bool:
        """Whether what was said in that visit, perhaps about that invoice, may be seen here: all of it through a link
        to the account, through one to a single document what is about it or was said in this very visit (rule A-07).
        """
        return self.invoice_id is None or visit_id in self.numbers or invoice_id == self.invoice_id


_COLUMNS = (
    Visit.id,
    Visit.debtor_id,
    Visit.link_id,
    Visit.level,
    Visit.seen_at,
    AccessLink.invoice_id,
    Debtor.name,
    Debtor.kind,
    Debtor.language,
    agencies.name_for_debtor(Visit.creditor_id.expression, Visit.debtor_id.expression),
    func.coalesce(DoorPolicy.hand_over, true()),
)


# Revoking a link ends its visits, save the one that asked for it: the link itself is not looked at.
_RUNS = (
    Visit.id == bindparam("visit_id"),
    Visit.ended_at.is_(None),
    Visit.ends_at > bindparam("now"),
    Visit.seen_at > bindparam("idle_since"),
)
_LIVE = (
    select(*_COLUMNS, *faces.COLUMNS)
    .join(AccessLink, AccessLink.id == Visit.link_id)
    .join(Debtor, Debtor.id == Visit.debtor_id)
    .join(Creditor, Creditor.id == Visit.creditor_id)
    .outerjoin(DoorPolicy, DoorPolicy.creditor_id == Visit.creditor_id)
    .where(*_RUNS)
)
_GOES_ON = select(Visit.id).where(*_RUNS, Visit.link_id == bindparam("link_id"))


def remember(visit: Visit, earlier: Sequence[int] = ()) -> None:
    """Puts the visit into the cookie: ids only, last the numbers that it had before it was renewed."""
    session["v"] = [visit.creditor_id, visit.debtor_id, visit.id, *earlier]


def _kept() -> tuple[int, int, int, tuple[int, ...]] | None:
    """Creditor, debtor, visit and its earlier numbers as the cookie names them; another release may have written
    other things."""
    kept = session.get("v")
    if not isinstance(kept, list) or len(kept) < 3 or not all(map(ids.is_id, kept)):
        return None
    return kept[0], kept[1], kept[2], tuple(kept[3:])


def goes_on(link_id: int) -> bool:
    """Whether this browser's visit through the link still runs; asked within the scope of the link's creditor."""
    kept, now = _kept(), clock.now()
    if kept is None or kept[0] != scope.current().creditor_id:
        return False
    asked = {"visit_id": kept[2], "now": now, "idle_since": now - IDLE, "link_id": link_id}
    return db.session().scalar(_GOES_ON, asked) is not None


def load() -> Current | None:
    """The visit of this request, its debtor's scope entered; None when there is none or it has ended."""
    kept = _kept()
    if kept is None:
        return None
    creditor_id, debtor_id, visit_id, earlier = kept
    scope.enter(creditor_id, debtor_id)
    now = clock.now()
    asked = {"visit_id": visit_id, "now": now, "idle_since": now - IDLE}
    row = db.session().execute(scope.prepared(_LIVE), asked).one_or_none()
    if row is None:
        session.pop("v", None)
        return None
    head = len(_COLUMNS)
    row_id, row_debtor, link_id, level, seen_at, invoice_id, name, kind, language, agency, hand_over = row[:head]
    face, may_hand_over = faces.Face(*row[head:]), bool(hand_over)
    current = Current(
        row_id, row_debtor, link_id, level, invoice_id, name, kind, face, agency, may_hand_over, earlier
    )
    if now - seen_at > SEEN_EVERY:
        _keep_seen(visit_id)
    events.act_as(events.Actor("debtor", visit_id, link_id))
    held.show_again()
    language_pages.prefer(language)
    if "lang" not in session and session.get("spoken") != language:
        session["spoken"] = language  # for pages that have no visit at hand: privacy, errors, the way out
    return current


def _keep_seen(visit_id: int) -> None:
    with db.trace():
        db.changed(update(Visit).where(Visit.id == visit_id).values(seen_at=clock.now()))


def renew(visit: Current) -> Current:
    """The same visit under a new number, as at every raise of level (rule A-50): whoever holds the old one is out.

    It ends when the old one would have ended. What was said under the old number it still reaches: the browser that
    goes on names it in its signed cookie, and nobody else can.
    """
    old = db.session().scalars(select(Visit).where(Visit.id == visit.id)).one()
    now = clock.now()
    fresh = Visit(
        id=ids.new_id(), debtor_id=old.debtor_id, link_id=old.link_id, level=old.level, device=old.device,
        started_at=now, seen_at=now, ends_at=old.ends_at,
    )  # fmt: skip
    old.ended_at = now
    db.session().add(fresh)
    db.session().flush()
    kept = {name: session[name] for name in ("lang", "link", "by") if name in session}
    forget_session()
    session.update(kept)
    remember(fresh, visit.numbers)
    events.act_as(events.Actor("debtor", fresh.id, fresh.link_id))
    g.visit = replace(visit, id=fresh.id, earlier=visit.numbers)
    return current()


def current() -> Current:
    """The visit of this request; only pages behind the gate call it."""
    visit: Current = g.visit
    return visit


def answering() -> Current:
    """The visit of this request where it may do more than pay; to the paper's code such a page is not there."""
    visit = current()
    only_own(visit if visit.may_answer else None)
    return visit
