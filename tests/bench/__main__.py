"""`make bench`: one JSON line per measure with name, ours, reference and ratio."""

import json
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import api, bank, cadence, figures, histories, imports, links, pages, papers, provider_events, trail

Measure = Callable[[], list[dict[str, Any]]]
MEASURES: tuple[Measure, ...] = (
    links.measure,
    papers.measure,
    imports.measure,
    api.measure,
    provider_events.measure,
    bank.measure,
    trail.measure,
    pages.measure,
    cadence.measure,
    histories.measure,
    figures.measure,
)


def main() -> None:
    wanted = set(sys.argv[1:])
    for measure in MEASURES:
        if wanted and measure.__module__.rsplit(".", 1)[1] not in wanted:
            continue
        for line in measure():
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
