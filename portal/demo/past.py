"""A second creditor beside the demo's company, with years of invented history: what many rows look like."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from portal.core import db, scope
from portal.histories import running
from portal.histories.running import Progress, Wanted
from portal.people import actions as people
from portal.people import queries as people_queries
from portal.people.roles import Role
from portal.reminders import actions as reminders

SLUG, YEARS, SEED = "storia", 2, 1
DOCUMENTS_EACH = 20  # of a customer, on average


def add(documents: int, today: date, staff: Sequence[dict[str, str]], say: Callable[[str], None]) -> None:
    """Writes the history, or what is missing of it; the demo's people work there too. Nothing goes out by itself."""
    last = running.begun(SLUG, YEARS) or today - timedelta(days=1)
    wanted = Wanted(SLUG, max(1, documents // DOCUMENTS_EACH), documents, YEARS, SEED, last)
    creditor_id = running.prepare(wanted)
    for one in staff:
        _join(creditor_id, one)
    with db.transaction():
        scope.enter(creditor_id)
        reminders.pause(None, None, None)
    told = 0

    def tell(done: Progress) -> None:
        nonlocal told
        if done.documents - told >= 5_000 or done.documents == documents:
            told = done.documents
            say(f"a second creditor with a past: {done.documents} of {documents} invoices")

    running.write(wanted, tell)


def _join(creditor_id: int, one: dict[str, str]) -> None:
    with db.transaction():
        scope.enter(creditor_id)
        person = people.add_person(one["email"])
        if people_queries.membership(person.id, creditor_id) is None:
            people.accept(people.invite(person, creditor_id, Role(one["role"])), person, name="", password=None)
