"""A case from both sides: asked, answered, written on, closed, opened again; who acts next, and by when."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.cases import kinds, numbers, rules
from portal.cases.models import Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.working_days import working_day_after
from portal.invoices import holds
from portal.invoices.models import Hold
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.staff_world import Busy, make_busy, messages_of


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    return make_busy(app)


@pytest.fixture
def agent(app: PortalFlask, busy: Busy) -> Browser:
    return signed_in(app, busy.creditor, Role.AGENT)


def case_of(busy: Busy, kind: str = kinds.QUESTION) -> Case:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return session.scalars(select(Case).where(Case.kind == kind).order_by(Case.id.desc())).first()  # type: ignore[return-value]


def reasons_now(busy: Busy) -> list[str]:
    """Why what rests now."""
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return list(session.scalars(select(Hold.reason).where(holds.running())))


def told(busy: Busy) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        rows = select(EventRow.name).where(EventRow.name.like("case.%") | EventRow.name.like("question.%"))
        return list(session.scalars(rows.order_by(EventRow.seq)))


def test_a_question_is_answered_with_a_name_and_the_debtor_is_told(busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/answer", words="La merce arriva giovedì.")
    assert agent.path == busy.case
    assert agent.status == 200
    assert "Giulia Ferri" in agent.text
    case = case_of(busy)
    assert case.status is CaseStatus.THEIRS
    assert case.act_by is not None
    assert case.act_by > clock.now()
    assert [message.key for message in messages_of(busy.creditor.id)][-1] == "question_answered"
    assert told(busy)[-3:] == ["case.seen", "case.answered", "question.answered"]
    busy.browser.get(f"/d/cases/{ids.spell(busy.question_id)}")
    assert "La merce arriva giovedì." in busy.browser.text
    assert "Giulia Ferri" in busy.browser.text
    assert numbers.spoken(case.number) in busy.browser.text


def test_an_empty_answer_is_refused_and_two_people_are_warned(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/answer", words="  ")
    assert agent.status == 422
    assert "Please write your answer" in agent.text
    other = sign_in(app, make_person(busy.creditor, Role.MANAGER, name="Luca Bo"))
    other.get(busy.case)
    agent.submit("/answer", words="Giovedì.")
    assert agent.status == 200
    other.submit("/answer", words="Venerdì.")
    assert other.status == 409
    assert "Giulia Ferri wrote in this case on" in other.text
    other.get(busy.case)
    assert "Giovedì." in other.text
    assert "Venerdì." not in other.text


def test_the_customer_writes_on_and_the_case_is_ours_again(busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/answer", words="Giovedì.")
    page = f"/d/cases/{ids.spell(busy.question_id)}"
    busy.browser.get(page)
    busy.browser.submit("/words", words=" ")
    assert busy.browser.status == 422
    busy.browser.submit("/words", words="Va bene, ma di mattina.")
    assert busy.browser.path == page
    assert case_of(busy).status is CaseStatus.OURS
    agent.get(busy.case)
    assert "Va bene, ma di mattina." in agent.text


def test_a_closed_case_opens_again_for_thirty_days(busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/close", outcome="answered")
    case = case_of(busy)
    assert (case.status, case.outcome, case.act_by) == (CaseStatus.CLOSED, "answered", None)
    page = f"/d/cases/{ids.spell(busy.question_id)}"
    busy.browser.get(page)
    assert "Nothing more to do" in busy.browser.text or "Non c" in busy.browser.text
    busy.browser.submit("/words", words="Ancora una cosa.")
    case = case_of(busy)
    assert (case.status, case.outcome) == (CaseStatus.OURS, None)
    assert rules.why_not_write(CaseStatus.CLOSED, clock.now() - timedelta(days=31), clock.now()) is not None


def test_a_case_is_handed_over_put_off_and_comes_back(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    luca = make_person(busy.creditor, Role.MANAGER, name="Luca Bo")
    agent.get(busy.case)
    agent.submit("/assign", owner="1")
    assert agent.status == 422
    agent.submit("/assign", owner=str(luca.staff_id))
    assert case_of(busy).owner_id == luca.staff_id
    assert agent.status == 200
    agent.submit("/put-off", until=(clock.today() - timedelta(days=1)).isoformat())
    assert agent.status == 422
    agent.submit("/put-off", until=(clock.today() + timedelta(days=3)).isoformat())
    case = case_of(busy)
    assert case.snoozed_until is not None
    assert case.snoozed_until > clock.now() + timedelta(days=1)
    busy.browser.get(f"/d/cases/{ids.spell(busy.question_id)}")
    busy.browser.submit("/words", words="Allora?")
    assert case_of(busy).snoozed_until is None, "a word of the customer brings it back at once"


def test_an_answer_about_receipt_opens_a_case_and_a_later_one_closes_it(busy: Busy) -> None:
    problem = case_of(busy, kinds.PROBLEM)
    assert problem.status is CaseStatus.OURS
    assert problem.owner_id is None, "nobody works here yet"
    busy.answer(answer="missing")
    assert case_of(busy, kinds.PROBLEM).outcome == kinds.TAKEN_BACK
    assert case_of(busy, kinds.NOT_RECEIVED).status is CaseStatus.THEIRS, "it went out again at once"
    busy.answer(answer="received")
    assert case_of(busy, kinds.NOT_RECEIVED).outcome == kinds.TAKEN_BACK


def test_what_was_reported_is_closed_by_who_saw_to_it_and_rests_no_longer(busy: Busy, agent: Browser) -> None:
    problem = case_of(busy, kinds.PROBLEM)
    assert reasons_now(busy) == [holds.PROBLEM_REPORTED]
    agent.get(f"/c/cases/{ids.spell(problem.id)}")
    agent.submit("/close", outcome="cleared_up")
    assert agent.status == 200, agent.text
    assert case_of(busy, kinds.PROBLEM).outcome == "cleared_up"
    assert reasons_now(busy) == []
    for answer in (
        "wrong",
        "wrong",
        "missing",
    ):  # a later word takes the place of the one before, and rests as it does
        busy.answer(**({"answer": answer} | ({"category": "amount"} if answer == "wrong" else {})))
        assert len(reasons_now(busy)) == 1
    agent.get(f"/c/cases/{ids.spell(case_of(busy, kinds.NOT_RECEIVED).id)}")
    agent.submit("/close", outcome="sent_again")
    assert reasons_now(busy) == []


def test_what_its_feature_has_ended_is_closed_here_when_the_customer_wrote_again(busy: Busy, agent: Browser) -> None:
    busy.browser.get("/d/difficulty")
    busy.browser.submit("/d/difficulty")
    page = f"/c/cases/{ids.spell(case_of(busy, kinds.DIFFICULTY).id)}"
    admin = signed_in(busy.browser.app, busy.creditor)
    admin.get(page)
    assert "/close" not in admin.text, "a rest ends as a rest does"
    form = admin.form("/assign")
    admin.post(f"{page}/close", {**form.fields, "outcome": "answered"})
    assert admin.status == 404
    admin.get(page)
    admin.submit("/agree")
    busy.browser.get(f"/d/cases/{ids.spell(case_of(busy, kinds.DIFFICULTY).id)}")
    busy.browser.submit("/words", words="Grazie di cuore.")
    assert case_of(busy, kinds.DIFFICULTY).status is CaseStatus.OURS
    admin.get(page)
    admin.submit("/close", outcome="answered")
    assert admin.status == 200, admin.text
    assert case_of(busy, kinds.DIFFICULTY).outcome == "answered"


def test_another_creditors_case_and_anothers_is_not_there(app: PortalFlask, busy: Busy) -> None:
    other = make_busy(app, "verdi")
    stranger = signed_in(app, other.creditor, Role.AGENT)
    assert stranger.get(busy.case).status_code == 404
    assert other.browser.get(f"/d/cases/{ids.spell(busy.question_id)}").status_code == 404


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("k7qm-2xpd", "K7QM2XPD"),
        (" K7QM 2XPD ", "K7QM2XPD"),
        ("KO7I-LXPD", "K0711XPD"),
        ("K7QM", None),
        ("K7QM-2XPU", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, read: str | None) -> None:
    assert numbers.read(typed) == read


def test_numbers_are_read_back_and_differ() -> None:
    made = {numbers.new_number() for _ in range(500)}
    assert len(made) == 500
    assert all(numbers.read(numbers.spoken(one)) == one for one in made)


def test_an_answer_is_due_after_working_days() -> None:
    friday = datetime(2026, 12, 4, 12, tzinfo=UTC)
    due = rules.answer_by(friday, 2, "Europe/Rome")
    assert due.date() == date(2026, 12, 9), "Saturday, Sunday and 8 December do not count"
    assert working_day_after(date(2026, 11, 20), 1) == date(2026, 11, 23)


def test_entries_are_in_order(busy: Busy, agent: Browser) -> None:
    for word in ("Uno.", "Due."):
        agent.get(busy.case)
        agent.submit("/answer", words=word)
        assert agent.status == 200
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        assert list(session.scalars(select(CaseEntry.words).order_by(CaseEntry.id))) == ["Uno.", "Due."]
