"""Text messages: their size, what the gateway is sent, what its answers mean, and what is never written (A-70…A-72)."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core import clock, installation, outgoing
from portal.core.errors import Misconfigured
from portal.core.link_addresses import link_address
from portal.core.relay import Verdict
from portal.doubles.phone import Phone
from portal.messages import gsm7
from portal.messages.channels import all_channels, sms
from portal.messages.letters import CODE, Letter, placeholder
from portal.messages.sender_alias import why_not_alias
from portal.settings import Settings, Sms
from tests.conftest import need
from tests.factories import doors

VECTORS = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "vectors.json"
LINK_ID = 4_242_424_242


@pytest.fixture
def phone(house: Settings) -> Iterator[Phone]:
    assert house
    with doors.phone_running() as running:
        yield running


def letter(text: str = "Rossi: un documento", **values: object) -> Letter:
    given = {"message_id": 77, "to_address": doors.MOBILE, "link_id": LINK_ID, "code": ""} | values
    return Letter(sender_name="Rossi", reply_to=None, subject="", text=text, html="", written_at=clock.now(), **given)


def test_sizes_are_those_of_the_vectors() -> None:
    need(None if VECTORS.exists() else "no vectors here")
    vectors = json.loads(VECTORS.read_text())["sms"]
    assert len(vectors) >= 8
    for text, expected in vectors.items():
        found = gsm7.size(text)
        assert {"enc": found.encoding, "units": found.units, "segments": found.segments} == expected, text[:40]


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the pair is not torn apart: a segment has one unit less
        ("č" * 70, "UCS-2", 70, 1),
        ("č" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("č" * 66 + "😀" + "č" * 66, "UCS-2", 134, 3),
    ],
)
def test_sizes_at_the_edges(text: str, encoding: str, units: int, segments: int) -> None:
    assert gsm7.size(text) == gsm7.Size(encoding, units, segments)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("È tutto a posto", "E' tutto a posto"),
        ("c’è un documento", "c'è un documento"),
        ("“Rossi” – S.r.l.…", '"Rossi" - S.r.l....'),
        ("Müller, Ñandú, Žižek", "Müller, Ñandu, Zizek"),
        ("10\u00a0€", "10 €"),
        ("e\u0300", "è"),
        ("日本", "日本"),
    ],
)
def test_a_text_is_said_in_the_alphabet_that_costs_less(typed: str, sent: str) -> None:
    assert gsm7.normalise(typed) == sent


@pytest.mark.parametrize("alias", ["Portale", "Rossi Imp.", "Acme-IT", "R2D2 Srl"])
def test_a_senders_name_that_may_be(alias: str) -> None:
    assert why_not_alias(alias) is None


@pytest.mark.parametrize(
    "alias",
    ["", "RecuperoCrediti", "Recupero", "RecCrediti", "Debiti", "Solleciti", "3331234567", "12345", "R2 345",
     "INPS info", "Agenzia", "Banca X", "Comune", "Portàle", "dodici lette", " Rossi", "Ros\nsi", "Ros;si"],
)  # fmt: skip
def test_a_senders_name_that_may_not_be(alias: str) -> None:
    assert why_not_alias(alias) is not None


def test_the_gateway_gets_the_text_with_the_real_link(phone: Phone) -> None:
    sent = sms.send(letter(f"Rossi: c’è un documento {placeholder(LINK_ID)}"))
    assert sent.answer.verdict is Verdict.ACCEPTED
    (text,) = phone.texts
    assert text.body == f"Rossi: c'è un documento {link_address(LINK_ID)}"
    assert (text.to, text.sender, text.message_id) == (doors.MOBILE, "Portale", "000000000002d")
    assert gsm7.size(text.body).segments == 1


def test_a_form_gateway_gets_a_form(phone: Phone) -> None:
    settings = installation.settings()
    form = replace(settings.sms, body="to={to}&text={text}&from={sender}")
    installation.install(replace(settings, sms=form), installation.keys())
    assert sms.send(letter("a & b = {to}")).answer.verdict is Verdict.ACCEPTED
    assert phone.texts[0].body == "a & b = {to}", "what stands in a text is no placeholder and no field"


def test_the_same_letter_again_arrives_once(phone: Phone) -> None:
    for _ in range(3):
        assert sms.send(letter()).answer.verdict is Verdict.ACCEPTED
    assert len(phone.texts) == 1


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, Verdict.REFUSED), (422, Verdict.REFUSED), (401, Verdict.LATER), (429, Verdict.LATER),
     (503, Verdict.LATER), (500, Verdict.UNKNOWN), (504, Verdict.UNKNOWN), (302, Verdict.REFUSED)],
)  # fmt: skip
def test_what_the_gateways_answers_mean(status: int, verdict: Verdict, phone: Phone) -> None:
    phone.faults.next_status = status
    answer = sms.send(letter()).answer
    assert answer.verdict is verdict
    assert answer.why.startswith(f"{status}: ")
    assert doors.MOBILE not in answer.why


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (outgoing.Failure.TIMEOUT, Verdict.UNKNOWN),
        (outgoing.Failure.CONNECTION, Verdict.UNKNOWN),
        (outgoing.Failure.BLOCKED, Verdict.LATER),
        (outgoing.Failure.TLS, Verdict.LATER),
    ],
)
def test_what_silence_means(failure: outgoing.Failure, verdict: Verdict) -> None:
    assert sms.meaning(outgoing.Outcome(error=failure)).verdict is verdict


def test_without_a_gateway_nothing_is_said_to_be_sent(house: Settings) -> None:
    assert house
    assert sms.send(letter()).answer.verdict is Verdict.REFUSED


@pytest.mark.parametrize("number", ["", "Maria", "+39 039 0000123", "12345", "+393331234567;+393331234568"])
def test_what_is_no_mobile_is_not_written_to(number: str, phone: Phone) -> None:
    with pytest.raises(ValueError, match="number"):
        sms.send(letter(to_address=number))
    assert phone.texts == []


def test_a_text_of_four_segments_is_not_sent(phone: Phone) -> None:
    with pytest.raises(ValueError, match="segments"):
        sms.send(letter("a" * 500))
    assert phone.texts == []


def test_the_hash_does_not_tell_the_code(phone: Phone) -> None:
    kept = f"Code {CODE} to confirm"
    one, other = sms.send(letter(kept, code="111111")), sms.send(letter(kept, code="222222"))
    assert phone.texts[0].body == "Code 111111 to confirm"
    assert one.sha256 == other.sha256
    assert one.sha256 != sms.send(letter(f"{kept} it", code="111111")).sha256


def test_neither_text_nor_number_is_logged(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    phone.faults.next_status = 500
    sms.send(letter("Parola segreta", code="654321"))
    for secret in ("segreta", "3331234567", "654321", phone.token):
        assert secret not in caplog.text
    assert "654321" not in repr(letter(code="654321"))
    assert phone.token not in repr(installation.settings())


def test_it_is_one_of_the_channels() -> None:
    assert set(all_channels()) >= {"email", "sms"}


GOOD = {
    "PORTAL_SMS_URL": "https://sms.example.com/send",
    "PORTAL_SMS_TOKEN": "x" * 20,
    "PORTAL_SMS_SENDER": "Portale",
}


def test_a_whole_configuration_is_taken() -> None:
    sms.check(Settings.read(GOOD))
    sms.check(Settings.read({}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORTAL_SMS_URL": "http://sms.example.com/send"},
        {"PORTAL_SMS_URL": "https://127.0.0.1/send"},
        {"PORTAL_SMS_SENDER": "RecuperoCrediti"},
        {"PORTAL_SMS_SENDER": ""},
        {"PORTAL_SMS_TOKEN": ""},
        {"PORTAL_SMS_HEADER": "nothing"},
        {"PORTAL_SMS_BODY": "{"},
        {"PORTAL_SMS_BODY": "to={to}"},
    ],
)
def test_half_a_configuration_is_refused_at_start(wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        sms.check(Settings.read({**GOOD, **wrong}))


def test_the_defaults_name_what_is_needed() -> None:
    assert "{to}" in Sms().body
    assert "{text}" in Sms().body
