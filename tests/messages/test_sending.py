"""One message from plan to mailbox: what leaves, what is kept, what is never kept (decisions 3, 16; A-13, C-50)."""

import hashlib
import secrets
from datetime import datetime
from email.utils import parseaddr, parsedate_to_datetime

import time_machine

from portal.core import db, ids, installation, jobs, outbox, scope, signing
from portal.doubles.mailbox import Mailbox
from portal.messages import actions
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from tests.actors import Debtor
from tests.factories.messages import SENDER, cared_for, event_names, message, plan, sent
from tests.factories.world import make_account, make_creditor


def test_a_message_arrives_and_is_kept_as_it_was_sent(mailbox: Mailbox) -> None:
    account = make_account()
    kept = sent(account)
    (mail,) = mailbox.messages
    assert mail.recipients == ("cliente.0042@bianchi.example",)
    assert mail.sender == SENDER
    assert kept.status is MessageStatus.SENT
    assert kept.subject == mail.subject
    assert kept.sha256 == hashlib.sha256(mail.raw).hexdigest()
    assert event_names(account, "message") == ["message.planned", "message.sending", "message.sent"]


def test_the_address_stands_in_the_mail_and_its_placeholder_in_what_is_kept(mailbox: Mailbox, debtor: Debtor) -> None:
    account = make_account()
    kept = sent(account)
    (mail,) = mailbox.messages
    place = f"{{link:{ids.spell(kept.link_id)}}}"
    address = mail.link("/l/")
    assert kept.text_body.count(place) == 1
    assert kept.html_body.count(place) == 3
    assert mail.text.replace("\r\n", "\n") == kept.text_body.replace(place, address)
    assert mail.html.replace("\r\n", "\n").strip() == kept.html_body.replace(place, address).strip()
    debtor.get(address)
    assert debtor.path == "/gate"


def test_the_creditor_stands_in_front_and_gets_the_answers(mailbox: Mailbox) -> None:
    kept = sent(make_account())
    (mail,) = mailbox.messages
    assert parseaddr(mail.from_header) == ("Rossi Impianti", SENDER)
    assert mail.message["Reply-To"] == "amministrazione@rossi.example"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Message-ID"] == f"<{ids.spell(kept.id)}@mail.portal.test>"
    assert mail.message.get_content_type() == "multipart/alternative"


@time_machine.travel("2027-03-01 09:15:00+00:00", tick=False)
def test_the_date_is_the_clocks(mailbox: Mailbox) -> None:
    sent(make_account())
    assert parsedate_to_datetime(mailbox.messages[0].message["Date"]).isoformat() == "2027-03-01T09:15:00+00:00"


def test_an_answer_comes_back_to_the_sender_where_the_creditor_has_no_usable_address(mailbox: Mailbox) -> None:
    sent(make_account(make_creditor(email="ask us\r\nBcc: x@evil.example")))
    (mail,) = mailbox.messages
    assert mail.message["Reply-To"] is None
    assert mail.message["Bcc"] is None


def test_nobody_breaks_out_of_a_header(mailbox: Mailbox) -> None:
    creditor = make_creditor(display_name='Rossi\r\nBcc: x@evil.example\r\n\r\n<script>"Impianti"\u202e')
    sent(make_account(creditor))
    (mail,) = mailbox.messages
    assert mail.recipients == ("cliente.0042@bianchi.example",)
    assert mail.message["Bcc"] is None
    assert parseaddr(mail.from_header)[1] == SENDER
    assert "\u202e" not in mail.from_header + mail.subject
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_a_private_person_is_greeted_by_name_and_a_company_is_not(mailbox: Mailbox) -> None:
    creditor = make_creditor()
    sent(make_account(creditor))
    sent(make_account(creditor, "7", name="Maria <b>Neri</b>", kind="consumer", vat_number=None, tax_code="X501U"))
    company, person = mailbox.messages
    assert "Bianchi Costruzioni" not in company.text
    assert "Maria <b>Neri</b>" in person.text
    assert "Maria &lt;b&gt;Neri&lt;/b&gt;" in person.html


