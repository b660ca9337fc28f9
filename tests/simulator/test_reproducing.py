"""A seed says the same again: in this process, in another one, and whatever Python hashes to."""

import json
import os
import subprocess
import sys
from collections import Counter

from portal.core import clock
from portal.settings import ROOT
from portal.simulator import running
from portal.simulator.staging import Stage

STEPS = 25


def test_the_same_seed_does_the_same_steps_with_the_same_books(stage: Stage) -> None:
    first, other, again = (running.run(stage, seed, STEPS) for seed in (7, 8, 7))
    assert again.trace == first.trace
    assert again.as_json(with_digest=True) == first.as_json(with_digest=True)
    assert other.digest != first.digest


def test_a_seed_says_the_same_in_another_process(stage: Stage) -> None:
    here = running.run(stage, 7, STEPS).as_json(with_digest=True)
    program = "from portal.wiring import command_line; command_line()"
    there = subprocess.run(
        [sys.executable, "-c", program, "simulate", "--seed", "7", "--steps", str(STEPS), "--json", "--trace"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout) == here


def test_every_kind_of_trouble_happens(stage: Stage) -> None:
    """Drop, duplicate, delay, reorder, skew, crashes before and after commits, providers, ERPs, mail, jobs."""
    seen: Counter[str] = Counter()
    for seed in range(100, 106):
        seen.update(running.run(stage, seed, 60).faults)
    assert set(seen) >= {
        "drop", "duplicate", "delay", "reorder", "skew", "provider_error", "provider_silent", "erp_error", "erp_silent",
        "mail_later", "mail_cut", "mail_refused", "crash_before_commit", "crash_after_commit",
        "job_reorder", "job_delay", "job_duplicate",
    }  # fmt: skip


def test_time_outside_goes_on_as_before(stage: Stage) -> None:
    before = clock.now()
    running.run(stage, 7, 3)
    assert 0 <= (clock.now() - before).total_seconds() < 600
