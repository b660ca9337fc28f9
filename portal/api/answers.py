"""Answers of one form: many rows each on its own (422 where not one could be read), and lists page by page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from werkzeug.exceptions import UnprocessableEntity

from portal.core import db
from portal.web import paging, problems


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: marshmallow's messages about it."""

    messages: Any


def answer_rows(name: str, rows: Iterable[Mapping[str, Any] | Refused]) -> dict[str, Any]:
    """`{"results": [...]}` in the order of the rows; `name` is the list that was sent.

    Raises werkzeug's UnprocessableEntity with what is wrong with each, where every row is refused.
    """
    results: list[dict[str, Any]] = []
    refused: dict[int, Any] = {}
    for index, row in enumerate(rows):
        if isinstance(row, Refused):
            refused[index] = row.messages
            errors = list(problems.of_fields(row.messages, f"/{name}/{index}"))
            results.append({"index": index, "outcome": "refused", "errors": errors})
        else:
            results.append({"index": index, **row})
    if len(refused) == len(results):
        none_taken = UnprocessableEntity()
        none_taken.data = {"messages": {name: refused}}  # type: ignore[attr-defined]  # as webargs leaves it
        raise none_taken
    return {"results": results}


def listed(
    wanted: Select[Any], row_id: Any, asked: Mapping[str, Any], said: Callable[[Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """A page of `wanted`, whose rows have the column `row_id`, the first made first."""
    key = row_id.expression
    rows = db.session().scalars(paging.after(wanted, key, key, asked.get("cursor"), down=False)).all()
    page = paging.page(rows, lambda row: (row.id, row.id))
    return {"items": [said(row) for row in page.rows], "next": page.next_cursor}
