"""Writes a whole history, some customers in a transaction: it may be stopped at any moment and goes on from there."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select

from portal.cases import desks
from portal.core import db, installation, migrations, scope
from portal.core.errors import PortalError
from portal.core.text import t
from portal.creditors import actions as creditor_actions
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.histories import characters, lives
from portal.histories.lives import Years
from portal.histories.pen import Pen
from portal.histories.talk import Owners
from portal.summaries import actions as summaries
from portal.summaries import jobs as summaries_jobs

AT_ONCE = 1_000  # documents in one transaction, or one customer with more


class AnotherHistory(PortalError):
    """What is there was written for something else."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to invent; the same gives the same, to the last id. `last`: the day on which the history ends."""

    slug: str
    debtors: int
    documents: int
    years: int
    seed: int
    last: date

    @property
    def first(self) -> date:
        return self.last - timedelta(days=365 * self.years)

    def lot(self, *of: object) -> random.Random:
        """A lot of its own for one thing of this history."""
        whole = (self.debtors, self.documents, self.years, self.seed, self.last.isoformat(), *of)
        return random.Random(hashlib.sha256(repr(whole).encode()).digest())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; `rows` are those written by this run, events among them."""

    debtors: int
    documents: int
    rows: int


def write(wanted: Wanted, tell: Callable[[Progress], None]) -> Progress:
    """Writes what is not there yet. Raises AnotherHistory where the creditor's customers are not of this one."""
    with db.transaction():
        creditor_id, there = _begin(wanted)
    shares = _shares(wanted)
    done = Progress(there, sum(shares[:there]), 0)
    tell(done)
    for some in _turns(shares, there):
        with db.transaction():
            scope.enter(creditor_id)
            summaries.set_back()
            rows = _write(wanted, creditor_id, some, shares)
        done = Progress(some[-1] + 1, done.documents + sum(shares[at] for at in some), done.rows + rows)
        tell(done)
    if done.rows:
        migrations.refresh_statistics(installation.settings().migration_url)
        summaries_jobs.count(creditor_id)
    return done


def prepare(wanted: Wanted) -> int:
    """The creditor's id before anything is written: who works there is to own the cases. Raises AnotherHistory."""
    with db.transaction():
        return _begin(wanted)[0]


def begun(slug: str, years: int) -> date | None:
    """The last day of the history that was begun for the creditor, so that going on another day goes on with it."""
    with db.transaction(writes=False):
        creditor = creditors.by_slug(slug)
        if creditor is None:
            return None
        scope.enter(creditor.id)
        at = db.session().scalar(select(Debtor.created_at).where(Debtor.code == lives.code_of(0)))
    return at.date() + timedelta(days=365 * years) if at is not None else None


def set_aside(slug: str) -> str | None:
    """The creditor gives its slug to a new one, for nothing in the books is ever deleted; its new slug."""
    with db.transaction():
        creditor = creditors.by_slug(slug)
        if creditor is None:
            return None
        scope.enter(creditor.id)
        creditor.slug = f"{slug}-{_set_aside(slug) + 1}"
        return creditor.slug


def _set_aside(slug: str) -> int:
    """How many have had the slug before."""
    number = 0
    while creditors.by_slug(f"{slug}-{number + 1}") is not None:
        number += 1
    return number


def _begin(wanted: Wanted) -> tuple[int, int]:
    """The creditor, made where it is not there, and how many of its customers are."""
    creditor = creditors.by_slug(wanted.slug) or _creditor(wanted)
    scope.enter(creditor.id)
    there = db.session().scalar(select(func.count(Debtor.id))) or 0
    if there:
        last = db.session().scalar(select(Debtor.id).where(Debtor.code == lives.code_of(there - 1)))
        if there > wanted.debtors or last != _first_id(wanted, there - 1, creditor.id):
            raise AnotherHistory(t("This creditor has other customers already. Name another one, or say --fresh."))
    return creditor.id, int(there)


def _creditor(wanted: Wanted) -> Creditor:
    name = f"{wanted.slug.replace('-', ' ').title()} S.r.l."
    return creditor_actions.add(wanted.slug, name, iban="IT60X0542811101000000123456")


def _first_id(wanted: Wanted, number: int, creditor_id: int) -> int:
    """The id of that customer, which nobody has whose history is not this one."""
    pen = Pen(creditor_id, _end(wanted), ids=_ids(wanted, _set_aside(wanted.slug), number))
    return pen.new_id(_years(wanted, Owners({})).begin)


def _ids(wanted: Wanted, aside: int, number: int) -> random.Random:
    """What rows are called is the creditor's own: the same history may stand there for several."""
    return wanted.lot("ids", wanted.slug, aside, number)


def _end(wanted: Wanted) -> datetime:
    return datetime.combine(wanted.last, time(22), UTC)


def _years(wanted: Wanted, owners: Owners) -> Years:
    return Years(wanted.first, wanted.last, owners)


def _shares(wanted: Wanted) -> list[int]:
    """How many documents each customer gets."""
    weights = [characters.weight(wanted.lot("customer", number)) for number in range(wanted.debtors)]
    return characters.shared_out(weights, wanted.documents)


def _turns(shares: list[int], there: int) -> Iterator[list[int]]:
    """Customers behind those that are there, some at a time."""
    some: list[int] = []
    documents = 0
    for number in range(there, len(shares)):
        some.append(number)
        documents += shares[number]
        if documents >= AT_ONCE:
            yield some
            some, documents = [], 0
    if some:
        yield some


def _write(wanted: Wanted, creditor_id: int, some: list[int], shares: list[int]) -> int:
    own = desks.desks()
    years = _years(wanted, Owners({kind: desks.owner_at(own.get(desks.of_kind(kind)), kind)
                                   for kind in lives.CASE_KINDS}))  # fmt: skip
    whole, aside = Pen(creditor_id, _end(wanted)), _set_aside(wanted.slug)
    for number in some:
        pen = replace(whole, lot=wanted.lot("customer", number), ids=_ids(wanted, aside, number))
        nature = characters.draw(wanted.lot("customer", number))
        characters.weight(pen.lot)
        lives.live(pen, number, nature, shares[number], years)
    return whole.put_down()
