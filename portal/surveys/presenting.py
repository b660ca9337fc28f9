"""Surveys in words: for the customer who is asked, and for the creditor's people who listen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.spreadsheets import Figure
from portal.core.text import Text, t
from portal.surveys import nps, questions, themes
from portal.surveys.policies import Version
from portal.surveys.showing import Shown
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


FEW = t("fewer than 10")


def _points(value: float) -> str:
    """A score as it is read: whole points, with the sign of what is below nought."""
    whole = round(value)
    return f"−{-whole}" if whole < 0 else str(whole)


def score(one: Shown) -> dict[str, Any]:
    """A score with its interval, in words and as numbers for its chart; None where it is not shown."""
    found = one.nps
    if found is None:
        return {"nps": "–", "between": "", "value": None, "low": None, "high": None}
    between = t("between %(low)s and %(high)s", low=_points(found.low), high=_points(found.high))
    return {
        "nps": _points(found.nps), "between": i18n.say(between), "value": found.nps, "low": found.low,
        "high": found.high,
    }  # fmt: skip


def wide_words(one: Shown) -> Text | None:
    """A warning where the interval is so wide that the number alone would deceive."""
    if one.nps is None or one.nps.high - one.nps.low < 30:
        return None
    more = nps.answers_for(10)
    return t("This can still move a lot. About %(more)s answers would tell it to within ten points.", more=more)


def rate(tally: nps.Tally) -> str:
    found = tally.response_rate
    return f"{found:.0f} %" if found is not None else "–"


def second_figure(kind: str, counts: Mapping[int, int]) -> str:
    """What the marks of a second question come to."""
    n = sum(counts.values())
    if kind == questions.CES:
        mean = i18n.decimal(f"{nps.mean_of(counts):.1f}")
        return i18n.say(t("%(mean)s of 7 (%(n)s answers)", mean=mean, n=n))
    if kind == questions.CSAT:
        return i18n.say(t("%(share)s %% satisfied (%(n)s answers)", share=f"{nps.csat_of(counts):.0f}", n=n))
    return i18n.say(t("%(share)s %% said yes (%(n)s answers)", share=f"{100 * counts.get(1, 0) / n:.0f}", n=n))


def cells(one: Shown) -> list[str]:
    """asked, answered, nps, low, high: empty where it is not shown."""
    counts = [str(one.tally.asked), str(one.tally.n)] if one.tally is not None else ["", ""]
    found = one.nps
    return [
        *counts,
        *([Figure(f"{x:.2f}") for x in (found.nps, found.low, found.high)] if found is not None else [""] * 3),
    ]


def theme(key: str) -> str:
    """A theme by its name, a tag as it was typed."""
    return i18n.say(themes.THEMES[key]) if key in themes.THEMES else key
