"""AUC, Brier and calibration: by hand on small vectors, against another reckoning on large ones."""

import random

import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from portal.late_risk.judging import auc, judge


def test_a_small_one_by_hand() -> None:
    found = judge([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    assert found.auc == 0.75
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)
    assert [(one.low, one.items, one.late) for one in found.bins] == [(10, 1, 0), (30, 1, 1), (40, 1, 0), (80, 1, 1)]
    assert found.off == pytest.approx((0.1 + 0.65 + 0.4 + 0.2) / 4)


def test_ties_count_half_and_the_edges_stay_inside() -> None:
    assert auc([0.5, 0.5], [True, False]) == 0.5
    assert auc([0.5, 0.2], [True, True]) is None
    assert judge([1.0, 0.0], [True, False]).bins[-1].high == 100
    with pytest.raises(ValueError):
        judge([], [])


def test_as_scikit_learn_reckons() -> None:
    lot = random.Random(8)
    said = [round(lot.random(), 2) for _ in range(500)]  # with ties
    late = [lot.random() < one for one in said]
    found = judge(said, late)
    assert found.auc == pytest.approx(roc_auc_score(late, said))
    assert found.brier == pytest.approx(brier_score_loss(late, said))


def test_better_means_better_at_both() -> None:
    good, poor = judge([0.9, 0.1], [True, False]), judge([0.4, 0.6], [True, False])
    assert good.beats(poor)
    assert not poor.beats(good)
    assert not good.beats(good)
    unsure = judge([0.51, 0.49], [True, False])
    assert not unsure.beats(good), "the same order, less sure of it"
