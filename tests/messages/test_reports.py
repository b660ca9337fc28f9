"""What gateways and providers report: signed, kept once, of one's own messages alone, and what counts from it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core import clock, db, ids, installation, jobs, scope, webhook_signing
from portal.core.errors import Misconfigured
from portal.doubles.mailbox import Mailbox
from portal.messages import courtesy, queries, reports, rules
from portal.messages.models import Message, MessageReport
from portal.messages.states import MessageStatus
from portal.web.edge import PortalFlask
from tests.factories import doors, messages
from tests.factories.world import Account, make_account, make_creditor

SECRET = webhook_signing.new_secret()
TOKEN = "0123456789abcdef0123456789abcdef"
GENERIC, TWILIO = "/in/messages/generic", "/in/messages/twilio"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def client(app: PortalFlask) -> FlaskClient:
    known = (("generic", SECRET), ("twilio", TOKEN))
    installation.install(replace(installation.settings(), report_secrets=known), installation.keys())
    return app.test_client()


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    assert app
    with Mailbox() as running:
        messages.relay_through(running)
        yield running


@pytest.fixture
def account(mailbox: Mailbox, client: FlaskClient) -> Account:
    assert mailbox
    assert client
    made = make_account()
    made.add_invoice()
    return made


def post(client: FlaskClient, *told: dict[str, str], secret: str = SECRET, body: bytes | None = None) -> int:
    given = body if body is not None else json.dumps({"reports": list(told)}).encode()
    headers = webhook_signing.sign([secret], "msg_1", clock.now(), given)
    return client.post(
        GENERIC,
        base_url=installation.settings().public_url,
        data=given,
        headers=headers,
        content_type="application/json",
    ).status_code


def kept(account: Account) -> list[str]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(MessageReport.kind).order_by(MessageReport.id)))


def reached(account: Account, *message_ids: int) -> dict[int, rules.Reached]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return queries.reached(message_ids)


def test_a_report_is_kept_once_and_of_the_right_creditor_alone(client: FlaskClient, account: Account) -> None:
    other = make_account(make_creditor("verdi"))
    other.add_invoice()
    ours, theirs = messages.sent(account), messages.sent(other)
    told = {"id": ids.spell(ours.id), "what": "delivered", "at": clock.iso(clock.now())}
    assert [post(client, told) for _ in range(2)] == [204, 204]
    assert kept(account) == ["delivered"]
    assert kept(other) == []
    assert messages.event_names(account, "message").count("message.delivered") == 1
    assert reached(account, ours.id, theirs.id) == {ours.id: ours.sent_at}


def test_what_is_not_ours_is_answered_alike_and_what_is_not_genuine_is_refused(
    client: FlaskClient, account: Account
) -> None:
    ours = messages.sent(account)
    told = {"id": ids.spell(ours.id), "what": "bounced"}
    assert post(client, {"id": ids.spell(ids.new_id()), "what": "bounced"}) == 204
    assert post(client, {"id": "nonsense", "what": "bounced"}, {"id": told["id"], "what": "opened"}) == 204
    assert post(client, told, secret=webhook_signing.new_secret()) == 400
    assert [post(client, body=body) for body in (b"{", b"[]", b'{"reports": 7}')] == [400, 400, 400]
    assert (
        client.post(GENERIC, base_url=installation.settings().public_url, json={"reports": [told]}).status_code == 400
    )
    assert (
        client.post(
            "/in/messages/nobody", base_url=installation.settings().public_url, json={"reports": [told]}
        ).status_code
        == 400
    )
    assert (
        client.post(
            GENERIC, base_url=installation.settings().public_url, data=b"x" * (reports.LARGEST + 1)
        ).status_code
        == 400
    )
    assert kept(account) == []
    assert messages.contact(account).stopped_at is None


def test_a_late_bounce_closes_the_address_and_a_mere_failure_does_not(client: FlaskClient, account: Account) -> None:
    ours = messages.sent(account)
    assert post(client, {"id": ids.spell(ours.id), "what": "failed", "code": "4.2.2"}) == 204
    assert messages.contact(account).stopped_at is None
    assert reached(account, ours.id) == {ours.id: "failed"}
    assert post(client, {"id": ids.spell(ours.id), "what": "bounced", "code": "5.1.1"}) == 204
    assert messages.contact(account).stopped_why == "bounced"
    assert kept(account) == ["failed", "bounced"]


def test_a_message_that_has_not_left_has_no_report(client: FlaskClient, account: Account) -> None:
    planned = messages.plan(account, at=clock.now() + timedelta(days=1))
    assert post(client, {"id": ids.spell(planned), "what": "delivered"}) == 204
    assert kept(account) == []
    assert reached(account, planned) == {planned: None}


def why_not(account: Account, message_id: int, **values: object) -> str | None:
    """What courtesy says of this message, were it like `values`."""
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        found = db.session().scalars(select(Message).where(Message.id == message_id)).one()
        with db.session().no_autoflush:
            for name, value in values.items():
                setattr(found, name, value)
            said = courtesy.why_not_send(found)
        db.session().expunge(found)
        return said


def test_a_complaint_stops_what_nobody_asked_for_until_its_reader_lets_it_come(
    client: FlaskClient, account: Account
) -> None:
    ours = messages.cared_for(account)
    assert ours.status is MessageStatus.SENT
    assert why_not(account, ours.id) is None
    assert post(client, {"id": ids.spell(ours.id), "what": "complained"}) == 204
    assert why_not(account, ours.id, key="plan_reminder") == "its reader complained of an earlier one"
    assert why_not(account, ours.id, key="new_link", asked_for=True) is None
    with db.transaction():
        scope.enter(account.creditor_id)
        assert courtesy.is_stopped(account.contact_id, courtesy.CARING)
        courtesy.resume(
            courtesy.Wish(account.creditor_id, account.debtor_id, account.contact_id, courtesy.CARING, "it")
        )
    assert why_not(account, ours.id) is None


def twilio(client: FlaskClient, message_id: int, fields: dict[str, str], *, token: str = TOKEN) -> int:
    path = f"{TWILIO}?message={ids.spell(message_id)}"
    signed = installation.settings().public_url + path + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return client.post(
        path, base_url=installation.settings().public_url, data=urlencode(fields), content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    ).status_code  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [("sent", "", []), ("delivered", "", ["delivered"]), ("undelivered", "30003", ["failed"]),
     ("undelivered", "30005", ["bounced"]), ("failed", "30006", ["bounced"])],
)  # fmt: skip
def test_the_callbacks_of_a_well_known_gateway_are_read(
    client: FlaskClient, account: Account, status: str, code: str, expected: list[str]
) -> None:
    ours = messages.sent(account)
    fields = {"MessageSid": "SM1", "MessageStatus": status, "To": "+393331234567"}
    fields |= {"ErrorCode": code} if code else {}
    assert twilio(client, ours.id, fields, token="f" * 32) == 400
    assert kept(account) == []
    assert twilio(client, ours.id, fields) == 204
    assert kept(account) == expected


@pytest.mark.parametrize("written", ["nobody=whsec_x", "generic=not-a-secret", "twilio=too-short"])
def test_a_secret_that_cannot_be_one_is_refused_at_start(written: str) -> None:
    code, _, secret = written.partition("=")
    with pytest.raises(Misconfigured) as raised:
        reports.check(((code, secret),))
    assert secret not in str(raised.value)


@pytest.mark.parametrize(
    ("channel", "status", "facts", "receipts", "expected"),
    [
        ("email", MessageStatus.SENT, {}, False, NOW),
        ("email", MessageStatus.SENT, {"bounced": NOW}, False, "failed"),
        ("email", MessageStatus.SENT, {"failed": NOW}, False, "failed"),
        ("email", MessageStatus.SENT, {"complained": NOW + HOUR}, False, NOW),
        ("email", MessageStatus.PLANNED, {}, False, None),
        ("email", MessageStatus.SENDING, {}, False, None),
        ("email", MessageStatus.FAILED, {}, False, "failed"),
        ("email", MessageStatus.SUPPRESSED, {}, False, "held"),
        ("sms", MessageStatus.SENT, {}, False, NOW),
        ("sms", MessageStatus.SENT, {}, True, None),
        ("sms", MessageStatus.SENT, {"delivered": NOW + HOUR}, True, NOW + HOUR),
        ("sms", MessageStatus.SENT, {"failed": NOW}, True, "failed"),
        ("sms", MessageStatus.SENT, {"failed": NOW, "delivered": NOW + HOUR}, True, NOW + HOUR),
        ("sms", MessageStatus.SENT, {"delivered": NOW, "bounced": NOW}, True, "failed"),
        ("letter", MessageStatus.SENT, {}, False, None),
        ("letter", MessageStatus.SENT, {"delivered": NOW + HOUR}, False, NOW + HOUR),
        ("letter", MessageStatus.SENT, {"delivered": NOW + 99 * HOUR}, False, None),
    ],
)
def test_when_a_message_counts(
    channel: str, status: MessageStatus, facts: dict[str, datetime], *, receipts: bool, expected: rules.Reached
) -> None:
    sent_at = NOW if status is MessageStatus.SENT else None
    assert rules.reached(channel, status, sent_at, facts, receipts=receipts, now=NOW + 2 * HOUR) == expected


def test_a_text_that_nobody_confirms_in_three_days_did_not_arrive() -> None:
    ends = NOW + rules.LONGEST_SILENCE
    told = [rules.reached("sms", MessageStatus.SENT, NOW, {}, receipts=True, now=at) for at in (ends - HOUR, ends)]
    assert told == [None, "failed"]


def test_anothers_clock_never_says_later_than_now(client: FlaskClient, account: Account) -> None:
    ours = messages.sent(account)
    assert post(client, {"id": ids.spell(ours.id), "what": "delivered", "at": "2099-01-01T00:00:00+00:00"}) == 204
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        row = db.session().scalars(select(MessageReport)).one()
        assert row.at <= row.heard_at <= clock.now()


def test_the_phone_of_the_demo_sends_receipts(client: FlaskClient, account: Account) -> None:
    """The double's own bytes, as it posts them, are what the portal reads."""
    with doors.phone_running() as phone, doors.hearing(SECRET) as (receipts, came):
        phone.receipts = receipts
        planned = messages.plan(account, channel="sms")
        with db.transaction():
            scope.enter(account.creditor_id)
            row = db.session().scalars(select(Message).where(Message.id == planned)).one()
            row.to_address = doors.MOBILE
            mobile = doors.debtors.add_contact(account.debtor_id, "mobile", doors.MOBILE, source="creditor")
            row.contact_point_id = mobile.id
        jobs.work_off()
        body, headers = came.get(timeout=10)
    sent = {name: value for name, value in headers.items() if name.lower().startswith("webhook-")}
    assert (
        client.post(GENERIC, base_url=installation.settings().public_url, data=body, headers=sent).status_code == 204
    )
    assert kept(account) == ["delivered"]
    assert reached(account, planned)[planned] is not None
