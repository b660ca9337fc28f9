"""What rests for disputes follows the books, a credit note counts for one of them, and a withdrawn invoice for none."""

import pytest

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db, ids
from portal.core.errors import NotAllowedNow
from portal.disputes import actions, rules
from portal.disputes.states import DisputeStatus
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import CreditAhead, Hold, Invoice
from portal.ledger import queries as books
from portal.ledger.sources import Source
from portal.messages.models import Message
from portal.overpayments.models import Overpayment
from portal.web.edge import PortalFlask
from tests.disputes.world import Contesting, euro

HERE, SYSTEM = rules.CREDIT_HERE, rules.CREDIT_FROM_SYSTEM


def free(world: Contesting) -> list[int]:
    return [item.free.minor for item in world.items()]


def running(world: Contesting) -> list[tuple[str, int | None]]:
    return [(one.reason, one.amount_minor) for one in world.rows(Hold) if one.ended_at is None]


def withdraw(world: Contesting) -> None:
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, world.invoice_id)))


def open_cases(world: Contesting) -> list[str]:
    return [one.kind for one in world.rows(Case) if one.status is not CaseStatus.CLOSED]


def back(world: Contesting, minor: int, payer: Source) -> None:
    """The bank takes back what was paid of the first due item."""

    def act() -> None:
        invoices.reopen_item(world.items()[0], euro(minor), account="bank", kind="bank_return",
                             source=Source("test_back", ids.new_id()), value_on=world.items()[0].due_on,
                             origin=payer)  # fmt: skip

    world.within(act)


@pytest.mark.parametrize("paid", [0, 100_000])
def test_a_withdrawn_invoice_ends_its_dispute_and_is_never_credited(app: PortalFlask, paid: int) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    if paid:
        world.pay(paid)
    withdraw(world)
    assert world.dispute(one).status is DisputeStatus.OVERTAKEN
    assert open_cases(world) == []
    assert [case.outcome for case in world.rows(Case)] == [kinds.SETTLED]
    assert running(world) == []
    assert "dispute.overtaken" in world.names()
    assert [message.key for message in world.rows(Message)][-1] == "dispute_overtaken"
    with pytest.raises(NotAllowedNow):
        world.close(one, rules.UPHELD, credit=HERE)
    assert world.rows(CreditAhead) == []
    assert sum(found.amount_minor for found in world.rows(Overpayment)) == paid


def test_what_was_not_valid_is_not_looked_at_again_once_the_invoice_is_withdrawn(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.REJECTED)
    withdraw(world)
    with pytest.raises(NotAllowedNow):
        world.within(lambda: actions.reopen(world.visit, one, "Look again"))


def test_a_withdrawn_invoice_waits_for_no_credit_note(app: PortalFlask) -> None:
    world = Contesting()
    world.close(world.raise_dispute(30_000), rules.UPHELD, credit=SYSTEM)
    assert open_cases(world) == [kinds.CREDIT_NOTE]
    withdraw(world)
    assert open_cases(world) == []
    assert running(world) == []


def test_the_note_of_one_dispute_is_not_the_credit_of_another(app: PortalFlask) -> None:
    world = Contesting()
    world.close(world.raise_dispute(30_000), rules.UPHELD, credit=SYSTEM)
    second = world.raise_dispute(20_000)
    assert free(world) == [50_000]
    world.note(30_000)
    assert (world.open_minor(), running(world)) == (70_000, [(holds.DISPUTE, 20_000)])
    world.close(second, rules.UPHELD, credit=HERE)
    assert world.open_minor() == 50_000


def test_the_note_of_one_leaves_the_other_waiting_for_its_own(app: PortalFlask) -> None:
    world = Contesting()
    first = world.raise_dispute(30_000)
    world.close(first, rules.UPHELD, credit=SYSTEM)
    world.close(world.raise_dispute(20_000), rules.UPHELD, credit=SYSTEM)
    world.note(30_000)
    assert running(world) == [(holds.CREDIT_EXPECTED, 20_000)]
    assert open_cases(world) == [kinds.CREDIT_NOTE]
    world.note(20_000)
    assert (world.open_minor(), running(world), open_cases(world)) == (50_000, [], [])


