"""Talking with the provider about what customers saved: its page, what came of it, charges with nobody there (B-14).

The steps are those of `checkout`: what is meant is committed, the network is asked outside any transaction, the
answer is kept. A charge has its attempt's key: however often it is asked for, it is made once (rule B-04).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from portal.core import clock, db, ids, outbox
from portal.core.errors import NotAllowedNow
from portal.invoices.payable import Line
from portal.payments import accounts, actions, checkout, methods, queries, saved
from portal.payments.methods import ABOUT_SAVING, Redirect, Refused, SaveOrder, Saving, Seen, Standing, Unknown
from portal.payments.models import PaymentAttempt, ProviderEvent, SavedMethod
from portal.payments.states import AttemptStatus, SavedStatus
from portal.silence import queries as silence

CHARGE = "payments.charge_saved"
PAGE_LASTS = timedelta(minutes=55)  # of the provider's page (rule B-09)
NOT_WANTED = "not_wanted"

# Asked right before the first call of a charge: whether what it pays still wants it. Filled by portal.reactions.
still_wanted: list[Callable[[PaymentAttempt], bool]] = []


def _saving(row: SavedMethod) -> tuple[Saving, methods.Account]:
    method, account = checkout.partner(row.method, row.account_id)
    if not isinstance(method, Saving):
        raise NotAllowedNow(checkout.NOT_OFFERED)
    return method, account


def open_page(row: SavedMethod, return_url: str, currency: str) -> SavedMethod:
    """The provider's page on which it is saved; the same page again while it is open. The row's `session_url` says
    where, or is None where nobody answered. Raises NotAllowedNow."""
    if not saved.may_go_on(row):
        raise NotAllowedNow(saved.NO_LONGER)
    now = clock.now()
    if row.expires_at is None or row.expires_at <= now:
        row.pages, row.session_id, row.session_url = row.pages + 1, None, None
        row.expires_at = (now + PAGE_LASTS).replace(microsecond=0)
        db.session().flush()
    method, account = _saving(row)
    reference = ids.spell(row.id)
    order = SaveOrder(
        reference=reference, key=f"{reference}-page-{row.pages}", kind=row.kind, currency=currency,
        language=row.language, expires_at=row.expires_at, return_url=return_url, left_url=return_url,
    )  # fmt: skip
    row_id = row.id
    with db.outside_transaction():
        answer = method.save(account, order)
    found = saved.one(row_id, lock=True)
    if found is None:
        raise LookupError("no such saved method")
    if isinstance(answer, Redirect) and found.status is SavedStatus.ASKED:
        found.session_id, found.session_url = answer.provider_id, answer.url
        db.session().flush()
    return found


def is_about_saving(event_id: int) -> bool:
    """Whether this notice is about something saved, and no payment."""
    event = db.session().get(ProviderEvent, event_id, populate_existing=True)
    return event is not None and event.object_key.startswith(ABOUT_SAVING)


def follow(event_id: int) -> bool:
    """Works off one kept notice about saving: asks what was saved. False when nobody answered (decision 26)."""
    event = db.session().get_one(ProviderEvent, event_id, populate_existing=True)
    if event.done_at is not None:
        return True
    method, account = checkout.partner(event.method, event.account_id)
    session_id = event.object_key.removeprefix(ABOUT_SAVING)
    if not isinstance(method, Saving):
        return True
    with db.outside_transaction():
        said = method.look_up_saved(account, session_id)
    event = db.session().get_one(ProviderEvent, event_id, populate_existing=True)
    if isinstance(said, Unknown):
        return False
    if isinstance(said, methods.SavedSeen):
        _take_in(said, event.account_id)
    event.done_at = clock.now()
    return True


def ask(row_id: int) -> bool:
    """Asks what came of an open page whose notice never came; False when nobody answered."""
    row = saved.one(row_id)
    if row is None or row.session_id is None:
        return True
    method, account = _saving(row)
    session_id, account_id = row.session_id, row.account_id
    with db.outside_transaction():
        said = method.look_up_saved(account, session_id)
    if isinstance(said, Unknown):
        return False
    if isinstance(said, methods.SavedSeen):
        _take_in(said, account_id)
    return True


def _take_in(said: methods.SavedSeen, account_id: int) -> None:
    row = saved.of_session(said.session_id, said.reference)
    if row is not None and row.account_id == account_id:
        saved.learn(row, said)


def forget(row_id: int) -> bool:
    """It is let go of at the provider too, so that nobody can ever charge it; False when nobody answered."""
    row, kept = saved.one(row_id), saved.at_provider(row_id)
    if row is None or kept is None or row.status is SavedStatus.ACTIVE:
        return True
    method, account = _saving(row)
    with db.outside_transaction():
        return method.forget(account, kept)


# Charges


def is_usable(row: SavedMethod) -> bool:
    """Whether it may be charged: in use, on the account that takes the creditor's money today."""
    in_use = accounts.row(row.method)
    return row.status is SavedStatus.ACTIVE and in_use is not None and in_use.enabled and in_use.id == row.account_id


def open_charge(row: SavedMethod, lines: Sequence[Line], this: saved.Try) -> PaymentAttempt | None:
    """An attempt that charges `lines` to what was saved; None when another payment of these due items is under way.
    The charge itself follows after the commit."""
    attempt = actions.open_charge(row, lines)
    if attempt is None:
        return None
    saved.note_charge(row, this, attempt)
    outbox.put(CHARGE, attempt.id)
    return attempt


def _may_be_charged(row: SavedMethod, attempt: PaymentAttempt) -> bool:
    """Asked right before it is made: what it pays still wants it, and nothing says to leave this customer alone."""
    return (
        is_usable(row)
        and not silence.stops_charges(attempt.debtor_id)
        and all(wants(attempt) for wants in still_wanted)
    )


def charge(attempt_id: int) -> bool:
    """Makes the charge, once, however often it is asked for. False when there was no answer: it may have happened."""
    attempt = queries.locked(attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.CREATED:
        return True
    row = saved.one(attempt.saved_method_id)
    if attempt.asked_at is None and not (row and _may_be_charged(row, attempt)):
        actions.learn(attempt, Seen(standing=Standing.EXPIRED, why=NOT_WANTED), stopped=True)
        return True
    if queries.age(attempt) > checkout.KEY_LIFE:  # the key may be forgotten: looked for by its reference
        return checkout.ask(attempt_id)
    method, account = checkout.partner(attempt.method, attempt.account_id)
    order = checkout.order_of(attempt)
    if not isinstance(method, Saving) or order.saved is None:
        raise LookupError("nothing to charge it to")
    attempt.asked_at = clock.now()
    with db.outside_transaction():
        said = method.charge_saved(account, order)
    return _keep(attempt_id, said)


def _keep(attempt_id: int, said: Seen | Refused | Unknown) -> bool:
    attempt = queries.locked(attempt_id)
    if attempt is None:
        return True
    if isinstance(said, Unknown):
        return False
    attempt.asked_at = clock.now()
    if isinstance(said, Refused):
        if attempt.status is AttemptStatus.CREATED:
            actions.learn(attempt, Seen(standing=Standing.FAILED, why=said.why))
        return True
    actions.learn(attempt, said)
    if said.standing is Standing.FAILED:
        outbox.put(actions.EXPIRE, attempt_id)  # closed there too: nobody can confirm it any more
    return True
