"""Some hundreds of short seeds: whatever people do and whatever breaks, every invariant holds (rule D-40)."""

from collections.abc import Iterable

import pytest

from portal.simulator import running
from portal.simulator.staging import Stage

CHUNKS, CHUNK, STEPS = 10, 20, 10
ON_POSTGRES = 24
# Seeds that found something once: (seed, steps).
REGRESSIONS: tuple[tuple[int, int], ...] = ()


def play(stage: Stage, seeds: Iterable[tuple[int, int]]) -> None:
    broken = {
        f"portal simulate --seed {seed} --steps {steps} --engine {stage.engine} --trace": report.violations
        for seed, steps in seeds
        if (report := running.run(stage, seed, steps)).violations
    }
    assert broken == {}


@pytest.mark.xdist_group("simulator")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds_on_sqlite(stage: Stage, chunk: int) -> None:
    first = 1 + chunk * CHUNK
    play(stage, [(seed, STEPS) for seed in range(first, first + CHUNK)])


@pytest.mark.xdist_group("simulator_postgres")
@pytest.mark.parametrize("chunk", range(2))
def test_seeds_on_postgresql(postgres_stage: Stage, chunk: int) -> None:
    share = ON_POSTGRES // 2
    first = 5001 + chunk * share
    play(postgres_stage, [(seed, STEPS) for seed in range(first, first + share)])


@pytest.mark.xdist_group("simulator")
def test_seeds_that_found_something_once(stage: Stage) -> None:
    play(stage, REGRESSIONS)
