"""Messages as the creditor's people see them: the list, one as it was sent, its mail in a cage, sending again."""

import re

import pytest

from portal.core import db, ids, jobs, scope
from portal.doubles.mailbox import Mailbox
from portal.messages import hearing
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.messages.states import MessageStatus
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.messages import message, plan, sent
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

BADGE = re.compile(r'<span class="badge [a-z]+">([^<]+)</span>')


@pytest.fixture
def account(mailbox: Mailbox) -> Account:
    return make_account()


@pytest.fixture
def clerk(app: PortalFlask, account: Account) -> Browser:
    return signed_in(app, account.creditor_id, Role.AGENT)


def path(message_id: int) -> str:
    return f"/c/messages/{ids.spell(message_id)}"


def test_a_message_is_shown_as_it_was_sent_with_its_link_blanked(
    clerk: Browser, account: Account, mailbox: Mailbox
) -> None:
    kept = sent(account)
    clerk.get("/c/messages")
    assert kept.subject
    assert kept.subject in clerk.text
    clerk.get(path(kept.id))
    assert f"{{link:{ids.spell(kept.link_id)}}}" in clerk.text
    assert kept.sha256 in clerk.text
    assert mailbox.messages[0].link("/l/") not in clerk.text
    assert "Accepted by the mail relay" in clerk.text
    assert "Send again" not in clerk.text


def test_the_mail_stands_in_a_cage(clerk: Browser, account: Account) -> None:
    kept = sent(account)
    clerk.get(path(kept.id))
    (frame,) = re.findall(r"<iframe[^>]*>", clerk.text)
    assert re.search(r' sandbox(?=[ >])(?!=")', frame), "nothing is allowed in it"
    assert f'src="{path(kept.id)}/html"' in frame
    around = clerk.page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in around
    assert "frame-ancestors 'none'" in around
    assert "unsafe" not in around
    inside = clerk.get(path(kept.id) + "/html")
    policy = inside.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert inside.headers["X-Content-Type-Options"] == "nosniff"
    assert inside.get_data(as_text=True) == kept.html_body


def test_what_failed_says_why_and_is_sent_again(clerk: Browser, account: Account, mailbox: Mailbox) -> None:
    failed = sent(account, channel="pigeon")
    with db.transaction():
        scope.enter(account.creditor_id)
        db.session().get_one(Message, failed.id).channel = "email"
    clerk.get("/c/messages?state=failed")
    assert "1 were not sent" in clerk.text
    assert "there is no such way to send it" in clerk.text
    clerk.get(path(failed.id))
    assert "It has not been sent" in clerk.text
    assert "<iframe" not in clerk.text
    clerk.submit("/again")
    assert clerk.status == 200
    assert message(account, failed.id).status is MessageStatus.PLANNED
    jobs.work_off()
    assert message(account, failed.id).status is MessageStatus.SENT
    assert len(mailbox.messages) == 1


def test_what_would_only_be_held_back_is_not_sent_again(clerk: Browser, account: Account, mailbox: Mailbox) -> None:
    mailbox.faults.refuse("cliente.0042@bianchi.example")
    bounced = sent(account)
    clerk.get(path(bounced.id))
    assert "550 5.1.1: there is no such mailbox" in clerk.text
    clerk.submit("/again")
    assert clerk.status == 409
    assert "this address is not used any more" in clerk.text
    assert message(account, bounced.id).status is MessageStatus.FAILED


def test_nothing_that_was_sent_is_sent_twice_by_hand(clerk: Browser, account: Account, mailbox: Mailbox) -> None:
    kept = sent(account)
    clerk.get("/c/messages")
    data = {"csrf_token": clerk.csrf(), "command_id": ids.spell(ids.new_id())}
    assert clerk.post(path(kept.id) + "/again", data).status_code == 409
    jobs.work_off()
    assert len(mailbox.messages) == 1


def test_the_list_is_filtered_and_paged(clerk: Browser, account: Account) -> None:
    for _ in range(51):
        plan(account)
    clerk.get("/c/messages")
    assert clerk.text.count("data-row") == 50
    (older,) = re.findall(r'rel="next" href="([^"]+)"', clerk.text)
    clerk.get(older.replace("&amp;", "&"))
    assert clerk.text.count("data-row") == 1
    assert 'rel="prev"' in clerk.text
    for query, count in (
        ("state=sent", 0),
        ("state=planned", 50),
        ("state=none", 50),
        (f"debtor={ids.spell(account.debtor_id)}", 50),
        (f"debtor={ids.spell(ids.new_id())}", 0),
    ):
        clerk.get(f"/c/messages?{query}")
        assert clerk.text.count("data-row") == count, query


def test_who_may_read_may_not_send(app: PortalFlask, account: Account) -> None:
    failed = sent(account, channel="pigeon")
    viewer = signed_in(app, account.creditor_id, Role.VIEWER)
    viewer.get(path(failed.id))
    assert viewer.status == 200
    assert "Send again" not in viewer.text
    data = {"csrf_token": viewer.csrf(), "command_id": ids.spell(ids.new_id())}
    assert viewer.post(path(failed.id) + "/again", data).status_code == 403
    assert message(account, failed.id).status is MessageStatus.FAILED


def test_another_creditors_message_looks_like_none(app: PortalFlask, account: Account) -> None:
    kept = sent(account)
    stranger = signed_in(app, make_account(make_creditor("verdi")).creditor_id, Role.ADMIN)
    stranger.get("/c/messages")
    assert "bianchi" not in stranger.text
    assert stranger.get(path(kept.id)).status_code == 404
    assert stranger.get(path(kept.id) + "/html").status_code == 404
    stranger.get("/c/messages")
    data = {"csrf_token": stranger.csrf(), "command_id": ids.spell(ids.new_id())}
    assert stranger.post(path(kept.id) + "/again", data).status_code == 404


def test_the_list_is_of_one_debtor_by_a_number_and_no_address_stands_in_an_address(
    clerk: Browser, account: Account
) -> None:
    kept = sent(account)
    spelled = ids.spell(account.debtor_id)
    clerk.get(f"/c/debtors/{spelled}")
    assert f'href="/c/messages?debtor={spelled}"' in clerk.text
    assert "?to=" not in clerk.text
    clerk.get(f"/c/messages?debtor={spelled}")
    assert path(kept.id) in clerk.text
    assert f'name="debtor" value="{spelled}"' in clerk.text, "the filter form keeps it"
    clerk.get(f"/c/messages?debtor={ids.spell(ids.new_id())}")
    assert path(kept.id) not in clerk.text
    clerk.get("/c/messages?debtor=nobody")
    assert path(kept.id) in clerk.text


@pytest.mark.parametrize(
    ("kind", "said"), [("bounced", "came back"), ("failed", "did not arrive"), ("delivered", "arrived")]
)
def test_what_came_back_is_not_called_sent(clerk: Browser, account: Account, kind: str, said: str) -> None:
    kept = sent(account)
    clerk.get("/c/messages")
    assert BADGE.findall(clerk.text) == ["sent"]
    hearing.hear_all([Heard(kept.id, kind, None, "5.1.1")], "generic")
    clerk.get("/c/messages")
    assert BADGE.findall(clerk.text) == [said]
    clerk.get(path(kept.id))
    assert BADGE.findall(clerk.text) == [said]
