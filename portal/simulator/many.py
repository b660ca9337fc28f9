"""Many seeds, on as many processes as there are cores: how far it has come, what was found, to be gone on with later.

Every seed that is done stands in a file when one is named, a line each; the same command again does the rest.
"""

import json
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.simulator import running, staging
from portal.simulator.staging import MakeApp
from portal.simulator.timekeeping import real_seconds

Found = dict[str, Any]  # one seed's report as JSON


@dataclass
class Summary:
    """What came of many seeds."""

    seeds: int = 0
    steps: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    failed: list[Found] = field(default_factory=list)

    def add(self, one: Found) -> None:
        self.seeds += 1
        self.steps += one["steps"]
        self.faults.update(one["faults"])
        if one["violations"]:
            self.failed.append({name: value for name, value in one.items() if name != "digest"})

    def as_json(self) -> dict[str, Any]:
        return {
            "seeds": self.seeds,
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "steps_per_second": round(self.steps / self.seconds, 1) if self.seconds else None,
            "faults": dict(sorted(self.faults.items())),
            "failed": self.failed,
        }


def run(
    make_app: MakeApp,
    seeds: Sequence[int],
    steps: int,
    *,
    engine: str = "sqlite",
    workers: int = 1,
    kept: Path | None = None,
    tell: Callable[[Summary, Found], None] = lambda *_: None,
) -> Summary:
    """Plays every seed; an interruption ends it with what was done so far. `kept` names the file of done seeds."""
    summary, begun = Summary(), real_seconds()
    done = _done(kept, steps, engine)
    for one in done.values():
        if one["seed"] in set(seeds):
            summary.add(one)
    left = [seed for seed in seeds if seed not in done]
    try:
        with _played(make_app, left, steps, engine, workers) as results:
            for one in results:
                summary.add(one)
                summary.seconds = real_seconds() - begun
                _keep(kept, one, engine)
                tell(summary, one)
    except KeyboardInterrupt:
        pass
    summary.seconds = real_seconds() - begun
    return summary


def _done(kept: Path | None, steps: int, engine: str) -> dict[int, Found]:
    if kept is None or not kept.exists():
        return {}
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    return {row["seed"]: row for row in rows if row["steps"] == steps and row["engine"] == engine}


def _keep(kept: Path | None, one: Found, engine: str) -> None:
    if kept is not None:
        with kept.open("a") as lines:
            lines.write(json.dumps(one | {"engine": engine}) + "\n")


@contextmanager
def _played(
    make_app: MakeApp, seeds: Sequence[int], steps: int, engine: str, workers: int
) -> Iterator[Iterator[Found]]:
    """The reports as they come; with several workers in no order."""
    if workers == 1 or len(seeds) < 2:
        with staging.opened(make_app, engine) as stage:
            yield (running.run(stage, seed, steps).as_json(with_digest=True) for seed in seeds)
        return
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue()
    shares = [seeds[place::workers] for place in range(workers)]
    processes = [context.Process(target=_work, args=(make_app, share, steps, engine, queue)) for share in shares]
    for process in processes:
        process.start()
    try:
        yield _collect(queue, len(processes))
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _collect(queue: Any, workers: int) -> Iterator[Found]:
    ended = 0
    while ended < workers:
        one = queue.get()
        if one is None:
            ended += 1
        elif "broken" in one:
            raise RuntimeError(one["broken"])
        else:
            yield one


def _work(make_app: MakeApp, seeds: Sequence[int], steps: int, engine: str, queue: Any) -> None:
    """One process with a stage of its own. Ctrl-C is for the first process alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _end())
    try:
        with staging.opened(make_app, engine) as stage:
            for seed in seeds:
                queue.put(running.run(stage, seed, steps).as_json(with_digest=True))
        queue.put(None)
    except Exception as error:
        queue.put({"broken": f"a process of the simulation broke: {type(error).__name__}: {error}"})
        raise


def _end() -> None:
    raise SystemExit(0)
