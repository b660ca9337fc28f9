"""What a feature adds to the page of its cases: portal.features lists them, so a case never knows what it is about.

A panel is asked with the case and answers with a template part and its values, or None where it has nothing to add.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.cases.models import Case


@dataclass(frozen=True, slots=True)
class Panel:
    """`template` is included in the page with `values` as `panel`; it may hold forms of the feature's own routes.

    `is_over`: what the case is about has ended, so that the feature has no way left to end the case. Where a customer
    has written once more, it is closed as a case without a feature is.
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    is_over: bool = False


MakePanel = Callable[[Case], Panel | None]
# By kind (portal.cases.kinds); from portal.features.
for_customer: dict[str, MakePanel] = {}
for_staff: dict[str, MakePanel] = {}


def of(case: Case, makers: dict[str, MakePanel]) -> Panel | None:
    make = makers.get(case.kind)
    return make(case) if make is not None else None
