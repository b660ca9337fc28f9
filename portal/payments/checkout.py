"""Talking with a payment provider: the one place in a request where the network is used (house.md §4).

Every call follows the same steps: what is meant is written and committed, the network is asked outside any
transaction, and the answer (yes, no, or unknown) is kept. A process that dies in between leaves an attempt
that says so; the next click or the sweep goes on from there.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.core import clock, db, ids, installation
from portal.core.errors import NotAllowedNow, NotFound
from portal.core.money import Money
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices.payable import Line, allocate, payable_now
from portal.invoices.queries import Item
from portal.payments import accounts, actions, agreed, methods, missing, queries, rules, saved
from portal.payments.methods import NotThere, Order, Seen, Standing, Unknown
from portal.payments.models import PaymentAttempt, ProviderEvent
from portal.payments.states import OPEN, AttemptStatus
from portal.web import i18n

log = logging.getLogger(__name__)

S = AttemptStatus
RETURN_PATH, LEFT_PATH = "/d/pay/return", "/d/pay/left"
KEY_LIFE = timedelta(hours=23)  # after that a provider may have forgotten the key (rule B-04)
CHARGE_TAKES = timedelta(minutes=2)  # until then a charge of something saved may still be under way
START_TAKES = timedelta(seconds=25)  # until then another click may still be opening the page
WAIT_SECONDS, LOOK_EVERY_SECONDS = 8.0, 0.1
TURNS = 5  # between two clicks at the same moment one always gets through

NOT_OFFERED = t("Cards are not taken here at the moment. You can pay by bank transfer.")
NO_ANSWER = t("We cannot reach the payment page just now. Nothing was charged. Please try again in a minute.")
DENIED = t("We cannot see the payment that was begun, and look into it. Please do not pay it by card once more.")
CHARGED_BY_ITSELF = t("This is being paid automatically right now. Please look again in a few minutes.")
CHANGED = t("Something has changed in the meantime. Nothing was charged: please look at it once more.")


class Changed(NotAllowedNow):
    """A part of an amount would go elsewhere now than it was shown to."""


@dataclass(frozen=True, slots=True)
class Part:
    """«I can pay X»: the one amount that comes from a form, and what its payer was shown it goes to (rule B-03)."""

    amount: Money
    shown: str


def start_checkout(
    visit: Current,
    item_ids: Sequence[int],
    method: str = queries.CARD,
    language: str = i18n.DEFAULT,
    part: Part | None = None,
) -> PaymentAttempt:
    """The open attempt that pays these due items, or `part` of them: a new one, or the open one (decision 25).

    Amounts come from `payable_now` alone, `part` within what the creditor allows. The caller looks at the
    attempt's status: REDIRECTED has its `provider_url`. Raises NotFound for another's due items, NotAllowedNow
    when nothing can be paid this way, Changed when `part` would go elsewhere than it was shown to.
    """
    if not accounts.is_offered(method):
        raise NotAllowedNow(NOT_OFFERED)
    for _ in range(TURNS):
        items = queries.items_for(visit, item_ids, lock=True)
        if len(items) != len(set(item_ids)):
            raise NotFound(t("There is nothing here."))
        standing = _standing(items)
        if standing is None:
            lines = _wanted(visit, items, part, method)
            attempt = actions.open_attempt(visit, lines, method, language)
            if attempt is not None:
                return _open_page(attempt)
        elif _is_answer(standing, items, part, method):
            return standing
    raise NotAllowedNow(t("Somebody else is paying this at the same moment. Please look again."))


def _wanted(visit: Current, items: Sequence[Item], part: Part | None, method: str) -> tuple[Line, ...]:
    """What is to be paid of these due items, to the cent. Raises NotAllowedNow or Changed."""
    payable = payable_now(items)
    if not payable.total:
        why_not = next((line.why_not for line in payable.lines if line.why_not), None)
        raise NotAllowedNow(why_not or t("There is nothing to pay."))
    lines, amount = payable.payable_lines, payable.total
    if part is not None:
        why_not = agreed.why_not_part(visit.creditor, part.amount, payable.total, lines)
        if why_not is not None:
            raise Changed(why_not)
        lines, amount = allocate(lines, part.amount), part.amount
        if rules.shown(lines) != part.shown:
            raise Changed(CHANGED)
    why_not = methods.all_methods()[method].accepts(amount)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    return lines


def _standing(items: Sequence[Item]) -> PaymentAttempt | None:
    """One open attempt that stands in the way of these due items."""
    reserved = sorted(payable_now(items).reserved_by)
    return queries.attempt(reserved[0]) if reserved else None


def _is_answer(standing: PaymentAttempt, items: Sequence[Item], part: Part | None, method: str) -> bool:
    """Whether the open attempt is what these items asked for; if not, it has been moved out of the way."""
    if standing.saved_method_id is not None and standing.status in {S.CREATED, S.REDIRECTED}:
        raise NotAllowedNow(CHARGED_BY_ITSELF)
    if standing.status is S.CREATED:
        _finish_opening(standing)
        return standing.status is S.CREATED  # nobody answers: its page says so
    if standing.status is S.REDIRECTED and not _is_same(standing, items, part, method):
        return not _close(standing)
    return True


def _is_same(standing: PaymentAttempt, items: Sequence[Item], part: Part | None, method: str) -> bool:
    """The same method, account, due items and amounts, and its page still open."""
    free = payable_now([replace(item, reserved_by=None) for item in items])
    lines = free.payable_lines
    if part is not None:
        if not Money(0, free.total.currency) < part.amount <= free.total:
            return False
        lines = allocate(lines, part.amount)
    asked = {line.item.item_id: line.amount.minor for line in lines}
    reserved = {one.due_item_id: one.amount_minor for one in queries.reservations(standing.id)}
    in_use = accounts.row(method)
    if standing.method != method or in_use is None or standing.account_id not in {None, in_use.id}:
        return False
    return asked == reserved and standing.expires_at > clock.now()


def _finish_opening(standing: PaymentAttempt) -> None:
    """Another click is opening the page, or died while it did: waits a little, then goes on with the same key."""
    deadline = time.monotonic() + WAIT_SECONDS
    while standing.status is S.CREATED and time.monotonic() < deadline:
        if standing.asked_at is not None or queries.age(standing) > START_TAKES:
            break
        with db.outside_transaction():
            time.sleep(LOOK_EVERY_SECONDS)
        queries.attempt(standing.id)
    if standing.status is S.CREATED and (standing.asked_at is not None or queries.age(standing) > START_TAKES):
        _open_page(standing)
        if standing.status is S.CREATED:
            ask(standing.id)


def _close(standing: PaymentAttempt) -> bool:
    """Closes an open page at the provider; False when it could not be closed: paid meanwhile, or no answer."""
    if not ask(standing.id, stopping=True):
        raise NotAllowedNow(NO_ANSWER)
    _refuse_denied(standing)
    return standing.status not in (*OPEN, S.SUCCEEDED)


def _refuse_denied(attempt: PaymentAttempt) -> None:
    """What its provider denies may be paid or not: nobody begins another card payment until a person has looked."""
    if attempt.missing_since is not None and attempt.status in OPEN:
        raise NotAllowedNow(DENIED)


def stop(attempt: PaymentAttempt) -> PaymentAttempt:
    """The payer wants to choose again: the page is closed at the provider first. Raises NotAllowedNow."""
    if attempt.status in {S.CREATED, S.REDIRECTED} and not ask(attempt.id, stopping=True):
        raise NotAllowedNow(NO_ANSWER)
    _refuse_denied(attempt)
    return attempt


def _open_page(attempt: PaymentAttempt) -> PaymentAttempt:
    """Asks the provider for its page, with the same key and the same order however often (rule B-04)."""
    method, account = partner(attempt.method, attempt.account_id)
    order = order_of(attempt)
    forgotten = queries.age(attempt) > KEY_LIFE
    with db.outside_transaction():
        if forgotten:
            answer: methods.Redirect | methods.Refused | Unknown = Unknown("key_too_old")
        else:
            answer = method.start(account, order)
    return actions.record_start(attempt.id, answer)


def ask(attempt_id: int, *, stopping: bool = False) -> bool:
    """Asks the provider how an attempt stands and keeps it; with `stopping` its page is closed first.

    False when there was no answer: nothing is changed then, and somebody asks again later.
    """
    attempt = queries.attempt(attempt_id)
    if attempt is None:
        return True
    method, account = partner(attempt.method, attempt.account_id)
    order, provider_id, asked_at = order_of(attempt), attempt.provider_id, attempt.asked_at
    if order.saved is not None and provider_id is None and asked_at and clock.now() - asked_at < CHARGE_TAKES:
        return False  # it may be under way at this very moment
    with db.outside_transaction():
        if provider_id is None:
            said = method.find(account, order)
            if stopping and isinstance(said, Seen) and said.standing is Standing.OPEN and said.provider_id:
                said = method.expire(account, said.provider_id)
        elif stopping:
            said = method.expire(account, provider_id)
        else:
            said = method.look_up(account, provider_id)
    return _keep(attempt_id, said, asked_at, stopping=stopping)


def _keep(attempt_id: int, said: Seen | NotThere | Unknown, asked_at: datetime | None, *, stopping: bool) -> bool:
    attempt = queries.locked(attempt_id)
    if attempt is None:
        return True
    if isinstance(said, NotThere) and attempt.saved_method_id is not None and attempt.asked_at != asked_at:
        return False  # somebody has charged it meanwhile: what was looked for came later
    attempt.asked_at = clock.now()
    if isinstance(said, NotThere):
        if attempt.provider_id is not None:
            missing.denied(attempt)  # it was there once, and may be paid: that is for a person to find out
            return True
        # Without an id nobody was ever given its address, so nobody can pay on it.
        said = Seen(standing=Standing.EXPIRED, why=missing.NOT_THERE)
    if isinstance(said, Unknown):
        return False
    attempt.missing_since = None
    actions.learn(attempt, said, stopped=stopping)
    return True


def follow(event_id: int) -> bool:
    """Works off one kept notice: fetches what it is about and moves its attempt. False when nobody answered.

    The notice is marked done in the transaction of its effect (decision 26).
    """
    event = _event(event_id)
    if event.done_at is not None:
        return True
    method, account = partner(event.method, event.account_id)
    key = event.object_key
    with db.outside_transaction():
        said = method.look_up(account, key)
    event = _event(event_id)
    if isinstance(said, Unknown):
        return False
    attempt = _named(said) if isinstance(said, Seen) else None
    if attempt is not None and attempt.method == event.method and isinstance(said, Seen):
        attempt.missing_since = None
        actions.learn(attempt, said)
    event.done_at = clock.now()
    return True


def _event(event_id: int) -> ProviderEvent:
    event = db.session().get(ProviderEvent, event_id, populate_existing=True)
    if event is None:
        raise LookupError("no such notice")
    return event


def _named(said: Seen) -> PaymentAttempt | None:
    """The attempt that the provider's object names; None for sales of the creditor's that are not ours."""
    try:
        found = queries.locked(ids.read(said.reference or ""))
    except ValueError:
        return None
    if found is not None and found.provider_id not in {None, said.provider_id}:
        log.error("another payment at the provider uses our reference", extra={"attempt": found.id})
        return None
    return found


def partner(code: str, account_id: int | None) -> tuple[methods.Online, methods.Account]:
    """Whom to ask, over the network: the account that it was begun on, whatever the creditor uses now (rule B-02)."""
    method, account = methods.online(code), accounts.opened_for(code, account_id)
    if method is None or account is None:
        raise NotAllowedNow(NOT_OFFERED)
    return method, account


def order_of(attempt: PaymentAttempt) -> Order:
    """The order of an attempt, from its rows alone: the same whenever it is asked for."""
    amounts = {one.due_item_id: one.amount_minor for one in queries.reservations(attempt.id)}
    base = installation.settings().public_url
    return Order(
        reference=ids.spell(attempt.id),
        key=attempt.idempotency_key,
        parts=tuple(
            methods.Part(_title(item, attempt.language), Money(amounts[item.item_id], attempt.currency))
            for item in queries.paid_items(attempt)
        ),
        language=attempt.language,
        begun_at=attempt.created_at,
        expires_at=attempt.expires_at,
        return_url=base + RETURN_PATH,
        left_url=base + LEFT_PATH,
        saved=saved.at_provider(attempt.saved_method_id) if attempt.saved_method_id is not None else None,
    )


def _title(item: Item, language: str) -> str:
    """«Documento 128/2026»: what it is and nothing about debts (rule B-03)."""
    if item.parts > 1:
        return i18n.say(t("Document %(number)s, part %(part)s", number=item.number, part=item.position), language)
    return i18n.say(t("Document %(number)s", number=item.number), language)
