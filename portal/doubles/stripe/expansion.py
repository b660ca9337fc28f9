"""`expand[]`: replaces ids by the objects they name, four levels deep, and adds lists left out."""

from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc, World

_DEEPEST = 4
_EXPANDABLE = {
    "checkout.session": {"payment_intent", "setup_intent", "customer", "line_items"},
    "setup_intent": {"payment_method", "customer"},
    "payment_method": {"customer"},
    "payment_intent": {"customer", "latest_charge", "payment_method"},
    "charge": {"balance_transaction", "payment_intent", "refunds", "failure_balance_transaction"},
    "refund": {
        "balance_transaction",
        "charge",
        "failure_balance_transaction",
        "payment_intent",
        "payment_method",
    },
    "dispute": {"charge", "payment_intent"},
    "balance_transaction": {"source"},
}


def listed(data: list[Doc], url: str, *, has_more: bool = False) -> Doc:
    """Stripe's list object around `data`."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def expand(backend: Backend, world: World, shown: Doc, paths: list[str]) -> Doc:
    """Expands `shown` (a presented copy) in place along dotted `paths`; refuses what cannot be expanded."""
    for path in paths:
        steps = path.split(".")
        if shown["object"] == "list":
            if steps.pop(0) != "data" or not steps:
                raise _impossible(path)
            targets = shown["data"]
        else:
            targets = [shown]
        if len(steps) > _DEEPEST:
            raise Refusal("You cannot expand more than 4 levels of a property.", param="expand")
        for target in targets:
            _walk(backend, world, target, steps, path)
    return shown


def _impossible(path: str) -> Refusal:
    return Refusal(
        f"This property cannot be expanded ({path}). You may want to try expanding other properties.",
        param="expand",
    )


def _walk(backend: Backend, world: World, doc: Doc, steps: list[str], path: str) -> None:
    name, *rest = steps
    if name not in _EXPANDABLE.get(doc["object"], set()):
        raise _impossible(path)
    value = _expanded(backend, world, doc, name)
    doc[name] = value
    if rest and isinstance(value, dict):
        _walk(backend, world, value, rest, path)


def _expanded(backend: Backend, world: World, doc: Doc, name: str) -> Any:
    if name == "line_items":
        items = backend.store.notes(doc["id"])["line_items"]
        return listed([backend.present(i) for i in items], f"/v1/checkout/sessions/{doc['id']}/line_items")
    if name == "refunds":
        refunds = [r for r in backend.store.all("refund", world) if r["charge"] == doc["id"]]
        return listed([backend.present(r) for r in refunds], f"/v1/charges/{doc['id']}/refunds")
    value = doc.get(name)
    if isinstance(value, str):
        return backend.present(backend.store.fetch(value))
    return value
