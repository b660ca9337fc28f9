"""The API's description, for machines as JSON and for people as one page without script or outside asset."""

from collections.abc import Iterator
from typing import Any

from flask import current_app, jsonify, render_template, url_for

from portal.api import description
from portal.web import i18n
from portal.web.gates import API, open_blueprint
from portal.web.problems import TITLES

blueprint = open_blueprint("api_docs", __name__, why="how to call says nothing of anybody", url_prefix=API)


@blueprint.get("/openapi.json")
def show_description() -> Any:
    return jsonify(description.described(current_app))


@blueprint.get("/docs")
def show_docs() -> Any:
    spec = description.described(current_app)
    return render_template(
        "api/docs.html",
        title=f"{spec['info']['title']} · API {spec['info']['version']}",
        intro=[_said(part) for part in spec["info"]["description"].split("\n\n")],
        description_url=url_for(".show_description"),
        calls=list(_calls(spec)),
        shapes=list(_shapes(spec)),
        problems=[(status, i18n.say(title)) for status, title in TITLES.items()],
    )


def _said(text: str) -> list[tuple[str, bool]]:
    """In one line; what stands in `…` is code."""
    parts = " ".join(text.split()).split("`")
    return [(part, bool(place % 2)) for place, part in enumerate(parts) if part]


def _calls(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in spec["paths"].items():
        shared = methods.get("parameters", [])
        for method, call in methods.items():
            if method == "parameters":
                continue
            body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            answers = call["responses"].items()
            yield {
                "method": method.upper(),
                "path": path,
                "says": _said(call.get("summary", "")),
                "more": _said(call.get("description", "")),
                "parameters": [
                    (one["name"], one["in"], _said(one.get("description", "")))
                    for one in (*shared, *call.get("parameters", []))
                ],
                "takes": _name(body),
                "gives": [(status, _name(_schema(one))) for status, one in answers if status < "300"],
            }


def _schema(response: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = response.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _shapes(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, shape in spec["components"]["schemas"].items():
        needed = shape.get("required", [])
        rows = [
            (field, *_kind(one), field in needed, _said(one.get("description", "")))
            for field, one in shape.get("properties", {}).items()
        ]
        yield {"name": name, "about": _said(shape.get("description", "")), "fields": rows}


def _kind(one: dict[str, Any]) -> tuple[str, str]:
    """`string`, `string or null`; `list of` and the shape that it holds."""
    if one.get("type") == "array":
        kind, inner = _kind(one.get("items", {}))
        return f"list of {kind}".rstrip(), inner
    if "$ref" in one:
        return "", _name(one)
    if "enum" in one:
        return "one of " + ", ".join(str(value) for value in one["enum"] if value is not None), ""
    kind = one.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else str(kind), ""
