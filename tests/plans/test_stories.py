"""What staff read of a plan and its instalments: amounts and days in words, nothing left open."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from portal.core import events
from portal.inbox import stories, stories_plans
from portal.web import i18n

SAID: dict[str, Any] = {
    "total_minor": 123456, "amount_minor": 20576, "paid_minor": 1000, "open_minor": 5000, "currency": "EUR",
    "instalments": 6, "number": 0, "acknowledged": True,
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("name", sorted(stories_plans.STORIES))
def test_every_story_says_its_amounts_and_days(name: str, language: str) -> None:
    i18n.use(language)
    kind = events.EVENTS[name]
    data = {
        one.name: "2027-03-31" if one.type in {date, "date"} else SAID.get(one.name, 1)
        for one in dataclasses.fields(kind)
    }
    said, note = stories.tell(stories_plans.STORIES[name], data, None)
    assert "%(" not in said + note
    assert "2027-03-31" not in said + note
    if name != "plan.policy_changed":
        assert "–" not in said + note, "something that it names is missing"
    if "due_on" in data and language == "en":
        assert "31 March 2027" in said or "over" in said


def test_a_few_word_for_word() -> None:
    i18n.use("en")
    terms = {"total_minor": 100000, "currency": "EUR", "instalments": 3, "first_on": "2026-01-31",
             "last_on": "2026-03-31", "acknowledged": True}  # fmt: skip
    assert stories.tell(stories.STORIES["plan.accepted"], terms, None) == (
        "They accepted a plan over €1,000.00: instalments 3, from 31 January 2026 to 31 March 2026",
        "They also acknowledged the debt.",
    )
    missed = {"amount_minor": 33334, "paid_minor": 0, "due_on": "2026-01-31", "currency": "EUR", "number": 1}
    assert stories.tell(stories.STORIES["instalment.missed"], missed, None) == (
        "An instalment has not come: €333.34, by 31 January 2026",
        "",
    )
    assert stories.tell(stories.STORIES["instalment.missed"], {**missed, "paid_minor": 5000}, None)[1] == (
        "€50.00 of it has come."
    )
    assert stories.tell(stories.STORIES["plan.policy_changed"], {"number": 4}, None)[0].endswith("version 4")


def test_every_event_of_plans_is_told_here() -> None:
    ours = {name for name, kind in events.EVENTS.items() if kind.__module__ == "portal.plans.events"}
    assert ours == set(stories_plans.STORIES)
