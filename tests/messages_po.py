"""Brings translations/*/LC_MESSAGES/messages.po up to date: `make messages`. English is filled in by itself.

New sentences arrive empty in every other language; the completeness test fails until somebody writes them.
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"t", "gettext", "_", "say_now"}
OPTIONS = {"newstyle_gettext": "true", "trimmed": "false", "silent": "false", "extensions": "jinja2.ext.i18n"}


def python_messages(path: Path) -> Iterator[tuple[int, str | tuple[str, ...]]]:
    """Every literal sentence in t("…") or gettext("…"), every pair in ngettext("…", "…", n)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "ngettext" and all(isinstance(one, ast.Constant) for one in node.args[:2]):
            yield node.lineno, tuple(str(one.value) for one in node.args[:2] if isinstance(one, ast.Constant))
        if name in KEYWORDS | {"say"} and isinstance(node.args[0], ast.Constant):
            value = node.args[0].value
            if isinstance(value, str) and value and not (name == "say" and value.isidentifier()):
                yield node.lineno, value


def template_messages(path: Path) -> Iterator[tuple[int, str | tuple[str, ...]]]:
    for line, function, message, _comments in babel_extract(
        io.BytesIO(path.read_bytes()), ("_", "gettext", "ngettext"), [], OPTIONS
    ):
        if function == "ngettext" and isinstance(message, tuple):
            yield line, tuple(str(part) for part in message[:2])
        elif isinstance(message, tuple):
            yield line, str(message[0])
        elif message:
            yield line, message


def catalogue() -> Catalog:
    """Every sentence of the sources, with where it stands."""
    found = Catalog(project="debtor-portal", charset="utf-8")
    found.creation_date = None  # type: ignore[assignment]
    for path in sorted((ROOT / "portal").rglob("*.py")):
        if {"doubles", "demo", "commands"} & set(path.relative_to(ROOT).parts):
            continue
        for _line, sentence in python_messages(path):
            found.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            for _line, sentence in template_messages(path):
                found.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return found


def merged(code: str, fresh: Catalog) -> Catalog:
    """The language's catalogue with exactly today's sentences; what was written is kept."""
    path = po_path(code)
    known: dict[object, object] = {}
    if path.exists():
        with path.open("rb") as file:
            known = {message.id: message.string for message in read_po(file, locale=code) if message.id}
    made = Catalog(locale=code, project="debtor-portal", charset="utf-8", fuzzy=False)
    made.creation_date = made.revision_date = None  # type: ignore[assignment]
    for message in sorted((m for m in fresh if m.id), key=lambda m: (str(m.locations[0][0]), str(m.id))):
        written = known.get(message.id) or (message.id if code == "en" else ("", "") if message.pluralizable else "")
        made.add(message.id, written, locations=[(message.locations[0][0], 0)])
    return made


def po_path(code: str) -> Path:
    return ROOT / "translations" / code / "LC_MESSAGES" / "messages.po"


def codes() -> list[str]:
    """Every language with a folder; a new one begins with an empty one."""
    return sorted(path.name for path in (ROOT / "translations").iterdir() if path.is_dir())


def written(made: Catalog) -> bytes:
    target = io.BytesIO()
    write_po(target, made, width=110, omit_header=False, include_lineno=False)
    text = target.getvalue().decode()
    return re.sub(r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator): .*\n', "", text).encode()


def main() -> None:
    fresh = catalogue()
    for code in codes():
        made = merged(code, fresh)
        po_path(code).parent.mkdir(parents=True, exist_ok=True)
        po_path(code).write_bytes(written(made))
        empty = [m.id for m in made if m.id and not all(m.string if isinstance(m.string, tuple) else (m.string,))]
        print(f"{code}: {len(made)} sentences, {len(empty)} to write")


if __name__ == "__main__":
    main()
