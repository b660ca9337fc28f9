"""Writes a message: its template in its reader's language, with the creditor's face and the link's placeholder.

Works without Flask, for a worker has no request. Nothing here sends, and nothing here knows a link's address.
"""

import contextvars
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape

from portal.core import clock, installation
from portal.core.link_addresses import PORTAL
from portal.core.mail import one_line
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.creditors.faces import Face
from portal.messages import courtesy
from portal.messages.letters import CODE, UNSUBSCRIBE, Letter, placeholder
from portal.messages.models import Message
from portal.settings import ROOT
from portal.web import i18n

LONGEST_SUBJECT = 200

# What templates may say of a message beyond its own row: a greeting name, how many documents, until when the link
# works. One per feature above, filled by portal.reactions; each answers plain values, dates or Texts by name.
Known = Callable[[Message], Mapping[str, Any]]
also_known: list[Known] = []

# Messages that carry a one-time code, by key: asked as the message leaves, so that no row ever holds one. Filled by
# portal.reactions.
code_makers: dict[str, Callable[[Message], str]] = {}


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A creditor's own words, by part (`portal.messages.tone`), and the version that they are of."""

    version_id: int
    words: Mapping[str, str]
    wording: str | None = None  # a or b, where that version has two


# Asked as a message leaves: the creditor's own words for it, or None for those of templates/messages/. Filled by
# portal.reactions.
Own = Callable[[Message], OwnWords | None]
own_words: list[Own] = []

# What the link of a message opens, by its key, where that is not the portal. Filled by portal.reactions.
link_purposes: dict[str, str] = {}

# Messages without a link, by key: a code, and a notice to an address that opens nothing any more.
WITHOUT_LINK = frozenset({"step_up_code", "contact_changed"})
TEXT_ONLY = frozenset({"sms"})  # channels that carry one plain text, templates/messages/<key>/sms.txt

# What a template may rely on when nobody above says better.
_UNKNOWN: dict[str, Any] = {
    "person": "", "count": 1, "fact_label": "", "works_until": "", "preheader": "", "unsubscribe_url": "",
    "portal": "", "code": CODE, "improvement": "",
}  # fmt: skip


class CannotWrite(Exception):
    """The message cannot be written; the sentence says why, without personal data."""


def letter(message: Message) -> Letter:
    """The message as it will be read. Raises CannotWrite when its template fails, or it has no link."""
    if message.link_id is None and message.key not in WITHOUT_LINK:
        raise CannotWrite("it has no link")
    face = creditors.face(message.creditor_id)
    unsubscribe_url = courtesy.unsubscribe_address(message)
    values = _values(message, face) | {"unsubscribe_url": UNSUBSCRIBE if unsubscribe_url else ""}
    own = own_of(message)
    words = own.words if own is not None else None
    if message.channel in TEXT_ONLY:
        subject, text, html = "", write_short(message.key, message.language, values, words), ""
    else:
        subject, text, html = write(message.key, message.language, values, words)
    make_code = code_makers.get(message.key)
    return Letter(
        message_id=message.id,
        to_address=message.to_address,
        sender_name=face.display_name,
        reply_to=face.email,
        subject=subject,
        text=text,
        html=html,
        link_id=message.link_id,
        written_at=clock.now(),
        unsubscribe_url=unsubscribe_url,
        code=make_code(message) if make_code is not None else "",
        own_text_id=own.version_id if own is not None else None,
        wording=own.wording if own is not None else None,
        link_purpose=link_purposes.get(message.key, PORTAL),
    )


def sheet(message: Message) -> tuple[str, OwnWords | None]:
    """What a letter says, and the creditor's own words where it has them. Raises CannotWrite."""
    own = own_of(message)
    values = _values(message, creditors.face(message.creditor_id))
    return write_letter(message.key, message.language, values, own.words if own is not None else None), own


def _values(message: Message, face: Face) -> dict[str, Any]:
    """What a template may say of this message."""
    known: dict[str, Any] = {}
    for tell in also_known:
        known.update(tell(message))
    return {
        **known,
        **message.params,
        "creditor": face,
        "operator": installation.settings().operator,
        "portal": urlsplit(installation.settings().public_url).netloc,
        "link_url": placeholder(message.link_id) if message.link_id is not None else "",
    }


def own_of(message: Message) -> OwnWords | None:
    """The creditor's own words for this message, by its key, channel and language; None for those of the portal."""
    return next((found for ask in own_words if (found := ask(message)) is not None), None)


Words = Mapping[str, str] | None  # a creditor's own; None for those of templates/messages/


