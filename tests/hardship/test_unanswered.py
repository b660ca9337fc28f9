"""A difficulty that nobody answered does not vanish, nobody acts on an old page, and few hear of a rest."""

from datetime import timedelta

import time_machine

from portal.cases.states import CaseStatus
from portal.core import clock, ids, jobs
from portal.hardship.states import RestStatus
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy
from tests.factories.world import make_account
from tests.hardship.test_hardship import busy, case_of, plan_caring, rest_of, says_so

__all__ = ["busy"]


def days_go_by(busy: Busy) -> None:
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        jobs.PERIODIC["portal.hardship.jobs.end_rests"].work()
    assert rest_of(busy).status is RestStatus.ENDED


def manager_of(app: PortalFlask, busy: Busy) -> Browser:
    manager = signed_in(app, busy.creditor, Role.MANAGER)
    manager.get(f"/c/cases/{ids.spell(case_of(busy).id)}")
    return manager


def test_what_nobody_answered_stays_when_its_days_are_over_and_then_closes_by_hand(
    app: PortalFlask, busy: Busy
) -> None:
    says_so(busy, "call")
    days_go_by(busy)
    assert case_of(busy).status is CaseStatus.OURS
    manager = manager_of(app, busy)
    manager.submit("/close", outcome="answered")
    assert case_of(busy).status is CaseStatus.CLOSED


def test_what_was_answered_closes_with_its_days(app: PortalFlask, busy: Busy) -> None:
    says_so(busy, "call")
    manager_of(app, busy).submit("/answer", words="La chiamo domani.")
    days_go_by(busy)
    assert case_of(busy).outcome == "rest_over"


def test_words_after_the_answer_stay_too(app: PortalFlask, busy: Busy) -> None:
    says_so(busy, "call")
    page = busy.browser.path
    manager_of(app, busy).submit("/answer", words="La chiamo domani.")
    busy.browser.get(page)
    busy.browser.submit("/words", words="Nobody called me")
    days_go_by(busy)
    assert case_of(busy).status is CaseStatus.OURS


def test_a_way_found_on_an_old_page_is_refused(app: PortalFlask, busy: Busy) -> None:
    says_so(busy, "call")
    page, manager = busy.browser.path, manager_of(app, busy)
    busy.browser.get(page)
    busy.browser.submit("/words", words="It is worse: I was dismissed today")
    for act in ("/agree", "/prolong"):
        before = rest_of(busy).until
        manager.get("/c/queue")
        manager.get(f"/c/cases/{ids.spell(case_of(busy).id)}")
        busy.browser.get(page)
        busy.browser.submit("/words", words="And again")
        manager.submit(act)
        assert manager.status == 409, act
        assert (rest_of(busy).status, rest_of(busy).until) == (RestStatus.RUNNING, before)


def test_who_may_not_know_reads_of_no_rest(app: PortalFlask, busy: Busy) -> None:
    busy.account.add_invoice("200/2026", "50.00")
    assert plan_caring(busy) == 1
    says_so(busy, "call")
    jobs.work_off()
    manager = manager_of(app, busy)
    manager.submit("/prolong")
    manager.get(busy.card)
    assert "For a while nobody writes to them" in manager.text
    assert "For a while longer nobody writes to them" in manager.text
    agent = signed_in(app, busy.creditor, Role.AGENT)
    agent.get(busy.card)
    assert "held back" in agent.text
    assert "nobody writes to them" not in agent.text


def test_said_before_through_the_account_and_again_through_one_document(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-12)
    other = account.add_invoice("2/2026", "50.00", due_in=-10)
    for link in (account.link(), account.link(invoice_id=other)):
        debtor = Debtor(app)
        debtor.enter(link, account.fact)
        debtor.get("/d/difficulty")
        form = debtor.form("/d/difficulty")
        debtor.post(form.action, {**form.fields, "help[]": ["letters"]})
        assert debtor.status == 200, debtor.path
