"""Lists as Stripe pages them: newest first, `limit`, `starting_after`, `ending_before`, `created` ranges."""

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from portal.doubles.stripe.expansion import listed
from portal.doubles.stripe.refusals import Refusal, missing
from portal.doubles.stripe.store import Doc

_COMPARE: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def created_within(doc: Doc, wanted: int | dict[str, int] | None) -> bool:
    """Whether `created` fits an exact second or a range such as `{"gte": 1760000000}`."""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(doc["created"] == wanted)
    return all(_COMPARE[name](doc["created"], bound) for name, bound in wanted.items())


def page(docs: list[Doc], everything: list[Doc], params: dict[str, Any], url: str) -> Doc:
    """One page of `docs` (newest first, filtered but for `created`), as a list object.

    A cursor may name any object of `everything`, also one that no longer passes the filter.
    """
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise Refusal("Invalid limit: must be between 1 and 100", param="limit", kept=False)
    if "starting_after" in params and "ending_before" in params:
        raise Refusal("You may only specify one of these parameters: starting_after, ending_before.")
    docs = [doc for doc in docs if created_within(doc, params.get("created"))]
    place = {doc["id"]: n for n, doc in enumerate(everything)}
    if "ending_before" in params:
        before = _cursor(place, params, "ending_before")
        newer = [doc for doc in docs if place[doc["id"]] < before]
        return listed(newer[-limit:], url, has_more=len(newer) > limit)
    after = _cursor(place, params, "starting_after") if "starting_after" in params else -1
    older = [doc for doc in docs if place[doc["id"]] > after]
    return listed(older[:limit], url, has_more=len(older) > limit)


def _cursor(place: dict[str, int], params: dict[str, Any], name: str) -> int:
    if params[name] not in place:
        raise missing("object", params[name], param=name, status=400)
    return place[params[name]]
