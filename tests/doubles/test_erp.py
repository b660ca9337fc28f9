"""The ERP receiver over real HTTP, with deliveries signed by the standardwebhooks library itself."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from standardwebhooks import Webhook

from portal.core import clock
from portal.doubles.erp import ErpReceiver
from portal.doubles.serving import LoopbackServer

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
OTHER = "whsec_" + b64encode(b"another secret of 32 bytes......").decode()


@pytest.fixture
def erp() -> Iterator[ErpReceiver]:
    with ErpReceiver(SECRET) as running:
        yield running


def event(kind: str = "receipt.confirmed", **data: Any) -> str:
    return json.dumps({"type": kind, "timestamp": "2026-11-21T10:00:00Z", "data": data or {"invoice": "128/2026"}})


def deliver(
    erp: ErpReceiver,
    body: str | bytes,
    *,
    event_id: str = "msg_1",
    secret: str = SECRET,
    sent_at: datetime | None = None,
    timeout: float = 20,
    **headers: str,
) -> requests.Response:
    text = body if isinstance(body, str) else body.decode("latin-1")
    sent_at = sent_at or clock.now()
    signed = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, sent_at, text),
    }
    raw = body if isinstance(body, bytes) else body.encode()
    return requests.post(erp.hook_url, raw, headers=signed | headers, timeout=timeout, allow_redirects=False)


def test_a_signed_event_is_taken_in(erp):
    assert deliver(erp, event(amount="12.50")).status_code == 204
    (received,) = erp.wait_for("receipt.confirmed")
    assert (received.id, received.type, received.data) == ("msg_1", "receipt.confirmed", {"amount": "12.50"})
    assert received.deliveries == 1
    assert erp.refusals == []


def test_the_published_vector_is_believed_in_its_minute(erp):
    """D-21's vector: id, timestamp, body and signature as the rules have them."""
    body = (
        '{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
        '"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}'
    )
    headers = {
        "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "webhook-timestamp": "1674087231",
        "webhook-signature": "v1,w9hHmpilBM+ZH5TWiqTF2V+zZhky2nrY7iwP4o0rZI0=",
    }
    assert requests.post(erp.hook_url, body, headers=headers, timeout=20).status_code == 400
    with time_machine.travel(datetime.fromtimestamp(1674087231, UTC), tick=False):
        assert requests.post(erp.hook_url, body, headers=headers, timeout=20).status_code == 204
    assert [each.type for each in erp.events] == ["contact.created"]
    assert [each.reason for each in erp.refusals] == ["Message timestamp too old"]


def test_a_repeated_delivery_is_booked_once(erp):
    for _ in range(3):
        assert deliver(erp, event()).status_code == 204
    (received,) = erp.events
    assert (received.deliveries, received.other_bodies) == (3, 0)


def test_the_same_id_with_another_body_is_noted_and_not_used(erp):
    deliver(erp, event(amount="1.00"))
    deliver(erp, event(amount="9999.00"))
    (received,) = erp.events
    assert received.data == {"amount": "1.00"}
    assert (received.deliveries, received.other_bodies) == (2, 1)
    assert "body changed" in requests.get(erp.url, timeout=20).text


def test_twenty_at_once_are_one(erp):
    senders = [threading.Thread(target=deliver, args=(erp, event())) for _ in range(20)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert [each.deliveries for each in erp.events] == [20]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"secret": OTHER}, "No matching signature"),
        ({"sent_at": timedelta(minutes=-6)}, "too old"),
        ({"sent_at": timedelta(minutes=6)}, "too new"),
        ({"webhook-signature": ""}, "Missing required headers"),
        ({"webhook-id": "msg_2"}, "No matching signature"),
        ({"webhook-signature": "v1,abc"}, "cannot be read"),
        ({"webhook-signature": "nonsense"}, "cannot be read"),
        ({"webhook-timestamp": "yesterday"}, "Invalid Signature Headers"),
    ],
)
def test_what_is_not_proven_is_refused_and_shown_apart(erp, how, reason):
    if "sent_at" in how:
        how = {"sent_at": clock.now() + how["sent_at"]}
    answer = deliver(erp, event(amount="<b>1</b>"), **how)
    assert answer.status_code == 400
    assert erp.events == []
    assert reason in erp.refusals[0].reason
    page = requests.get(erp.url, timeout=20).text
    assert reason in page
    assert "&lt;b&gt;1" in page
    # The same event, rightly signed, is a new one: the refusal left no trace in the books.
    assert deliver(erp, event()).status_code == 204
    assert [each.deliveries for each in erp.events] == [1]


def test_a_changed_byte_is_refused(erp):
    at = clock.now()
    signature = Webhook(SECRET).sign("msg_1", at, event(amount="10.00"))
    answer = deliver(erp, event(amount="90.00"), sent_at=at, **{"webhook-signature": signature})
    assert answer.status_code == 400
    assert erp.events == []


def test_bytes_that_are_no_text_are_refused(erp):
    assert deliver(erp, b'{"type":"\xff"}').status_code == 400


def test_too_large_a_body_is_refused(erp):
    body = json.dumps({"type": "x", "data": {"x": "x" * 70_000}})
    assert deliver(erp, body).status_code == 413
    assert erp.events == []


