"""The Credit Quality Check: how those answered whom this agency, that colleague, these words had reached."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, literal_column, select

from portal.core import db
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.messages import levels
from portal.people import queries as people
from portal.people.models import Mandate
from portal.surveys import outcomes, queries, showing
from portal.surveys.models import Answer, Survey
from portal.surveys.nps import LEAST_IN_PART, LEAST_SHOWN, Tally
from portal.surveys.showing import Shown
from portal.texts.models import OwnText

AGENCY, OPERATOR, PHASE, CHANNEL = "agency", "operator", "phase", "channel"
VERSION, OUTCOME, SEGMENT = "version", "outcome", "segment"
DIMENSIONS: Mapping[str, Text] = {
    AGENCY: t("By agency"),
    OPERATOR: t("By colleague"),
    PHASE: t("Before or after the due date"),
    CHANNEL: t("By the way we asked"),
    VERSION: t("By message and its words"),
    OUTCOME: t("By what had happened"),
    SEGMENT: t("By kind of customer"),
}
_COLUMNS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    AGENCY: (Survey.organisation_id.expression,),
    OPERATOR: (Survey.staff_id.expression,),
    PHASE: (Survey.phase.expression,),
    CHANNEL: (Survey.channel.expression,),
    VERSION: (Survey.touch_key.expression, Survey.own_text_id.expression, Survey.wording.expression),
    OUTCOME: (Survey.outcome.expression,),
    SEGMENT: (Survey.segment.expression,),
}
CHANNELS: Mapping[str, Text] = {
    "email": t("E-mail"), "sms": t("Text message"), "letter": t("Letter"), "phone": t("Telephone"),
}  # fmt: skip
SEGMENTS: Mapping[str, Text] = {"business": t("Businesses"), "consumer": t("Private people")}
MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers: from and until a day of asking, and for each column that is narrowed its value."""

    since: date | None = None
    until: date | None = None
    outcome: str = ""
    channel: str = ""
    phase: str = ""
    segment: str = ""

    @property
    def where(self) -> list[ColumnElement[bool]]:
        named = (
            (Survey.outcome, self.outcome), (Survey.channel, self.channel), (Survey.phase, self.phase),
            (Survey.segment, self.segment),
        )  # fmt: skip
        return [column == value for column, value in named if value]

    def wider(self) -> list["Wanted"]:
        """The same days with less of the choice, each way of leaving some of it out: what one could subtract from."""
        chosen = [name for name in ("outcome", "channel", "phase", "segment") if getattr(self, name)]
        several = (some for count in range(1, len(chosen) + 1) for some in combinations(chosen, count))
        without: list[dict[str, Any]] = [dict.fromkeys(some, "") for some in several]
        return [replace(self, **one) for one in without]


def total(wanted: Wanted) -> Tally:
    return queries.tally(wanted.since, wanted.until, where=wanted.where)


def by(dimension: str, wanted: Wanted) -> dict[tuple[Any, ...], Tally]:
    """Every part of a dimension with its counts; one statement."""
    return _grouped(_COLUMNS[dimension], wanted)


def shown_by(dimension: str, wanted: Wanted) -> dict[tuple[Any, ...], Shown]:
    """The parts of a dimension as they may be shown, whatever else was looked at before."""
    found, wider = by(dimension, wanted), [by(dimension, one) for one in wanted.wider()]
    near = {key for key, one in found.items() if showing.too_near(one, [other.get(key, Tally()) for other in wider])}
    return showing.parts(found, near)


def leaves_out_few(wanted: Wanted) -> bool:
    """Whether what is chosen leaves out so few that one could make them out."""
    return showing.too_near(total(wanted), map(total, wanted.wider()))


def stretches(wanted: Wanted) -> list[tuple[showing.Month, showing.Month, Tally]]:
    """The months as they may be shown; none at all where one of them leaves out few."""
    found = showing.stretches(by_month(wanted))
    for other in map(by_month, wanted.wider()):
        for first, last, one in found:
            whole = sum((more for month, more in other.items() if first <= month <= last), Tally())
            if showing.too_near(one, [whole]):
                return []
    return found


def by_month(wanted: Wanted) -> dict[tuple[int, int], Tally]:
    """By the month of the creditor's calendar in which they were asked: (year, month), the earliest first."""
    spoken = queries.between(wanted.since, wanted.until)
    first, last = (
        db.session()
        .execute(select(func.min(Survey.asked_at), func.max(Survey.asked_at)).where(*spoken, *wanted.where))
        .one()
    )
    if first is None or last is None:
        return {}
    zone = ZoneInfo(creditors.in_scope().time_zone)
    months = list(_months(first.astimezone(zone).date(), last.astimezone(zone).date()))
    ends = [datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(UTC) for year, month in months]
    place = case(*((Survey.asked_at < end, number) for number, end in enumerate(ends)))
    found = _grouped((place,), wanted, by=literal_column("1"))
    return {months[int(number)]: one for (number,), one in sorted(found.items())}


