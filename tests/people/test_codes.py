"""Codes by themselves: RFC 6238's own numbers, drift, and what is no code at all (rules A-43, A-66)."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.people import codes

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
AT = datetime(2026, 11, 22, 10, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
     (2000000000, "69279037"), (20000000000, "65353130")],
)  # fmt: skip
def test_the_numbers_of_the_rfc(seconds: int, eight_digits: str) -> None:
    step = codes.step_of(datetime.fromtimestamp(seconds, UTC))
    assert codes.code_at(RFC_SECRET, step) == eight_digits[-6:]


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, fits: bool) -> None:
    step = codes.step_of(AT) + steps
    found = codes.matching_step(RFC_SECRET, codes.code_at(RFC_SECRET, step), AT)
    assert found == (step if fits else None)


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "0x1234", "-12345", "1e5000", "\x00" * 6]
)
def test_what_is_no_code(typed: str) -> None:
    assert codes.matching_step(RFC_SECRET, typed, AT) is None


def test_blanks_between_the_digits_do_not_matter() -> None:
    code = codes.code_at(RFC_SECRET, codes.step_of(AT))
    assert codes.matching_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", AT) == codes.step_of(AT)
    assert codes.matching_step(RFC_SECRET, code, AT + timedelta(minutes=2)) is None


def test_secrets_are_long_and_each_is_another() -> None:
    made = {codes.new_secret() for _ in range(200)}
    assert len(made) == 200
    assert all(len(base64.b32decode(secret)) == 20 for secret in made)


def test_the_address_names_the_person_and_the_portal() -> None:
    address = urlsplit(codes.address(RFC_SECRET, account="giulia@rossi.example", issuer="Portale Prova"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    asked = parse_qs(address.query)
    assert (asked["secret"], asked["issuer"]) == ([RFC_SECRET], ["Portale Prova"])
    assert "giulia%40rossi.example" in address.path


def test_recovery_codes_are_ten_and_read_however_they_are_typed() -> None:
    made = codes.new_recovery_codes()
    assert [one.place for one in made] == list(range(10))
    assert len({one.letters for one in made}) == 10
    for one in made:
        written = str(one)
        for typed in (written, written.lower(), written.replace("-", " "), f"  {written} "):
            assert codes.read_recovery(typed) == one
    assert codes.read_recovery("3-7kq2m-x9dto") == codes.Recovery(3, "7KQ2MX9DT0"), "an O is a nought"


@pytest.mark.parametrize("typed", ["", "123456", "3-7KQ2M-X9DT", "3-7KQ2M-X9DTRR", "A-7KQ2M-X9DTR", "3-7KQ2M-X9DTU",
                                   "３-7KQ2M-X9DTR", "3_7KQ2M_X9DTR"])  # fmt: skip
def test_what_is_no_recovery_code(typed: str) -> None:
    assert codes.read_recovery(typed) is None
