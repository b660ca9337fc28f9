"""The bytes of a mail: nobody breaks out of a header, nothing changes on the way (ASVS 1.3.11, A-64)."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.mail import Mail, checked_address, compose, message_id, one_line

PLAIN = Mail(
    sender="portale@portal.test",
    sender_name="Rossi Impianti",
    to="maria@example.org",
    subject="Un documento è a sua disposizione",
    text="Buongiorno Maria,\n\n.un punto all'inizio\nFrom qui\nhttps://portal.test/l/" + "x" * 120 + "\n",
    html="<p>Buongiorno è così</p>",
    message_id="<abc@portal.test>",
    date=datetime(2027, 3, 1, 9, 15, tzinfo=UTC),
)


def read(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_text_and_html_come_out_as_they_went_in() -> None:
    content = compose(PLAIN)
    found = read(content)
    assert found["Subject"] == PLAIN.subject
    assert part(found, "plain").replace("\r\n", "\n") == PLAIN.text
    assert part(found, "html").strip() == PLAIN.html
    assert found["Date"].datetime == PLAIN.date


def test_every_line_is_seven_bit_short_and_ends_with_crlf() -> None:
    content = compose(replace(PLAIN, headers=(("List-Unsubscribe", f"<https://portal.test/u/{'x' * 300}>"),)))
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    head, body = content.split(b"\r\n\r\n", 1)
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert f"List-Unsubscribe: <https://portal.test/u/{'x' * 300}>".encode() in head


# Line ends of every alphabet, NUL, directions, and what looks like a header.
HOSTILE = st.text(alphabet='ab è"<>,:;@\r\n\t\0\x0b\x0c\x1c\x85\u2028\u2029\u202e\u200b', max_size=30).map(
    lambda words: f"x{words}\r\nBcc: evil@evil.example\r\n\r\nbody"
)


@given(HOSTILE)
def test_no_name_or_subject_becomes_a_header(words: str) -> None:
    content = compose(replace(PLAIN, sender_name=words, subject=words, headers=(("X-Words", words),)))
    found = read(content)
    assert sorted(found.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Words", "MIME-Version", "Content-Type"]
    )
    assert found["From"].addresses[0].addr_spec == PLAIN.sender
    assert found["Subject"] == one_line(words)


@pytest.mark.parametrize(
    "written",
    [
        "", "maria", "@example.org", "maria@", "a b@example.org", "a@example.org, b@evil.example", "a@b\r\nBcc: c@d",
        "<a@example.org>", "a@example.org\0", "a;b@example.org", '"a"@example.org', "a@[127.0.0.1]",
        "x" * 250 + "@b.it",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        checked_address(written)
    with pytest.raises(ValueError):
        compose(replace(PLAIN, to=written))


def test_addresses_beyond_ascii_are_written_as_the_standards_say() -> None:
    assert checked_address(" maria@perché.example ") == "maria@xn--perch-fsa.example"
    assert read(compose(replace(PLAIN, to="niccolò@perché.example")))["To"] == "niccolò@xn--perch-fsa.example"


def test_the_message_id_is_made_of_the_senders_domain() -> None:
    assert message_id("0abc", "portale@mail.portal.test") == "<0abc@mail.portal.test>"