def _months(first: date, last: date) -> Iterator[tuple[int, int]]:
    """Those from one day to another."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield number // 12, number % 12 + 1


def _grouped(
    columns: Collection[ColumnElement[Any]], wanted: Wanted, by: ColumnElement[Any] | None = None
) -> dict[tuple[Any, ...], Tally]:
    """`by`: where the columns hold values, which PostgreSQL does not know again behind GROUP BY."""
    rows = db.session().execute(
        select(*columns, *queries.counts())
        .select_from(Survey)
        .outerjoin(Answer, Answer.survey_id == Survey.id)
        .where(*queries.between(wanted.since, wanted.until), *wanted.where)
        .group_by(*(columns if by is None else (by,)))
        .limit(MOST_PARTS)
    )
    width = len(columns)
    return {tuple(row[:width]): Tally(*(int(count) for count in row[width:])) for row in rows}


def second(wanted: Wanted) -> dict[str, dict[int, int]]:
    """The marks that were given to the second question, by its kind: how often each."""
    rows = db.session().execute(
        select(Answer.question, Answer.mark, func.count())
        .join(Survey, Survey.id == Answer.survey_id)
        .where(*queries.between(wanted.since, wanted.until), *wanted.where, Answer.mark.is_not(None))
        .group_by(Answer.question, Answer.mark)
    )
    found: dict[str, dict[int, int]] = {}
    for question, mark, count in rows:
        if mark is not None:
            found.setdefault(str(question), {})[mark] = count
    return found


def shown_second(wanted: Wanted) -> dict[str, dict[int, int]]:
    """The same as it may be shown: where enough answered it, and the choice leaves out nobody or enough."""
    wider = [second(one) for one in wanted.wider()]

    def many(counts: Mapping[int, int]) -> int:
        return sum(counts.values())

    return {
        kind: counts
        for kind, counts in second(wanted).items()
        if many(counts) >= LEAST_SHOWN
        and not any(0 < many(other.get(kind, {})) - many(counts) < LEAST_IN_PART for other in wider)
    }


def names(dimension: str, parts: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], Text]:
    """What each part of a dimension is called."""
    if dimension == AGENCY:
        called = _agencies([one[0] for one in parts])
        return {one: Text(called[one[0]]) if one[0] in called else t("Our own people") for one in parts}
    if dimension == OPERATOR:
        people_called = people.names([one[0] for one in parts])
        return {one: Text(people_called[one[0]]) if one[0] in people_called else t("Nobody by name") for one in parts}
    if dimension == VERSION:
        return _versions(parts)
    words = {
        PHASE: outcomes.PHASES, CHANNEL: CHANNELS, OUTCOME: outcomes.OUTCOMES, SEGMENT: SEGMENTS,
    }[dimension]  # fmt: skip
    return {one: words.get(one[0] or "", t("Neither")) for one in parts}


def _agencies(organisation_ids: Collection[int | None]) -> dict[int, str]:
    """As the creditor calls each: never by the row that is everybody's."""
    wanted = [one for one in organisation_ids if one is not None]
    rows = db.session().execute(
        select(Mandate.organisation_id, Mandate.shown_name)
        .where(Mandate.organisation_id.in_(wanted), Mandate.creditor_id == queries.creditor_id())
        .order_by(Mandate.id)
    )
    return {row[0]: row[1] for row in rows} if wanted else {}


def _versions(parts: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], Text]:
    wanted = [one[1] for one in parts if one[1] is not None]
    rows = db.session().execute(select(OwnText.id, OwnText.number).where(OwnText.id.in_(wanted))) if wanted else ()
    numbers = {row[0]: row[1] for row in rows}
    return {one: _version(one, numbers) for one in parts}


def _version(part: tuple[Any, ...], numbers: Mapping[int, int]) -> Text:
    key, text_id, wording = part
    if key is None:
        return t("No message of ours before")
    label = levels.LABELS.get(key, Text(key))
    if text_id not in numbers:
        return t("%(message)s: our words", message=label)
    return t(
        "%(message)s: version %(number)s %(wording)s", message=label, number=numbers[text_id], wording=wording or ""
    )
