"""Reports of mails that came back, as real servers write them: which close an address, and which do not (A-10, C-51)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from portal.commands import bounces as command
from portal.commands import line
from portal.core import delivery_reports, ids, jobs
from portal.doubles.mailbox import Mailbox
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import messages
from tests.factories.messages import SENDER
from tests.factories.world import Account, make_account

TO = "cliente.0042@bianchi.example"
DOMAIN = SENDER.rpartition("@")[2]

POSTFIX = """\
Return-Path: <>
Date: Mon, 23 Nov 2026 10:12:13 +0100 (CET)
From: MAILER-DAEMON@mx1.relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: portale@mail.portal.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4dXyZ15Qz1z9rxS.1795425133/mx1.relay.example"

This is a MIME-encapsulated message.

--4dXyZ15Qz1z9rxS.1795425133/mx1.relay.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx1.relay.example.

<{to}>: host mx.bianchi.example[203.0.113.7] said: 550 5.1.1 <{to}>:
    Recipient address rejected: User unknown in virtual mailbox table (in reply
    to RCPT TO command)

--4dXyZ15Qz1z9rxS.1795425133/mx1.relay.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx1.relay.example
X-Postfix-Queue-ID: 4dXyZ15Qz1z9rxS
X-Postfix-Sender: rfc822; portale@mail.portal.test
Arrival-Date: Mon, 23 Nov 2026 10:12:11 +0100 (CET)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.bianchi.example
Diagnostic-Code: smtp; {said}

--4dXyZ15Qz1z9rxS.1795425133/mx1.relay.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <portale@mail.portal.test>
From: Rossi Impianti <portale@mail.portal.test>
To: {to}
Subject: =?utf-8?q?Il_nuovo_link?=
Message-ID: <{words}@{domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Gentile Cliente

--4dXyZ15Qz1z9rxS.1795425133/mx1.relay.example--
"""
EXIM = """\
From: Mail Delivery System <Mailer-Daemon@mail.hosting.example>
To: portale@mail.portal.test
Content-Type: multipart/report; report-type=delivery-status; boundary=1795425133-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795425133-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

  {to}
    host mx.bianchi.example [203.0.113.7]
    SMTP error from remote mail server after RCPT TO:<{to}>: 550 No such user here

--1795425133-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.hosting.example

Action: {action}
Final-Recipient: rfc822;{to}
Status: {status}
Remote-MTA: dns; mx.bianchi.example
Diagnostic-Code: smtp; {said}

--1795425133-eximdsn-1804289383
Content-type: text/rfc822-headers

Return-path: <portale@mail.portal.test>
From: Rossi Impianti <portale@mail.portal.test>
To: {to}
Message-Id: <{words}@{domain}>

--1795425133-eximdsn-1804289383--
"""
EXCHANGE = """\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@bianchi.example>
To: <portale@mail.portal.test>
Subject: Undeliverable: Il nuovo link
In-Reply-To: <{words}@{domain}>
X-MS-Exchange-Message-Is-Ndr:
Content-Type: multipart/report; report-type=delivery-status;
 boundary="_61b8c0f5-d4e2-4b8f-8b1a-0f3b5d0e2a11_"
MIME-Version: 1.0

--_61b8c0f5-d4e2-4b8f-8b1a-0f3b5d0e2a11_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {to} couldn't be delivered.

--_61b8c0f5-d4e2-4b8f-8b1a-0f3b5d0e2a11_
Content-Type: message/delivery-status

Reporting-MTA: dns;MI1P293MB0123.ITAP293.PROD.OUTLOOK.COM
Received-From-MTA: dns;mx1.relay.example
Arrival-Date: Mon, 23 Nov 2026 09:12:13 +0000

Final-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp;{said}

--_61b8c0f5-d4e2-4b8f-8b1a-0f3b5d0e2a11_
Content-Type: message/rfc822

From: Rossi Impianti <portale@mail.portal.test>
To: <{to}>
Subject: Il nuovo link
Message-ID: <{words}@{domain}>
Content-Type: text/plain

Gentile Cliente

--_61b8c0f5-d4e2-4b8f-8b1a-0f3b5d0e2a11_--
"""
GONE = [
    (POSTFIX, "5.1.1", "550 5.1.1 <cliente.0042@bianchi.example>: Recipient address rejected: User unknown"),
    (EXIM, "5.0.0", "550 No such user here"),
    (EXCHANGE, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
]
STILL_THERE = [
    (POSTFIX, "5.4.4", "X-Postfix; Host or domain name not found"),
    (POSTFIX, "5.2.2", "552 5.2.2 The recipient's inbox is out of storage space"),
    (EXIM, "5.0.0", "554 Message rejected: looks like spam"),
    (EXCHANGE, "5.7.1", "550 5.7.1 Service unavailable; client host blocked"),
    (POSTFIX, "5.7.26", "550-5.7.26 This mail is unauthenticated"),
]


def report(sample: str, words: str, status: str, said: str, *, to: str = TO, action: str = "failed") -> bytes:
    written = sample.format(to=to, action=action, status=status, said=said, words=words, domain=DOMAIN)
    return written.replace("\n", "\r\n").encode()


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    assert app
    with Mailbox() as running:
        messages.relay_through(running)
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    return made


@pytest.fixture
def words(account: Account, mailbox: Mailbox) -> str:
    """A mail that the relay took; its Message-ID's own part."""
    sent = messages.plan(account)
    jobs.work_off()
    assert mailbox.wait_for(TO)
    return ids.spell(sent)


def run(app: PortalFlask, *args: str, given: bytes | None = None) -> Result:
    context = line.Context(create_app=lambda _settings: app)
    return CliRunner().invoke(command.group, ["read", *args, "--json"], obj=context, input=given)


def told(result: Result) -> dict[str, int]:
    assert result.exit_code == 0, result.output
    return {name: count for name, count in json.loads(result.output).items() if count}


@pytest.mark.parametrize(("sample", "status", "said"), GONE)
def test_no_such_mailbox_closes_the_address_its_links_and_its_visits(
    app: PortalFlask, debtor: Debtor, account: Account, words: str, sample: str, status: str, said: str
) -> None:
    url = account.link()
    debtor.enter(url, account.fact)
    mail = report(sample, words, status, said)
    assert told(run(app, "-", given=mail)) == {"stopped": 1}
    assert messages.contact(account).stopped_why == "bounced"
    debtor.get("/d/")
    assert debtor.status == 403
    Debtor(app).get(url)
    debtor.get(url)
    assert debtor.status == 404
    assert told(run(app, "-", given=mail)) == {"known": 1}
    assert messages.event_names(account, "message").count("message.bounced") == 1


@pytest.mark.parametrize(("sample", "status", "said"), STILL_THERE)
def test_a_full_or_strict_mailbox_stays(
    app: PortalFlask, account: Account, words: str, sample: str, status: str, said: str
) -> None:
    assert told(run(app, "-", given=report(sample, words, status, said))) == {"later": 1}
    assert messages.contact(account).stopped_at is None


def test_a_delay_an_answer_and_somebody_elses_mail_close_nothing(
    app: PortalFlask, account: Account, words: str
) -> None:
    _, status, said = GONE[0]
    delayed = report(POSTFIX, words, "4.4.1", "450 4.4.1 try later", action="delayed")
    answer = b"From: cliente@bianchi.example\r\nSubject: Re: link\r\nIn-Reply-To: <x@y>\r\n\r\nGrazie\r\n"
    assert told(run(app, "-", given=delayed)) == {"no_report": 1}
    assert told(run(app, "-", given=answer)) == {"no_report": 1}
    assert told(run(app, "-", given=report(POSTFIX, "0" * 13, status, said))) == {"unknown": 1}
    other = report(POSTFIX, words, status, said, to="altra@bianchi.example")
    assert told(run(app, "-", given=other)) == {"unknown": 1}, "only the address that this mail went to"
    assert messages.contact(account).stopped_at is None


def test_a_maildir_is_read_once(app: PortalFlask, account: Account, words: str, tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1795425133.M1P1.mx").write_bytes(report(POSTFIX, words, *GONE[0][1:]))
    (tmp_path / "new" / "1795425134.M1P1.mx").write_bytes(b"Subject: ciao\r\n\r\nciao\r\n")
    assert told(run(app, str(tmp_path))) == {"stopped": 1, "no_report": 1}
    assert told(run(app, str(tmp_path))) == {}
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "1795425133.M1P1.mx:2,S", "1795425134.M1P1.mx:2,S",
    ]  # fmt: skip
    assert messages.contact(account).stopped_why == "bounced"
    assert run(app, str(tmp_path / "new")).exit_code == 2


def test_the_servers_own_line_counts_where_the_status_says_nothing() -> None:
    def gone(sample: str, status: str, said: str) -> bool:
        (found,) = delivery_reports.read(report(sample, "0" * 13, status, said))
        return found.gone

    assert all(gone(*one) for one in GONE)
    assert not any(gone(*one) for one in STILL_THERE)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=2000))
