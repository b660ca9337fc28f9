"""Reads one value of a form strictly: digits are an integer, `true` is true, `""` unsets.

Each reader raises a PydanticCustomError whose type is Stripe's error code where there is one; `{param}` in
its message is filled in by `checks`, which knows the place.
"""

import difflib
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import PydanticCustomError

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_INDEX = re.compile(r"[0-9]{1,4}", re.ASCII)
_LONGEST = 5000


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else "a nested value"


def text(value: Any) -> str:
    """Any text up to 5000 characters, but not the empty one."""
    if not isinstance(value, str):
        raise PydanticCustomError("invalid_string", "Invalid string: {given}", {"given": _shown(value)})
    if value == "":
        raise PydanticCustomError(
            "parameter_invalid_empty",
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a "
            "parameter; however '{param}' cannot be unset. You should remove '{param}' from your request or "
            "supply a non-empty value.",
        )
    if len(value) > _LONGEST:
        raise PydanticCustomError("invalid_string", "Invalid string: must be at most 5000 characters")
    return value


def integer(value: Any) -> int:
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        raise PydanticCustomError("parameter_invalid_integer", "Invalid integer: {given}", {"given": _shown(value)})
    return int(value)


def boolean(value: Any) -> bool:
    if value not in {"true", "false"}:
        raise PydanticCustomError("invalid_boolean", "Invalid boolean: {given}", {"given": _shown(value)})
    return bool(value == "true")


def decimal(value: Any) -> Decimal:
    try:
        number = Decimal(text(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise PydanticCustomError("invalid_decimal", "Invalid decimal: {given}", {"given": _shown(value)})
    return number


READERS: dict[Any, Callable[[Any], Any]] = {
    str: text,
    int: integer,
    bool: boolean,
    float: decimal,
    Decimal: decimal,
}


def one_of(words: tuple[str, ...], value: Any) -> str:
    """One of the words of an enum."""
    if value not in words:
        listed = ", ".join(words[:-1]) + (f", or {words[-1]}" if len(words) > 1 else words[0])
        raise PydanticCustomError("invalid_enum", "Invalid {param}: must be one of {listed}", {"listed": listed})
    return str(value)


def boolean_or(words: tuple[str, ...], value: Any) -> bool | str:
    """`true`, `false`, or one of `words`."""
    return boolean(value) if value in ("true", "false") else one_of(words, value)


def array(value: Any) -> list[Any]:
    """A list, sent as `a[]=x` or `a[0]=x`."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(_INDEX.fullmatch(key) for key in value):
        return [value[key] for key in sorted(value, key=int)]
    raise PydanticCustomError("invalid_array", "Invalid array")


def mapping(value: Any) -> dict[str, str]:
    """Free keys with text values (`metadata`): an empty value asks to unset its key."""
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise PydanticCustomError("invalid_hash", "Invalid hash")
    return value


def known(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    """An object none of whose keys is unknown to Stripe's API."""
    if not isinstance(value, dict):
        raise PydanticCustomError("invalid_object", "Invalid object")
    strangers = [key for key in value if key not in names]
    if strangers:
        near = difflib.get_close_matches(strangers[0], names, n=1) if len(strangers) == 1 else []
        raise PydanticCustomError(
            "parameter_unknown", "Received unknown parameters", {"unknown": strangers, "near": near}
        )
    return value


def refused(_value: Any) -> Any:
    """A parameter that Stripe knows and the double does not model."""
    raise PydanticCustomError("not_modelled", "Not modelled by the double")
