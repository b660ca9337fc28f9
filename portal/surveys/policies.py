"""What a creditor asks, and when; every version is kept, and each answer cites its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.core import db, events
from portal.creditors import versions
from portal.creditors.versions import Overtaken, Written
from portal.surveys import questions
from portal.surveys.events import SurveyPolicyChanged
from portal.surveys.models import SurveyPolicy


@dataclass(frozen=True, slots=True)
class Version:
    """`nothing_days`: after how many days of silence past the due date one is asked; 0 is never. `remind_days`: so
    many days after the question comes the one reminder; 0 is none. `own`: the creditor's own question by language.
    `soften`: whether words are looked through for a difficulty.
    """

    number: int = 0
    on: bool = True
    question: str | None = questions.CSAT
    own: Mapping[str, str] = field(default_factory=dict)
    nothing_days: int = 30
    remind_days: int = 5
    soften: bool = True

    def asked(self, language: str) -> str | None:
        """The creditor's own question in that language, or in any; None where it has none of its own."""
        if self.question not in questions.OWN:
            return None
        return self.own.get(language) or next(iter(self.own.values()), None)


FIRST = Version()


def current() -> Version:
    """The version in force for the creditor in scope; number 0 where it never wrote one."""
    row = versions.newest(SurveyPolicy)
    return FIRST if row is None else _read(row)


def version(number: int) -> Version:
    """The version that an answer cites. Raises LookupError for one that never was."""
    return FIRST if number == FIRST.number else _read(versions.numbered(SurveyPolicy, number))


def write(wanted: Version, *, by: int | None, after: int) -> Version:
    """A new version after version `after`; the one in force where nothing differs from it. Raises Overtaken."""
    before = current()
    if _as_json(before) == _as_json(wanted):
        return before
    if before.number != after:
        raise Overtaken(before)
    row = versions.add(SurveyPolicy, before.number + 1, by, {"settings": _as_json(wanted)})
    if row is None:
        raise Overtaken(current())
    events.record(SurveyPolicyChanged(survey_policy_id=row.id, number=row.number))
    db.session().flush()
    return _read(row)


def history() -> list[Written]:
    """The versions that were written, the newest first."""
    return versions.history(SurveyPolicy)


def _as_json(one: Version) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "number"}


def _read(row: SurveyPolicy) -> Version:
    return Version(number=row.number, **row.settings)
