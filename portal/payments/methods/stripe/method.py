"""Stripe's hosted Checkout as a method: open its page, look how it stands, close it (rules B-01…B-09)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import stripe
from stdnum.iso7064 import mod_97_10
from stripe.params.checkout import SessionListParamsCreated

from portal.core.money import Money
from portal.core.text import Text, t
from portal.payments.methods import (
    IDENTIFIER,
    Account,
    Movement,
    Notice,
    NotThere,
    Order,
    Redirect,
    RefundOrder,
    RefundSeen,
    Refused,
    Saved,
    SavedSeen,
    SaveOrder,
    Seen,
    Unknown,
)
from portal.payments.methods.stripe import afterwards, notices, reports, saved, sessions
from portal.payments.methods.stripe.client import CONNECTED, SECRET_KEY, WEBHOOK_SECRET, connected, meaning

SMALLEST, LARGEST = Money(50, "EUR"), Money(99_999_999, "EUR")  # Stripe's own bounds for euro
LOOK_BACK = timedelta(minutes=5)  # between our clock and theirs
MOST_SESSIONS = 2_000  # that are gone through for one reference; a creditor's own sales may be among them
_IDENTIFIER = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", re.ASCII)
_EXPANDED = [f"data.{one}" for one in sessions.WITH_PAYMENT]
Answer = Seen | NotThere | Unknown
T = TypeVar("T")


class Stripe:
    """Card, and what else the creditor has switched on in its Stripe account."""

    code = "stripe"
    label = t("Card")
    secret_names = (SECRET_KEY, WEBHOOK_SECRET)
    account_names = (SECRET_KEY, CONNECTED)
    signature_header = "Stripe-Signature"
    origins = ("https://checkout.stripe.com",)

    def accepts(self, amount: Money) -> Text | None:
        if amount.currency != "EUR":
            return t("Only amounts in euro can be paid by card.")
        if not SMALLEST <= amount <= LARGEST:
            return t("By card one can pay from 0.50 to 999,999.99 euro at a time. Please use a bank transfer.")
        return None

    def why_not(self, secrets: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Text]:
        wrong: dict[str, Text] = {}
        if not secrets.get(SECRET_KEY, "").startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
            wrong[SECRET_KEY] = t("The secret key begins with sk_ or rk_. In Stripe: Developers, API keys.")
        if len(secrets.get(WEBHOOK_SECRET, "").removeprefix("whsec_").strip()) < 8:
            wrong[WEBHOOK_SECRET] = t("Without the signing secret of the webhook (whsec_…) cards cannot be offered.")
        account = options.get(CONNECTED) or ""
        if account and not (account.startswith("acct_") and account[5:].isalnum() and account.isascii()):
            wrong[CONNECTED] = t("A connected account begins with acct_. Leave it empty for the key's own account.")
        if options.get(IDENTIFIER) and not _is_identifier(str(options[IDENTIFIER])):
            wrong[IDENTIFIER] = t("This is no creditor identifier: one looks like IT66ZZZA1B2C3D4E5F6G7H8.")
        return wrong

    def start(self, account: Account, order: Order) -> Redirect | Refused | Unknown:
        try:
            with connected(account) as client:
                session = client.v1.checkout.sessions.create(
                    params=sessions.params(order), options={"idempotency_key": order.key}
                )
        except stripe.StripeError as error:
            meant = meaning(error)
            return Refused("not_there") if isinstance(meant, NotThere) else meant
        if session.url is None:  # replayed, and closed since
            return Unknown("no_page")
        return Redirect(session.url, session.id)

    def find(self, account: Account, order: Order) -> Answer:
        window: SessionListParamsCreated = {
            "gte": int((order.begun_at - LOOK_BACK).timestamp()),
            "lte": int((order.expires_at + LOOK_BACK).timestamp()),
        }

        def ask(client: stripe.StripeClient) -> Answer:
            if order.saved is not None:
                try:
                    charged = saved.find(client, order, MOST_SESSIONS)
                except LookupError:
                    return Unknown("too_many_payments")
                return _charged(client, charged) if charged is not None else NotThere()
            found = client.v1.checkout.sessions.list(params={"created": window, "limit": 100, "expand": _EXPANDED})
            for passed, session in enumerate(found.auto_paging_iter()):
                if session.client_reference_id == order.reference:
                    return _whole(client, session)
                if passed >= MOST_SESSIONS:
                    return Unknown("too_many_sessions")
            return NotThere()

        return _asked(account, ask)

    def look_up(self, account: Account, key: str) -> Answer:
        def ask(client: stripe.StripeClient) -> Answer:
            if key.startswith("pi_"):
                found = client.v1.checkout.sessions.list(
                    params={"payment_intent": key, "limit": 1, "expand": _EXPANDED}
                ).data
                if found:
                    return _whole(client, found[0])
                intent = client.v1.payment_intents.retrieve(key, params={"expand": list(saved.WITH_CHARGE)})
                return _charged(client, intent) if saved.is_ours(intent) else NotThere()
            return _whole(
                client, client.v1.checkout.sessions.retrieve(key, params={"expand": list(sessions.WITH_PAYMENT)})
            )

        return _asked(account, ask)

    def expire(self, account: Account, provider_id: str) -> Answer:
        try:
            with connected(account) as client:
                if provider_id.startswith("pi_"):  # a charge of something saved: nobody can confirm it any more
                    client.v1.payment_intents.cancel(provider_id)
                else:
                    return sessions.read(client.v1.checkout.sessions.expire(provider_id))
        except stripe.StripeError as error:
            if isinstance(meaning(error), Unknown):
                return Unknown("no_answer")
        return self.look_up(account, provider_id)  # refused: it is not open any more

    def save(self, account: Account, order: SaveOrder) -> Redirect | Refused | Unknown:
        try:
            with connected(account) as client:
                session = client.v1.checkout.sessions.create(
                    params=saved.setup_params(order), options={"idempotency_key": order.key}
                )
        except stripe.StripeError as error:
            meant = meaning(error)
            return Refused("not_there") if isinstance(meant, NotThere) else meant
        return Redirect(session.url, session.id) if session.url is not None else Unknown("no_page")

    def look_up_saved(self, account: Account, session_id: str) -> SavedSeen | NotThere | Unknown:
        try:
            with connected(account) as client:
                expanded = {"expand": list(saved.WITH_METHOD)}
                return saved.read_setup(client.v1.checkout.sessions.retrieve(session_id, params=expanded))  # type: ignore[arg-type]
        except stripe.StripeError as error:
            meant = meaning(error)
            return Unknown(meant.why) if isinstance(meant, Refused) else meant

    def charge_saved(self, account: Account, order: Order) -> Seen | Refused | Unknown:
        if order.saved is None:
            raise ValueError("nothing is saved")
        try:
            with connected(account) as client:
                made = client.v1.payment_intents.create(
                    params=saved.charge_params(order, order.saved), options={"idempotency_key": order.key}
                )
                return _charged(client, made)
        except stripe.CardError as error:
            return saved.declined(error) or Refused(str(error.code)[:60])
        except stripe.StripeError as error:
            meant = meaning(error)
            return Refused("not_there") if isinstance(meant, NotThere) else meant

    def forget(self, account: Account, kept: Saved) -> bool:
        try:
            with connected(account) as client:
                client.v1.payment_methods.detach(kept.method_id)
        except stripe.StripeError as error:
            return not isinstance(meaning(error), Unknown)  # refused: it is detached, or is no more
        return True

    def refund(self, account: Account, order: RefundOrder) -> RefundSeen | Refused | Unknown:
        try:
            with connected(account) as client:
                if order.look_first:
                    known = afterwards.refunds_of(client, order.payment_id)
                    for one in known:
                        if one.reference == order.reference:
                            return one
                made = client.v1.refunds.create(
                    params=afterwards.params(order), options={"idempotency_key": order.key}
                )
                return afterwards.refund(made)
        except stripe.StripeError as error:
            meant = meaning(error)
            return Refused("not_there") if isinstance(meant, NotThere) else meant

    def changes(self, account: Account, since: datetime, until: datetime) -> list[Notice] | Unknown:
        return _listed(account, lambda client: list(reports.changes(client, account, since, until)))

    def movements(self, account: Account, since: datetime, until: datetime) -> list[Movement] | Unknown:
        return _listed(account, lambda client: list(reports.movements(client, since, until)))

    def read_notice(self, account: Account, body: bytes, signature: str) -> Notice:
        return notices.read(account, body, signature)


def _is_identifier(typed: str) -> bool:
    """A SEPA creditor identifier: its check digits are those of an IBAN, without the three of the business code."""
    return _IDENTIFIER.fullmatch(typed) is not None and mod_97_10.is_valid(typed[7:] + typed[:4])


def _whole(client: stripe.StripeClient, session: stripe.checkout.Session) -> Seen:
    """What a session says of its payment, and what came after it, where anything did."""
    return _with_what_came_after(client, sessions.read(session), sessions.charge_of(session))


def _charged(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> Seen:
    """The same of a charge of something saved."""
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    return _with_what_came_after(client, saved.read(intent), charge)


def _with_what_came_after(client: stripe.StripeClient, seen: Seen, charge: stripe.Charge | None) -> Seen:
    payment_id = seen.payment_id
    if payment_id is None or charge is None:
        return seen
    listed = getattr(charge, "refunds", None)
    refunds = afterwards.refunds_of(client, payment_id) if listed is not None and listed.data else ()
    disputes = afterwards.disputes_of(client, payment_id) if charge.disputed else ()
    return replace(seen, refunds=refunds, disputes=disputes)


def _listed(account: Account, ask: Callable[[stripe.StripeClient], list[T]]) -> list[T] | Unknown:
    """A list, whole or not at all."""
    try:
        with connected(account) as client:
            return ask(client)
    except stripe.StripeError as error:
        return Unknown(str(getattr(meaning(error), "why", "not_there")))


def _asked(account: Account, ask: Callable[[stripe.StripeClient], Answer]) -> Answer:
    """A question changes nothing, so a refusal of it says nothing about the payment: unknown."""
    try:
        with connected(account) as client:
            return ask(client)
    except stripe.StripeError as error:
        meant = meaning(error)
        return Unknown(meant.why) if isinstance(meant, Refused) else meant


METHOD = Stripe()
