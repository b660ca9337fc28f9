"""What calls take and give: fields with their own strict readings, and a list whose members fail one by one."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA

from portal.core import ids
from portal.core.money import Money, from_decimal
from portal.core.text import Text, t
from portal.web import i18n

MOST_ROWS = 1000
MOST_WORDS = 4000
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
AMOUNT = t("Write an amount like 1234.50, above nothing.")


def wrong(text: Text, field: str | None = None) -> ValidationError:
    """A sentence about what was sent, in its reader's language."""
    return ValidationError(i18n.say(text), field or SCHEMA)


class OneOf(validate.OneOf):
    """As marshmallow's, in its reader's language."""

    def _format_error(self, _value: Any) -> str:
        return i18n.say(t("Choose one of these: %(values)s.", values=self.choices_text))


class Characters(validate.Length):
    def _format_error(self, _value: Any, _message: str) -> str:
        return i18n.say(t("Between %(least)s and %(most)s characters.", least=self.min, most=self.max))


class Rows(validate.Length):
    def _format_error(self, _value: Any, _message: str) -> str:
        return i18n.say(t("Between %(least)s and %(most)s rows.", least=self.min, most=self.max))


class Between(validate.Range):
    def _format_error(self, _value: Any, _message: str) -> str:
        return i18n.say(t("A whole number from %(least)s to %(most)s.", least=self.min, most=self.max))


class Amount(fields.String):
    """`1234.50`: text with a point, so that no machine rounds it; never negative, `kind` carries the sign."""

    def __init__(self, **kwargs: Any) -> None:
        described = {"pattern": f"^{_AMOUNT.pattern}$", "example": "1234.50", **kwargs.pop("metadata", {})}
        super().__init__(metadata=described, **kwargs)

    def _deserialize(self, value: Any, *_where: Any, **_more: Any) -> str:
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            raise wrong(AMOUNT)
        return value


class Day(fields.Date):
    """`2026-11-30`, and nothing else that a library would read as a day."""

    def _deserialize(self, value: Any, *where: Any, **more: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        found = super()._deserialize(value, *where, **more)
        if not 1990 <= found.year <= 2199:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return found


class Id(fields.String):
    """One of ours: thirteen letters and digits."""

    def __init__(self, **kwargs: Any) -> None:
        described = {"example": ids.spell(1), "pattern": "^[0-9a-z]{13}$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=described, **kwargs)

    def _deserialize(self, value: Any, *_where: Any, **_more: Any) -> Any:
        try:
            return ids.read(value if isinstance(value, str) else "")
        except ValueError:
            raise wrong(t("This is no identifier of ours.")) from None


def line(longest: int, **kwargs: Any) -> fields.String:
    """One line of text that says something, without characters that cannot be seen."""
    return fields.String(validate=[Characters(1, longest), _one_line], **kwargs)


def _one_line(value: str) -> None:
    if not value.strip() or not value.isprintable():
        raise wrong(t("Write one line of text."))


def words(**kwargs: Any) -> fields.String:
    """What a person reads: may have line breaks."""
    return fields.String(validate=[Characters(1, MOST_WORDS), _says_something], **kwargs)


def _says_something(value: str) -> None:
    if not value.strip() or "\0" in value:
        raise wrong(t("Write what the customer shall read."))


def money(written: str, currency: str) -> Money:
    """Raises ValidationError where it is nothing, or has more decimals than the currency."""
    try:
        amount = from_decimal(Decimal(written), currency)
    except ValueError:
        raise wrong(t("%(currency)s has no such small part.", currency=currency)) from None
    if not amount:
        raise wrong(AMOUNT)
    return amount


@dataclass(frozen=True, slots=True)
class Wrong:
    """A member of a list that could not be read: marshmallow's messages about it."""

    messages: Any


class OneByOne(fields.List):
    """A list of up to MOST_ROWS whose members are read each on its own; what cannot be read is a `Wrong` in it."""

    def __init__(self, inner: Any, **kwargs: Any) -> None:
        super().__init__(inner, validate=Rows(1, MOST_ROWS), **kwargs)

    def _deserialize(self, value: Any, *_where: Any, **_more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return [self._one(member) for member in value]

    def _one(self, member: Any) -> Any:
        try:
            return self.inner.deserialize(member)
        except ValidationError as error:
            return Wrong(error.messages)


class RowError(Schema):
    field = fields.String(required=True, metadata={"description": "JSON pointer into what was sent"})
    message = fields.String(required=True)


class Paged(Schema):
    """Every list: `cursor` is the `next` of the answer before."""

    cursor = line(400)


def paged(inner: type[Schema], name: str) -> type[Schema]:
    """The answer of a list: its rows, and where to go on."""
    shape: dict[str, Any] = {
        "items": fields.List(fields.Nested(inner), required=True),
        "next": fields.String(required=True, allow_none=True),
    }
    made: type[Schema] = Schema.from_dict(shape, name=name)
    return made
