"""No orphan holds, no orphan cases: what rests a document and the case about it begin and end together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from portal.already_paid.models import PaidClaim
from portal.cases import idle, kinds
from portal.cases import jobs as case_jobs
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.commands import looking
from portal.core import clock, db, ids, scope
from portal.imports import taking_in
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold, Invoice
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.messages.models import Message
from portal.people import actions as people
from portal.people import queries as people_queries
from portal.people.models import Staff
from portal.people.roles import Role
from portal.sdi import actions as sdi
from portal.sdi import documents as sdi_documents
from portal.web.edge import PortalFlask
from tests.actors import Debtor, forms_of
from tests.commands.test_house import run
from tests.factories.people import make_person, signed_in
from tests.factories.world import Account, make_account, today_plus


class World:
    """One customer with one invoice, seen from both sides."""

    def __init__(self, app: PortalFlask, account: Account, debtor: Debtor) -> None:
        self.app, self.account, self.debtor = app, account, debtor
        self.invoice_id = account.add_invoice(due_in=-5)
        debtor.enter(account.link(), account.fact)
        self.staff = signed_in(app, account.creditor_id, Role.ADMIN)
        self.page = f"/c/invoices/{ids.spell(self.invoice_id)}"

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def answer(self, **typed: str) -> None:
        self.debtor.get(f"/d/invoices/{ids.spell(self.invoice_id)}/receipt")
        self.debtor.submit("/receipt", **typed)
        assert self.debtor.status == 200, self.debtor.text

    def held(self) -> set[str]:
        return set(self.within(lambda: list(db.session().scalars(select(Hold.reason).where(holds.running())))))

    def cases(self) -> list[Case]:
        return self.within(lambda: list(db.session().scalars(select(Case).order_by(Case.id))))  # type: ignore[no-any-return]

    def open_cases(self) -> list[Case]:
        return [case for case in self.cases() if case.status is not CaseStatus.CLOSED]

    def release(self, reason: str, why: str) -> None:
        """By hand, on the invoice's page."""
        self.staff.get(self.page)
        form = next(f for f in forms_of(self.staff.text) if f.fields.get("hold") == reason)
        self.staff.post(form.action, {**form.fields, "why": why})
        assert self.staff.status == 200, self.staff.text

    def idle(self) -> idle.Counts:
        return self.within(lambda: idle.counts(private=True))  # type: ignore[no-any-return]


@pytest.fixture
def world(app: PortalFlask, debtor: Debtor) -> World:
    return World(app, make_account(), debtor)


def wrong(world: World) -> None:
    world.answer(answer="wrong", category="amount", words="Il prezzo non torna")


def missing(world: World) -> None:
    world.answer(answer="missing")


def promised(world: World) -> None:
    world.debtor.get("/d/promise")
    world.debtor.submit("/d/promise", pay_on=today_plus(5).isoformat())
    assert world.debtor.status == 200, world.debtor.text


def paid(world: World) -> None:
    world.debtor.get("/d/already-paid")
    world.debtor.submit("/d/already-paid", paid_on=today_plus(-2).isoformat())
    assert world.debtor.status == 200, world.debtor.text


def own_file(world: World) -> None:
    def act() -> None:
        for item in invoice_queries.items_of_debtor(world.account.debtor_id, world.invoice_id):
            taking_in._note_dispute(item.item_id, settled=False)

    world.within(act)


def contested(world: World) -> None:
    world.debtor.get(f"/d/invoices/{ids.spell(world.invoice_id)}/dispute")
    world.debtor.submit("/dispute", reason="price", about="whole")
    assert world.debtor.status == 200, world.debtor.text


def proposed(world: World) -> None:
    """A plan that a person has to look at."""
    world.debtor.get("/d/plan")
    world.debtor.submit("/d/plan", way="own", each="20,00", every="week", first_on=today_plus(5).isoformat())
    world.debtor.submit("/d/plan")
    assert world.debtor.status == 200, world.debtor.text


def sent_back(world: World) -> None:
    say_at_the_sdi(world, sdi_documents.Message(sdi_documents.NS, "1", "", "IT1_1.xml"))


