"""Ways folded into figures: where each ended, how long it took, and never more than was there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.friction import rules
from portal.friction.rules import Act, Payment, Sent, Way

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
WAY = Way(7, 1, "portal", "caring", "email", "it", "phone", START)


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def paid(begun: int, came: int | None) -> Payment:
    return Payment("card", after(begun), after(came) if came is not None else None)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, rules.ENTERED),
        ({"views": (after(5),)}, rules.LOOKED),
        ({"acts": (Act("receipt.confirmed", after(9)),)}, rules.ACTED),
        ({"acts": (Act("step_up.asked", after(9)),)}, rules.CODE),
        ({"acts": (Act("plan.proposed", after(5)), Act("step_up.asked", after(9)))}, rules.CODE),
        ({"acts": (Act("step_up.asked", after(9)), Act("step_up.proved", after(60)),
                   Act("plan.accepted", after(60)))}, rules.ACTED),
        ({"payments": (paid(30, None),)}, rules.PAYING),
        ({"payments": (paid(30, None), paid(90, 95))}, rules.SETTLED),
        ({"settled_at": after(86_400)}, rules.SETTLED),
    ],
)  # fmt: skip
def test_where_a_way_ended(changes: dict[str, object], end: str) -> None:
    assert replace(WAY, **changes).end == end  # type: ignore[arg-type]


def test_seconds_and_steps_run_until_the_payment_that_came_in_was_begun() -> None:
    way = replace(
        WAY,
        views=(after(5), after(20), after(400)),
        acts=(Act("receipt.confirmed", after(10)), Act("question.asked", after(500))),
        payments=(paid(30, None), paid(90, 95)),
    )
    assert way.seconds == 90
    assert way.steps == 1 + 2 + 1 + 2, "the gate, two looks, one answer, two tries; what came after is no step to it"
    assert (WAY.seconds, WAY.steps) == (None, None)
    assert replace(WAY, settled_at=after(50)).seconds is None, "paid elsewhere: how long it took here nobody knows"


def test_a_declined_code_alone_is_no_answer() -> None:
    way = replace(WAY, acts=(Act("step_up.asked", after(3)), Act("step_up.declined", after(9))))
    assert not way.has_acted
    assert rules.declined([way, WAY]) == 1


def test_each_comparison_adds_up_to_the_whole() -> None:
    sent = [Sent("portal", "caring", "email", "it", 10, 8), Sent("portal", "due_today", "sms", "en", 4, 2)]
    ways = [
        WAY,
        replace(WAY, link_id=8, views=(after(2),), settled_at=after(9)),
        replace(WAY, link_id=9, key="due_today", channel="sms", language="en", payments=(paid(3, 5),)),
        replace(WAY, link_id=10, purpose="qr", key=None, channel=None, language=None),
    ]
    whole = rules.funnel(sent, ways)
    assert whole == rules.Funnel(sent=14, delivered=10, entered=4, looked=1, acted=1, settled=2)
    for name in ("purpose", "key", "channel", "language"):
        parts = rules.by(sent, ways, lambda one, n=name: getattr(one, n), lambda one, n=name: getattr(one, n))  # type: ignore[misc]
        for field in ("sent", "delivered", "entered", "looked", "acted", "settled"):
            assert sum(getattr(one, field) for one in parts.values()) == getattr(whole, field), (name, field)
    assert sum(rules.ends(ways).values()) == len(ways)


def test_what_was_tried_is_paid_declined_or_left() -> None:
    declined = Payment("card", after(1), None, declined=True)
    ways = [replace(WAY, payments=(declined, paid(9, 12))), replace(WAY, payments=(paid(4, None),))]
    found = rules.tries(ways)["card"]
    assert (found.begun, found.paid, found.declined, found.left) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("values", "half", "most"),
    [([], None, None), ([None], None, None), ([5], 5, 5), ([4, 1], 1, 4), (list(range(1, 11)), 5, 9),
     (list(range(1, 12)), 6, 10)],
)  # fmt: skip
def test_the_middle_and_nine_in_ten(values: list[int | None], half: int | None, most: int | None) -> None:
    assert rules.middle(values) == half
    assert rules.nine_in_ten(values) == most


def test_shares_are_rounded_and_never_of_nothing() -> None:
    assert [rules.share(1, 3), rules.share(2, 3), rules.share(1, 200), rules.share(0, 0)] == [33, 67, 1, None]
