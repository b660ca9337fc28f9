"""The queue: what waits comes first by what was promised, is filtered, handed over and put off many at once."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids, scope
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser, FormFound, forms_of
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.staff_world import Busy, make_busy


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    return make_busy(app)


@pytest.fixture
def agent(app: PortalFlask, busy: Busy) -> Browser:
    return signed_in(app, busy.creditor, Role.AGENT)


def listed(browser: Browser) -> list[str]:
    return re.findall(r'data-row href="(/c/cases/\w+)"', browser.text)


def ticking(browser: Browser) -> FormFound:
    """The form around the rows, not the one with the filters."""
    return next(form for form in forms_of(browser.text) if form.method == "post" and form.action == "/c/queue")


def cases(busy: Busy) -> list[Case]:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return list(session.scalars(select(Case).order_by(Case.id)))


def named(case: Case) -> str:
    """As the box beside it says it: which, and in which state it was shown."""
    return f"{ids.spell(case.id)}.{case.version}"


def change(busy: Busy, case_id: int, **values: object) -> None:
    with db.transaction():
        scope.enter(busy.creditor.id)
        db.changed(update(Case).where(Case.id == case_id).values(**values))


def test_what_was_promised_first_stands_on_top_and_late_is_said(busy: Busy, agent: Browser) -> None:
    question, problem = cases(busy)
    agent.get("/c/queue")
    assert "<title>Queue (2)" in agent.text
    assert listed(agent) == [f"/c/cases/{ids.spell(one.id)}" for one in (question, problem)]
    change(busy, problem.id, act_by=clock.now() - timedelta(hours=1))
    agent.get("/c/queue")
    assert listed(agent)[0] == f"/c/cases/{ids.spell(problem.id)}"
    assert "1 of them late" in agent.text


def test_filters_narrow_it_and_a_number_finds_its_case(busy: Busy, agent: Browser) -> None:
    question, problem = cases(busy)
    for asked, found in (
        ("kind=question", [question]), ("kind=problem", [problem]), ("state=waiting", []), ("state=closed", []),
        (f"q={problem.number[:4]}-{problem.number[4:].lower()}", [problem]), ("q=bianchi", [question, problem]),
        ("q=nessuno", []), ("desk=administration", [problem]), ("owner=mine", []), ("kind=%00", [question, problem]),
        ("after=nonsense", [question, problem]),
    ):  # fmt: skip
        agent.get(f"/c/queue?{asked}")
        assert listed(agent) == [f"/c/cases/{ids.spell(one.id)}" for one in found], asked


def test_what_waits_too_long_for_the_customer_shows_itself(busy: Busy, agent: Browser) -> None:
    question, _ = cases(busy)
    agent.get(busy.case)
    agent.submit("/answer", words="Giovedì.")
    agent.get("/c/queue")
    assert busy.case not in listed(agent)
    agent.get("/c/queue?state=waiting")
    assert listed(agent) == [busy.case]
    change(busy, question.id, act_by=clock.now() - timedelta(minutes=1))
    agent.get("/c/queue")
    assert busy.case in listed(agent)


def test_of_one_moment_the_most_pressing_kind_comes_first_then_the_newest_page_by_page(
    busy: Busy, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        busy.ask(f"Domanda {number}")
    at = clock.now().replace(microsecond=0) + timedelta(days=2)
    for one in cases(busy):
        change(busy, one.id, act_by=at)
    everyone = {one.id: one for one in cases(busy)}
    late = min(everyone)
    change(busy, late, act_by=at - timedelta(days=5))
    problem = next(one.id for one in everyone.values() if one.kind == kinds.PROBLEM)
    newest_first = sorted((one for one in everyone if one not in {late, problem}), reverse=True)
    expected = [f"/c/cases/{ids.spell(one)}" for one in (late, problem, *newest_first)]
    agent.get("/c/queue")
    assert listed(agent) == expected
    agent.get("/c/queue?state=late")
    assert listed(agent) == expected[:1]
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    agent.get("/c/queue")
    found = listed(agent)
    while older := re.search(r'rel="next" href="([^"]+)"', agent.text):
        agent.get(older[1].replace("&amp;", "&"))
        found += listed(agent)
    assert found == expected


def test_what_nobody_owns_is_found(busy: Busy, agent: Browser) -> None:
    question, problem = cases(busy)
    change(busy, question.id, owner_id=make_person(busy.creditor, Role.AGENT, "b@rossi.example").staff_id)
    agent.get("/c/queue?owner=nobody")
    assert listed(agent) == [f"/c/cases/{ids.spell(problem.id)}"]


def test_two_people_on_one_case_are_warned_with_who_and_when(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    """Whatever the second of them does with what they saw before."""
    somebody = make_person(busy.creditor, Role.MANAGER, name="Luca Bo")
    other, luca = sign_in(app, somebody), str(somebody.staff_id)
    until = (clock.today() + timedelta(days=2)).isoformat()
    acts = {"/assign": {"owner": luca}, "/put-off": {"until": until}, "/close": {"outcome": "answered"},
            "/answer": {"words": "Giovedì."}}  # fmt: skip
    for end, typed in acts.items():
        other.get(busy.case)
        form = other.form(end)
        agent.get("/c/queue")
        see = ticking(agent)
        agent.post("/c/queue", {**see.fields, "case[]": named(cases(busy)[0]), "act": "put_off", "until": until})
        assert agent.status == 200
        other.post(form.action, {**form.fields, **typed})
        assert other.status == 409, end
        assert "Giulia Ferri changed case" in other.text
        change(busy, cases(busy)[0].id, snoozed_until=None)
    old = named(cases(busy)[0])
    agent.get(busy.case)
    agent.submit("/answer", words="Giovedì.")
    other.get("/c/queue?state=waiting")
    other.post("/c/queue", {**ticking(other).fields, "case[]": old, "act": "see"})
    assert other.status == 409
    assert "Giulia Ferri wrote in this case on" in other.text


def test_one_case_is_acknowledged_put_off_and_brought_back(busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/see")
    assert cases(busy)[0].seen_at is not None
    assert "I have seen it" not in agent.text
    agent.submit("/put-off", until=(clock.today() + timedelta(days=3)).isoformat())
    agent.get("/c/queue")
    assert busy.case not in listed(agent)
    agent.get(busy.case)
    assert "Bring it back now" in agent.text
    form = next(one for one in forms_of(agent.text) if one.action.endswith("/put-off"))
    agent.post(form.action, {**form.fields, "back": "yes"})
    agent.get("/c/queue")
    assert busy.case in listed(agent)


def test_what_was_promised_is_not_put_off_with_it(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/put-off", until=(clock.today() + timedelta(days=60)).isoformat())
    with time_machine.travel(clock.now() + timedelta(days=10), tick=False):
        manager = signed_in(app, busy.creditor, Role.MANAGER)
        for page in ("/c/queue", "/c/queue?state=late"):
            manager.get(page)
            assert busy.case in listed(manager), page
        manager.get("/c/queue?state=later")
        assert busy.case not in listed(manager)


def test_every_row_and_act_is_reached_by_keyboard_without_script(busy: Busy, agent: Browser) -> None:
    """A skip link first, then filters, then each row's box and link in the order in which they stand, then the acts."""
    agent.get("/c/queue")
    body = agent.text.split("<body")[1]
    assert body.index('class="skip" href="#main"') < body.index("<nav")
    main = agent.text.split('<main id="main"')[1]
    stops = re.findall(r'<(?:a|input|select|button)\b[^>]*?(?:name|href)="([^"]+)"', main)
    shown = [one for one in stops if one in {"q", "case[]", "act", "owner", "until"} or one.startswith("/c/cases/")]
    rows = [stop for link in listed(agent) for stop in ("case[]", link)]
    assert shown == ["q", "owner", *rows, "act", "owner", "until"]
    assert "tabindex" not in main
    for box in re.findall(r"<label><input type=\"checkbox\"[^>]*>(.*?)</label>", main):
        assert re.search(r'<span class="sr">[^<]{10,}</span>', box), "each box says what it ticks"


