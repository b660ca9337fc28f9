"""What happens to a case: it is opened, either side writes, it is handed on, put off, closed, opened again."""

from datetime import datetime
from typing import Any

from portal.cases import desks, kinds, numbers, queries, rules, turns
from portal.cases import events as happened
from portal.cases.models import CUSTOMER, STAFF, Case, CaseEntry, Desk
from portal.cases.states import MACHINE, CaseStatus
from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import letters
from portal.debtors.visits import Current
from portal.invoices import queries as invoices
from portal.people import queries as people
from portal.people.models import Staff


def open_case(
    kind: str,
    debtor_id: int,
    *,
    visit_id: int | None = None,
    words: str | None = None,
    invoice_id: int | None = None,
    subject_id: int | None = None,
    cause: str | None = None,
    desk: str | None = None,
    waits_for: CaseStatus = CaseStatus.OURS,
    act_by: datetime | None = None,
    owner_id: int | None = None,
) -> Case:
    """A new case with its owner and its date; `kind` is a key of portal.cases.kinds.

    `act_by` is given where the feature knows it (the day of a promise); else it is the desk's answer time. So is
    `owner_id`: whoever owned what it follows from; else it is the desk's.
    """
    key = desk or desks.of_kind(kind)
    own = desks.desks().get(key)
    case = Case(
        id=ids.new_id(),
        number=numbers.new_number(),
        debtor_id=debtor_id,
        kind=kind,
        subject_id=subject_id,
        invoice_id=invoice_id,
        visit_id=visit_id,
        cause=cause,
        words=words,
        desk=key,
        owner_id=owner_id if owner_id is not None else desks.owner_at(own, kind),
        due_on=invoices.first_due_on(invoice_id) if invoice_id is not None else None,
        opened_at=clock.now(),
    )
    case.act_by = act_by or _answer_at(own, kind)
    opened = happened.CaseOpened(case_id=case.id, debtor_id=debtor_id, kind=kind, act_by=case.act_by)
    MACHINE.begin(case, waits_for, opened)
    db.session().add(case)
    db.session().flush()
    return case


def ask(visit: Current, words: str, *, invoice_id: int | None = None) -> Case:
    """Keeps a question in the customer's own words and puts it before the creditor's people."""
    case = open_case(kinds.QUESTION, visit.debtor_id, visit_id=visit.id, words=words, invoice_id=invoice_id)
    events.record(happened.QuestionAsked(question_id=case.id, debtor_id=visit.debtor_id, invoice_id=invoice_id))
    return case


def write(visit: Current, case: Case, words: str) -> CaseEntry:
    """The customer writes: the creditor's people act next, and a case that was just closed is open again.

    Raises NotAllowedNow once it has been closed for long.
    """
    why_not = rules.why_not_write(case.status, case.closed_at, clock.now())
    if why_not is not None:
        raise NotAllowedNow(why_not)
    entry = _entry(case, CUSTOMER, words, visit_id=visit.id)
    turn, case.act_by = turns.of(case), _answer_by(case)
    if turn is not None and turn.status is CaseStatus.OURS:
        case.act_by = min(case.act_by, turn.act_by)
    case.snoozed_until = None
    if case.status is CaseStatus.CLOSED:
        reopen(case, entry)
    else:
        wrote = happened.CaseWritten(case_id=case.id, debtor_id=case.debtor_id, entry_id=entry.id)
        MACHINE.move(case, CaseStatus.OURS, wrote)
        db.session().flush()
    return entry


def write_unproved(case: Case, words: str) -> CaseEntry:
    """Somebody at the door wrote once more about what is open already; by when we look into it stays as it was."""
    entry = _entry(case, CUSTOMER, words)
    case.snoozed_until = None
    wrote = happened.CaseWritten(case_id=case.id, debtor_id=case.debtor_id, entry_id=entry.id)
    MACHINE.move(case, CaseStatus.OURS, wrote)
    db.session().flush()
    return entry


