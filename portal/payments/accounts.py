"""The creditor's own accounts with payment methods: sealed secrets, when one may be offered (decision 26)."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from portal.core import db, events, ids, installation, scope, signing
from portal.core.errors import Misconfigured
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.payments import events as happened
from portal.payments import methods
from portal.payments.models import MethodAccount

NOTICE_PATH = "/in"


def row(code: str) -> MethodAccount | None:
    """The account of the creditor in scope with the method called `code`."""
    return db.session().scalars(select(MethodAccount).where(MethodAccount.method == code)).one_or_none()


def opened(code: str) -> methods.Account | None:
    """The account with its secrets, switched on or not: what is under way is followed to its end."""
    found = row(code)
    if found is None:
        return None
    keys = installation.keys()
    secrets = {name: signing.unseal(keys, sealed) for name, sealed in found.sealed.items()}
    return methods.Account(found.id, secrets, found.options)


def readable(found: MethodAccount | None) -> dict[str, str]:
    """The secrets that our keys still open, by name: after a key is lost some may be there and open no more."""
    secrets: dict[str, str] = {}
    for name, sealed in found.sealed.items() if found is not None else ():
        with suppress(Misconfigured):
            secrets[name] = signing.unseal(installation.keys(), sealed)
    return secrets


def name_of(account: methods.Account) -> str:
    """Which of the provider's accounts it is: the connected one, or the key's own."""
    return str(account.options.get("account") or "own")[:60]


_OFFERED_FOR_SECONDS = 10.0
_offered: dict[tuple[int, str], tuple[float, bool]] = {}


def may_be_offered(code: str) -> bool:
    """`is_offered` as it was at most ten seconds ago: for pages that only show the road, not for walking it."""
    key = (scope.current().creditor_id, code)
    known = _offered.get(key)
    if known is None or time.monotonic() - known[0] > _OFFERED_FOR_SECONDS:
        known = _offered[key] = (time.monotonic(), is_offered(code))
    return known[1]


def is_offered(code: str) -> bool:
    """Whether debtors may choose the method: switched on and whole (decision 23)."""
    method, found = methods.online(code), row(code)
    return (
        method is not None
        and found is not None
        and found.enabled
        and all(found.sealed.get(name) for name in method.secret_names)
    )


def configure(code: str, *, secrets: Mapping[str, str], options: Mapping[str, Any], enabled: bool) -> dict[str, Text]:
    """Keeps the creditor's account; a secret left empty stays as it was. Returns what is wrong, by field.

    When something is wrong nothing is kept: a method that is not whole cannot be switched on (decision 23).
    Switching off needs nothing.
    """
    method = methods.online(code)
    if method is None:
        raise LookupError(code)
    given = {name: secrets[name].strip() for name in method.secret_names if secrets.get(name, "").strip()}
    whole = {**readable(row(code)), **given}
    wrong = method.why_not(whole, options)
    if not enabled:  # only what was typed must make sense
        wrong = {name: text for name, text in wrong.items() if name in given or options.get(name)}
    if wrong:
        return wrong
    _keep(code, whole, dict(options), enabled=enabled)
    return {}


def _keep(code: str, secrets: Mapping[str, str], options: dict[str, Any], *, enabled: bool) -> None:
    keys, found = installation.keys(), row(code)
    if found is None:
        found = MethodAccount(id=ids.new_id(), method=code)
        db.session().add(found)
    found.sealed = {**(found.sealed or {}), **{name: signing.seal(keys, secret) for name, secret in secrets.items()}}
    found.options, found.enabled = options, enabled
    found.events_until = None  # it may be another account now, with a list of events of its own
    _offered.clear()
    db.session().flush()
    events.record(happened.MethodConfigured(account_id=found.id, method=code, enabled=enabled))


def switch_off(code: str) -> None:
    """The method is not offered any more; its secrets stay for what is under way."""
    found = row(code)
    if found is not None and found.enabled:
        found.enabled = False
        _offered.clear()
        db.session().flush()
        events.record(happened.MethodConfigured(account_id=found.id, method=code, enabled=False))


def notice_url(code: str) -> str:
    """Where the provider sends its notices for the creditor in scope: built from settings, never a request's Host."""
    base = installation.settings().public_url
    return f"{base}{NOTICE_PATH}/{code}/{ids.spell(scope.current().creditor_id)}"


def refuse_to_start_half_configured() -> None:
    """`refuse_half_configured` for every creditor, each in a transaction of its own, before serving or working."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    for creditor_id in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            refuse_half_configured()


def refuse_half_configured() -> None:
    """Raises Misconfigured when the creditor in scope has a method switched on that cannot work (decision 23)."""
    for found in db.session().scalars(select(MethodAccount).where(MethodAccount.enabled)):
        slug, again = creditors.by_id(found.creditor_id).slug, f"portal payments {found.method}"
        if not is_offered(found.method):
            raise Misconfigured(f"{found.method} is switched on and lacks a secret: {again} {slug} --off")
        if sealed := set(found.sealed) - set(readable(found)):
            raise Misconfigured(
                f"{found.method} of {slug}: our keys do not open its {', '.join(sorted(sealed))}: enter it again "
                f"with {again} {slug}, or switch it off with --off"
            )
