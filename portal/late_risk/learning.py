"""Logistic regression by scikit-learn. Only portal.late_risk.logistic loads this: the extra `ml` may not be there."""

from collections.abc import Sequence

from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

_PENALTY = 0.3  # the inverse of it, as scikit-learn counts: a few hundred items must not be learned by heart

Numbers = tuple[float, ...]


def fit(rows: Sequence[Sequence[float]], late: Sequence[bool]) -> tuple[float, Numbers, Numbers, Numbers]:
    """The start, and per column its weight, its mean and its spread. The same rows give the same numbers."""
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=_PENALTY, max_iter=1000).fit(scaler.transform(rows), late)
    start, weights, usual, spread = (
        float(model.intercept_[0]),
        _plain(model.coef_[0]),
        _plain(scaler.mean_),
        _plain(scaler.scale_),
    )
    return start, weights, usual, spread


def _plain(column: Sequence[float]) -> Numbers:
    return tuple(float(one) for one in column)