def reopen(case: Case, entry: CaseEntry | None = None) -> None:
    """A closed case is the creditor's to answer again."""
    case.outcome, case.closed_at, case.closed_on, case.act_by = None, None, None, _answer_by(case)
    again = happened.CaseReopened(
        case_id=case.id, debtor_id=case.debtor_id, entry_id=entry.id if entry is not None else None
    )
    MACHINE.move(case, CaseStatus.OURS, again)
    db.session().flush()


def answer(case: Case, words: str, who: Staff) -> CaseEntry:
    """One of the creditor's people writes; the customer is told that an answer is there, without a word of it."""
    entry = _entry(case, STAFF, words, staff_id=who.id, name=who.name)
    see(case, who.id)
    turn = turns.of(case)
    if turn is None:
        hand_to_customer(case, entry)
    else:
        _hand_to(case, turn.status, turn.act_by, entry)
    if case.kind == kinds.QUESTION:
        events.record(happened.QuestionAnswered(question_id=case.id, debtor_id=case.debtor_id))
    tell(case, kinds.KINDS[case.kind].answered_by)
    return entry


def say(case: Case, words: str, who: Staff) -> CaseEntry:
    """Words beside an act of a feature's that moves the case and tells the customer by itself."""
    entry = _entry(case, STAFF, words, staff_id=who.id, name=who.name)
    see(case, who.id)
    return entry


def hand_to_customer(case: Case, entry: CaseEntry | None = None, act_by: datetime | None = None) -> None:
    """The customer acts next, until `act_by` or some working days; then the case shows itself again."""
    _hand_to(case, CaseStatus.THEIRS, act_by or rules.answer_by(clock.now(), rules.THEIR_DAYS, _zone()), entry)


def _hand_to(case: Case, side: CaseStatus, act_by: datetime, entry: CaseEntry | None) -> None:
    """We have answered, or done what was to be done; `side` acts next."""
    case.act_by, case.snoozed_until = act_by, None
    answered = happened.CaseAnswered(
        case_id=case.id,
        debtor_id=case.debtor_id,
        entry_id=entry.id if entry is not None else None,
        act_by=case.act_by,
    )
    MACHINE.move(case, side, answered)
    db.session().flush()


def keep_date(case: Case) -> None:
    """What is under way has another date: the case has it too. Words that wait are answered by then or sooner."""
    turn = turns.of(case)
    if turn is None or case.status is CaseStatus.CLOSED:
        return
    if not queries.waits_for_words(case):
        if case.status is turn.status:
            case.act_by = turn.act_by
    elif turn.status is CaseStatus.OURS:
        case.act_by = min(_answer_by(case) if case.act_by is None else case.act_by, turn.act_by)
    db.session().flush()


def bring_back(case: Case, act_by: datetime | None = None) -> None:
    """What was waited for did not come: the creditor's people act next, by `act_by` or the desk's answer time."""
    case.act_by = act_by or _answer_by(case)
    case.snoozed_until = None
    came_back = happened.CaseCameBack(case_id=case.id, debtor_id=case.debtor_id, act_by=case.act_by)
    MACHINE.move(case, CaseStatus.OURS, came_back)
    db.session().flush()


def close(case: Case, outcome: str) -> None:
    """Somebody who had it before them ends it: nobody need act any more. What ends by itself is `let_close`.

    Raises ValueError for an outcome that its kind has not.
    """
    if not kinds.is_outcome(case.kind, outcome):
        raise ValueError(f"a case about {case.kind} does not end as {outcome}")
    case.outcome, case.closed_at, case.closed_on = outcome, clock.now(), clock.today(_zone())
    case.act_by, case.snoozed_until = None, None
    MACHINE.move(
        case,
        CaseStatus.CLOSED,
        happened.CaseClosed(case_id=case.id, debtor_id=case.debtor_id, outcome=outcome),
    )
    db.session().flush()


