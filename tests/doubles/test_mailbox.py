"""The mailbox over real SMTP and real HTTP: what is kept, what a reader sees, and what may go wrong."""

import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from portal.doubles.mailbox import Mailbox

HTML = (
    "<!doctype html><html><head><title>x</title></head><body><p>Buongiorno Maria</p>"
    '<a href="https://portal.example/l/abc?x=1&amp;y=2">Apri il documento</a>'
    '<script>top.location="https://evil.example"</script></body></html>'
)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox(largest=200_000) as running:
        yield running


def mail(subject: str = "Un documento di Rossi Impianti è a sua disposizione", html: str = HTML) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Rossi Impianti <portale@rossi-impianti.example>"
    message["To"] = "Maria Bianchi <maria@example.org>"
    message["Subject"] = subject
    message.set_content("Buongiorno Maria: https://portal.example/l/abc?x=1&y=2.\nA presto, perché no?")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.7 fattura", maintype="application", subtype="pdf", filename="fattura 12.pdf")
    return message


def send(mailbox: Mailbox, message: EmailMessage, to: str | list[str] = "maria@example.org") -> dict:
    with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20) as client:
        return client.send_message(message, "bounce@rossi-impianti.example", to)


def inbox(mailbox: Mailbox, **query: str | int) -> list[dict]:
    return requests.get(f"{mailbox.url}/messages.json", params=query, timeout=20).json()


def test_a_mail_is_kept_as_it_was_sent(mailbox):
    send(mailbox, mail(), ["maria@example.org", "hidden@example.org"])
    (kept,) = mailbox.wait_for("hidden@example.org", "documento")
    assert kept.recipients == ("maria@example.org", "hidden@example.org")
    assert kept.sender == "bounce@rossi-impianti.example"
    assert kept.subject == "Un documento di Rossi Impianti è a sua disposizione"
    assert kept.text.splitlines()[1] == "A presto, perché no?"
    assert kept.link("/l/") == "https://portal.example/l/abc?x=1&y=2"
    assert kept.links == ("https://portal.example/l/abc?x=1&y=2",)
    assert [(each.name, each.content_type, each.content) for each in kept.attachments] == [
        ("fattura 12.pdf", "application/pdf", b"%PDF-1.7 fattura")
    ]
    with pytest.raises(LookupError):
        kept.link("/q/")


def test_the_bytes_are_the_same_to_the_last(mailbox):
    raw = b"Subject: x\r\nFrom: a@example.org\r\n\r\n.dot first\r\n..two dots\r\nend\r\n"
    with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20) as client:
        client.sendmail("a@example.org", ["b@example.org"], raw)
    assert mailbox.messages[0].raw == raw


def test_addresses_beyond_ascii_are_welcome(mailbox):
    message = mail()
    with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20) as client:
        client.ehlo()
        assert client.has_extn("smtputf8")
        client.send_message(message, "perché@example.org", ["niccolò@example.org"])
    assert mailbox.messages[0].recipients == ("niccolò@example.org",)


def test_json_filters_by_recipient_and_subject(mailbox):
    send(mailbox, mail("first"), "Anna@example.org")
    send(mailbox, mail("second"), "anna@example.org")
    send(mailbox, mail("second"), "anna@example.org.evil.example")
    assert [each["subject"] for each in inbox(mailbox, to="anna@example.org")] == ["first", "second"]
    (second,) = inbox(mailbox, to="anna@example.org", subject="sec")
    assert second["envelope"] == {"from": "bounce@rossi-impianti.example", "to": ["anna@example.org"]}
    assert second["links"] == ["https://portal.example/l/abc?x=1&y=2"]
    assert second["attachments"] == [{"name": "fattura 12.pdf", "content_type": "application/pdf", "size": 16}]
    one = requests.get(f"{mailbox.url}/messages/{second['id']}.json", timeout=20).json()
    assert one == second


def test_json_waits_for_a_mail_that_is_still_to_come(mailbox):
    answers: list[list[dict]] = []
    reader = threading.Thread(target=lambda: answers.append(inbox(mailbox, to="late@example.org", wait=20)))
    reader.start()
    send(mailbox, mail("on its way"), "late@example.org")
    reader.join()
    assert [each["subject"] for each in answers[0]] == ["on its way"]


def test_waiting_in_vain_says_what_there_was_instead(mailbox):
    send(mailbox, mail("something else"))
    with pytest.raises(TimeoutError, match="something else"):
        mailbox.wait_for("maria@example.org", "never sent", timeout=0.01)


def test_the_page_lists_newest_first_and_finds(mailbox):
    send(mailbox, mail("<b>older</b>"))
    send(mailbox, mail("younger"), "clerk@lariani.example")
    page = requests.get(mailbox.url, timeout=20)
    assert page.text.index("younger") < page.text.index("&lt;b&gt;older&lt;/b&gt;")
    assert "<b>older" not in page.text
    assert page.headers["Refresh"] == "10"
    assert "Refresh" not in requests.get(mailbox.url, params={"still": "1"}, timeout=20).headers
    found = requests.get(mailbox.url, params={"q": "LARIANI"}, timeout=20).text
    assert "younger" in found
    assert "&lt;b&gt;older" not in found


