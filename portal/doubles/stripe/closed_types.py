"""Makes strict pydantic types of the SDK's own parameter types (`stripe.params.*`).

What changes on the way: enums are closed (the SDK leaves `| str` open for newer servers), unknown keys are
refused, every leaf is read from form text by `form_values`, and members that are not modelled refuse.
"""

from functools import partial
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import stripe
import typing_extensions
from pydantic import BeforeValidator, Discriminator, Tag, WrapValidator

from portal.doubles.stripe import form_values

Tree = dict[str, "Tree"]

# How pydantic names the two branches of a union; they are no part of a parameter's name.
BRANCHES = ("<structure>", "<scalar>")

# The SDK mixes the request's options into the parameters of its older calling style; they never travel.
_OPTIONS = frozenset(stripe.RequestOptions.__annotations__)
_TYPE_CHECKERS_ONLY = {"StripeContext": object, "Mapping": dict}  # names the SDK does not import when it runs


def tree(modelled: str) -> Tree:
    """`"a b.c b.d"` as `{"a": {}, "b": {"c": {}, "d": {}}}`; below a leaf everything is modelled."""
    root: Tree = {}
    for path in modelled.split():
        node = root
        for part in path.split("."):
            node = node.setdefault(part, {})
    return root


def closed_dict(kind: Any, modelled: Tree) -> Any:
    """The TypedDict `kind` as a strict type; with an empty tree all of its members are modelled."""
    hints = get_type_hints(kind, localns=_TYPE_CHECKERS_ONLY, include_extras=True)
    if hints.keys() >= _OPTIONS:
        hints = {name: hint for name, hint in hints.items() if name not in _OPTIONS}
    members: dict[str, Any] = {}
    for name, hint in hints.items():
        optional = get_origin(hint) in {NotRequired, typing_extensions.NotRequired}
        if modelled and name not in modelled:
            closed: Any = Annotated[Any, BeforeValidator(form_values.refused)]
        else:
            closed = _closed(get_args(hint)[0] if optional else hint, modelled.get(name, {}))
        members[name] = NotRequired[closed] if optional else closed
    make: Any = typing_extensions.TypedDict
    return Annotated[make(kind.__name__, members), BeforeValidator(partial(form_values.known, tuple(hints)))]


def _closed(hint: Any, modelled: Tree) -> Any:
    origin = get_origin(hint)
    if typing_extensions.is_typeddict(hint):
        return closed_dict(hint, modelled)
    if origin in {Union, UnionType}:
        return _closed_union(get_args(hint), modelled)
    if _is_literal(hint):
        return Annotated[Any, BeforeValidator(partial(form_values.one_of, get_args(hint)))]
    if origin is list:
        item: Any = _closed(get_args(hint)[0], modelled)
        return Annotated[list[item], BeforeValidator(form_values.array)]
    if origin is dict:
        return Annotated[dict[str, str], BeforeValidator(form_values.mapping)]
    return Annotated[Any, BeforeValidator(form_values.READERS[hint])]


def _is_literal(hint: Any) -> bool:
    return get_origin(hint) is Literal


def _closed_union(members: tuple[Any, ...], modelled: Tree) -> Any:
    words = [word for member in members if _is_literal(member) for word in get_args(member)]
    # `UntypedStripeObject` stands beside every dict for the benefit of type checkers.
    kinds = [m for m in members if not _is_literal(m) and "UntypedStripeObject" not in repr(m)]
    choices = tuple(word for word in words if word != "")
    if choices:
        kinds = [kind for kind in kinds if kind is not str]
        if kinds == [bool]:  # a yes or no, or one of some words: `off_session`
            return Annotated[Any, BeforeValidator(partial(form_values.boolean_or, choices))]
    closed = [(kind, _closed(kind, modelled)) for kind in kinds]
    if choices:
        closed.append((str, _closed(Literal[choices], {})))
    whole = closed[0][1] if len(closed) == 1 else _nested_or_plain(closed)
    if "" in words:  # an empty text unsets the value
        return Annotated[whole, WrapValidator(lambda value, inner: value if value == "" else inner(value))]
    return whole


def _nested_or_plain(closed: list[tuple[Any, Any]]) -> Any:
    """An object or a plain value (`created[gte]=1` or `created=1`): what was sent tells which."""
    nested = [type_ for kind, type_ in closed if _is_nested(kind)]
    plain = [type_ for kind, type_ in closed if not _is_nested(kind)]
    if len(nested) != 1 or len(plain) != 1:
        raise TypeError(f"a union the double cannot tell apart: {[kind for kind, _ in closed]}")
    structure: Any = nested[0]
    scalar: Any = plain[0]
    either: Any = Annotated[structure, Tag(BRANCHES[0])] | Annotated[scalar, Tag(BRANCHES[1])]
    return Annotated[either, Discriminator(_branch)]


def _branch(value: Any) -> str:
    return BRANCHES[0] if isinstance(value, dict | list) else BRANCHES[1]


def _is_nested(kind: Any) -> bool:
    return typing_extensions.is_typeddict(kind) or get_origin(kind) in {list, dict}