def refused_by_the_office(world: World) -> None:
    answer = sdi_documents.Message(sdi_documents.NE, "1", "", "IT1_1.xml", outcome=sdi_documents.REFUSED)
    say_at_the_sdi(world, answer)


def say_at_the_sdi(world: World, message: sdi_documents.Message) -> None:
    world.within(lambda: sdi.take(message, db.session().get_one(Invoice, world.invoice_id)))


SAID: dict[str, Callable[[World], None]] = {
    holds.PROBLEM_REPORTED: wrong,
    holds.NOT_RECEIVED: missing,
    holds.PROMISED: promised,
    holds.ALREADY_PAID: paid,
    holds.DISPUTED: own_file,
    holds.DISPUTE: contested,
    holds.PLAN_ASKED: proposed,
    holds.SDI_REJECTED: sent_back,
    holds.SDI_REFUSED: refused_by_the_office,
}


def test_every_reason_has_a_case_or_is_the_banks() -> None:
    """A new reason fails here until it says who ends it."""
    assert set(SAID) | holds.WITH_THE_BANK | holds.FOLLOWED | {holds.CREDIT_EXPECTED} == set(holds.LABELS)


@pytest.mark.parametrize("reason", sorted(SAID))
def test_what_rests_has_a_case_with_an_owner_and_a_day(world: World, reason: str) -> None:
    SAID[reason](world)
    assert world.held() == {reason}
    (case,) = world.open_cases()
    assert case.owner_id is not None
    assert case.act_by is not None
    assert world.idle() == idle.Counts(0, 0, 0)


@pytest.mark.parametrize(
    ("reason", "why", "outcome"),
    [
        (holds.PROBLEM_REPORTED, "cleared_up", "cleared_up"),
        (holds.PROBLEM_REPORTED, "by_mistake", "by_mistake"),
        (holds.NOT_RECEIVED, "has_arrived", "has_arrived"),
        (holds.NOT_RECEIVED, "no_money_came", "answered"),
        (holds.ALREADY_PAID, "no_money_came", "not_found"),
        (holds.ALREADY_PAID, "cleared_up", "answered"),
        (holds.DISPUTED, "cleared_up", "cleared_up"),
    ],
)
def test_released_by_hand_its_case_is_closed(world: World, reason: str, why: str, outcome: str) -> None:
    SAID[reason](world)
    world.release(reason, why)
    assert world.held() == set()
    assert [(case.status, case.outcome) for case in world.cases()] == [(CaseStatus.CLOSED, outcome)]
    assert world.idle() == idle.Counts(0, 0, 0)


def test_a_promise_that_is_chased_all_the_same_keeps_its_case_and_its_day(world: World) -> None:
    promised(world)
    world.release(holds.PROMISED, "by_mistake")
    (case,) = world.open_cases()
    assert case.status is CaseStatus.THEIRS
    assert case.act_by is not None


@pytest.mark.parametrize("reason", [holds.PROBLEM_REPORTED, holds.NOT_RECEIVED, holds.DISPUTED])
def test_closing_the_case_releases_what_it_held_and_writing_again_holds_it_again(world: World, reason: str) -> None:
    SAID[reason](world)
    (case,) = world.cases()
    page = f"/c/cases/{ids.spell(case.id)}"
    world.staff.get(page)
    world.staff.submit("/close", outcome="answered")
    assert world.staff.status == 200
    assert world.held() == set()
    world.debtor.get(f"/d/cases/{ids.spell(case.id)}")
    world.debtor.submit("/words", words="Non è ancora a posto.")
    assert world.debtor.status == 200, world.debtor.text
    assert world.held() == {reason}
    assert [one.id for one in world.open_cases()] == [case.id]


def test_the_file_that_says_disputed_keeps_one_case_and_a_later_answer_leaves_it(world: World) -> None:
    own_file(world)
    world.answer(answer="received")
    assert world.held() == {holds.DISPUTED}, "the customer's word about receipt ends nothing of the creditor's"
    (case,) = world.open_cases()
    assert case.cause == kinds.OWN_FILE
    assert case.subject_id is None


def test_a_second_answer_of_the_same_kind_still_rests(world: World) -> None:
    wrong(world)
    wrong(world)
    assert world.held() == {holds.PROBLEM_REPORTED}
    assert [case.status for case in world.cases()] == [CaseStatus.CLOSED, CaseStatus.OURS]


