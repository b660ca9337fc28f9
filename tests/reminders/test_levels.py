"""What each level says counts its documents, and is asked again as it leaves (decision 16)."""

import pytest

from portal.core import clock, db, ids, jobs, scope
from portal.doubles.mailbox import Mailbox
from portal.invoices import actions as invoices
from portal.invoices import holds, queries
from portal.messages import courtesy, levels
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders.models import Touch
from tests.factories import messages as factory
from tests.factories.world import Account, make_account

pytestmark = pytest.mark.usefixtures("wednesday")


def said(account: Account, key: str) -> Message:
    """One message of this level about everything that the account has open, worked off."""
    message_id = factory.plan(account, key)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        for invoice_id in account.invoice_ids:
            for item in queries.items_of_debtor(account.debtor_id, invoice_id):
                touch = Touch(
                    id=ids.new_id(), debtor_id=account.debtor_id, due_item_id=item.item_id, level=key, medium="message",
                    because="as_planned", policy_number=0, message_id=message_id, planned_at=clock.now(), at=clock.now(),
                )  # fmt: skip
                session.add(touch)
    jobs.work_off()
    return factory.message(account, message_id)


def test_a_word_after_the_day_speaks_of_what_is_late_and_counts_it(mailbox: Mailbox) -> None:
    account = make_account()
    for number in ("a", "b"):
        account.add_invoice(number, due_in=-4)
    message = said(account, levels.REMINDER_GENTLE)
    assert message.status is MessageStatus.SENT
    assert "2 documenti che le abbiamo inviato sono ancora aperti" in (message.text_body or "")


def test_a_word_before_the_day_is_not_said_after_it(mailbox: Mailbox) -> None:
    account = make_account()
    account.add_invoice("a", due_in=-1)
    assert said(account, levels.DUE_TODAY).why == "the date that it speaks of has passed"
    assert not mailbox.messages


def test_nothing_is_said_of_what_rests_and_the_rest_is_counted(mailbox: Mailbox) -> None:
    account = make_account()
    resting, _open = account.add_invoice("a", due_in=-4), account.add_invoice("b", due_in=-4)
    with db.transaction():
        scope.enter(account.creditor_id)
        (item,) = queries.items_of_debtor(account.debtor_id, resting)
        invoices.hold(item, holds.TRANSFER_ON_ITS_WAY, 1, clock.today())
    message = said(account, levels.BEFORE_LEGAL)
    assert "un documento che le abbiamo inviato è ancora aperto" in (message.text_body or "")


def test_one_stop_holds_back_every_courtesy_and_no_word_after_the_day(mailbox: Mailbox) -> None:
    account = make_account()
    account.add_invoice("a", due_in=3)
    assert said(account, levels.CARING_SOON).status is MessageStatus.SENT
    address = str(mailbox.messages[-1].message["List-Unsubscribe"])
    with db.transaction():
        wish = courtesy.read_address(address.strip("<>").rsplit("/", 1)[1])
        assert wish is not None
        scope.enter(account.creditor_id)
        courtesy.stop(wish)
    assert factory.sent(account, levels.CARING).why == "its reader does not want courtesy messages"
    assert factory.sent(account, levels.CARING_SOON).why == "its reader does not want courtesy messages"
    account.add_invoice("b", due_in=-4)
    assert said(account, levels.REMINDER_SECOND).status is MessageStatus.SENT
    assert mailbox.messages[-1].message["List-Unsubscribe"] is None
