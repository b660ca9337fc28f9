"""From an event to a system over real HTTP: what is sent, when it is tried again, when it ends (D-20, D-21)."""

from datetime import timedelta

import pytest
import time_machine
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portal.core import clock, db, events, ids, jobs, outbox, scope, webhook_signing
from portal.core.errors import NotAllowedNow
from portal.debtors.events import GatePassed
from portal.webhooks import rules
from portal.webhooks.states import DeliveryStatus, EndpointStatus
from tests.factories import webhooks
from tests.factories.messages import event_names
from tests.factories.world import make_account, make_creditor
from tests.webhooks.conftest import Told


def step(traveller: time_machine.Traveller) -> bool:
    """Goes on to when the next row of the queue is due and works it off; False when none waits."""
    with db.transaction(writes=False) as session:
        waiting = [row.due_at for row in session.query(outbox.OutboxRow) if row.state == outbox.WAITING]
    if not waiting:
        return False
    traveller.move_to(max(clock.now(), min(waiting)))
    jobs.work_off()
    return True


def test_an_event_arrives_signed_and_once(told: Told) -> None:
    told.happens()
    (event,) = told.erp.events
    assert told.erp.refusals == []
    assert (event.type, event.deliveries) == ("gate.passed", 1)
    (delivery,) = webhooks.deliveries(told.account)
    assert event.id == f"msg_{ids.spell(delivery.event_id)}"
    assert event.body == delivery.body, "the very bytes that were fixed with the event"
    assert delivery.status is DeliveryStatus.MADE
    assert [(one.http_status, one.error) for one in webhooks.tries(told.account)] == [(204, None)]


def test_nothing_is_owed_when_the_change_is_rolled_back(told: Told) -> None:
    def fail() -> None:
        scope.enter(told.account.creditor_id)
        events.record(GatePassed(link_id=1, visit_id=2, level=2, debtor_id=told.account.debtor_id))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), db.transaction():
        fail()
    jobs.work_off()
    assert told.erp.events == []
    assert webhooks.deliveries(told.account) == []


def test_the_table_is_kept_to_the_second_and_then_it_is_over(told: Told, frozen: time_machine.Traveller) -> None:
    begun = clock.now()
    told.erp.answers.next_with(500, times=50)
    told.happens()
    while step(frozen):
        pass
    attempts = webhooks.tries(told.account)
    assert len(attempts) == 10
    moments = [begun, *(one.at for one in attempts)]
    for delay, before, after in zip(rules.DELAYS, moments, moments[1:], strict=False):
        assert delay <= after - before <= delay * 1.1 + timedelta(seconds=1)
    assert {one.http_status for one in attempts} == {500}
    (delivery,) = webhooks.deliveries(told.account)
    assert (delivery.status, delivery.next_at, delivery.tries) == (DeliveryStatus.GAVE_UP, None, 10)
    stopped = webhooks.endpoint(told.account, told.endpoint_id)
    assert stopped.status is EndpointStatus.STOPPED
    assert stopped.stopped_why == "one event could not be delivered in 10 attempts"


def test_every_attempt_has_the_same_id_and_bytes_and_its_own_time(
    told: Told, frozen: time_machine.Traveller, httpserver: HTTPServer
) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        request.get_data(cache=True)
        seen.append(request)
        return Response(status=500 if len(seen) < 4 else 200)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(answer)
    webhooks.allow_loopback(httpserver.url_for("").rstrip("/"))
    added = webhooks.add_endpoint(told.account.creditor_id, httpserver.url_for("/hook"))
    told.happens()
    while step(frozen):
        pass
    assert len(seen) == 4
    assert len({request.headers["webhook-id"] for request in seen}) == 1
    assert len({request.get_data() for request in seen}) == 1
    times = [int(request.headers["webhook-timestamp"]) for request in seen]
    assert times == sorted(times)
    assert len(set(times)) == 4, "the time is the attempt's"
    assert seen[0].headers["Content-Type"] == "application/json"
    last = seen[-1]
    assert webhook_signing.verify([added.secret], last.headers, last.get_data())
    assert not webhook_signing.verify([told.secret], last.headers, last.get_data()), "each endpoint has its own"


def test_a_lost_answer_sends_again_and_the_receiver_can_tell(told: Told, frozen: time_machine.Traveller) -> None:
    told.erp.answers.next_with(500, keep=True)
    told.happens()
    step(frozen)
    (event,) = told.erp.events
    assert (event.deliveries, event.other_bodies) == (2, 0)


def test_a_redirect_is_a_failure_and_is_not_followed(told: Told, frozen: time_machine.Traveller) -> None:
    told.erp.answers.next_with(307, location=told.erp.hook_url)
    told.happens()
    assert told.erp.events == []
    assert webhooks.deliveries(told.account)[0].status is DeliveryStatus.WAITING
    step(frozen)
    assert len(told.erp.events) == 1


def test_a_system_that_is_away_gets_it_when_it_is_back(told: Told, frozen: time_machine.Traveller) -> None:
    told.erp.stop()
    told.happens()
    assert [(one.http_status, one.error) for one in webhooks.tries(told.account)] == [(None, "connection")]
    told.erp.start()
    step(frozen)
    assert len(told.erp.events) == 1


