"""A credit booked ahead of its credit note, and the note that comes: of the two only one ever counts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, ids
from portal.core.errors import NotAllowedNow
from portal.disputes import rules
from portal.invoices import covering
from portal.invoices.models import CreditAhead, CreditCover, Invoice
from portal.ledger import accounts, origins
from portal.ledger import queries as books
from portal.ledger.models import Transfer
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus
from portal.web.edge import PortalFlask
from tests.actors import Browser, forms_of
from tests.disputes.world import Contesting
from tests.factories.people import signed_in
from tests.imports.test_taking_in import run
from tests.parallel import at_once


@pytest.fixture
def world(app: PortalFlask) -> Contesting:
    """300 of 1000 were wrong, and have been credited here."""
    found = Contesting()
    found.close(found.raise_dispute(30_000), rules.UPHELD, credit=rules.CREDIT_HERE)
    assert found.open_minor() == 70_000
    return found


def kept(world: Contesting) -> int:
    """The customer's credit of no due item; the books must hold."""

    def look() -> int:
        assert (books.unbalanced(), books.above_charges(), origins.unbalanced()) == ([], [], [])
        return sum(one.minor for one in books.unallocated(world.account.debtor_id))

    return world.within(look)  # type: ignore[no-any-return]


def waits(world: Contesting) -> int:
    """What no note has come for: by its rows, and by its account."""
    lines = world.rows(Transfer)
    balance = sum(
        one.amount_minor * ((one.debit == accounts.CREDIT_AHEAD) - (one.credit == accounts.CREDIT_AHEAD))
        for one in lines
    )
    assert balance == sum(one.waits.minor for one in world.rows(CreditAhead))
    return balance


def dispute_id(world: Contesting) -> int:
    return world.rows(CreditAhead)[0].dispute_id  # type: ignore[no-any-return]


def test_it_has_an_origin_and_an_account_of_its_own(world: Contesting) -> None:
    (line,) = [one for one in world.rows(Transfer) if one.debit == accounts.CREDIT_AHEAD]
    assert (line.origin_kind, line.origin_id) == ("credit_ahead", dispute_id(world))
    assert (kept(world), waits(world)) == (0, 30_000)


@pytest.mark.parametrize("related", ["128/2026", None], ids=["named", "naming no invoice"])
@pytest.mark.parametrize(
    ("notes", "still_waits", "credited"),
    [
        ((30_000,), 0, 0),
        ((20_000,), 10_000, 0),
        ((20_000, 10_000), 0, 0),  # in two notes
        ((20_000, 15_000), 0, 5_000),
        ((45_000,), 0, 15_000),
    ],
)
def test_the_note_that_comes_takes_its_place_once(
    world: Contesting, notes: tuple[int, ...], still_waits: int, credited: int, related: str | None
) -> None:
    for minor in notes:
        world.note(minor, related)
    assert waits(world) == still_waits
    on_invoice, as_credit = (credited, 0) if related else (0, credited)
    assert (world.open_minor(), kept(world)) == (70_000 - on_invoice, as_credit)
    told = [one for one in world.rows(Overpayment) if one.status is OverpaymentStatus.OPEN]
    assert sum(one.amount_minor for one in told) == as_credit, "what is beyond it is asked about"


def test_a_note_of_the_same_amount_is_for_the_credit_of_that_amount(app: PortalFlask) -> None:
    world = Contesting()
    for minor in (10_000, 25_000):
        world.close(world.raise_dispute(minor), rules.UPHELD, credit=rules.CREDIT_HERE)
    world.note(25_000, None)
    assert [one.waits.minor for one in world.rows(CreditAhead)] == [10_000, 0]


def test_a_note_for_an_invoice_that_is_not_here_waits_and_a_person_says_what_it_is(world: Contesting) -> None:
    note_id = world.note(30_000, "128/26")  # a typing error
    assert (waits(world), kept(world)) == (30_000, 30_000)
    assert world.rows(Overpayment) == [], "nobody offers it to the customer meanwhile"
    world.within(lambda: covering.take_place(dispute_id(world), note_id))
    assert (waits(world), kept(world), world.open_minor()) == (0, 0, 70_000)
    with pytest.raises(NotAllowedNow):
        world.within(lambda: covering.take_place(dispute_id(world), note_id))


def test_a_note_that_is_for_something_else_is_their_credit_again(world: Contesting) -> None:
    world.note(30_000, None)
    (cover,) = world.rows(CreditCover)
    world.within(lambda: covering.not_for_it(dispute_id(world), cover.id))
    assert (waits(world), kept(world)) == (30_000, 30_000)
    (told,) = world.rows(Overpayment)
    assert (told.status, told.amount_minor) == (OverpaymentStatus.OPEN, 30_000)
    world.note(30_000)  # the right one
    assert (waits(world), kept(world), world.open_minor()) == (0, 30_000, 70_000)
    with pytest.raises(NotAllowedNow):
        world.within(lambda: covering.not_for_it(dispute_id(world), cover.id))


def test_a_note_that_names_the_invoice_is_never_said_to_be_for_something_else(world: Contesting) -> None:
    world.note(30_000)
    (cover,) = world.rows(CreditCover)
    with pytest.raises(NotAllowedNow):
        world.within(lambda: covering.not_for_it(dispute_id(world), cover.id))


def test_what_no_note_comes_for_stands_and_a_later_note_is_for_something_else(world: Contesting) -> None:
    world.note(20_000)
    world.within(lambda: covering.let_stand(dispute_id(world)))
    world.note(10_000)
    assert world.open_minor() == 60_000
    with pytest.raises(NotAllowedNow):
        world.within(lambda: covering.let_stand(dispute_id(world)))


