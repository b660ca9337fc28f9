"""What did not arrive goes another way once, or to a colleague; what the cadence counts is left to the cadence."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import db, scope
from portal.doubles.mailbox import Mailbox
from portal.doubles.phone import Phone
from portal.messages import hearing
from portal.messages import rules as facts
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.undelivered import rules
from portal.undelivered.actions import INSTEAD_OF
from portal.web.edge import PortalFlask
from tests.factories import doors, messages
from tests.factories.world import Account, make_account


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running, Mailbox() as mailbox:
        messages.relay_through(mailbox)
        yield running


@pytest.fixture
def account(phone: Phone) -> Account:
    assert phone
    made = make_account()
    made.add_invoice()
    return made


def ours(account: Account, key: str = "promise_reminder", *, asked_for: bool = False) -> int:
    """A message of ours that has left by mail: as sent, whatever its key needs to be written."""
    sent = messages.sent(account).id
    with db.transaction():
        scope.enter(account.creditor_id)
        row = db.session().scalars(select(Message).where(Message.id == sent)).one()
        row.key, row.asked_for = key, asked_for
    return sent


def came_back(account: Account, message_id: int, kind: str = facts.BOUNCED) -> None:
    hearing.hear_all([Heard(message_id, kind, None)], "test")
    assert account


def every(account: Account, message_id: int) -> list[Message]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        rows = select(Message).where(Message.id != message_id).order_by(Message.id)
        return list(db.session().scalars(rows))


def cases(account: Account) -> list[tuple[str, str | None]]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return [(one.kind, one.cause) for one in db.session().scalars(select(Case).order_by(Case.id))]


def test_it_goes_once_to_the_mobile_with_a_link_of_its_own(account: Account, phone: Phone) -> None:
    mobile = doors.add_mobile(account)
    sent = ours(account, key="new_link")
    came_back(account, sent, facts.FAILED)
    came_back(account, sent)
    found = every(account, sent)
    assert [(one.channel, one.contact_point_id, one.asked_for) for one in found] == [("sms", mobile, False)]
    assert found[0].link_id not in {None, messages.message(account, sent).link_id}
    assert found[0].params[INSTEAD_OF]
    assert cases(account) == []
    assert messages.event_names(account, "message").count("undelivered.sent_instead") == 1
    came_back(account, sent)
    assert len(every(account, sent)) == 1
    assert phone.url


def test_where_no_way_is_left_a_colleague_asks_for_one(account: Account) -> None:
    sent, second = ours(account), ours(account)
    came_back(account, sent)
    came_back(account, second)
    assert cases(account) == [(kinds.UNREACHED, kinds.NO_WAY)]
    assert messages.event_names(account, "message").count("undelivered.left") == 2


def test_what_was_asked_for_and_what_the_cadence_counts_go_no_other_way(account: Account) -> None:
    doors.add_mobile(account)
    for key, asked_for in (("new_link", True), ("caring", False), ("reminder_gentle", False)):
        came_back(account, ours(account, key, asked_for=asked_for), facts.FAILED)
    assert "undelivered.sent_instead" not in messages.event_names(account, "message")
    assert cases(account) == []


def test_the_last_address_of_the_cadence_too_is_asked_for_by_a_colleague(account: Account) -> None:
    came_back(account, ours(account, "caring_soon"))
    assert cases(account) == [(kinds.UNREACHED, kinds.NO_WAY)]


def test_who_complains_is_seen_to_by_a_person(account: Account) -> None:
    doors.add_mobile(account)
    sent = ours(account)
    came_back(account, sent, facts.COMPLAINED)
    assert cases(account) == [(kinds.UNREACHED, kinds.COMPLAINED)]
    assert every(account, sent) == []


@pytest.mark.parametrize(
    ("failed", "usable", "stopped", "is_second", "expected"),
    [
        ("email", ["email", "mobile"], [], False, "mobile"),
        ("email", ["email", "mobile"], ["mobile"], False, None),
        ("email", ["email"], [], False, None),
        ("mobile", ["email", "mobile"], [], False, "email"),
        ("mobile", ["email", "mobile"], ["email"], False, None),
        ("mobile", ["email", "mobile"], [], True, None),
        ("letter", ["email", "mobile"], [], False, "email"),
    ],
)
def test_which_way_is_left(
    failed: str, usable: list[str], stopped: list[str], *, is_second: bool, expected: str | None
) -> None:
    assert rules.instead(failed, usable, stopped, is_second=is_second) == expected
