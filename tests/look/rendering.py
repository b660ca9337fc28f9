"""Renders the templates on their own: plain Jinja, undefined as error, English as written or Italian by catalogue."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "portal" / "static"
# The texts of templates/ wait here until they stand in the project's own catalogue.
CATALOGUES = (ROOT / "translations/it/LC_MESSAGES/messages.po", Path(__file__).parent / "italian.po")


def italian() -> Catalog:
    catalogue = Catalog(locale="it")
    for path in CATALOGUES:
        if path.exists():
            with path.open("rb") as file:
                for message in read_po(file):
                    if message.id and any((message.string,) if isinstance(message.string, str) else message.string):
                        catalogue[message.id] = message
    return catalogue


def environment(lang: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(("html",)),
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = italian() if lang == "it" else None

    def one(msgid: str) -> str:
        message = catalogue.get(msgid) if catalogue else None
        return str(message.string) if message and message.string else msgid

    def many(singular: str, plural: str, count: int) -> str:
        message = catalogue.get(singular) if catalogue else None
        forms = message.string if message and message.string else (singular, plural)
        return forms[0 if count == 1 else 1]

    env.install_gettext_callables(one, many, newstyle=True)  # type: ignore[attr-defined]
    return env


def render(env: Environment, template: str, context: dict[str, Any], **more: Any) -> str:
    static: Callable[[str], str] = "/static/{}".format
    return env.get_template(template).render(context | {"static": static} | more)
