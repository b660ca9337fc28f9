"""The creditor's own accounts with payment methods: sealed secrets, when one may be offered (decision 26).

One account of each method is in use. One that another took the place of is kept with its secrets, and whatever
was begun on it goes on there: notices, questions, refunds, disputes, the nightly comparison (rules B-02, B-07).
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from portal.core import clock, db, events, ids, installation, outbox, scope, signing
from portal.core.errors import Misconfigured
from portal.core.recent import Recent
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.payments import events as happened
from portal.payments import methods
from portal.payments.models import MethodAccount, PaymentAttempt, SavedMethod

NOTICE_PATH = "/in"
TELL_APART = "payments.tell_accounts_apart"
FOLLOWED = timedelta(days=550)  # cardholders may contest for up to 540 days


def row(code: str) -> MethodAccount | None:
    """The account in use of the creditor in scope with the method called `code`."""
    wanted = select(MethodAccount).where(MethodAccount.method == code, MethodAccount.replaced_at.is_(None))
    return db.session().scalars(wanted).one_or_none()


def kept(code: str) -> list[MethodAccount]:
    """The account in use, then those that it took the place of while something may still come, the newest first."""
    wanted = select(MethodAccount).where(MethodAccount.method == code).order_by(MethodAccount.id.desc())
    since = clock.now() - FOLLOWED
    rows = [one for one in db.session().scalars(wanted) if one.replaced_at is None or one.replaced_at > since]
    return sorted(rows, key=lambda one: one.replaced_at is not None)


def by_id(account_id: int | None) -> MethodAccount | None:
    """The account as it stands in the database now, in use or replaced."""
    wanted = select(MethodAccount).where(MethodAccount.id == account_id)
    return db.session().scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def opened(code: str) -> methods.Account | None:
    """The account in use with its secrets, switched on or not: what is under way is followed to its end."""
    found = row(code)
    return open_row(found) if found is not None else None


def opened_for(code: str, account_id: int | None) -> methods.Account | None:
    """The account that something was begun on; the one in use where that says nothing, or it is no more."""
    found = by_id(account_id) if account_id is not None else None
    return open_row(found) if found is not None else opened(code)


def open_row(found: MethodAccount) -> methods.Account:
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


def name_of(found: MethodAccount) -> str:
    """Which of the provider's accounts it is: the connected one, or the key's own; later ones with their number."""
    base = _provider_name(found)
    older = select(MethodAccount).where(MethodAccount.method == found.method, MethodAccount.id < found.id)
    if any(_provider_name(one) == base for one in db.session().scalars(older)):
        return f"{base[:40]}-{ids.spell(found.id)}"[:60]
    return base


def _provider_name(found: MethodAccount) -> str:
    return str(found.options.get("account") or "own")[:60]


_offered = Recent[tuple[int, str], bool](seconds=10)  # by creditor and method


def may_be_offered(code: str) -> bool:
    """`is_offered` as it was at most ten seconds ago: for pages that only show the road, not for walking it."""
    return _offered.answer((scope.current().creditor_id, code), lambda: is_offered(code))


def forget_offered() -> None:
    """Asked anew the next time, of every creditor."""
    _offered.forget()


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

    Where payments were begun on an account and this one is, or may be, another, the former is kept beside it.
    When something is wrong nothing is kept: a method that is not whole cannot be switched on (decision 23).
    Switching off needs nothing.
    """
    method = methods.online(code)
    if method is None:
        raise LookupError(code)
    given = {name: secrets[name].strip() for name in method.secret_names if secrets.get(name, "").strip()}
    found = row(code)
    before = methods.Account(found.id, readable(found), found.options) if found is not None else None
    whole = {**(before.secrets if before is not None else {}), **given}
    wrong = method.why_not(whole, options)
    if not enabled:  # only what was typed must make sense
        wrong = {name: text for name, text in wrong.items() if name in given or options.get(name)}
    if wrong:
        return wrong
    lost = set(found.sealed) - set(before.secrets) if found is not None and before is not None else set()
    is_another = before is not None and _may_be_another(method, before, whole, options, lost)
    if before is not None and is_another and _was_paid_on(before.account_id):
        _replace(before.account_id)
    _keep(code, whole, dict(options), enabled=enabled)
    if is_another:
        for one in kept(code):
            if one.replaced_at is not None:
                outbox.put(TELL_APART, one.id)
    return {}


def _may_be_another(
    method: methods.Online,
    before: methods.Account,
    secrets: Mapping[str, str],
    options: Mapping[str, Any],
    lost: set[str],
) -> bool:
    """Whether these name another of the provider's accounts, or may: a new key says nothing of whose it is.

    What none of our keys opens any more (`lost`) is entered again, and is taken for the same.
    """
    was, now = {**before.options, **before.secrets}, {**options, **secrets}
    return any((was.get(name) or "") != (now.get(name) or "") for name in method.account_names if name not in lost)


def _was_paid_on(account_id: int) -> bool:
    used = (PaymentAttempt, SavedMethod)
    firsts = (select(one.id).where(one.account_id == account_id).limit(1) for one in used)
    return any(db.session().scalar(first) is not None for first in firsts)


def _replace(account_id: int) -> None:
    found = by_id(account_id)
    if found is not None:
        found.replaced_at, found.enabled = clock.now(), False
        db.session().flush()


def is_the_same(replaced: MethodAccount, in_use: MethodAccount) -> None:
    """Both are one account at the provider, with a new key: the former is in use again, with what is new."""
    payments = update(PaymentAttempt).where(PaymentAttempt.account_id == in_use.id)
    db.changed(payments.values(account_id=replaced.id))
    db.changed(update(SavedMethod).where(SavedMethod.account_id == in_use.id).values(account_id=replaced.id))
    sealed, options, enabled = in_use.sealed, in_use.options, in_use.enabled
    db.session().delete(in_use)
    db.session().flush()
    replaced.sealed, replaced.options, replaced.enabled, replaced.replaced_at = sealed, options, enabled, None
    forget_offered()
    db.session().flush()


def _keep(code: str, secrets: Mapping[str, str], options: dict[str, Any], *, enabled: bool) -> None:
    keys, found = installation.keys(), row(code)
    if found is None:
        found = MethodAccount(id=ids.new_id(), method=code)
        db.session().add(found)
    found.sealed = {**(found.sealed or {}), **{name: signing.seal(keys, secret) for name, secret in secrets.items()}}
    found.options, found.enabled = options, enabled
    found.events_until = None  # it may be another account now, with a list of events of its own
    forget_offered()
    db.session().flush()
    events.record(happened.MethodConfigured(account_id=found.id, method=code, enabled=enabled))


def switch_off(code: str) -> None:
    """The method is not offered any more; its secrets stay for what is under way."""
    found = row(code)
    if found is not None and found.enabled:
        found.enabled = False
        forget_offered()
        db.session().flush()
        events.record(happened.MethodConfigured(account_id=found.id, method=code, enabled=False))


def notice_url(code: str) -> str:
    """Where the provider sends its notices for the creditor in scope: built from settings, never a request's Host."""
    base = installation.settings().public_url
    return f"{base}{NOTICE_PATH}/{code}/{ids.spell(scope.current().creditor_id)}"


def refuse_to_start_half_configured() -> None:
    """`refuse_half_configured` for every creditor, each in a transaction of its own, before serving or working."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
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