def test_gone_is_gone(told: Told, frozen: time_machine.Traveller) -> None:
    told.erp.answers.next_with(410)
    told.happens(times=2)
    assert webhooks.endpoint(told.account, told.endpoint_id).status is EndpointStatus.STOPPED
    first, second = webhooks.deliveries(told.account)
    assert first.status is DeliveryStatus.GAVE_UP
    assert (second.status, second.next_at) == (DeliveryStatus.WAITING, None)
    assert len(webhooks.tries(told.account)) == 1, "nothing more goes there"
    while step(frozen):
        pass
    assert told.erp.events == []


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_system_is_left_alone_for_as_long_as_it_asks(
    told: Told, frozen: time_machine.Traveller, status: int
) -> None:
    begun = clock.now()
    told.erp.answers.next_with(status, retry_after=600)
    told.happens(times=3)
    assert len(webhooks.tries(told.account)) == 1, "the others wait without a try"
    while step(frozen):
        pass
    attempts = webhooks.tries(told.account)
    assert len(attempts) == 4
    assert len(told.erp.events) == 3
    quiet = [one.at - begun for one in attempts[1:]]
    assert all(timedelta(seconds=600) <= wait <= timedelta(seconds=661) for wait in quiet)
    assert [one.tries for one in webhooks.deliveries(told.account)] == [2, 1, 1]


def test_a_503_that_names_a_time_gets_it_and_holds_up_nobody_else(told: Told, frozen: time_machine.Traveller) -> None:
    begun = clock.now()
    told.erp.answers.next_with(503, retry_after=900)
    told.happens(times=2)
    assert len(told.erp.events) == 1
    step(frozen)
    assert len(told.erp.events) == 2
    assert webhooks.tries(told.account)[-1].at - begun >= timedelta(seconds=900)


def test_one_endpoints_trouble_is_not_anothers(told: Told, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data(status=410)
    webhooks.allow_loopback(httpserver.url_for("").rstrip("/"))
    bad = webhooks.add_endpoint(told.account.creditor_id, httpserver.url_for("/hook"))
    told.happens()
    assert len(told.erp.events) == 1
    assert webhooks.endpoint(told.account, bad.endpoint.id).status is EndpointStatus.STOPPED
    assert webhooks.endpoint(told.account, told.endpoint_id).status is EndpointStatus.ACTIVE


def test_one_creditors_events_are_not_anothers(told: Told) -> None:
    other = make_account(make_creditor("verdi"))
    webhooks.happen(other)
    jobs.work_off()
    assert told.erp.events == []
    assert webhooks.deliveries(other) == []


def test_events_that_are_not_public_stay_in_the_house(told: Told) -> None:
    told.account.add_invoice()
    jobs.work_off()
    assert "invoice.imported" in event_names(told.account, "invoice")
    assert told.erp.events == []


def test_what_happens_while_it_is_stopped_waits_and_comes_when_it_listens_again(told: Told) -> None:
    webhooks.stop(told.account, told.endpoint_id)
    told.happens(times=2)
    assert told.erp.events == []
    assert webhooks.resume(told.account, told.endpoint_id) == 2
    jobs.work_off()
    assert len(told.erp.events) == 2
    with pytest.raises(NotAllowedNow):
        webhooks.resume(told.account, told.endpoint_id)


def test_nothing_is_kept_for_one_that_nobody_lets_listen_again(told: Told) -> None:
    webhooks.stop(told.account, told.endpoint_id)
    with time_machine.travel(clock.now() + timedelta(days=29)):
        webhooks.happen(told.account)
    with time_machine.travel(clock.now() + timedelta(days=31)):
        webhooks.happen(told.account)
    assert len(webhooks.deliveries(told.account)) == 1


def test_sending_again_by_hand_has_the_same_id_and_bytes_and_a_fresh_table(
    told: Told, frozen: time_machine.Traveller
) -> None:
    told.happens()
    (delivery,) = webhooks.deliveries(told.account)
    told.erp.answers.next_with(500, times=1)
    webhooks.replay(told.account, delivery.id)
    jobs.work_off()
    step(frozen)
    (event,) = told.erp.events
    assert (event.deliveries, event.other_bodies) == (2, 0)
    assert [one.http_status for one in webhooks.tries(told.account)] == [204, 500, 204]
    (again,) = webhooks.deliveries(told.account)
    assert (again.status, again.tries) == (DeliveryStatus.MADE, 2)
    assert event_names(told.account, "delivery") == [
        "delivery.queued", "delivery.made", "delivery.replayed", "delivery.made",
    ]  # fmt: skip


def test_nothing_is_sent_again_to_a_stopped_one_nor_while_it_waits(told: Told) -> None:
    told.happens()
    (delivery,) = webhooks.deliveries(told.account)
    webhooks.stop(told.account, told.endpoint_id)
    with pytest.raises(NotAllowedNow):
        webhooks.replay(told.account, delivery.id)
    webhooks.resume(told.account, told.endpoint_id)
    webhooks.replay(told.account, delivery.id)
    with pytest.raises(NotAllowedNow):
        webhooks.replay(told.account, delivery.id)


def test_a_second_row_of_the_queue_finds_nothing_to_do(told: Told, frozen: time_machine.Traveller) -> None:
    told.erp.answers.next_with(500)
    told.happens()
    (delivery,) = webhooks.deliveries(told.account)
    with db.transaction():
        scope.enter(told.account.creditor_id)
        outbox.put("webhooks.deliver", delivery.id)
    jobs.work_off()
    assert len(webhooks.tries(told.account)) == 1, "it is planned for later"
    step(frozen)
    assert len(webhooks.tries(told.account)) == 2


def test_a_worker_that_dies_in_the_middle_sends_again_with_the_same_id(told: Told) -> None:
    webhooks.happen(told.account)
    with db.transaction(writes=False):
        (row_id,) = outbox.due()
    with db.transaction():
        assert outbox.claim(row_id), "claimed, and nobody lives to work it off"
    jobs.work_off()
    assert told.erp.events == []
    with time_machine.travel(clock.now() + outbox.LEASE + timedelta(seconds=1)):
        jobs.work_off()
        assert len(told.erp.events) == 1
