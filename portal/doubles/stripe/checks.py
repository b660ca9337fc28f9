"""Checks a request's parameters against the SDK's own types, and says what is wrong in Stripe's words."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from portal.doubles.stripe.closed_types import BRANCHES, closed_dict, tree
from portal.doubles.stripe.refusals import Refusal, not_modelled

Place = list[str | int]


@cache
def _adapter(kind: Any, modelled: str) -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(closed_dict(kind, tree(modelled)))


def check(kind: Any, modelled: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The parameters of one request, typed. `kind` is a `stripe.params` TypedDict, `modelled` dotted names.

    Raises the refusal that Stripe would answer (`parameter_unknown`, `parameter_missing`,
    `parameter_invalid_integer`, `parameter_invalid_empty`, a word outside its enum), or
    `not_modelled_by_double`.
    """
    try:
        return _adapter(kind, modelled).validate_python(sent)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)) from error


def _refusal(errors: list[ErrorDetails]) -> Refusal:
    # Stripe names what it does not know before it says what is wrong with the rest.
    first = next((e for e in errors if e["type"] == "parameter_unknown"), errors[0])
    place = [step for step in first["loc"] if step not in BRANCHES]
    param = spelled(place)
    kind = first["type"]
    if kind == "parameter_unknown":
        return _unknown(place, first["ctx"])
    if kind == "not_modelled":
        return not_modelled(f"the parameter `{param}`", param)
    if kind == "missing":
        return Refusal(f"Missing required param: {param}.", code="parameter_missing", param=param, kept=False)
    code = kind if kind.startswith("parameter_") else None
    return Refusal(first["msg"].replace("{param}", param), code=code, param=param, kept=False)


def spelled(place: Place) -> str:
    """`["line_items", 0, "quantity"]` as Stripe writes it: `line_items[0][quantity]`."""
    return "".join(str(step) if n == 0 else f"[{step}]" for n, step in enumerate(place))


def _unknown(place: Place, context: dict[str, Any]) -> Refusal:
    names = [spelled([*place, name]) for name in context["unknown"]]
    plural = "s" if len(names) > 1 else ""
    hint = f". Did you mean {context['near'][0]}?" if context["near"] else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}{hint}"
    return Refusal(message, code="parameter_unknown", param=names[0], kept=False)
