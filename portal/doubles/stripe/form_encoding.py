"""Reads Stripe's request encoding: `line_items[0][price_data][currency]=eur&expand[]=payment_intent`.

Everything is text here; what it must be is decided in `checks`, against the SDK's types. A list whose items
carry numbers stays a dict keyed by them until then, since `metadata[0]` is not a list.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from portal.doubles.stripe.refusals import Refusal

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 12


def _malformed(key: str) -> Refusal:
    return Refusal(f"Invalid request: the parameter name {key!r} cannot be read.", kept=False)


def _path(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise _malformed(key)
    parts = [match[1], *_PART.findall(match[2])]
    if len(parts) > _DEEPEST or "" in parts[:-1]:
        raise _malformed(key)
    return parts


def decode(encoded: str) -> dict[str, Any]:
    """Nested dicts of strings; `a[]=x` gives lists. Raises a refusal where two keys contradict each other."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded), errors="strict")
    except ValueError as error:
        raise Refusal(f"Invalid request: the form cannot be read ({error}).", kept=False) from error
    root: dict[str, Any] = {}
    for key, value in pairs:
        *parents, last = _path(key)
        node: dict[str, Any] = root
        if last == "":
            last = parents.pop()
            items = _descend(root, parents, key).setdefault(last, [])
            if not isinstance(items, list):
                raise _malformed(key)
            items.append(value)
            continue
        node = _descend(root, parents, key)
        if isinstance(node.get(last), (dict, list)):
            raise _malformed(key)
        node[last] = value
    return root


def _descend(node: dict[str, Any], parents: list[str], key: str) -> dict[str, Any]:
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise _malformed(key)
    return node
