"""What a feature adds to the page of its cases: portal.features lists them, so a case never knows what it is about.

A panel is asked with the case and answers with a template part and its values, or None where it has nothing to add.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.cases.models import Case
from portal.core.text import Text


@dataclass(frozen=True, slots=True)
class Panel:
    """`template` is included in the page with `values` as `panel`; it may hold forms of the feature's own routes.

    `why_not_write` takes the place of the field to write on, where the feature has a road of its own.
    `leaves_closing`: nothing of the feature's is under way any more, so whoever answers closes the case itself.
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    why_not_write: Text | None = None
    leaves_closing: bool = False


MakePanel = Callable[[Case], Panel | None]
# By kind (portal.cases.kinds); from portal.features.
for_customer: dict[str, MakePanel] = {}
for_staff: dict[str, MakePanel] = {}


def of(case: Case, makers: dict[str, MakePanel]) -> Panel | None:
    make = makers.get(case.kind)
    return make(case) if make is not None else None
