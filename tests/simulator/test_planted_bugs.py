"""The simulator can fail: each planted bug is found within a few seeds, by the invariant that is meant for it."""

import pytest

from portal.simulator import running
from portal.simulator.invariants import Violation
from portal.simulator.staging import Stage
from tests.simulator.planting import PLANTED, Planted

pytestmark = pytest.mark.xdist_group("simulator")

SEEDS = 80


def _play(stage: Stage, seed: int, planted: Planted) -> list[Violation]:
    return running.run(stage, seed, planted.steps, favours=planted.favours, ending=planted.ending).violations


@pytest.mark.parametrize("planted", PLANTED, ids=[one.plant.__name__ for one in PLANTED])
def test_a_planted_bug_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch, planted: Planted) -> None:
    planted.plant(monkeypatch)
    for seed in range(1, SEEDS + 1):
        found = {violation.invariant for violation in _play(stage, seed, planted)}
        if found:
            assert found & planted.finders, f"seed {seed} found it by {found}"
            return
    pytest.fail(f"{SEEDS} seeds of {planted.steps} steps have not found it")