def test_a_mail_is_in_its_readers_language(mailbox: Mailbox) -> None:
    account = make_account()
    sent(account, "question_answered", language="en")
    (mail,) = mailbox.messages
    assert mail.subject == "Rossi Impianti has answered you"
    assert '<html lang="en">' in mail.html


def test_a_message_that_is_planned_for_later_waits(mailbox: Mailbox) -> None:
    account = make_account()
    with time_machine.travel("2027-03-01 09:15:00+00:00", tick=False) as clock:
        at = datetime.fromisoformat("2027-03-02T08:00:00+00:00")
        message_id = plan(account, at=at)
        jobs.work_off()
        assert mailbox.messages == []
        clock.move_to(at)
        jobs.work_off()
        assert message(account, message_id).status is MessageStatus.SENT


def test_what_a_feature_objects_to_is_held_back_at_the_last_moment(mailbox: Mailbox) -> None:
    account = make_account()

    def paid(message: Message) -> str | None:
        return "it was paid meanwhile" if message.key == "invoice_copy" else None

    actions.why_not_send.append(paid)
    try:
        held = sent(account, "invoice_copy")
        other = sent(account)
    finally:
        actions.why_not_send.remove(paid)
    assert (held.status, held.why, held.sha256) == (MessageStatus.SUPPRESSED, "it was paid meanwhile", None)
    assert other.status is MessageStatus.SENT
    assert len(mailbox.messages) == 1


def test_what_may_not_leave_at_this_hour_leaves_at_the_first_one_that_is_right(mailbox: Mailbox) -> None:
    account = make_account()
    with time_machine.travel("2027-03-01 22:15:00+00:00", tick=False) as clock:
        opens = datetime.fromisoformat("2027-03-02T07:30:00+00:00")

        def in_the_morning(message: Message) -> datetime | None:
            return None if message.asked_for else opens

        actions.not_before.append(in_the_morning)
        try:
            ours = cared_for(account)
            asked = sent(account)
            assert (ours.status, asked.status) == (MessageStatus.PLANNED, MessageStatus.SENT)
            clock.move_to(opens)
            jobs.work_off()
            assert message(account, ours.id).status is MessageStatus.SENT
        finally:
            actions.not_before.remove(in_the_morning)


def test_courtesy_mails_can_be_stopped_from_the_mail_program_and_others_cannot(mailbox: Mailbox) -> None:
    account = make_account()
    cared_for(account)
    sent(account, "payment_receipt")
    courtesy, receipt = mailbox.messages
    assert courtesy.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(courtesy.message["List-Unsubscribe"]).startswith("<http://portal.test/u/")
    assert b"List-Unsubscribe: <http" in courtesy.raw, "a mail program reads it as it stands, not encoded"
    assert receipt.message["List-Unsubscribe"] is None
    assert receipt.message["List-Unsubscribe-Post"] is None


def test_a_message_without_a_link_or_a_channel_fails_and_says_so(mailbox: Mailbox) -> None:
    account = make_account()
    by_pigeon = sent(account, channel="pigeon")
    nothing = sent(account, "no_such_message")
    with db.transaction():
        scope.enter(account.creditor_id)
        no_link = actions.plan(
            "new_link", debtor_id=account.debtor_id, to_address="a@bianchi.example", language="it", asked_for=True
        ).id
    jobs.work_off()
    assert (by_pigeon.status, by_pigeon.why) == (MessageStatus.FAILED, "there is no such way to send it")
    assert (nothing.status, nothing.why) == (MessageStatus.FAILED, "its text cannot be made: TemplateNotFound")
    failed = message(account, no_link)
    assert (failed.status, failed.why) == (MessageStatus.FAILED, "it has no link")
    assert mailbox.messages == []
    with db.transaction(writes=False):
        assert outbox.due() == []


def test_a_link_of_an_older_key_still_opens_what_was_sent(mailbox: Mailbox) -> None:
    account = make_account()
    sent(account)
    token = mailbox.messages[0].link("/l/").rpartition("/")[2]
    keys = installation.keys()
    rotated = signing.Keys((*keys.signing, secrets.token_bytes(48)), keys.sealing)
    assert signing.read_link_token(rotated, "portal", token) is not None
