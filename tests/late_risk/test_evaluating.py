"""The judgement on real receivables: split by time, repeatable, and the model only where it beat the rules."""

import importlib.util
import json
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from portal.commands import predict
from portal.late_risk import evaluating, logistic
from portal.late_risk.evaluating import BASELINE, MODEL, RULES, TooLittle
from portal.late_risk.logistic import Coefficients
from portal.late_risk.past import Owed
from portal.late_risk.rules import Facts
from tests.late_risk.predict_page import FILE, PAGE, page

START = date(2025, 1, 1)


@pytest.fixture(scope="module")
def ibm() -> dict[str, object]:
    found = CliRunner().invoke(predict.group, ["evaluate", str(FILE), "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


@pytest.mark.corpus
def test_the_rules_beat_the_baseline_and_the_model_beats_the_rules(ibm: dict) -> None:
    by = ibm["judgements"]
    assert by[RULES]["auc"] > by[BASELINE]["auc"] > 0.85
    assert by[RULES]["brier"] < by[BASELINE]["brier"]
    assert by[MODEL]["auc"] > by[RULES]["auc"]
    assert by[MODEL]["brier"] < by[RULES]["brier"] < 0.14
    assert ibm["used"] == MODEL


@pytest.mark.corpus
def test_everything_issued_after_the_split_is_judged_once(ibm: dict) -> None:
    assert ibm["learned"] + ibm["judged"] <= 2466
    for one in ibm["judgements"].values():
        assert sum(bin_["items"] for bin_ in one["calibration"]) == one["items"] == ibm["judged"]


@pytest.mark.corpus
def test_the_page_in_the_docs_is_what_the_command_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.corpus
def test_without_the_extra_the_rules_are_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    found = CliRunner().invoke(predict.group, ["evaluate", str(FILE)])
    assert found.exit_code == 0
    assert "No model: scikit-learn is not installed: pip install -e .[ml]" in found.output
    assert "Used here: the rules." in found.output


def test_too_little_to_judge_is_said(tmp_path) -> None:
    file = tmp_path / "few.csv"
    file.write_text(
        "Customer,Invoice number,Invoice date,Due date,Amount,Settled date\nA,1,2026-01-02,2026-02-01,10.00,2026-01-20\n"
    )
    found = CliRunner().invoke(predict.group, ["evaluate", str(file)])
    assert found.exit_code == 2
    assert "too few settled items" in found.output


def rows(many: int, *, late_after: int = 10**9) -> list[Owed]:
    """One a day; every third is late, and from number `late_after` on all the others are instead."""
    found = []
    for at in range(many):
        issued = START + timedelta(days=at)
        late = (at % 3 == 0) is (at < late_after)
        due = issued + timedelta(days=30)
        found.append(Owed(f"c{at % 9}", "EUR", 1000 + at, issued, due, due + timedelta(days=4 if late else -4)))
    return found


def test_a_model_that_is_worse_than_by_lot_is_not_used() -> None:
    report = evaluating.evaluate(rows(900, late_after=600))
    found = report.judgements[MODEL]
    assert found.auc is not None
    assert found.auc < 0.5, "it learned what holds no more"
    assert not report.is_better, "whatever the rules did, worse than by lot is no model"


def test_a_model_that_the_rules_beat_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = logistic.learn

    def upside_down(known: list[Facts], late: list[bool]) -> Coefficients:
        return learned(known, [not one for one in late])

    lot = random.Random(2)
    some = [replace(one, settled_on=one.due_on + timedelta(days=lot.choice((-3, -3, -3, 5)))) if lot.random() < 0.3 else one
            for one in rows(900)]  # fmt: skip
    assert evaluating.evaluate(some).judgements[MODEL].auc > 0.5
    monkeypatch.setattr(logistic, "learn", upside_down)
    assert not evaluating.evaluate(some).is_better


def test_a_model_judged_on_little_is_not_used() -> None:
    assert not evaluating.evaluate(rows(200)).is_better


def test_what_has_no_outcome_on_the_day_of_asking_is_not_judged() -> None:
    all_ = evaluating.evaluate(rows(300), split=START + timedelta(days=200))
    some = evaluating.evaluate(rows(300), split=START + timedelta(days=200), until=START + timedelta(days=260))
    assert (all_.judged, 0 < some.judged < all_.judged) == (100, True)


def test_nothing_at_all() -> None:
    with pytest.raises(TooLittle):
        evaluating.evaluate([])
