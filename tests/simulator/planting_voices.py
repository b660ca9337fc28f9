"""Bugs in what customers say and what is made of it: promises, searches, rests, cases, calls."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import false

from portal.already_paid import actions as already_paid
from portal.calls import actions as calls
from portal.cases import actions as cases
from portal.core import db
from portal.hardship.events import RestBegun
from portal.invoices import actions as invoices
from portal.messages import actions as messages
from portal.promises import actions as promises
from portal.promises import rules as promise_rules
from portal.promises.rules import Fact
from portal.reasons import actions as reasons
from portal.reminders import queries as reminder_queries
from portal.silence import queries as silence
from portal.surveys import agency_rest, outcomes, whom

_NOTHING = SimpleNamespace(hold=lambda *_, **__: None, release=lambda *_, **__: None)


def chased_in_difficulty(patch: Any) -> None:
    """Nobody looks whether a customer rests, neither when caring is planned nor when it leaves (rule C-32)."""
    patch.setattr(
        reminder_queries,
        "silence",
        SimpleNamespace(**{**vars(silence), "debtor_is_silent": lambda _debtor_id: false()}),
    )
    without = [one for one in messages.why_not_send if one is not silence.why_not_send]
    patch.setattr(messages, "why_not_send", without)


def silence_is_set_for_show(patch: Any) -> None:
    """What a colleague set is kept and shown, and nobody who writes asks for it."""
    chased_in_difficulty(patch)


def asked_again_and_again(patch: Any) -> None:
    """Asked at once, and nobody looks when a customer was asked last (rule E-02)."""
    patch.setattr(outcomes, "SOONEST", timedelta(0))
    patch.setattr(outcomes, "LATEST", timedelta(days=30))
    patch.setattr(whom, "asked_lately", lambda *_: False)
    patch.setattr(agency_rest, "may_ask", lambda *_: True)


def promised_and_chased(patch: Any) -> None:
    """A promise is kept in its own table and holds nothing."""
    patch.setattr(promises, "_hold", lambda *_: None)


def rests_for_good(patch: Any) -> None:
    """What is taken back, or was not found, goes on resting."""
    keeps = SimpleNamespace(**{**vars(invoices), "release": _NOTHING.release})
    patch.setattr(promises, "invoices", keeps)
    patch.setattr(already_paid, "invoices", keeps)


def searched_for_good(patch: Any) -> None:
    """The money comes, and whoever looks for it does not hear."""
    patch.setattr(already_paid, "resolve", lambda *_, **__: None)


def kept_by_late_money(patch: Any) -> None:
    """Whenever the money came, the promise counts as kept."""
    judge = promise_rules.judge

    def kindly(facts: Any, *rest: Any, **more: Any) -> Any:
        late = [Fact(one.promised, one.in_all, one.in_all, one.open, one.withdrawn) for one in facts]
        return judge(late, *rest, **more)

    patch.setattr(promise_rules, "judge", kindly)


def day_without_end(patch: Any) -> None:
    """Nobody judges promises whose day is over."""
    patch.setattr(promises.queries, "over", lambda _today: [])


def reopened_without_a_day(patch: Any) -> None:
    """Who writes in a closed case opens it again, and nobody says by when it is answered."""
    reopen = cases.reopen

    def without_a_day(case: Any, entry: Any = None) -> None:
        reopen(case, entry)
        case.act_by = None
        db.session().flush()

    patch.setattr(cases, "reopen", without_a_day)


def difficulty_is_a_reason_like_others(patch: Any) -> None:
    """Every reason given becomes an event that the creditor's system hears of (rule C-26)."""
    patch.setattr(reasons, "rules", SimpleNamespace(PRIVATE=frozenset()))


def rests_are_told(patch: Any) -> None:
    """That a customer rests is told to the creditor's system."""
    patch.setattr(RestBegun, "public", True)


def booked_twice(patch: Any) -> None:
    """A call takes its moment and no seat."""

    def sit(call: Any, starts_at: Any) -> None:
        call.starts_at, call.ends_at, call.seat = starts_at, starts_at, 0

    patch.setattr(calls, "_sit", sit)
    patch.setattr(
        calls, "free", lambda: calls.rules.slots(calls.queries.hours(), [], calls.clock.now(), "Europe/Rome")
    )