def let_close(case: Case, outcome: str) -> None:
    """What it was about is over by itself: it closes, unless the customer still waits for an answer.

    Then it stays the creditor's, and whoever answers closes it (Panel.leaves_closing).
    """
    if case.status is not CaseStatus.CLOSED and not (queries.waits_for_words(case) or _never_answered(case, outcome)):
        close(case, outcome)


def _never_answered(case: Case, outcome: str) -> bool:
    """A difficulty that nobody said a word to is not over because its days are."""
    is_left = case.kind == kinds.DIFFICULTY and outcome != kinds.TAKEN_BACK and case.status is CaseStatus.OURS
    return is_left and queries.last_entry(case.id) is None


def close_of(kind: str, subject_id: int, outcome: str, *, by_hand: bool = False) -> None:
    """Closes the case about a feature's row where it is still open; `by_hand`: somebody has it before them."""
    case = queries.about(kind, subject_id)
    if case is None or case.status is CaseStatus.CLOSED:
        return
    if by_hand:
        close(case, outcome)
    else:
        let_close(case, outcome)


def see(case: Case, staff_id: int) -> None:
    """Somebody has it before them; said once."""
    if case.seen_at is None:
        case.seen_at, case.seen_by = clock.now(), staff_id
        events.record(happened.CaseSeen(case_id=case.id, debtor_id=case.debtor_id))
        db.session().flush()


def assign(case: Case, staff_id: int) -> None:
    """Another of the creditor's people owns it from here on. Raises NotAllowedNow for who does not work here."""
    if not people.works_at(staff_id, scope.current().creditor_id, desks.permission(case.kind)):
        raise NotAllowedNow(t("This person does not work here any more. Please choose another."))
    if case.owner_id != staff_id:
        case.owner_id = staff_id
        events.record(happened.CaseAssigned(case_id=case.id, debtor_id=case.debtor_id, staff_id=staff_id))
        db.session().flush()


def hand_back() -> None:
    """Cases whose owner may not see to them any more, or that have none, go to whom their desk gives them."""
    creditor_id, own = scope.current().creditor_id, desks.desks()
    for kind, found in queries.without_owner(creditor_id).items():
        for case in found:
            owner = desks.owner_at(own.get(case.desk), kind)
            if owner is not None and owner != case.owner_id:
                case.owner_id = owner
                events.record(happened.CaseAssigned(case_id=case.id, debtor_id=case.debtor_id, staff_id=owner))
    db.session().flush()


def put_off(case: Case, until: datetime | None) -> None:
    """Out of the queue until that moment, or back in it at once; what was promised to the customer stays promised."""
    case.snoozed_until = until
    events.record(happened.CasePutOff(case_id=case.id, debtor_id=case.debtor_id, comes_back_at=until))
    db.session().flush()


def tell(case: Case, key: str, *, asked_for: bool = True, **params: Any) -> None:
    """Writes to the customer, by mail or text where an address is known, with a link that opens the case's page.

    `key` names the message; it is asked for where it answers something that they did (decision 10).
    """
    letters.tell(key, case.debtor_id, params={"case": numbers.spoken(case.number), **params}, asked_for=asked_for)


def _entry(
    case: Case,
    author: str,
    words: str,
    *,
    visit_id: int | None = None,
    staff_id: int | None = None,
    name: str | None = None,
) -> CaseEntry:
    entry = CaseEntry(
        id=ids.new_id(),
        debtor_id=case.debtor_id,
        case_id=case.id,
        author=author,
        visit_id=visit_id,
        staff_id=staff_id,
        name=name,
        words=words,
        at=clock.now(),
    )
    db.session().add(entry)
    db.session().flush()
    return entry


def _answer_by(case: Case) -> datetime:
    return _answer_at(desks.desks().get(case.desk), case.kind)


def _answer_at(desk: Desk | None, kind: str) -> datetime:
    own = desk.answer_days if desk is not None else None
    return rules.answer_by(clock.now(), kinds.KINDS[kind].answer_days if own is None else own, _zone())


def _zone() -> str:
    return creditors.in_scope().time_zone
