"""The creditor's own model: learned in one place, kept as plain numbers, read without the library."""

import importlib.util
import json
import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from portal.late_risk import logistic, measures
from portal.late_risk.logistic import Coefficients, NotInstalled, NotReadable
from portal.late_risk.rules import Code, Everyone, Facts, Past, Since


def cases(many: int = 400) -> tuple[list[Facts], list[bool]]:
    lot = random.Random(4)
    facts, late = [], []
    for _ in range(many):
        items = lot.randrange(0, 20)
        of_late = lot.randrange(0, items + 1)
        past = Past(items, of_late, lot.randrange(-5, 20) * items, 0, 1000 * items, (True,) * min(5, of_late))
        facts.append(Facts(lot.randrange(500, 4000), date(2026, 1, 5), date(2026, 1 + lot.randrange(12), 9), past,
                           Everyone(500, 150)))  # fmt: skip
        late.append(lot.random() < (of_late + 1) / (items + 3))
    return facts, late


def test_what_is_kept_says_the_same_as_the_library() -> None:
    facts, late = cases()
    rows = [measures.of(one) for one in facts]
    scaler = StandardScaler().fit(rows)
    theirs = LogisticRegression(C=0.3, max_iter=1000).fit(scaler.transform(rows), late)
    kept = Coefficients.read(json.loads(json.dumps(logistic.learn(facts, late).as_json())))
    said = [kept.likely(one) for one in facts]
    assert said == pytest.approx(list(theirs.predict_proba(scaler.transform(rows))[:, 1]))


def test_the_score_has_the_reasons_of_the_rules_in_its_own_weights() -> None:
    facts, late = cases()
    model = logistic.learn(facts, late)
    bad = replace(facts[0], past=Past(20, 19, 200, 200, 20_000, (True,) * 5, 1), since=Since(moved=1))
    found = model.score(bad)
    assert found.learned
    assert found.percent > 50
    history = next(one for one in found.reasons if one.code is Code.HISTORY)
    assert history.points > 0
    assert str(history.text) == "Of 20 paid so far, 19 came late."
    assert Code.MOVED in {one.code for one in found.reasons}
    assert Code.FIRST not in {one.code for one in found.reasons}


def test_coefficients_of_another_version_are_not_read() -> None:
    kept = logistic.learn(*cases()).as_json()
    wrong: list[dict[str, Any]] = [
        {},
        {**kept, "kind": "logistic-0"},
        {**kept, "measures": kept["measures"][1:]},
        {**kept, "start": float("nan")},
        {**kept, "measures": [{**one, "spread": 0} for one in kept["measures"]]},
    ]
    for one in wrong:
        with pytest.raises(NotReadable):
            Coefficients.read(one)


def test_without_the_extra_nothing_is_learned_and_it_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NotInstalled, match=r"pip install -e \.\[ml\]"):
        logistic.learn(*cases())


def test_from_one_outcome_alone_nothing_is_learned() -> None:
    facts, _late = cases(10)
    with pytest.raises(ValueError, match="all were late, or none was"):
        logistic.learn(facts, [True] * 10)
