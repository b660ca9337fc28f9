"""The Jinja environment: strict about undefined names, one way to write money, dates and translations."""

import hashlib
from functools import lru_cache
from typing import Any

from flask import Flask, g, get_flashed_messages, session
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from portal.core import ids
from portal.core.banking import group_iban
from portal.core.money import Money
from portal.core.text import Text
from portal.settings import ROOT, Settings
from portal.web import i18n


def install(app: Flask, settings: Settings) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.finalize = _finalize
    env.filters.update(
        money=lambda amount: Markup('<span class="amount">{}</span>').format(i18n.money(amount)),
        money_text=i18n.money,
        day=i18n.day,
        short_day=i18n.short_day,
        moment=i18n.moment,
        clock_time=i18n.clock_time,
        iban=group_iban,
        phone=i18n.phone,
        say=i18n.say,
        spell=ids.spell,
    )
    env.globals.update(
        static=static_url,
        csrf_token=generate_csrf,
        new_command_id=_command_id,
        operator=settings.operator,
        # With the slash behind it: https://paga.example.it.evil.example begins with our name, too.
        portal_address=f"{settings.public_url}/",
    )

    @app.context_processor
    def common() -> dict[str, Any]:
        return {
            "lang": i18n.language().code,
            "languages": _language_choices(),
            "messages": get_flashed_messages(with_categories=True) if "_flashes" in session else (),
            "request_id": g.get("request_id", ""),
            "command_id": "",
            "brand_css_url": None,
            "creditor": None,
            "signed_in": False,
            "leave_url": "",
        }


def _finalize(value: Any) -> Any:
    """A Text is said in the reader's language; money never appears bare."""
    if isinstance(value, Text):
        return escape(i18n.say(value))
    if isinstance(value, Money):
        return i18n.money(value)
    return value


def _command_id() -> str:
    return ids.spell(ids.new_id())


def _language_choices() -> list[dict[str, Any]]:
    here = i18n.language().code
    return [
        {
            "code": code,
            "name": one.own_name,
            "href": f"/language/{code}",
            "current": code == here,
        }
        for code, one in i18n.languages().items()
    ]


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / "portal" / "static" / name).read_bytes()).hexdigest()[:10]


def static_url(name: str) -> str:
    """The address of a file under portal/static with its content's hash, so that it may be cached for good."""
    return f"/static/{name}?v={_digest(name)}"


def forget_session() -> None:
    """Empties the cookie and starts a new CSRF secret: at every change of level (rule A-50)."""
    session.clear()
    g.pop("csrf_token", None)