def test_many_are_handed_over_and_put_off_at_once(busy: Busy, agent: Browser) -> None:
    luca = make_person(busy.creditor, Role.MANAGER, name="Luca Bo")
    both = [named(one) for one in cases(busy)]
    agent.get("/c/queue")
    form = ticking(agent)
    agent.post("/c/queue", {**form.fields, "act": "assign"})
    assert agent.status == 422
    assert "Please tick at least one" in agent.text
    agent.get("/c/queue")
    form = ticking(agent)
    agent.post("/c/queue", {**form.fields, "case[]": both, "act": "assign", "owner": str(luca.staff_id)})
    assert agent.status == 200
    assert {one.owner_id for one in cases(busy)} == {luca.staff_id}
    assert all(one.seen_at is not None for one in cases(busy))
    form, both = ticking(agent), [named(one) for one in cases(busy)]
    until = (clock.today() + timedelta(days=2)).isoformat()
    agent.post("/c/queue", {**form.fields, "case[]": both, "act": "put_off", "until": until})
    assert agent.status == 200
    assert listed(agent) == []
    agent.get("/c/queue?state=later")
    assert len(listed(agent)) == 2


def test_anothers_case_among_the_ticked_does_nothing(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    other = make_busy(app, "verdi")
    agent.get("/c/queue")
    form = ticking(agent)
    mine = [named(one) for one in cases(busy)]
    agent.post("/c/queue", {**form.fields, "case[]": [*mine, f"{ids.spell(other.question_id)}.1"], "act": "see"})
    assert agent.status == 404
    assert all(one.seen_at is None for one in cases(busy))


def test_what_few_may_see_is_seen_by_few(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    question, _ = cases(busy)
    change(busy, question.id, kind=kinds.DIFFICULTY)
    agent.get("/c/queue")
    assert busy.case not in listed(agent)
    assert agent.get(busy.case).status_code == 404
    agent.get(busy.card)
    assert busy.case not in agent.text
    manager = signed_in(app, busy.creditor, Role.MANAGER)
    manager.get("/c/queue")
    assert busy.case in listed(manager)
    assert manager.get(busy.case).status_code == 200


def test_a_viewer_sees_it_and_changes_nothing(app: PortalFlask, busy: Busy) -> None:
    viewer = signed_in(app, busy.creditor, Role.VIEWER)
    viewer.get("/c/queue")
    assert len(listed(viewer)) == 2
    assert 'name="case[]"' not in viewer.text
    viewer.post("/c/queue", {"csrf_token": viewer.csrf(), "command_id": ids.spell(ids.new_id()), "act": "see"})
    assert viewer.status == 403


def test_texts_begin_an_answer_and_hints_can_be_switched_off(app: PortalFlask) -> None:
    busy = make_busy(app, words="Non riusciamo a pagare ora. Quando arriva la merce?")
    admin = signed_in(app, busy.creditor)
    admin.get("/c/settings/answers")
    admin.submit("/texts", language="it", name="Corriere", words="")
    assert admin.status == 422
    admin.submit("/texts", language="it", name="Corriere", words="La merce è partita.")
    admin.get(busy.case)
    assert "Hard to pay just now" in admin.text
    assert "Non riusciamo a pagare ora." in admin.text
    text = admin.form(busy.case).choices["text"][0]
    admin.get(f"{busy.case}?text={text}")
    assert "La merce è partita.</textarea>" in admin.text
    admin.get(f"{busy.case}?text=x")
    assert admin.status == 200
    admin.get("/c/settings/answers")
    admin.submit("/suggestions", suggestions="")
    admin.get(busy.case)
    assert "Hard to pay just now" not in admin.text
    admin.get("/c/settings/answers")
    admin.submit("/drop")
    assert "Corriere" not in admin.text


def test_a_case_that_is_closed_leaves_the_queue(busy: Busy, agent: Browser) -> None:
    agent.get(busy.case)
    agent.submit("/close", outcome="answered")
    agent.get("/c/queue")
    assert busy.case not in listed(agent)
    agent.get("/c/queue?state=closed")
    assert listed(agent) == [busy.case]
    assert cases(busy)[0].status is CaseStatus.CLOSED


def test_excuses_are_counted_by_cause_and_by_whether_they_were_gone_in_time(busy: Busy, agent: Browser) -> None:
    _, problem = cases(busy)
    agent.get("/c/excuses")
    assert "The amount or the price" in agent.text
    assert "still there" in agent.text
    page = f"/c/cases/{ids.spell(problem.id)}"
    busy.answer(answer="received")
    agent.get("/c/excuses?kind=problem")
    assert listed(agent) == [page]
    assert "before the due date" in agent.text
    assert "100 %" in agent.text
    change(busy, problem.id, due_on=clock.today() - timedelta(days=1))
    agent.get("/c/excuses?days=365")
    assert "after the due date" in agent.text
    assert "0 %" in agent.text
