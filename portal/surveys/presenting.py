"""Surveys in words: for the customer who is asked, and for the creditor's people who listen."""

from dataclasses import dataclass

from portal.core.text import t
from portal.surveys import questions
from portal.surveys.policies import Version
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class SecondQuestion:
    """`marks`: (value, label) of a scale; `ends`: what its first and last mean; none of both: it asks for words."""

    asked: str
    marks: list[tuple[str, str]]
    ends: tuple[str, str] | None


def second_question(policy: Version, language: str | None = None) -> SecondQuestion | None:
    """The question that the creditor chose, as its reader sees it."""
    kind = policy.question
    if kind is None:
        return None
    own = policy.asked(language or i18n.language().code)
    asked = own if own is not None else i18n.say(questions.ASKED[kind]) if kind in questions.ASKED else None
    if asked is None:
        return None
    if kind == questions.YES_NO:
        return SecondQuestion(asked, [("1", i18n.say(t("Yes"))), ("0", i18n.say(t("No")))], None)
    marks = [(str(n), str(n)) for n in questions.SCALES.get(kind, ())]
    ends = questions.ENDS.get(kind)
    return SecondQuestion(asked, marks, (i18n.say(ends[0]), i18n.say(ends[1])) if ends is not None else None)