def _nameless(world: Contesting) -> None:
    world.note(30_000, None)


def _named(world: Contesting) -> None:
    world.note(30_000)


@pytest.mark.parametrize(("before", "credit"), [(_named, 0), (_nameless, 0)], ids=["named", "naming no invoice"])
def test_a_note_that_came_before_the_case_was_closed_counts_once(
    app: PortalFlask, before: Callable[[Contesting], None], credit: int
) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    before(world)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_HERE)
    assert (world.open_minor(), kept(world), waits(world)) == (70_000, credit, 0)
    assert all(told.status is OverpaymentStatus.WITHDRAWN for told in world.rows(Overpayment))


def test_unless_a_person_says_that_it_is_for_something_else(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    _nameless(world)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_HERE, others=True)
    assert (world.open_minor(), kept(world), waits(world)) == (70_000, 30_000, 30_000)


def test_a_note_from_before_the_dispute_is_another_matter(app: PortalFlask) -> None:
    world = Contesting()
    world.note(10_000)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        world.close(world.raise_dispute(30_000), rules.UPHELD, credit=rules.CREDIT_HERE)
        assert (world.open_minor(), waits(world)) == (60_000, 30_000)


def test_a_second_dispute_is_credited_though_the_note_of_the_first_has_come_meanwhile(world: Contesting) -> None:
    second = world.raise_dispute(5_000)
    world.note(30_000)  # for the first
    world.close(second, rules.UPHELD, credit=rules.CREDIT_HERE)
    assert (world.open_minor(), waits(world)) == (65_000, 5_000)


def test_what_is_paid_already_is_credit_with_a_path(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.pay(100_000)
    world.close(one, rules.UPHELD, credit=rules.CREDIT_HERE)
    (told,) = world.rows(Overpayment)
    assert (kept(world), told.amount_minor, told.came_by) == (30_000, 30_000, accounts.CREDIT_AHEAD)
    world.note(30_000)
    assert (kept(world), waits(world)) == (30_000, 0), "the note brings nothing more"
    assert len(world.rows(Overpayment)) == 1


def test_the_note_and_the_closing_at_one_moment_count_once(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)

    def act(number: int) -> None:
        if number:
            world.note(30_000)
        else:
            world.close(one, rules.UPHELD, credit=rules.CREDIT_HERE)

    at_once(2, act)
    assert (world.open_minor(), kept(world), waits(world)) == (70_000, 0, 0)
    assert [row.total_minor for row in world.rows(Invoice) if row.kind == "credit_note"] == [30_000]


def test_the_note_comes_in_a_file_and_again_in_a_second_one_with_another_amount(
    world: Contesting, tmp_path: Path
) -> None:
    """As a table has it: without the invoice that it corrects."""
    row = f"NC 1;{clock.today():%Y-%m-%d};nota di credito;{{}};0042;Bianchi Costruzioni S.n.c."
    for name, amount, created in (("a.csv", "300,00", 1), ("b.csv", "350,00", 0), ("c.csv", "300,00", 0)):
        path = tmp_path / name
        path.write_text("numero;data;tipo documento;importo;codice cliente;cliente\n" + row.format(amount))
        assert run(world.account.creditor_id, path).created == created
        assert (world.open_minor(), kept(world), waits(world)) == (70_000, 0, 0)
    assert [one.total_minor for one in world.rows(Invoice) if one.kind == "credit_note"] == [30_000]
    assert world.rows(Overpayment) == []


@pytest.fixture
def agent(app: PortalFlask, world: Contesting) -> Browser:
    return signed_in(app, world.account.creditor_id)


def case_page(world: Contesting) -> str:
    (case,) = [one for one in world.rows(Case) if one.kind == kinds.DISPUTE]
    return f"/c/cases/{ids.spell(case.id)}"


def decide(agent: Browser, world: Contesting, act: str) -> None:
    """Sends the form of the case's page that does so."""
    agent.get(case_page(world))
    (form,) = [one for one in forms_of(agent.text) if one.fields.get("act") == act]
    agent.post(form.action, form.fields)


def test_on_the_page_of_the_case_a_person_says_which_note_it_is(world: Contesting, agent: Browser) -> None:
    agent.get(case_page(world))
    assert "is still to come from your system" in agent.text
    world.note(20_000, None, "NC 7")
    agent.get(case_page(world))
    assert "NC 7" in agent.text
    decide(agent, world, "not_this")
    assert (agent.status, waits(world), kept(world)) == (200, 30_000, 20_000)
    decide(agent, world, "this")
    assert (agent.status, waits(world), kept(world)) == (200, 10_000, 0)
    decide(agent, world, "none")
    agent.get(case_page(world))
    assert "No credit note comes for €100.00 of it." in agent.text
    assert "decide_credit" not in agent.text
    token, road = agent.csrf(), f"/c/disputes/{ids.spell(dispute_id(world))}/credit"
    agent.post(road, {"act": "this", "which": "x", "csrf_token": token, "command_id": "a" * 26})
    assert agent.status == 422
    agent.post(road, {"act": "none", "csrf_token": token, "command_id": "b" * 26})
    assert agent.status == 409


def test_before_a_case_is_closed_a_note_without_an_invoice_is_said(app: PortalFlask) -> None:
    world = Contesting()
    world.raise_dispute(30_000)
    agent = signed_in(app, world.account.creditor_id)
    _nameless(world)
    agent.get(case_page(world))
    assert "Since then credit notes have come" in agent.text
    agent.submit("/close", outcome="upheld", credit="here", verdict="Yes", others="yes")
    assert (world.open_minor(), kept(world), waits(world)) == (70_000, 30_000, 30_000)
