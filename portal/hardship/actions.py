"""Saying that it is hard to pay, and what follows: nobody writes, a person takes it up, it ends."""

from collections.abc import Iterable

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, events, ids
from portal.debtors.visits import Current
from portal.hardship import events as happened
from portal.hardship import queries, rules
from portal.hardship.models import Rest
from portal.hardship.states import MACHINE, RestStatus
from portal.messages import actions as messages


def say(visit: Current, helps: Iterable[str]) -> Case:
    """Nobody writes to them for thirty days, and a person who may know of it is asked to look; returns its case."""
    rest, until = queries.of_debtor(visit.debtor_id), clock.now() + rules.REST
    chosen = " ".join(one for one in rules.HELPS if one in set(helps))
    if rest is None:
        rest = Rest(id=ids.new_id(), debtor_id=visit.debtor_id, visit_id=visit.id, helps=chosen, until=until)
        MACHINE.begin(rest, RestStatus.RUNNING, _begun(rest))
        db.session().add(rest)
    else:
        rest.visit_id, rest.helps, rest.until = visit.id, chosen, until
        if rest.status is RestStatus.ENDED:
            MACHINE.move(rest, RestStatus.RUNNING, _begun(rest))
    db.session().flush()
    messages.hold_back_waiting(rest.debtor_id)
    return _case(rest)


def _begun(rest: Rest) -> happened.RestBegun:
    return happened.RestBegun(rest_id=rest.id, debtor_id=rest.debtor_id, ends_at=rest.until)


def _case(rest: Rest) -> Case:
    case = case_queries.about(kinds.DIFFICULTY, rest.id)
    if case is not None and case.status is not CaseStatus.CLOSED:
        return case
    return cases.open_case(kinds.DIFFICULTY, rest.debtor_id, visit_id=rest.visit_id, subject_id=rest.id)


def end(rest: Rest, why: str) -> None:
    """We write again. `why`: agreed, rest_over, or taken_back by the customer.

    Its case closes with it, unless it ended without anybody having answered what was said in it.
    """
    MACHINE.move(rest, RestStatus.ENDED, happened.RestEnded(rest_id=rest.id, debtor_id=rest.debtor_id, why=why))
    db.session().flush()
    cases.close_of(kinds.DIFFICULTY, rest.id, why, by_hand=why == rules.AGREED)


def prolong(rest: Rest) -> None:
    """Another thirty days from today, agreed with the customer."""
    rest.until = clock.now() + rules.REST
    events.record(happened.RestProlonged(rest_id=rest.id, debtor_id=rest.debtor_id, ends_at=rest.until))
    db.session().flush()