def test_of_a_note_above_what_one_waits_for_the_rest_counts_for_the_other(app: PortalFlask) -> None:
    world = Contesting()
    world.close(world.raise_dispute(30_000), rules.UPHELD, credit=SYSTEM)
    second = world.raise_dispute(20_000)
    world.note(50_000)
    assert (world.open_minor(), running(world)) == (50_000, [])
    world.close(second, rules.UPHELD, credit=HERE)
    assert world.open_minor() == 50_000


def test_a_person_may_say_that_the_note_was_for_something_else(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.note(30_000)
    world.close(one, rules.UPHELD, credit=HERE, others=True)
    assert world.open_minor() == 40_000


def test_after_money_for_one_due_item_what_is_contested_rests_on_the_others(app: PortalFlask) -> None:
    world = Contesting(parts=2)
    world.raise_dispute(60_000)
    assert free(world) == [0, 40_000]
    world.pay(40_000)
    assert free(world) == [0, 0]
    assert sum(amount or 0 for _, amount in running(world)) == 60_000


def test_what_waits_for_its_note_follows_money_too(app: PortalFlask) -> None:
    world = Contesting(parts=2)
    world.close(world.raise_dispute(60_000), rules.UPHELD, credit=SYSTEM)
    world.pay(50_000)
    assert free(world) == [0, 0]
    world.note(60_000)
    assert (running(world), world.open_minor()) == ([], 0)


def test_a_note_that_comes_while_it_is_looked_at_ends_what_rests(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.note(20_000)
    assert free(world) == [70_000]
    world.note(10_000)
    assert (free(world), running(world)) == ([70_000], [])
    world.close(one, rules.UPHELD, credit=HERE)
    assert world.open_minor() == 70_000


def test_money_that_goes_back_finds_what_is_contested_resting(app: PortalFlask) -> None:
    world = Contesting(parts=2)
    world.raise_dispute(60_000)
    payer, item = Source("payer", ids.new_id()), world.items()[0]
    world.within(
        lambda: invoices.settle_item(item, euro(50_000), account="bank", kind="payment", value_on=item.due_on,
                                     source=Source("test", ids.new_id()), origin=payer)
    )  # fmt: skip
    assert free(world) == [0, 0]
    back(world, 50_000, payer)
    assert free(world) == [0, 40_000]


def test_nothing_is_said_where_nothing_changes(app: PortalFlask) -> None:
    world = Contesting()
    world.raise_dispute(30_000)
    before = [name for name in world.names() if name.startswith("item.held") or name.startswith("item.released")]
    world.pay(20_000)
    after = [name for name in world.names() if name.startswith("item.held") or name.startswith("item.released")]
    assert before == after == ["item.held"]


def test_it_waits_with_an_owner_and_a_day_until_the_note_has_come(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.UPHELD, credit=SYSTEM)
    (waiting,) = [case for case in world.rows(Case) if case.kind == kinds.CREDIT_NOTE]
    assert waiting.status is CaseStatus.OURS
    assert waiting.act_by is not None
    assert waiting.owner_id is not None
    world.note(10_000)
    assert open_cases(world) == [kinds.CREDIT_NOTE]
    world.note(20_000)
    assert open_cases(world) == []
    assert [case.outcome for case in world.rows(Case) if case.kind == kinds.CREDIT_NOTE] == ["came"]


def test_a_person_says_that_no_note_comes(app: PortalFlask) -> None:
    world = Contesting()
    one = world.raise_dispute(30_000)
    world.close(one, rules.UPHELD, credit=SYSTEM)
    (waiting,) = [case for case in world.rows(Case) if case.kind == kinds.CREDIT_NOTE]
    world.within(lambda: cases.close(db.session().get_one(Case, waiting.id), "none_comes"))
    assert (running(world), free(world)) == ([], [100_000])
    second = world.raise_dispute(20_000)
    world.note(20_000)
    world.close(second, rules.UPHELD, credit=HERE)
    assert world.open_minor() == 80_000


def test_the_books_hold(app: PortalFlask) -> None:
    world = Contesting(parts=3)
    world.close(world.raise_dispute(70_000), rules.PARTIALLY_UPHELD, 40_000, SYSTEM)
    world.close(world.raise_dispute(20_000), rules.UPHELD, credit=HERE)
    world.note(60_000)
    assert world.within(books.unbalanced) == []
    assert world.open_minor() == 40_000