def test_a_mail_can_be_read_in_every_way(mailbox):
    send(mailbox, mail())
    address = f"{mailbox.url}/messages/{mailbox.messages[0].id}"
    page = requests.get(address, timeout=20).text
    assert f'src="/messages/{mailbox.messages[0].id}/html"' in page
    assert "allow-scripts" not in page
    assert "perché no?" in requests.get(address, params={"view": "text"}, timeout=20).text
    assert "bounce@" not in requests.get(address, params={"view": "headers"}, timeout=20).text
    assert "multipart/mixed" in requests.get(address, params={"view": "headers"}, timeout=20).text
    assert "Content-Transfer-Encoding" in requests.get(address, params={"view": "raw"}, timeout=20).text
    assert requests.get(f"{address}/raw", timeout=20).content == mailbox.messages[0].raw
    attached = requests.get(f"{address}/attachments/0", timeout=20)
    assert attached.content == b"%PDF-1.7 fattura"
    assert attached.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize("path", ["/messages/none", "/messages/none.json", "/messages/{id}/attachments/1"])
def test_what_is_not_there_is_404(mailbox, path):
    send(mailbox, mail())
    answer = requests.get(mailbox.url + path.format(id=mailbox.messages[0].id), timeout=20)
    assert answer.status_code == 404


def test_a_mails_html_runs_nothing_and_loads_nothing(mailbox):
    send(mailbox, mail())
    answer = requests.get(f"{mailbox.url}/messages/{mailbox.messages[0].id}/html", timeout=20)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_top">' in answer.text


@pytest.mark.parametrize(
    "html",
    [
        "<p>bare</p>",
        "<!DOCTYPE html>\n<p>no head</p>",
        '<HTML><HEAD lang="it"><title>x</title></HEAD></HTML>',
    ],
)
def test_links_leave_the_frame_in_any_html(mailbox, html):
    send(mailbox, mail(html=html))
    answer = requests.get(f"{mailbox.url}/messages/{mailbox.messages[0].id}/html", timeout=20).text
    assert answer.count('<base target="_top">') == 1
    assert answer.lower().startswith("<!doctype") == html.lower().startswith("<!doctype")


def test_a_refused_recipient_is_refused_and_the_others_get_theirs(mailbox):
    mailbox.faults.refuse("Gone@example.org")
    refused = send(mailbox, mail(), ["gone@example.org", "here@example.org"])
    assert refused["gone@example.org"][0] == 550
    assert mailbox.messages[0].recipients == ("here@example.org",)
    mailbox.faults.accept("gone@example.org")
    assert send(mailbox, mail(), "gone@example.org") == {}


def test_a_deferred_recipient_is_told_to_come_back(mailbox):
    mailbox.faults.defer("busy@example.org")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as error:
        send(mailbox, mail(), "busy@example.org")
    assert error.value.recipients["busy@example.org"][0] == 451
    assert mailbox.messages == []


def test_a_temporary_failure_passes(mailbox):
    mailbox.faults.fail_temporarily(1)
    with pytest.raises(smtplib.SMTPDataError) as error:
        send(mailbox, mail())
    assert error.value.smtp_code == 451
    assert mailbox.messages == []
    send(mailbox, mail())
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_a_cut_connection_leaves_the_sender_in_doubt(mailbox, keep):
    mailbox.faults.drop_after_data(1, keep=keep)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mailbox, mail())
    assert len(mailbox.messages) == keep
    send(mailbox, mail())
    assert len(mailbox.messages) == keep + 1


def test_a_slow_server_outlasts_the_sender_and_keeps_the_mail(mailbox):
    mailbox.faults.stall(60)
    with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20) as client:
        client.ehlo()
        client.mail("a@example.org")
        client.rcpt("b@example.org")
        assert client.docmd("DATA")[0] == 354
        client.sock.settimeout(0.1)
        client.send(b"Subject: slow\r\n\r\nslow\r\n.\r\n")
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.getreply()
    assert mailbox.messages == []
    mailbox.faults.release()
    assert mailbox.wait_for("b@example.org", "slow")


def test_too_large_a_mail_is_refused(mailbox):
    message = mail()
    message.add_attachment(b"x" * 200_000, maintype="application", subtype="octet-stream")
    with pytest.raises(smtplib.SMTPResponseException) as error:
        send(mailbox, message)
    assert error.value.smtp_code == 552
    assert mailbox.messages == []


def test_only_the_newest_are_kept(tmp_path):
    with Mailbox(tmp_path, keep=2) as mailbox:
        for name in ("one", "two", "three"):
            send(mailbox, mail(name))
        assert [each.subject for each in mailbox.messages] == ["two", "three"]
        assert len(list(tmp_path.glob("*.eml"))) == 2


def test_mails_outlive_a_restart_in_their_folder(tmp_path: Path):
    with Mailbox(tmp_path) as mailbox:
        send(mailbox, mail("kept"), ["a@example.org", "b@example.org"])
        (before,) = mailbox.messages
    with Mailbox(tmp_path) as mailbox:
        assert mailbox.messages == [before]
        mailbox.clear()
        assert mailbox.messages == []
    assert list(tmp_path.iterdir()) == []


def test_it_can_go_away_and_come_back_on_the_same_ports():
    mailbox = Mailbox()
    mailbox.start().start()
    ports = mailbox.smtp_port, mailbox.url
    mailbox.stop()
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=20)
    with pytest.raises(requests.ConnectionError):
        inbox(mailbox)
    with mailbox:
        assert (mailbox.smtp_port, mailbox.url) == ports
        send(mailbox, mail("back again"))
        assert mailbox.wait_for(subject="back again")


def test_a_taken_port_is_said_at_start(mailbox):
    with pytest.raises(OSError, match="in use"):
        Mailbox(smtp_port=mailbox.smtp_port).start()