def test_whatever_arrives_breaks_nothing(noise: bytes, at: int) -> None:
    whole = report(POSTFIX, "0" * 13, "5.1.1", "550 5.1.1 unknown")
    assert isinstance(delivery_reports.read(noise), list)
    assert isinstance(delivery_reports.read(whole[:at] + noise + whole[at + len(noise) :]), list)


ARF = """\
From: <abuse@provider.example>
To: portale@mail.portal.test
Subject: complaint about message
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d.2e68ed54"

--part1_13d.2e68ed54
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1_13d.2e68ed54
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{named}
--part1_13d.2e68ed54
Content-Type: message/rfc822
Content-Disposition: inline

From: Rossi Impianti <portale@mail.portal.test>
To: <redacted@provider.example>
Subject: Un documento
Message-ID: <{words}@{domain}>
Content-Type: text/plain

Gentile Cliente

--part1_13d.2e68ed54--
"""


def complaint(words: str, *, kind: str = "abuse", named: str = "") -> bytes:
    return ARF.format(kind=kind, words=words, domain=DOMAIN, named=named).replace("\n", "\r\n").encode()


@pytest.mark.parametrize("named", ["", f"Original-Rcpt-To: <{TO}>\n"])
def test_a_complaint_stops_what_nobody_asked_for_and_leaves_the_address(
    app: PortalFlask, account: Account, words: str, named: str
) -> None:
    mail = complaint(words, named=named)
    assert told(run(app, "-", given=mail)) == {"complained": 1}
    assert told(run(app, "-", given=mail)) == {"known": 1}
    assert messages.contact(account).stopped_at is None
    assert messages.event_names(account, "message").count("message.complained") == 1
    assert messages.event_names(account, "contact").count("courtesy.stopped") == 1


def test_the_opposite_of_a_complaint_and_one_about_another_are_none(
    app: PortalFlask, account: Account, words: str
) -> None:
    assert told(run(app, "-", given=complaint(words, kind="not-spam"))) == {"no_report": 1}
    other = complaint(words, named="Original-Rcpt-To: <somebody@else.example>\n")
    assert told(run(app, "-", given=other)) == {"unknown": 1}
    assert "message.complained" not in messages.event_names(account, "message")
