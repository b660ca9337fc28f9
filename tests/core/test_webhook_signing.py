"""Standard Webhooks: the published signature, rotation of secrets, and what is not a signature."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.core import webhook_signing

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
AT = datetime.fromtimestamp(1674087231, UTC)
BODY = (
    b'{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
    b'"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}'
)
SIGNATURE = "v1,w9hHmpilBM+ZH5TWiqTF2V+zZhky2nrY7iwP4o0rZI0="


def secret_of(size: int) -> str:
    return "whsec_" + base64.b64encode(bytes(range(size))).decode()


def test_the_published_signature() -> None:
    assert webhook_signing.sign([SECRET], ID, AT, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1674087231",
        "webhook-signature": SIGNATURE,
    }


def test_the_zone_of_the_time_does_not_matter() -> None:
    from_rome = AT.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+01:00").tzinfo)
    assert webhook_signing.sign([SECRET], ID, from_rome, BODY)["webhook-signature"] == SIGNATURE


def test_while_secrets_rotate_there_is_one_signature_each() -> None:
    fresh = webhook_signing.new_secret()
    with time_machine.travel(AT, tick=False):
        headers = webhook_signing.sign([fresh, SECRET], ID, AT, BODY)
        assert headers["webhook-signature"].split(" ")[1] == SIGNATURE
        assert webhook_signing.verify([SECRET], headers, BODY)
        assert webhook_signing.verify([fresh], headers, BODY)
        assert not webhook_signing.verify([webhook_signing.new_secret()], headers, BODY)


def test_new_secrets_are_32_random_bytes() -> None:
    secrets = {webhook_signing.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in secrets} == {32}


@pytest.mark.parametrize("size", [24, 32, 64])
def test_secrets_of_24_to_64_bytes_are_taken(size: int) -> None:
    assert webhook_signing.check_secret(secret_of(size)) == secret_of(size)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        f"{secret_of(32)[:20]}!{secret_of(32)[20:]}",
        secret_of(23),
        secret_of(65),
        secret_of(32)[6:],
        secret_of(32)[:-1],
        "whsec_!" * 6,
        "whsec_é" * 9,
    ],
)
def test_no_other_secret_signs(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        webhook_signing.sign([secret], ID, AT, BODY)


def test_without_a_secret_nothing_is_signed_or_verified() -> None:
    with pytest.raises(ValueError, match="no secret"):
        webhook_signing.sign([], ID, AT, BODY)
    assert not webhook_signing.verify([], webhook_signing.sign([SECRET], ID, AT, BODY), BODY)


@pytest.mark.parametrize("message_id", ["", "msg.1", "msg 1", "msg\n1", "msgè"])
def test_an_id_cannot_run_into_the_timestamp(message_id: str) -> None:
    with pytest.raises(ValueError, match="webhook id"):
        webhook_signing.sign([SECRET], message_id, AT, BODY)


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way(seconds: int, good: bool) -> None:
    headers = webhook_signing.sign([SECRET], ID, AT, BODY)
    with time_machine.travel(AT + timedelta(seconds=seconds), tick=False):
        assert webhook_signing.verify([SECRET], headers, BODY) is good


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "msg_other"),
        ("webhook-id", ""),
        ("webhook-timestamp", "1674087232"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "1e400"),
        ("webhook-timestamp", "yesterday"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,@@"),
        ("webhook-signature", "v2" + SIGNATURE[2:]),
        ("webhook-signature", SIGNATURE.lower()),
        ("webhook-signature", "v1,é"),
    ],
)
def test_a_changed_header_is_not_verified(header: str, value: str) -> None:
    headers = webhook_signing.sign([SECRET], ID, AT, BODY)
    with time_machine.travel(AT, tick=False):
        assert webhook_signing.verify([SECRET], headers, BODY)
        assert not webhook_signing.verify([SECRET], headers | {header: value}, BODY)


@given(st.binary())
def test_a_changed_body_is_not_verified(other: bytes) -> None:
    headers = webhook_signing.sign([SECRET], ID, AT, BODY)
    with time_machine.travel(AT, tick=False):
        assert webhook_signing.verify([SECRET], headers, other) is (other == BODY)