def test_an_invoice_in_two_parts_rests_until_its_last(app: PortalFlask, debtor: Debtor) -> None:
    account = make_account()
    world = World(app, account, debtor)
    world.invoice_id = account.add_invoice("9/2026", parts=2)
    world.page = f"/c/invoices/{ids.spell(world.invoice_id)}"
    wrong(world)
    world.release(holds.PROBLEM_REPORTED, "cleared_up")
    assert len(world.open_cases()) == 1, "the other part still rests"
    world.release(holds.PROBLEM_REPORTED, "cleared_up")
    assert world.open_cases() == []


def settle(world: World) -> None:
    def act() -> None:
        for item in invoice_queries.items_of_debtor(world.account.debtor_id, world.invoice_id):
            invoices.settle_item(item, item.open, account=accounts.BANK, kind="bank_transfer",
                                 source=Source("test", ids.new_id()), value_on=clock.today())  # fmt: skip

    world.within(act)


@pytest.mark.parametrize(
    ("reason", "left"), [(holds.NOT_RECEIVED, 0), (holds.DISPUTED, 0), (holds.PROBLEM_REPORTED, 1)]
)
def test_who_has_paid_needs_no_copy_and_still_gets_an_answer(world: World, reason: str, left: int) -> None:
    SAID[reason](world)
    settle(world)
    assert world.held() == set()
    assert len(world.open_cases()) == left


@pytest.mark.parametrize("reason", [holds.NOT_RECEIVED, holds.DISPUTED, holds.PROBLEM_REPORTED])
def test_a_document_that_is_taken_back_leaves_nothing_open(world: World, reason: str) -> None:
    SAID[reason](world)
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, world.invoice_id)))
    assert world.open_cases() == []
    assert world.held() == set()


def test_a_copy_that_went_out_is_the_customers_to_confirm_and_staff_can_send_another(world: World) -> None:
    missing(world)
    (case,) = world.cases()
    assert case.status is CaseStatus.THEIRS
    sent = len(world.within(lambda: list(db.session().scalars(select(Message).where(Message.key == "invoice_copy")))))
    assert sent == 1
    world.staff.get(f"/c/cases/{ids.spell(case.id)}")
    assert "It went once more to" in world.staff.text
    form = world.staff.form("/send-again")
    world.staff.post(form.action, form.fields)
    assert world.staff.status == 409, "it went a moment ago"
    world.within(lambda: db.changed(update(Case).where(Case.id == case.id).values(kind=kinds.PROBLEM)))
    world.staff.post(form.action, {**form.fields, "command_id": ids.spell(ids.new_id())})
    assert world.staff.status == 404


def test_where_no_copy_can_go_it_stays_ours(world: World) -> None:
    missing(world)
    missing(world)  # a copy went a moment ago: a person looks into it
    assert [(case.status, case.outcome) for case in world.cases()] == [
        (CaseStatus.CLOSED, kinds.TAKEN_BACK),
        (CaseStatus.OURS, None),
    ]


@pytest.mark.parametrize("way", ["ended", "viewer", "disabled"])
def test_who_leaves_leaves_their_cases_to_the_desk(world: World, way: str) -> None:
    second = make_person(world.account.creditor_id, Role.AGENT, name="Luca Bo")
    wrong(world)
    (case,) = world.cases()
    world.within(lambda: db.changed(update(Case).where(Case.id == case.id).values(owner_id=second.staff_id)))

    boss = make_person(world.account.creditor_id, Role.ADMIN, "capo@rossi.example")

    def leave() -> None:
        place = people_queries.membership(second.staff_id, world.account.creditor_id)
        assert place is not None
        if way == "ended":
            people.end_access(place, by=boss.staff_id)
        elif way == "viewer":
            people.change_role(place, Role.VIEWER, by=boss.staff_id)
        else:
            people.disable(db.session().get_one(Staff, second.staff_id))

    world.within(leave)
    if way == "disabled":
        assert world.idle() == idle.Counts(0, 1, 0)
        case_jobs.hand_back()
    (case,) = world.cases()
    assert case.owner_id != second.staff_id
    assert case.owner_id is not None
    assert world.idle() == idle.Counts(0, 0, 0)


