"""Somebody says that an address is wrong: a case for a colleague, who decides. By itself it changes nothing."""

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors import actions as debtors
from portal.debtors.events import ContactConfirmed, ContactStopped
from portal.debtors.models import AccessLink, ContactPoint
from portal.debtors.visits import Current
from portal.wrong_addresses import queries, rules


def say_at_the_door(link: AccessLink, reason: str, words: str) -> Case:
    """Somebody who has proved nothing wrote that it is not them; of the same address it is the same case."""
    found = queries.open_of(link.debtor_id, link.contact_point_id, at_the_door=True)
    if found is not None:
        cases.write_unproved(found, words)
        return found
    return cases.open_case(
        kinds.WRONG_PERSON, link.debtor_id, subject_id=link.contact_point_id, cause=reason, words=words
    )


def say(visit: Current, reason: str, words: str) -> Case:
    """The same behind the gate, with what they would rather have."""
    contact_id = queries.contact_of_link(visit.link_id)
    found = queries.open_of(visit.debtor_id, contact_id, at_the_door=False)
    if found is not None and visit.reaches(found.visit_id, found.invoice_id):
        if words:
            cases.write(visit, found, words)
        return found
    return cases.open_case(
        kinds.WRONG_PERSON,
        visit.debtor_id,
        visit_id=visit.id,
        invoice_id=visit.invoice_id,
        subject_id=contact_id,
        cause=reason,
        words=words or None,
    )


def confirm(case: Case) -> None:
    """It is not theirs: its links die at once, the address is forgotten within a day, the case ends (C-23).

    Raises NotAllowedNow where the address is stopped already.
    """
    debtors.stop_contact(_undecided(case), rules.NOT_ME)
    _decided(case, rules.STOPPED)


def dismiss(case: Case) -> None:
    """It is theirs: we go on writing there, and the case ends. Raises NotAllowedNow as `confirm` does."""
    debtors.confirm_contact(_undecided(case))
    _decided(case, rules.THEIRS)


def _undecided(case: Case) -> ContactPoint:
    contact = queries.contact(case)
    if contact is None or contact.stopped_at is not None or case.closed_at is not None:
        raise NotAllowedNow(t("This has been decided already."))
    return contact


def _decided(case: Case, outcome: str) -> None:
    """Who decided had this case before them, with all that was written in it."""
    if case.status is not CaseStatus.CLOSED:
        cases.close(case, outcome)


def hear_stopped(event: ContactStopped, _event_id: int) -> None:
    """The address is used no more, whoever decided it: nobody need look into it."""
    for case in queries.open_about(event.contact_id):
        cases.let_close(case, rules.STOPPED)


def hear_confirmed(event: ContactConfirmed, _event_id: int) -> None:
    for case in queries.open_about(event.contact_id):
        cases.let_close(case, rules.THEIRS)