def write(key: str, language: str, values: Mapping[str, Any], own: Words = None) -> tuple[str, str, str]:
    """Subject, text and HTML of templates/messages/<key>/ in `language`, or in `own` words; raises CannotWrite."""
    # In a copy of the context: the language of this message is nobody else's.
    return contextvars.copy_context().run(_write, key, language, {**_UNKNOWN, **values}, own)


def write_letter(key: str, language: str, values: Mapping[str, Any], own: Words = None) -> str:
    """What templates/messages/<key>/letter.txt says in `language`: a greeting, words and a human to reach.

    Paragraphs are parted by one blank line; the sheet around them adds the code that leads to the page. Raises
    CannotWrite, also for a key that has no letter.
    """
    return contextvars.copy_context().run(_write_letter, key, language, {**_UNKNOWN, **values}, own)


def write_short(key: str, language: str, values: Mapping[str, Any], own: Words = None) -> str:
    """The one text of templates/messages/<key>/sms.txt, or the neutral one, in `language`; raises CannotWrite."""
    return contextvars.copy_context().run(_write_short, key, language, {**_UNKNOWN, **values}, own)


def own_line(words: str, language: str, values: Mapping[str, Any]) -> str:
    """One line of a creditor's own words as its reader sees it."""
    filled: str = contextvars.copy_context().run(lambda: _filled(words, _ready(language, {**_UNKNOWN, **values})))
    return one_line(filled)


def _write_letter(key: str, language: str, values: Mapping[str, Any], own: Words) -> str:
    said = _ready(language, values)
    try:
        if own is not None:
            said["paragraphs"] = _paragraphs(own["letter"], said)
            return environment().get_template("messages/own_letter.txt").render(said).strip() + "\n"
        return _render(key, "letter.txt", said).strip() + "\n"
    except TemplateError as error:
        raise CannotWrite(f"its text cannot be made: {type(error).__name__}") from error


def _write_short(key: str, language: str, values: Mapping[str, Any], own: Words) -> str:
    said = _ready(language, values)
    if own is not None:
        return one_line(_filled(own["sms"], said))
    try:
        found = environment().select_template([f"messages/{key}/sms.txt", "messages/sms.txt"])
        return one_line(found.render(said))
    except TemplateError as error:
        raise CannotWrite(f"its text cannot be made: {type(error).__name__}") from error


def _write(key: str, language: str, values: Mapping[str, Any], own: Words) -> tuple[str, str, str]:
    said = _ready(language, values)
    try:
        if own is not None:
            said["preheader"], said["paragraphs"] = _filled(own["preheader"], said), _paragraphs(own["body"], said)
            subject, text_of, html_of = _filled(own["subject"], said), "messages/own.txt", "messages/own.html"
        else:
            subject = _render(key, "subject.txt", said)
            text_of, html_of = f"messages/{key}/email.txt", f"messages/{key}/email.html"
        said["subject"] = subject = one_line(subject)[:LONGEST_SUBJECT]
        text = environment().get_template(text_of).render(said).strip() + "\n"
        html = _inliner().inline(environment().get_template(html_of).render(said))
    except (TemplateError, css_inline.InlineError) as error:
        raise CannotWrite(f"its text cannot be made: {type(error).__name__}") from error
    return subject, text, html


def _ready(language: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are said in `language`, which is spoken from here on in this context."""
    i18n.use(language)
    return {name: _said(value) for name, value in values.items()} | {"lang": i18n.language().code}


_NAMED = re.compile(r"\{([a-z]+)\}")


def _filled(words: str, said: Mapping[str, Any]) -> str:
    """A creditor's own words with what stands in their braces, in one pass: what is put in is no placeholder."""
    face, count = said["creditor"], int(said["count"])
    known = {
        "creditor": face.display_name,
        "contact": face.contact_name or face.display_name,
        "phone": face.phone or "",
        "person": said["person"],
        "count": str(count),
        "documents": i18n.ngettext("a document", "%(count)s documents", count) % {"count": count},
        "link": said.get("link_url", ""),
    }
    return _NAMED.sub(lambda found: str(known.get(found[1], found[0])), words)


def _paragraphs(words: str, said: Mapping[str, Any]) -> list[str]:
    """Parted where a blank line was typed; within one, lines run on."""
    return [" ".join(_filled(one, said).split()) for one in re.split(r"\n\s*\n", words) if one.strip()]


def _said(value: Any) -> Any:
    if isinstance(value, Text):
        return i18n.say(value)
    return i18n.day(value) if isinstance(value, date) else value


def _render(key: str, part: str, values: Mapping[str, Any]) -> str:
    return environment().get_template(f"messages/{key}/{part}").render(values)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The same folders and the same strictness as the pages' environment; only HTML is escaped."""
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