def test_few_own_what_few_may_see(app: PortalFlask, world: World) -> None:
    agent = make_person(world.account.creditor_id, Role.AGENT, name="Luca Bo")
    world.debtor.get("/d/difficulty")
    world.debtor.submit("/d/difficulty")
    (case,) = world.open_cases()
    assert case.kind == kinds.DIFFICULTY
    assert case.owner_id is not None
    page = f"/c/cases/{ids.spell(case.id)}"
    world.staff.get(page)
    world.staff.submit("/assign", owner=str(agent.staff_id))
    assert world.staff.status == 422
    assert world.within(lambda: db.session().get_one(Case, case.id)).owner_id == case.owner_id


def test_what_lies_idle_is_named(app: PortalFlask, world: World) -> None:
    wrong(world)
    (case,) = world.cases()
    late = clock.now() - timedelta(days=3)
    world.within(lambda: db.changed(update(Case).where(Case.id == case.id).values(act_by=late)))
    assert world.idle() == idle.Counts(1, 0, 0)

    invoice_id = world.account.add_invoice("77/2026")

    def hold() -> None:
        for item in invoice_queries.items_of_debtor(world.account.debtor_id, invoice_id):
            invoices.hold(item, holds.PROBLEM_REPORTED, ids.new_id(), None)

    world.within(hold)
    assert world.idle() == idle.Counts(1, 0, 1)
    said = run(app, looking.audit, "idle").output
    assert f"case {case.number[:4]}-{case.number[4:]} (problem)" in said
    assert "invoice 77/2026 rests, and no case says who ends it" in said


def test_what_the_feature_has_ended_is_closed_on_the_case_itself(world: World, app: PortalFlask) -> None:
    """The customer writes once more after a search has ended: somebody answers, and can close it."""
    paid(world)
    world.release(holds.ALREADY_PAID, "no_money_came")
    (case,) = world.cases()
    assert world.within(lambda: db.session().scalars(select(PaidClaim.status)).one()) == "not_found"
    world.debtor.get(f"/d/cases/{ids.spell(case.id)}")
    world.debtor.submit("/words", words="Guardi meglio.")
    page = f"/c/cases/{ids.spell(case.id)}"
    world.staff.get(page)
    world.staff.submit("/close", outcome="answered")
    assert world.staff.status == 200
    assert world.open_cases() == []


def test_a_feature_that_is_under_way_ends_its_case_itself(world: World) -> None:
    promised(world)
    (case,) = world.cases()
    page = f"/c/cases/{ids.spell(case.id)}"
    world.staff.get(page)
    assert f'action="{page}/close"' not in world.staff.text
    world.staff.post(
        f"{page}/close",
        {
            "csrf_token": world.staff.csrf(),
            "command_id": ids.spell(ids.new_id()),
            "outcome": "answered",
            "version": "1",
        },
    )
    assert world.staff.status == 404


def test_a_credit_note_on_its_way_has_a_case_with_an_owner_and_a_day_until_a_person_says_none_comes(
    world: World,
) -> None:
    contested(world)
    (case,) = world.open_cases()
    world.staff.get(f"/c/cases/{ids.spell(case.id)}")
    world.staff.submit("/close", outcome="upheld", credit="system", verdict="Ha ragione")
    assert world.held() == {holds.CREDIT_EXPECTED}
    (waiting,) = world.open_cases()
    assert (waiting.kind, waiting.owner_id) == (kinds.CREDIT_NOTE, case.owner_id)
    assert waiting.act_by is not None
    assert world.idle() == idle.Counts(0, 0, 0)
    with time_machine.travel(waiting.act_by + timedelta(hours=1)):
        assert world.idle() == idle.Counts(1, 0, 0)
    world.debtor.get(f"/d/cases/{ids.spell(waiting.id)}")
    assert world.debtor.status == 200
    world.staff.get(f"/c/cases/{ids.spell(waiting.id)}")
    world.staff.submit("/close", outcome="none_comes")
    assert world.open_cases() == []
    assert world.held() == set()
    assert world.idle() == idle.Counts(0, 0, 0)