def test_both_secrets_hold_during_a_rotation():
    known = [SECRET]
    with ErpReceiver(lambda: known) as erp:
        assert deliver(erp, event(), secret=OTHER).status_code == 400
        known.append(OTHER)
        assert deliver(erp, event(), secret=OTHER).status_code == 204
        assert deliver(erp, event(), event_id="msg_2").status_code == 204
        known.clear()
        assert deliver(erp, event()).status_code == 400
        assert "no secret" in erp.refusals[-1].reason


def test_prescribed_answers_come_once_each_and_keep_nothing(erp):
    erp.answers.next_with(500, 2)
    erp.answers.next_with(429, retry_after=7)
    erp.answers.next_with(410)
    erp.answers.next_with(302, location="https://elsewhere.example/")
    answers = [deliver(erp, event()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [500, 500, 429, 410, 302, 204]
    assert answers[2].headers["Retry-After"] == "7"
    assert answers[4].headers["Location"] == "https://elsewhere.example/"
    assert [each.deliveries for each in erp.events] == [1]


def test_an_unproven_delivery_uses_up_no_prescribed_answer(erp):
    erp.answers.next_with(500)
    assert deliver(erp, event(), secret=OTHER).status_code == 400
    assert deliver(erp, event()).status_code == 500


def test_an_answer_that_never_comes_while_the_event_was_taken_in(erp):
    erp.answers.next_with_silence(keep=True)
    with pytest.raises(requests.ReadTimeout):
        deliver(erp, event(), timeout=0.2)
    erp.answers.release()
    assert erp.wait_for(count=1)
    assert deliver(erp, event()).status_code == 204
    assert [each.deliveries for each in erp.events] == [2]


def test_silence_without_keeping_ends_when_released(erp):
    erp.answers.next_with_silence()
    statuses: list[int] = []
    sender = threading.Thread(target=lambda: statuses.append(deliver(erp, event()).status_code))
    sender.start()
    erp.answers.release()
    sender.join()
    assert statuses == [503]
    assert erp.events == []


def test_the_page_shows_events_and_each_has_its_own(erp):
    deliver(erp, event("payment.settled", invoice="128/2026", amount="1234.56"))
    page = requests.get(erp.url, timeout=20)
    assert "payment.settled" in page.text
    assert "1234.56" in page.text
    assert page.headers["Refresh"] == "5"
    assert "Refresh" not in requests.get(erp.url, params={"still": "1"}, timeout=20).headers
    assert "<script" not in page.text
    one = requests.get(f"{erp.url}/events/msg_1", timeout=20).text
    assert "signature verified" in one
    assert requests.get(f"{erp.url}/events/msg_none", timeout=20).status_code == 404


def test_json_has_what_came_and_what_was_refused(erp):
    deliver(erp, event())
    deliver(erp, event(), event_id="msg_bad", secret=OTHER)
    told = requests.get(f"{erp.url}/events.json", timeout=20).json()
    assert [(each["id"], each["type"], each["deliveries"]) for each in told["events"]] == [
        ("msg_1", "receipt.confirmed", 1)
    ]
    assert told["events"][0]["payload"] == json.loads(event())
    assert [each["id"] for each in told["refused"]] == ["msg_bad"]


def test_a_person_may_have_the_next_answer_go_wrong_from_this_page_only(erp):
    def choose(status: str, origin: str) -> int:
        form = {"status": status}
        answer = requests.post(
            f"{erp.url}/next-answer", form, headers={"Origin": origin}, timeout=20, allow_redirects=False
        )
        return answer.status_code

    assert choose("500", "https://evil.example") == 403
    assert choose("500", "null") == 403
    assert choose("200", erp.url) == 422
    assert deliver(erp, event()).status_code == 204
    assert choose("429", erp.url) == 303
    assert "1 will" in requests.get(erp.url, timeout=20).text
    assert "<strong>429</strong>" in requests.get(f"{erp.url}/next-answer", timeout=20).text
    assert deliver(erp, event()).headers["Retry-After"] == "5"
    assert choose("500", erp.url) == 303
    assert choose("well", erp.url) == 303
    assert deliver(erp, event()).status_code == 204


def test_events_outlive_a_restart_in_their_file(tmp_path):
    path = tmp_path / "erp.jsonl"
    with ErpReceiver(SECRET, path=path) as erp:
        deliver(erp, event())
        deliver(erp, event())
        deliver(erp, event("payment.settled"), event_id="msg_2")
        before = erp.events
    with ErpReceiver(SECRET, path=path) as erp:
        assert erp.events == before
        deliver(erp, event())
        assert [(each.id, each.deliveries) for each in erp.events] == [("msg_1", 3), ("msg_2", 1)]


def test_waiting_in_vain_says_what_there_was_instead(erp):
    deliver(erp, event(), secret=OTHER)
    with pytest.raises(TimeoutError, match="No matching signature"):
        erp.wait_for("payment.settled", timeout=0.01)


def test_it_can_go_away_and_come_back_on_the_same_port(erp):
    erp.stop()
    erp.stop()
    with pytest.raises(requests.ConnectionError):
        deliver(erp, event())
    erp.start().start()
    assert deliver(erp, event()).status_code == 204


def test_a_stopped_server_does_not_answer_on_an_old_connection():
    def hello(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]

    server = LoopbackServer(hello)
    with requests.Session() as session:
        with server:
            assert session.get(server.url, timeout=20).text == "hello"
        with pytest.raises(requests.ConnectionError):
            session.get(server.url, timeout=20)


def test_a_taken_port_is_said_at_start(erp):
    with pytest.raises(OSError, match="in use"):
        ErpReceiver(SECRET, port=int(erp.url.rsplit(":", 1)[1])).start()
