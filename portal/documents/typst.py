"""PDF from templates/documents/*.typ: PDF/A-2a and PDF/UA-1, the same bytes for the same data.

Data goes in as JSON and is never read as markup. Fonts are those inside the wheel, alike on every machine.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
MAX_TEXT = 10_000  # characters of one text; what comes after is cut
REPLACEMENT = "\ufffd"

_NAME = re.compile(r"[a-z_]+", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
# What typst says of characters that no font here has, or that PDF/A forbids; it names all of them at once.
_UNPRINTABLE = re.compile(r'the (?:text|PDF contains the codepoint) `"(.+?)"`')
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
_DOUBTFUL = re.compile(r"[^\n\x20-\x7e\u00a0-\u017f\u2010-\u2027\u20ac]")
# Control and format characters (direction overrides among them), surrogates, private use, unassigned.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Longer than any mail address or IBAN that somebody may want to copy, which a break mark inside would spoil.
_LONG_RUN = re.compile(r"\S{46,}")
_PIECE = re.compile(r".{1,29}[@/._,;:?&=-]|.{1,30}")
_MAY_BREAK = "\u200b"


def render_pdf(template_name: str, data: Mapping[str, Any], language: str) -> bytes:
    """The PDF of `templates/documents/<template_name>.typ`, which says at its top what `data` must hold.

    `data` holds texts, lists and mappings, all formatted and translated already, and `made_at`, an ISO
    instant with its zone: the document knows no other clock. Bytes are UTF-8 and left as they are (an SVG).
    A character that no font here can show becomes U+FFFD. Raises ValueError for an unknown template or
    language or a missing `made_at`, TypeError for values of other types, typst.TypstError for missing keys.
    """
    template = TEMPLATES / f"{template_name}.typ"
    if not _NAME.fullmatch(template_name) or not template.is_file():
        raise ValueError(f"no such document: {template_name!r}")
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"not a language: {language!r}")
    made_at = datetime.fromisoformat(data.get("made_at", ""))
    if made_at.tzinfo is None:
        raise ValueError("made_at needs a time zone")
    compile_with = partial(_compile, template, language, int(made_at.timestamp()))
    content = _map_texts(data, _tidy)
    for _ in range(3):  # replacing one character may join two others into a new one that cannot be shown
        try:
            return compile_with(content)
        except typst.TypstError as error:
            unprintable = _unprintable(error.diagnostic)
            if not unprintable:
                raise
            content = _map_texts(content, partial(_replace_all, unprintable))
    return compile_with(_map_texts(content, partial(_DOUBTFUL.sub, REPLACEMENT)))


def _compile(template: Path, language: str, timestamp: int, content: Any) -> bytes:
    return typst.compile(
        template,
        root=TEMPLATES,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(content), "language": language},
        pdf_standards=["a-2a", "ua-1"],  # fit to be kept for decades, and to be read aloud
        timestamp=timestamp,
    )


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, bytes):
        return {"bytes": value.decode("utf-8")}
    if isinstance(value, Mapping):
        return value if "bytes" in value else {key: _map_texts(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_map_texts(inner, change) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    raise TypeError(f"a document takes texts, lists and mappings, not {type(value).__name__}")


def _tidy(text: str) -> str:
    """Composed, not too long, without invisible characters, and with places where long words may break."""
    composed = unicodedata.normalize("NFC", text[:MAX_TEXT] + ("…" if len(text) > MAX_TEXT else ""))
    visible = "".join(c for c in composed.replace("\t", " ") if c == "\n" or unicodedata.category(c) not in _DROPPED)
    return _LONG_RUN.sub(lambda run: _MAY_BREAK.join(_PIECE.findall(run[0])), visible)


def _unprintable(diagnostic: str) -> list[str]:
    """The characters or clusters that typst complains of, longest first."""
    found = {
        _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else escape[2], shown)
        for shown in _UNPRINTABLE.findall(diagnostic)
    }
    return sorted(found, key=len, reverse=True)


def _replace_all(unprintable: list[str], text: str) -> str:
    pattern = "|".join(map(re.escape, unprintable))
    return re.sub(pattern, REPLACEMENT, text)
