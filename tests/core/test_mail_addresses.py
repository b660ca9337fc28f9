"""One rule for a mail address: a file, the debtor's page and the people's page say the same of every string."""

import unicodedata

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from portal.confirmations.forms import ReceiptForm
from portal.core import clock
from portal.core.mail_addresses import LONGEST, is_mail_address
from portal.imports.identifiers import read_email
from portal.people.forms import mail_address
from portal.web.forms import Form

FLASK = Flask(__name__)


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("mario.rossi@example.it", True),
        ("Mario+fatture@posta.Example.it", True),
        ("perché@example.it", True),
        ("a" * 64 + "@example.it", True),
        ("a" * 65 + "@example.it", False),
        ("a@" + ".".join(["b" * 60] * 4) + ".it", True),
        ("a@" + ".".join(["b" * 60] * 4) + ".museum.travel", False),
        ("a@b", False),
        ("a@-b.it", False),
        ("a@b.it.", False),
        ("a@b@c.it", False),
        ("Mario <a@b.it>", False),
        ("a@b.it, c@d.it", False),
        ("a@b.it\r\nBcc: x@y.it", False),
        ("a@b.it\n", False),
        ('"a b"@c.it', False),
        ("", False),
    ],
)
def test_one_plain_address_and_nothing_else(typed: str, is_one: bool) -> None:
    assert is_mail_address(typed) is is_one
    assert not is_one or len(typed) <= LONGEST


def _on_the_page_about_receipt(typed: str) -> bool:
    with FLASK.test_request_context(method="POST", data={"answer": "missing", "address": typed}):
        read = ReceiptForm.read(clock.today(), address_on_file=True)
        return read.said is not None and read.said.address == typed


def _on_the_page_of_people(typed: str) -> bool:
    with FLASK.test_request_context(method="POST", data={"email": typed}):
        form = Form()
        return mail_address(form) == typed and not form.wrong


def _one_word(typed: str) -> bool:
    """What the readers of files and forms tidy before they ask: separators, blanks, controls, `mailto:`."""
    tidied = any(c in ";," or c.isspace() or unicodedata.category(c) in {"Cc", "Cs"} for c in typed)
    return bool(typed) and not tidied and not typed.startswith("mailto:") and typed == typed.lower()


LETTERS = 'ab9.-_+@<>()[]:;,"\\ \t\r\né\u2028'
LIKELY = st.builds("{}@{}.{}".format, st.text(LETTERS, max_size=70), st.text("ab9.-é", max_size=70), st.text("abé1"))


@given(st.one_of(LIKELY, st.text(max_size=80), st.from_regex(r"[a-z.]{1,70}@([a-z0-9-]{1,64}\.){1,4}[a-z]{1,26}")))
@example("a@b.it")
@example("a" * 64 + "@b.it")
@example("a@b")
def test_everybody_who_reads_an_address_agrees(typed: str) -> None:
    typed = "".join(c for c in typed if _one_word(c)).removeprefix("mailto:")
    if not _one_word(typed):
        return
    said = is_mail_address(typed)
    assert (read_email(typed) == (typed, None)) is said
    assert _on_the_page_about_receipt(typed) is said
    assert _on_the_page_of_people(typed) is said
