"""A call is booked in the creditor's lawful hours, once a seat, moved, called off, and what came of it is kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.calls import actions, rules
from portal.calls.models import Call, Seat
from portal.calls.states import CallStatus
from portal.cases import kinds
from portal.cases.models import Case
from portal.core import calendars, clock, db, ids, scope
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy, make_busy, messages_of
from tests.factories.world import make_account

HOURS = rules.Hours(tuple((day, 540, 1080) for day in range(6)), 30, 1)


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    made = make_busy(app)
    with db.transaction():
        scope.enter(made.creditor.id)
        actions.set_hours(HOURS)
    return made


def book(browser: Debtor, place: int = 0, phone: str = "333 123 4567", **typed: str) -> None:
    browser.get("/d/call")
    at = [value for value in browser.form("/d/call").choices["at"] if value][place]
    browser.submit("/d/call", at=at, phone=phone, **typed)


def call_of(busy: Busy) -> Call:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return session.scalars(select(Call).order_by(Call.id.desc())).first()  # type: ignore[return-value]


def case_of(busy: Busy) -> Case:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        wanted = select(Case).where(Case.kind == kinds.CALL).order_by(Case.id.desc())
        return session.scalars(wanted).first()  # type: ignore[return-value]


def test_a_call_is_booked_and_told_and_the_operator_has_it(app: PortalFlask, busy: Busy) -> None:
    book(busy.browser, about="Vorrei capire la fattura.")
    assert busy.browser.status == 200
    call, case = call_of(busy), case_of(busy)
    assert (call.phone, call.status) == ("+393331234567", CallStatus.BOOKED)
    assert case.act_by == call.starts_at
    assert [message.key for message in messages_of(busy.creditor.id)][-1] == "call_booked"
    agent = signed_in(app, busy.creditor, Role.AGENT)
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    assert "+39 333 123 4567" in agent.text.replace("\xa0", " ")
    assert "Vorrei capire la fattura." in agent.text
    agent.submit("/made")
    assert (call_of(busy).status, case_of(busy).outcome) == (CallStatus.MADE, "called")


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(busy: Busy) -> None:
    book(busy.browser, phone="??", about="Solo io.")
    assert busy.browser.status == 422
    assert "Solo io." in busy.browser.text
    busy.browser.submit("/d/call", at="2000-01-01T00:00:00Z", phone="3331234567")
    assert busy.browser.status == 422
    assert call_of(busy) is None


def test_a_moment_is_taken_once_and_free_again_when_it_is_moved(app: PortalFlask, busy: Busy) -> None:
    other = make_account(busy.creditor, code="0099", vat_number="IT00000003333", name="Altri S.r.l.")
    browser = Debtor(app)
    browser.enter(other.link(), other.fact)
    browser.get("/d/call")
    stale = browser.form("/d/call")
    first = next(value for value in stale.choices["at"] if value)
    book(busy.browser)
    assert clock.iso(call_of(busy).starts_at) == first
    browser.post("/d/call", {**stale.fields, "at": first, "phone": "3331234567"})
    assert browser.status == 422
    book(busy.browser, 3)
    assert call_of(busy).moves == 1
    book(browser)
    assert clock.iso(call_of(busy).starts_at) == first
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        assert len(session.scalars(select(Seat)).all()) == 2


def test_it_is_called_off_by_either_side_and_its_seat_is_free(app: PortalFlask, busy: Busy) -> None:
    book(busy.browser)
    busy.browser.get("/d/call")
    busy.browser.submit("/off")
    assert (call_of(busy).status, case_of(busy).outcome) == (CallStatus.CALLED_OFF, "taken_back")
    book(busy.browser)
    agent = signed_in(app, busy.creditor, Role.AGENT)
    agent.get(f"/c/cases/{ids.spell(case_of(busy).id)}")
    agent.submit("/off")
    assert agent.status == 200
    assert [message.key for message in messages_of(busy.creditor.id)][-1] == "call_called_off"
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        assert session.scalars(select(Seat)).all() == []


def test_the_calendar_file_says_when_and_nothing_about_what(busy: Busy) -> None:
    book(busy.browser, about="Una cosa privata")
    call = call_of(busy)
    answer = busy.browser.get(f"/d/calls/{ids.spell(call.id)}/calendar.ics")
    assert answer.headers["Content-Type"] == calendars.MIME
    text = answer.get_data(as_text=True)
    assert f"DTSTART:{call.starts_at:%Y%m%dT%H%M%SZ}\r\n" in text
    assert "privata" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_without_hours_nothing_is_offered_and_the_paper_may_not_book(app: PortalFlask) -> None:
    busy = make_busy(app)
    busy.browser.get("/d/")
    assert 'href="/d/call"' not in busy.browser.text
    busy.browser.get("/d/call")
    assert "No moment is free" in busy.browser.text or "non ci sono orari liberi" in busy.browser.text


def test_hours_are_set_on_a_page(app: PortalFlask, busy: Busy) -> None:
    admin = signed_in(app, busy.creditor)
    admin.get("/c/settings/calls")
    admin.submit("/c/settings/calls", first_0="9-13", second_0="14.30-18", first_1="18-9", minutes="20", at_once="2")
    assert admin.status == 422
    admin.submit("/c/settings/calls", first_1="")
    assert admin.status == 200, admin.text
    assert 'value="14:30-18:00"' in admin.text


def test_slots_stay_within_hours_law_notice_and_seats() -> None:
    hours = rules.Hours(((0, 8 * 60, 10 * 60), (5, 14 * 60, 18 * 60), (6, 540, 600)), 30, 2)
    now = datetime(2026, 12, 4, 12, tzinfo=UTC)  # a Friday; Monday 7 December works, Tuesday 8 is a holiday
    found = rules.slots(hours, [], now, "Europe/Rome")
    local = [at.astimezone().strftime("%d %H:%M") for at in found] and [
        (at + timedelta(hours=1)).strftime("%d %H:%M") for at in found
    ]
    assert local[:4] == ["05 14:00", "05 14:30", "07 08:30", "07 09:00"], "Saturday to 15:00, Monday from 08:30"
    assert all(day[:2] != "06" for day in local), "never on a Sunday"
    once = rules.slots(hours, [found[0]], now, "Europe/Rome")
    assert found[0] in once
    twice = rules.slots(hours, [found[0], found[0]], now, "Europe/Rome")
    assert found[0] not in twice
    assert rules.slots(hours, [], found[0] - timedelta(hours=1), "Europe/Rome")[0] == found[2]


@pytest.mark.parametrize(("typed", "span"), [("9-13", (540, 780)), ("9:30 - 12.00", (570, 720)), ("", None)])
def test_spans_are_read_as_people_write_them(typed: str, span: tuple[int, int] | None) -> None:
    assert rules.read_span(typed) == span


@pytest.mark.parametrize("typed", ["13-9", "9", "9-", "x-y", "9:70-10", "9-25", "²-3"])
def test_what_is_no_span_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rules.read_span(typed)


def test_what_is_written_in_between_leaves_the_hour_of_the_call(app: PortalFlask, busy: Busy) -> None:
    book(busy.browser, about="Vorrei capire la fattura.")
    page, agent = ids.spell(case_of(busy).id), signed_in(app, busy.creditor, Role.AGENT)
    agent.get(f"/c/cases/{page}")
    agent.submit("/answer", words="Please have the invoice at hand.")
    case = case_of(busy)
    assert (case.status.value, case.act_by) == ("ours", call_of(busy).starts_at)
    agent.get("/c/queue")
    assert page in agent.text
    busy.browser.get(f"/d/cases/{page}")
    busy.browser.submit("/words", words="I have it here")
    case = case_of(busy)
    assert case.act_by is not None
    assert case.act_by <= call_of(busy).starts_at


def test_no_call_ends_on_an_old_page(app: PortalFlask, busy: Busy) -> None:
    book(busy.browser)
    page = ids.spell(case_of(busy).id)
    agent = signed_in(app, busy.creditor, Role.AGENT)
    for act in ("/made", "/missed", "/off"):
        agent.get(f"/c/cases/{page}")
        busy.browser.get(f"/d/cases/{page}")
        busy.browser.submit("/words", words="Please call my other number")
        agent.submit(act)
        assert agent.status == 409, act
    assert call_of(busy).status is CallStatus.BOOKED


def test_a_call_of_another_link_is_said_and_nothing_typed_is_lost(app: PortalFlask, busy: Busy) -> None:
    invoice = busy.account.add_invoice("200/2026", "50.00")
    narrow = Debtor(app)
    narrow.enter(busy.account.link(invoice_id=invoice), busy.account.fact)
    narrow.get("/language/en")
    narrow.get("/d/call")
    at = [value for value in narrow.form("/d/call").choices["at"] if value][3]
    book(busy.browser)
    narrow.submit("/d/call", at=at, phone="333 123 4567", about="a long story")
    assert narrow.status == 422
    assert "a long story" in narrow.text
    assert "through another link of yours" in narrow.text
    narrow.get("/d/call")
    assert "through another link of yours" in narrow.text
    assert "a long story" not in narrow.text


def test_who_lives_on_other_clocks_reads_theirs_and_books_the_same_moment(busy: Busy) -> None:
    busy.browser.get("/d/call")
    here = busy.browser.text
    value = next(one for one in busy.browser.form("/d/call").choices["at"] if one)
    busy.browser.get("/d/call?zone=Europe/London")
    assert value in busy.browser.form("/d/call").choices["at"], "the same moments under other hours"
    starts = datetime.fromisoformat(value)
    assert f"{starts.astimezone(ZoneInfo('Europe/Rome')):%H:%M}" in here
    assert f"{starts.astimezone(ZoneInfo('Europe/London')):%H:%M}" in busy.browser.text
    busy.browser.submit("/d/call", at=value, phone="333 123 4567")
    assert call_of(busy).starts_at == starts
    assert "zone=Europe" in busy.browser.path or "Londra" in busy.browser.text
    busy.browser.get("/language/en")
    busy.browser.get("/d/call?zone=Europe/London")
    assert "London" in busy.browser.text
    assert "Londra" not in busy.browser.text
    busy.browser.get("/d/call?zone=Etc/Nowhere")
    assert busy.browser.status == 200
