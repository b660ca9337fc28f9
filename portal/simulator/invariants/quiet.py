"""Silences and questions: who must be left alone is, and nobody is asked too often how it went."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Row

from portal.silence.models import Silence
from portal.silence.states import SilenceStatus
from portal.simulator.invariants import invariant
from portal.simulator.invariants.spoken_for import new_of_ours
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World
from portal.surveys.models import Answer, Survey
from portal.surveys.outcomes import REST
from portal.surveys.states import SurveyStatus


@invariant()
def nothing_of_ours_reaches_who_must_be_left_alone(world: World) -> Iterator[str]:
    """While a silence of a customer stands nothing leaves to them but what they asked for (rules C-12, C-13)."""
    for picture, message, at in new_of_ours(world, "silences"):
        for row in picture.of(Silence):
            if row.debtor_id == message.debtor_id and row.due_item_id is None and _stood(row, at):
                yield f"{picture.house.slug}: message {message.id} of {at} broke the silence of {row.since}"


def _stood(row: Row[Any], at: datetime) -> bool:
    """The instant at which it began or ended is neither's."""
    ended = row.status_at if row.status is SilenceStatus.ENDED else None
    over = min((one for one in (row.until, ended) if one is not None), default=None)
    return bool(row.since < at and (over is None or at < over))


@invariant()
def nobody_is_asked_twice_within_ninety_days(world: World) -> Iterator[str]:
    """Between two questions how it went lie ninety days, for a person under two codes too (rule E-02)."""
    for picture in pictures(world):
        asked: dict[str, list[datetime]] = defaultdict(list)
        for row in picture.of(Survey):
            if row.asked_at is not None:
                asked[f"debtor {row.debtor_id}"].append(row.asked_at)
                if row.person:
                    asked[row.person].append(row.asked_at)
        for who, moments in asked.items():
            moments.sort()
            if any(later - earlier < REST for earlier, later in pairwise(moments)):
                yield f"{picture.house.slug}: {who} was asked at {', '.join(map(str, moments))}"


@invariant()
def an_answer_is_there_once_where_somebody_answered(world: World) -> Iterator[str]:
    """A question that is called answered has one answer, and no other has any."""
    for picture in pictures(world):
        yield from _answers(picture)


def _answers(picture: Picture) -> Iterator[str]:
    given = Counter(one.survey_id for one in picture.of(Answer))
    for row in picture.of(Survey):
        if given[row.id] != (row.status is SurveyStatus.ANSWERED):
            yield f"{picture.house.slug}: survey {row.id} is {row.status} and has {given[row.id]} answers"
